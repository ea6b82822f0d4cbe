package proof_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"darksite/bundle/redact/proof"

	"github.com/stretchr/testify/require"
)

func search(t *testing.T, content string, o ...proof.Original) []proof.Leak {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "f.txt"), []byte(content), 0o600))
	leaks, err := proof.Search(context.Background(), dir, o, nil)
	require.NoError(t, err)
	return leaks
}

// TestEverySpellingIsFound plants an original in each spelling.
func TestEverySpellingIsFound(t *testing.T) {
	const v = `Nord"bank 7`
	o := proof.Original{Kind: "word", Value: v, Fold: true}
	back := []byte(strings.ToLower(v))
	o2 := proof.Original{Kind: "word", Value: strings.ToLower(v), Fold: true}
	slices.Reverse(back)
	for name, text := range map[string]string{
		"plain":        "x " + v + " y",
		"folded":       "x " + strings.ToUpper(v) + " y",
		"escaped":      `x Nord\"bank 7 y`,
		"percent":      "x=" + url.PathEscape(v) + "&",
		"base64 at 0":  base64.StdEncoding.EncodeToString([]byte(strings.ToLower(v) + " tail")),
		"base64 at 1":  base64.StdEncoding.EncodeToString([]byte("a" + strings.ToLower(v) + " tail")),
		"base64 at 2":  base64.URLEncoding.EncodeToString([]byte("ab" + strings.ToLower(v) + " tail")),
		"hex":          "zz" + hex.EncodeToString([]byte(strings.ToLower(v))) + "zz",
		"upper hex":    strings.ToUpper(hex.EncodeToString([]byte(strings.ToLower(v)))),
		"reversed hex": hex.EncodeToString(back),
	} {
		t.Run(name, func(t *testing.T) {
			leaks := search(t, text, o, o2)
			require.NotEmpty(t, leaks)
			for _, l := range leaks {
				require.NotContains(t, strings.ToLower(l.File+l.Kind+l.Spelling), "nord", "a leak never holds the value")
			}
		})
	}
}

// TestEdges wants an original to stand alone, and case to count for secrets.
func TestEdges(t *testing.T) {
	require.Empty(t, search(t, "xarr01y arr012 110.20.30.4 10.20.30.40", proof.Original{Kind: "host", Value: "arr01", Fold: true}, proof.Original{Kind: "ipv4", Value: "10.20.30.4"}))
	require.Empty(t, search(t, "HUNTERA1", proof.Original{Kind: "secret", Value: "hunterA1"}))
	require.Empty(t, search(t, `version 10.20.30.4, "fw_version":"10.20.30.4" Firmware: [10.20.30.4]`, proof.Original{Kind: "ipv4", Value: "10.20.30.4"}))
	require.Len(t, search(t, "server 10.20.30.4 conversions 10.20.30.4", proof.Original{Kind: "ipv4", Value: "10.20.30.4"}), 2)
	require.Len(t, search(t, "arr01_x /arr01.log", proof.Original{Kind: "host", Value: "arr01", Fold: true}), 2)
}

// TestBehindEscapes holds that an escape whose letters run into an original hides nothing.
func TestBehindEscapes(t *testing.T) {
	o := proof.Original{Kind: "host", Value: "arr01", Fold: true}
	for name, text := range map[string]string{
		"the end of a line":    `is up\narr01 too`,
		"percent":              "a%2Farr01",
		"a colour":             "\x1b[1;32marr01\x1b[0m",
		"a colour spelled out": `\u001b[31marr01`,
		"a colour without ESC": "x [31marr01",
	} {
		t.Run(name, func(t *testing.T) { require.Len(t, search(t, text, o), 1) })
	}
	require.Empty(t, search(t, "narr01 2Farr01 [marr01 32marr01 %2Garr01 \\xarr01", o))
}

// TestAcrossBlocks finds an original on the border of what is read at a time.
func TestAcrossBlocks(t *testing.T) {
	for _, at := range []int{1<<20 - 3, 1 << 20, 1<<20 + 20, 2<<20 + 60, 3 << 20} {
		text := strings.Repeat("-", at) + "findme-please" + strings.Repeat("-", 2<<20)
		leaks := search(t, text, proof.Original{Kind: "word", Value: "findme-please", Fold: true})
		require.Len(t, leaks, 1, "at %d", at)
		require.EqualValues(t, at, leaks[0].Offset)
	}
}

// TestInsideContainersAndNames looks through gzip, wide text and file names.
func TestInsideContainersAndNames(t *testing.T) {
	dir := t.TempDir()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write([]byte("deep arr01 inside"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.gz"), z.Bytes(), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "arr01.txt"), []byte("nothing"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "w.txt"), []byte("a\x00r\x00r\x000\x001\x00"), 0o600))
	leaks, err := proof.Search(context.Background(), dir, []proof.Original{{Kind: "host", Value: "arr01", Fold: true}}, nil)
	require.NoError(t, err)
	var files []string
	for _, l := range leaks {
		files = append(files, l.File)
	}
	require.Equal(t, []string{"a.gz!", "arr01.txt", "w.txt"}, files)
}

// TestProgressEndsAtTheWhole searches a large file in pieces, small ones, and an archive.
func TestProgressEndsAtTheWhole(t *testing.T) {
	dir := t.TempDir()
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	_, err := zw.Write(bytes.Repeat([]byte("nothing here\n"), 5000))
	require.NoError(t, err)
	require.NoError(t, zw.Close())
	files := map[string][]byte{"large.log": bytes.Repeat([]byte("a line of a log\n"), 3<<20), "small.log": []byte("x"), "empty": nil, "a.gz": zipped.Bytes()}
	want := int64(0)
	for name, b := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
		want += int64(len(b))
	}
	last := int64(0)
	_, err = proof.Search(t.Context(), dir, []proof.Original{{Kind: "host", Value: "arr01-lyon"}}, func(done, total int64) {
		if done <= last || total != want {
			t.Errorf("%d of %d behind %d", done, total, last)
		}
		last = done
	})
	require.NoError(t, err)
	require.Equal(t, want, last)
}
