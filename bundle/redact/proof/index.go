package proof

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/bits"
	"slices"
	"strings"
)

// Patterns are met in the text by their last eight bytes, or their last four when
// they have no more: ends differ where beginnings are alike.
const (
	window = 8
	short  = 4
)

// minEncoded is the least length of an original looked for in encoded spellings.
const minEncoded = 6

// minBase64 is the least length of a base64 spelling: shorter ones stand by chance
// in any large key or picture.
const minBase64 = 10

// pattern is one spelling of one original.
type pattern struct {
	text     string
	kind     string
	spelling string
	fold     bool
	edges    bool // counts only where it stands alone
}

// place says which spelling of which original ends in a window. The spelling is
// made again when it is needed: there can be millions.
type place struct{ original, spelling int }

// entry is a place in a table with the upper half of the hash of its window. What is
// only near it is sorted out by comparing, so that eight bytes are enough.
type entry struct{ half, place uint32 }

// spellingBits hold the number of a spelling in an entry; what is left is for the original.
const (
	spellingBits = 5
	_            = uint(1<<spellingBits - spellingsEnd) // there is a number for each
)

// maxOriginals is how many originals an entry can tell apart.
const maxOriginals = 1 << (32 - spellingBits)

func entryOf(hash uint64, at place) entry {
	return entry{uint32(hash >> 32), uint32(at.original<<spellingBits | at.spelling)}
}

func (e entry) at() place {
	return place{int(e.place >> spellingBits), int(e.place & (1<<spellingBits - 1))}
}

// index holds the windows of all patterns.
type index struct {
	originals []Original
	long      table        // of patterns that stand alone
	short     table        // the same, of less than a window
	lasts     [256]bool    // bytes at which those two end
	odd       bool         // there are such that are no letter or digit
	inner     [sorts]table // of patterns that can stand inside others, by sort; all are long
	longest   int
}

// Patterns that can stand inside others are many. Of what sort one is shows in its
// window, so a window of the text is looked for only among those of its own.
const (
	inHex     = iota // of hex digits alone
	inPercent        // with a percent sign
	inCapital        // with a capital that counts
	inOther
	sorts
)

// sortOf tells the sort of a pattern by its window, folded, and whether it holds a
// capital that counts.
func sortOf(folded uint64, capital bool) int {
	switch {
	case (in(folded, '0', '9')|in(folded, 'a', 'f'))&top == top:
		return inHex
	case in(folded, '%', '%')&top != 0:
		return inPercent
	case capital:
		return inCapital
	}
	return inOther
}

// capitals reports whether a window of ASCII holds one.
func capitals(window uint64) bool { return in(window, 'A', 'Z')&top != 0 }

// table finds places by their window: three bits of one word of a filter for each,
// which is small enough to stay near the processor, then a short list.
type table struct {
	n      int     // how many are to come
	places []entry // in lists
	filter []uint64
	shift  uint     // how far a hash is shifted for its word of the filter
	starts []uint32 // of the lists in places, by the first bits of the hash
	list   uint     // how far a hash is shifted for its list
}

func (x *index) empty() bool {
	return !slices.ContainsFunc(x.tables(), func(t *table) bool { return t.n > 0 })
}

// compile spells out the originals, twice: once to count, so that no table is larger than
// what it holds.
func compile(originals []Original) *index {
	x := &index{originals: originals}
	x.spellOut()
	for _, t := range x.tables() {
		t.makeRoom()
	}
	x.spellOut()
	for _, t := range x.tables() {
		t.order()
	}
	return x
}

func (x *index) tables() []*table {
	ts := []*table{&x.long, &x.short}
	for i := range x.inner {
		ts = append(ts, &x.inner[i])
	}
	return ts
}

// spellOut adds all spellings of all originals.
func (x *index) spellOut() {
	var w writer
	for i, o := range x.originals {
		for n := range hexAt {
			p := spelling(o, n)
			x.add([]byte(p.text), p.edges, p.fold, place{i, n})
		}
		w.encodings(o, func(n int, text []byte) {
			x.add(text, false, n < base64At, place{i, n})
		})
	}
}

