package detect

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// Item is a value of the site that must go wherever it stands alone.
type Item struct {
	Text  string // as looked for; folded unless Exact
	Canon string // the canonical form its stand-in is made from
	Kind  pseudonym.Kind
	Exact bool // case counts (secrets)
	Form  Form
}

// Inventory finds items in text. It is immutable.
//
// An item is met by its head, the first run of letters and digits in it. Heads are
// few and bits are cheap: a run that heads nothing costs one look at a bitmap, mostly
// at a small one that stays in the nearest cache.
type Inventory struct {
	items   []Item
	first   [1 << firstLog / 64]uint64 // a bit for how heads begin and how long they are
	bits    []uint64                   // a bit for each hash of a head
	shift   uint
	heads   numbers // hash of a head -> place in looks
	looks   []head
	texts   numbers           // hash of a folded text -> first of the items that have it
	next    []int32           // item -> the next that has the same hash, or -1
	wide    []int32           // items without an ASCII letter or digit
	domains map[string]bool   // domains seen, folded
	sorted  []string          // the same in order
	addrs   map[string]bool   // IPv4 seen
	series  map[string]series // hosts numbered alike, by what stands before the number
	joined  bool              // the number of some follows letters
	digits  bool              // the head of some item holds no letter
}

// series is a number of hosts that are called alike but for a number at the end.
type series struct{ hosts, least, most int }

// seriesSize is how many hosts make a series, of which a name not met as a host
// is taken for one more.
const seriesSize = 6

// head is what items with one first run look like.
type head struct {
	shapes []shape
	solid  bool     // one of them is the run alone, or too short for its start to be looked at
	starts []uint64 // first eight bytes, folded, of the others
}

// fewShapes are looked at one by one rather than told by how their items begin.
const fewShapes = 4

// byStart reports whether what a head begins with is looked at before its shapes are.
func (h *head) byStart() bool { return !h.solid && len(h.shapes) > fewShapes }

// closeStarts puts the beginnings in order, where they are looked at.
func (h *head) closeStarts() {
	if !h.byStart() {
		h.starts = nil
		return
	}
	slices.Sort(h.starts)
	h.starts = slices.Clone(slices.Compact(h.starts))
}

// shape is a length an item with a certain head can have, and how much of it
// stands before the head. A site names hundreds of things alike, so heads are
// followed by few shapes, and each needs one look into a table.
type shape struct {
	off, size int
	ends      uint64 // a bit for each byte that ends one
}

// endBit is the bit of a byte that ends an item, folded.
func endBit(c byte) uint64 { return 1 << (lower(c) & 63) }

// NewInventory indexes items. Items of equal text are taken once, the first.
// Addrs are IPv4 addresses of the site; they are known by form, and here only
// confirm what could also be something else.
func NewInventory(items []Item, addrs map[string]bool) *Inventory {
	inv := &Inventory{items: make([]Item, 0, len(items)), next: make([]int32, 0, len(items)), heads: newNumbers(0), texts: newNumbers(len(items)), domains: map[string]bool{}, addrs: addrs, series: map[string]series{}}
	log := min(max(12, bits.Len(uint(len(items)))+5), 22)
	inv.bits, inv.shift = make([]uint64, 1<<log/64), uint(64-log)
	for _, it := range items {
		if it.Kind == pseudonym.Domain {
			inv.domains[it.Text] = true
		}
		if !inv.index(it) {
			continue
		}
		if it.Kind == pseudonym.Host {
			inv.number(it.Text)
		}
	}
	inv.sorted = slices.Sorted(maps.Keys(inv.domains))
	inv.closeSeries()
	for i := range inv.looks {
		h := &inv.looks[i]
		slices.SortFunc(h.shapes, func(a, b shape) int { return b.size - a.size })
		h.closeStarts()
	}
	return inv
}

// index enters an item unless there is one of the same text.
func (inv *Inventory) index(it Item) bool {
	text := []byte(it.Text)
	if len(text) == 0 || !inv.enter(hashFolded(text), it) {
		return false
	}
	lo, hi := anchor(text)
	if lo < 0 {
		inv.wide = append(inv.wide, int32(len(inv.items)-1))
		return true
	}
	inv.digits = inv.digits || flagsOf(text[lo:hi])&fLetter == 0
	key := headHash(text, lo, hi)
	at := inv.heads.put(key, int32(len(inv.looks)))
	if int(at) == len(inv.looks) {
		inv.looks = append(inv.looks, head{})
	}
	h := &inv.looks[at]
	h.add(lo, text)
	if hi == len(text) || len(text)-lo < 8 {
		h.solid = true
	} else {
		h.starts = append(h.starts, fold8(binary.LittleEndian.Uint64(text[lo:])))
	}
	bit := key >> inv.shift
	inv.bits[bit/64] |= 1 << (bit % 64)
	bit = firstOf(firstBytes(text, lo), hi-lo)
	inv.first[bit/64] |= 1 << (bit % 64)
	return true
}

