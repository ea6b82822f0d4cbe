package runbooks

import (
	"fmt"
	"maps"
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
// result has an edge, unknown never leads on as if it were pass and reaches no
// action and no good end before a person or a check has looked again, every
// risky step proves itself before and after and says how to go back, no field
// stands where it is not read, and every step has words in every language with
// the same warnings and placeholders.
func Lint(lib *Library) []LintError {
	var out []LintError
	for _, r := range lib.books {
		l := &linter{r: r, lib: lib}
		l.head()
		l.graph()
		for _, s := range r.Steps {
			l.edges(s)
			l.kind(s)
			l.predicates(s)
			l.fields(s)
			l.figure(s)
		}
		l.prose()
		for _, id := range r.Related {
			if _, ok := lib.Get(id); !ok {
				l.fail("", "related runbook %q does not exist", id)
			}
		}
		l.calls()
		out = append(out, l.out...)
	}
	return out
}

type linter struct {
	r   *Runbook
	lib *Library
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
	if len(r.Triggers) == 0 && len(r.Tasks) == 0 {
		l.fail("", "no alert and no task leads here: triggers or tasks are needed")
	}
	if slices.ContainsFunc(r.Tasks, func(t Text) bool { return !whole(&t) }) {
		l.fail("", "a task needs words in both languages")
	}
	if len(r.Symptoms) == 0 || r.Audience == "" || r.Owner == "" {
		l.fail("", "symptoms, audience and owner are needed")
	}
	if len(r.Products) == 0 || slices.ContainsFunc(r.Products, func(p string) bool { return !slices.Contains(products, p) }) {
		l.fail("", "products %v: want one or several of %s", r.Products, strings.Join(products, ", "))
	}
	for _, t := range r.Triggers {
		if t.Rule == "" && len(t.Codes) == 0 {
			l.fail("", "a trigger names neither a rule nor a number of the array's")
		}
		if slices.ContainsFunc(t.Codes, func(c int) bool { return c < 1 }) {
			l.fail("", "a trigger has a number no alert of an array has")
		}
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
		if callee, ok := l.lib.Get(s.Runbook); ok && s.Kind == Call && callee != r {
			most = max(most, callee.RiskMax)
		}
	}
	if most != r.RiskMax {
		l.fail("", "risk_max is %s, the steps reach %s", r.RiskMax, most)
	}
}

// products are the kinds of target a runbook can be about.
var products = []string{"flasharray", "flashblade", "host"}

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
	reached := l.reach(func(Step) bool { return true }, l.r.First)
	for _, s := range l.r.Steps {
		if !reached[s.ID] {
			l.fail(s.ID, "no path leads here")
		}
		ends := false
		for id := range l.reach(func(Step) bool { return true }, s.ID) {
			if to, ok := l.r.Step(id); ok && to.Kind == End {
				ends = true
			}
		}
		if !ends {
			l.fail(s.ID, "no path from here comes to an end")
		}
	}
}

// reach is every id that can follow from the given ones, themselves included,
// going on only behind steps that pass.
func (l *linter) reach(pass func(Step) bool, from ...string) map[string]bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		id := from[len(from)-1]
		from = from[:len(from)-1]
		if seen[id] {
			continue
		}
		seen[id] = true
		if s, ok := l.r.Step(id); ok && pass(s) {
			from = append(from, s.Next()...)
		}
	}
	return seen
}

func (l *linter) predicates(s Step) {
	for _, p := range []struct {
		what string
		*Predicate
	}{{"expect", s.Expect}, {"before", s.Before}, {"after", s.After}} {
		if p.Predicate == nil {
			continue
		}
		if msg := p.problem(); msg != "" {
			l.fail(s.ID, "%s: %s", p.what, msg)
		}
	}
}

