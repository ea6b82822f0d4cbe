package pack_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/pack"

	"github.com/stretchr/testify/require"
)

const shelf = "../testdata/shelf"

// book is the pump under another id and version.
func book(t testing.TB, id, version string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range []string{"runbook.yaml", "en.md", "fr.md"} {
		data, err := os.ReadFile(filepath.Join(shelf, "pump", name))
		require.NoError(t, err)
		files[name] = []byte(strings.NewReplacer("id: pump", "id: "+id, "version: 1", "version: "+version).Replace(string(data)))
	}
	return files
}

func sample(t testing.TB) pack.Pack {
	return pack.Pack{
		Name: "vendor", Number: 3, Issued: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC),
		Books:     map[string]map[string][]byte{"valve": book(t, "valve", "1"), "pump": book(t, "pump", "2")},
		Withdrawn: map[string]string{"fan": "it harms"},
	}
}

func TestAPackComesBackAsItWent(t *testing.T) {
	p := sample(t)
	sigs := map[string][]byte{"abc_-9": []byte("signature"), "def": []byte("another")}
	data, err := pack.Write(p, sigs)
	require.NoError(t, err)
	o, err := pack.Read(data)
	require.NoError(t, err)
	require.Equal(t, p, o.Pack)
	require.Equal(t, sigs, o.Sigs)
	text, err := p.Statement()
	require.NoError(t, err)
	require.Equal(t, string(text), string(o.Text))
	require.Contains(t, string(text), "withdrawn: fan it harms\n")
	unsigned, err := pack.Write(p, nil)
	require.NoError(t, err)
	o, err = pack.Read(unsigned)
	require.NoError(t, err)
	require.Empty(t, o.Sigs)
}

func TestReadRefuses(t *testing.T) {
	good, err := pack.Write(sample(t), map[string][]byte{"k": []byte("s")})
	require.NoError(t, err)
	cases := map[string]struct {
		spoil func(b []byte) []byte
		want  string
	}{
		"rubbish":                  {func([]byte) []byte { return []byte("rubbish") }, "no archive"},
		"nothing":                  {func([]byte) []byte { return nil }, "empty"},
		"cut off":                  {func(b []byte) []byte { return b[:len(b)/2] }, "refused"},
		"something behind it":      {func(b []byte) []byte { return append(b, 0) }, "one spelling"},
		"a changed byte of a book": {func(b []byte) []byte { return bytes.Replace(b, []byte("A pump stands"), []byte("A pump stinks"), 1) }, "not the one that was signed"},
		"another reason":           {func(b []byte) []byte { return bytes.Replace(b, []byte("it harms"), []byte("it harmt"), 1) }, ""},
		"a name out of the folder": {func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("books/pump/en.md"), []byte("books/../../e.md"))
		}, "refused"},
		"a file nobody names": {func(b []byte) []byte {
			return bytes.Replace(b, []byte("books/pump/en.md\n"), []byte("books/pump/eb.md\n"), 1)
		}, "is missing"},
		"too large":                   {func([]byte) []byte { return make([]byte, pack.MaxBytes+1) }, "more than"},
		"a signature of a wrong name": {func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("PACK.txt.k.sig"), []byte("PACK.txt./.sig")) }, "refused"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o, err := pack.Read(c.spoil(bytes.Clone(good)))
			if c.want == "" { // it reads; the signature is over other words then
				require.NoError(t, err)
				require.NotEqual(t, "it harms", o.Withdrawn["fan"])
				return
			}
			require.ErrorIs(t, err, pack.ErrRefused)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, spoil := range map[string]func(p *pack.Pack){
		"no name":              func(p *pack.Pack) { p.Name = "" },
		"no number":            func(p *pack.Pack) { p.Number = 0 },
		"no day":               func(p *pack.Pack) { p.Issued = time.Time{} },
		"nothing in it":        func(p *pack.Pack) { p.Books, p.Withdrawn = nil, nil },
		"a reason of lines":    func(p *pack.Pack) { p.Withdrawn["fan"] = "a\nfile: x" },
		"no reason":            func(p *pack.Pack) { p.Withdrawn["fan"] = "" },
		"a program":            func(p *pack.Pack) { p.Books["pump"]["run.sh"] = nil },
		"a file elsewhere":     func(p *pack.Pack) { p.Books["pump"]["fig/../../x.svg"] = nil },
		"a book with a path":   func(p *pack.Pack) { p.Books["../pump"] = p.Books["pump"] },
		"carried, withdrawn":   func(p *pack.Pack) { p.Withdrawn["pump"] = "it harms" },
		"a site of many lines": func(p *pack.Pack) { p.Site = "S042\nx" },
	} {
		p := sample(t)
		p.Withdrawn = maps.Clone(p.Withdrawn)
		spoil(&p)
		_, err := pack.Write(p, nil)
		require.ErrorIs(t, err, pack.ErrRefused, name)
	}
}

