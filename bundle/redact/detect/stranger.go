package detect

import (
	"bytes"
	"strings"

	"darksite/bundle"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/stranger"
)

// Suspecting returns knowledge that takes words for names when a judge finds enough
// that speaks for it. What was compiled only knows the rules.
func (k *Knowledge) Suspecting(j *stranger.Judge, l stranger.Level) *Knowledge {
	with := *k
	with.judge, with.level = j, l
	return &with
}

// Weigh makes the scanner tell the signs of all words that could be names to those who
// set the weights: see is asked for each word and told its signs. It is asked more than
// once for a word, as signs come up.
func (s *Scanner) Weigh(see func(lo, hi int) stranger.See) { s.weigh = see }

// suspect is a word that may be a name.
type suspect struct {
	lo, hi int
	weight int
	place  uint64
	word   uint32
	line   int  // where its line begins
	prose  bool // small letters between spaces, as the words of a sentence are
}

// isSuspect says what the spelling of a word weighs, where it may be a name. What
// other recognisers have to say of a word comes first.
func (s *Scanner) isSuspect(w []byte, acc flags, a acts) (weight int16, ok bool) {
	if s.k.judge == nil || s.depth > 0 || a&^(aLong|aMachine|aWeak|aRandom|aMixed|aEmbedded) != 0 || !mayBeStrange(w, acc) {
		return 0, false
	}
	n, ok := s.spelling(w)
	if !ok || s.weigh == nil && !s.k.judge.Worth(n, s.k.level) || looksLikeValue(w) {
		return 0, false
	}
	if bundle.ValidDraft(string(w)) {
		return 0, false // the kit's own number of a case, without which nobody finds it
	}
	name := strings.ToLower(string(w))
	if strings.IndexByte(name, '.') >= 0 && !mayBeDotted(name, w) {
		return 0, false
	}
	if s.k.judge.Numbered(w) || s.k.Common(name) || s.holdsOwn(w) || isSpan(w) || s.staysName(name) || isDevice(name) {
		return 0, false
	}
	return int16(n), true
}

// mayBeStrange rules words out that need not be weighed: long ones in which all letters are
// hex digits, hex numbers, and what holds an at sign or bytes above ASCII.
func mayBeStrange(w []byte, acc flags) bool {
	return (acc&fAlpha != 0 || len(w) < 7) && acc&(fAt|fHigh) == 0 && !bytes.HasPrefix(w, []byte("0x"))
}

// mayBeDotted reports whether a word with dots may be a name: no file, no member of a
// program, no number with a unit, nothing of the world.
func mayBeDotted(name string, w []byte) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return !isFile(name) && !isCode(name, w) && !publicName(name) && goodLabels(w) && isAlpha(w[0]) && hasLetter(w[len(w)-len(last):])
}

// strangerKind is the kind of a name that only signs tell. One with dots is a host in a
// domain where it has a domain that can be looked for.
func strangerKind(w []byte) pseudonym.Kind {
	if bytes.Count(w, []byte{'.'}) >= 2 && bytes.IndexByte(w, '_') < 0 {
		return pseudonym.FQDN
	}
	return pseudonym.Name
}

// suspectAt notes a word that may be a name with what it and its line weigh. How many
// others take turns with it is known at the end of the chunk.
func (s *Scanner) suspectAt(lo, hi int, spelling int16) {
	see := s.seeing(lo, hi)
	if n := len(s.out); see == nil && n > 0 && s.out[n-1].Start <= lo && hi <= s.out[n-1].End || s.messageID(lo, hi) || s.driver(lo, hi) || s.unitEscape(lo, hi) || s.internal(lo) {
		return // known already, or none
	}
	if see != nil {
		s.k.judge.Spelling(s.buf[lo:hi], see)
	}
	if see == nil && s.zoneOfTime(lo, hi) {
		return
	}
	if see == nil && s.clientPort(hi) && bytes.IndexByte(s.buf[lo:hi], '.') > 0 {
		s.emitName(lo, hi, s.fold(s.buf[lo:hi]), "host")
		return
	}
	if see == nil && s.process(hi) {
		s.emitForm(lo, lo, pseudonym.Name, Plain, s.fold(s.buf[lo:hi]), ProgramRule)
		return
	}
	line := s.buf[s.lo:s.hi]
	around, place := s.k.judge.Around(line, lo-s.lo, hi-s.lo, s.body-s.lo, see)
	weight := int(spelling) + around
	if see != nil || s.k.judge.WorthLine(weight, s.k.level) {
		if is := (span{s.lo, s.hi}); s.besideOf != is {
			s.besides, s.besideOf = s.k.judge.Line(line), is
		}
		weight += s.k.judge.Beside(&s.besides, line, lo-s.lo, hi-s.lo, see)
	}
	s.suspects = append(s.suspects, suspect{
		lo: lo, hi: hi, weight: weight, place: place, word: hash(s.buf[lo:hi]), line: s.lo, prose: s.asInProse(lo, hi),
	})
}

