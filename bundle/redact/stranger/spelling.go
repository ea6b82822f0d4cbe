package stranger

import (
	"bytes"
	"strings"
)

// Words of other lengths, in bytes, are not judged.
const (
	minWord = 3
	maxWord = 40
)

// Spelling weighs a word by itself. It reports false for one that cannot be a stranger:
// one that everyone uses, one that is drawn by chance, a date. A word is letters, digits,
// dashes, underscores and dots, with a letter or digit at its ends.
func (j *Judge) Spelling(w []byte, see See) (weight int, may bool) {
	if len(w) < minWord || len(w) > maxWord {
		return 0, false
	}
	t := traitsOf(w)
	if !t.plain || !t.beyondHex && !short(w) || lettersIn(w) < 2 && !short(w) || byChance(w, t) || isDate(w) || isRelease(w) || isLibrary(w) || isMetric(w, t) {
		return 0, false
	}
	whole := j.words.spread(w)
	if whole == everywhere && !short(w) {
		return 0, false
	}
	p := j.piecesOf(w)
	var space [maxWord + 8]byte
	sc := scales{e: j.evidence, see: see}
	b := append(space[:0], '0'+byte(whole))
	sc.add(spreadTag, b)
	sc.add(spreadJoin, append(append(b, t.join...), t.number...))
	b = append(space[:0], p.rarest)
	sc.add(rarestTag, b)
	sc.add(rarestCase, append(b, t.letters...))
	sc.add(caseTag, []byte(t.letters))
	sc.add(joinTag, []byte(t.join))
	sc.add(numberTag, []byte(t.number))
	sc.add(rarestJoin, append(append(append(space[:0], p.rarest), t.join...), t.number...))
	sc.add(headTag, firstLetters(space[:0], w))
	sc.add(tailTag, lastLetters(space[:0], w))
	sc.add(lengthTag, []byte{lengthOf(len(w))})
	sc.add(piecesTag, []byte{'0' + byte(min(p.n, 5))})
	if p.hex {
		sc.add(hexTag, nil)
	}
	if t.letters == "upper" && t.number != "" && t.join == "" && len(w) >= 7 && len(w) <= 22 {
		sc.add(serialTag, []byte(t.number))
	}
	if t.number != "" {
		sc.add(digitsTag, []byte{'0' + byte(min(digitsAtEnd(w), 6))})
	}
	sc.addGrams(gramTag, w)
	return sc.sum, true
}

func digitsAtEnd(w []byte) (n int) {
	for n < len(w) && isDigit(w[len(w)-1-n]) {
		n++
	}
	return n
}

// Numbered tells what everyone counts in the same way, as sda1 and cpu12. Numbers with
// zeros before them are no such: c001.
func (j *Judge) Numbered(w []byte) bool {
	return paddedTo(w) == 0 && j.words.spread(w) == everywhere
}

// paddedTo is the length of the longest number in a word that begins with a zero, one of
// a single digit or at its beginning left out.
func paddedTo(w []byte) (longest int) {
	for from := 0; from < len(w); {
		end := from
		for end < len(w) && isDigit(w[end]) {
			end++
		}
		if from > 0 && end-from > 1 && w[from] == '0' {
			longest = max(longest, end-from)
		}
		from = end + 1
	}
	return longest
}

