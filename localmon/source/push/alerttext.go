package push

import (
	"cmp"
	"slices"
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
	maxBrackets  = 64 // are looked at for the beginning of an alert's text
)

// What parsers of such lines look for.
var (
	severityWords = []string{Critical, Warning, Info, "hidden"}
	stateWords    = []string{"open", "closing", "closed", "cleared", "resolved", "waiting to downgrade"}
	overWords     = []string{"closed", "cleared", "resolved"}
	// partWords begin the names of parts: controller, chassis, shelf, blade,
	// fabric module.
	partWords = []string{"xfm", "ct", "ch", "sh", "fb", "fm"}
	// labels begin what follows the subject.
	labels = []string{
		"severity", "tag", "utc", "utc time", "array name", "domain", "suggested action",
		"knowledge base article", "purity version", "variables",
	}
)

// ReadAlert finds what a text says of an alert of an array: the body of a
// syslog message with the program's name before it, or the subject and body of
// a trap. It returns false where the text is about something else. ID and the
// times are not in a text and stay empty.
func ReadAlert(text string) (localmon.ArrayAlert, bool) {
	text = unfold(text[:min(len(text), maxAlertText)])
	s, shaped := findShape(text)
	low := lower(text)
	if !shaped && !strings.Contains(low, "alert") {
		return localmon.ArrayAlert{}, false
	}
	severity, state := leading(low)
	if over := saysOver(text); state == "" && over {
		state = "closed"
	}
	a := localmon.ArrayAlert{
		Name: token(field(text, low, "alert id", true), 64), Code: code(text, low),
		Severity:      cmp.Or(oneOf(field(low, low, "severity", true), severityWords), severity),
		State:         cmp.Or(oneOf(field(low, low, "state", false), stateWords), state),
		KnowledgeBase: Line(firstWord(field(text, low, "knowledge base article", false)), maxIssue),
	}
	if shaped {
		a.ComponentType, a.Component, a.Issue = s.typ, s.component, Line(s.issue, maxIssue)
		a.Expected, a.Actual = Line(s.expected, maxIssue), Line(s.actual, maxIssue)
		a.Summary = Line("("+s.typ+":"+s.component+"): "+s.issue, maxSummary)
		a.Description = Line(text[s.at:], maxDetail)
		return a, true
	}
	if a.Code == 0 || a.Severity == "" && a.Name == "" && !strings.Contains(low, "purity.alert") {
		return localmon.ArrayAlert{}, false
	}
	first := subject(text)
	a.Component = cmp.Or(token(cmp.Or(field(text, low, "component name", false), field(text, low, "component_name", false)), maxComponent), part(first))
	a.Issue = Line(bare(first), maxIssue)
	a.Summary, a.Description = a.Issue, Line(text, maxDetail)
	return a, true
}

// ArrayName is the name the array gives itself within the text of a message,
// for those whose frame names no host.
func ArrayName(text string) string {
	text = unfold(text)
	return token(field(text, lower(text), "array name", false), 255)
}

// lower is the text in lower case, byte for byte.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// field is what stands in text behind a name, as low spells it, and a colon or
// an equals sign; loose does without that sign. It is empty where the name does
// not stand.
func field(text, low, name string, loose bool) string {
	for at := 0; ; {
		i := strings.Index(low[at:], name)
		if i < 0 {
			return ""
		}
		begin := at + i
		at = begin + len(name)
		if begin > 0 && wordByte(low[begin-1]) || at < len(low) && wordByte(low[at]) {
			continue
		}
		rest := strings.TrimLeft(text[at:], " ")
		value := strings.TrimLeft(rest, ":= \t")
		if loose && len(value) < len(text[at:]) || len(value) < len(rest) && rest[0] != '\t' {
			return value
		}
	}
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
}

// token is the name or number a text begins with.
func token(s string, most int) string {
	i := 0
	for i < len(s) && i < most && (wordByte(s[i]) || s[i] == '.' || s[i] == '/') {
		i++
	}
	return strings.TrimRight(s[:i], ".")
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t\n"); i >= 0 {
		s = s[:i]
	}
	return s[:min(len(s), maxIssue)]
}

// oneOf is which of the words a text begins with.
func oneOf(s string, words []string) string {
	for _, w := range words {
		if rest, ok := strings.CutPrefix(s, w); ok && (rest == "" || !wordByte(rest[0])) {
			if slices.Contains(overWords, w) {
				return "closed"
			}
			return w
		}
	}
	return ""
}

// code is the number of the kind of alert: in brackets, by name or as part of
// an address.
func code(text, low string) int {
	if _, digits, _ := bracketed(text); digits != "" {
		return number(digits)
	}
	if digits := token(field(low, low, "code", true), 7); digits != "" && number(digits) > 0 {
		return number(digits)
	}
	_, after, _ := strings.Cut(low, "cid=alert_")
	return number(token(after, 7))
}

