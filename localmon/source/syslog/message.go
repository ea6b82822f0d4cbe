package syslog

import (
	"cmp"
	"net/netip"
	"time"

	"darksite/localmon/source/push"
)

// maxText bounds the line for a person.
const maxText = 1024

// Decode makes a message of what came from a sender. It is false when the bytes
// have neither form and were taken as text, and when there are none.
func Decode(data []byte, from netip.AddrPort, at time.Time) (push.Message, bool) {
	m := push.Message{At: at, Channel: push.Syslog, From: from, Severity: push.Info, Raw: push.Escape(data)}
	r, err := Parse(data, at)
	if err != nil {
		return m, false
	}
	m.Host, m.SentAt, m.Severity = push.Line(r.Host, maxHost), r.Time, r.Severity()
	m.Text = push.Line(r.Text, maxText)
	text := r.Text
	if r.App != "" {
		text = r.App + ": " + text
	}
	if a, ok := push.ReadAlert(text); ok {
		a.Severity = cmp.Or(a.Severity, m.Severity)
		m.Severity, m.Alert = word(a.Severity), &a
		m.Host = cmp.Or(m.Host, push.ArrayName(r.Text))
	}
	return m, r.Priority != NoPriority || !r.Time.IsZero()
}

// Severity is the severity of the priority in the three words of an array. A
// message that tells none is information.
func (r Record) Severity() string {
	switch {
	case r.Priority == NoPriority:
		return push.Info
	case r.Priority%8 <= 2: // emergency, alert, critical
		return push.Critical
	case r.Priority%8 <= 4: // error, warning
		return push.Warning
	default:
		return push.Info
	}
}

// word brings the array's own word to one of three.
func word(severity string) string {
	switch severity {
	case push.Critical, push.Warning:
		return severity
	default:
		return push.Info
	}
}
