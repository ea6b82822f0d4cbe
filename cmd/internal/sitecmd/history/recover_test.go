package history_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// siteWithHistory is a site folder with a history of ten looks.
func siteWithHistory(t *testing.T) (dir, path string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "site")
	code, _, told := program().Try(t, "--dir", dir, "init", "--code", "S042", "--name", "Lyon", "--no-passphrase")
	require.Zero(t, code, told)
	path = filepath.Join(dir, site.HistoryFile)
	db, err := history.Open(path, history.Options{})
	require.NoError(t, err)
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for n := range 10 {
		_, err := db.Append(t.Context(), localmon.Batch{Target: "kit", At: at.Add(time.Duration(n) * 30 * time.Second), Samples: []localmon.Sample{
			{Key: localmon.SeriesKey{Target: "kit", Metric: "m"}, Value: float64(n * n)},
		}})
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	return dir, path
}

// newest is the stored form of the newest look.
func newest(t *testing.T, path string) (value []byte) {
	t.Helper()
	f, err := boltfile.Open(path, boltfile.Options{Schema: history.Schema, Version: history.Version, ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, f.View(func(tx *bbolt.Tx) error {
		log := tx.Bucket([]byte("log"))
		return log.ForEachBucket(func(k []byte) error {
			_, v := log.Bucket(k).Cursor().Last()
			value = bytes.Clone(v)
			return nil
		})
	}))
	require.NoError(t, f.Close())
	require.NotEmpty(t, value)
	return value
}

// loseNewest damages the newest look, wherever it stands in the file.
func loseNewest(t *testing.T, path string) (damaged []byte) {
	t.Helper()
	value := newest(t, path)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	hurt := bytes.Clone(value)
	hurt[len(hurt)-1] ^= 0x10
	require.True(t, bytes.Contains(data, value))
	data = bytes.ReplaceAll(data, value, hurt)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return data
}

func TestRecoverGoesBackByOneCommit(t *testing.T) {
	dir, path := siteWithHistory(t)
	try := func(args ...string) (int, string, string) {
		return program().Try(t, append([]string{"--dir", dir, "history"}, args...)...)
	}
	code, _, told := try("recover")
	require.Zero(t, code, told)
	require.Contains(t, told, "nothing to recover")
	for _, way := range []string{"--roll-back", "--start-beside"} {
		code, _, told = try("recover", way, "--yes")
		require.Equal(t, 4, code, "a history that is whole is not thrown back")
		require.Contains(t, told, "every value is whole; nothing was changed")
	}

	damaged := loseNewest(t, path)
	code, out, told := try("check")
	require.Equal(t, 5, code)
	require.Contains(t, out, "kit: scrape")
	require.Contains(t, told, "next: darksite history recover --roll-back")
	code, out, told = try("recover", "--json")
	require.Equal(t, 5, code)
	require.Contains(t, told, "darksite history recover --start-beside")
	var said struct {
		Found   []string `json:"found"`
		Did     string   `json:"did"`
		Aside   string   `json:"aside"`
		LastSeq uint64   `json:"last"`
		Was     uint64   `json:"before"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &said))
	require.Len(t, said.Found, 1)
	require.Empty(t, said.Did)

	code, _, told = try("recover", "--roll-back", "--start-beside")
	require.Equal(t, 2, code, told)
	code, _, told = try("recover", "--roll-back") // nobody answers
	require.NotZero(t, code)
	require.Contains(t, told, "it ends with batch 9 of 2026-03-01 00:04:00 UTC; 1 batch after it is lost")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range left {
		require.NotContains(t, f.Name(), "partial")
	}
	require.Equal(t, damaged, bytesOf(t, path), "nothing was changed")

	db, err := history.OpenReadOnly(path, history.Options{})
	require.NoError(t, err)
	code, out, told = try("recover", "--roll-back", "--yes", "--json") // a reader is in nobody's way
	require.NoError(t, db.Close())
	require.Zero(t, code, told)
	require.NoError(t, json.Unmarshal([]byte(out), &said))
	require.Equal(t, "roll-back", said.Did)
	require.EqualValues(t, 9, said.LastSeq)
	require.EqualValues(t, 10, said.Was)
	require.Equal(t, damaged, bytesOf(t, said.Aside), "the damaged file is kept as it was")
	code, _, told = try("check")
	require.Zero(t, code, told)

	// twice is not possible: there is no state before that one
	loseNewest(t, path)
	code, _, told = try("recover", "--roll-back", "--yes")
	require.Equal(t, 5, code)
	require.Contains(t, told, "no earlier state; nothing was changed")
	code, _, told = try("recover", "--start-beside", "--yes")
	require.Zero(t, code, told)
	require.Contains(t, told, "the next look begins a new one")
	require.NoFileExists(t, path)
}

func TestRecoverLeavesAHistoryThatIsHeld(t *testing.T) {
	dir, path := siteWithHistory(t)
	loseNewest(t, path)
	db, err := history.Open(path, history.Options{Holder: "darksite monitor"})
	require.NoError(t, err)
	defer db.Close()
	for _, way := range []string{"--roll-back", "--start-beside"} {
		code, _, told := program().Try(t, "--dir", dir, "history", "recover", way, "--yes")
		require.Equal(t, 1, code)
		require.Contains(t, told, "(darksite monitor)")
		require.FileExists(t, path)
	}
}

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}
