package history

import (
	"fmt"
	"sync"

	"darksite/localmon/chunk"
)

// maxCachedTimes bounds the cache: some 3 MB of day-long segments.
const maxCachedTimes = 128

// timeCache keeps the unpacked times of the segments read last. Sealed
// segments never change, and every series of a target shares their times.
type timeCache struct {
	mu    sync.Mutex
	at    map[timeKey][]int64
	order []timeKey // oldest first
	dec   chunk.Decoder
	buf   []byte
}

type timeKey struct {
	target string
	first  uint64
}

// timesOf unpacks the times of a segment's scrapes out of the day bucket. The
// slice is shared.
func (db *DB) timesOf(st *stretch, target string, s *segment) ([]int64, error) {
	c := &db.times
	c.mu.Lock()
	defer c.mu.Unlock()
	k := timeKey{target, s.first}
	if at, ok := c.at[k]; ok && len(at) == s.rows {
		return at, nil
	}
	var err error
	if c.buf, err = getPieces(st.own.Bucket(bucketDay), timesKey(s.first), 0, -1, c.buf[:0]); err != nil {
		return nil, fmt.Errorf("times of its scrapes: %w", err)
	}
	t, err := decodeTimes(&c.dec, st.log.seat, s.first, c.buf, s.rows)
	if err != nil {
		return nil, fmt.Errorf("times of its scrapes: %w", err)
	}
	at := t.at
	if c.at == nil {
		c.at = map[timeKey][]int64{}
	}
	if len(c.order) >= maxCachedTimes {
		delete(c.at, c.order[0])
		c.order = append(c.order[:0], c.order[1:]...)
	}
	c.at[k] = at
	c.order = append(c.order, k)
	return at, nil
}
