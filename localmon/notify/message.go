package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"darksite/localmon"
)

// Errors of a notifier the desk decides on. Any other error says that nobody
// knows whether the message arrived.
var (
	// ErrNotSent says that nothing of the message has arrived anywhere.
	ErrNotSent = errors.New("not sent")
	// ErrPartly says that the message arrived, and not everywhere it should.
	ErrPartly = errors.New("did not reach everybody")
)

// Notifier delivers messages, one at a time. It returns nil when the receiver
// has taken the message, as far as that can be known.
type Notifier interface {
	Notify(ctx context.Context, m Message) error
}

// Message is what a way is told at once: some changes one by one, or a digest
// of many.
type Message struct {
	Site    string            `json:"site"`
	At      time.Time         `json:"at"`
	Test    bool              `json:"test,omitempty"` // nothing happened; somebody tries the way
	First   uint64            `json:"first"`          // sequence number of the oldest change
	Last    uint64            `json:"last"`
	Count   int               `json:"count"`             // of changes
	Repeats int               `json:"repeats,omitempty"` // of them the first so many may have been told before
	Changes []localmon.Change `json:"changes,omitempty"` // in order; none in a digest
	Digest  []Group           `json:"digest,omitempty"`  // the most urgent first
	More    int               `json:"more,omitempty"`    // groups the digest left out
}

// Matters reports whether people are to be told of a change: not of what is
// still looked at twice, not of what was put under an alert that tells of it,
// and not of what a silence or maintenance keeps quiet.
func Matters(c localmon.Change) bool {
	switch c.What {
	case localmon.ChangeRaised, localmon.ChangeDropped, localmon.ChangeGrouped, localmon.ChangeUngrouped:
		return false
	}
	return !c.Hushed()
}

// maxText bounds what one change says on a line, in bytes.
const maxText = 1000

// Line is one change for people, on one line.
func Line(site string, c localmon.Change, repeat bool) string {
	a := c.Alert
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s alert %d %s: severity %d (%s), %s", c.At.UTC().Format(time.RFC3339), site, a.ID, c.What, a.Severity, severityWord(a.Severity), a.Target)
	if a.Component != "" {
		b.WriteString(" " + a.Component)
	}
	fmt.Fprintf(&b, ", %s: %s", a.Rule, a.Summary)
	if a.Runbook != "" && a.Status != localmon.StatusResolved {
		b.WriteString("; runbook " + a.Runbook)
	}
	if a.AckedBy != "" {
		b.WriteString("; in hand of " + a.AckedBy)
	}
	if repeat {
		b.WriteString(" (repeat: may have been told before)")
	}
	return plain(b.String(), maxText)
}

func severityWord(s localmon.Severity) string {
	switch s {
	case localmon.SeverityUrgent:
		return "urgent"
	case localmon.SeverityMajor:
		return "major"
	case localmon.SeverityMinor:
		return "minor"
	case localmon.SeverityInfo:
		return "information"
	}
	return "not set"
}

// plain makes a text one line of at most limit bytes: what an array calls its
// parts must not begin a line, move a cursor or turn the direction of writing.
func plain(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s)
	if len(s) <= limit {
		return s
	}
	end := limit - len("...")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}

// tidied is the message for programs: its texts are lines, and not long ones.
func (m Message) tidied() Message {
	m.Changes = slices.Clone(m.Changes)
	for i := range m.Changes {
		a := &m.Changes[i].Alert
		for _, text := range []*string{&a.Component, &a.Why, &a.Summary, &a.AckedBy, &a.AckNote} {
			*text = plain(*text, maxText)
		}
		a.Evidence = slices.Clone(a.Evidence)
		for k := range a.Evidence {
			a.Evidence[k] = plain(a.Evidence[k], maxText)
		}
	}
	return m
}

// Title is what a message is about, in one short line.
func (m Message) Title() string {
	const limit = 120
	mark := ""
	switch {
	case m.Test:
		return plain(fmt.Sprintf("[%s] test: nothing has happened", m.Site), limit)
	case m.Repeats > 0:
		mark = "repeat: "
	}
	if len(m.Digest) == 0 && len(m.Changes) == 1 {
		a := m.Changes[0].Alert
		return plain(fmt.Sprintf("[%s] %s%s %s: %s: %s", m.Site, mark, severityWord(a.Severity), m.Changes[0].What, a.Target, a.Summary), limit)
	}
	worst, targets := localmon.SeverityInfo, map[string]bool{}
	note := func(s localmon.Severity, target string) {
		if s != 0 {
			worst = min(worst, s)
		}
		targets[target] = true
	}
	for _, c := range m.Changes {
		note(c.Alert.Severity, c.Alert.Target)
	}
	for _, g := range m.Digest {
		note(g.Severity, g.Target)
	}
	where := fmt.Sprintf("%d targets", len(targets))
	for t := range targets {
		if len(targets) == 1 {
			where = t
		}
	}
	return plain(fmt.Sprintf("[%s] %s%d changes of %s, %s at worst", m.Site, mark, m.Count, where, severityWord(worst)), limit)
}

// Lines is the whole message for people, line by line.
func (m Message) Lines() []string {
	if m.Test {
		return []string{
			fmt.Sprintf("%s %s test: somebody tries whether this way works; nothing has happened", m.At.UTC().Format(time.RFC3339), m.Site),
		}
	}
	var out []string
	for i, c := range m.Changes {
		out = append(out, Line(m.Site, c, i < m.Repeats))
	}
	if len(m.Digest) == 0 {
		return out
	}
	head := fmt.Sprintf("%s %s digest of %d changes (%d to %d)", m.At.UTC().Format(time.RFC3339), m.Site, m.Count, m.First, m.Last)
	if m.Repeats > 0 {
		head += fmt.Sprintf("; the first %d may have been told before", m.Repeats)
	}
	out = append(out, head)
	for _, g := range m.Digest {
		out = append(out, g.Line())
	}
	if m.More > 0 {
		out = append(out, fmt.Sprintf("and %d groups more: darksite alerts list", m.More))
	}
	return out
}
