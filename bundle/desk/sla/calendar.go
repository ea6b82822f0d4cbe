package sla

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // stations without zones of their own

	"darksite/bundle/desk"
)

// Calendar is when the desk works, in one zone.
type Calendar struct {
	loc    *time.Location
	week   [7][]span // by time.Weekday
	closed map[date]bool
}

// span is opening hours of a day, in minutes of the wall clock since midnight.
type span struct{ from, to int }

type date struct {
	year  int
	month time.Month
	day   int
}

const minutesOfDay = 24 * 60

// Default works Monday to Friday, 09:00 to 18:00 UTC.
func Default() *Calendar {
	c, err := Parse(desk.Hours{Zone: "UTC", Week: "mon-fri 09:00-18:00"})
	if err != nil {
		panic(err) // a constant of this file
	}
	return c
}

// Of is the calendar of a site: its own hours, else [Default].
func Of(s desk.Site) (*Calendar, error) {
	if s.Hours == nil {
		return Default(), nil
	}
	c, err := Parse(*s.Hours)
	if err != nil {
		return nil, fmt.Errorf("hours of site %s: %w", s.Code, err)
	}
	return c, nil
}

// Parse reads hours. A week is written in parts, days or ranges of days with one
// or more times of opening: "mon-thu 09:00-12:00,13:00-18:00; fri 09:00-12:00". A
// range may go over the end of the week, as sun-thu does. Each day is named at
// most once.
func Parse(h desk.Hours) (*Calendar, error) {
	if h.Zone == "" || h.Zone == "Local" { // what LoadLocation would take
		return nil, errors.New("a time zone is needed, such as Europe/Paris")
	}
	loc, err := time.LoadLocation(h.Zone)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", h.Zone, err)
	}
	c := &Calendar{loc: loc, closed: map[date]bool{}}
	for part := range strings.SplitSeq(h.Week, ";") {
		if err := c.part(strings.TrimSpace(part)); err != nil {
			return nil, fmt.Errorf("week %q: %w", h.Week, err)
		}
	}
	for _, text := range h.Closed {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, fmt.Errorf("closed day %q: want 2026-12-25", text)
		}
		c.closed[dateOf(t)] = true
	}
	return c, nil
}

func (c *Calendar) part(text string) error {
	names, hours, _ := strings.Cut(text, " ")
	first, last, ranged := strings.Cut(names, "-")
	from, to := weekday(first), weekday(last)
	if !ranged {
		to = from
	}
	if from < 0 || to < 0 {
		return fmt.Errorf("%q: want days such as mon-fri or sat", names)
	}
	spans, err := readSpans(strings.TrimSpace(hours))
	if err != nil {
		return err
	}
	for day := from; ; day = (day + 1) % 7 {
		if c.week[day] != nil {
			return fmt.Errorf("%s is named twice", time.Weekday(day))
		}
		c.week[day] = spans
		if day == to {
			return nil
		}
	}
}

// weekday is -1 for what is none.
func weekday(name string) int {
	return slices.Index([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, name)
}

func readSpans(text string) ([]span, error) {
	var out []span
	end := 0
	for part := range strings.SplitSeq(text, ",") {
		from, to, _ := strings.Cut(strings.TrimSpace(part), "-")
		s := span{minutes(from), minutes(to)}
		if s.from < end || s.to <= s.from {
			return nil, fmt.Errorf("%q: want times of opening in order, such as 09:00-12:00,13:00-18:00", text)
		}
		out, end = append(out, s), s.to
	}
	return out, nil
}

// minutes reads 09:30, and 24:00 as the end of the day; -1 for anything else.
func minutes(text string) int {
	hour, minute, ok := strings.Cut(text, ":")
	if !ok || len(hour) != 2 || len(minute) != 2 {
		return -1
	}
	h, errH := strconv.ParseUint(hour, 10, 8)
	m, errM := strconv.ParseUint(minute, 10, 8)
	if errH != nil || errM != nil || m > 59 || h*60+m > minutesOfDay {
		return -1
	}
	return int(h*60 + m)
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

func (d date) next() date { return dateOf(time.Date(d.year, d.month, d.day+1, 12, 0, 0, 0, time.UTC)) }

// maxDays bounds every walk. A calendar has an open day in every week that is not
// closed, and a site closes at most some hundred days.
const maxDays = 10 * 366

// Location is the zone of the calendar.
func (c *Calendar) Location() *time.Location { return c.loc }

// opening is opening hours as moments.
type opening struct{ from, to time.Time }

// openings are the opening hours of a date. A time the clock leaves out when it
// is put forward, and a date a zone leaves out altogether, are not opening hours.
func (c *Calendar) openings(d date) []opening {
	if c.closed[d] {
		return nil
	}
	day := time.Date(d.year, d.month, d.day, 12, 0, 0, 0, c.loc)
	if dateOf(day) != d {
		return nil // the zone has no such date
	}
	var out []opening
	for _, s := range c.week[day.Weekday()] {
		o := opening{c.at(d, s.from), c.at(d, s.to)}
		if o.to.After(o.from) {
			out = append(out, o)
		}
	}
	return out
}

// at is a time of the wall clock as a moment. A time the clock leaves out is the
// moment at which it is put forward.
func (c *Calendar) at(d date, minute int) time.Time {
	t := time.Date(d.year, d.month, d.day, 0, minute, 0, 0, c.loc)
	y, m, day := t.Date()
	shows := time.Date(y, m, day, t.Hour(), t.Minute(), 0, 0, time.UTC)
	want := time.Date(d.year, d.month, d.day, 0, minute, 0, 0, time.UTC)
	switch begin, end := t.ZoneBounds(); {
	case shows.After(want):
		return begin
	case shows.Before(want):
		return end
	}
	return t
}

// Add returns the moment by which this much business time has passed since t.
// Time outside of opening hours does not count. It is the zero time where a
// calendar is closed for ten years.
func (c *Calendar) Add(t time.Time, business time.Duration) time.Time {
	d := dateOf(t.In(c.loc))
	for range maxDays {
		for _, o := range c.openings(d) {
			from := later(o.from, t)
			if left := o.to.Sub(from); left > 0 {
				if business <= left {
					return from.Add(business).UTC()
				}
				business -= left
			}
		}
		d = d.next()
	}
	return time.Time{}
}

// Between is the business time from a to b, zero when b is before a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	var sum time.Duration
	d, last := dateOf(a.In(c.loc)), dateOf(b.In(c.loc))
	for range maxDays {
		if d.after(last) {
			break
		}
		for _, o := range c.openings(d) {
			if from, to := later(o.from, a), earlier(o.to, b); to.After(from) {
				sum += to.Sub(from)
			}
		}
		d = d.next()
	}
	return sum
}

func (d date) after(o date) bool {
	return cmp.Or(cmp.Compare(d.year, o.year), cmp.Compare(d.month, o.month), cmp.Compare(d.day, o.day)) > 0
}

// EndOfDay is the close of business of the n-th business day: of the day of t when
// n is 0 and it is still open, else of the days after. A day that has closed, and
// one that is closed altogether, does not count as the day of t.
func (c *Calendar) EndOfDay(t time.Time, n int) time.Time {
	d := dateOf(t.In(c.loc))
	today := true
	for range maxDays {
		open := c.openings(d)
		if len(open) > 0 {
			end := open[len(open)-1].to
			switch {
			case today && n == 0 && end.After(t), !today && n <= 1:
				return end.UTC()
			case !today:
				n--
			}
		}
		d, today = d.next(), false
	}
	return time.Time{}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
