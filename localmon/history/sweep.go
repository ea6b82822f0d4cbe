package history

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"
)

// sweepKeys is how many keys one transaction of sweeping deletes, which bounds
// the time for which it holds back an Append.
const sweepKeys = 1024

// bucketGone notes whose blocks are to be deleted. They are many, and go in
// small transactions; after a crash the notes say what is left to do. Nothing
// is deleted because something else is missing: a table that is damaged must
// not cost the data it speaks of.
var bucketGone = []byte("gone")

// garbage names the blocks of a segment or week that were let go of.
type garbage struct {
	bucket []byte // of the blocks
	first  uint64
}

func (g garbage) key() []byte { return append(seqKey(g.first), g.bucket...) }

// store notes that the blocks are to be deleted.
func (g garbage) store(own *bbolt.Bucket, of seat) error {
	gone, err := own.CreateBucketIfNotExists(bucketGone)
	if err != nil {
		return err
	}
	key := g.key()
	return gone.Put(key, of.seal(kindGone, key, make([]byte, envelope)))
}

// decodeGone reads a note: all of it is in its key.
func decodeGone(of seat, k, v []byte) (garbage, error) {
	payload, err := of.unseal(kindGone, k, v)
	if err != nil {
		return garbage{}, err
	}
	if len(k) > 8 && len(payload) == 0 {
		for _, bucket := range [][]byte{bucketDay, bucketM5, bucketH1} {
			if bytes.Equal(bucket, k[8:]) {
				return garbage{bucket, seqOf(k[:8])}, nil
			}
		}
	}
	return garbage{}, fmt.Errorf("%w: note of what is let go of", errBadValue)
}

// eachGone calls fn for every note.
func eachGone(own *bbolt.Bucket, of seat, fn func(k []byte, g garbage, err error)) error {
	gone := own.Bucket(bucketGone)
	if gone == nil {
		return nil
	}
	return gone.ForEach(func(k, v []byte) error {
		g, err := decodeGone(of, k, v)
		fn(k, g, err)
		return nil
	})
}

// isGone reports whether blocks are noted as let go of.
func isGone(own *bbolt.Bucket, of seat, g garbage) bool {
	gone := own.Bucket(bucketGone)
	if gone == nil {
		return false
	}
	k := g.key()
	_, err := decodeGone(of, k, gone.Get(k))
	return err == nil
}

// loadGone reads what is left to be deleted.
func (db *DB) loadGone(h *head, own *bbolt.Bucket) error {
	return eachGone(own, seatOf(h.target), func(k []byte, g garbage, err error) {
		if err != nil {
			db.damaged = append(db.damaged, Damage{Target: h.target, What: fmt.Sprintf("note %x of what is let go of", k), Err: err})
			return
		}
		h.garbage = append(h.garbage, g)
	})
}

// sweepNext deletes the next part of what was let go of.
func (db *DB) sweepNext() (bool, error) {
	target, g, ok := db.nextGarbage()
	if !ok {
		return false, nil
	}
	done := false
	err := db.file.Update(func(tx *bbolt.Tx) error {
		own, err := own(tx, target)
		if err != nil {
			return err
		}
		n, err := dropPieces(own.Bucket(g.bucket), seqKey(g.first), sweepKeys)
		if err != nil {
			return err
		}
		if done = n < sweepKeys; done {
			if err := own.Bucket(bucketGone).Delete(g.key()); err != nil {
				return err
			}
		}
		return db.pause("sweep")
	})
	if err != nil {
		return false, fmt.Errorf("delete %s of segment %d of %s: %w", g.bucket, g.first, target, err)
	}
	if done {
		db.mu.Lock()
		h := db.heads[target]
		if len(h.garbage) > 0 && h.garbage[0].first == g.first && bytes.Equal(h.garbage[0].bucket, g.bucket) {
			h.garbage = h.garbage[1:]
		}
		db.mu.Unlock()
	}
	return true, nil
}

func (db *DB) nextGarbage() (target string, g garbage, ok bool) {
	for _, target := range db.targets() {
		db.mu.Lock()
		list := db.heads[target].garbage
		db.mu.Unlock()
		if len(list) > 0 {
			return target, list[0], true
		}
	}
	return "", garbage{}, false
}
