package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/training/certificate"

	"github.com/stretchr/testify/require"
)

// machine is a source that tells one thing.
type machine struct{ err error }

func (machine) Target() string { return "kit" }

func (m machine) Collect(_ context.Context, now time.Time) (localmon.Batch, error) {
	return localmon.Batch{Target: "kit", At: now, Samples: []localmon.Sample{{Key: localmon.SeriesKey{Target: "kit", Metric: "node_load1"}, Value: 1}}}, m.err
}

func TestWhatTheSiteKeepsInOrderIsToldWhereItIsKnown(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	card := filepath.Join(t.TempDir(), "vendor.txt")
	require.NoError(t, os.WriteFile(card, nil, 0o600))
	taken := func(at time.Time) string {
		require.NoError(t, os.Chtimes(card, at, at))
		return card
	}
	bytes := func(used, budget int64, err error) historyUse {
		return func(context.Context) (int64, int64, error) { return used, budget, err }
	}
	none := map[string]float64{"node_load1": 1}
	written := func(contacts []siteconf.Contact) func(time.Time) (certified.Coverage, error) {
		return func(now time.Time) (certified.Coverage, error) {
			return certified.CoverageOf(&siteconf.Config{Contacts: contacts}, certified.Papers{Today: certificate.DayOf(now)}), nil
		}
	}
	cases := []struct {
		name     string
		contacts []siteconf.Contact
		card     string
		used     historyUse
		want     map[string]float64
		partial  int
	}{
		{"nothing is filled in and no card was taken", nil, card + ".none", bytes(0, 0, errors.New("closed")), none, 1},
		{
			"contacts of whom one names a certificate",
			[]siteconf.Contact{{ID: "a", Certificate: "DSA-1"}, {ID: "b"}},
			card + ".none", bytes(10, 100, nil),
			map[string]float64{"node_load1": 1, "localmon_site_contacts": 2, "localmon_site_certified_admins": 1, "localmon_history_bytes": 10, "localmon_history_budget_bytes": 100},
			0,
		},
		{
			"contacts of whom none names one",
			[]siteconf.Contact{{ID: "a"}},
			card + ".none", bytes(10, 0, nil),
			map[string]float64{"node_load1": 1, "localmon_site_contacts": 1, "localmon_site_certified_admins": 0, "localmon_history_bytes": 10},
			0,
		},
		{
			"a card that was taken a day ago", nil, taken(now.Add(-24 * time.Hour)), bytes(10, 0, nil),
			map[string]float64{"node_load1": 1, "localmon_site_revocations_age_seconds": 86400, "localmon_history_bytes": 10},
			0,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := &Order{Source: machine{}, Conf: &siteconf.Config{Contacts: c.contacts}, Card: c.card, Used: c.used, Kept: written(c.contacts)}
			b, err := o.Collect(t.Context(), now)
			require.NoError(t, err)
			got := map[string]float64{}
			for _, s := range b.Samples {
				require.Equal(t, "kit", s.Key.Target)
				got[s.Key.Metric] = s.Value
			}
			require.Equal(t, c.want, got)
			require.IsIncreasing(t, metricsOf(b))
			require.Len(t, b.Partial, c.partial)
		})
	}
	o := &Order{Source: machine{}, Conf: &siteconf.Config{}, Card: taken(now.Add(time.Hour)), Used: bytes(10, 0, nil), Kept: written(nil)}
	b, err := o.Collect(t.Context(), now)
	require.NoError(t, err)
	require.NotContains(t, metricsOf(b), "localmon_site_revocations_age_seconds", "a clock that was set back knows no age")
	o.Source = machine{errors.New("gone")}
	_, err = o.Collect(t.Context(), now)
	require.EqualError(t, err, "gone")
}

func metricsOf(b localmon.Batch) (out []string) {
	for _, s := range b.Samples {
		out = append(out, s.Key.Metric)
	}
	return out
}

func TestTheHorizonIsToldToTheRules(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	end := func(s string) certificate.Day { return onDay(t, s) }
	o := &Order{
		Source: machine{}, Conf: &siteconf.Config{}, Card: "none",
		Used: func(context.Context) (int64, int64, error) { return 1, 0, nil },
		Kept: func(time.Time) (certified.Coverage, error) {
			return certified.Coverage{Told: true, Today: end("2026-11-22"), Admins: []certified.Admin{{Until: end("2026-11-23")}, {Until: end("2027-01-01")}}}, nil
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
	o.Kept = func(time.Time) (certified.Coverage, error) {
		return certified.Coverage{Told: true, Today: end("2026-11-22")}, nil
	}
	got = told()
	require.NotContains(t, got, "localmon_site_coverage_seconds")
	require.Contains(t, got, "localmon_site_certified_admins")
}

// Through the last hundred days of a certificate each notice is told in one unbroken span
// of days, so that the rules raise each alert once.
func TestEachNoticeIsToldToTheRulesOnce(t *testing.T) {
	end := onDay(t, "2027-03-01")
	raised, current := map[string]int{}, map[string]bool{}
	for left := 100; left >= -3; left-- {
		today := end.Add(-left)
		o := &Order{
			Source: machine{}, Conf: &siteconf.Config{}, Card: "none",
			Used: func(context.Context) (int64, int64, error) { return 1, 0, nil },
			Kept: func(time.Time) (certified.Coverage, error) {
				e := certified.EndsOn("mdurand", certificate.Admin, "DSA-0031", end, today)
				return certified.Coverage{Told: true, Today: today, Ends: []certified.Ending{e}}, nil
			},
		}
		b, err := o.Collect(t.Context(), certified.EndOf(today).Add(-12*time.Hour))
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
}

func onDay(t *testing.T, s string) certificate.Day {
	t.Helper()
	d, err := certificate.ParseDay(s)
	require.NoError(t, err)
	return d
}
