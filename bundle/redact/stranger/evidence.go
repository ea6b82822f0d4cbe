package stranger

import (
	_ "embed"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

//go:embed evidence.txt
var evidenceList string

// evidence holds what each sign weighs.
type evidence struct {
	// A slot holds the upper bits of a sign above its weight, 0 in an empty one. Signs of the
	// list are never mistaken for each other, as put would report them.
	slots []uint64
	shift uint
	grams [gramTags][]int16 // what three letters weigh, by packed; see grams.go
	start int               // what a word weighs of which nothing is known
	least [2]int            // what a level asks for
	worth [2]int            // what has to speak for a word for more to be looked at, at the usual level
}

// The parts of a look at a word behind which it ends for most.
const (
	bySpelling = iota
	byPlace
)

const weightBits = 1<<16 - 1

// parseEvidence reads the list of signs. It refuses lines that are not of the form, tags
// that no sign has, and signs that are there twice.
func parseEvidence(text string) (*evidence, error) {
	log := uint(max(4, bits.Len(uint(strings.Count(text, "\n")))+1))
	e := &evidence{slots: make([]uint64, 1<<log), shift: 64 - log}
	for t := range e.grams {
		e.grams[t] = make([]int16, 1<<gramBits)
	}
	line, given := 0, 0
	for l := range strings.Lines(text) {
		line++
		f := strings.Split(strings.TrimSuffix(l, "\n"), " ")
		if len(f) != 3 {
			return nil, fmt.Errorf("evidence.txt:%d: want a tag, a text and a weight", line)
		}
		of, err := strconv.ParseInt(f[2], 10, 16)
		if err != nil {
			return nil, fmt.Errorf("evidence.txt:%d: weight: %w", line, err)
		}
		switch {
		case f[0] == "start":
			e.start = int(of)
			given++
		case f[0] == "least" && (f[1] == "usual" || f[1] == "eager"):
			e.least[strings.IndexByte("ue", f[1][0])] = int(of)
			given++
		case f[0] == "least" && (f[1] == "spelling" || f[1] == "place"):
			e.worth[strings.IndexByte("sp", f[1][0])] = int(of)
			given++
		default:
			t := slices.Index(tagNames[:], f[0])
			if t < 0 {
				return nil, fmt.Errorf("evidence.txt:%d: no sign has the tag %s", line, f[0])
			}
			if err := e.enter(tag(t), strings.ReplaceAll(f[1], "␣", " "), int16(of)); err != nil {
				return nil, fmt.Errorf("evidence.txt:%d: %s %s %w", line, f[0], f[1], err)
			}
		}
	}
	if given != 5 {
		return nil, errors.New("evidence.txt: want one line each for start and least usual, eager, spelling and place")
	}
	return e, nil
}

// enter enters a sign of the list.
func (e *evidence) enter(t tag, text string, of int16) error {
	twice := errors.New("is there twice")
	if t >= gramTags {
		if !e.put(sign(t, []byte(text)), of) {
			return twice
		}
		return nil
	}
	g, ok := packed(text)
	switch {
	case !ok:
		return errors.New("is not three letters")
	case of == 0:
		return errors.New("weighs nothing")
	case e.grams[t][g] != 0:
		return twice
	}
	e.grams[t][g] = of
	return nil
}

func (e *evidence) put(sign uint64, of int16) bool {
	i := sign >> e.shift
	for ; e.slots[i] != 0; i = (i + 1) & uint64(len(e.slots)-1) {
		if (e.slots[i]^sign)&^weightBits == 0 {
			return false
		}
	}
	e.slots[i] = sign&^weightBits | uint64(uint16(of))
	return true
}

// of is what a sign weighs, 0 for one that says nothing.
func (e *evidence) of(sign uint64) int {
	for i := sign >> e.shift; ; i = (i + 1) & uint64(len(e.slots)-1) {
		switch slot := e.slots[i]; {
		case (slot^sign)&^weightBits == 0:
			return int(int16(slot))
		case slot == 0:
			return 0
		}
	}
}

// tag is a sort of sign.
type tag uint8

// The sorts of signs. The first are three letters in a row. The others are told by a word
// itself, or from beforeTag on by what stands around it.
const (
	gramTag  tag = iota // in the word
	wordGram            // in the word before it, where that is one of the world
	nextGram            // in the word behind it, likewise
	gramTags
)

// The other sorts.
const (
	spreadTag  tag = gramTags + iota // how widely the word is used
	spreadJoin                       // the same with its joints and where it has digits
	rarestTag                        // how widely its rarest part is used
	rarestCase
	rarestJoin
	headTag // its first letters
	tailTag // its last letters
	caseTag
	joinTag
	numberTag // where it has digits
	lengthTag
	piecesTag // how many parts it has
	hexTag    // a part is hex digits
	serialTag // capitals and digits, as long as serial numbers are
	digitsTag // how many digits it ends with
	padTag    // the length of a number in it that begins with a zero
	beforeTag // the byte before it
	afterTag
	before2Tag // the two bytes before it
	after2Tag
	bothTag  // the bytes on both sides
	atTag    // it begins the line or what its header leaves of it
	wideTag  // two spaces stand beside it
	inTag    // it stands in brackets
	wordTag  // the word before it
	keyTag   // the same with what stands between them
	word2Tag // the one before that
	nextTag  // the word behind it
	lineTag  // another word of its line
	turnsTag // how many words take turns in its place
	tagCount
)

// tagNames are the spellings of tags in evidence.txt.
var tagNames = [tagCount]string{
	"gram", "word-gram", "next-gram",
	"spread", "spread-join", "rarest", "rarest-case", "rarest-join", "head", "tail", "case", "join", "number", "length", "pieces", "hex",
	"serial", "digits", "pad", "before", "after", "before2", "after2", "both", "at", "wide", "in", "word", "key", "word2", "next", "line", "turns",
}

// sign is the hash of a tag and a text, never 0 in its upper bits.
func sign(t tag, text []byte) uint64 {
	return hash(uint64(t+1)*hashSeed, text) | (weightBits + 1)
}

// scales add up the weights of what is seen of a word.
type scales struct {
	e   *evidence
	sum int
	see See
}

func (s *scales) add(t tag, text []byte) {
	if s.see != nil {
		s.see(tagNames[t], strings.ReplaceAll(string(text), " ", "␣"))
	}
	s.sum += s.e.of(sign(t, text))
}
