package history

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"time"

	"darksite/localmon"
)

// name is a series key without its target.
type name struct{ metric, labels string }

func (n name) String() string {
	if n.labels == "" {
		return n.metric
	}
	return n.metric + "{" + n.labels + "}"
}

// entry is one row of the series table. The row is written when the series is
// first seen and again when it is found gone; in between, the newest scrapes
// tell when it was last seen.
type entry struct {
	name
	firstSeq uint64
	firstAt  int64
	told     localmon.Unit // empty when the name says it, or nobody did
	gone     *lastSeen     // nil while the newest sealed segment ends with the series present
}

// lastSeen is the newest sample of a series.
type lastSeen struct {
	seq  uint64
	at   int64
	bits uint64
}

func (e *entry) encode(of seat, id uint32) []byte {
	b := make([]byte, envelope, envelope+32+len(e.metric)+len(e.labels))
	b = binary.AppendUvarint(b, e.firstSeq)
	b = binary.AppendVarint(b, e.firstAt)
	if e.gone == nil {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		b = binary.AppendUvarint(b, e.gone.seq)
		b = binary.AppendVarint(b, e.gone.at)
		b = binary.LittleEndian.AppendUint64(b, e.gone.bits)
	}
	b = binary.AppendUvarint(b, uint64(len(e.told)))
	b = append(b, e.told...)
	b = binary.AppendUvarint(b, uint64(len(e.metric)))
	b = append(b, e.metric...)
	b = append(b, e.labels...)
	return of.seal(kindSeries, idKey(id), b)
}

func decodeEntry(of seat, key, value []byte) (*entry, error) {
	payload, err := of.unseal(kindSeries, key, value)
	if err != nil {
		return nil, err
	}
	in := input{b: payload}
	e := &entry{firstSeq: in.uvarint(), firstAt: in.varint()}
	switch in.uvarint() {
	case 0:
	case 1:
		e.gone = &lastSeen{seq: in.uvarint(), at: in.varint(), bits: in.uint64()}
	default:
		in.bad = true
	}
	e.told = localmon.Unit(in.bytes(in.uvarint()))
	e.metric = string(in.bytes(in.uvarint()))
	e.labels = string(in.b)
	if in.bad || !e.told.Valid() {
		return nil, fmt.Errorf("%w: row of the series table", errBadValue)
	}
	return e, nil
}

func idKey(id uint32) []byte { return binary.BigEndian.AppendUint32(nil, id) }

// keyID reads idKey back.
func keyID(k []byte) (uint32, error) {
	if len(k) != 4 {
		return 0, fmt.Errorf("%w: key of %d bytes", errBadValue, len(k))
	}
	return binary.BigEndian.Uint32(k), nil
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func keySeq(k []byte) (uint64, error) {
	if len(k) != 8 {
		return 0, fmt.Errorf("%w: key of %d bytes", errBadValue, len(k))
	}
	return binary.BigEndian.Uint64(k), nil
}

// head is what is kept in memory of one target: its series and the newest
// value of each. It is guarded by DB.mu.
type head struct {
	target string
	ids    map[name]uint32
	table  map[uint32]*entry
	nextID uint32
	units  map[string]localmon.Unit // of metrics, as the newest batch that told them did
	groups []*liveGroup             // by id / groupSize; nil where no series is left

	order []slot // series of the newest batch, in its order
	stamp uint32 // number of the batch being taken

	segments []segment // sealed ones, oldest first, without their packed parts
	weeks    []segment
	garbage  []garbage // what no table refers to any more

	segment  uint64    // first seq of the open segment; zero when there is none
	scrapes  int       // in the open segment
	sinceKey int       // scrapes since the record that stands alone; 0 asks for one
	maxDay   int64     // latest UTC day in the open segment
	lastSeq  uint64    // of the newest scrape
	lastAt   int64     // wall time of the newest scrape
	last     time.Time // the same, with the monotonic reading when this process took it
}

// slot remembers where a series stood in the last batch: sources report in the
// same order each time, so most look-ups end here.
type slot struct {
	name
	id uint32
}

// liveGroup is the newest state of groupSize series.
type liveGroup struct {
	cells group                  // as the last record of the log left them
	left  [groupSize]lastSeen    // where the cell is not present
	next  [groupSize]uint64      // values of the batch being taken, where they differ
	stamp uint32                 // number of the batch that seen and moved are of
	seen  [groupSize / 64]uint64 // series that the batch has,
	moved [groupSize / 64]uint64 // and of them those whose value is not that of their cell
}

// take notes a value of the batch with this number.
func (g *liveGroup) take(stamp uint32, k uint8, bits uint64) {
	if g.stamp != stamp {
		g.stamp = stamp
		clear(g.seen[:])
		clear(g.moved[:])
	}
	w, bit := k/64, uint64(1)<<(k%64)
	g.seen[w] |= bit
	if c := &g.cells[k]; c.present && c.bits == bits {
		g.moved[w] &^= bit
		return
	}
	g.moved[w] |= bit
	g.next[k] = bits
}

// altered returns the series of word w that the batch with this number alters,
// and those that it has.
func (g *liveGroup) altered(stamp uint32, w int) (altered, seen uint64) {
	if g.stamp == stamp {
		altered, seen = g.moved[w], g.seen[w]
	}
	for missing := ^seen; missing != 0; missing &= missing - 1 {
		k := bits.TrailingZeros64(missing)
		if g.cells[w*64+k].present {
			altered |= 1 << k
		}
	}
	return altered, seen
}

func newHead(target string) *head {
	return &head{target: target, ids: map[name]uint32{}, table: map[uint32]*entry{}, nextID: 1, maxDay: math.MinInt64}
}

func (h *head) key(e *entry) localmon.SeriesKey {
	return localmon.SeriesKey{Target: h.target, Metric: e.metric, Labels: e.labels}
}

// at returns the group and place of an id, making the group when needed.
func (h *head) at(id uint32) (*liveGroup, uint8) {
	n := int(id / groupSize)
	for len(h.groups) <= n {
		h.groups = append(h.groups, nil)
	}
	if h.groups[n] == nil {
		h.groups[n] = new(liveGroup)
	}
	return h.groups[n], uint8(id % groupSize)
}

// seen is the newest sample of a series; its seq is zero when there is none.
func (h *head) seen(id uint32) lastSeen {
	g, k := h.at(id)
	if c := &g.cells[k]; c.present {
		return lastSeen{h.lastSeq, h.lastAt, c.bits}
	}
	return g.left[k]
}