// add enters the shape of a text whose head is at lo.
func (h *head) add(lo int, text []byte) {
	end := endBit(text[len(text)-1])
	for i := range h.shapes {
		if sh := &h.shapes[i]; sh.off == lo && sh.size == len(text) {
			sh.ends |= end
			return
		}
	}
	h.shapes = append(h.shapes, shape{lo, len(text), end})
}

// enter puts an item behind those whose text has the same hash, unless one of them has
// the same text.
func (inv *Inventory) enter(t uint64, it Item) bool {
	no := int32(len(inv.items))
	at := inv.texts.put(t, no)
	for at != no {
		if inv.items[at].Text == it.Text {
			return false
		}
		if inv.next[at] < 0 {
			inv.next[at] = no
			break
		}
		at = inv.next[at]
	}
	inv.items, inv.next = append(inv.items, it), append(inv.next, -1)
	return true
}

// number enters a host into the series its name belongs to.
func (inv *Inventory) number(name string) {
	n := len(name)
	for n > 0 && isDigit(name[n-1]) {
		n--
	}
	d := len(name) - n
	if d == 0 || d > maxNumber || n < 2 || !isAlpha(name[0]) || strings.IndexByte(name, '.') >= 0 {
		return
	}
	sr := inv.series[name[:n]]
	if sr.hosts == 0 {
		sr.least = d
	}
	inv.series[name[:n]] = series{sr.hosts + 1, min(sr.least, d), max(sr.most, d)}
}

// maxNumber is the most digits that number a host.
const maxNumber = 5

// closeSeries drops series of few hosts and marks the heads of those whose number
// follows letters. The others are met by a head that items have too.
func (inv *Inventory) closeSeries() {
	for name, sr := range inv.series {
		b := []byte(name)
		switch lo, hi := anchor(b); {
		case sr.hosts < seriesSize:
			delete(inv.series, name)
		case lo == 0 && hi == len(b):
			inv.joined = true
			bit := headHash(b, lo, hi) >> inv.shift
			inv.bits[bit/64] |= 1 << (bit % 64)
		}
	}
}

func isAlpha(c byte) bool { return class[c]&fLetter != 0 }

// sibling reports whether a word is named as the hosts of a series are.
func (inv *Inventory) sibling(w []byte) bool {
	if len(inv.series) == 0 {
		return false
	}
	n := len(w)
	for n > 0 && isDigit(w[n-1]) {
		n--
	}
	var space [32]byte
	if n > len(space) {
		return false
	}
	sr := inv.series[string(foldInto(space[:0], w[:n]))]
	return sr.hosts > 0 && len(w)-n >= sr.least && len(w)-n <= sr.most
}

// numbered reports whether the run buf[lo:hi] may be one of a series: letters that
// head one, then a number.
func (inv *Inventory) numbered(buf []byte, lo, hi int) bool {
	n := hi
	for n > lo && isDigit(buf[n-1]) {
		n--
	}
	if n == lo || n == hi || hi-n > maxNumber {
		return false
	}
	bit := headHash(buf, lo, n) >> inv.shift
	return inv.bits[bit/64]&(1<<(bit%64)) != 0
}

// foldInto appends the folded bytes.
func foldInto(out, b []byte) []byte {
	for _, c := range b {
		out = append(out, lower(c))
	}
	return out
}

// fold8 folds eight letters at a time, and some signs with them.
func fold8(v uint64) uint64 { return v | 0x2020202020202020 }

const mixer = 0x9e3779b97f4a7c15

// headHash hashes the run b[lo:hi] with case folded. Runs longer than eight bytes
// count by their first eight and their length.
func headHash(b []byte, lo, hi int) uint64 { return runHash(firstBytes(b, lo), hi-lo) }

// firstBytes are the eight bytes from a place on; those behind the end are zero.
func firstBytes(b []byte, lo int) uint64 {
	if lo+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[lo:])
	}
	var rest [8]byte
	copy(rest[:], b[lo:])
	return binary.LittleEndian.Uint64(rest[:])
}

// firstLog makes a bitmap of 4 KiB.
const firstLog = 15

// firstOf is the bit of a run by its first two bytes v, folded, and its length.
func firstOf(v uint64, n int) uint64 {
	if n == 1 {
		v &= 0xff
	}
	return (v&0xffff | 0x2020 | uint64(n)<<16) * mixer >> (64 - firstLog)
}

// runHash is headHash of a run whose first eight bytes are v.
func runHash(v uint64, n int) uint64 {
	if n < 8 {
		v &= 1<<(8*uint(n)) - 1
		v |= 0x2020202020202020 & (1<<(8*uint(n)) - 1)
	} else {
		v = fold8(v)
	}
	h := (v ^ uint64(n)<<57) * mixer
	return h ^ h>>32
}

// hashFolded hashes a text with case folded.
func hashFolded(b []byte) uint64 {
	h := uint64(len(b)) * mixer
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ fold8(binary.LittleEndian.Uint64(b))) * mixer
		h ^= h >> 31
	}
	var rest [8]byte
	copy(rest[:], b)
	h = (h ^ fold8(binary.LittleEndian.Uint64(rest[:]))) * mixer
	return h ^ h>>31
}

