package review_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"testing"

	"darksite/bundle/review"

	"github.com/stretchr/testify/require"
)

// text takes the strings out of the pages of a PDF.
func pdfText(t *testing.T, doc []byte) string {
	t.Helper()
	var out strings.Builder
	for {
		from := bytes.Index(doc, []byte("stream\n"))
		if from < 0 {
			return out.String()
		}
		doc = doc[from+len("stream\n"):]
		end := bytes.Index(doc, []byte("endstream"))
		require.Positive(t, end)
		if r, err := zlib.NewReader(bytes.NewReader(doc[:end])); err == nil {
			text, err := io.ReadAll(r)
			require.NoError(t, err)
			out.Write(text)
		}
		doc = doc[end+len("endstream"):]
	}
}

func TestPDFHasWhatTheTextHas(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "word%c%c%c of chapter (%d) é 中\n", 'a'+i%26, 'a'+i/26, 'a'+i%7, i)
	}
	in := input(map[string]string{"files/a.log": b.String()})
	s, _ := build(t, in)
	var one, two, plain bytes.Buffer
	require.NoError(t, review.PDF(&one, s, review.View{}))
	require.NoError(t, review.PDF(&two, s, review.View{}))
	require.Equal(t, one.Bytes(), two.Bytes(), "the same summary gives the same bytes")
	require.NoError(t, review.Text(&plain, s, review.View{}))
	text := pdfText(t, one.Bytes())
	escape := strings.NewReplacer("\\", "\\\\", "(", "\\(", ")", "\\)")
	for row := range strings.Lines(plain.String()) {
		row = strings.TrimSuffix(row, "\n")
		row = strings.ReplaceAll(strings.ReplaceAll(row, "中", `\u4e2d`), "é", "\xe9")
		require.Contains(t, text, escape.Replace(row))
	}
	require.Contains(t, text, "page 2 of")
	require.Contains(t, one.String(), "/CreationDate (D:20260302081530", "a page does not say when it was printed")
	require.Error(t, review.PDF(broken{}, s, review.View{}))
}
