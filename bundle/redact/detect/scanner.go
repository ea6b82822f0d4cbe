package detect

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/stranger"
)

// Scanner finds what must go in chunks of text. It keeps a memory of words and
// buffers between calls, so each goroutine has its own.
type Scanner struct {
	k    *Knowledge
	inv  *Inventory
	owns func(kind pseudonym.Kind, canonical string) bool
	memo *[memoSize]memory
	long []longMemory
	cut  cutter
	out  []Finding
	open []Finding // tentative
	hits []Finding // of the inventory
	both []Finding // findings and hits in one order

	buf       []byte
	lo, hi    int // the line at hand, without its end
	done      int // words before this place are dealt with
	body      int // where the words of the line begin, behind its time stamp
	urlAt     int // where the host of a URL with a password begins
	prev      [2]span
	st        State
	near      pairing
	within    nesting
	looked    int // bytes looked at for the company of names
	depth     int // of decoding
	folds     []foldMemory
	folded    []longFold
	stays     []nameMemory
	staysLong []longName
	low       []byte // for text in lower case
	keys      []keyMemory
	inner     *Scanner // for text in text, made when first needed
	begins    bool     // the chunk holds a mark that begins a PEM block
	cr        bool     // the chunk holds carriage returns
	hint      pseudonym.Kind

	spelled  *[1 << spelledLog]spelled
	suspects []suspect // words of the chunk that may be names
	places   map[uint64]*turns
	named    []Finding // of the suspects
	weigh    func(lo, hi int) stranger.See
	besides  stranger.Line // of the line looked at last
	besideOf span

	summary []string // of the certificate at hand, a line for each of its body
}

// span is a stretch of the buffer.
type span struct{ lo, hi int }

// NewScanner makes a scanner. Owns tells the site's own stand-ins, which are
// left as they are.
func NewScanner(k *Knowledge, inv *Inventory, owns func(pseudonym.Kind, string) bool) *Scanner {
	return &Scanner{k: k, inv: inv, owns: remembered(owns), memo: new([memoSize]memory), spelled: new([1 << spelledLog]spelled), long: make([]longMemory, 1<<longLog), folds: make([]foldMemory, 1<<foldLog), stays: make([]nameMemory, 1<<foldLog), staysLong: make([]longName, 1<<foldLog), folded: make([]longFold, 1<<foldLog), keys: newKeys()}
}

// ownLog is how many answers about stand-ins are remembered.
const ownLog = 11

// Hint says what the bare names of a file are, when its own name told; see
// [KindOfFile].
func (s *Scanner) Hint(k pseudonym.Kind) { s.hint = k }

// Scan finds what must go in a chunk that begins at the start of a line, in the
// state in which the chunk before ended, and returns the state in which this one
// ends. Findings are in order and valid until the next call. They do not overlap,
// but for tentative ones; what only the inventory tells is completed by Known.
func (s *Scanner) Scan(chunk []byte, st State) ([]Finding, State) {
	s.buf, s.out, s.open, s.st, s.near = chunk, s.out[:0], s.open[:0], st, pairing{}
	s.within, s.looked = nesting{line: -1}, 0
	s.suspects, s.besideOf = s.suspects[:0], span{}
	s.summary = nil // a certificate is summed up when all of it is in the chunk
	s.begins = bytes.Contains(chunk, []byte("BEGIN "))
	s.cr = bytes.IndexByte(chunk, '\r') >= 0
	s.cut.read(chunk)
	for lo := 0; lo < len(chunk); {
		hi := lo + s.lineLen(chunk[lo:])
		next := min(hi+1, len(chunk))
		end := hi
		if end > lo && chunk[end-1] == '\r' {
			end--
		}
		s.longLine(lo, end)
		lo = next
	}
	s.out = resolve(s.out)
	s.settleSuspects()
	s.out = s.foreign(s.unmasked(resolve(s.out)))
	if len(s.open) > 0 {
		s.out = append(s.out, s.open...)
		slices.SortStableFunc(s.out, byPlace)
	}
	return s.out, s.st
}

// segment is how much of a line is looked at in one go. Surroundings that decide
// on a value lie within it.
const segment = 8 << 10

// longLine scans a line, a long one in segments that end where a value ends.
func (s *Scanner) longLine(lo, hi int) {
	for first := true; ; first = false {
		end := hi
		if hi-lo > 2*segment {
			end = lo + segmentEnd(s.buf[lo:lo+2*segment])
		}
		s.line(lo, end, first)
		if end == hi {
			return
		}
		lo = end
	}
}

// segmentEnd finds where a piece of a long line can end without cutting a value:
// behind a closing quote or bracket with a comma, behind an escaped line end,
// else behind a space or comma.
func segmentEnd(b []byte) int {
	tail := b[len(b)/2:]
	best := -1
	for _, mark := range []string{"\",", "},", "],", "\\n", ";"} {
		for at := len(tail); at > 0; {
			i := bytes.LastIndex(tail[:at], []byte(mark))
			if i < 0 || i <= best {
				break
			}
			if mark != "\"," || i == 0 || tail[i-1] != '\\' {
				best = i + len(mark) - 1
				break
			}
			at = i
		}
	}
	for _, c := range []byte{' ', ','} {
		if best < 0 {
			best = bytes.LastIndexByte(tail, c)
		}
	}
	if best < 0 {
		return len(b)
	}
	return len(b)/2 + best + 1
}

