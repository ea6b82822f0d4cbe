package push

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"darksite/localmon"
)

// Bounds of what is taken from a text.
const (
	maxAlertText = 16 << 10 // of it, in bytes, is looked at
	maxType      = 64
	maxComponent = 512
	maxIssue     = 512
	maxSummary   = 1024
	maxDetail    = 2048
)

// What parsers of such lines look for.
var (
	codeInBrackets = regexp.MustCompile(`(?:^|\s)\[(\d{1,6})\](?:\s|$|[.,;:])`)
	codeByName     = regexp.MustCompile(`(?i)\bcode\s*[:= ]\s*(\d{1,6})\b`)
	codeOfArticle  = regexp.MustCompile(`(?i)[?&]cid=Alert_0*(\d{1,6})\b`)
	article        = regexp.MustCompile(`(?i)\bknowledge ?base(?: article| url)?\s*[:=]\s*(\S{1,512})`)
	alertNumber    = regexp.MustCompile(`(?i)\(?\balert id\s*[:=]?\s*([0-9a-f-]{1,64})\b\)?`)
	severityByName = regexp.MustCompile(`(?i)\bseverity\s*[:= ]\s*(critical|warning|info|hidden)`)
	stateByName    = regexp.MustCompile(`(?im)\b(?:alert )?state\s*[:=]\s*(open|closing|closed|waiting to downgrade)\b`)
	componentField = regexp.MustCompile(`(?im)\bcomponent(?:[ _]name)?\s*[:=]\s*"?([A-Za-z0-9_./-]{1,128})`)
	arrayName      = regexp.MustCompile(`(?i)\barray name\s*[:=]\s*([A-Za-z0-9_.-]{1,255})`)
	partName       = regexp.MustCompile(`(?i)\b((?:ct|ch|sh|fb|fm|xfm)\d{1,3}(?:\.[a-z]{1,8}\d{1,4})*)\b`)

	// leading is how a line begins that names severity and state first.
	leading = regexp.MustCompile(`(?i)^\s*(?:purity\.alert(?:\[\d*\])?\s*:\s*)?(?:(critical|warning|info)\b[:\s]*)?(?:(open|closing|closed|cleared|resolved)\b)?`)
	// saidOver is a sentence about the alert itself; unless one that says when
	// it will be.
	saidOver = regexp.MustCompile(`(?i)\b(?:alert|issue|problem|condition|event|failure|fault)\b[^.\n]{0,200}?\b(?:has been|have been|is now|was|is)\s+(?:closed|cleared|resolved)\b`)
	tagOver  = regexp.MustCompile(`(?i)[(\[](?:closed|cleared|resolved)[)\]]|\balert (?:closed|cleared|resolved)\b`)
	someday  = regexp.MustCompile(`(?i)\b(?:until|unless|when|once|if|after|before|not|never)\b`)

	// label begins what follows the subject.
	label = regexp.MustCompile(`(?i)\s\(?(?:severity|tag|utc(?: time)?|array name|domain|suggested action|knowledge base article|purity version|variables)\b\s*[:=]`)
)

// ReadAlert finds what a text says of an alert of an array: the body of a
// syslog message with the program's name before it, or the subject and body of
// a trap. It returns false where the text is about something else. ID and the
// times are not in a text and stay empty.
func ReadAlert(text string) (localmon.ArrayAlert, bool) {
	if len(text) > maxAlertText {
		text = text[:maxAlertText]
	}
	text = strings.ToValidUTF8(unfold(text), "\uFFFD")
	s, shaped := findShape(text)
	if !shaped && !strings.Contains(strings.ToLower(text), "alert") {
		return localmon.ArrayAlert{}, false
	}
	first := subject(text)
	lead := leading.FindStringSubmatch(text)
	a := localmon.ArrayAlert{
		Name: find(alertNumber, text), Code: code(text),
		Severity:      strings.ToLower(cmp.Or(find(severityByName, text), lead[1])),
		State:         strings.ToLower(find(stateByName, text)),
		KnowledgeBase: Line(find(article, text), maxIssue),
	}
	if a.State == "" && (lead[2] != "" || saysOver(text)) {
		a.State = state(lead[2])
	}
	if shaped {
		a.ComponentType, a.Component, a.Issue = s.typ, s.component, Line(s.issue, maxIssue)
		a.Expected, a.Actual = Line(s.expected, maxIssue), Line(s.actual, maxIssue)
		a.Summary = Line("("+s.typ+":"+s.component+"): "+s.issue, maxSummary)
		a.Description = Line(text[s.at:], maxDetail)
		return a, true
	}
	if a.Code == 0 || a.Severity == "" && a.Name == "" && !strings.Contains(text, "purity.alert") {
		return localmon.ArrayAlert{}, false
	}
	a.Component = cmp.Or(find(componentField, text), find(partName, first))
	a.Issue = Line(bare(first), maxIssue)
	a.Summary, a.Description = a.Issue, Line(text, maxDetail)
	return a, true
}

