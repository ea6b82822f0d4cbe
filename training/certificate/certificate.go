package certificate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/roster"
	"darksite/bundle/statement"
)

// Track is what a person is certified for.
type Track string

// The tracks of the course.
const (
	Admin   Track = "admin"
	Officer Track = "officer"
	TSE     Track = "tse"
)

// Tracks are all tracks in the order of the course.
func Tracks() []Track { return []Track{Admin, Officer, TSE} }

// Band is a result in three steps; the exact score stays in the record of the
// examination.
type Band string

// The bands: below 85 % of what could be had, from 85 %, and from 95 %.
const (
	Pass        Band = "pass"
	Good        Band = "good"
	Outstanding Band = "outstanding"
)

// BandOf is the band of a share of the points, from 0 to 1.
func BandOf(share float64) Band {
	switch {
	case share >= 0.95:
		return Outstanding
	case share >= 0.85:
		return Good
	}
	return Pass
}

// Limits of the fields, which keep the printed code small.
const (
	MaxID      = 24
	MaxName    = 48 // bytes
	MaxProduct = 4
)

// Certificate is what is signed.
type Certificate struct {
	ID          string // such as DSA-0031: A-Z, 0-9 and dashes
	Holder      string // a name, or what stands for one
	Key         string // ID of the holder's own key, 16 hex digits
	Site        string // code such as S042
	Track       Track
	Products    []string // a kind of array and its major version: flasharray-6
	Band        Band
	Issued      Day
	Until       Day    // the last day it counts
	Bank        string // version of the questions
	Issuer      string // ID of the key that signs it
	Supervisor  string // ID of the key of whoever watched the examination
	Provisional bool   // issued at the site; the vendor has not seen the record
}

const format = "darksite-certificate/1"

// lines are the fields in their order; the printed code holds their values alone.
func (c Certificate) lines() []statement.Line {
	return []statement.Line{
		{Key: "format", Value: format},
		{Key: "id", Value: c.ID},
		{Key: "holder", Value: c.Holder},
		{Key: "key", Value: c.Key},
		{Key: "site", Value: c.Site},
		{Key: "track", Value: string(c.Track)},
		{Key: "products", Value: strings.Join(c.Products, " ")},
		{Key: "band", Value: string(c.Band)},
		{Key: "issued", Value: c.Issued.String()},
		{Key: "until", Value: c.Until.String()},
		{Key: "bank", Value: c.Bank},
		{Key: "issuer", Value: c.Issuer},
		{Key: "supervisor", Value: c.Supervisor},
		{Key: "provisional", Value: strconv.FormatBool(c.Provisional)},
	}
}

// Encode writes the statement in its one spelling.
func (c Certificate) Encode() ([]byte, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("write certificate: %w", err)
	}
	return statement.Encode(c.lines())
}

// Parse reads a statement that Encode wrote and refuses any other.
func Parse(text []byte) (Certificate, error) {
	f := statement.NewReader(text)
	f.Const("format", format)
	c := Certificate{
		ID: f.Text("id"), Holder: f.Text("holder"), Key: f.Text("key"), Site: f.Text("site"), Track: Track(f.Text("track")),
		Products: f.Words("products"), Band: Band(f.Text("band")), Issued: day(f, "issued"), Until: day(f, "until"),
		Bank: f.Text("bank"), Issuer: f.Text("issuer"), Supervisor: f.Text("supervisor"),
	}
	switch f.Text("provisional") {
	case "true":
		c.Provisional = true
	case "false":
	default:
		f.Fail("provisional", errors.New("want true or false"))
	}
	if err := f.Done(); err != nil {
		return Certificate{}, fmt.Errorf("read certificate: %w", err)
	}
	if err := c.validate(); err != nil {
		return Certificate{}, fmt.Errorf("read certificate: %w", err)
	}
	return c, nil
}

func day(f *statement.Reader, key string) Day {
	d, err := ParseDay(f.Text(key))
	if err != nil {
		f.Fail(key, err)
	}
	return d
}