// unmasked drops findings that are masks already.
func (s *Scanner) unmasked(fs []Finding) []Finding {
	out := fs[:0]
	for _, f := range fs {
		if f.Kind != pseudonym.Secret || string(s.buf[f.Start:f.End]) != Mask {
			out = append(out, f)
		}
	}
	return out
}

// lineLen is the length of the first line. A carriage return that no line feed
// follows ends a line too (old Mac texts, progress bars).
func (s *Scanner) lineLen(b []byte) int {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		n = len(b)
	}
	if !s.cr {
		return n
	}
	if cr := bytes.IndexByte(b[:n], '\r'); cr >= 0 && cr < n-1 {
		return cr
	}
	return n
}

func (s *Scanner) emit(lo, hi int, kind pseudonym.Kind, rule string) {
	if lo < hi {
		s.out = append(s.out, Finding{Start: lo, End: hi, Kind: kind, Rule: rule})
	}
}

// learn emits a finding whose value is worth looking for elsewhere.
func (s *Scanner) learn(lo, hi int, kind pseudonym.Kind, rule string) {
	if lo < hi {
		s.out = append(s.out, Finding{Start: lo, End: hi, Kind: kind, Rule: rule, Learn: true})
	}
}

func (s *Scanner) emitForm(lo, hi int, kind pseudonym.Kind, form Form, value, rule string) {
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: kind, Form: form, Value: value, Rule: rule})
}

// maybe emits a finding that counts only when the inventory has it.
func (s *Scanner) maybe(f Finding) {
	f.Tentative = true
	s.open = append(s.open, f)
}

// line scans one line, or a further segment of a long one.
func (s *Scanner) line(lo, hi int, first bool) {
	s.lo, s.hi, s.done, s.urlAt = lo, hi, lo, lo
	s.prev = [2]span{}
	if s.multiline() {
		return
	}
	s.body = lo
	if first {
		if s.st.frames.n > 0 {
			s.beginsFrame()
		}
		s.metric()
		s.header()
		if s.st.table.n > 0 && s.st.table.delim == 0 && len(s.out) > 0 && s.out[len(s.out)-1].Rule == "syslog-host" && s.out[len(s.out)-1].Start >= lo {
			s.st.table = table{} // a log goes on below what a command wrote
		}
		s.tables()
	}
	s.words(s.body)
	for _, p := range s.k.patterns {
		for _, m := range p.re.FindAllIndex(s.buf[lo:hi], -1) {
			s.learn(lo+m[0], lo+m[1], s.k.kind(p.rule), s.k.rules[p.rule].ID)
		}
	}
	s.closeLine()
	s.mayGoOn()
}

// words cuts the line into words and deals with each.
func (s *Scanner) words(i int) {
	b, hi := s.buf, s.hi
next:
	for {
		m := s.quiet(i)
		if i = m.at; i >= hi {
			return
		}
		if m.v.acts != 0 {
			i = max(m.end, s.act(i, i, m.hi, m.end, m.v))
			s.push(m.at, m.hi)
			continue
		}
		start := min(s.cut.next(i), hi)
		for ; i < start; i++ {
			if begins[b[i]] {
				if n := s.mark(i); n > i+1 {
					i = n
					continue next
				}
			}
		}
		if start == hi {
			return
		}
		end := min(s.cut.end(start), hi)
		if s.cut.high && anyHigh(b[start:end]) {
			s.wide(start, end)
			i = end
			continue
		}
		i = max(end, s.word(start, end))
	}
}

// begins are bytes between words that can begin something; see mark.
var begins = [256]bool{0x1b: true, ':': true, '\\': true, '+': true, '$': true}

func anyHigh(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// wide deals with a word that holds bytes above ASCII: it is cut where a
// character is no letter, such as a typographic quote or a wide space.
func (s *Scanner) wide(start, end int) {
	b := s.buf
	from := start
	for i := start; i < end; {
		n := 1
		if b[i] >= 0x80 {
			var r rune
			r, n = utf8.DecodeRune(b[i:end])
			if r != utf8.RuneError && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				if from < i {
					s.word(from, i)
				}
				i += n
				from = i
				continue
			}
		}
		i += n
	}
	if from < end {
		s.word(from, end)
	}
}

// mark deals with bytes between words that can begin something.
func (s *Scanner) mark(i int) int {
	b := s.buf
	switch b[i] {
	case 0x1b:
		return s.skipANSI(i)
	case ':':
		if i+1 < s.hi && b[i+1] == ':' && (i == s.lo || !isAlnum(b[i-1])) {
			if n := s.colonForm(i, i); n > i {
				return n
			}
		}
	case '\\':
		if n := s.unc(i); n > i {
			return n
		}
	case '+':
		if n := s.phone(i); n > i {
			return n
		}
	case '$':
		if n := s.crypted(i); n > i {
			return n
		}
	}
	return i + 1
}

