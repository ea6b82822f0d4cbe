package detect

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"darksite/bundle/redact/pseudonym"
)

// Known completes the findings of [Scanner.Scan] on a chunk with what only the
// inventory gives away: items that stand bare, names in its domains, and findings
// that hung on it. It needs no state of the chunk before. The findings given must
// be in order; those returned are, do not overlap, and are valid until the next
// call of Known.
func (s *Scanner) Known(chunk []byte, found []Finding) []Finding {
	keep, open := s.out, s.open
	s.buf, s.lo, s.hi, s.done, s.urlAt, s.prev = chunk, 0, len(chunk), 0, 0, [2]span{}
	s.out, s.open = s.hits[:0], nil
	s.items()
	s.hits, s.out, s.open = s.out, keep, open
	s.merge(found)
	return s.unmasked(resolve(s.both))
}

// merge puts findings and hits into one order and drops what hung on the
// inventory and is not in it.
func (s *Scanner) merge(found []Finding) {
	both, hits := s.both[:0], s.hits
	if !slices.IsSortedFunc(hits, byPlace) {
		slices.SortStableFunc(hits, byPlace)
	}
	for i := range found {
		f := &found[i]
		if f.Rule == StrangerRule || f.Tentative && !s.confirmed(f) {
			continue
		}
		for len(hits) > 0 && byPlace(hits[0], *f) < 0 {
			both = append(both, hits[0])
			hits = hits[1:]
		}
		both = append(both, *f)
	}
	s.both = append(both, hits...)
}

// confirmed settles a finding that hung on the inventory.
func (s *Scanner) confirmed(f *Finding) bool {
	text := s.buf[f.Start:f.End]
	ok := false
	switch {
	case f.Form == Base64:
		if inside, isText := DecodeBase64(text); isText {
			ok = s.knows(inside)
		}
	case f.Form == HexText:
		if inside, isHex := decodeHexText(text); isHex {
			ok = s.knows(inside)
		}
	case f.Kind == pseudonym.IPv4 && f.Value != "":
		ok = s.inv.addrs[f.Value]
	case f.Kind == pseudonym.IPv4:
		ok = s.inv.addrs[string(text)]
	}
	f.Tentative = false
	return ok
}

// knows reports whether anything is found in a decoded text.
func (s *Scanner) knows(text []byte) bool {
	if s.inner == nil {
		s.inner = s.Nested()
	}
	found, _ := s.inner.Scan(text, State{})
	return len(s.inner.Known(text, found)) > 0
}

// items looks for inventory items at every run of letters and digits. It works on
// 64 bytes at a time: a bit for each byte of a run, and of each run that may head an
// item the first bytes are hashed. Bytes above ASCII end a run; whether they are letters
// that go on beside an item is looked at when one is met.
func (s *Scanner) items() {
	inv, b := s.inv, s.buf
	for _, i := range inv.wide {
		s.wideItem(&inv.items[i])
	}
	var carry uint64 // 1 when the byte before the block belongs to a run
	skip, base := 0, 0
	for ; base+72 <= len(b); base += 64 {
		runs, marked := runMasks((*[64]byte)(b[base:]))
		if inv.digits {
			marked = runs
		}
		for ends := runEnds(runs, marked, carry); ends != 0; ends &= ends - 1 {
			end := bits.TrailingZeros64(ends)
			n := bits.LeadingZeros64(^(runs << uint(64-end)))
			lo := base + end - n
			if !inv.begun(binary.LittleEndian.Uint64(b[lo:]), n) && !inv.joined && (lo == 0 || !glues[b[lo-1]]) {
				continue // as most are
			}
			if lo >= skip && s.mayHead(lo, n) {
				skip = s.itemAt(lo, lo+n)
			}
		}
		if carry = runs >> 63; carry == 0 {
			continue
		}
		if lo := base + 64 - bits.LeadingZeros64(^runs); lo >= skip && (lo == 0 || !isRun(b[lo-1])) {
			if n := runEnd(b, base+64) - lo; s.mayHead(lo, n) {
				skip = s.itemAt(lo, lo+n)
			}
		}
	}
	for i := base; i < len(b); {
		if !isRun(b[i]) {
			i++
			continue
		}
		lo := i
		i = runEnd(b, i)
		if lo >= skip && (lo == 0 || lo != base || carry == 0) {
			skip = s.itemAt(lo, i)
		}
	}
}

