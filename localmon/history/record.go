package history

import (
	"encoding/binary"
	"fmt"
	"math"

	"darksite/localmon/chunk"
)

// groupSize is how many consecutive series ids share a section of a scrape and
// a block of a day.
const groupSize = 256

// cell is what is known of one series after a scrape.
type cell struct {
	bits     uint64 // the value, as float64 bits; of the last presence
	mantissa int64
	exponent uint8 // notDecimal when the value has no mantissa
	present  bool
}

const notDecimal = 0xff

// group holds the cells of groupSize consecutive ids.
type group [groupSize]cell

// scrapeHead is the part of a scrape record that is read without its values.
type scrapeHead struct {
	at       int64 // wall time of the kit, Unix nanoseconds
	targetAt int64 // the target's own clock; noClock when it told none
	key      bool  // stands alone: the cells before it do not matter
	sections []byte
}

const noClock = math.MinInt64

// Ops of a section. A section is a sequence of (skip, take, take ops) over the
// ids of a group; what comes after the last op is unchanged. An op is a
// uvarint: even = zigzag delta of the mantissa, odd = one of these, doubled.
const (
	opAbsent = iota
	opRaw    // 8 bytes of float64 bits follow
	opBack   // present again with the value it had
	opExp    // opExp+e: exponent e and the zigzag mantissa follows
)

// appendScrapeHead begins a record. Sections follow by appendSection.
func appendScrapeHead(b []byte, h scrapeHead) []byte {
	flags := byte(0)
	if h.key {
		flags |= 1
	}
	if h.targetAt != noClock {
		flags |= 2
	}
	b = append(b, flags)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.at))
	if h.targetAt != noClock {
		b = binary.AppendVarint(b, h.targetAt-h.at)
	}
	return b
}

// parseScrape reads the head of a record's payload.
func parseScrape(payload []byte) (scrapeHead, error) {
	in := input{b: payload}
	h := scrapeHead{targetAt: noClock}
	flags := byte(0xff)
	if b := in.bytes(1); b != nil {
		flags = b[0]
	}
	h.key = flags&1 != 0
	h.at = int64(in.uint64())
	if flags&2 != 0 {
		h.targetAt = h.at + in.varint()
	}
	if in.bad || flags > 3 {
		return h, fmt.Errorf("%w: head of a scrape", errBadValue)
	}
	h.sections = in.b
	return h, nil
}

// section is the part of a scrape that belongs to one group.
type section struct {
	group uint32
	ops   []byte
}

// next takes the first section off s.
func (s *section) next(rest []byte) ([]byte, error) {
	in := input{b: rest}
	step := in.uvarint()
	s.ops = in.bytes(in.uvarint())
	if in.bad || step > math.MaxUint32>>8 {
		return nil, fmt.Errorf("%w: section after group %d", errBadValue, s.group)
	}
	s.group += uint32(step)
	return in.b, nil
}

// change is one cell that a scrape alters; it is applied after the commit.
type change struct {
	group uint32
	index uint8
	cell  cell
}

// sectionWriter builds the ops of one group.
type sectionWriter struct {
	ops     []byte
	run     []byte // ops of the open run
	taken   uint64 // ops in the open run
	skipped uint64 // unchanged cells before the open run
	idle    uint64 // unchanged cells after the open run
}

func (w *sectionWriter) reset() { *w = sectionWriter{ops: w.ops[:0], run: w.run[:0]} }

// skip passes n unchanged cells.
func (w *sectionWriter) skip(n uint64) { w.idle += n }

