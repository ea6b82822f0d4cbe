package casedraft

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"darksite/bundle/roster"
	"darksite/localmon"
)

// Fault is one reason why the vendor would send a draft back.
type Fault struct {
	Field string `json:"field"` // JSON key, with the part after a dot: primary.phone
	Fault string `json:"fault"` // what is wrong
	Mend  string `json:"mend"`  // what to do
}

// Invalid is the error of a draft with faults.
type Invalid []Fault

// Error lists every fault on its own line.
func (f Invalid) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = fmt.Sprintf("%s: %s (%s)", one.Field, one.Fault, one.Mend)
	}
	return "case draft: " + strings.Join(lines, "\n")
}

// Validate checks a draft against the vendor's form. Authorised are the site's
// contacts from site.yaml. The error, if any, is an [Invalid] with every fault
// in the order of the form.
func (d Draft) Validate(authorised []Contact) error {
	v := &validator{}
	v.identity(d)
	v.words(d)
	v.contacts(d, authorised)
	v.attached(d)
	if len(v.faults) == 0 {
		return nil
	}
	return v.faults
}

type validator struct{ faults Invalid }

func (v *validator) add(field, fault, mend string) {
	v.faults = append(v.faults, Fault{field, fault, mend})
}

// line checks a field that must be one printable line.
func (v *validator) line(field, value, mend string, limit int, required bool) bool {
	n := utf8.RuneCountInString(value)
	switch {
	case strings.TrimSpace(value) == "" && required:
		v.add(field, "is empty", mend)
	case strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(value):
		v.add(field, "holds a line break or a character that cannot be shown", "write it on one line")
	case n > limit:
		v.add(field, fmt.Sprintf("has %d characters", n), fmt.Sprintf("shorten it to %d", limit))
	default:
		return true
	}
	return false
}

// text checks a field that may have several lines.
func (v *validator) text(field, value, mend string, limit int, required bool) {
	n := utf8.RuneCountInString(value)
	switch {
	case strings.TrimSpace(value) == "" && required:
		v.add(field, "is empty", mend)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool {
		return r != '\n' && r != '\t' && !unicode.IsPrint(r)
	}):
		v.add(field, "holds a character that cannot be shown", "remove control characters; line breaks and tabs are allowed")
	case n > limit:
		v.add(field, fmt.Sprintf("has %d characters", n), fmt.Sprintf("shorten it to %d, or attach the rest as a file", limit))
	}
}

func (v *validator) identity(d Draft) {
	if !roster.ValidSite(d.Site) {
		v.add("site", fmt.Sprintf("%q is not a site code", d.Site), "take the code from site.yaml, such as S042")
	}
	if d.ID != "" && !d.ID.Valid() {
		v.add("id", fmt.Sprintf("%q is not a temporary case id", d.ID), "leave it empty: the store gives one")
	}
	if d.Number != "" && !ValidNumber(d.Number) {
		v.add("number", fmt.Sprintf("%q is not a case number", d.Number), "leave it empty until the vendor gives eight digits")
	}
	v.line("array", d.Array, "name the array as site.yaml does", 64, true)
	v.line("model", d.Model, "copy the model from the array, such as FA-X70R3", 64, true)
	v.line("os_version", d.OSVersion, "copy the version from the array, such as 6.4.10", 64, true)
	v.line("initiator_os", d.InitiatorOS, "name the hosts' operating system and version, or write: not affected", 120, true)
	v.line("serial", d.Serial, "copy it from the array", 64, false)
	if !slices.Contains(Statuses(), d.Status) {
		v.add("status", fmt.Sprintf("%q is not known", d.Status), "a new case is a "+string(StatusDraft))
	}
}