// runEnds has a bit behind each run that begins and ends within 64 bytes and holds a byte
// that is marked. Adding the marks to the runs carries one over the end of such a run.
// Carry is 1 when the first run began before.
func runEnds(runs, marked, carry uint64) uint64 {
	return (runs + marked) &^ runs &^ (runs + carry)
}

// mayHead reports whether the run of n bytes at lo, which eight bytes follow, may head an
// item, hide one behind an escape, or be one of a series.
func (s *Scanner) mayHead(lo, n int) bool {
	inv, b := s.inv, s.buf
	return inv.heading(binary.LittleEndian.Uint64(b[lo:]), n) || lo > 0 && glues[b[lo-1]] ||
		inv.joined && isDigit(b[lo+n-1]) && inv.numbered(b, lo, lo+n)
}

// glues are the bytes before an escape whose letters run into a word.
var glues = [256]bool{'\\': true, '%': true, '[': true, ';': true, '#': true}

func isRun(c byte) bool { return class[c]&(fDigit|fLetter) != 0 }

func runEnd(b []byte, i int) int {
	for i < len(b) && isRun(b[i]) {
		i++
	}
	return i
}

// runMasks has a bit for each byte that is an ASCII letter or digit, and one for each
// that is a letter.
func runMasks(b *[64]byte) (runs, letters uint64) {
	for i := 0; i < 64; i += 8 {
		x := binary.LittleEndian.Uint64(b[i : i+8])
		low := x &^ highs
		letter := between(low|0x20*ones, 'a', 'z') &^ x
		letters |= gather(letter) << uint(i)
		runs |= gather(letter|between(low, '0', '9')&^x) << uint(i)
	}
	return runs, letters
}

// itemAt emits the item whose head is a run, or what is left of the run behind an
// escape glued to it, and returns where to go on.
func (s *Scanner) itemAt(lo, hi int) int {
	if next := s.item(lo, hi); next > 0 {
		return next
	}
	if len(s.inv.series) > 0 {
		s.sibling(lo, hi)
	}
	if lo > 0 && glues[s.buf[lo-1]] {
		if n := s.glued(lo); n > lo && n < hi {
			next := s.item(n, hi)
			if next == 0 && len(s.inv.series) > 0 {
				s.sibling(n, hi)
			}
			return next
		}
	}
	return 0
}

// sibling emits the word around a run when it is named as the hosts of a series.
func (s *Scanner) sibling(lo, hi int) {
	lo, hi = s.wordAround(lo, hi)
	if w := s.buf[lo:hi]; numberedName(w) && s.inv.sibling(w) && !s.spared(lo, hi) {
		s.hostName(lo-s.lo, hi-s.lo, s.fold(w))
	}
}

// item emits the longest item whose head is the run at [lo, hi), unless it is
// part of a stand-in, and what hangs on it where it is a domain.
func (s *Scanner) item(lo, hi int) int {
	it, from, to := s.inv.match(s.buf, lo, hi)
	if it == nil || s.spared(from, to) {
		return 0
	}
	if it.Kind == pseudonym.Host && to < s.hi && s.buf[to] == '.' {
		to = s.cutDomain(to)
	}
	s.emitForm(from, to, it.Kind, it.Form, it.Canon, knownRules[it.Kind])
	s.beside(it, from, to)
	if from > 2 && s.buf[from-1] == ':' && s.buf[from-2] == ':' && (it.Kind == pseudonym.Volume || it.Kind == pseudonym.FileSystem || it.Kind == pseudonym.Group) {
		s.podBefore(from - 2)
	}
	return to
}

