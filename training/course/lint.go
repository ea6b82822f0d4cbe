package course

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"darksite/runbooks"
	"darksite/training/certificate"
	"darksite/training/exam"
)

// Limits are what a course is held against.
type Limits struct {
	Lab     func(id string) bool   // whether there is such a lab
	Runbook func(id string) bool   // whether there is such a runbook
	Command func(line string) bool // whether a line of a code block is a command that is understood; nil to take each
}

// Finding is one thing wrong with a lesson.
type Finding struct {
	Lesson string
	Msg    string
}

func (f Finding) Error() string { return "lesson " + f.Lesson + ": " + f.Msg }

// Lint lists what is wrong with a course.
func Lint(c *Course, lim Limits) (out []Finding) {
	for _, l := range c.lessons {
		n := &linter{l: l, limits: lim}
		n.head()
		n.words()
		n.frames()
		n.questions()
		out = append(out, n.out...)
	}
	return append(out, c.gaps()...)
}

// gaps finds numbers that are missing in a track.
func (c *Course) gaps() (out []Finding) {
	first := map[certificate.Track]int{certificate.Admin: 0, certificate.Officer: 1, certificate.TSE: 1}
	for _, t := range certificate.Tracks() {
		for i, l := range c.Lessons(t) {
			if want := first[t] + i; l.number() != want {
				out = append(out, Finding{l.ID, fmt.Sprintf("the lesson %d of this track is missing", want)})
				break
			}
		}
	}
	return out
}

type linter struct {
	l      *Lesson
	limits Limits
	out    []Finding
}

func (n *linter) fail(format string, args ...any) {
	n.out = append(n.out, Finding{n.l.ID, fmt.Sprintf(format, args...)})
}

func (n *linter) head() {
	letter := map[certificate.Track]string{certificate.Admin: "a", certificate.Officer: "s", certificate.TSE: "t"}[n.l.Track]
	if letter == "" {
		n.fail("track %q: want one of %v", n.l.Track, certificate.Tracks())
	} else if !strings.HasPrefix(n.l.ID, letter) || n.l.number() < 0 {
		n.fail("lessons for %s are called %s and a number", n.l.Track, letter)
	}
	if n.l.Minutes < 1 || n.l.Minutes > MaxMinutes {
		n.fail("%d minutes: want 1 to %d; cut it in two", n.l.Minutes, MaxMinutes)
	}
	n.both("title", n.l.Title)
	n.both("objective", n.l.Objective)
	if n.l.Lab != "" && (n.limits.Lab == nil || !n.limits.Lab(n.l.Lab)) {
		n.fail("lab %q does not exist", n.l.Lab)
	}
	for _, id := range n.l.Runbooks {
		if n.limits.Runbook == nil || !n.limits.Runbook(id) {
			n.fail("runbook %q does not exist", id)
		}
	}
}

func (n *linter) both(what string, t runbooks.Text) {
	if strings.TrimSpace(t.EN) == "" || strings.TrimSpace(t.FR) == "" {
		n.fail("%s: want words in English and French", what)
	}
}

// words holds the two texts against each other: what is said may differ in length, what
// is to be done and to be typed may not.
func (n *linter) words() {
	en, fr := outline(n.l.Words[runbooks.English]), outline(n.l.Words[runbooks.French])
	for _, lang := range runbooks.Languages() {
		text := n.l.Words[lang]
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }) {
			n.fail("%s.md: want plain UTF-8 text with line feeds and no other control characters", lang)
		}
		if count := len(strings.Fields(text)); count > MaxWords || count < 60 {
			n.fail("%s.md has %d words: want 60 to %d", lang, count, MaxWords)
		}
	}
	if en.headings != fr.headings {
		n.fail("%d headings in English and %d in French", en.headings, fr.headings)
	}
	if en.warnings != fr.warnings {
		n.fail("%d warnings in English and %d in French", en.warnings, fr.warnings)
	}
	if en.items != fr.items {
		n.fail("%d points in lists in English and %d in French", en.items, fr.items)
	}
	if !slices.Equal(en.code, fr.code) {
		n.fail("the commands differ between the languages: %q and %q", en.code, fr.code)
	}
	if en.indented || fr.indented {
		n.fail("a line begins with four spaces: what is typed stands between lines of %s", fence)
	}
	for _, line := range en.code {
		if n.limits.Command != nil && !n.limits.Command(line) {
			n.fail("%q is no command of the kit", line)
		}
	}
}

// shape is what two texts must have in common.
type shape struct {
	headings, warnings, items int
	code                      []string
	indented                  bool // a line of code that stands in no fence, and so in a list may be none
}

// fence stands before and behind what is typed.
const fence = "```"

var point = regexp.MustCompile(`^\s*([-*]|[0-9]+\.) `)

func outline(text string) (s shape) {
	quoted, fenced := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == fence:
			fenced = !fenced
		case fenced:
			s.code = append(s.code, line)
		case strings.HasPrefix(line, "#"):
			s.headings++
		case strings.HasPrefix(line, "    "):
			s.indented = true
		case strings.HasPrefix(line, ">"):
			if !quoted {
				s.warnings++
			}
		case point.MatchString(line):
			s.items++
		}
		quoted = strings.HasPrefix(line, ">")
	}
	return s
}

func (n *linter) frames() {
	for i, f := range n.l.Frames {
		n.both(fmt.Sprintf("words of picture %d", i+1), f.Text)
		svg := string(f.SVG)
		if !strings.HasPrefix(strings.TrimSpace(svg), "<svg") || !strings.Contains(svg, "viewBox=") {
			n.fail("picture %s: want an SVG with a viewBox and nothing before it", f.File)
		}
		for _, bad := range []string{"<script", "href=", "url(", "<image", "<foreignObject", "onload="} {
			if strings.Contains(svg, bad) {
				n.fail("picture %s holds %q: pictures run nothing and fetch nothing", f.File, bad)
			}
		}
	}
}

func (n *linter) questions() {
	if len(n.l.Questions) != Checks {
		n.fail("%d check questions: want %d", len(n.l.Questions), Checks)
	}
	items := make([]*exam.Item, len(n.l.Questions))
	for i := range n.l.Questions {
		items[i] = &n.l.Questions[i]
	}
	known := func(ref string) bool {
		id, ok := strings.CutPrefix(ref, "runbook:")
		return ref == "lesson:"+n.l.ID || ok && n.limits.Runbook != nil && n.limits.Runbook(id)
	}
	for _, f := range exam.LintItems(items, exam.Limits{Known: known}) {
		n.fail("%s", f.Error())
	}
}
