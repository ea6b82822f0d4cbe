package sitecmd

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

// certifiedAdmin is somebody the site counts on, and why.
type certifiedAdmin struct {
	Person      string // id of the contact or on the roster
	Certificate string
	Until       certificate.Day // the last day; the zero Day where nobody has said
	Checked     bool            // the certificate is kept here and counts; else site.yaml names it
}

// coverage is who is certified as an admin of a site, and for how long that is enough.
type coverage struct {
	Admins []certifiedAdmin
	Ends   []certifiedUntil // of everybody who is certified for anything, and known
	Today  certificate.Day
	Told   bool // somebody has filled in contacts, or a certificate is kept here
}

// certifiedUntil is the last day on which somebody is certified for a track.
type certifiedUntil struct {
	Person      string            `json:"person"`
	Track       certificate.Track `json:"track"`
	Certificate string            `json:"certificate"`
	Until       certificate.Day   `json:"-"`
	Day         string            `json:"until"`
	Left        int               `json:"days_left"`
	Notice      int               `json:"notice_days,omitempty"` // the notice in force; 0 for none
}

func endsOn(person string, track certificate.Track, id string, until, today certificate.Day) certifiedUntil {
	e := certifiedUntil{Person: person, Track: track, Certificate: id, Until: until, Day: until.String(), Left: today.Until(until)}
	e.Notice, _ = certificate.Notice(until, today)
	return e
}

// renew is the command by which somebody is certified again.
func (e certifiedUntil) renew() string {
	return "darksite train exam start --renew --track " + string(e.Track) + " --as " + e.Person + " --supervisor ID"
}

// ends are the certificates that count, one for each holder and track: the one that
// lasts longest.
func (p papers) ends() (out []certifiedUntil) {
	for _, s := range p.kept {
		if s.Site != p.people.Roster.Site || !p.verify(s).OK() {
			continue
		}
		e := endsOn(p.holder(s), s.Track, s.ID, s.Until, p.today)
		i := slices.IndexFunc(out, func(o certifiedUntil) bool { return o.Person == e.Person && o.Track == e.Track })
		switch {
		case i < 0:
			out = append(out, e)
		case out[i].Until.Before(e.Until):
			out[i] = e
		}
	}
	slices.SortFunc(out, func(a, b certifiedUntil) int {
		return cmp.Or(cmp.Compare(a.Left, b.Left), cmp.Compare(a.Person, b.Person), cmp.Compare(a.Track, b.Track))
	})
	return out
}

// coverageOf counts people once: by the certificates that are kept here and count, and
// by what site.yaml says of contacts whose certificate is not kept here.
func coverageOf(conf *siteconf.Config, p papers) coverage {
	c := coverage{Today: p.today, Ends: p.ends(), Told: len(conf.Contacts) > 0 || len(p.kept) > 0}
	for _, s := range p.admins() {
		c.Admins = append(c.Admins, certifiedAdmin{p.holder(s), s.ID, s.Until, true})
	}
	for _, who := range conf.Contacts {
		if who.Certificate == "" || c.has(who) || p.keeps(who) {
			continue
		}
		a := certifiedAdmin{Person: who.ID, Certificate: who.Certificate}
		if !who.Until.IsZero() {
			if a.Until = certificate.DayOf(who.Until.Time); a.Until.Before(c.Today) {
				continue
			}
		}
		c.Admins = append(c.Admins, a)
		if a.Until != (certificate.Day{}) {
			c.Ends = append(c.Ends, endsOn(a.Person, certificate.Admin, a.Certificate, a.Until, c.Today))
		}
	}
	return c
}

// notices are the lines on certificates whose end is near enough to be said.
func (c coverage) notices() (out []site.Finding) {
	for _, e := range c.Ends {
		if e.Notice != 0 {
			out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("certificate %s of %s (%s) ends on %s, in %s: notice of %d days", e.Certificate, e.Person, e.Track, e.Day, cli.Counted(e.Left, "day"), e.Notice), Next: e.renew()})
		}
	}
	return out
}

// has reports whether a contact is among the admins already.
func (c coverage) has(who siteconf.Contact) bool {
	return slices.ContainsFunc(c.Admins, func(a certifiedAdmin) bool { return a.Person == who.ID || a.Certificate == who.Certificate })
}

// keeps reports whether a certificate of a contact is kept here, whether it counts or
// not: then nobody goes by what site.yaml says of him.
func (p papers) keeps(who siteconf.Contact) bool {
	return slices.ContainsFunc(p.kept, func(s certificate.Signed) bool {
		return s.ID == who.Certificate || s.Track == certificate.Admin && p.holder(s) == who.ID
	})
}

// unchecked is how many count only because site.yaml says so.
func (c coverage) unchecked() (n int) {
	for _, a := range c.Admins {
		if !a.Checked {
			n++
		}
	}
	return n
}