// zoneOfTime tells the three or four capitals behind a time of day, at the end of a line or
// before a year: 19:47:39.864 BRT.
func (s *Scanner) zoneOfTime(lo, hi int) bool {
	b := s.buf
	if rest := b[hi:s.hi]; len(rest) > 0 && rest[0] != '\r' && (len(rest) < 5 || rest[0] != ' ' || !allDigits(string(rest[1:5]))) {
		return false
	}
	if hi-lo < 3 || hi-lo > 4 || !upperCase(b[lo:hi]) || hasDigit(b[lo:hi]) || lo-6 < s.lo || b[lo-1] != ' ' || !isDigit(b[lo-2]) {
		return false
	}
	i := lo - 2
	for i > s.lo && (isDigit(b[i]) || b[i] == '.') {
		i--
	}
	return b[i] == ':' && i-3 >= s.lo && isDigit(b[i-1]) && isDigit(b[i-2]) && b[i-3] == ':'
}

// clientPort tells the port of a client in brackets and the end of its field behind a name,
// as databases write who came: db7.lyon.corpx(57796):.
func (s *Scanner) clientPort(hi int) bool {
	rest := s.buf[hi:s.hi]
	n := 1
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	return n >= 5 && n <= 6 && n+1 < len(rest) && rest[0] == '(' && rest[n] == ')' && rest[n+1] == ':'
}

// driver tells what the kernels of the BSDs say of a device they found: "isa0: <ISA bus>",
// "acpitimer0 at acpi0: 3579545 Hz".
func (s *Scanner) driver(lo, hi int) bool {
	b := s.buf
	if hi+6 >= s.hi || !isDigit(b[hi-1]) {
		return false
	}
	if b[hi] == ':' && b[hi+1] == ' ' && b[hi+2] == '<' {
		return true
	}
	head := b[s.lo:lo]
	if string(b[hi:hi+4]) != " at " || len(head) > 0 && !bytes.HasSuffix(head, []byte("bsd: ")) && !bytes.HasSuffix(head, []byte("kernel: ")) && !bytes.HasSuffix(head, []byte("] ")) {
		return false
	}
	end := nameEnd(b, hi+4, s.hi)
	return isDigit(b[end-1]) && isDevice(s.fold(b[hi+4:end]))
}

// unitEscape tells the rest of the name of a unit behind a dash that systemd has written
// as \x2d.
func (s *Scanner) unitEscape(lo, hi int) bool {
	return lo > s.lo && hi-lo > 3 && s.buf[lo-1] == '\\' && string(s.buf[lo:lo+3]) == "x2d"
}

// internal tells the two underscores before what a program keeps for its own use.
func (s *Scanner) internal(lo int) bool {
	return lo-2 >= s.lo && s.buf[lo-1] == '_' && s.buf[lo-2] == '_'
}

// ProgramRule is the rule of findings without length that say what a program is called, by
// the number of a process behind it: a word that nothing but signs would take for a name
// stays, wherever it stands.
const ProgramRule = "program"

// process tells the number of a process behind a word, and the colon or the function behind
// that: postgres[4711]: and crmd   [4711] (do_log).
func (s *Scanner) process(hi int) bool {
	rest := s.buf[hi:s.hi]
	open := leading(rest[:min(len(rest), 24)])
	n := open + 1
	for n < len(rest) && n < open+9 && isDigit(rest[n]) {
		n++
	}
	if n == open+1 || n+2 >= len(rest) || rest[open] != '[' || rest[n] != ']' {
		return false
	}
	return open == 0 && rest[n+1] == ':' || open > 0 && rest[n+1] == ' ' && rest[n+2] == '('
}

