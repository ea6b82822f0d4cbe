package watch

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/training/certificate"
)

// historyUse says how much of the history's file is in use, and how much may be.
type historyUse func(ctx context.Context) (used, budget int64, err error)

// Order adds what the site itself must keep in order to the looks at the kit's
// own machine:
//
//	localmon_site_contacts                  contacts of site.yaml
//	localmon_site_certified_admins          people certified as admins: see package certified
//	localmon_site_coverage_seconds          until fewer than two of them are, where two are and that is known
//	localmon_site_certificate_notice_seconds{certificate,days} until a certificate ends, of the notice in force; 0 of the others
//	localmon_site_revocations_age_seconds   since the vendor's card, which holds the revoked keys, was taken
//	localmon_history_bytes                  of the history, in use
//	localmon_history_budget_bytes           of the history, allowed
//
// What is not known is not told: a list of contacts that nobody has filled in yet
// says nothing of people, and before there is a card of the vendor there is nothing
// that could be old. A certificate that site.yaml names and nobody has brought here
// counts as it is written. A card that was restored from a copy counts from then,
// where the copy did not keep its time.
type Order struct {
	localmon.Source // of the machine

	Conf *siteconf.Config
	Card string // the vendor's
	Kept func(now time.Time) (certified.Coverage, error)
	Used historyUse
}

// Collect implements localmon.Source.
func (o *Order) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	b, err := o.Source.Collect(ctx, now)
	if err != nil {
		return b, err
	}
	b.Samples = slices.Clone(b.Samples)
	tell := func(metric string, value float64, labels ...string) {
		b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: b.Target, Metric: metric, Labels: localmon.FormatLabels(labels...)}, Value: value})
	}
	if people := o.Conf.Contacts; len(people) > 0 {
		tell("localmon_site_contacts", float64(len(people)))
	}
	if c, err := o.Kept(now); err != nil {
		b.Partial = append(slices.Clone(b.Partial), localmon.EndpointError{Endpoint: "certificates", Err: fmt.Errorf("who is certified: %w", err)})
	} else if c.Told {
		for _, e := range c.Ends {
			for _, n := range certificate.Notices() {
				left := 0.0
				if n == e.Notice {
					left = certified.EndOf(e.Until).Sub(now).Seconds()
				}
				tell("localmon_site_certificate_notice_seconds", left, "days", strconv.Itoa(n), "certificate", fmt.Sprintf("%s, notice of %d days", e.Certificate, n))
			}
		}
		tell("localmon_site_certified_admins", float64(len(c.Admins)))
		if day, known := c.Horizon(); known && len(c.Admins) >= certificate.Least {
			tell("localmon_site_coverage_seconds", max(0, certified.EndOf(day.Add(-1)).Sub(now).Seconds()))
		}
	}
	if info, err := os.Stat(o.Card); err == nil && !info.ModTime().After(now) { // a card that is missing is told by site check
		tell("localmon_site_revocations_age_seconds", now.Sub(info.ModTime()).Seconds())
	}
	used, budget, err := o.Used(ctx)
	if err != nil {
		b.Partial = append(slices.Clone(b.Partial), localmon.EndpointError{Endpoint: "history", Err: fmt.Errorf("how much it takes: %w", err)})
	} else {
		tell("localmon_history_bytes", float64(used))
		if budget > 0 {
			tell("localmon_history_budget_bytes", float64(budget))
		}
	}
	slices.SortFunc(b.Samples, func(x, y localmon.Sample) int { return x.Key.Compare(y.Key) })
	return b, nil
}
