package localmon

import (
	"strings"
	"time"
)

// QuietKind says why people are not told for a while.
type QuietKind string

// A silence is for something known; maintenance is work that was planned.
const (
	QuietSilence     QuietKind = "silence"
	QuietMaintenance QuietKind = "maintenance"
)

// Quiet is a span of time in which alerts that fit are kept, shown and marked,
// and people are not told of them. It always ends.
type Quiet struct {
	ID        uint64    `json:"id"` // given by the site, never reused
	Kind      QuietKind `json:"kind"`
	Alert     uint64    `json:"alert,omitempty"`     // this one alert; zero where the patterns say which
	Target    string    `json:"target,omitempty"`    // patterns: empty is every one,
	Rule      string    `json:"rule,omitempty"`      // a star stands for any characters
	Component string    `json:"component,omitempty"` // of the component
	From      time.Time `json:"from"`
	Until     time.Time `json:"until"`
	By        string    `json:"by"`
	Why       string    `json:"why"`
	Urgent    bool      `json:"urgent,omitempty"` // also what is urgent; maintenance always
	Set       time.Time `json:"set"`              // when somebody asked for it
	// Ended is when it ended, by itself at Until or before by somebody.
	Ended   time.Time `json:"ended,omitzero"`
	EndedBy string    `json:"ended_by,omitempty"` // empty when it ended by itself
}

// At reports whether it is quiet at this time. Before From it is not, so a
// clock that is set back tells rather than hides.
func (q Quiet) At(now time.Time) bool {
	return q.Ended.IsZero() && !now.Before(q.From) && now.Before(q.Until)
}

// Covers reports whether an alert is one of those people are not told of.
func (q Quiet) Covers(a Alert) bool {
	if a.Severity == SeverityUrgent && !q.Urgent {
		return false
	}
	if q.Alert != 0 {
		return q.Alert == a.ID
	}
	return Fits(q.Target, a.Target) && Fits(q.Rule, a.Rule) && Fits(q.Component, a.Component)
}

// About says in words what it covers.
func (q Quiet) About() string {
	if q.Alert != 0 {
		return "one alert"
	}
	var parts []string
	for _, p := range []struct{ name, pattern string }{{"", q.Target}, {"rule ", q.Rule}, {"component ", q.Component}} {
		if p.pattern != "" {
			parts = append(parts, p.name+p.pattern)
		}
	}
	return strings.Join(parts, ", ")
}

// Fits holds a name against a pattern without regard to case: an empty pattern
// is every name, a star stands for any characters.
func Fits(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	pattern, name = strings.ToLower(pattern), strings.ToLower(name)
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == name
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(name, p)
		if !found {
			return false
		}
		name = after
	}
	return true
}

// Hush is the mark of a quiet on an alert.
type Hush struct {
	ID    uint64    `json:"id"` // of the quiet
	Kind  QuietKind `json:"kind"`
	By    string    `json:"by"`
	Why   string    `json:"why"`
	Since time.Time `json:"since"` // when this alert was marked
	Until time.Time `json:"until"`
}

// Word says how an alert with this mark stands.
func (h *Hush) Word() string {
	if h.Kind == QuietMaintenance {
		return "maintenance"
	}
	return "silenced"
}

// Hushed reports whether people are not to be told of a change because of a
// silence or maintenance. The good end of what they had been told before is
// told all the same, and so is everything that goes on after the quiet.
func (c Change) Hushed() bool {
	h := c.Alert.Hush
	if h == nil {
		return false
	}
	toldBefore := !c.Alert.Fired.IsZero() && c.Alert.Fired.Before(h.Since)
	ends := c.What == ChangeCleared || c.What == ChangeRetired
	return !ends || !toldBefore
}
