package rounds_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/localmon/rounds"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) (*bbolt.DB, *rounds.Store) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	s, err := rounds.Open(db)
	require.NoError(t, err)
	return db, s
}

func TestARoundIsBegunAndDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cases.db")
	db, s := open(t, path)
	_, ok, err := s.Last()
	require.NoError(t, err)
	require.False(t, ok, "none was ever done")
	_, err = s.Done(start, rounds.Round{DoneBy: "mdurand"})
	require.ErrorIs(t, err, rounds.ErrNotBegun)
	_, err = s.Begin(start, "")
	require.ErrorIs(t, err, rounds.ErrNoName)

	first, err := s.Begin(start, "mdurand")
	require.NoError(t, err)
	done, err := s.Done(start.Add(6*time.Minute), rounds.Round{DoneBy: "amartin", Note: "all seen", State: "WARN", Counts: map[string]int{"ok": 9, "warn": 1}})
	require.NoError(t, err)
	require.Equal(t, first.ID, done.ID)
	require.Equal(t, "mdurand", done.By)
	_, err = s.Done(start.Add(7*time.Minute), rounds.Round{DoneBy: "amartin"})
	require.ErrorIs(t, err, rounds.ErrNotBegun, "a round is done once")
	_, err = s.Begin(start.Add(24*time.Hour), "ppetit")
	require.NoError(t, err)
	_, err = s.Done(start.Add(25*time.Hour), rounds.Round{DoneBy: "ppetit", Note: strings.Repeat("x", 5000)})
	require.ErrorContains(t, err, "at most")

	require.NoError(t, db.Close())
	_, s = open(t, path)
	last, ok, err := s.Last()
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, done, last, "what was begun and not done is no last round")
	list, err := s.List(10)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "ppetit", list[0].By)
	list, err = s.List(1)
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestTheNewestWordCounts(t *testing.T) {
	_, s := open(t, filepath.Join(t.TempDir(), "cases.db"))
	require.NoError(t, s.Mark(rounds.Mark{Name: "keys", By: "mdurand", At: start}))
	require.NoError(t, s.Mark(rounds.Mark{Name: "keys", By: "amartin", At: start.Add(time.Hour), Bad: true}))
	require.ErrorIs(t, s.Mark(rounds.Mark{Name: "keys"}), rounds.ErrNoName)
	require.Error(t, s.Mark(rounds.Mark{By: "mdurand"}))
	marks, err := s.Marks()
	require.NoError(t, err)
	require.Equal(t, map[string]rounds.Mark{"keys": {Name: "keys", By: "amartin", At: start.Add(time.Hour), Bad: true}}, marks)
}

func TestDamageIsFound(t *testing.T) {
	db, s := open(t, filepath.Join(t.TempDir(), "cases.db"))
	_, err := s.Begin(start, "mdurand")
	require.NoError(t, err)
	require.NoError(t, s.Mark(rounds.Mark{Name: "keys", By: "mdurand", At: start}))
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"list", "marks"} {
			b := tx.Bucket([]byte("rounds")).Bucket([]byte(name))
			k, v := b.Cursor().First()
			v = append([]byte(nil), v...)
			v[len(v)-3] ^= 1
			if err := b.Put(k, v); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err = s.List(1)
	require.ErrorIs(t, err, rounds.ErrDamaged)
	_, _, err = s.Last()
	require.ErrorIs(t, err, rounds.ErrDamaged)
	_, err = s.Marks()
	require.ErrorIs(t, err, rounds.ErrDamaged)
	_, err = s.Done(start, rounds.Round{DoneBy: "mdurand"})
	require.ErrorIs(t, err, rounds.ErrDamaged)
}

func TestAFileWithoutRoundsReadsAsEmpty(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cases.db")
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(t, err)
	defer db.Close()
	s, err := rounds.Open(db)
	require.NoError(t, err)
	_, ok, err := s.Last()
	require.NoError(t, err)
	require.False(t, ok)
	marks, err := s.Marks()
	require.NoError(t, err)
	require.Empty(t, marks)
}
