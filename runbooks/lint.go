package runbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// LintError is one thing wrong with a runbook.
type LintError struct {
	Runbook string
	Step    string // empty for the runbook as a whole
	Msg     string
}

func (e LintError) Error() string {
	if e.Step == "" {
		return fmt.Sprintf("runbook %s: %s", e.Runbook, e.Msg)
	}
	return fmt.Sprintf("runbook %s: step %s: %s", e.Runbook, e.Step, e.Msg)
}

const (
	maxTitle     = 60
	maxStepWords = 120
)

// Lint checks a library: every edge leads to a step, every path can end, every
// result has an edge, unknown never leads on as if it were pass, every risky
// step proves itself before and after and says how to go back, and every step
// has words in every language with the same warnings and placeholders.
func Lint(lib *Library) []LintError {
	var out []LintError
	for _, r := range lib.books {
		l := &linter{r: r}
		l.head()
		l.graph()
		for _, s := range r.Steps {
			l.step(s)
		}
		l.prose()
		for _, id := range r.Related {
			if _, ok := lib.Get(id); !ok {
				l.fail("", "related runbook %q does not exist", id)
			}
		}
		out = append(out, l.out...)
	}
	return out
}

type linter struct {
	r   *Runbook
	out []LintError
}

func (l *linter) fail(step, format string, args ...any) {
	l.out = append(l.out, LintError{l.r.ID, step, fmt.Sprintf(format, args...)})
}

func (l *linter) head() {
	r := l.r
	if !validID(r.ID) {
		l.fail("", "id %q: want a-z, 0-9 and -", r.ID)
	}
	if r.Version < 1 || r.Severity < 1 || r.Severity > 4 || r.Minutes < 1 || r.People < 1 {
		l.fail("", "version, severity (1 to 4), minutes and people are needed")
	}
	for _, lang := range Languages() {
		t := r.Title.In(lang)
		if t == "" || utf8.RuneCountInString(t) > maxTitle {
			l.fail("", "title in %s: want 1 to %d characters", lang, maxTitle)
		}
		if r.Impact.In(lang) == "" {
			l.fail("", "impact in %s is missing", lang)
		}
	}
	if len(r.Triggers) == 0 || len(r.Symptoms) == 0 || len(r.Products) == 0 {
		l.fail("", "triggers, symptoms and products are needed")
	}
	if r.ResumeMax <= 0 {
		l.fail("", "resume_max is needed")
	}
	if _, err := time.Parse(time.DateOnly, r.ReviewedOn); err != nil || r.ReviewEvery < 1 {
		l.fail("", "reviewed_on (a day) and review_every_days are needed")
	}
	most := R0
	for _, s := range r.Steps {
		most = max(most, s.Risk)
	}
	if most != r.RiskMax {
		l.fail("", "risk_max is %s, the steps reach %s", r.RiskMax, most)
	}
}

func validID(id string) bool {
	return id != "" && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (l *linter) graph() {
	ids := map[string]bool{}
	for _, s := range l.r.Steps {
		if !validID(s.ID) || ids[s.ID] {
			l.fail(s.ID, "id is empty, has other letters than a-z 0-9 -, or stands twice")
		}
		ids[s.ID] = true
	}
	if !ids[l.r.First] {
		l.fail("", "first step %q does not exist", l.r.First)
	}
	for _, s := range l.r.Steps {
		for _, to := range s.Next() {
			if !ids[to] {
				l.fail(s.ID, "leads to %q, which does not exist", to)
			}
		}
	}
	reached := l.reach(l.r.First)
	for _, s := range l.r.Steps {
		if !reached[s.ID] {
			l.fail(s.ID, "no path leads here")
		}
		ends := false
		for id := range l.reach(s.ID) {
			if to, ok := l.r.Step(id); ok && to.Kind == End {
				ends = true
			}
		}
		if !ends {
			l.fail(s.ID, "no path from here comes to an end")
		}
	}
}

func (l *linter) reach(from string) map[string]bool {
	seen := map[string]bool{}
	todo := []string{from}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[id] {
			continue
		}
		seen[id] = true
		if s, ok := l.r.Step(id); ok {
			todo = append(todo, s.Next()...)
		}
	}
	return seen
}

func (l *linter) step(s Step) {
	l.edges(s)
	l.kind(s)
	for what, p := range map[string]*Predicate{"expect": s.Expect, "before": s.Before, "after": s.After} {
		if p == nil {
			continue
		}
		if msg := p.problem(); msg != "" {
			l.fail(s.ID, "%s: %s", what, msg)
		}
	}
}

