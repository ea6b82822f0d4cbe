package triage

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"regexp"
	"slices"
	"strings"
)

// What differs between two sights of the same thing: stand-ins, times, numbers,
// long runs of hexadecimal digits.
var (
	standIn = regexp.MustCompile(`\b[a-z]+-[0-9a-z]{8}\b`)
	hexRun  = regexp.MustCompile(`\b(?:[0-9a-fA-F]{2}:){3,}[0-9a-fA-F]{2}\b|\b[0-9a-fA-F]{8,}\b`)
	digits  = regexp.MustCompile(`[0-9]+`)
)

// normal leaves of a message what is the same wherever it is written.
func normal(s string) string {
	s = hexRun.ReplaceAllString(standIn.ReplaceAllString(s, "#"), "#")
	return strings.ToLower(digits.ReplaceAllString(s, "#"))
}

// fingerprint names a finding apart from where and when it was: its rule, the
// kind of component, its words.
func fingerprint(rule, component, message string) string {
	h := fnv.New64a()
	for _, s := range []string{rule, normal(component), normal(message)} {
		fmt.Fprintf(h, "%s\x00", s)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Marked is a case and the fingerprints of its bundles, sorted.
type Marked struct {
	Case   string
	Prints []string
}

// Likeness is a case that shares fingerprints with another.
type Likeness struct {
	Case   string   `json:"case"`
	Score  float64  `json:"score"`  // 0 to 1
	Shared []string `json:"shared"` // fingerprints, the rarest first
}

// Similar ranks other cases by what they share, at most n of them. A fingerprint
// weighs the more the fewer cases have it; one that every case has weighs nothing.
func Similar(of Marked, all []Marked, n int) []Likeness {
	cases := map[string]int{}
	for _, m := range all {
		for _, p := range m.Prints {
			cases[p]++
		}
	}
	weight := func(p string) float64 { return math.Log(float64(len(all)+1) / float64(max(cases[p], 1))) }
	var out []Likeness
	for _, m := range all {
		if m.Case == of.Case {
			continue
		}
		var both, either float64
		var shared []string
		for _, p := range m.Prints {
			either += weight(p)
			if _, ok := slices.BinarySearch(of.Prints, p); ok {
				both += weight(p)
				shared = append(shared, p)
			}
		}
		for _, p := range of.Prints {
			if _, ok := slices.BinarySearch(m.Prints, p); !ok {
				either += weight(p)
			}
		}
		if both <= 0 || either <= 0 {
			continue
		}
		slices.SortFunc(shared, func(a, b string) int { return cmp.Or(cmp.Compare(cases[a], cases[b]), cmp.Compare(a, b)) })
		out = append(out, Likeness{m.Case, both / either, shared})
	}
	slices.SortFunc(out, func(a, b Likeness) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Case, b.Case)) })
	return out[:min(len(out), n)]
}
