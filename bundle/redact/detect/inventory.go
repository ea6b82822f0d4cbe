package detect

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
type Inventory struct {
	items   []Item
	heads   map[string][]shape // first run of letters and digits, folded
	texts   map[string][]int32 // folded text -> items
	bloom   [1 << 12]uint64    // over the first eight bytes of heads
	domains map[string]bool    // domains seen, folded
	addrs   map[string]bool    // IPv4 seen
	series  map[string]series  // hosts numbered alike, by what stands before the number
}

// series is a number of hosts that are called alike but for a number at the end.
type series struct{ hosts, least, most int }

// seriesSize is how many hosts make a series, of which a name not met as a host
// is taken for one more.
const seriesSize = 6

// shape is a length an item with a certain head can have, and how much of it
// stands before the head. A site names hundreds of things alike, so heads are
// followed by few shapes, and each needs one look into a table.
type shape struct{ off, size int }

// NewInventory indexes items. Items of equal text are taken once, the first.
// Addrs are IPv4 addresses of the site; they are known by form, and here only
// confirm what could also be something else.
func NewInventory(items []Item, addrs map[string]bool) *Inventory {
	inv := &Inventory{heads: map[string][]shape{}, texts: map[string][]int32{}, domains: map[string]bool{}, addrs: addrs, series: map[string]series{}}
	seen := map[string]bool{}
	for _, it := range items {
		if it.Kind == pseudonym.Domain {
			inv.domains[it.Text] = true
		}
		if seen[it.Text] {
			continue
		}
		seen[it.Text] = true
		inv.index(it)
		if it.Kind == pseudonym.Host {
			inv.number(it.Text)
		}
	}
	for head, sr := range inv.series {
		if sr.hosts < seriesSize {
			delete(inv.series, head)
		}
	}
	for _, l := range inv.heads {
		slices.SortFunc(l, func(a, b shape) int { return b.size - a.size })
	}
	return inv
}

func (inv *Inventory) index(it Item) {
	lo, hi := anchor(it.Text)
	if lo < 0 {
		return
	}
	head := strings.ToLower(it.Text[lo:hi])
	inv.items = append(inv.items, it)
	folded := strings.ToLower(it.Text)
	inv.texts[folded] = append(inv.texts[folded], int32(len(inv.items)-1))
	if sh := (shape{lo, len(it.Text)}); !slices.Contains(inv.heads[head], sh) {
		inv.heads[head] = append(inv.heads[head], sh)
	}
	w, b := bloomBit([]byte(head))
	inv.bloom[w] |= b
}

// Len is the number of items.
func (inv *Inventory) Len() int { return len(inv.items) }

// number enters a host into the series its name belongs to.
func (inv *Inventory) number(name string) {
	n := len(name)
	for n > 0 && isDigit(name[n-1]) {
		n--
	}
	d := len(name) - n
	if d == 0 || d > 5 || n < 2 || !isAlpha(name[0]) || strings.IndexByte(name, '.') >= 0 {
		return
	}
	sr := inv.series[name[:n]]
	if sr.hosts == 0 {
		sr.least = d
	}
	inv.series[name[:n]] = series{sr.hosts + 1, min(sr.least, d), max(sr.most, d)}
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
	sr := inv.series[string(foldInto(space[:0], w[:n]))]
	return sr.hosts > 0 && len(w)-n >= sr.least && len(w)-n <= sr.most
}

// anchor is the first run of letters and digits of a text.
func anchor(s string) (lo, hi int) {
	for lo < len(s) && !isAlnum(s[lo]) {
		lo++
	}
	if lo == len(s) {
		return -1, -1
	}
	hi = lo
	for hi < len(s) && isAlnum(s[hi]) {
		hi++
	}
	return lo, hi
}

// bloomBit is the place of a run's first eight bytes, folded.
func bloomBit(run []byte) (word int, bit uint64) {
	var v uint64
	for i, c := range run[:min(len(run), 8)] {
		v |= uint64(lower(c)) << (8 * i)
	}
	v = (v ^ uint64(len(run))) * 0x9e3779b97f4a7c15
	return int(v >> 52), 1 << (v >> 46 & 63)
}

// may reports quickly whether a run of letters and digits can begin an item.
func (inv *Inventory) may(run []byte) bool {
	w, b := bloomBit(run)
	return inv.bloom[w]&b != 0
}

// match finds the longest item whose anchor is the run buf[lo:hi], within
// [from, to). The item must stand alone: no letter or digit beside it.
func (inv *Inventory) match(buf []byte, from, lo, hi, to int) (Item, int, int, bool) {
	if !inv.may(buf[lo:hi]) {
		return Item{}, 0, 0, false
	}
	var space [64]byte
	shapes := inv.heads[string(foldInto(space[:0], buf[lo:hi]))]
	for _, sh := range shapes {
		start := lo - sh.off
		end := start + sh.size
		if start < from || end > to || joinedBefore(buf, from, start) || joinedAfter(buf, end) {
			continue
		}
		for _, i := range inv.texts[string(foldInto(space[:0], buf[start:end]))] {
			if it := &inv.items[i]; !it.Exact || it.Text == string(buf[start:end]) {
				return *it, start, end, true
			}
		}
	}
	return Item{}, 0, 0, false
}

// foldInto appends the folded bytes.
func foldInto(out, b []byte) []byte {
	for _, c := range b {
		out = append(out, lower(c))
	}
	return out
}

// joinedBefore reports whether a letter or digit continues the text at start to
// the left. The letter of an escape, the digits of a percent escape and the end
// of a terminal colour do not.
func joinedBefore(buf []byte, from, start int) bool {
	if start == from || !isAlnum(buf[start]) || !isAlnum(buf[start-1]) {
		return false
	}
	if buf[start-1] >= 0x80 {
		r, _ := utf8.DecodeLastRune(buf[from:start])
		return r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if start-from >= 2 && buf[start-2] == '\\' && strings.IndexByte("nrt", buf[start-1]) >= 0 {
		return false
	}
	if start-from >= 3 && buf[start-3] == '%' && isHexByte(buf[start-2]) && isHexByte(buf[start-1]) {
		return false
	}
	return !colourEnds(buf, from, start)
}

// joinedAfter is the same to the right.
func joinedAfter(buf []byte, end int) bool {
	if end >= len(buf) || !isAlnum(buf[end-1]) || !isAlnum(buf[end]) {
		return false
	}
	if buf[end] >= 0x80 {
		r, _ := utf8.DecodeRune(buf[end:])
		return r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	return true
}

// colourEnds reports whether a terminal colour ends at a place, as bytes or
// spelled out: ESC [ 3 1 m, \u001b[31m, \033[0m, ^[[0m.
func colourEnds(buf []byte, from, at int) bool {
	if at-from < 3 || buf[at-1] != 'm' && buf[at-1] != 'K' {
		return false
	}
	i := at - 2
	for i > from && (isDigit(buf[i]) || buf[i] == ';') {
		i--
	}
	if buf[i] != '[' || i == from {
		return false
	}
	switch buf[i-1] {
	case 0x1b, '[', 'b', 'B', 'e', '3':
		return true
	}
	return false
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

// Items returns what the inventory looks for.
func (inv *Inventory) Items() []Item { return inv.items }