func (l *linter) edges(s Step) {
	if s.Kind == Branch || s.Kind == End {
		if len(s.On) > 0 {
			l.fail(s.ID, "%s has no results", a(s.Kind))
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
		if !slices.Contains(want, result) && !(s.Risk == R1 && result == "unknown") { // which it can be once it asks something
			l.fail(s.ID, "result %q does not exist for %s: want %s", result, a(s.Kind), strings.Join(want, ", "))
		}
	}
	good := map[Kind]string{Check: "pass", Action: "done", Wait: "reached", Call: string(Resolved)}[s.Kind]
	if s.Risk == R1 { // what the kit did not manage has changed nothing
		good = ""
	}
	for _, bad := range []string{"fail", "failed", "not_done", "expired", "unknown"} {
		if to, ok := s.On[bad]; ok && good != "" && to == s.On[good] {
			l.fail(s.ID, "%s leads where %s leads", bad, good)
		}
	}
	if to, ok := s.On["unknown"]; ok && s.Kind != Observe {
		l.blind(s, to)
	}
}

// blind: from an edge of not knowing no action and no good end is reached before
// a person has looked, a check has been asked again, or a case is drafted.
func (l *linter) blind(from Step, to string) {
	onward := func(s Step) bool { return s.Kind == Read || s.Kind == Collect || s.Kind == Branch }
	for _, s := range l.r.Steps {
		if l.reach(onward, to)[s.ID] && (s.Kind == Action || s.Kind == End && s.Outcome != Escalated) {
			l.fail(from.ID, "unknown reaches %s and nobody has looked", s.ID)
		}
	}
}

// fields: what a step of this kind does not read must not be there, or its
// author believes in a check that is never asked.
func (l *linter) fields(s Step) {
	for _, f := range []struct {
		name  string
		set   bool
		kinds []Kind
	}{
		{"expect", s.Expect != nil, []Kind{Check, Wait}},
		{"max_age", s.MaxAge != 0, []Kind{Check, Action, Wait}},
		{"choices", s.Choices != nil, []Kind{Observe}},
		{"before", s.Before != nil, []Kind{Action}},
		{"after", s.After != nil, []Kind{Action}},
		{"within", s.Within != 0, []Kind{Action, Wait}},
		{"every", s.Every != 0, []Kind{Action, Wait}},
		{"undo", s.Undo != nil, []Kind{Action}},
		{"do", s.Do != nil, []Kind{Action}},
		{"runbook", s.Runbook != "", []Kind{Call}},
		{"when", s.When != nil, []Kind{Branch}},
		{"else", s.Else != "", []Kind{Branch}},
		{"profile", s.Profile != "", []Kind{Collect}},
		{"severity", s.Severity != 0, []Kind{Escalate}},
		{"summary", s.Summary != nil, []Kind{Escalate}},
		{"hold", s.Hold != nil, []Kind{Escalate}},
		{"outcome", s.Outcome != "", []Kind{End}},
		{"needs", s.Needs != "", []Kind{End}},
	} {
		if f.set && !slices.Contains(f.kinds, s.Kind) {
			l.fail(s.ID, "%s is never read in %s", f.name, a(s.Kind))
		}
	}
}

func (l *linter) kind(s Step) {
	need := func(ok bool, what string) {
		if !ok {
			l.fail(s.ID, "%s needs %s", a(s.Kind), what)
		}
	}
	switch s.Kind {
	case Check:
		need(s.Expect != nil && s.MaxAge > 0, "expect and max_age")
	case Observe:
		need(len(s.Choices) >= 2 && slices.ContainsFunc(s.Choices, func(c Choice) bool { return c.ID == "cannot-see" }), "choices, one of them cannot-see")
		seen := map[string]bool{}
		for _, c := range s.Choices {
			need(whole(&c.Text), "every choice in both languages")
			need(validID(c.ID) && len(c.ID) > 1 && !seen[c.ID], "choices with an id of at least two letters, each once")
			seen[c.ID] = true
		}
	case Action:
		l.action(s, need)
	case Call:
		need(s.Runbook != "", "a runbook")
	case Wait:
		need(s.Expect != nil && s.MaxAge > 0 && s.Every > 0 && s.Every <= s.Within, "expect, max_age, within and a shorter every")
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
		need(s.Severity >= 1 && s.Severity <= 4, "a severity from 1 to 4")
		need(whole(s.Summary), "a summary in both languages")
		need(len(s.Hold) > 0 && !slices.ContainsFunc(s.Hold, func(t Text) bool { return !whole(&t) }), "hold in both languages")
	case End:
		need(slices.Contains([]Outcome{Resolved, Mitigated, Escalated, NotApplicable}, s.Outcome), "an outcome")
		if s.Outcome == Resolved {
			from, ok := l.r.Step(s.Needs)
			need(ok && (from.Kind == Check || from.Kind == Action || from.Kind == Wait), "a step in needs: the check, the wait or the action that proves it")
		}
	}
	if s.Kind != Action && s.Risk != "" && s.Risk != R0 {
		l.fail(s.ID, "only an action carries a risk")
	}
}

// a puts the article before a kind.
func a(k Kind) string {
	if k != "" && strings.ContainsRune("aeio", rune(k[0])) {
		return "an " + string(k)
	}
	return "a " + string(k)
}

func whole(t *Text) bool { return t != nil && t.EN != "" && t.FR != "" }

func (l *linter) prose() {
	for _, lang := range Languages() {
		p := l.r.Prose[lang]
		if p.Title != l.r.Title.In(lang) {
			l.fail("", "%s: the title of the words is not the title of the runbook", lang)
		}
		if p.Intro == "" {
			l.fail("", "%s: the introduction is missing", lang)
		}
		l.words("", lang, p.Intro)
		for _, s := range l.r.Steps {
			sec := p.Sections[s.ID]
			if sec.Title == "" || sec.Body == "" {
				l.fail(s.ID, "%s: no words", lang)
				continue
			}
			if n := len(strings.Fields(sec.Body)); n > maxStepWords {
				l.fail(s.ID, "%s: %d words, at most %d: cut the step", lang, n, maxStepWords)
			}
			l.words(s.ID, lang, sec.Body)
		}
		for _, id := range slices.Sorted(maps.Keys(p.Sections)) {
			if _, ok := l.r.Step(id); !ok {
				l.fail(id, "%s: words for a step that does not exist", lang)
			}
		}
	}
	en, fr := l.r.Prose[English], l.r.Prose[French]
	l.parity("", en.Intro, fr.Intro)
	for _, s := range l.r.Steps {
		l.parity(s.ID, en.Sections[s.ID].Body, fr.Sections[s.ID].Body)
		for _, t := range s.texts() {
			l.parity(s.ID, t.EN, t.FR)
		}
	}
}

// texts lists the phrases of a step that stand in its logic file.
func (s Step) texts() []Text {
	out := slices.Clone(s.Hold)
	for _, c := range s.Choices {
		out = append(out, c.Text)
	}
	for _, t := range []*Text{s.Undo, s.Summary} {
		if t != nil {
			out = append(out, *t)
		}
	}
	return out
}

func (l *linter) words(step string, lang Lang, body string) {
	for _, no := range []string{"://", "```", "~~~"} {
		if strings.Contains(body, no) {
			l.fail(step, "%s: no address on a network and no block of commands belong here", lang)
		}
	}
}
