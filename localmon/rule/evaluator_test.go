package rule_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"

	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func shipped(t testing.TB) rule.Set {
	t.Helper()
	s, err := rule.Shipped()
	require.NoError(t, err)
	return s
}

// bench is an evaluator and its clock.
type bench struct {
	t   testing.TB
	e   *rule.Evaluator
	now time.Time
}

func newBench(t testing.TB) *bench {
	return &bench{t, rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray), start}
}

// look judges one batch and returns the answers as "rule/component=truth".
func (b *bench) look(batch localmon.Batch) []string {
	b.now = b.now.Add(30 * time.Second)
	out := []string{}
	for _, c := range b.e.Evaluate(b.now, batch) {
		out = append(out, fmt.Sprintf("%s/%s=%s", c.Rule, c.Component, c.State))
	}
	return out
}

func drive(status string, h localmon.Health) localmon.Batch {
	return localmon.Batch{Target: "fa-1", AlertsRead: true, States: []localmon.ComponentState{
		{Component: "CH0.BAY7", Type: "drive", Status: status, Health: h}, {Component: "CH0.BAY8", Type: "drive", Status: "healthy", Health: localmon.HealthOK},
	}}
}

var (
	failedDrive  = drive("failed", localmon.HealthCritical)
	healthyDrive = drive("healthy", localmon.HealthOK)
	blind        = localmon.Batch{Target: "fa-1", Partial: []localmon.EndpointError{{Endpoint: "*", Err: localmon.ErrUnreachable}}}
	noDrives     = localmon.Batch{Target: "fa-1", AlertsRead: true, Partial: []localmon.EndpointError{{Endpoint: "drives", Err: errors.New("500")}}}
)

func TestUnknownIsNeverNo(t *testing.T) {
	b := newBench(t)
	require.Empty(t, b.look(healthyDrive), "a target in order gives no answers")
	require.Equal(t, []string{"drive-failed/CH0.BAY7=yes"}, b.look(failedDrive))
	require.Empty(t, b.look(noDrives), "the list was not read: no answer")
	require.Empty(t, b.look(blind), "a hiccup")
	require.Empty(t, b.look(blind))
	require.Equal(t, []string{"drive-failed/CH0.BAY7=unknown", "no-data/=yes"}, b.look(blind))
	require.Equal(t, []string{"drive-failed/CH0.BAY7=yes", "no-data/=no"}, b.look(failedDrive))
	require.Equal(t, []string{"drive-failed/CH0.BAY7=unknown", "no-data/=no"}, b.look(drive("", localmon.HealthUnknown)), "no status word")
	require.Equal(t, []string{"drive-failed/CH0.BAY7=no", "no-data/=no"}, b.look(healthyDrive))
}

func TestWhatSaidYesMustSayNo(t *testing.T) {
	b := newBench(t)
	withAlert := failedDrive
	withAlert.Alerts = []localmon.ArrayAlert{{ID: "1", Code: 60, ComponentType: "drive", Component: "ch0.bay7", Severity: "critical", State: "open", Issue: "failure"}}
	b.look(healthyDrive)
	require.Equal(t, []string{"drive-failed/CH0.BAY7=yes"}, b.look(withAlert))
	half := healthyDrive
	half.AlertsRead = false
	require.Empty(t, b.look(half), "the drive is healthy, and the alert may still be open")
	half.AlertsRead, half.Alerts = true, withAlert.Alerts
	require.Equal(t, []string{"drive-failed/CH0.BAY7=yes"}, b.look(half), "the worse of two is believed")
	require.Equal(t, []string{"drive-failed/CH0.BAY7=no"}, b.look(healthyDrive))
}

func TestNoIsAnsweredForAnHourAndThenForgotten(t *testing.T) {
	b := newBench(t)
	b.look(failedDrive)
	for range 120 {
		require.NotEmpty(t, b.look(healthyDrive))
	}
	for range 3 {
		b.look(healthyDrive)
	}
	require.Empty(t, b.look(healthyDrive))
}

func TestSeriesThatVanishIsNoGoodSample(t *testing.T) {
	b := newBench(t)
	full := localmon.Batch{Target: "fa-1", AlertsRead: true, Samples: []localmon.Sample{{Key: localmon.SeriesKey{Target: "fa-1", Metric: "purefa_array_space_utilization"}, Value: 97}}}
	require.Equal(t, []string{"capacity/=yes"}, b.look(full))
	require.Empty(t, b.look(localmon.Batch{Target: "fa-1", AlertsRead: true}))
	full.Samples[0].Value = 50
	require.Equal(t, []string{"capacity/=no"}, b.look(full))
}

func TestMemorySurvives(t *testing.T) {
	for cut := range 6 {
		b, whole := newBench(t), newBench(t)
		for i, batch := range []localmon.Batch{healthyDrive, failedDrive, blind, blind, blind, healthyDrive} {
			want := whole.look(batch)
			if i == cut {
				data, err := b.e.Memory()
				require.NoError(t, err)
				b.e = rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
				require.NoError(t, b.e.Restore(data))
			}
			require.Equal(t, want, b.look(batch), "cut before look %d, look %d", cut, i)
		}
	}
}

func TestDamagedMemoryIsRefused(t *testing.T) {
	b := newBench(t)
	require.NoError(t, b.e.Restore(nil))
	for _, data := range []string{"{", `{"form":99}`, `{"form":1,"open":7}`, "[]"} {
		require.Error(t, b.e.Restore([]byte(data)))
		require.Equal(t, []string{"drive-failed/CH0.BAY7=yes"}, b.look(failedDrive), "and the evaluator begins anew")
	}
}

