package duty

import (
	"context"
	"fmt"
	"slices"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/siteadmin"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/overview"
	"darksite/localmon/rounds"
	"darksite/localmon/units"
	"darksite/training/certificate"
)

// Times before something ends at which the round says so.
const (
	renewSoon = 60 * 24 * time.Hour
)

func (a *app) peopleLines(ctx context.Context, s *sight.Sight, marks map[string]rounds.Mark) []overview.Line {
	now := a.Env.Now()
	conf, err := a.Config()
	if err != nil {
		return []overview.Line{unknownLine("site.yaml", err)}
	}
	lines := append(contactLines(conf, now), a.coverageLines(now)...)
	lines = append(lines, arrayCertificates(ctx, s, conf, now)...)
	if v, err := siteadmin.Read(a.Site); err != nil {
		lines = append(lines, unknownLine("roster and vendor card", err))
	} else {
		for _, f := range siteadmin.Readiness(a.Site, v) {
			if f.State != "OK" {
				lines = append(lines, fromFinding("readiness", f))
			}
		}
		if v.Vendor != "" {
			lines = append(lines, overview.Line{Word: overview.OK, What: "revocations are those of the vendor's card", Value: v.Vendor})
		}
	}
	lines = append(lines, handLine(marks, "keys-backed-up", now))
	return append(lines, a.journalLine(ctx))
}

// ending is the word for what ends at a time, and that time in words.
func ending(until, now time.Time) (overview.Word, string) {
	day := until.Add(-time.Nanosecond).UTC().Format(time.DateOnly) // the last on which it holds
	switch left := until.Sub(now); {
	case left <= 0:
		return overview.Critical, fmt.Sprintf("until %s: it has ended", day)
	case left < renewSoon:
		return overview.Warning, fmt.Sprintf("until %s, that is in %s", day, units.Duration(left.Truncate(time.Hour)))
	}
	return overview.OK, "until " + day
}

// lastDay is the end of the day that is named as the last.
func lastDay(d siteconf.Date) time.Time { return d.AddDate(0, 0, 1) }

// contactLines are who may ask for support, and how long the contract runs.
func contactLines(conf *siteconf.Config, now time.Time) []overview.Line {
	edit := "edit " + siteconf.FileName
	contacts := overview.Line{Word: overview.OK, What: "contacts", Value: fmt.Sprintf("%d of at most 5", len(conf.Contacts)), Next: edit}
	if len(conf.Contacts) == 0 {
		contacts.Word = overview.Critical
	}
	support := overview.Line{Word: overview.Unknown, What: "support contract", Value: "until when is not said", Next: edit}
	if until := conf.Support.Until; !until.IsZero() {
		support.Word, support.Value = ending(lastDay(until), now)
		support.Value = cli.OrDash(conf.Support.Plan) + " " + support.Value
	}
	return []overview.Line{contacts, support}
}

// certificateExpires is what a look says of the certificate it was shown.
const certificateExpires = "localmon_target_certificate_expires_timestamp_seconds"

// arrayCertificates are the ends of the certificates the arrays show. The kit
// goes by their pins; people and other programs may not.
func arrayCertificates(ctx context.Context, s *sight.Sight, conf *siteconf.Config, now time.Time) []overview.Line {
	var lines []overview.Line
	var well []string
	for _, ar := range conf.Arrays {
		if ar.TLSPin == "" {
			continue
		}
		what := "certificate that " + ar.Name + " shows"
		until, at, err := certificateEnd(ctx, s, ar.Name)
		if err != nil {
			lines = append(lines, unknownLine(what, err))
			continue
		}
		if until.IsZero() {
			lines = append(lines, overview.Line{Word: overview.Unknown, What: what, Value: "until when was not read yet", Next: "darksite alerts list --target " + ar.Name})
			continue
		}
		word, value := ending(until, now)
		if word == overview.OK {
			well = append(well, ar.Name)
			continue
		}
		// What has ended stops browsers and other programs; the kit itself reads on.
		lines = append(lines, overview.Line{Word: overview.Warning, What: what, Value: value, At: at, Next: "darksite site pin " + ar.Name + " --as ID   (once it is renewed)"})
	}
	if len(well) > 0 {
		few := well[:min(3, len(well))]
		value := fmt.Sprintf("%d end in more than %s: %s", len(well), units.Duration(renewSoon), joined(few, len(well)-len(few)))
		lines = append(lines, overview.Line{Word: overview.OK, What: "certificates that arrays show", Value: value})
	}
	return lines
}

func certificateEnd(ctx context.Context, s *sight.Sight, target string) (until, at time.Time, err error) {
	key := localmon.SeriesKey{Target: target, Metric: certificateExpires}
	series, err := s.Series(ctx, localmon.Selector{Target: target, Metric: certificateExpires})
	if err != nil {
		return until, at, err
	}
	i := slices.IndexFunc(series, func(one localmon.Series) bool { return one.Key == key })
	if i < 0 {
		return until, at, nil
	}
	last := series[i].Last
	for p, err := range s.Range(ctx, key, localmon.Window{From: last.Add(-time.Minute), To: last.Add(time.Second)}) {
		if err != nil {
			return until, at, err
		}
		until, at = time.Unix(int64(p.Value), 0), p.At
	}
	return until, at, nil
}

// coverageLines are the lines of the round on people's certificates.
func (a *app) coverageLines(now time.Time) []overview.Line {
	c, p, err := certified.Count(a.Site)
	if err != nil {
		return []overview.Line{unknownLine("certified admins", err)}
	}
	admins := overview.Line{Word: overview.OK, What: "certified admins", Value: c.Words(), Next: "darksite train certificate list"}
	if len(c.Admins) < certificate.Least {
		admins.Word = overview.Warning
	}
	lines := []overview.Line{admins}
	if len(c.Admins) >= certificate.Least {
		if f := certified.HorizonFinding(c, admins.Next); f.State != "OK" && f.Next == admins.Next { // that an end is not known is a line below
			lines = append(lines, fromFinding("coverage", f))
		}
	}
	for _, who := range c.Admins {
		l := overview.Line{Word: overview.Unknown, What: fmt.Sprintf("certificate %s of %s", who.Certificate, who.Person), Value: "until when is not said", Next: "edit " + siteconf.FileName + ": certificate_until"}
		if who.Until != (certificate.Day{}) {
			l.Word, l.Value = ending(certified.EndOf(who.Until), now)
			if _, near := certificate.Notice(who.Until, c.Today); near && l.Word == overview.OK {
				l.Word = overview.Warning
			}
			l.Next = "darksite train exam start --track admin --as " + who.Person + " --supervisor ID"
		}
		lines = append(lines, l)
	}
	for _, f := range p.Troubles() {
		lines = append(lines, fromFinding("certificate", f))
	}
	return lines
}
