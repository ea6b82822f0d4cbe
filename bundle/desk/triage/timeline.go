package triage

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Entry is one thing that happened, on the clock of the kit.
type Entry struct {
	At     time.Time     `json:"at"`
	Give   time.Duration `json:"uncertainty"` // it was between At-Give and At+Give; zero is not known where Known is false
	Known  bool          `json:"clock_known"` // the source's clock was measured against the kit's
	Source string        `json:"source"`      // monitor, or an array
	Text   string        `json:"text"`
	Joined bool          `json:"order_unsure,omitempty"` // it may have been before the entry above
}

// looks is how long something may be there before the monitor sees it: it looks
// every 30 seconds.
const looks = 30 * time.Second

// Timeline is what happened between two moments, oldest first. Times of an array
// whose clock was never measured stay as they are and say so.
func Timeline(f Facts, from, to time.Time) []Entry {
	var out []Entry
	add := func(e Entry) {
		if !e.At.IsZero() && !e.At.Before(from) && !e.At.After(to) {
			out = append(out, e)
		}
	}
	for _, s := range f.Steps {
		text := fmt.Sprintf("%s: %s %s: %s", s.What, s.Raised.Array, s.Raised.Component, s.Raised.Summary)
		if s.Raised.Component == "" {
			text = fmt.Sprintf("%s: %s: %s", s.What, s.Raised.Array, s.Raised.Summary)
		}
		add(Entry{At: s.At, Give: looks, Known: true, Source: "monitor", Text: text})
	}
	for _, a := range f.Arrays {
		for _, al := range a.Alerts {
			text := fmt.Sprintf("array alert %d %s: %s", al.Code, al.Severity, al.Summary)
			add(a.entry(al.Created, "opened: "+text))
			add(a.entry(al.Closed, "closed: "+text))
		}
	}
	slices.SortStableFunc(out, func(x, y Entry) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Source, y.Source), cmp.Compare(x.Text, y.Text))
	})
	for i := 1; i < len(out); i++ {
		a, b := out[i-1], out[i]
		out[i].Joined = a.Source != b.Source && (!a.Known || !b.Known || b.At.Sub(a.At) < a.Give+b.Give)
	}
	return out
}

func (a Array) entry(at time.Time, text string) Entry {
	e := Entry{At: at, Source: a.Name, Text: text}
	if a.Off != nil && !at.IsZero() {
		e.At, e.Give, e.Known = at.Add(-a.Off.Ahead), a.Off.Give, true
	}
	return e
}
