package boltstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/desk/boltstore"
	"darksite/bundle/desk/desktest"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

func open(t *testing.T, path string) (*boltstore.Store, *bbolt.DB) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	s, err := boltstore.New(db)
	require.NoError(t, err)
	return s, db
}

func TestConformance(t *testing.T) {
	desktest.Store(t, func(t *testing.T) desktest.Keeper {
		s, _ := open(t, filepath.Join(t.TempDir(), "desk.db"))
		t.Cleanup(func() {
			found, err := s.Check(context.Background()) // the test's own has ended
			require.NoError(t, err)
			require.Empty(t, found)
		})
		return s
	})
}

func fill(t *testing.T, s *boltstore.Store) {
	t.Helper()
	_, err := s.Record(t.Context(), desk.Event{Site: "S042", Kind: desk.PlanSet, Plan: &desk.Plan{Kind: desk.Basic, From: time.Unix(1, 0).UTC(), Until: time.Unix(9, 0).UTC()}})
	require.NoError(t, err)
	for seq := range 5 {
		bid := bundle.NewID("S042", uint64(seq+1))
		got, err := s.Record(t.Context(), desk.Event{
			Case: "S042/" + string(bid), Kind: desk.Imported, At: time.Unix(1, 0).UTC(),
			Bundle: &desk.Bundle{BID: bid, Site: "S042", Seq: int64(seq + 1), SealedSHA256: bundle.DigestOf([]byte(bid))},
		})
		require.NoError(t, err)
		_, err = s.Record(
			t.Context(),
			desk.Event{Case: got[0].ID, Kind: desk.Acknowledged, At: time.Unix(2, 0).UTC(), Severity: 2, Text: "seen"},
			desk.Event{Case: got[0].ID, Kind: desk.Replied, ReplySeq: int64(seq + 1), ReplyHash: "h"},
		)
		require.NoError(t, err)
	}
}

func TestEverythingDerivedCanBeRebuilt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s, db := open(t, path)
	fill(t, s)
	want, err := s.Cases(t.Context())
	require.NoError(t, err)

	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"sites", "cases", "trail", "numbers", "bundles", "chain", "replies"} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, db.Close())
	s, _ = open(t, path)
	found, err := s.Check(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, found, "the check sees that all is missing")
	require.NoError(t, s.Rebuild(t.Context()))
	got, err := s.Cases(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, got)
	found, err = s.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, found)
}

// The truth is the events; one that cannot be read is said and nothing is made
// out of the others.
func TestADamagedEventIsSaidAndNotSkipped(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "desk.db"))
	fill(t, s)
	before, err := s.Cases(t.Context())
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("events")).Put([]byte{0, 0, 0, 0, 0, 0, 0, 4}, []byte(`{"seq":`))
	}))
	found, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Contains(t, found[0], "event 0000000000000004")
	require.ErrorContains(t, s.Rebuild(t.Context()), "event 0000000000000004")
	after, err := s.Cases(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after, "a rebuild that fails leaves everything as it was")
}

// An event under another number than its own is out of its order.
func TestAnEventInAnotherPlaceIsFound(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "desk.db"))
	fill(t, s)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		log := tx.Bucket([]byte("events"))
		last := append([]byte(nil), log.Get([]byte{0, 0, 0, 0, 0, 0, 0, 16})...)
		return errors.Join(log.Delete([]byte{0, 0, 0, 0, 0, 0, 0, 16}), log.Put([]byte{0, 0, 0, 0, 0, 0, 0, 17}, last))
	}))
	found, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"event 0000000000000011: it is numbered 16"}, found)
}

func TestCheckNamesWhatDiffers(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "desk.db"))
	fill(t, s)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("cases")).Put([]byte("S042/S042-000003"), []byte(`{"id":"S042/S042-000003"}`))
	}))
	found, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{`cases: "S042/S042-000003" is not what its events say`}, found)
}
