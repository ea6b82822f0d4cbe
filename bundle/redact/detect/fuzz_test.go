package detect_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// FuzzScan reads texts of any sort, in one piece and cut in two anywhere. Nothing may
// panic, and findings stand in order and within the text, apart but for tentative ones.
func FuzzScan(f *testing.F) {
	files, err := filepath.Glob("../testdata/*/*.txt")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("«"), nil), []byte("»"), nil)
		for len(b) > 0 {
			n := min(len(b), 600)
			if i := bytes.LastIndexByte(b[:n], '\n'); i > 0 {
				n = i + 1
			}
			f.Add(b[:n], uint16(n/2))
			b = b[n:]
		}
	}
	rs, err := rules.Shipped()
	require.NoError(f, err)
	know, err := detect.Compile(rs, nil)
	require.NoError(f, err)
	inv := detect.NewInventory([]detect.Item{
		{Text: "esx-lyon-11", Canon: "esx-lyon-11", Kind: pseudonym.Host},
		{Text: "vol-ora-1", Canon: "vol-ora-1", Kind: pseudonym.Volume},
		{Text: "nordbank.example", Canon: "nordbank.example", Kind: pseudonym.Domain},
		{Text: "jdoe", Canon: "jdoe", Kind: pseudonym.User},
	}, nil)
	f.Fuzz(func(t *testing.T, text []byte, cut uint16) {
		s := detect.NewScanner(know, inv, func(pseudonym.Kind, string) bool { return false })
		check := func(b []byte, st detect.State) detect.State {
			found, next := s.Scan(b, st)
			requireApart(t, b, found)
			requireApart(t, b, s.Known(b, found))
			return next
		}
		check(text, detect.State{})
		at := min(int(cut), len(text))
		check(text[at:], check(text[:at], detect.State{}))
	})
}

// requireApart holds findings to their text and their order.
func requireApart(t *testing.T, b []byte, found []detect.Finding) {
	t.Helper()
	last, end := 0, 0
	for _, f := range found {
		require.True(t, f.Start >= last && f.End >= f.Start && f.End <= len(b), "%+v of %q", f, b)
		last = f.Start
		if !f.Tentative && f.End > f.Start {
			require.GreaterOrEqual(t, f.Start, end, "%+v of %q", f, b)
			end = f.End
		}
	}
}