func (l *linter) edges(s Step) {
	if s.Kind == Branch || s.Kind == End {
		if len(s.On) > 0 {
			l.fail(s.ID, "a %s has no results", s.Kind)
		}
		return
	}
	want := s.Results()
	if want == nil {
		l.fail(s.ID, "kind %q is not known", s.Kind)
		return
	}
	for _, result := range want {
		if s.On[result] == "" {
			l.fail(s.ID, "result %q leads nowhere", result)
		}
	}
	for result := range s.On {
		if !slices.Contains(want, result) {
			l.fail(s.ID, "result %q does not exist for a %s: want %s", result, s.Kind, strings.Join(want, ", "))
		}
	}
	if good, ok := s.On["pass"]; ok && s.On["unknown"] == good {
		l.fail(s.ID, "unknown leads where pass leads: not knowing must never pass")
	}
}

func (l *linter) kind(s Step) {
	need := func(ok bool, what string) {
		if !ok {
			l.fail(s.ID, "a %s needs %s", s.Kind, what)
		}
	}
	switch s.Kind {
	case Check:
		need(s.Expect != nil && s.MaxAge > 0, "expect and max_age")
	case Observe:
		need(len(s.Choices) >= 2 && slices.ContainsFunc(s.Choices, func(c Choice) bool { return c.ID == "cannot-see" }), "choices, one of them cannot-see")
		for _, c := range s.Choices {
			need(c.Text.EN != "" && c.Text.FR != "", "every choice in both languages")
		}
	case Action:
		need(s.Risk == R2, "risk R2: this version offers no other")
		need(s.Before != nil && s.After != nil && s.MaxAge > 0 && s.Within > 0 && s.Every > 0, "before, after, max_age, within and every")
		need(s.Undo != nil && s.Undo.EN != "" && s.Undo.FR != "", "undo in both languages")
	case Wait:
		need(s.Expect != nil && s.MaxAge > 0 && s.Within > 0 && s.Every > 0, "expect, max_age, within and every")
	case Branch:
		need(len(s.When) > 0 && s.Else != "", "when and else")
		for _, w := range s.When {
			if from, ok := l.r.Step(w.Step); !ok || !slices.Contains(from.Results(), w.Is) {
				l.fail(s.ID, "when %s is %q: no such step or result", w.Step, w.Is)
			}
		}
	case Collect:
		need(s.Profile != "", "a profile")
	case Escalate:
		need(s.Severity >= 1 && s.Severity <= 4 && s.Summary != nil && s.Summary.EN != "" && s.Summary.FR != "" && len(s.Hold) > 0, "severity, summary and hold")
	case End:
		need(slices.Contains([]Outcome{Resolved, Mitigated, Escalated, NotApplicable}, s.Outcome), "an outcome")
		if s.Outcome == Resolved {
			from, ok := l.r.Step(s.Needs)
			need(ok && (from.Kind == Check || from.Kind == Action || from.Kind == Wait), "needs: the check that proves it")
		}
	}
	if s.Kind != Action && s.Risk != "" && s.Risk != R0 {
		l.fail(s.ID, "only an action carries a risk")
	}
}

func (l *linter) prose() {
	for _, lang := range Languages() {
		p := l.r.Prose[lang]
		if p.Intro == "" {
			l.fail("", "%s: the introduction is missing", lang)
		}
		for _, s := range l.r.Steps {
			sec, ok := p.Sections[s.ID]
			if !ok || sec.Title == "" || sec.Body == "" {
				l.fail(s.ID, "%s: no words", lang)
				continue
			}
			if n := len(strings.Fields(sec.Body)); n > maxStepWords {
				l.fail(s.ID, "%s: %d words, at most %d: cut the step", lang, n, maxStepWords)
			}
			if strings.Contains(sec.Body, "://") || strings.Contains(sec.Body, "```") {
				l.fail(s.ID, "%s: no address on a network and no block of commands belong in a step", lang)
			}
		}
		for id := range p.Sections {
			if _, ok := l.r.Step(id); !ok {
				l.fail(id, "%s: words for a step that does not exist", lang)
			}
		}
	}
	l.parity()
}

// parity: a translation that lost a warning or a placeholder is a finding.
func (l *linter) parity() {
	for _, s := range l.r.Steps {
		en, fr := l.r.Prose[English].Sections[s.ID].Body, l.r.Prose[French].Sections[s.ID].Body
		if strings.Count(en, "\n> ")+strings.Count("\n"+en, "\n> ") != strings.Count(fr, "\n> ")+strings.Count("\n"+fr, "\n> ") {
			l.fail(s.ID, "the number of warnings (lines beginning with >) differs between the languages")
		}
		if !slices.Equal(placeholders(en), placeholders(fr)) {
			l.fail(s.ID, "placeholders differ: en %v, fr %v", placeholders(en), placeholders(fr))
		}
	}
}

// Placeholder finds {name} in prose; the engine fills target and component.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func placeholders(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}
