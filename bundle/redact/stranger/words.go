package stranger

import (
	_ "embed"
	"fmt"
	"math/bits"
	"strings"
)

//go:embed words.txt
var wordList string

// spread is how widely a word is used.
type spread uint8

const (
	nowhere spread = iota // or nearly so
	rare
	some
	often
	everywhere
)

// words is the list of words in a form that is quick to ask.
type words struct {
	// A slot holds 29 bits of the hash of a word above its spread; the upper bits choose the
	// slot. Words of the list are never mistaken for each other, as parse refuses a list in
	// which they would be; any other word passes for one of them once in 2^29 or so.
	slots []uint32
	shift uint
}

const spreadBits = 7

// parseWords reads a list. It refuses lines that are not of the form, words that are
// not folded, and words out of order or twice there.
func parseWords(text string) (*words, error) {
	n := strings.Count(text, "\n")
	log := uint(max(4, bits.Len(uint(n+n/4))))
	w := &words{slots: make([]uint32, 1<<log), shift: 64 - log}
	last, line := "", 0
	for l := range strings.Lines(text) {
		line++
		l = strings.TrimSuffix(l, "\n")
		at := len(l) - 2
		if at < 1 || l[at] != ' ' || l[at+1] < '1' || l[at+1] > '4' {
			return nil, fmt.Errorf("words.txt:%d: want a word, a space and a digit from 1 to 4", line)
		}
		word := l[:at]
		if bad := strings.IndexFunc(word, unfolded); bad >= 0 {
			return nil, fmt.Errorf("words.txt:%d: no folded word holds %q", line, word[bad])
		}
		if strings.Contains(word, "##") {
			return nil, fmt.Errorf("words.txt:%d: one # stands for a run of digits", line)
		}
		if word <= last {
			return nil, fmt.Errorf("words.txt:%d: %q is out of order behind %q", line, word, last)
		}
		last = word
		if !w.put(hash(hashSeed, []byte(word)), spread(l[at+1]-'0')) {
			return nil, fmt.Errorf("words.txt:%d: %q cannot be told from a word before it", line, word)
		}
	}
	return w, nil
}

// unfolded tells what no word of the list holds.
func unfolded(r rune) bool { return (r < 'a' || r > 'z') && !strings.ContainsRune("#-_.", r) }

func (w *words) put(h uint64, s spread) bool {
	for i := h >> w.shift; ; i = (i + 1) & uint64(len(w.slots)-1) {
		switch {
		case w.slots[i] == 0:
			w.slots[i] = uint32(h)&^spreadBits | uint32(s)
			return true
		case (w.slots[i]^uint32(h))&^spreadBits == 0:
			return false
		}
	}
}

// spread tells how widely a word is used.
func (w *words) spread(word []byte) spread {
	var space [maxWord + 1]byte
	h := hash(hashSeed, fold(space[:0], word))
	for i := h >> w.shift; ; i = (i + 1) & uint64(len(w.slots)-1) {
		switch {
		case w.slots[i] == 0:
			return nowhere
		case (w.slots[i]^uint32(h))&^spreadBits == 0:
			return spread(w.slots[i] & spreadBits)
		}
	}
}

// fold appends a word as the list spells it: in lower case, a # for each run of digits.
func fold(buf, word []byte) []byte {
	number := false
	for _, c := range word {
		if isDigit(c) {
			if !number {
				buf = append(buf, '#')
			}
			number = true
			continue
		}
		number = false
		buf = append(buf, lower(c))
	}
	return buf
}
