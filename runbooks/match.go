package runbooks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"darksite/runbooks/search"
)

// Match is one runbook that fits, with how well and why.
type Match struct {
	Book   *Runbook
	Score  int
	Reason string
}

// About is what is known of an alert, as far as it helps to find a runbook. Every
// field may be empty.
type About struct {
	Rule      string // of the kit that raised it
	Component string // kind of component
	Product   string // kind of target
	Code      int    // the array's own number
	Link      string // the array's link into the vendor's knowledge base; never followed
	Words     string // what the alert says
}

// ForAlert ranks the runbooks an alert of this rule and kind of component leads
// to, best first.
func (l *Library) ForAlert(rule, component string) []Match {
	return l.For(About{Rule: rule, Component: component})
}

// For ranks the runbooks an alert leads to, best first. The rule that raised it
// counts most, then the array's number, which its link names too, then the kind of
// component. Only where none of these leads anywhere its words are looked up. A
// runbook for other targets is left out.
func (l *Library) For(a About) []Match {
	code := cmp.Or(a.Code, LinkCode(a.Link))
	var out []Match
	for _, r := range l.books {
		if !r.For(a.Product) || r.Withdrawn != "" {
			continue
		}
		best := Match{Book: r}
		for _, t := range r.Triggers {
			if m := t.weigh(a, code); m.Score > best.Score {
				best.Score, best.Reason = m.Score, m.Reason
			}
		}
		if best.Score > 0 {
			out = append(out, best)
		}
	}
	if len(out) > 0 || a.Words == "" {
		return rank(out)
	}
	out = slices.DeleteFunc(l.Search(a.Words), func(m Match) bool { return !m.Book.For(a.Product) || m.Book.Withdrawn != "" })
	for i := range out {
		out[i].Reason = "words " + out[i].Reason
	}
	return out
}

func (t Trigger) weigh(a About, code int) Match {
	var m Match
	var why []string
	if a.Rule != "" && t.Rule == a.Rule {
		m.Score, why = 10, append(why, "rule "+a.Rule)
	}
	if code != 0 && slices.Contains(t.Codes, code) {
		m.Score, why = m.Score+8, append(why, fmt.Sprintf("alert code %d", code))
	}
	if m.Score > 0 && t.Component != "" && strings.EqualFold(t.Component, a.Component) {
		m.Score, why = m.Score+5, append(why, "component "+a.Component)
	}
	m.Reason = strings.Join(why, ", ")
	return m
}

// linkCode finds the number of an alert in a link such as
// https://support.example/?cid=Alert_0060, or in its last part alone.
var linkCode = regexp.MustCompile(`(?i)(?:^|[?&/=])Alert_0*([1-9][0-9]{0,5})(?:$|[&#/])`)

// LinkCode is the number of the alert that a link into the vendor's knowledge
// base is about, or 0. The link itself leads nowhere on a dark site.
func LinkCode(link string) int {
	if found := linkCode.FindStringSubmatch(strings.TrimSpace(link)); found != nil {
		n, _ := strconv.Atoi(found[1]) // at most six digits
		return n
	}
	return 0
}

// Search ranks the runbooks by the words of a query, in either language, without
// regard to case, accents or plurals; see package search. A word in the title counts more
// than one among the symptoms, and that more than one in the prose. A link into
// the vendor's knowledge base finds the runbook for its alert.
func (l *Library) Search(query string) []Match {
	if code := LinkCode(query); code != 0 {
		return l.For(About{Code: code})
	}
	docs := make([]search.Doc, 0, len(l.books))
	for _, r := range l.books {
		docs = append(docs, r.doc())
	}
	var out []Match
	for _, h := range search.New(docs).Find(query) {
		book, _ := l.Get(h.ID)
		out = append(out, Match{Book: book, Score: int(1000 * h.Score), Reason: strings.Join(h.Words, " ")})
	}
	return out
}

func (r *Runbook) doc() search.Doc {
	d := search.Doc{ID: r.ID, Fields: []search.Field{
		{Text: r.ID + " " + r.Title.EN + " " + r.Title.FR, Weight: 8},
		{Text: strings.Join(r.Symptoms, " "), Weight: 5},
	}}
	for _, lang := range Languages() {
		p := r.Prose[lang]
		d.Fields = append(d.Fields, search.Field{Text: p.Intro, Weight: 2})
		for _, s := range r.Steps {
			d.Fields = append(d.Fields, search.Field{Text: p.Sections[s.ID].Title + " " + p.Sections[s.ID].Body, Weight: 0.2})
		}
	}
	return d
}

func rank(m []Match) []Match {
	slices.SortFunc(m, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Book.ID, b.Book.ID))
	})
	return m
}