func TestTextsOfTheTargetAreMadeHarmless(t *testing.T) {
	b := newBench(t)
	evil := "\x1b[31mfailed\x00\n\u202eevil" + strings.Repeat("x", 100_000)
	batch := localmon.Batch{
		Target: "fa-1", AlertsRead: true,
		States: []localmon.ComponentState{{Component: "CH0.BAY7" + evil, Type: "drive", Status: "failed", Health: localmon.HealthCritical, Detail: evil}},
		Alerts: []localmon.ArrayAlert{{ID: "1", Code: 999, ComponentType: evil, Component: evil, Severity: evil, State: "open", Issue: evil, Summary: evil}},
	}
	b.now = b.now.Add(time.Minute)
	got := b.e.Evaluate(b.now, batch)
	require.Len(t, got, 2)
	for _, c := range got {
		texts := append([]string{c.Component, c.Summary, c.Why}, c.Evidence...)
		for _, s := range texts {
			require.LessOrEqual(t, len([]rune(s)), 300)
			require.False(t, strings.ContainsFunc(s, unicode.IsControl), "%q", s)
			require.NotContains(t, s, "\u202e")
		}
	}
}

// A storm of alerts and parts, and series without end, cost bounded memory.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("judges some hundred thousand parts")
	}
	b := newBench(t)
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 2 {
		batch := localmon.Batch{Target: "fa-1", AlertsRead: true}
		for i := range 6000 {
			n := fmt.Sprint(round, "-", i)
			batch.States = append(batch.States, localmon.ComponentState{Component: "D" + n, Type: "drive", Status: "failed", Health: localmon.HealthCritical})
			batch.Alerts = append(batch.Alerts, localmon.ArrayAlert{ID: n, Code: rng.IntN(5000), Component: "C" + n, Severity: "warning", State: "open", Issue: "x"})
			batch.Samples = append(batch.Samples, localmon.Sample{Value: 5, Key: localmon.SeriesKey{
				Target: "fa-1", Metric: "purefa_network_interface_performance_errors",
				Labels: localmon.FormatLabels("dimension", "received_crc_errors_per_sec", "name", "P"+n),
			}})
		}
		b.look(batch)
	}
	data, err := b.e.Memory()
	require.NoError(t, err)
	require.Less(t, len(data), 8<<20)
}

func BenchmarkEvaluateQuietArray(b *testing.B) {
	x := newBench(b)
	batch := localmon.Batch{Target: "fa-1", AlertsRead: true}
	for i := range 200 {
		batch.States = append(batch.States, localmon.ComponentState{Component: fmt.Sprintf("CT0.TMP%d", i), Type: "temp_sensor", Status: "ok", Health: localmon.HealthOK})
	}
	for i := range 5000 {
		batch.Samples = append(batch.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: "fa-1", Metric: "purefa_volume_performance_latency_usec", Labels: localmon.FormatLabels("name", fmt.Sprint(i))}})
	}
	for i := range 168 {
		batch.Samples = append(batch.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: "fa-1", Metric: "purefa_network_interface_performance_errors", Labels: localmon.FormatLabels("dimension", fmt.Sprint("d", i%6), "name", fmt.Sprint("ct0.fc", i/6))}})
	}
	for b.Loop() {
		x.look(batch)
	}
}

func BenchmarkEvaluateStorm(b *testing.B) {
	batch := localmon.Batch{Target: "fa-1", AlertsRead: true}
	for i := range 5000 {
		batch.Alerts = append(batch.Alerts, localmon.ArrayAlert{ID: fmt.Sprint(i), Name: fmt.Sprint(i), Code: 200 + i%8, Component: fmt.Sprintf("vol%d", i%200), Severity: "warning", State: "open", Issue: "storm"})
	}
	for b.Loop() {
		x := newBench(b)
		x.look(batch)
	}
}

func TestARatioIsWrittenAsPercent(t *testing.T) {
	e := rule.NewEvaluator(shipped(t), "kit", localmon.KindHost)
	busy := localmon.Batch{Target: "kit", Samples: []localmon.Sample{{Key: localmon.SeriesKey{Target: "kit", Metric: "localmon_host_cpu_utilisation_ratio"}, Value: 0.97}}}
	var summary string
	for i := range 20 {
		for _, c := range e.Evaluate(start.Add(time.Duration(i)*30*time.Second), busy) {
			if c.Rule == "host-load" && c.State == localmon.Yes {
				summary = c.Summary
			}
		}
	}
	require.Equal(t, "processors are 97 % busy", summary)
}

func TestACertificateIsToldBeforeItEnds(t *testing.T) {
	ends := func(in time.Duration) localmon.Batch {
		b := healthyDrive
		b.At = start
		b.Samples = []localmon.Sample{{
			Key:   localmon.SeriesKey{Target: "fa-1", Metric: "localmon_target_certificate_expires_timestamp_seconds"},
			Value: float64(start.Add(in).Unix()),
		}}
		return b
	}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		in   time.Duration
		want []string
	}{
		"a year":                 {365 * day, []string{}},
		"thirty days":            {30 * day, []string{}},
		"a second less":          {30*day - time.Second, []string{"certificate-ends/=yes"}},
		"it ended an hour ago":   {-time.Hour, []string{"certificate-ends/=yes"}},
		"it ended ten years ago": {-3650 * day, []string{"certificate-ends/=yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			require.Equal(t, c.want, b.look(ends(c.in)))
		})
	}
	b := newBench(t)
	require.Equal(t, []string{"certificate-ends/=yes"}, b.look(ends(5*day)))
	require.Equal(t, []string{"certificate-ends/=no"}, b.look(ends(400*day)), "it was renewed")
}
