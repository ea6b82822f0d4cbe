// Package queue is the desk's list of work: every open case with what is owed
// first, what is due first on top.
//
// [Build] is pure: cases, the files of their sites and a moment go in, rows come
// out, the same for a terminal, JSON and a page. Cases to which nothing is owed,
// since the next word is the customer's, come after those with a time, and closed
// ones last.
package queue

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/sla"
)

// Row is one case as it stands in the queue.
type Row struct {
	desk.Case
	Next      *sla.Clock  `json:"next,omitempty"` // what is due first
	Clocks    []sla.Clock `json:"clocks"`
	Transit   sla.Transit `json:"transit"`
	Local     string      `json:"local_time"` // at the site, 15:04
	Plan      string      `json:"plan"`       // with its end when that is near
	Escalated bool        `json:"escalated"`
}

// Build makes the rows. Sites are by code; a site without a file is worked for by
// the default calendar.
func Build(cases []desk.Case, sites map[string]desk.Site, now time.Time) ([]Row, error) {
	rows := make([]Row, 0, len(cases))
	for _, c := range cases {
		r, err := Of(c, sites[c.Site], now)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, compare)
	return rows, nil
}

// Of is the row of one case.
func Of(c desk.Case, s desk.Site, now time.Time) (Row, error) {
	cal, err := sla.Of(s)
	if err != nil {
		return Row{}, err
	}
	r := Row{
		Case: c, Clocks: sla.Clocks(c, cal, now), Transit: sla.TransitOf(c),
		Local: now.In(cal.Location()).Format("15:04"), Plan: plan(s, now),
	}
	if next, ok := sla.Next(r.Clocks); ok && c.Status != desk.Closed {
		r.Next = &next
	}
	if n := len(c.Escalations); n > 0 {
		r.Escalated = c.Escalations[n-1].Resolved.IsZero()
	}
	return r, nil
}

// group orders what has no time: waiting for the customer, then closed.
func (r Row) group() int {
	switch {
	case r.Next != nil:
		return 0
	case r.Status != desk.Closed:
		return 1
	}
	return 2
}

func compare(a, b Row) int {
	if by := cmp.Compare(a.group(), b.group()); by != 0 {
		return by
	}
	if a.Next != nil {
		if by := a.Next.Due.Compare(b.Next.Due); by != 0 {
			return by
		}
	}
	return cmp.Or(b.Received.Compare(a.Received), cmp.Compare(a.ID, b.ID))
}

// soon is when the end of a plan is worth a word.
const soon = 90 * 24 * time.Hour

func plan(s desk.Site, now time.Time) string {
	if s.Plan == nil {
		return "none"
	}
	if s.Entitled(now) != "" {
		return string(s.Plan.Kind) + ", not in force"
	}
	if left := s.Plan.Until.Sub(now); left < soon {
		return fmt.Sprintf("%s, ends in %d d", s.Plan.Kind, int(left/(24*time.Hour)))
	}
	return string(s.Plan.Kind)
}