// add enters a spelling by its end.
func (x *index) add(text []byte, edges, fold bool, at place) {
	n := len(text)
	x.longest = max(x.longest, n)
	switch {
	case !edges && n >= leastEncoded:
		end := load8(text[n-window:])
		x.inner[sortOf(end, !fold && capitals(binary.LittleEndian.Uint64(text[n-window:])))].add(end, at)
		return
	case n >= window:
		x.long.add(load8(text[n-window:]), at)
	case n >= short:
		x.short.add(uint64(load4(text[n-short:])), at)
	default:
		return
	}
	for _, c := range []byte{text[n-1], foldByte(text[n-1]), foldByte(text[n-1]) &^ 0x20} {
		x.lasts[c] = true
	}
	x.odd = x.odd || !wordy(text[n-1])
}

// writer writes the encoded spellings of one original after the other.
type writer struct{ shifted, text, other []byte }

// encodings calls f with each encoded spelling and its number, as spelling makes
// them; the text is valid until f returns.
func (w *writer) encodings(o Original, f func(n int, text []byte)) {
	v := o.Value
	if len(v) < minEncoded {
		return
	}
	w.text = hex.AppendEncode(w.text[:0], []byte(v))
	f(hexAt, w.text)
	w.text = w.text[:0]
	for i := len(v) - 1; i >= 0; i-- {
		w.text = hex.AppendEncode(w.text, []byte{v[i]})
	}
	f(backAt, w.text)
	w.text = w.text[:0]
	for i := range len(v) {
		w.text = appendEscape(w.text, v[i])
	}
	f(allPercentAt, w.text)
	for c, text := range cases(o) {
		for shift := range 3 {
			w.shifted = append(append(w.shifted[:0], "\x00\x00"[:shift]...), text...)
			w.text = base64.RawStdEncoding.AppendEncode(w.text[:0], w.shifted)
			from, to := inside(shift, len(text))
			if to-from < minBase64 {
				continue
			}
			std := w.text[from:to]
			n := base64At + 6*c + 2*shift
			f(n, std)
			if w.other = other(w.other[:0], std); len(w.other) > 0 {
				f(n+1, w.other)
			}
		}
	}
}

// other writes base64 in the alphabet of URLs; it is empty where that is no other.
func other(out, std []byte) []byte {
	same := true
	for _, c := range std {
		switch c {
		case '+':
			c, same = '-', false
		case '/':
			c, same = '_', false
		}
		out = append(out, c)
	}
	if same {
		return out[:0]
	}
	return out
}

// makeRoom makes a table that has counted what is to come ready to take it.
func (t *table) makeRoom() {
	t.places = make([]entry, 0, t.n)
	log := bits.Len(uint(t.n / perWord))
	t.shift = uint(64 - log)
	t.filter = make([]uint64, 1<<log)
	lists := bits.Len(uint(t.n)|1) - 1
	t.list = uint(32 - lists)
	t.starts = make([]uint32, 1<<lists+1)
}

// add takes a place in, or counts it where there is no room yet.
func (t *table) add(window uint64, at place) {
	if t.filter == nil {
		t.n++
		return
	}
	h := window * mixer
	t.filter[h>>t.shift] |= threeBits(h)
	e := entryOf(h, at)
	t.starts[e.half>>t.list+1]++
	t.places = append(t.places, e)
}

// order puts the places of one list together.
func (t *table) order() {
	lists := len(t.starts) - 1
	for i := range lists {
		t.starts[i+1] += t.starts[i]
	}
	slices.SortFunc(t.places, func(a, b entry) int { return cmp.Compare(a.half, b.half) })
}

const mixer = 0x9e3779b97f4a7c15

// perWord is how many places may share a word of the filter, on average between half
// of it and all: of windows that end no pattern, it lets one in a hundred through.
const perWord = 6

// threeBits are the bits of a hash in its word of the filter. They are taken from below
// those that choose the word, and not from the lowest, which say little.
func threeBits(h uint64) uint64 {
	return 1<<(h>>18&63) | 1<<(h>>24&63) | 1<<(h>>30&63)
}

// may says quickly whether a window ends a pattern.
func (t *table) may(end uint64) bool {
	h := end * mixer
	bits := threeBits(h)
	return t.filter[h>>t.shift]&bits == bits
}

