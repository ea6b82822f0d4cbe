package history

import (
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
}

type timeKey struct {
	target string
	first  uint64
}

// timesOf unpacks the times of a segment's scrapes. The slice is shared.
func (db *DB) timesOf(target string, first uint64, packed []byte, n int) ([]int64, error) {
	c := &db.times
	c.mu.Lock()
	defer c.mu.Unlock()
	k := timeKey{target, first}
	if at, ok := c.at[k]; ok && len(at) == n {
		return at, nil
	}
	at, err := times(&c.dec, packed, n)
	if err != nil {
		return nil, err
	}
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
