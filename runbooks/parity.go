package runbooks

import (
	"regexp"
	"slices"
	"strings"
)

// What a translation must leave as it is, and how it is told in a finding.
var (
	codeSpan = regexp.MustCompile("`[^`\n]*(?:\n[^`\n]+)?`")
	// menuPath is a way through the pages of a console, such as Health > Hardware.
	menuPath  = regexp.MustCompile(`\p{Lu}[\p{L} ]*?(?: > (?:\{component\}|\p{Lu}[\p{L}-]*(?: \p{Lu}[\p{L}-]*)*))+`)
	quoteMark = regexp.MustCompile(`(?m)^> ?`)
	figures   = regexp.MustCompile(`[0-9]+(?:[.,][0-9]+)?`)
)

// parity holds the words of one place against their translation. What lint cannot
// judge is the language; what it can is that nothing was left out and nothing a
// person types, looks for or counts was changed: warnings, lists, placeholders,
// commands, pages of a console, figures, emphasis.
func (l *linter) parity(step, en, fr string) {
	if a, b := warnings(en), warnings(fr); a != b {
		l.fail(step, "the number of warnings (paragraphs beginning with >) differs between the languages: en %d, fr %d", a, b)
	}
	for _, same := range []struct {
		what string
		of   func(string) []string
	}{
		{"placeholders", placeholders},
		{"commands and code", func(s string) []string { return found(codeSpan, s) }},
		{"pages of a console", menuPaths},
		{"figures", func(s string) []string { return found(figures, codeSpan.ReplaceAllString(s, "")) }},
		{"points of lists", listMarks},
		{"bold words", func(s string) []string { return make([]string, strings.Count(s, "**")/2) }},
	} {
		if a, b := same.of(en), same.of(fr); !slices.Equal(a, b) {
			l.fail(step, "%s differ: en %v, fr %v", same.what, a, b)
		}
	}
	if a, b := len(strings.Fields(en)), len(strings.Fields(fr)); min(a, b) >= fewWords && 2*min(a, b) < max(a, b) {
		l.fail(step, "one language says half of what the other says: en %d words, fr %d", a, b)
	}
	if en == fr && len(strings.Fields(codeSpan.ReplaceAllString(en, ""))) >= fewWords {
		l.fail(step, "the words are the same in both languages: they are not translated")
	}
	for _, p := range placeholders(en) {
		if !slices.Contains([]string{"{component}", "{run}", "{target}"}, p) {
			l.fail(step, "placeholder %s is filled by nobody: want {target}, {component} or {run}", p)
		}
	}
}

// fewWords is what may happen to be as long, or the same, in two languages.
const fewWords = 4

// found lists what fits, sorted, line ends taken as blanks.
func found(what *regexp.Regexp, s string) []string {
	out := what.FindAllString(s, -1)
	for i := range out {
		out[i] = strings.ReplaceAll(strings.Join(strings.Fields(out[i]), " "), ",", ".")
	}
	slices.Sort(out)
	return out
}

// menuPaths lists the ways through a console. The words before the first sign
// may belong to the sentence, so only the last of them counts.
func menuPaths(s string) []string {
	s = quoteMark.ReplaceAllString(codeSpan.ReplaceAllString(s, ""), "")
	s = strings.Join(strings.Fields(s), " ")
	out := menuPath.FindAllString(s, -1)
	for i, p := range out {
		first, rest, _ := strings.Cut(p, " > ")
		out[i] = first[strings.LastIndex(first, " ")+1:] + " > " + rest
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// listMarks lists the points of the lists, in order: "-" or the number.
func listMarks(body string) []string {
	var out []string
	for line := range strings.Lines(body) {
		mark, _, ok := strings.Cut(strings.TrimLeft(line, " >"), " ")
		if ok && (mark == "-" || numbered.MatchString(mark)) {
			out = append(out, mark)
		}
	}
	return out
}

var numbered = regexp.MustCompile(`^[0-9]+\.$`)

// warnings counts the paragraphs whose lines begin with ">", however long their
// lines are.
func warnings(body string) int {
	n, inside := 0, false
	for line := range strings.Lines(body) {
		quoted := strings.HasPrefix(line, ">")
		if quoted && !inside {
			n++
		}
		inside = quoted
	}
	return n
}

// placeholder finds {name} in words; the engine fills them.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// placeholders lists each once: a language may name a part a second time where
// another says "it".
func placeholders(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return slices.Compact(found)
}