// short tells a letter or two and a number of two or three digits, which are few letters for
// a word and may be hex digits: n101, c001, g12.
func short(w []byte) bool {
	n := 0
	for n < len(w) && isLetter(w[n]) {
		n++
	}
	digits := len(w) - n
	if n < 1 || n > 3 || digits < 2 || digits > 3 {
		return false
	}
	for _, c := range w[n:] {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// traits are what the characters of a word say.
type traits struct {
	plain     bool   // nothing in it but letters, digits, dashes, underscores and dots
	beyondHex bool   // it has letters that are no hex digits
	letters   string // lower, upper, title, camel or mixed
	join      string // dashes, underscores and dots in it
	number    string // where it has digits: end, start, inside, two or many places
	mixed     bool   // small letters and capitals
}

func traitsOf(w []byte) (t traits) {
	var small, capital bool
	var joint [3]bool
	t.plain = true
	for _, c := range w {
		switch {
		case c >= 'a' && c <= 'z':
			small = true
		case c >= 'A' && c <= 'Z':
			capital = true
		case isJoint(rune(c)):
			joint[strings.IndexByte(joints, c)] = true
		case !isDigit(c):
			t.plain = false
		}
		t.beyondHex = t.beyondHex || lower(c) > 'f' && lower(c) <= 'z'
	}
	t.mixed = small && capital
	switch {
	case !capital:
		t.letters = "lower"
	case !small:
		t.letters = "upper"
	case !isCapital(w[0]):
		t.letters = "camel"
	case bytes.IndexFunc(w[1:], func(r rune) bool { return r >= 'A' && r <= 'Z' }) < 0:
		t.letters = "title"
	default:
		t.letters = "mixed"
	}
	for i, there := range joint {
		if there {
			t.join += joints[i : i+1]
		}
	}
	t.number = numberOf(w)
	return t
}

// numberOf says where a word has digits.
func numberOf(w []byte) string {
	runs := 0
	for i, c := range w {
		if isDigit(c) && (i == 0 || !isDigit(w[i-1])) {
			runs++
		}
	}
	switch {
	case runs == 0:
		return ""
	case runs > 2:
		return "many"
	case runs == 2:
		return "two"
	case isDigit(w[len(w)-1]):
		return "end"
	case isDigit(w[0]):
		return "start"
	}
	return "inside"
}

// pieces are what the parts of a word say.
type pieces struct {
	rarest byte // how widely the rarest is used, '-' where none can be asked for
	n      int
	hex    bool // one is hex digits
}

// piecesOf looks at the parts of a word between its joints.
func (j *Judge) piecesOf(w []byte) pieces {
	p := pieces{rarest: '-'}
	for part := range bytes.FieldsFuncSeq(w, isJoint) {
		p.n++
		letters, digits, hex := 0, 0, true
		for _, c := range part {
			if isDigit(c) {
				digits++
				continue
			}
			letters++
			hex = hex && lower(c) <= 'f'
		}
		switch {
		case letters == 0:
		case hex && (len(part) >= 5 && digits > 0 || len(part) >= 8):
			p.hex = true
		case len(part) >= 3:
			if s := '0' + byte(j.partSpread(part)); p.rarest == '-' || s < p.rarest {
				p.rarest = s
			}
		}
	}
	return p
}

// joints join the parts of words.
const joints = "-_."

func isJoint(r rune) bool { return r == '-' || r == '_' || r == '.' }

// partSpread is how widely a part of a word is used as it is, or else the rarest of the
// runs of letters in it, cut at digits and humps. Runs of one letter or two say nothing.
func (j *Judge) partSpread(part []byte) spread {
	whole := j.words.spread(part)
	if whole >= some {
		return whole
	}
	least, asked := everywhere, false
	for from, i := 0, 1; i <= len(part); i++ {
		if i < len(part) && !humpAt(part, i) {
			continue
		}
		if run := part[from:i]; !isDigit(run[0]) && len(run) >= 3 {
			least = min(least, j.words.spread(run))
			asked = true
		}
		from = i
	}
	if !asked {
		return max(whole, some)
	}
	return max(whole, least)
}

// humpAt reports whether a run begins at a place in a word: digits, or a capital that
// follows a small letter or goes before one.
func humpAt(w []byte, i int) bool {
	a, c := w[i-1], w[i]
	switch {
	case isDigit(a) != isDigit(c):
		return true
	case !isCapital(c):
		return false
	}
	return isSmall(a) || isCapital(a) && i+1 < len(w) && isSmall(w[i+1])
}

// byChance tells what a machine drew: a session, a job, an object of a cluster.
func byChance(w []byte, t traits) bool {
	switch {
	case len(w) >= 15 && t.mixed && changes(w)*3 > len(w):
		return true
	case len(w) >= 20 && t.join == "" && t.number == "many" && (t.letters != "upper" || len(w) > 22):
		return true
	}
	for part := range bytes.FieldsFuncSeq(w, isJoint) {
		if len(part) >= 8 && len(part) < len(w) && hexNumber(part[len(part)-8:]) && lettersIn(w)-lettersIn(part) < fewLetters {
			return true
		}
	}
	return longestHex(w) >= 10 && lettersIn(w)-longestHex(w) < fewLetters
}

// fewLetters beside what was drawn name nothing.
const fewLetters = 6

// longestHex is the length of the longest run of hex digits in a word, some of which are
// decimal.
func longestHex(w []byte) (longest int) {
	run, digits := 0, 0
	for _, c := range w {
		switch {
		case isDigit(c):
			digits++
			run++
		case lower(c) >= 'a' && lower(c) <= 'f':
			run++
		default:
			run, digits = 0, 0
		}
		if digits > 1 {
			longest = max(longest, run)
		}
	}
	return longest
}

// changes counts how often digits, capitals and small letters follow each other, where
// nothing joins them.
func changes(w []byte) (n int) {
	sort := func(c byte) int {
		switch {
		case isDigit(c):
			return 1
		case isCapital(c):
			return 2
		case isSmall(c):
			return 3
		}
		return 0
	}
	for i := 1; i < len(w); i++ {
		if is, was := sort(w[i]), sort(w[i-1]); is != was && is*was > 0 {
			n++
		}
	}
	return n
}

// hexNumber tells hex digits with a decimal one among them.
func hexNumber(w []byte) bool {
	digits := false
	for _, c := range w {
		if !isDigit(c) && (lower(c) < 'a' || lower(c) > 'f') {
			return false
		}
		digits = digits || isDigit(c)
	}
	return digits
}

// isDate tells a day by the name of its month: 17-Jan-2003, 09Jan, 28Jul14, May06.
func isDate(w []byte) bool {
	i := 0
	for i < len(w) && isDigit(w[i]) {
		i++
	}
	if i > 2 {
		return false
	}
	if i < len(w) && w[i] == '-' {
		i++
	}
	if i+3 > len(w) {
		return false
	}
	switch string([]byte{lower(w[i]), lower(w[i+1]), lower(w[i+2])}) {
	case "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec":
	default:
		return false
	}
	for _, c := range w[i+3:] {
		if !isDigit(c) && c != '-' {
			return false
		}
	}
	return i > 0 || len(w) == i+5
}

// isRelease tells a package and its version: gsed-4.9nb1.
func isRelease(w []byte) bool {
	at := bytes.LastIndexByte(w, '-') + 1
	return at > 0 && at < len(w) && isDigit(w[at]) && bytes.IndexByte(w[at:], '.') > 0
}

// isLibrary tells a library, as packages are called after it: libgc1, libslf4j-java.
func isLibrary(w []byte) bool {
	return len(w) > 4 && string(w[:3]) == "lib" && isSmall(w[3]) && !bytes.HasPrefix(w, []byte("librar"))
}

// isMetric tells what is measured, as monitors call it: three parts or more of small
// letters, and often a unit at the end.
func isMetric(w []byte, t traits) bool {
	if t.join != "_" || t.letters != "lower" || bytes.Count(w, []byte{'_'}) < 2 {
		return false
	}
	if t.number == "" {
		return true
	}
	switch string(w[bytes.LastIndexByte(w, '_')+1:]) {
	case "total", "bytes", "seconds", "ratio", "count", "sum", "info", "bucket", "percent", "usec", "msec", "ms", "iops":
		return true
	}
	return false
}

// firstLetters appends the first run of letters of a word, folded.
func firstLetters(buf, w []byte) []byte {
	for len(w) > 0 && !isLetter(w[0]) {
		w = w[1:]
	}
	for len(w) > 0 && isLetter(w[0]) {
		buf = append(buf, lower(w[0]))
		w = w[1:]
	}
	return buf
}

// lastLetters appends the last run of letters of a word, folded.
func lastLetters(buf, w []byte) []byte {
	for len(w) > 0 && !isLetter(w[len(w)-1]) {
		w = w[:len(w)-1]
	}
	from := len(w)
	for from > 0 && isLetter(w[from-1]) {
		from--
	}
	for _, c := range w[from:] {
		buf = append(buf, lower(c))
	}
	return buf
}

// lengthOf is the step of a scale of lengths.
func lengthOf(n int) byte {
	switch {
	case n <= 3:
		return '3'
	case n <= 5:
		return '5'
	case n <= 8:
		return '8'
	case n <= 12:
		return 'c'
	case n <= 18:
		return 'i'
	}
	return 'z'
}

func isDigit(c byte) bool   { return c-'0' < 10 }
func isCapital(c byte) bool { return c-'A' < 26 }
func isSmall(c byte) bool   { return c-'a' < 26 }
func isLetter(c byte) bool  { return isCapital(c) || isSmall(c) }

func lower(c byte) byte {
	if isCapital(c) {
		return c | 0x20
	}
	return c
}