func (v *validator) words(d Draft) {
	if v.line("subject", d.Subject, "say in one sentence what is wrong", MaxSubject, true) && sentences(d.Subject) > 1 {
		v.add("subject", "is more than one sentence", "keep the first sentence and move the rest into the description")
	}
	v.text("description", d.Description, "say what was seen, since when, what was changed before and what was tried", MaxDescription, true)
	if d.Severity < localmon.SeverityUrgent || d.Severity > localmon.SeverityInfo {
		v.add("severity", fmt.Sprintf("is %d", d.Severity), "choose by business impact: 1 urgent, 2 major, 3 minor, 4 information")
	}
	v.line("impact", d.Impact, "say what the business cannot do because of it: the severity follows from this", 400, d.Severity == 1 || d.Severity == 2)
	if len(d.Messages) > MaxMessages {
		v.add("messages", fmt.Sprintf("are %d", len(d.Messages)), fmt.Sprintf("keep the %d that matter and attach the log", MaxMessages))
	}
	for i, m := range d.Messages {
		v.text(fmt.Sprintf("messages.%d", i+1), m, "copy the exact message", MaxMessage, true)
	}
	v.text("comments", d.Comments, "", MaxComments, false)
}

func (v *validator) contacts(d Draft, authorised []Contact) {
	admins := 0
	for _, c := range authorised {
		if c.Role == "admin" {
			admins++
		}
	}
	if len(authorised) > MaxContacts {
		v.add("contacts", fmt.Sprintf("are %d at this site", len(authorised)), fmt.Sprintf("keep at most %d in site.yaml", MaxContacts))
	}
	if len(authorised) > 0 && admins != 1 {
		v.add("contacts", fmt.Sprintf("have %d admins", admins), "give exactly one contact in site.yaml the role admin")
	}
	v.contact("primary", d.Primary, authorised)
	switch {
	case d.Secondary != Contact{}:
		v.contact("secondary", d.Secondary, authorised)
		if d.Secondary.ID == d.Primary.ID {
			v.add("secondary", "is the primary contact", "name another person of the same site")
		}
	case len(authorised) > 1:
		v.add("secondary", "is empty", "name a second authorised contact of this site")
	}
}

func (v *validator) contact(field string, c Contact, authorised []Contact) {
	if !slices.ContainsFunc(authorised, func(a Contact) bool { return a.ID == c.ID }) {
		v.add(field, fmt.Sprintf("%q is not an authorised contact", c.ID), "choose one of: "+strings.Join(ids(authorised), ", "))
		return
	}
	v.line(field+".name", c.Name, "give the person's name", 80, true)
	v.line(field+".phone", c.Phone, "", 40, false)
	v.line(field+".mail", c.Mail, "", 120, false)
	if c.Phone == "" && c.Mail == "" {
		v.add(field, "has neither telephone nor mail", "add one in site.yaml: support must be able to ask back")
	}
}

func ids(contacts []Contact) []string {
	out := make([]string, len(contacts))
	for i, c := range contacts {
		out[i] = c.ID
	}
	if len(out) == 0 {
		return []string{"(none in site.yaml yet)"}
	}
	return out
}

func (v *validator) attached(d Draft) {
	if len(d.Attachments) > MaxAttachments {
		v.add("attachments", fmt.Sprintf("are %d", len(d.Attachments)), fmt.Sprintf("keep at most %d; put files into one bundle", MaxAttachments))
	}
	for i, a := range d.Attachments {
		field := fmt.Sprintf("attachments.%d", i+1)
		v.line(field+".name", a.Name, "name the bundle or file", 120, true)
		v.line(field+".note", a.Note, "", 400, false)
	}
	for i, r := range d.Runs {
		v.line(fmt.Sprintf("runs.%d", i+1), r, "name the run of the runbook", 120, true)
	}
}

// sentences counts sentences roughly: an end mark after a word of at least four
// letters with more text behind it begins a new one, so that "no. 7", "vs. CT1"
// and "6.4.10" do not.
func sentences(s string) int {
	n, letters := 1, 0
	runes := []rune(strings.TrimSpace(s))
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r):
			letters++
		case (r == '.' || r == '!' || r == '?') && letters >= 4 && i+1 < len(runes) && runes[i+1] == ' ':
			n++
			letters = 0
		default:
			letters = 0
		}
	}
	return n
}