// horizon is the first day on which fewer than two are certified. It is not known where
// that hangs on a certificate whose end nobody has said.
func (c coverage) horizon() (day certificate.Day, known bool) {
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

// words are the number of admins and where it comes from.
func (c coverage) words() string {
	text := fmt.Sprintf("%d of %d", len(c.Admins), certificate.Least)
	if n := c.unchecked(); n > 0 {
		text += fmt.Sprintf(", %d of them only as site.yaml says", n)
	}
	return text
}

// coverage reads who is certified here. What cannot be read is an error and never
// nobody.
func (a *app) coverage() (coverage, papers, error) {
	conf, err := a.Config()
	if err != nil {
		return coverage{}, papers{}, err
	}
	p, err := a.papers()
	if err != nil {
		return coverage{}, papers{}, err
	}
	return coverageOf(conf, p), p, nil
}

// coverageAt is who is certified at a time, for the looks of the monitor.
func (a *app) coverageAt(now time.Time) (coverage, error) {
	then := app{a.At(func() time.Time { return now })}
	c, _, err := then.coverage()
	return c, err
}

// coverageFindings are the lines of site check on people's certificates.
func (a *app) coverageFindings() []site.Finding {
	c, p, err := a.coverage()
	if err != nil {
		return []site.Finding{{State: string(overview.Unknown), What: "certified admins cannot be counted: " + err.Error(), Next: "darksite train certificate list"}}
	}
	const examine = "darksite train exam start --track admin --as ID --supervisor ID"
	n := site.Finding{State: "OK", What: "certified admins: " + c.words()}
	switch {
	case len(c.Admins) == 0:
		n.State, n.Next = "CRIT", examine
	case len(c.Admins) < certificate.Least:
		n.State, n.Next = "WARN", examine
	}
	out := []site.Finding{n}
	if len(c.Admins) >= certificate.Least {
		out = append(out, horizonFinding(c, examine))
	}
	return slices.Concat(out, c.notices(), p.troubles())
}

func horizonFinding(c coverage, next string) site.Finding {
	day, known := c.horizon()
	switch left := c.Today.Until(day); {
	case !known:
		return site.Finding{State: "WARN", What: "until when two admins are certified is not known: site.yaml names a certificate without its end", Next: "edit " + siteconf.FileName + ": certificate_until"}
	case left < renewEarly:
		return site.Finding{State: "WARN", What: fmt.Sprintf("from %s on, in %d days, fewer than two admins are certified", day, left), Next: next}
	default:
		return site.Finding{State: "OK", What: fmt.Sprintf("two admins are certified until %s, %d more days", day.Add(-1), left-1)}
	}
}

// troubles are what is wrong with the certificates of people who are still here: those
// that no longer count and are replaced by no other of the holder, and practice that has
// lapsed; and an old list of withdrawn ones.
func (p papers) troubles() (out []site.Finding) {
	counting := map[string]bool{}
	for _, s := range p.kept {
		if p.verify(s).OK() {
			counting[p.holder(s)+string(s.Track)] = true
		}
	}
	for _, s := range p.kept {
		who := p.holder(s)
		if _, here := p.people.Roster.Person(who); !here || s.Provisional && p.answered(s) {
			continue
		}
		v := p.verify(s)
		if !v.OK() && !counting[who+string(s.Track)] {
			out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("certificate %s of %s does not count: %s: %s", s.ID, who, v.Reason, v.Detail), Next: "darksite train certificate show " + s.ID})
		}
		if standing, left := p.practice(s); v.OK() && standing == certificate.Lapsed {
			out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("%s did no lab for %d days: %s", who, certificate.PracticeEvery-left, standing), Next: "darksite train lab list"})
		}
	}
	if w := p.withdrawn; w != nil && w.Issued.Until(p.today) > certificate.ListAge {
		out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("the list of withdrawn certificates is %d days old", w.Issued.Until(p.today)), Next: "ask the vendor for a reply, which brings the newest"})
	}
	return out
}

// coverageLines are the lines of the round on people's certificates.
func (a *app) coverageLines(now time.Time) []overview.Line {
	c, p, err := a.coverage()
	if err != nil {
		return []overview.Line{unknownLine("certified admins", err)}
	}
	admins := overview.Line{Word: overview.OK, What: "certified admins", Value: c.words(), Next: "darksite train certificate list"}
	if len(c.Admins) < certificate.Least {
		admins.Word = overview.Warning
	}
	lines := []overview.Line{admins}
	if len(c.Admins) >= certificate.Least {
		if f := horizonFinding(c, admins.Next); f.State != "OK" && f.Next == admins.Next { // that an end is not known is a line below
			lines = append(lines, fromFinding("coverage", f))
		}
	}
	for _, who := range c.Admins {
		l := overview.Line{Word: overview.Unknown, What: fmt.Sprintf("certificate %s of %s", who.Certificate, who.Person), Value: "until when is not said", Next: "edit " + siteconf.FileName + ": certificate_until"}
		if who.Until != (certificate.Day{}) {
			l.Word, l.Value = ending(endOf(who.Until), now)
			if _, near := certificate.Notice(who.Until, c.Today); near && l.Word == overview.OK {
				l.Word = overview.Warning
			}
			l.Next = "darksite train exam start --track admin --as " + who.Person + " --supervisor ID"
		}
		lines = append(lines, l)
	}
	for _, f := range p.troubles() {
		lines = append(lines, fromFinding("certificate", f))
	}
	return lines
}

// endOf is the instant at which a last day is over.
func endOf(d certificate.Day) time.Time {
	t, err := time.Parse(time.DateOnly, d.String())
	if err != nil {
		return time.Time{} // a Day is always one that can be read
	}
	return t.AddDate(0, 0, 1)
}
