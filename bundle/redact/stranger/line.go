package stranger

import "bytes"

// Line holds what the words of a line weigh for another of it.
type Line struct {
	words [maxLine]lineWord
	n     int
}

// lineWord is a word of a line that is in the list of signs.
type lineWord struct {
	sign     uint64
	from, to int
	weight   int
}

// maxLine is how many words of a line are looked at.
const maxLine = 16

// Line looks at the first words of a line. Each counts once, and those that do not begin
// with a letter not at all.
func (j *Judge) Line(line []byte) (l Line) {
	var space [maxSign]byte
	for from, left := 0, maxLine; from < len(line) && left > 0; {
		if !ofWord(line[from]) {
			from++
			continue
		}
		to := from
		for to < len(line) && ofWord(line[to]) {
			to++
		}
		if w := line[from:to]; isLetter(w[0]) && len(w) > 1 && len(w) <= maxSign {
			left--
			l.add(sign(lineTag, appendLower(space[:0], w)), from, to, j.evidence)
		}
		from = to
	}
	return l
}

// add adds a word that is not there.
func (l *Line) add(s uint64, from, to int, e *evidence) {
	for _, w := range l.words[:l.n] {
		if w.sign == s {
			return
		}
	}
	l.words[l.n] = lineWord{s, from, to, e.of(s)}
	l.n++
}

// Beside weighs the words of a line for the one at [lo, hi), which does not count.
func (j *Judge) Beside(l *Line, line []byte, lo, hi int, see See) (weight int) {
	for _, w := range l.words[:l.n] {
		text := line[w.from:w.to]
		if w.from <= lo && hi <= w.to || bytes.EqualFold(text, line[lo:hi]) {
			continue
		}
		if see != nil {
			see(tagNames[lineTag], string(bytes.ToLower(text)))
		}
		weight += w.weight
	}
	return weight
}

func appendLower(buf, w []byte) []byte {
	for _, c := range w {
		buf = append(buf, lower(c))
	}
	return buf
}