// put adds the op that turns old into the value, or into absence.
func (w *sectionWriter) put(old cell, bits uint64, present bool) cell {
	if w.idle > 0 || w.taken == 0 {
		w.flush()
		w.skipped, w.idle = w.idle, 0
	}
	w.taken++
	if !present {
		w.run = binary.AppendUvarint(w.run, opAbsent<<1|1)
		old.present = false
		return old
	}
	if !old.present && bits == old.bits {
		w.run = binary.AppendUvarint(w.run, opBack<<1|1)
		old.present = true
		return old
	}
	now := cell{bits: bits, present: true, exponent: notDecimal}
	// A series that once needed the raw form keeps it until the next record
	// that stands alone: trying every exponent at each scrape costs too much.
	if old.exponent != notDecimal {
		if m, e, ok := chunk.Decimal(math.Float64frombits(bits), old.exponent); ok {
			now.mantissa, now.exponent = m, e
		}
	}
	switch {
	case now.exponent == notDecimal:
		w.run = binary.AppendUvarint(w.run, opRaw<<1|1)
		w.run = binary.LittleEndian.AppendUint64(w.run, bits)
	case now.exponent == old.exponent && old.present:
		w.run = binary.AppendUvarint(w.run, zigzag(now.mantissa-old.mantissa)<<1)
	default:
		w.run = binary.AppendUvarint(w.run, uint64(opExp+now.exponent)<<1|1)
		w.run = binary.AppendUvarint(w.run, zigzag(now.mantissa))
	}
	return now
}

func (w *sectionWriter) flush() {
	if w.taken > 0 {
		w.ops = binary.AppendUvarint(w.ops, w.skipped)
		w.ops = binary.AppendUvarint(w.ops, w.taken)
		w.ops = append(w.ops, w.run...)
	}
	w.taken, w.skipped, w.run = 0, 0, w.run[:0]
}

// appendSection ends the group and adds its section to a record.
func (w *sectionWriter) appendSection(b []byte, step uint32) []byte {
	w.flush()
	b = binary.AppendUvarint(b, uint64(step))
	b = binary.AppendUvarint(b, uint64(len(w.ops)))
	return append(b, w.ops...)
}

// apply plays the ops of a section on the cells of its group. Touch, when there
// is one, is called before a cell changes.
func (g *group) apply(ops []byte, touch func(i int)) error {
	in := input{b: ops}
	at := uint64(0)
	for len(in.b) > 0 {
		at += in.uvarint()
		n := in.uvarint()
		if in.bad || at > groupSize || n > groupSize-at {
			return fmt.Errorf("%w: run past the end of a group", errBadValue)
		}
		for range n {
			c := &g[at]
			if touch != nil {
				touch(int(at))
			}
			at++
			op := in.uvarint()
			if op&1 == 0 {
				if c.exponent > chunk.MaxExponent {
					return fmt.Errorf("%w: a step from a value without mantissa", errBadValue)
				}
				c.mantissa += unzigzag(op >> 1)
				c.bits = math.Float64bits(chunk.Float(c.mantissa, c.exponent))
				continue
			}
			switch op >>= 1; {
			case op == opAbsent:
				c.present = false
			case op == opBack:
				c.present = true
			case op == opRaw:
				*c = cell{bits: in.uint64(), exponent: notDecimal, present: true}
			case op-opExp <= chunk.MaxExponent:
				*c = cell{mantissa: in.varint(), exponent: uint8(op - opExp), present: true}
				c.bits = math.Float64bits(chunk.Float(c.mantissa, c.exponent))
			default:
				return fmt.Errorf("%w: unknown op %d", errBadValue, op)
			}
		}
		if in.bad {
			return fmt.Errorf("%w: a section ends too early", errBadValue)
		}
	}
	if in.bad {
		return fmt.Errorf("%w: a section ends too early", errBadValue)
	}
	return nil
}

// play applies the sections of a scrape to the groups that find returns; it
// passes over those for which find returns nil.
func (sh *scrapeHead) play(find func(n uint32) *group) error {
	var s section
	for rest := sh.sections; len(rest) > 0; {
		var err error
		if rest, err = s.next(rest); err != nil {
			return err
		}
		if g := find(s.group); g != nil {
			if err := g.apply(s.ops, nil); err != nil {
				return fmt.Errorf("group %d: %w", s.group, err)
			}
		}
	}
	return nil
}

// playOne applies the section of one group, if the scrape has it.
func (sh *scrapeHead) playOne(n uint32, g *group, touch func(i int)) error {
	var s section
	for rest := sh.sections; len(rest) > 0; {
		var err error
		if rest, err = s.next(rest); err != nil {
			return err
		}
		if s.group >= n {
			if s.group == n {
				return g.apply(s.ops, touch)
			}
			return nil // sections stand in order of their groups
		}
	}
	return nil
}