// anchor is the first run of ASCII letters and digits of a text.
func anchor(b []byte) (lo, hi int) {
	for lo < len(b) && !isRun(b[lo]) {
		lo++
	}
	if lo == len(b) {
		return -1, -1
	}
	return lo, runEnd(b, lo)
}

// begun reports whether some head begins as a run whose first eight bytes are v and is as
// long.
func (inv *Inventory) begun(v uint64, n int) bool {
	bit := firstOf(v, n)
	return inv.first[bit>>6]&(1<<(bit&63)) != 0
}

// heading reports whether a run whose first eight bytes are v may head an item.
func (inv *Inventory) heading(v uint64, n int) bool {
	bit := runHash(v, n) >> inv.shift
	return inv.begun(v, n) && inv.bits[bit>>6]&(1<<(bit&63)) != 0
}

// match finds the longest item whose head is the run buf[lo:hi]. The item must
// stand alone: no letter or digit beside it.
func (inv *Inventory) match(buf []byte, lo, hi int) (it *Item, from, to int) {
	key := headHash(buf, lo, hi)
	if bit := key >> inv.shift; inv.bits[bit/64]&(1<<(bit%64)) == 0 {
		return nil, 0, 0
	}
	i := inv.heads.find(key)
	if i < 0 {
		return nil, 0, 0
	}
	h := &inv.looks[i]
	if h.byStart() {
		if lo+8 > len(buf) {
			return nil, 0, 0
		}
		if _, ok := slices.BinarySearch(h.starts, fold8(binary.LittleEndian.Uint64(buf[lo:]))); !ok {
			return nil, 0, 0
		}
	}
	for _, sh := range h.shapes {
		start := lo - sh.off
		end := start + sh.size
		if start < 0 || end > len(buf) || sh.ends&endBit(buf[end-1]) == 0 || joinedBefore(buf, 0, start) || joinedAfter(buf, end) {
			continue
		}
		text := buf[start:end]
		for i := inv.texts.find(hashFolded(text)); i >= 0; i = inv.next[i] {
			if it := &inv.items[i]; it.Exact && it.Text == string(text) || !it.Exact && foldEqual(text, it.Text) {
				return it, start, end
			}
		}
	}
	return nil, 0, 0
}

// numbers is a table from hashes to numbers. It keeps the upper half of a hash, as two
// that share it are told apart by those who look; the half 0 is taken for 1.
type numbers struct {
	slots []slot
	used  int
}

type slot struct {
	hash uint32
	no   int32
}

// newNumbers makes a table with room for n. Three of four slots are filled at most.
func newNumbers(n int) numbers { return numbers{slots: make([]slot, 1<<bits.Len(uint(n+n/3+8)))} }

// put enters a number under a hash unless there is one, and returns the one there is.
func (t *numbers) put(hash uint64, no int32) int32 {
	if 4*t.used >= 3*len(t.slots) {
		old := t.slots
		t.slots = make([]slot, 2*len(old))
		for _, s := range old {
			if s.hash != 0 {
				*t.at(s.hash) = s
			}
		}
	}
	half := halfOf(hash)
	s := t.at(half)
	if s.hash == 0 {
		*s = slot{half, no}
		t.used++
	}
	return s.no
}

// find returns the number under a hash, or -1.
func (t *numbers) find(hash uint64) int32 {
	s := t.at(halfOf(hash))
	if s.hash == 0 {
		return -1
	}
	return s.no
}

func halfOf(hash uint64) uint32 { return max(uint32(hash>>32), 1) }

// at is the slot of half a hash, or the free one where it would be.
func (t *numbers) at(half uint32) *slot {
	mask := len(t.slots) - 1
	for i := int(uint64(half)*mixer>>32) & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.hash == half || s.hash == 0 {
			return s
		}
	}
}

// inDomain reports whether a folded dotted name lies in a domain seen.
func (inv *Inventory) inDomain(name string) bool {
	for {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return false
		}
		if inv.domains[rest] {
			return true
		}
		name = rest
	}
}

// NameKind tells a domain from a host in one: a name of two labels is a domain unless
// what follows its first dot is one.
func (inv *Inventory) NameKind(name string) pseudonym.Kind {
	if inv.domains[name] || strings.Count(name, ".") == 1 && !inv.inDomain(name) {
		return pseudonym.Domain
	}
	return pseudonym.FQDN
}

// beginsDomain reports whether a text, folded, is the beginning of a domain seen.
func (inv *Inventory) beginsDomain(b []byte) bool {
	var space [64]byte
	t := string(foldInto(space[:0], b))
	i, _ := slices.BinarySearch(inv.sorted, t)
	return i < len(inv.sorted) && strings.HasPrefix(inv.sorted[i], t)
}

// Items returns what the inventory looks for.
func (inv *Inventory) Items() []Item { return inv.items }