func (c Certificate) validate() error {
	if !ValidID(c.ID) {
		return fmt.Errorf("id %q: want 3 to %d of A-Z, 0-9 and dashes, such as DSA-0031", c.ID, MaxID)
	}
	if c.Holder == "" || len(c.Holder) > MaxName {
		return fmt.Errorf("holder %q: want a name of at most %d bytes", c.Holder, MaxName)
	}
	for _, k := range []struct{ what, id string }{{"key", c.Key}, {"issuer", c.Issuer}, {"supervisor", c.Supervisor}} {
		if !isKeyID(k.id) {
			return fmt.Errorf("%s %q: want the ID of a key, 16 hex digits", k.what, k.id)
		}
	}
	if c.Supervisor == c.Key {
		return errors.New("nobody supervises an own examination: holder and supervisor have the same key")
	}
	if !roster.ValidSite(c.Site) {
		return fmt.Errorf("site %q: want a site code such as S042", c.Site)
	}
	if !slices.Contains(Tracks(), c.Track) {
		return fmt.Errorf("track %q: want one of %v", c.Track, Tracks())
	}
	if b := c.Band; b != Pass && b != Good && b != Outstanding {
		return fmt.Errorf("band %q: want one of %v", b, []Band{Pass, Good, Outstanding})
	}
	if len(c.Products) > MaxProduct || !slices.IsSorted(c.Products) {
		return fmt.Errorf("products: want at most %d, sorted", MaxProduct)
	}
	for i, p := range c.Products {
		if !isWord(p) || i > 0 && p == c.Products[i-1] {
			return fmt.Errorf("product %q: want words of a-z, 0-9, dot and dash, each once, such as flasharray-6", p)
		}
	}
	if !isWord(c.Bank) {
		return fmt.Errorf("bank %q: want the version of the questions, such as 2026.1", c.Bank)
	}
	if c.Issued.year < firstYear || c.Until.year < firstYear {
		return errors.New("a first and a last day are needed")
	}
	if c.Until.Before(c.Issued) {
		return fmt.Errorf("it ends on %s, before it is issued on %s", c.Until, c.Issued)
	}
	return nil
}

// ValidID reports whether a text can be the ID of a certificate.
func ValidID(s string) bool {
	return len(s) >= 3 && len(s) <= MaxID && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == "" && s[0] != '-' && s[len(s)-1] != '-'
}

func isKeyID(s string) bool { return len(s) == 16 && strings.Trim(s, "0123456789abcdef") == "" }

func isWord(s string) bool {
	return s != "" && len(s) <= 24 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

// Day is a day of the calendar, without a time zone: certificates begin and end
// everywhere with the local day. The zero Day is none.
type Day struct {
	year  int
	month time.Month
	day   int
}

// DayOf is the day of an instant in its own time zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// firstYear is before any certificate; clocks that were never set tell earlier ones.
const firstYear = 2000

// ParseDay reads a day such as 2026-11-23.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Format(time.DateOnly) != s || t.Year() < firstYear {
		return Day{}, fmt.Errorf("day %q: want year, month and day such as 2026-11-23", s)
	}
	return DayOf(t), nil
}

// String writes the day as ParseDay reads it.
func (d Day) String() string { return d.time().Format(time.DateOnly) }

// Before reports whether d is an earlier day than o.
func (d Day) Before(o Day) bool { return d.time().Before(o.time()) }

// Add is the day so many days on.
func (d Day) Add(days int) Day { return DayOf(d.time().AddDate(0, 0, days)) }

// AddMonths is the day before the same date so many months on, which is the last day
// of that span.
func (d Day) AddMonths(months int) Day { return DayOf(d.time().AddDate(0, months, -1)) }

// Until is the number of days from d to o; below 0 when o is past.
func (d Day) Until(o Day) int { return int(o.time().Sub(d.time()).Hours() / 24) }

func (d Day) time() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }
