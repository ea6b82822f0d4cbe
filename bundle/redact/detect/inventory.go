package detect

import (
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
type Inventory struct {
	items   []Item
	heads   map[string][]int32 // first run of letters and digits, folded -> items, longest first
	bloom   [1 << 12]uint64    // over the first eight bytes of heads
	domains map[string]bool    // domains seen, folded
	addrs   map[string]bool    // IPv4 seen
	parents map[string]pseudonym.Kind
}

// NewInventory indexes items. Items of equal text are taken once, the first.
func NewInventory(items []Item) *Inventory {
	inv := &Inventory{heads: map[string][]int32{}, domains: map[string]bool{}, addrs: map[string]bool{}}
	seen := map[string]bool{}
	for _, it := range items {
		switch it.Kind {
		case pseudonym.Domain:
			inv.domains[it.Text] = true
		case pseudonym.IPv4:
			inv.addrs[it.Text] = true
		}
		if seen[it.Text] {
			continue
		}
		seen[it.Text] = true
		lo, hi := anchor(it.Text)
		if lo < 0 {
			continue
		}
		head := strings.ToLower(it.Text[lo:hi])
		inv.items = append(inv.items, it)
		inv.heads[head] = append(inv.heads[head], int32(len(inv.items)-1))
		w, b := bloomBit([]byte(head))
		inv.bloom[w] |= b
	}
	for _, l := range inv.heads {
		slices.SortFunc(l, func(a, b int32) int { return len(inv.items[b].Text) - len(inv.items[a].Text) })
	}
	return inv
}

// Len is the number of items.
func (inv *Inventory) Len() int { return len(inv.items) }

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
	var folded [64]byte
	if hi-lo > len(folded) {
		return inv.matchLong(buf, from, lo, hi, to)
	}
	for i, c := range buf[lo:hi] {
		folded[i] = lower(c)
	}
	return inv.pick(inv.heads[string(folded[:hi-lo])], buf, from, lo, to)
}

func (inv *Inventory) matchLong(buf []byte, from, lo, hi, to int) (Item, int, int, bool) {
	return inv.pick(inv.heads[strings.ToLower(string(buf[lo:hi]))], buf, from, lo, to)
}

func (inv *Inventory) pick(candidates []int32, buf []byte, from, lo, to int) (Item, int, int, bool) {
	for _, i := range candidates {
		it := &inv.items[i]
		off, _ := anchor(it.Text)
		start := lo - off
		end := start + len(it.Text)
		if start < from || end > to || !same(buf[start:end], it) {
			continue
		}
		if start > 0 && isAlnum(buf[start]) && isAlnum(buf[start-1]) && !escaped(buf, from, start) {
			continue
		}
		if end < len(buf) && isAlnum(buf[end-1]) && isAlnum(buf[end]) {
			continue
		}
		return *it, start, end, true
	}
	return Item{}, 0, 0, false
}

// escaped reports whether the letter before start belongs to an escape such as
// \n, \t or an ANSI sequence, so that what follows still stands alone.
func escaped(buf []byte, from, start int) bool {
	return start-2 >= from && buf[start-2] == '\\' && strings.IndexByte("nrt", buf[start-1]) >= 0
}

func same(text []byte, it *Item) bool {
	if it.Exact {
		return string(text) == it.Text
	}
	for i, c := range text {
		if lower(c) != it.Text[i] {
			return false
		}
	}
	return true
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
