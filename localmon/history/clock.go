package history

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// jumpTolerance is how far wall time and monotonic time may drift apart between
// two scrapes before it counts as a jump of the clock.
const jumpTolerance = 2 * time.Second

// Jump is a step of the kit's own clock, or the begin of a batch from the past.
type Jump struct {
	Seq    uint64        // the first batch with the new time
	Before time.Time     // wall time of the batch before
	After  time.Time     // wall time of this batch
	By     time.Duration // how far the clock was moved; negative is back
	// Measured says that By was measured against the monotonic clock. Else it
	// is the difference of the two wall times, and only steps back are seen.
	Measured bool
}

// jump compares a batch with the one before.
func (a *appending) jump() (Jump, bool) {
	h := a.h
	if h.last.IsZero() {
		return Jump{}, false
	}
	j := Jump{Before: time.Unix(0, h.lastAt), After: time.Unix(0, a.at), By: time.Duration(a.at - h.lastAt)}
	if hasMonotonic(h.last) && hasMonotonic(a.b.At) {
		j.Measured = true
		j.By -= a.b.At.Sub(h.last)
		return j, j.By.Abs() > jumpTolerance
	}
	return j, j.By < 0
}

// hasMonotonic reports whether a time was read in this process: Round strips
// the monotonic reading and nothing else.
func hasMonotonic(t time.Time) bool { return t != t.Round(0) }

func (j Jump) store(own *bbolt.Bucket, of seat, seq uint64) error {
	notes, err := own.CreateBucketIfNotExists(bucketClock)
	if err != nil {
		return err
	}
	b := make([]byte, envelope, envelope+32)
	measured := byte(0)
	if j.Measured {
		measured = 1
	}
	b = append(b, measured)
	b = binary.AppendVarint(b, j.Before.UnixNano())
	b = binary.AppendVarint(b, j.After.UnixNano())
	b = binary.AppendVarint(b, int64(j.By))
	return notes.Put(seqKey(seq), of.seal(kindClock, seqKey(seq), b))
}

func decodeJump(of seat, k, v []byte) (j Jump, err error) {
	if j.Seq, err = keySeq(k); err != nil {
		return j, err
	}
	payload, err := of.unseal(kindClock, k, v)
	if err != nil {
		return j, err
	}
	in := input{b: payload}
	j.Measured = in.uvarint() == 1
	j.Before, j.After = time.Unix(0, in.varint()), time.Unix(0, in.varint())
	j.By = time.Duration(in.varint())
	if in.bad || len(in.b) > 0 {
		return j, fmt.Errorf("%w: note of a clock jump", errBadValue)
	}
	return j, nil
}

// Jumps lists the jumps of the clock met while batches of a target were taken.
func (db *DB) Jumps(target string) ([]Jump, error) {
	var jumps []Jump
	err := db.file.View(func(tx *bbolt.Tx) error {
		notes := bucketOf(tx, target, bucketClock)
		if notes == nil {
			return nil
		}
		return notes.ForEach(func(k, v []byte) error {
			j, err := decodeJump(seatOf(target), k, v)
			if err != nil {
				return fmt.Errorf("clock note %x: %w", k, err)
			}
			jumps = append(jumps, j)
			return nil
		})
	})
	if err != nil {
		return jumps, fmt.Errorf("list clock jumps of %s: %w", target, err)
	}
	return jumps, nil
}
