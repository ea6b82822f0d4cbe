package history_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// stored makes a history of two targets, one value of which is damaged when
// hurt is set, and returns its path.
func stored(t *testing.T, hurt bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := history.Open(path, history.Options{NoSync: true})
	require.NoError(t, err)
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for n := range 300 {
		for _, target := range []string{"fa-1", "kit"} {
			b := localmon.Batch{Target: target, At: at.Add(time.Duration(n) * 30 * time.Second)}
			for i := range 4 {
				k := localmon.SeriesKey{Target: target, Metric: fmt.Sprint("m", i)}
				b.Samples = append(b.Samples, localmon.Sample{Key: k, Value: math.Sqrt(float64(n*(i+1) + 1000*(len(target)-3)))}) // no two targets alike
			}
			_, err := db.Append(t.Context(), b)
			require.NoError(t, err)
		}
	}
	require.NoError(t, db.Close())
	if hurt {
		damage(t, path)
	}
	return path
}

// damage flips a bit in a scrape of the target kit.
func damage(t *testing.T, path string) {
	t.Helper()
	var value []byte
	f, err := boltfile.Open(path, boltfile.Options{Schema: history.Schema, Version: history.Version, ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, f.View(func(tx *bbolt.Tx) error {
		log := tx.Bucket([]byte("log"))
		return log.ForEachBucket(func(k []byte) error {
			if !bytes.Contains(k, []byte("kit")) {
				return nil
			}
			n := 0
			return log.Bucket(k).ForEach(func(_, v []byte) error {
				if n++; n == 200 {
					value = bytes.Clone(v)
				}
				return nil
			})
		})
	}))
	require.NoError(t, f.Close())
	require.NotEmpty(t, value)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	found := 0
	for at := 0; ; found++ {
		i := bytes.Index(data[at:], value)
		if i < 0 {
			break
		}
		at += i
		data[at+len(value)-1] ^= 4
		at++
	}
	require.Positive(t, found)
	require.NoError(t, os.WriteFile(path, data, 0o600))
}

// What can be read of a damaged history is exported, and said to be a part.
func TestExportOfADamagedHistory(t *testing.T) {
	path, out := stored(t, true), filepath.Join(t.TempDir(), "saved.csv")
	code, printed, told := program().Try(t, "history", "export", "--file", path, "--format", "csv", "--out", out)
	require.Equal(t, 5, code, told)
	require.Empty(t, printed)
	require.Contains(t, told, "could not be exported whole; all else was")
	require.Contains(t, told, "next: darksite history check")
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Equal(t, 4*300, strings.Count(string(text), "\nfa-1,"), "the other target is whole")
	require.Greater(t, len(lines), 1+4*300+4*100, "and of this one all but what hangs on the damaged value")
	require.Less(t, len(lines), 1+8*300)

	code, printed, told = program().Try(t, "history", "check", "--file", path)
	require.Equal(t, 5, code)
	require.Contains(t, printed, "kit")
	require.Contains(t, told, "darksite history export --file "+path)

	code, printed, _ = program().Try(t, "history", "export", "--file", path, "--target", "fa-1")
	require.Zero(t, code, "what is not damaged is exported whole")
	require.Equal(t, 4*300+1, strings.Count(printed, "\n"))
}

// An export that fails leaves no file and keeps the one that was there.
func TestExportIsWholeOrNotThere(t *testing.T) {
	path, dir := stored(t, false), t.TempDir()
	out := filepath.Join(dir, "out.txt")
	require.NoError(t, os.WriteFile(out, []byte("what was there"), 0o600))
	code, _, _ := program().Try(t, "history", "export", "--file", path, "--target", "absent", "--out", out)
	require.Equal(t, 1, code)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "what was there", string(text))
	code, _, told := program().Try(t, "history", "export", "--file", path, "--out", path)
	require.Equal(t, 4, code, told)
	code, _, told = program().Try(t, "history", "export", "--file", path, "--out", dir)
	require.Equal(t, 2, code, told)
	code, _, told = program().Try(t, "history", "export", "--file", path, "--out", out)
	require.Zero(t, code, told)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "no partial file is left")
	info, err := left[0].Info()
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
}

func TestQuantileAsPeopleWriteIt(t *testing.T) {
	path := stored(t, false)
	ask := func(agg string) (int, string, string) {
		return program().Try(t, "history", "query", "m0", "--file", path, "--target", "kit", "--since", "999999h", "--step", "240h", "--agg", agg, "--json")
	}
	for agg, want := range map[string]float64{"p0": 0, "p50": (math.Sqrt(149) + math.Sqrt(150)) / 2, "p100": math.Sqrt(299)} {
		code, out, told := ask(agg)
		require.Zero(t, code, told)
		var got []struct{ Points []struct{ Value float64 } }
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		require.InDelta(t, want, got[0].Points[0].Value, 1e-9, agg)
	}
	for _, agg := range []string{"p", "p-1", "p101", "pNaN", "p1e1", "q50", "p5.5.5"} {
		code, out, told := ask(agg)
		require.Equal(t, 2, code, agg)
		require.Empty(t, out)
		require.Contains(t, told, "a quantile such as p95")
	}
}

// A history that may be read and not written says what reading still offers.
func TestReadOnlyHistory(t *testing.T) {
	path := stored(t, false)
	require.NoError(t, os.Chmod(path, 0o400))
	if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
		require.NoError(t, f.Close())
		t.Skip("this user may write to every file")
	} else {
		require.ErrorIs(t, err, os.ErrPermission)
	}
	code, out, told := program().Try(t, "history", "export", "--file", path)
	require.Zero(t, code, told)
	require.NotEmpty(t, out)
}