// number reads up to six digits; anything else is 0, which is no code.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || len(s) > 6 {
		return 0
	}
	return int(n)
}

// bracketed finds digits in square brackets with room before them, which tells
// them from a process id, and returns the text around them.
func bracketed(s string) (before, digits, after string) {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '[')
		if i < 0 {
			return s, "", ""
		}
		at += i + 1
		end := at
		for end < len(s) && end < at+6 && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		free := at == 1 || strings.IndexByte(" \t\n", s[at-2]) >= 0
		if free && end > at && end < len(s) && s[end] == ']' {
			return s[:at-1], s[at:end], s[end+1:]
		}
	}
}

// leading is severity and state where a line begins with them.
func leading(low string) (severity, state string) {
	rest := strings.TrimLeft(low, " ")
	if after, ok := strings.CutPrefix(rest, "purity.alert"); ok {
		if _, text, ok := strings.Cut(after[:min(len(after), 16)], ":"); ok {
			rest = strings.TrimLeft(text+after[min(len(after), 16):], " ")
		}
	}
	if severity = oneOf(rest, severityWords); severity != "" {
		rest = strings.TrimLeft(rest[len(severity):], ": ")
	}
	return severity, oneOf(rest, stateWords)
}

// saysOver reports whether a text says of its alert that it is closed, cleared
// or resolved. Only the subject is asked: what to do until an issue is resolved
// stands below it.
func saysOver(text string) bool {
	low := lower(subject(unfold(text)))
	if _, state := leading(low); state != "" {
		return state == "closed"
	}
	for _, w := range overWords {
		if strings.Contains(low, "("+w+")") || strings.Contains(low, "["+w+"]") {
			return true
		}
	}
	return slices.ContainsFunc(strings.Split(low, ". "), sentenceOver)
}

// sentenceOver reports whether a sentence says of an alert that it is over, and
// not when it will be.
func sentenceOver(sentence string) bool {
	about := false
	words := strings.FieldsFunc(sentence, func(r rune) bool { return r < utf8.RuneSelf && !wordByte(byte(r)) })
	for i, w := range words {
		switch w {
		case "until", "unless", "when", "once", "if", "after", "before", "not", "never", "be":
			return false
		case "alert", "issue", "problem", "condition", "event", "failure", "fault":
			about = true
		case "closed", "cleared", "resolved":
			if about && slices.Contains([]string{"is", "was", "now", "been", "alert"}, words[i-1]) {
				return true
			}
		}
	}
	return false
}

// subject is the text before the first label or line break.
func subject(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	low := lower(text)
	end := len(text)
	for _, l := range labels {
		for at := 0; at < end; {
			i := strings.Index(low[at:end], " "+l)
			if i < 0 {
				break
			}
			begin := at + i
			at = begin + 1 + len(l)
			if next := strings.TrimLeft(text[at:], " "); next != "" && (next[0] == ':' || next[0] == '=') {
				end = begin
			}
		}
	}
	return text[:end]
}

// bare is a subject without what was read from it.
func bare(subject string) string {
	if before, digits, after := bracketed(subject); digits != "" {
		subject = before + after
	}
	low := lower(subject)
	severity, state := leading(low)
	if i := strings.Index(low, "purity.alert"); i >= 0 {
		if _, text, ok := strings.Cut(subject[i:], ":"); ok {
			subject = strings.TrimLeft(text, " ")
		}
	}
	if severity != "" {
		subject = strings.TrimLeft(subject[len(severity):], ": ")
	}
	if state != "" {
		subject = strings.TrimLeft(subject[len(firstWord(subject)):], ": ")
	}
	if i := strings.Index(lower(subject), "(alert id"); i >= 0 {
		if end := strings.IndexByte(subject[i:], ')'); end >= 0 {
			subject = subject[:i] + subject[i+end+1:]
		}
	}
	return strings.TrimSpace(subject)
}

// part is the first word that is the name of a part, such as CT0.FAN3.
func part(subject string) string {
	for word := range strings.FieldsSeq(subject) {
		word = strings.Trim(word, "()[]{}<>,;:.'\"")
		low := lower(word)
		for _, p := range partWords {
			if rest, ok := strings.CutPrefix(low, p); ok && len(word) <= maxType && rest != "" && rest[0] >= '0' && rest[0] <= '9' && token(word, maxType) == word {
				return word
			}
		}
	}
	return ""
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
	at := -1
	for range maxBrackets {
		next := strings.IndexByte(text[at+1:], '(')
		if next < 0 {
			break
		}
		at += 1 + next
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
	if before, digits, after := bracketed(s.issue); digits != "" {
		s.issue = before + strings.TrimLeft(after, " ")
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
