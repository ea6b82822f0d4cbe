package stranger

import "bytes"

// Around weighs what stands around the word at [lo, hi) of a line of which the message
// begins at body. It returns as well a hash of the place: other words with the same
// place take turns with this one; see [Judge.Turns].
//
// Words beside it that are neither in the list of signs nor of the world say the same
// whatever they are, so the stand-in of a name says as little as the name.
func (j *Judge) Around(line []byte, lo, hi, body int, see See) (weight int, place uint64) {
	sc := scales{e: j.evidence, see: see}
	b1, b2 := side(line, lo-1), side(line, lo-2)
	a1, a2 := side(line, hi), side(line, hi+1)
	if a1 == '"' && a2 == ' ' && side(line, hi+2) == ':' {
		a2 = ':' // of a key, as some write it
	}
	sc.add(beforeTag, []byte{b1})
	sc.add(afterTag, []byte{a1})
	sc.add(before2Tag, []byte{b2, b1})
	sc.add(after2Tag, []byte{a1, a2})
	sc.add(bothTag, []byte{b1, a1})
	if n := paddedTo(line[lo:hi]); n > 0 {
		sc.add(padTag, []byte{'0' + byte(min(n, 5))})
	}
	switch lo {
	case 0:
		sc.add(atTag, []byte("line"))
	case body:
		sc.add(atTag, []byte("message"))
	}
	if b1 == ' ' && b2 == ' ' {
		sc.add(wideTag, []byte("before"))
	}
	if a1 == ' ' && a2 == ' ' {
		sc.add(wideTag, []byte("after"))
	}
	if inBrackets(line[max(0, lo-reach):lo]) {
		sc.add(inTag, []byte("brackets"))
	}
	var space [2*maxSign + maxGap]byte
	from, end := wordBefore(line, lo)
	key := lastPart(space[:0], line[from:end])
	sc.add(wordTag, key)
	j.worldly(&sc, wordGram, key)
	key = appendGap(append(key, '|'), line[end:lo])
	sc.add(keyTag, key)
	place = sign(tagCount, key)
	from, end = wordBefore(line, from)
	sc.add(word2Tag, lastPart(space[:0], line[from:end]))
	next := wordBehind(space[:0], line, hi)
	sc.add(nextTag, next)
	j.worldly(&sc, nextGram, next)
	return sc.sum, place ^ 3*sign(tagCount, append(next, a1))
}

// worldly adds what the letters of a word beside weigh, where the world uses it.
func (j *Judge) worldly(sc *scales, t tag, w []byte) {
	if len(w) >= minWord && j.words.spread(w) != nowhere {
		sc.addGrams(t, w)
	}
}

const (
	reach   = 128 // how far back an opening bracket is looked for
	maxSign = 24  // the longest word beside another that is a sign
	maxGap  = 4   // of what stands between two words
)

// side is a byte beside a word as a sign: w for one of a word, ^ and $ outside the line.
func side(line []byte, i int) byte {
	switch {
	case i < 0:
		return '^'
	case i >= len(line):
		return '$'
	case ofWord(line[i]):
		return 'w'
	case line[i] == '\t':
		return 't'
	}
	return line[i]
}

// ofWord tells what words are made of, dots and at signs included.
func ofWord(c byte) bool { return wordBytes[c] }

var wordBytes = func() (t [256]bool) {
	for c := range t {
		b := byte(c)
		t[c] = isLetter(b) || isDigit(b) || joinsWords[b] || b >= 0x80
	}
	return t
}()

func inBrackets(before []byte) bool {
	open := bytes.LastIndexByte(before, '(')
	return open >= 0 && bytes.IndexByte(before[open:], ')') < 0
}

// wordBefore bounds the word that ends before a place.
func wordBefore(line []byte, at int) (from, end int) {
	for end = at; end > 0 && !isLetter(line[end-1]) && !isDigit(line[end-1]) && line[end-1] < 0x80; end-- {
	}
	for from = end; from > 0 && ofWord(line[from-1]); from-- {
	}
	return from, end
}

// wordBehind appends the word behind a place as a sign.
func wordBehind(buf, line []byte, at int) []byte {
	for at < len(line) && !isLetter(line[at]) && !isDigit(line[at]) && line[at] < 0x80 {
		at++
	}
	end := at
	for end < len(line) && ofWord(line[end]) {
		end++
	}
	return signWord(buf, line[at:end])
}

// lastPart appends what stands behind the last joint of a word, as a sign.
func lastPart(buf, w []byte) []byte {
	from := len(w)
	for from > 0 && !joinsWords[w[from-1]] {
		from--
	}
	return signWord(buf, w[from:])
}

// joinsWords tells what stands between the parts of a word beside another.
var joinsWords = [256]bool{'-': true, '_': true, '.': true, '@': true}

// signWord appends a word in lower case, # for a number, ~ for a long word.
func signWord(buf, w []byte) []byte {
	switch {
	case len(w) == 0:
		return buf
	case isDigit(w[0]) && isNumber(w):
		return append(buf, '#')
	case len(w) > maxSign:
		return append(buf, '~')
	}
	for _, c := range w {
		buf = append(buf, lower(c))
	}
	return buf
}

// isNumber tells digits with dots and slashes among them.
func isNumber(w []byte) bool {
	for _, c := range w {
		if c < '.' || c > '9' {
			return false
		}
	}
	return true
}

// appendGap appends the end of what stands between two words, spaces left out but for
// one where there is nothing else.
func appendGap(buf, gap []byte) []byte {
	from := len(buf)
	var last [maxGap]byte
	n := 0
	for i := len(gap) - 1; i >= 0 && n < maxGap; i-- {
		if c := gap[i]; c != ' ' && c != '\t' {
			n++
			last[maxGap-n] = c
		}
	}
	buf = append(buf, last[maxGap-n:]...)
	if len(buf) == from {
		buf = append(buf, ' ')
	}
	return buf
}
