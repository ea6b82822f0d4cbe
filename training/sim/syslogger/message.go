package syslogger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/training/sim"
)

// View is an array at one instant, as far as its alerts go; a [sim.View] is one.
type View interface {
	Alerts() []sim.Alert
}

// Format is the form of a message.
type Format string

// The forms.
const (
	RFC5424 Format = "rfc5424"
	RFC3164 Format = "rfc3164"
)

const (
	program  = "purity.alert"
	facility = 16 // local0
	reminder = 24 * time.Hour
	reminded = 7 // times
)

// event is one thing to be said of an alert.
type event struct {
	at    time.Time
	alert sim.Alert
	word  string // what happened: open, changed, reminder or closed
}

// Messages are the messages of an array in the window from from on and before
// to, each without the end its transport gives it. So what is injected at the
// end of one window is told in the next.
func Messages(o Options, v View, from, to time.Time) [][]byte {
	var all []event
	for _, a := range v.Alerts() {
		all = append(all, events(a)...)
	}
	all = slices.DeleteFunc(all, func(e event) bool {
		return e.at.Before(from) || !e.at.Before(to) || e.word == "closed" && o.NeverClosed
	})
	slices.SortStableFunc(all, func(a, b event) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.alert.Number, b.alert.Number))
	})
	var messages [][]byte
	for _, e := range all {
		messages = append(messages, message(o, e))
	}
	return messages
}

// events is everything an array says of one alert.
func events(a sim.Alert) []event {
	all := []event{{a.Created, a, "open"}}
	if a.State == "open" && a.Updated.After(a.Created) {
		all = append(all, event{a.Updated, a, "changed"})
	}
	for day := range reminded {
		at := a.Created.Add(time.Duration(day+1) * reminder)
		if a.Flagged() && (!a.Closed.OK || at.Before(a.Closed.Value)) {
			all = append(all, event{at, a, "reminder"})
		}
	}
	if a.Closed.OK {
		all = append(all, event{a.Closed.Value, a, "closed"})
	}
	return all
}

func message(o Options, e event) []byte {
	priority := 8*facility + severity(e)
	pid := 1000 + e.alert.Number%9000
	if o.Format == RFC3164 {
		return fmt.Appendf(nil, "<%d>%s %s %s[%d]: %s", priority, e.at.UTC().Format(time.Stamp), o.Name, program, pid, text(o, e))
	}
	return fmt.Appendf(nil, `<%d>1 %s %s %s %d ALERT [alert@40482 code="%d" id="%s"] %s`, priority,
		e.at.UTC().Format("2006-01-02T15:04:05.000Z"), o.Name, program, pid, e.alert.Code, e.alert.ID, text(o, e))
}

// severity is the syslog severity: critical, warning or informational.
func severity(e event) int {
	switch {
	case e.word == "closed":
		return 6
	case e.alert.Severity == "critical":
		return 2
	case e.alert.Severity == "warning":
		return 4
	default:
		return 6
	}
}

func text(o Options, e event) string {
	a := e.alert
	subject := fmt.Sprintf("(%s:%s): %s", a.ComponentType, a.Component, a.Issue)
	if e.word == "closed" {
		subject += " (closed)"
	}
	state := "open"
	if e.word == "closed" {
		state = "closed"
	}
	return strings.Join([]string{
		fmt.Sprintf("%s Expected: %s, Actual: %s [%d]", subject, a.Expected, a.Actual, a.Code),
		"Severity: " + a.Severity,
		"State: " + state,
		"Tag: " + a.ID[:8],
		"UTC Time: " + e.at.UTC().Format("2006 Jan _2 15:04:05 UTC"),
		"Array Name: " + o.Name,
		"Suggested Action: see the knowledge base until the issue is resolved",
		fmt.Sprintf("Knowledge Base Article: https://support.example/?cid=Alert_%04d", a.Code),
	}, "#012")
}
