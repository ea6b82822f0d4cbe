package pack_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"darksite/runbooks/pack"

	"github.com/stretchr/testify/require"
)

func TestAPackIsComposedOfAFolder(t *testing.T) {
	want := sample(t)
	books := fstest.MapFS{"README": {Data: []byte("no book")}}
	for id, files := range want.Books {
		for name, data := range files {
			books[id+"/"+name] = &fstest.MapFile{Data: data}
		}
	}
	head := pack.Pack{Name: want.Name, Number: want.Number, Issued: want.Issued}
	got, text, err := pack.Compose(head, books, []string{"fan=it harms"})
	require.NoError(t, err)
	require.Equal(t, want, got)
	signed, err := want.Statement()
	require.NoError(t, err)
	require.Equal(t, string(signed), string(text), "this is what people sign")
}

func TestAPackIsNotComposedOf(t *testing.T) {
	head := pack.Pack{Name: "vendor", Number: 3, Issued: sample(t).Issued}
	for name, c := range map[string]struct {
		books     fs.FS
		withdrawn []string
	}{
		"nothing":                     {nil, nil},
		"a withdrawal without reason": {nil, []string{"fan"}},
		"an id that is none":          {nil, []string{"Fan!=it harms"}},
		"an empty folder":             {fstest.MapFS{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := pack.Compose(head, c.books, c.withdrawn)
			require.Error(t, err)
		})
	}
}
