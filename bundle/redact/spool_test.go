package redact_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// mixedFiles are generated logs with lines of all sorts strewn in, and bare words of
// those lines, which only the inventory can know.
func mixedFiles(t testing.TB, seed uint64) map[string][]byte {
	t.Helper()
	lines := readAllLabelled(t)
	r := rand.New(rand.NewPCG(seed, 2))
	gen := newGenerator(seed)
	files := map[string][]byte{}
	for i := range 6 {
		var b bytes.Buffer
		for b.Len() < 30<<10 {
			e := lines[r.IntN(len(lines))]
			switch r.IntN(4) {
			case 0:
				b.WriteString(e.line + "\n")
			case 1:
				if len(e.gone) > 0 {
					v := e.gone[r.IntN(len(e.gone))]
					if textInHex(v) {
						continue // without its key only the proof knows it, which masks it
					}
					fmt.Fprintf(&b, "seen (%s) again, \"done\\n%s\" and [%s]\n", v, v, strings.ToUpper(v))
				}
			default:
				gen.line(&b)
			}
		}
		files[fmt.Sprintf("f%d.log", i)] = b.Bytes()
	}
	return files
}

// textInHex tells printable text of some length that is written in hex digits.
func textInHex(v string) bool {
	b, err := hex.DecodeString(v)
	return err == nil && len(b) > 8 && !slices.ContainsFunc(b, func(c byte) bool { return c != 0 && c < ' ' || c > '~' })
}

// readAllLabelled reads the labelled lines of all areas.
func readAllLabelled(t testing.TB) (all []labelled) {
	t.Helper()
	for _, pattern := range []string{"testdata/labelled*.txt", "testdata/labelled/*.txt"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, p := range paths {
			all = append(all, readLabelled(t, p)...)
		}
	}
	require.NotEmpty(t, all)
	return all
}

// TestOneScanIsEnough compares the second pass, which takes over what the first
// found, with one that scans everything again with all that was learnt.
func TestOneScanIsEnough(t *testing.T) {
	for seed := range uint64(4) {
		in := tree(t, mixedFiles(t, seed))
		var want map[string]string
		for _, c := range []struct {
			rescan         bool
			workers, chunk int
		}{{true, 1, 4096}, {false, 1, 4096}, {false, 3, 4096}, {true, 2, 4096}} {
			g := newGate(t, redact.Options{Workers: c.workers})
			g.SetChunk(c.chunk)
			if c.rescan {
				g.Rescan()
			}
			out := filepath.Join(t.TempDir(), "out")
			res, err := g.Tree(context.Background(), in, out)
			require.NoError(t, err)
			require.Empty(t, res.Leaks)
			if got := readTree(t, out); want == nil {
				want = got
			} else {
				sameLines(t, want, got)
			}
		}
	}
}

// sameLines compares trees and shows the lines that differ.
func sameLines(t testing.TB, want, got map[string]string) {
	t.Helper()
	for name := range want {
		a, b := strings.Split(want[name], "\n"), strings.Split(got[name], "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("%s:%d\n%s\n%s", name, i+1, a[i], b[i])
			}
		}
	}
	require.Len(t, got, len(want))
}

// TestFileChangesBetweenPasses writes to a file after the first pass has read it.
// What is new is scanned as it is written.
func TestFileChangesBetweenPasses(t *testing.T) {
	const more = "host=late-host-77 password=Late-Secret-9x\nlate-host-77 again\n"
	for name, change := range map[string]func([]byte) []byte{
		"it grows":              func(b []byte) []byte { return append(b, more...) },
		"its middle is another": func(b []byte) []byte { copy(b[len(b)/2:], more); return b },
		"it is cut off":         func(b []byte) []byte { return b[:len(b)/3] },
		"all of it is another":  func(b []byte) []byte { return []byte(strings.Repeat(more, 300)) },
	} {
		t.Run(name, func(t *testing.T) {
			files := mixedFiles(t, 9)
			in := tree(t, files)
			path := filepath.Join(in, "f3.log")
			changed := false
			g := newGate(t, redact.Options{Workers: 1, Progress: func(pass string, done, total int64) {
				if pass == "redact" && !changed {
					changed = true
					if err := os.WriteFile(path, change(bytes.Clone(files["f3.log"])), 0o600); err != nil {
						t.Error(err)
					}
				}
			}})
			g.SetChunk(2048)
			out := filepath.Join(t.TempDir(), "out")
			_, err := g.Tree(context.Background(), in, out)
			require.NoError(t, err)
			got := readTree(t, out)
			require.True(t, changed)
			require.NotContains(t, got["f3.log"], "Late-Secret-9x")
			require.Equal(t, bytes.Count(change(bytes.Clone(files["f3.log"])), []byte{'\n'}), strings.Count(got["f3.log"], "\n"))
		})
	}
}
