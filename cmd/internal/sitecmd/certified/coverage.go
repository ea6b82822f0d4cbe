package certified

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/overview"
	"darksite/training/certificate"
)

// Admin is somebody the site counts on, and why.
type Admin struct {
	Person      string // id of the contact or on the roster
	Certificate string
	Until       certificate.Day // the last day; the zero Day where nobody has said
	Checked     bool            // the certificate is kept here and counts; else site.yaml names it
}

// Coverage is who is certified as an admin of a site, and for how long that is enough.
type Coverage struct {
	Admins []Admin
	Ends   []Ending // of everybody who is certified for anything, and known
	Today  certificate.Day
	Told   bool // somebody has filled in contacts, or a certificate is kept here
}

// Ending is the last day on which somebody is certified for a track.
type Ending struct {
	Person      string            `json:"person"`
	Track       certificate.Track `json:"track"`
	Certificate string            `json:"certificate"`
	Until       certificate.Day   `json:"-"`
	Day         string            `json:"until"`
	Left        int               `json:"days_left"`
	Notice      int               `json:"notice_days,omitempty"` // the notice in force; 0 for none
}

// EndsOn is the end of a certificate as it looks today.
func EndsOn(person string, track certificate.Track, id string, until, today certificate.Day) Ending {
	e := Ending{Person: person, Track: track, Certificate: id, Until: until, Day: until.String(), Left: today.Until(until)}
	e.Notice, _ = certificate.Notice(until, today)
	return e
}

// Renew is the command by which somebody is certified again.
func (e Ending) Renew() string {
	return "darksite train exam start --renew --track " + string(e.Track) + " --as " + e.Person + " --supervisor ID"
}

// Ends are the certificates that count, one for each holder and track: the one that
// lasts longest.
func (p Papers) Ends() (out []Ending) {
	for _, s := range p.Kept {
		if s.Site != p.People.Roster.Site || !p.Verify(s).OK() {
			continue
		}
		e := EndsOn(p.Holder(s), s.Track, s.ID, s.Until, p.Today)
		i := slices.IndexFunc(out, func(o Ending) bool { return o.Person == e.Person && o.Track == e.Track })
		switch {
		case i < 0:
			out = append(out, e)
		case out[i].Until.Before(e.Until):
			out[i] = e
		}
	}
	slices.SortFunc(out, func(a, b Ending) int {
		return cmp.Or(cmp.Compare(a.Left, b.Left), cmp.Compare(a.Person, b.Person), cmp.Compare(a.Track, b.Track))
	})
	return out
}

// CoverageOf counts people once: by the certificates that are kept here and count, and
// by what site.yaml says of contacts whose certificate is not kept here.
func CoverageOf(conf *siteconf.Config, p Papers) Coverage {
	c := Coverage{Today: p.Today, Ends: p.Ends(), Told: len(conf.Contacts) > 0 || len(p.Kept) > 0}
	for _, s := range p.admins() {
		c.Admins = append(c.Admins, Admin{p.Holder(s), s.ID, s.Until, true})
	}
	for _, who := range conf.Contacts {
		if who.Certificate == "" || c.has(who) || p.keeps(who) {
			continue
		}
		a := Admin{Person: who.ID, Certificate: who.Certificate}
		if !who.Until.IsZero() {
			if a.Until = certificate.DayOf(who.Until.Time); a.Until.Before(c.Today) {
				continue
			}
		}
		c.Admins = append(c.Admins, a)
		if a.Until != (certificate.Day{}) {
			c.Ends = append(c.Ends, EndsOn(a.Person, certificate.Admin, a.Certificate, a.Until, c.Today))
		}
	}
	return c
}

// notices are the lines on certificates whose end is near enough to be said.
func (c Coverage) notices() (out []site.Finding) {
	for _, e := range c.Ends {
		if e.Notice != 0 {
			out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("certificate %s of %s (%s) ends on %s, in %s: notice of %d days", e.Certificate, e.Person, e.Track, e.Day, cli.Counted(e.Left, "day"), e.Notice), Next: e.Renew()})
		}
	}
	return out
}

// has reports whether a contact is among the admins already.
func (c Coverage) has(who siteconf.Contact) bool {
	return slices.ContainsFunc(c.Admins, func(a Admin) bool { return a.Person == who.ID || a.Certificate == who.Certificate })
}

// keeps reports whether a certificate of a contact is kept here, whether it counts or
// not: then nobody goes by what site.yaml says of him.
func (p Papers) keeps(who siteconf.Contact) bool {
	return slices.ContainsFunc(p.Kept, func(s certificate.Signed) bool {
		return s.ID == who.Certificate || s.Track == certificate.Admin && p.Holder(s) == who.ID
	})
}

// unchecked is how many count only because site.yaml says so.
func (c Coverage) unchecked() (n int) {
	for _, a := range c.Admins {
		if !a.Checked {
			n++
		}
	}
	return n
}