func (s *Scanner) seeing(lo, hi int) stranger.See {
	if s.weigh == nil {
		return nil
	}
	return s.weigh(lo, hi)
}

// settleSuspects takes those for names for which enough speaks and of which no
// recogniser said anything else.
func (s *Scanner) settleSuspects() {
	if len(s.suspects) == 0 {
		return
	}
	s.countTurns()
	found := s.out
	for i, c := range s.suspects {
		if c.prose && s.otherTongue(i) {
			continue
		}
		weight := c.weight + s.k.judge.Turns(s.places[c.place].n, s.seeing(c.lo, c.hi))
		if !s.k.judge.Enough(weight, s.k.level) {
			continue
		}
		for len(found) > 0 && found[0].End <= c.lo {
			found = found[1:]
		}
		if len(found) == 0 || found[0].Start >= c.hi {
			s.named = append(s.named, Finding{Start: c.lo, End: c.hi, Kind: strangerKind(s.buf[c.lo:c.hi]), Rule: StrangerRule, Learn: true})
		}
	}
	s.out = append(s.out, s.named...)
	s.suspects, s.named = s.suspects[:0], s.named[:0]
}

// asInProse tells a word as sentences have them: small letters but for the first, between
// spaces or marks of a sentence.
func (s *Scanner) asInProse(lo, hi int) bool {
	b := s.buf
	if flagsOf(b[lo+1:hi])&^(fLower|fHex|fAlpha|fWord) != 0 {
		return false
	}
	return (lo == s.lo || b[lo-1] == ' ' || b[lo-1] == '\'') && (hi == s.hi || strings.IndexByte(" .,;:!?'", b[hi]) >= 0)
}

// proseWords is how many unknown words like those of sentences a line has that is in
// another language than most technical texts are.
const proseWords = 3

// otherTongue reports whether the line of a suspect is a sentence of another language,
// whose words are strangers all alike.
func (s *Scanner) otherTongue(i int) bool {
	n := 0
	for from := i; from >= 0 && n < proseWords && s.suspects[from].line == s.suspects[i].line; from-- {
		if s.suspects[from].prose {
			n++
		}
	}
	for to := i + 1; to < len(s.suspects) && n < proseWords && s.suspects[to].line == s.suspects[i].line; to++ {
		if s.suspects[to].prose {
			n++
		}
	}
	return n >= proseWords
}

// StrangerRule is the rule of names that nothing but signs told. Such a finding is only
// there to be learnt: what becomes of the word is for the inventory to say, the same
// wherever it stands.
const StrangerRule = "stranger"

// holdsOwn reports whether a stand-in is part of a word: -uuser-6q1jsdh2.
func (s *Scanner) holdsOwn(w []byte) bool {
	for i := 1; i+pseudonym.Tail < len(w); i++ {
		if w[i] != '-' {
			continue
		}
		for from := i - 1; from >= 0 && isAlpha(w[from]); from-- {
			if pseudonym.BeginsToken(w[from:i]) && s.owns(pseudonym.Name, string(w[from:i+1+pseudonym.Tail])) {
				return true
			}
		}
	}
	return false
}

// isSpan tells a length of time in units: 11w4d, 1h30m.
func isSpan(w []byte) bool {
	for i, c := range w {
		if unit := strings.IndexByte("ywdhms", lower(c)) >= 0; !unit && !isDigit(c) || unit && (i == 0 || !isDigit(w[i-1])) {
			return false
		}
	}
	return true
}

// turns are the words that take turns in one place of a chunk.
type turns struct {
	words [stranger.MaxTurns]uint32
	n     int
}

// countTurns counts the words that stand in each place.
func (s *Scanner) countTurns() {
	if s.places == nil {
		s.places = map[uint64]*turns{}
	}
	clear(s.places)
	for _, c := range s.suspects {
		t := s.places[c.place]
		if t == nil {
			t = &turns{}
			s.places[c.place] = t
		}
		t.add(c.word)
	}
}

func (t *turns) add(word uint32) {
	for _, w := range t.words[:t.n] {
		if w == word {
			return
		}
	}
	if t.n < len(t.words) {
		t.words[t.n] = word
		t.n++
	}
}