func TestOverlay(t *testing.T) {
	base, err := runbooks.Load(os.DirFS(shelf))
	require.NoError(t, err)
	one := func(books map[string]map[string][]byte, withdrawn map[string]string) pack.Pack {
		return pack.Pack{Name: "v", Number: 1, Issued: time.Unix(1, 0), Books: books, Withdrawn: withdrawn}
	}
	type books = map[string]map[string][]byte
	t.Run("adds and replaces", func(t *testing.T) {
		lib, changes, err := pack.Overlay(base, sample(t))
		require.NoError(t, err)
		require.Equal(t, []pack.Change{{Pack: "vendor", Book: "pump", What: pack.Replaces, From: 1, To: 2}, {Pack: "vendor", Book: "valve", What: pack.Adds, To: 1}}, changes)
		b, _ := lib.Get("pump")
		require.Equal(t, 2, b.Version)
		b, _ = base.Get("pump")
		require.Equal(t, 1, b.Version, "the library below is as it was")
	})
	t.Run("not by the same version", func(t *testing.T) {
		lib, changes, err := pack.Overlay(base, one(books{"pump": book(t, "pump", "1")}, nil))
		require.NoError(t, err)
		require.Equal(t, []pack.Change{{Pack: "v", Book: "pump", What: pack.Passed, From: 1, To: 1}}, changes)
		require.Len(t, lib.All(), 1)
	})
	t.Run("withdraws, and a higher version comes back", func(t *testing.T) {
		lib, changes, err := pack.Overlay(base, one(nil, map[string]string{"pump": "it harms", "fan": "unheard of"}))
		require.NoError(t, err)
		require.Equal(t, []pack.Change{{Pack: "v", Book: "pump", What: pack.Withdraws, From: 1, Why: "it harms"}}, changes)
		b, _ := lib.Get("pump")
		require.Equal(t, "it harms", b.Withdrawn)
		require.Empty(t, lib.For(runbooks.About{Rule: "pump"}), "no alert leads to it")
		lib, _, err = pack.Overlay(base, one(nil, map[string]string{"pump": "it harms"}), one(books{"pump": book(t, "pump", "2")}, nil))
		require.NoError(t, err)
		b, _ = lib.Get("pump")
		require.Empty(t, b.Withdrawn)
	})
	t.Run("a book with a finding refuses all", func(t *testing.T) {
		bad := book(t, "valve", "1")
		bad["fr.md"] = []byte("# Une pompe est arrêtée\n")
		_, _, err := pack.Overlay(base, one(books{"valve": bad, "pump": book(t, "pump", "2")}, nil))
		require.ErrorIs(t, err, pack.ErrRefused)
		require.ErrorContains(t, err, "runbook valve")
	})
	t.Run("a book in the folder of another", func(t *testing.T) {
		_, _, err := pack.Overlay(base, one(books{"valve": book(t, "pump", "2")}, nil))
		require.ErrorContains(t, err, `the folder valve holds the runbook "pump"`)
	})
	t.Run("half a book", func(t *testing.T) {
		half := book(t, "valve", "1")
		delete(half, "fr.md")
		_, _, err := pack.Overlay(base, one(books{"valve": half}, nil))
		require.ErrorContains(t, err, "fr.md")
	})
}

// What reads is written again to the same bytes.
func FuzzRead(f *testing.F) {
	good, err := pack.Write(sample(f), map[string][]byte{"k": []byte("s")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := pack.Read(data)
		if err != nil {
			return
		}
		again, err := pack.Write(o.Pack, o.Sigs)
		require.NoError(t, err)
		require.Equal(t, data, again)
	})
}
