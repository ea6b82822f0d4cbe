package history

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"
)

// The log of all targets is one top-level bucket, so that a scrape rewrites as
// few pages as can be: a bucket for each segment, named by the target, a zero
// byte and the sequence of the segment's first scrape. In it stand the scrapes,
// each in pieces under its sequence; the bucket's sequence is how many there
// are. The sequence of the log bucket itself is that of the newest batch.
var bucketLog = []byte("log")

// targetLog is the part of the log that belongs to one target.
type targetLog struct {
	b      *bbolt.Bucket // nil while nothing was ever appended
	prefix []byte
	seat   seat
}

func logOf(tx *bbolt.Tx, target string) targetLog {
	return targetLog{tx.Bucket(bucketLog), append([]byte(target), 0), seatOf(target)}
}

func (l targetLog) key(segment uint64) []byte {
	return append(bytes.Clone(l.prefix), seqKey(segment)...)
}

// at finds the first segment at or after seq; records is nil when there is none.
func (l targetLog) at(seq uint64) (first uint64, records *bbolt.Bucket) {
	if l.b == nil {
		return 0, nil
	}
	k, _ := l.b.Cursor().Seek(l.key(seq))
	if len(k) != len(l.prefix)+8 || !bytes.HasPrefix(k, l.prefix) {
		return 0, nil
	}
	return seqOf(k[len(l.prefix):]), l.b.Bucket(k)
}

// records is the bucket of one segment; nil when it is not in the log.
func (l targetLog) records(segment uint64) *bbolt.Bucket {
	if l.b == nil {
		return nil
	}
	return l.b.Bucket(l.key(segment))
}

// newest is the sequence of the last scrape of a segment.
func (l targetLog) newest(records *bbolt.Bucket) uint64 {
	k, _ := records.Cursor().Last()
	return scrapeSeq(k)
}

// scrapeSeq is the sequence of the scrape that a key is a piece of; zero when it
// is no such key.
func scrapeSeq(k []byte) uint64 {
	if len(k) != 10 {
		return 0
	}
	return seqOf(k[:8])
}

// each calls fn for every segment, oldest first.
func (l targetLog) each(fn func(first uint64, records *bbolt.Bucket) error) error {
	for seq := uint64(0); ; {
		first, records := l.at(seq)
		if records == nil {
			return nil
		}
		if err := fn(first, records); err != nil {
			return err
		}
		seq = first + 1
	}
}

// eachScrape calls fn for every scrape of a segment, oldest first, with why it
// cannot be read if so. The scrape is good until fn returns.
func (l targetLog) eachScrape(records *bbolt.Bucket, fn func(seq uint64, sh scrapeHead, err error) error) error {
	return eachPieces(records, 8, func(k, v []byte) error {
		payload, err := l.seat.unseal(kindScrape, k, v)
		var sh scrapeHead
		if err == nil {
			sh, err = parseScrape(payload)
		}
		return fn(seqOf(k), sh, err)
	})
}

func (l targetLog) drop(segment uint64) error {
	if l.b == nil {
		return fmt.Errorf("%w: no log", errBadValue)
	}
	return l.b.DeleteBucket(l.key(segment))
}
