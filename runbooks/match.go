package runbooks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Match is one runbook that fits, with how well and why.
type Match struct {
	Book   *Runbook
	Score  int
	Reason string
}

// ForAlert ranks the runbooks an alert of this rule and kind of component leads
// to, best first.
func (l *Library) ForAlert(rule, component string) []Match {
	var out []Match
	for _, r := range l.books {
		best := Match{Book: r}
		for _, t := range r.Triggers {
			if t.Rule != rule {
				continue
			}
			score, why := 10, fmt.Sprintf("rule %s", rule)
			if t.Component != "" && strings.EqualFold(t.Component, component) {
				score, why = score+5, why+", component "+component
			}
			if score > best.Score {
				best.Score, best.Reason = score, why
			}
		}
		if best.Score > 0 {
			out = append(out, best)
		}
	}
	return rank(out)
}

// Search ranks the runbooks by the words of a query, in either language,
// without regard to case or accents. A word in the title counts more than one
// among the symptoms, and that more than one in the prose.
func (l *Library) Search(query string) []Match {
	words := foldWords(query)
	slices.Sort(words)
	words = slices.Compact(words) // a word said twice weighs once
	var out []Match
	for _, r := range l.books {
		m := Match{Book: r}
		var hit []string
		for _, w := range words {
			if n := r.weigh(w); n > 0 {
				m.Score += n
				hit = append(hit, w)
			}
		}
		if m.Score > 0 {
			m.Reason = strings.Join(hit, " ")
			out = append(out, m)
		}
	}
	return rank(out)
}

func rank(m []Match) []Match {
	slices.SortFunc(m, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Book.ID, b.Book.ID))
	})
	return m
}

func (r *Runbook) weigh(word string) int {
	n := 0
	if slices.Contains(foldWords(r.ID+" "+r.Title.EN+" "+r.Title.FR), word) {
		n += 8
	}
	if slices.Contains(foldWords(strings.Join(r.Symptoms, " ")), word) {
		n += 5
	}
	for _, p := range r.Prose {
		if slices.Contains(foldWords(p.Intro), word) {
			n += 2
		}
		for _, s := range p.Sections {
			if slices.Contains(foldWords(s.Title+" "+s.Body), word) {
				n++
				break
			}
		}
	}
	return n
}

// foldWords cuts text into lower-case words without accents.
func foldWords(s string) []string {
	s = strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae").Replace(s)
	return strings.FieldsFunc(strings.Map(fold, s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// fold lowers a rune and takes the accents of French off it, also those that
// stand as a mark of their own behind the letter.
func fold(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	switch r = unicode.ToLower(r); r {
	case 'à', 'â', 'ä':
		return 'a'
	case 'é', 'è', 'ê', 'ë':
		return 'e'
	case 'î', 'ï':
		return 'i'
	case 'ô', 'ö':
		return 'o'
	case 'ù', 'û', 'ü':
		return 'u'
	case 'ÿ':
		return 'y'
	case 'ç':
		return 'c'
	}
	return r
}
