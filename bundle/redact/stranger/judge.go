package stranger

import (
	"bytes"
	"fmt"
)

// Judge weighs words. It is immutable, and shared by all who ask.
type Judge struct {
	words    *words
	evidence *evidence
}

// Level is how much has to speak for a word before it is taken for a name.
type Level uint8

// The levels. Usual leaves a word alone in case of doubt, Eager takes it.
const (
	Usual Level = iota
	Eager
)

// See is told each sign that is looked at, by tag and text as evidence.txt spells
// them. It is for those who set the weights; elsewhere it is nil.
type See func(tag, text string)

// Load reads the lists of this build.
func Load() (*Judge, error) { return parse(wordList, evidenceList) }

func parse(wordText, evidenceText string) (*Judge, error) {
	w, err := parseWords(wordText)
	if err != nil {
		return nil, fmt.Errorf("load the words of the world: %w", err)
	}
	e, err := parseEvidence(evidenceText)
	if err != nil {
		return nil, fmt.Errorf("load the signs of names: %w", err)
	}
	return &Judge{w, e}, nil
}

// Bytes returns all that a judge of this build knows, for a digest.
func Bytes() []byte { return []byte(wordList + evidenceList) }

// Turns weighs how many words take turns in a place, of which the word is one. More
// than [MaxTurns] count as so many.
func (j *Judge) Turns(n int, see See) int {
	sc := scales{e: j.evidence, see: see}
	sc.add(turnsTag, []byte{'0' + byte(min(n, MaxTurns))})
	return sc.sum
}

// MaxTurns is how many words in one place are told apart.
const MaxTurns = 6

// Worth reports whether a word whose spelling weighs so much is worth a look at what
// stands around it. Hardly any of those for which it is not would be taken.
func (j *Judge) Worth(spelling int, l Level) bool { return j.worth(bySpelling, spelling, l) }

// WorthLine reports the same of a look at the other words of its line, where the spelling
// of a word and what stands around it weigh so much.
func (j *Judge) WorthLine(weight int, l Level) bool { return j.worth(byPlace, weight, l) }

func (j *Judge) worth(by int, weight int, l Level) bool {
	e := j.evidence
	return weight >= e.worth[by]+e.least[l]-e.least[Usual]
}

// Enough reports whether a word that weighs so much in all is taken for a name.
func (j *Judge) Enough(weight int, l Level) bool {
	return j.evidence.start+weight >= j.evidence.least[l]
}

// Everyday reports whether all parts of a text are widely used, or too short to say
// anything.
func (j *Judge) Everyday(text string) bool {
	for part := range bytes.FieldsFuncSeq([]byte(text), isJoint) {
		if len(part) > maxWord || lettersIn(part) > 2 && j.partSpread(part) < often {
			return false
		}
	}
	return true
}

func lettersIn(w []byte) (n int) {
	for _, c := range w {
		if isLetter(c) {
			n++
		}
	}
	return n
}
