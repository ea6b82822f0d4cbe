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
	start int    // what a word weighs of which nothing is known
	least [2]int // what a level asks for
	worth int    // what a spelling has to weigh for surroundings to be looked at, at the usual level
}

const weightBits = 1<<16 - 1

// parseEvidence reads the list of signs. It refuses lines that are not of the form, tags
// that no sign has, and signs that are there twice.
func parseEvidence(text string) (*evidence, error) {
	log := uint(max(4, bits.Len(uint(strings.Count(text, "\n")))+1))
	e := &evidence{slots: make([]uint64, 1<<log), shift: 64 - log}
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
		case f[0] == "least" && f[1] == "spelling":
			e.worth = int(of)
			given++
		default:
			t := slices.Index(tagNames[:], f[0])
			if t < 0 {
				return nil, fmt.Errorf("evidence.txt:%d: no sign has the tag %s", line, f[0])
			}
			if !e.put(sign(tag(t), []byte(strings.ReplaceAll(f[1], "␣", " "))), int16(of)) {
				return nil, fmt.Errorf("evidence.txt:%d: %s %s is there twice", line, f[0], f[1])
			}
		}
	}
	if given != 4 {
		return nil, errors.New("evidence.txt: want one line each for start, least usual, least eager and least spelling")
	}
	return e, nil
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

// The sorts of signs. The first lot is told by a word itself, the others by what
// stands around it.
const (
	spreadTag  tag = iota // how widely the word is used
	spreadJoin            // the same with its joints and where it has digits
	rarestTag             // how widely its rarest part is used
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
	turnsTag // how many words take turns in its place
	tagCount
)

// tagNames are the spellings of tags in evidence.txt.
var tagNames = [tagCount]string{
	"spread", "spread-join", "rarest", "rarest-case", "rarest-join", "head", "tail", "case", "join", "number", "length", "pieces", "hex",
	"serial", "before", "after", "before2", "after2", "both", "at", "wide", "in", "word", "key", "word2", "next", "turns",
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
