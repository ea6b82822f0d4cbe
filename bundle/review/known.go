package review

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"darksite/bundle"
)

// Mark names something an officer can have read: a shape, a token, a string, a
// hit. It is the first half of a SHA-256 over what it is and its text, so what
// stays the same from one bundle to the next keeps its mark.
type Mark string

func markOf(what, text string) Mark {
	h := sha256.New()
	h.Write([]byte(what))
	h.Write([]byte{0})
	h.Write([]byte(text))
	return Mark(hex.EncodeToString(h.Sum(nil)[:16]))
}

// maxKnown is how many marks are kept for the next review.
const maxKnown = 6 * MaxShapes

// Known is what a later review compares with. It is kept at the site when a
// bundle is approved. It names files and marks only and holds no line.
type Known struct {
	BID    bundle.ID                `json:"bid"`
	Rules  bundle.Digest            `json:"rules"`
	Policy bundle.Digest            `json:"policy"`
	Files  map[string]bundle.Digest `json:"files"` // path to digest
	Seen   []Mark                   `json:"seen"`  // sorted; of this bundle and those approved before it under the same rules
}

// under reports whether the bundle that k is of was redacted as m was. What was
// shown under other rules was something else, whatever it looks like.
func (k *Known) under(m bundle.Manifest) bool {
	return k != nil && k.Rules == m.Rules.SHA256 && k.Policy == m.Policy.SHA256
}

func (k *Known) has(m Mark) bool {
	_, found := slices.BinarySearch(k.Seen, m)
	return found
}

// known collects what the next review will compare with.
func known(s *Summary, m bundle.Manifest, before *Known) Known {
	k := Known{BID: m.BID, Rules: m.Rules.SHA256, Policy: m.Policy.SHA256, Files: map[string]bundle.Digest{}}
	for _, e := range m.Files {
		k.Files[e.Path] = e.SHA256
	}
	for _, one := range s.Shapes {
		k.Seen = append(append(k.Seen, one.Marks...), one.joined()...)
	}
	for _, one := range s.Tokens {
		k.Seen = append(k.Seen, one.Mark)
	}
	for _, one := range s.Series {
		k.Seen = append(k.Seen, one.Mark)
	}
	for _, one := range s.Secrets {
		k.Seen = append(k.Seen, one.Marks...)
	}
	if before.under(m) {
		k.Seen = append(k.Seen, before.Seen[:min(len(before.Seen), max(0, maxKnown-len(k.Seen)))]...)
	}
	slices.Sort(k.Seen)
	k.Seen = slices.Compact(k.Seen)
	return k
}

// joined are the marks by which a later line of known words in a known joined
// shape is known, although just these words did not stand together before.
func (s Shape) joined() []Mark {
	var out []Mark
	place := 0
	for _, slot := range s.Slots {
		if slot.Kind != wordKind {
			continue
		}
		for _, w := range slot.Samples {
			out = append(out, wordMark(s.Form, place, w))
		}
		place++
	}
	if place > 0 {
		out = append(out, markOf("joined", s.Form))
	}
	return out
}

func wordMark(form string, place int, w string) Mark {
	return markOf("word", form+"\x00"+strconv.Itoa(place)+"\x00"+w)
}

// maxCombined is how many words of a form are tried against joined shapes.
const maxCombined = 24

// combined reports whether a form is a joined one that was seen, filled with
// words that were all seen at their places.
func combined(form string, seen func(Mark) bool) bool {
	if len(form) > maxJoinForm {
		return false
	}
	all := slices.Collect(words(form))
	if len(all) > maxCombined {
		return false
	}
	var try func(chosen []word, from int) bool
	try = func(chosen []word, from int) bool {
		if len(chosen) > 0 && fits(form, chosen, seen) {
			return true
		}
		if len(chosen) == max(joinRounds, joinTogether) {
			return false
		}
		for i := from; i < len(all); i++ {
			if try(append(chosen[:len(chosen):len(chosen)], all[i]), i+1) {
				return true
			}
		}
		return false
	}
	return try(nil, 0)
}

// fits tries one choice of words.
func fits(form string, chosen []word, seen func(Mark) bool) bool {
	whole := blanked(form, chosen)
	if !seen(markOf("joined", whole)) {
		return false
	}
	for place, w := range chosen {
		if !seen(wordMark(whole, place, form[w.from:w.to])) {
			return false
		}
	}
	return true
}