// word deals with one word and returns where to go on.
func (s *Scanner) word(start, end int) int {
	b := s.buf
	if start > s.lo && glues[b[start-1]] {
		if n := s.glued(start); n > start && n < end {
			start = n
		}
	}
	if end < s.hi && b[end] == ':' && end-start <= 8 && (groupOf(b[start:end]) || b[start] == 'i' && groupOf(b[start+1:end]) && s.routeMark(start)) {
		if b[start] == 'i' {
			start++
		}
		if n := s.colonForm(start, end); n > end {
			s.push(start, n)
			return n
		}
	}
	lo, hi := start, end
	if (class[b[lo]]|class[b[hi-1]])&fEdge != 0 {
		if lo, hi = trim(b, lo, hi); lo == hi {
			return end
		}
	}
	if isDigit(b[lo]) && saysNothing(b[lo:hi]) {
		s.push(lo, hi)
		return end
	}
	v := manyDotted
	if !isDigit(b[lo]) || !manyDots(b[lo:hi]) {
		v = s.recall(lo, hi)
	}
	next := end
	if end+2 < s.hi && b[end] == ':' {
		switch {
		case b[end+1] != '/':
			if end+4 < s.hi && isDigit(b[end+1]) && isDigit(b[end+4]) {
				s.ported(lo, hi, end)
			}
		case b[end+2] == '/':
			if bytes.IndexByte(b[lo:hi], '@') < 0 {
				s.authority(end + 3)
			}
		default:
			s.exportSource(start, end)
		}
	}
	if v.acts != 0 {
		next = max(next, s.act(start, lo, hi, end, v))
	}
	s.push(lo, hi)
	return next
}

// trim leaves the dots and dashes at the ends of a word out.
func trim(b []byte, lo, hi int) (int, int) {
	for lo < hi && class[b[lo]]&fEdge != 0 {
		lo++
	}
	for lo < hi && class[b[hi-1]]&fEdge != 0 {
		hi--
	}
	return lo, hi
}

// groupOf tells letters and digits that a group of an address can begin with.
func groupOf(b []byte) bool {
	for _, c := range b {
		if class[c]&(fDigit|fHex) == 0 {
			return false
		}
	}
	return true
}

// saysNothing tells numbers by their spelling: less than three dots in them, and
// digits so few that they are no bare address, or a dot.
func saysNothing(w []byte) bool {
	n := len(w)
	return (n < 12 || !quartets(w) && bytes.IndexByte(w, '.') > 0) && number(w[1:])
}

// quartets tells three groups of four with dots between them, as a MAC may be spelled.
// An address and a port can have dots in the same places, and more of them.
func quartets(w []byte) bool {
	return len(w) == 14 && w[4] == '.' && w[9] == '.' && bytes.Count(w, []byte{'.'}) == 2
}

// manyDots tells digits with three or more dots between them: there are too many to
// be remembered, and it is always the same that they say.
func manyDots(w []byte) bool {
	dots := 0
	for _, c := range w {
		if c == '.' {
			dots++
		} else if !isDigit(c) {
			return false
		}
	}
	return dots >= 3 && !quartets(w)
}

// number tells what goes on as a number does: digits, and fewer dots than an
// address has.
func number(b []byte) bool {
	dots := 0
	for _, c := range b {
		if !isDigit(c) {
			if dots++; c != '.' || dots == 3 {
				return false
			}
		}
	}
	return true
}

// glued returns where a word begins behind an escape whose letters run into it:
// the n of \n, the digits of %2F, the end of a colour that is spelled out. It
// returns from when nothing is glued on.
func (s *Scanner) glued(from int) int {
	b := s.buf
	if from == s.lo {
		return from
	}
	switch b[from-1] {
	case '\\':
		if from+1 < s.hi && (b[from] == 'n' || b[from] == 't' || b[from] == 'r') {
			return from + 1
		}
	case '%':
		if from+2 < s.hi && isHexByte(b[from]) && isHexByte(b[from+1]) {
			return from + 2
		}
	case '#': // a character by its number, as loggers write tabs and ends of lines
		if from+3 < s.hi && b[from] == '0' && isDigit(b[from+1]) && isDigit(b[from+2]) {
			return from + 3
		}
	case '[', ';':
		i := from
		for i < s.hi && isDigit(b[i]) {
			i++
		}
		if i < s.hi && colourEnds(b, s.lo, i+1) {
			return i + 1
		}
	}
	return from
}

// push remembers a word as the one before the next.
func (s *Scanner) push(lo, hi int) {
	s.prev[1] = s.prev[0]
	s.prev[0] = span{lo, hi}
}

// before returns the n-th word before the one at hand, folded into buf.
func (s *Scanner) before(n int, buf *[32]byte) []byte {
	p := s.prev[n]
	if p.hi == 0 || p.hi-p.lo > len(buf) {
		return nil
	}
	for i, c := range s.buf[p.lo:p.hi] {
		buf[i] = lower(c)
	}
	return buf[:p.hi-p.lo]
}
