package pipeline

import (
	"encoding/binary"
	"fmt"

	"darksite/bundle"

	"go.etcd.io/bbolt"
)

// Counters give bundles their sequence and remember their manifests. What a
// method reported done is on disk.
type Counters interface {
	// Next gives out the next sequence, from 1 on, once.
	Next() (int64, error)
	// Latest is the newest sequence given out, 0 when there is none.
	Latest() (int64, error)
	// Freeze remembers the manifest of a sequence.
	Freeze(seq int64, manifest bundle.Digest) error
	// Before is the manifest of the nearest frozen sequence below, or "".
	Before(seq int64) (bundle.Digest, error)
}

// Keys in the bucket "counters", which other counters of the site share.
var (
	bucketCounters  = []byte("counters")
	keySequence     = []byte("bundle.seq")
	bucketManifests = []byte("bundle.manifests") // sequence -> digest
)

type boltCounters struct{ db *bbolt.DB }

// NewCounters keeps the counters in the site's database. The caller owns db.
func NewCounters(db *bbolt.DB) Counters { return boltCounters{db} }

func (c boltCounters) Next() (seq int64, err error) {
	err = c.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucketCounters)
		if err != nil {
			return err
		}
		seq = decodeSeq(b.Get(keySequence)) + 1
		return b.Put(keySequence, encodeSeq(seq))
	})
	if err != nil {
		return 0, fmt.Errorf("give out a bundle sequence: %w", err)
	}
	return seq, nil
}

func (c boltCounters) Latest() (seq int64, err error) {
	err = c.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket(bucketCounters); b != nil {
			seq = decodeSeq(b.Get(keySequence))
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read the bundle sequence: %w", err)
	}
	return seq, nil
}

func (c boltCounters) Freeze(seq int64, manifest bundle.Digest) error {
	err := c.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucketCounters)
		if err != nil {
			return err
		}
		if b, err = b.CreateBucketIfNotExists(bucketManifests); err != nil {
			return err
		}
		return b.Put(encodeSeq(seq), []byte(manifest))
	})
	if err != nil {
		return fmt.Errorf("remember the manifest of bundle %d: %w", seq, err)
	}
	return nil
}

func (c boltCounters) Before(seq int64) (d bundle.Digest, err error) {
	err = c.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketCounters)
		if b == nil {
			return nil
		}
		if b = b.Bucket(bucketManifests); b == nil {
			return nil
		}
		cur := b.Cursor()
		k, _ := cur.Seek(encodeSeq(seq))
		var v []byte
		if k == nil {
			k, v = cur.Last()
		} else {
			k, v = cur.Prev()
		}
		if k != nil {
			d = bundle.Digest(v)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("find the bundle before %d: %w", seq, err)
	}
	return d, nil
}

func encodeSeq(seq int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(seq)) }

func decodeSeq(b []byte) int64 {
	if len(b) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}
