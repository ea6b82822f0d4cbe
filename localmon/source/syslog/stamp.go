package syslog

import (
	"strings"
	"time"
)

// Old times begin with a month.
var months = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, time.RFC3339Nano)
}

// scan is a text that is read from its beginning. What cannot be read makes it
// bad for good.
type scan struct {
	s   string
	bad bool
}

// number reads between least and most digits.
func (c *scan) number(least, most int) int {
	n, i := 0, 0
	for i < len(c.s) && i < most && c.s[i] >= '0' && c.s[i] <= '9' {
		n = 10*n + int(c.s[i]-'0')
		i++
	}
	c.bad = c.bad || i < least
	c.s = c.s[i:]
	return n
}

// skip reads one of the bytes.
func (c *scan) skip(any string) byte {
	if c.s == "" || strings.IndexByte(any, c.s[0]) < 0 {
		c.bad = true
		return 0
	}
	b := c.s[0]
	c.s = c.s[1:]
	return b
}

func (c *scan) next(b byte) bool { return !c.bad && c.s != "" && c.s[0] == b }

// clock reads 15:04:05 with a fraction or without.
func (c *scan) clock() (h, m, s, nano int) {
	h = c.number(2, 2)
	c.skip(":")
	m = c.number(2, 2)
	c.skip(":")
	s = c.number(2, 2)
	if c.next('.') || c.next(',') && len(c.s) > 1 && c.s[1] >= '0' && c.s[1] <= '9' {
		c.skip(".,")
		before := len(c.s)
		nano = c.number(1, 9)
		for range 9 - (before - len(c.s)) {
			nano *= 10
		}
	}
	c.bad = c.bad || h > 23 || m > 59 || s > 59
	return h, m, s, nano
}

// date makes a time of parts that may not be one.
func date(year, month, day, h, m, s, nano int, loc *time.Location) (time.Time, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, h, m, s, nano, loc)
	if t.Day() != day || t.Month() != time.Month(month) {
		return time.Time{}, false // such as 30 February
	}
	t = t.UTC()
	return t, t.Year() >= 1 && t.Year() <= 9999 && !t.IsZero()
}

// rfc3339 reads a time such as 2026-03-02T06:00:00.5+01:00 and returns what
// follows it.
func rfc3339(s string) (time.Time, string, bool) {
	c := scan{s: s}
	year := c.number(4, 4)
	c.skip("-")
	month := c.number(2, 2)
	c.skip("-")
	day := c.number(2, 2)
	c.skip("Tt")
	h, m, sec, nano := c.clock()
	offset := 0
	switch sign := c.skip("Zz+-"); sign {
	case '+', '-':
		oh := c.number(2, 2)
		c.skip(":")
		om := c.number(2, 2)
		c.bad = c.bad || oh > 23 || om > 59
		if offset = 60 * (60*oh + om); sign == '-' {
			offset = -offset
		}
	}
	if c.bad {
		return time.Time{}, s, false
	}
	t, ok := date(year, month, day, h, m, sec, nano, time.UTC)
	if !ok {
		return time.Time{}, s, false
	}
	t = t.Add(-time.Duration(offset) * time.Second)
	return t, c.s, t.Year() >= 1 && t.Year() <= 9999 && !t.IsZero()
}

// old reads the times of RFC 3164 and its relatives: "Mar  2 06:00:00", with a
// year before the month or before the clock, with a mark before it and a zone
// or a colon behind it, as network equipment writes.
func old(s string, now time.Time) (time.Time, string, bool) {
	c := scan{s: s}
	if c.next('*') || c.next('.') { // the sender's clock is not set
		c.skip("*.")
	}
	year := c.year()
	month := c.month()
	c.skip(" ")
	if c.next(' ') {
		c.skip(" ")
	}
	day := c.number(1, 2)
	c.skip(" ")
	if year == 0 {
		year = c.year()
	}
	h, m, sec, nano := c.clock()
	if c.bad {
		return time.Time{}, s, false
	}
	loc := now.Location()
	for _, zone := range [...]string{" UTC:", " GMT:", "Z:", "Z "} {
		if strings.HasPrefix(c.s, zone) {
			loc, c.s = time.UTC, c.s[len(zone)-1:]
			break
		}
	}
	if t, ok := nearest(year, month, day, h, m, sec, nano, loc, now); ok {
		return t, c.s, true
	}
	return time.Time{}, s, false
}

// year reads four digits and a space, and nothing where they are not there.
func (c *scan) year() int {
	d := *c
	n := d.number(4, 4)
	d.skip(" ")
	if d.bad || n == 0 {
		return 0
	}
	*c = d
	return n
}

func (c *scan) month() int {
	for i, name := range months {
		if len(c.s) >= len(name) && strings.EqualFold(c.s[:len(name)], name) {
			c.s = c.s[len(name):]
			return i + 1
		}
	}
	c.bad = true
	return 0
}

// halfYear is what a time without a year may be away from now.
const halfYear = 184 * 24 * time.Hour

// nearest is the time with the year told or, where none is, with the one that
// brings it closest to now.
func nearest(year, month, day, h, m, s, nano int, loc *time.Location, now time.Time) (time.Time, bool) {
	if year != 0 {
		return date(year, month, day, h, m, s, nano, loc)
	}
	var best time.Time
	found := false
	for y := now.Year() - 1; y <= now.Year()+1; y++ {
		t, ok := date(y, month, day, h, m, s, nano, loc)
		if ok && now.Sub(t).Abs() <= halfYear && (!found || now.Sub(t).Abs() < now.Sub(best).Abs()) {
			best, found = t, true
		}
	}
	return best, found
}
