package sitecmd

import (
	"context"
	"testing"
	"time"

	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/training/award"
	"darksite/training/certificate"

	"github.com/stretchr/testify/require"
)

func coverageKey(t *testing.T) sign.Signer {
	t.Helper()
	private, _, err := sign.GenerateKey(nil, "test", nil)
	require.NoError(t, err)
	key, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	return key
}

func dayOf(t *testing.T, s string) certificate.Day {
	t.Helper()
	d, err := certificate.ParseDay(s)
	require.NoError(t, err)
	return d
}

// Who is certified is counted by what can be checked, and by what site.yaml says only
// of those of whom nothing is kept.
func TestEachAdminIsCountedOnceByTheBestThatIsKnown(t *testing.T) {
	vendor, durand, petit, leroy := coverageKey(t), coverageKey(t), coverageKey(t), coverageKey(t)
	p := papers{today: dayOf(t, "2026-11-23"), people: award.People{
		Roster: roster.Roster{Site: "S042", People: []roster.Person{
			{ID: "mdurand", Key: durand.Public()}, {ID: "ppetit", Key: petit.Public()}, {ID: "nleroy", Key: leroy.Public()},
		}},
		Vendor: roster.Vendor{Name: "V", People: []roster.Person{{ID: "ruth", Key: vendor.Public()}}},
	}}
	keep := func(id string, holder sign.Signer, until string) {
		s, err := certificate.Issue(certificate.Certificate{
			ID: id, Holder: "X", Key: holder.Public().ID(), Site: "S042", Track: certificate.Admin, Band: certificate.Pass,
			Issued: dayOf(t, "2026-01-01"), Until: dayOf(t, until), Bank: "2026.1", Issuer: vendor.Public().ID(), Supervisor: vendor.Public().ID(),
		}, vendor)
		require.NoError(t, err)
		p.kept = append(p.kept, s)
	}
	contact := func(id, cert, until string) siteconf.Contact {
		c := siteconf.Contact{ID: id, Certificate: cert}
		if until != "" {
			require.NoError(t, c.Until.UnmarshalText([]byte(until)))
		}
		return c
	}
	count := func(contacts ...siteconf.Contact) coverage {
		return coverageOf(&siteconf.Config{Contacts: contacts}, p)
	}

	require.False(t, count().Told, "nothing is said and nothing kept")
	c := count(contact("mdurand", "DSA-1", "2027-01-19"), contact("ppetit", "DSA-2", ""), contact("nleroy", "", ""), contact("x", "DSA-4", "2026-11-22"))
	require.Equal(t, "2 of 2, 2 of them only as site.yaml says", c.words())
	_, known := c.horizon()
	require.False(t, known, "it hangs on an end that nobody has said")

	keep("DSA-1", durand, "2027-03-01")
	keep("DSA-0", durand, "2026-12-01")
	c = count(contact("mdurand", "DSA-1", "2030-01-19"), contact("ppetit", "DSA-2", "2027-06-30"))
	require.Equal(t, "2 of 2, 1 of them only as site.yaml says", c.words())
	require.Equal(t, certifiedAdmin{"mdurand", "DSA-1", dayOf(t, "2027-03-01"), true}, c.Admins[0], "the longer one, and not what is written")
	day, known := c.horizon()
	require.True(t, known)
	require.Equal(t, "2027-03-02", day.String())
	require.Equal(t, "WARN", horizonFinding(c, "").State, "within 120 days")

	p.withdrawn = &certificate.Withdrawals{Number: 1, Issued: p.today, List: []certificate.Withdrawal{{ID: "DSA-1", On: p.today, Why: "x"}, {ID: "DSA-0", On: p.today, Why: "x"}}}
	c = count(contact("mdurand", "DSA-9", "2030-01-19"), contact("ppetit", "DSA-2", "2027-06-30"))
	require.Equal(t, "1 of 2, 1 of them only as site.yaml says", c.words(), "whose certificate was withdrawn does not count by another that is only written")
	require.Len(t, p.troubles(), 2)
	p.people.Roster.People = p.people.Roster.People[1:]
	require.Empty(t, p.troubles(), "who has left the roster troubles nobody")
}

func TestTheHorizonIsToldToTheRules(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	end := func(s string) certificate.Day { return dayOf(t, s) }
	o := &siteOrder{
		Source: machine{}, conf: &siteconf.Config{}, card: "none",
		used: func(context.Context) (int64, int64, error) { return 1, 0, nil },
		kept: func(time.Time) (coverage, error) {
			return coverage{Told: true, Today: end("2026-11-22"), Admins: []certifiedAdmin{{Until: end("2026-11-23")}, {Until: end("2027-01-01")}}}, nil
		},
	}
	told := func() map[string]float64 {
		b, err := o.Collect(t.Context(), now)
		require.NoError(t, err)
		out := map[string]float64{}
		for _, s := range b.Samples {
			out[s.Key.Metric] = s.Value
		}
		return out
	}
	got := told()
	require.InDelta(t, 36*3600, got["localmon_site_coverage_seconds"], 0, "until the last day of the first is over")
	require.InDelta(t, 2, got["localmon_site_certified_admins"], 0)
	o.kept = func(time.Time) (coverage, error) { return coverage{Told: true, Today: end("2026-11-22")}, nil }
	got = told()
	require.NotContains(t, got, "localmon_site_coverage_seconds")
	require.Contains(t, got, "localmon_site_certified_admins")
}

// Through the last hundred days of a certificate each notice is told in one unbroken span
// of days, so that the rules raise each alert once.
func TestEachNoticeIsToldToTheRulesOnce(t *testing.T) {
	end := dayOf(t, "2027-03-01")
	raised, current := map[string]int{}, map[string]bool{}
	for left := 100; left >= -3; left-- {
		today := end.Add(-left)
		o := &siteOrder{
			Source: machine{}, conf: &siteconf.Config{}, card: "none",
			used: func(context.Context) (int64, int64, error) { return 1, 0, nil },
			kept: func(time.Time) (coverage, error) {
				e := endsOn("mdurand", certificate.Admin, "DSA-0031", end, today)
				return coverage{Told: true, Today: today, Ends: []certifiedUntil{e}}, nil
			},
		}
		b, err := o.Collect(t.Context(), endOf(today).Add(-12*time.Hour))
		require.NoError(t, err)
		inForce := 0
		for _, s := range b.Samples {
			if s.Key.Metric != "localmon_site_certificate_notice_seconds" {
				continue
			}
			if s.Value > 0 {
				inForce++
				if !current[s.Key.Labels] {
					raised[s.Key.Labels]++
				}
			}
			current[s.Key.Labels] = s.Value > 0
		}
		require.LessOrEqual(t, inForce, 1, "%d days left", left)
	}
	require.Equal(t, map[string]int{
		`certificate="DSA-0031, notice of 90 days",days="90"`: 1, `certificate="DSA-0031, notice of 60 days",days="60"`: 1,
		`certificate="DSA-0031, notice of 30 days",days="30"`: 1, `certificate="DSA-0031, notice of 7 days",days="7"`: 1,
	}, raised)
	c := coverage{Ends: []certifiedUntil{endsOn("mdurand", certificate.Admin, "DSA-0031", end, end.Add(-1)), endsOn("nleroy", certificate.Admin, "DSA-0032", end, end.Add(-91))}}
	require.Equal(t, []site.Finding{{
		State: "WARN", What: "certificate DSA-0031 of mdurand (admin) ends on 2027-03-01, in 1 day: notice of 7 days",
		Next: "darksite train exam start --renew --track admin --as mdurand --supervisor ID",
	}}, c.notices())
}