// podBefore emits the pod of pod::volume, however common a word names it; end is
// where the colons are.
func (s *Scanner) podBefore(end int) {
	lo := end
	for lo > 0 && class[s.buf[lo-1]] != 0 {
		lo--
	}
	if name := s.fold(s.buf[lo:end]); end-lo > 1 && !s.staysName(name) && !s.owns(pseudonym.Name, name) {
		s.emitForm(lo, end, pseudonym.Pod, Plain, name, knownRules[pseudonym.Pod])
	}
}

var knownRules = func() (names [256]string) {
	for k := range names {
		names[k] = "known-" + pseudonym.Kind(k).String()
	}
	return names
}()

// word returns the word around a place, without dots and dashes at its ends.
func (s *Scanner) wordAround(from, to int) (lo, hi int) {
	const edge, inside = fDot | fDash | fUnder | fAt, fDigit | fLetter | fDot | fDash | fUnder | fAt
	b := s.buf
	for lo = from; lo > 0 && class[b[lo-1]]&inside != 0; lo-- {
	}
	for hi = to; hi < len(b) && class[b[hi]]&inside != 0; hi++ {
	}
	if lo < from {
		if n := s.glued(lo); n <= from {
			lo = n
		}
	}
	for lo < from && class[b[lo]]&edge != 0 {
		lo++
	}
	for hi > to && class[b[hi-1]]&edge != 0 {
		hi--
	}
	return lo, hi
}

// spared reports whether an item is part of one of the site's stand-ins.
func (s *Scanner) spared(from, to int) bool {
	lo, hi := s.wordAround(from, to)
	w := s.buf[lo:hi]
	return s.ownToken(w, flagsOf(w))
}

// beside looks at what stands beside an item in the same word: a name in a domain
// of the site, an account before or behind its domain.
func (s *Scanner) beside(it *Item, from, to int) {
	b := s.buf
	dotted := from > 0 && b[from-1] == '.' || to < len(b) && b[to] == '.'
	domain := s.inv.domains[it.Text]
	if dotted || domain && from > 0 && b[from-1] == '@' {
		lo, hi := s.wordAround(from, to)
		switch {
		case lo == from && hi == to:
		case bytes.IndexByte(b[lo:hi], '@') > 0:
			s.mail(lo, hi)
		case s.inv.inDomain(s.fold(b[lo:hi])):
			s.dottedName(lo, hi, aWeak)
		}
	}
	if domain && to < len(b) && b[to] == '\\' {
		end := to
		for end < len(b) && b[end] == '\\' {
			end++
		}
		s.logon(to, end)
	}
}

// wideItem emits an item that has no ASCII letter or digit.
func (s *Scanner) wideItem(it *Item) {
	for at := 0; ; {
		i := bytes.Index(s.buf[at:], []byte(it.Text))
		if i < 0 {
			return
		}
		from, to := at+i, at+i+len(it.Text)
		if !joinedBefore(s.buf, 0, from) && !joinedAfter(s.buf, to) {
			s.emitForm(from, to, it.Kind, it.Form, it.Canon, knownRules[it.Kind])
		}
		at = to
	}
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

// colourEnds reports whether what a terminal is told ends at a place, as bytes or spelled
// out: ESC [ 3 1 m, ESC [ 2 J, \u001b[31m, \033[0m, ^[[0m. Of a colour the ESC may be lost.
func colourEnds(buf []byte, from, at int) bool {
	if at-from < 2 || strings.IndexByte("mKJH", buf[at-1]) < 0 {
		return false
	}
	i := at - 2
	for i > from && (isDigit(buf[i]) || buf[i] == ';') {
		i--
	}
	if buf[i] != '[' {
		return false
	}
	if buf[at-1] == 'm' && i < at-2 {
		return true
	}
	if i == from || buf[at-1] > 'A' && buf[at-1] < 'K' && buf[i-1] != 0x1b {
		return false
	}
	escape := buf[max(from, i-4):i]
	if escape[len(escape)-1] == 0x1b {
		return true
	}
	for _, spelled := range []string{"^[", `\e`, "1b", "1B", "033"} {
		if bytes.HasSuffix(escape, []byte(spelled)) {
			return true
		}
	}
	return false
}