// at returns the list in which the places of a window are, with others, and the half of
// its hash.
func (t *table) at(end uint64) ([]entry, uint32) {
	half := uint32(end * mixer >> 32)
	h := half >> t.list
	return t.places[t.starts[h]:t.starts[h+1]], half
}

// load8 packs eight bytes, letters folded (and some signs with them, which the
// comparison sorts out).
func load8(b []byte) uint64 { return binary.LittleEndian.Uint64(b) | 0x2020202020202020 }

func load4(b []byte) uint32 { return binary.LittleEndian.Uint32(b) | 0x20202020 }

// The spellings of an original by number; from base64At on, two for each shift
// and case.
const (
	plainAt = iota
	escapedAt
	percentAt
	hexAt
	backAt
	allPercentAt
	base64At
	spellingsEnd = base64At + 12
)

// spelling writes an original in one of the ways it is looked for; it is empty
// where the way adds nothing.
func spelling(o Original, n int) pattern {
	v := o.Value
	if n > percentAt && len(v) < minEncoded {
		return pattern{}
	}
	switch n {
	case plainAt:
		return pattern{v, o.Kind, "plain", o.Fold, true}
	case escapedAt:
		if j := jsonEscaped(v); j != v {
			return pattern{j, o.Kind, "escaped", o.Fold, true}
		}
		return pattern{}
	case percentAt:
		if p := percent(v); p != v {
			return pattern{p, o.Kind, "percent", true, true}
		}
		return pattern{}
	case hexAt:
		return pattern{hex.EncodeToString([]byte(v)), o.Kind, "hex", true, false}
	case backAt:
		back := []byte(v)
		slices.Reverse(back)
		return pattern{hex.EncodeToString(back), o.Kind, "reversed hex", true, false}
	case allPercentAt:
		return pattern{allPercent(v), o.Kind, "percent", true, false}
	}
	n -= base64At
	cs := cases(o)
	if n/6 >= len(cs) {
		return pattern{}
	}
	enc := base64.RawStdEncoding
	if n%2 == 1 {
		enc = base64.RawURLEncoding
	}
	text := base64Inside(enc, cs[n/6], n/2%3)
	if len(text) < minBase64 {
		return pattern{}
	}
	if n%2 == 1 && text == base64Inside(base64.RawStdEncoding, cs[n/6], n/2%3) {
		return pattern{}
	}
	return pattern{text, o.Kind, "base64", false, false}
}

// cases are the spellings of case an encoded form is looked for in.
func cases(o Original) []string {
	if !o.Fold {
		return []string{o.Value}
	}
	return slices.Compact([]string{strings.ToLower(o.Value), strings.ToUpper(o.Value)})
}

// base64Inside is the part of the encoding that does not depend on what stands
// around the text, when it begins at a shift from a group's beginning.
func base64Inside(enc *base64.Encoding, s string, shift int) string {
	full := enc.EncodeToString([]byte(strings.Repeat("\x00", shift) + s))
	from, to := inside(shift, len(s))
	if to <= from {
		return "" // too short to say anything
	}
	return full[from:to]
}

// inside bounds what an encoding says of n bytes that begin at a shift.
func inside(shift, n int) (from, to int) {
	n += shift
	to = n / 3 * 4
	switch n % 3 {
	case 1:
		to++
	case 2:
		to += 2
	}
	return []int{0, 2, 3}[shift], to
}

func jsonEscaped(v string) string {
	if !strings.ContainsAny(v, "\"\\<>&\t\n") && isASCII(v) {
		return v
	}
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	return string(b[1 : len(b)-1])
}

func isASCII(v string) bool {
	for i := range len(v) {
		if v[i] < 0x20 || v[i] >= 0x7f {
			return false
		}
	}
	return true
}

// percent encodes what a URL would.
func percent(v string) string {
	out := make([]byte, 0, 3*len(v))
	for i := range len(v) {
		c := v[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			out = append(out, c)
			continue
		}
		out = appendEscape(out, c)
	}
	return string(out)
}

func allPercent(v string) string {
	out := make([]byte, 0, 3*len(v))
	for i := range len(v) {
		out = appendEscape(out, v[i])
	}
	return string(out)
}

func appendEscape(out []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(out, '%', digits[c>>4], digits[c&15])
}
