package proof

import (
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
type place struct {
	end      uint64
	original uint32
	spelling uint16
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
	places []place
	filter []uint64
	shift  uint     // how far a hash is shifted for its word of the filter
	starts []uint32 // of the lists in places, by the first bits of the hash
	list   uint     // how far a hash is shifted for its list
}

func (x *index) empty() bool {
	n := len(x.long.places) + len(x.short.places)
	for i := range x.inner {
		n += len(x.inner[i].places)
	}
	return n == 0
}

// compile spells out the originals.
func compile(originals []Original) *index {
	x := &index{originals: originals}
	x.inner[inHex].places = make([]place, 0, 2*len(originals))
	x.inner[inPercent].places = make([]place, 0, len(originals))
	x.inner[inCapital].places = make([]place, 0, 3*len(originals)+len(originals)/4)
	x.long.places = make([]place, 0, len(originals))
	var w writer
	for i, o := range originals {
		for n := range hexAt {
			p := spelling(o, n)
			x.add([]byte(p.text), p.edges, p.fold, place{original: uint32(i), spelling: uint16(n)})
		}
		w.encodings(o, func(n int, text []byte) {
			x.add(text, false, n < base64At, place{original: uint32(i), spelling: uint16(n)})
		})
	}
	for i := range x.inner {
		x.inner[i].build()
	}
	x.long.build()
	x.short.build()
	return x
}

// add enters a spelling by its end.
func (x *index) add(text []byte, edges, fold bool, at place) {
	n := len(text)
	x.longest = max(x.longest, n)
	switch {
	case !edges && n >= leastEncoded:
		at.end = load8(text[n-window:])
		t := &x.inner[sortOf(at.end, !fold && capitals(binary.LittleEndian.Uint64(text[n-window:])))]
		t.places = append(t.places, at)
		return
	case n >= window:
		at.end = load8(text[n-window:])
		x.long.places = append(x.long.places, at)
	case n >= short:
		at.end = uint64(load4(text[n-short:]))
		x.short.places = append(x.short.places, at)
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

// build puts the places of one list together and sets the bits.
func (t *table) build() {
	n := len(t.places)
	log := bits.Len(uint(n / perWord))
	t.shift = uint(64 - log)
	t.filter = make([]uint64, 1<<log)
	lists := bits.Len(uint(n) | 1)
	t.list = uint(64 - lists)
	t.starts = make([]uint32, 1<<lists+1)
	for _, p := range t.places {
		h := p.end * mixer
		t.filter[h>>t.shift] |= threeBits(h)
		t.starts[h>>t.list+1]++
	}
	for i := range 1 << lists {
		t.starts[i+1] += t.starts[i]
	}
	fill := slices.Clone(t.starts[:1<<lists])
	for h := range 1 << lists { // each place is put into its list by changing with what stands there
		for fill[h] < t.starts[h+1] {
			to := t.places[fill[h]].end * mixer >> t.list
			if int(to) != h {
				t.places[fill[h]], t.places[fill[to]] = t.places[fill[to]], t.places[fill[h]]
			}
			fill[to]++
		}
	}
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

// at returns the list in which the places of a window are, with others.
func (t *table) at(end uint64) []place {
	h := end * mixer >> t.list
	return t.places[t.starts[h]:t.starts[h+1]]
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
