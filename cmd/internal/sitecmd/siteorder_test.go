package sitecmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

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
	written := func(contacts []siteconf.Contact) func(time.Time) (coverage, error) {
		return func(now time.Time) (coverage, error) {
			return coverageOf(&siteconf.Config{Contacts: contacts}, papers{today: certificate.DayOf(now)}), nil
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
			o := &siteOrder{Source: machine{}, conf: &siteconf.Config{Contacts: c.contacts}, card: c.card, used: c.used, kept: written(c.contacts)}
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
	o := &siteOrder{Source: machine{}, conf: &siteconf.Config{}, card: taken(now.Add(time.Hour)), used: bytes(10, 0, nil), kept: written(nil)}
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