// ArrayName is the name the array gives itself within the text of a message,
// for those whose frame names no host.
func ArrayName(text string) string { return find(arrayName, unfold(text)) }

func find(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func code(text string) int {
	n, err := strconv.Atoi(cmp.Or(find(codeInBrackets, text), find(codeByName, text), find(codeOfArticle, text)))
	if err != nil {
		return 0 // none of them was found
	}
	return n
}

// state is the array's word for what a line began with.
func state(word string) string {
	switch word = strings.ToLower(word); word {
	case "open", "closing":
		return word
	default:
		return "closed"
	}
}

// saysOver reports whether a text says of its alert that it is closed, cleared
// or resolved. Only the subject is asked: what to do until an issue is resolved
// stands below it.
func saysOver(text string) bool {
	if m := leading.FindStringSubmatch(text); m[2] != "" {
		return state(m[2]) == "closed"
	}
	s := subject(unfold(text))
	if at := saidOver.FindStringIndex(s); at != nil {
		sentence := s[strings.LastIndex(s[:at[0]], ". ")+1 : at[1]]
		return !someday.MatchString(sentence)
	}
	return tagOver.MatchString(s)
}

// subject is the text before the first label or line break.
func subject(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if at := label.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return text
}

// bare is a subject without what was read from it.
func bare(subject string) string {
	subject = codeInBrackets.ReplaceAllString(subject, " ")
	if lead := leading.FindString(subject); lead != "" {
		subject = subject[len(lead):]
	}
	return strings.TrimSpace(alertNumber.ReplaceAllString(subject, ""))
}

// shape is the text every recorded alert has:
//
//	(component_type:component_name): issue Expected: X, Actual: Y
type shape struct {
	at                      int
	typ, component          string
	issue, expected, actual string
}

func findShape(text string) (shape, bool) {
	for at := 0; at < len(text); at++ {
		next := strings.IndexByte(text[at:], '(')
		if next < 0 {
			break
		}
		at += next
		if s, ok := shapeAt(text, at); ok {
			return s, true
		}
	}
	return shape{}, false
}

func shapeAt(text string, at int) (shape, bool) {
	typ, _, ok := strings.Cut(text[at+1:min(len(text), at+maxType+2)], ":")
	if !ok || typ == "" || strings.Trim(typ, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return shape{}, false
	}
	begin := at + 1 + len(typ) + 1
	length := closing(text[begin:min(len(text), begin+maxComponent+1)])
	if length <= 0 {
		return shape{}, false
	}
	name := text[begin : begin+length]
	rest, ok := strings.CutPrefix(text[begin+length:], "):")
	if !ok || !utf8.ValidString(name) {
		return shape{}, false
	}
	s := shape{at: at, typ: typ, component: Line(name, maxComponent)}
	s.issue = subject(rest)
	if i := codeInBrackets.FindStringIndex(s.issue); i != nil {
		s.issue = s.issue[:i[0]] + " " + strings.TrimLeft(s.issue[i[1]:], " ")
	}
	if issue, found, ok := strings.Cut(s.issue, "Expected:"); ok {
		s.issue = issue
		s.expected, s.actual, _ = strings.Cut(found, "Actual:")
		s.expected = strings.TrimSuffix(strings.TrimSpace(s.expected), ",")
	}
	s.issue = strings.TrimSpace(s.issue)
	return s, s.component != "" && s.issue != ""
}

// closing is the index of the bracket that closes one opened before s; names
// hold brackets themselves. It is -1 when there is none on the line.
func closing(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return i
			}
			depth--
		case '\n':
			return -1
		}
	}
	return -1
}
