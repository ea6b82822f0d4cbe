package redact_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

func TestWordListsAsEditorsWriteThem(t *testing.T) {
	want := []string{"Hedwig", "M\u00fcller & Co", "two"}
	text := "# of the site\nHedwig\n\n  M\u00fcller & Co\t\ntwo"
	big := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(text)) {
		big = binary.BigEndian.AppendUint16(big, u)
	}
	for name, b := range map[string][]byte{
		"plain": []byte(text), "with a mark": []byte("\xef\xbb\xbf" + strings.TrimPrefix(text, "# of the site\n")), "CR LF": []byte(strings.ReplaceAll(text, "\n", "\r\n")),
		"CR": []byte(strings.ReplaceAll(text, "\n", "\r")), "UTF-16": wide(text, true), "the other UTF-16": big,
	} {
		got, err := redact.ParseWords("words.txt", b)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
	for name, b := range map[string][]byte{
		"UTF-16 without its mark": wide(text, false), "Latin-1": []byte("M\xfcller\n"), "binary": []byte("GIF8\x00\x01"), "one letter": []byte("Hedwig\nx\n"), "no letter": []byte("Hedwig\n--\n"),
	} {
		_, err := redact.ParseWords("words.txt", b)
		require.Regexp(t, `^words\.txt:[0-9]+:[0-9]+: `, err.Error(), name)
	}
}

// TestWordsInEverySpelling hides what is on the word list, however it is written.
func TestWordsInEverySpelling(t *testing.T) {
	g := newGate(t, redact.Options{Words: []string{"Projekt \u00c4rger", "M\u00fcller", "\u041b\u0435\u0431\u0435\u0434\u044c", "Nightjar", "X7"}})
	for _, line := range []string{
		"the M\u00fcller line", "M\u00dcLLER", "m\u00fcller-werke", "by M\xfcller in Latin-1", "M\xdcLLER", "a=projekt_\u00e4rger;", "PROJEKT \u00c4RGER", "Projekt-\u00c4rger", "Projekt%20\u00c4rger", "projekt\xc4rger",
		"\u043b\u0435\u0431\u0435\u0434\u044c", "\u041b\u0415\u0411\u0415\u0414\u042c", "\u041b\u0435\u0431\u0435\u0434\u044c", "NIGHTJAR", "nightjar.log", "the x7 runs", "{\"a\":\"Nightjar\"}",
		`{"a":"M\u00fcller"}`, "q=M%C3%BCller&b",
	} {
		got := redactFile(t, g, line+"\n")
		require.Contains(t, got, "word-", "%q became %q", line, got)
		for _, v := range []string{"ller", "LLER", "rger", "RGER", "\u0435\u0431", "\u0415\u0411", "ightjar", "IGHTJAR", "x7 "} {
			require.NotContains(t, got, v, line)
		}
	}
	require.Equal(t, "nightjars and x70 are others\n", redactFile(t, g, "nightjars and x70 are others\n"))
}

// FuzzWords reads any bytes as a word list. What it takes is hidden wherever it
// stands alone.
func FuzzWords(f *testing.F) {
	f.Add([]byte("# of the site\nHedwig\nM\u00fcller & Co\n"))
	f.Add(wide("Hedwig\r\n", true))
	f.Add([]byte("\xef\xbb\xbfx1\n--\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		words, err := redact.ParseWords("words.txt", b)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "words.txt:") {
				t.Error("the error does not name the file")
			}
			return
		}
		if len(words) > 20 || bytes.Contains(b, []byte("masked")) {
			return
		}
		g, err := redact.New(redact.Options{Key: testKey, Words: words})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if got := g.Text("a " + w + " b"); got == "a "+w+" b" {
				t.Errorf("%q stays: %q", w, got)
			}
		}
	})
}