// Horizon is the first day on which fewer than two are certified. It is not known where
// that hangs on a certificate whose end nobody has said.
func (c Coverage) Horizon() (day certificate.Day, known bool) {
	var ends []certificate.Day
	for _, a := range c.Admins {
		if a.Until != (certificate.Day{}) {
			ends = append(ends, a.Until)
		}
	}
	if len(ends) < certificate.Least && len(ends) < len(c.Admins) {
		return certificate.Day{}, false
	}
	return certificate.Horizon(ends, c.Today), true
}

// Days before the horizon at which the site says so.
const renewEarly = certificate.RenewWithin

// Words are the number of admins and where it comes from.
func (c Coverage) Words() string {
	text := fmt.Sprintf("%d of %d", len(c.Admins), certificate.Least)
	if n := c.unchecked(); n > 0 {
		text += fmt.Sprintf(", %d of them only as site.yaml says", n)
	}
	return text
}

// Count reads who is certified here. What cannot be read is an error and never
// nobody.
func Count(s *site.Site) (Coverage, Papers, error) {
	conf, err := s.Config()
	if err != nil {
		return Coverage{}, Papers{}, err
	}
	p, err := Read(s)
	if err != nil {
		return Coverage{}, Papers{}, err
	}
	return CoverageOf(conf, p), p, nil
}

// CountAt is who is certified at a time, for the looks of the monitor.
func CountAt(s *site.Site, now time.Time) (Coverage, error) {
	c, _, err := Count(s.At(func() time.Time { return now }))
	return c, err
}

// Findings are the lines of site check on people's certificates.
func Findings(s *site.Site) []site.Finding {
	c, p, err := Count(s)
	if err != nil {
		return []site.Finding{{State: string(overview.Unknown), What: "certified admins cannot be counted: " + err.Error(), Next: "darksite train certificate list"}}
	}
	const examine = "darksite train exam start --track admin --as ID --supervisor ID"
	n := site.Finding{State: "OK", What: "certified admins: " + c.Words()}
	switch {
	case len(c.Admins) == 0:
		n.State, n.Next = "CRIT", examine
	case len(c.Admins) < certificate.Least:
		n.State, n.Next = "WARN", examine
	}
	out := []site.Finding{n}
	if len(c.Admins) >= certificate.Least {
		out = append(out, HorizonFinding(c, examine))
	}
	return slices.Concat(out, c.notices(), p.Troubles())
}

// HorizonFinding says until when two admins are certified; next is what to do about it.
func HorizonFinding(c Coverage, next string) site.Finding {
	day, known := c.Horizon()
	switch left := c.Today.Until(day); {
	case !known:
		return site.Finding{State: "WARN", What: "until when two admins are certified is not known: site.yaml names a certificate without its end", Next: "edit " + siteconf.FileName + ": certificate_until"}
	case left < renewEarly:
		return site.Finding{State: "WARN", What: fmt.Sprintf("from %s on, in %d days, fewer than two admins are certified", day, left), Next: next}
	default:
		return site.Finding{State: "OK", What: fmt.Sprintf("two admins are certified until %s, %d more days", day.Add(-1), left-1)}
	}
}

// Troubles are what is wrong with the certificates of people who are still here: those
// that no longer count and are replaced by no other of the holder, and practice that has
// lapsed; and an old list of withdrawn ones.
func (p Papers) Troubles() (out []site.Finding) {
	counting := map[string]bool{}
	for _, s := range p.Kept {
		if p.Verify(s).OK() {
			counting[p.Holder(s)+string(s.Track)] = true
		}
	}
	for _, s := range p.Kept {
		who := p.Holder(s)
		if _, here := p.People.Roster.Person(who); !here || s.Provisional && p.answered(s) {
			continue
		}
		v := p.Verify(s)
		if !v.OK() && !counting[who+string(s.Track)] {
			out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("certificate %s of %s does not count: %s: %s", s.ID, who, v.Reason, v.Detail), Next: "darksite train certificate show " + s.ID})
		}
		if standing, left := p.practice(s); v.OK() && standing == certificate.Lapsed {
			out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("%s did no lab for %d days: %s", who, certificate.PracticeEvery-left, standing), Next: "darksite train lab list"})
		}
	}
	if w := p.Withdrawn; w != nil && w.Issued.Until(p.Today) > certificate.ListAge {
		out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("the list of withdrawn certificates is %d days old", w.Issued.Until(p.Today)), Next: "ask the vendor for a reply, which brings the newest"})
	}
	return out
}

// EndOf is the instant at which a last day is over.
func EndOf(d certificate.Day) time.Time {
	t, err := time.Parse(time.DateOnly, d.String())
	if err != nil {
		return time.Time{} // a Day is always one that can be read
	}
	return t.AddDate(0, 0, 1)
}
