package runbooks_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"darksite/runbooks"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// facts is one small world.
type facts struct {
	parts  []runbooks.Component
	values []runbooks.Value
	alerts []runbooks.OpenAlert
	at     time.Time
	err    error
	window *time.Duration // the window that was asked for
}

func (f facts) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	var out []runbooks.Component
	for _, p := range f.parts {
		if p.Type == kind {
			out = append(out, p)
		}
	}
	if len(out) == 0 && f.err == nil && len(f.parts) > 0 {
		return nil, f.at, fmt.Errorf("%w: no %s is listed", runbooks.ErrNoData, kind)
	}
	return out, f.at, f.err
}

func (f facts) Values(_ context.Context, _ string, _ map[string]string, window time.Duration) ([]runbooks.Value, error) {
	if f.window != nil {
		*f.window = window
	}
	return f.values, f.err
}

func (f facts) Alerts(context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	return f.alerts, f.at, f.err
}

func drives(status ...string) facts {
	f := facts{at: now}
	for i, s := range status {
		f.parts = append(f.parts, runbooks.Component{Name: fmt.Sprintf("BAY%d", i), Type: "drive", Status: s})
	}
	return f
}

// course makes values that end now, the given time apart.
func course(apart time.Duration, values ...float64) facts {
	f := facts{at: now}
	for i, v := range values {
		f.values = append(f.values, runbooks.Value{At: now.Add(-apart * time.Duration(len(values)-1-i)), Value: v})
	}
	return f
}

func (f facts) aged(by time.Duration) facts {
	f.at = f.at.Add(-by)
	for i := range f.values {
		f.values[i].At = f.values[i].At.Add(-by)
	}
	return f
}

func failing(err error) facts { return facts{err: err} }

func count(op string, value int, status ...string) runbooks.Predicate {
	return runbooks.Predicate{Count: &runbooks.CountIs{Type: "drive", Status: status, Op: op, Value: value}}
}

func each(status ...string) runbooks.Predicate {
	return runbooks.Predicate{Each: &runbooks.EachIs{Type: "drive", Status: status}}
}

func metric(op string, value float64) runbooks.Predicate {
	return runbooks.Predicate{Metric: &runbooks.MetricIs{Name: "space", Op: op, Value: value, Unit: "percent"}}
}

func growth(op string, value float64, window time.Duration) runbooks.Predicate {
	return runbooks.Predicate{Growth: &runbooks.GrowthIs{Name: "space", Op: op, Value: value, Window: window, Unit: "percent"}}
}

func alert(open bool) runbooks.Predicate {
	return runbooks.Predicate{Alert: &runbooks.AlertIs{Rule: "drive-failed", Open: open}}
}

func p95(op string, value float64) runbooks.Predicate {
	return runbooks.Predicate{Percentile: &runbooks.PercentileIs{Name: "l", Window: time.Hour, Percent: 95, Op: op, Value: value}}
}

func rate(op string, value float64) runbooks.Predicate {
	return runbooks.Predicate{Rate: &runbooks.RateIs{Name: "r", Window: time.Hour, Op: op, Value: value}}
}

func steady(within float64) runbooks.Predicate {
	return runbooks.Predicate{Steady: &runbooks.SteadyIs{Name: "n", Window: time.Hour, Within: within}}
}

func same() runbooks.Predicate {
	return runbooks.Predicate{Same: &runbooks.SameIs{Name: "c", On: "controller", Of: []string{"CT0", "CT1"}, Within: 2, Unit: "seconds"}}
}

func older() runbooks.Predicate {
	return runbooks.Predicate{Age: &runbooks.AgeIs{Name: "s", Window: 2 * time.Hour, Op: ">", Value: 30 * time.Minute}}
}

func TestEval(t *testing.T) {
	const age = 2 * time.Minute
	burning := facts{at: now, alerts: []runbooks.OpenAlert{{ID: 1, Rule: "capacity"}, {ID: 7, Rule: "drive-failed", Component: "BAY3"}}}
	cases := []struct {
		name  string
		ask   runbooks.Predicate
		facts facts
		age   time.Duration
		want  runbooks.Result
		why   string // part of the reason, or of what was found
	}{
		{"count passes", count(">=", 1, "failed"), drives("healthy", "failed"), age, runbooks.Pass, "1 of 2 (BAY1)"},
		{"count fails", count("<=", 1, "failed", "missing"), drives("missing", "failed"), age, runbooks.Fail, "2 of 2 (BAY0, BAY1)"},
		{"count is blind to case", count("==", 1, "failed"), drives("Failed"), age, runbooks.Pass, ""},
		{"count of an empty list is no zero", count("==", 0, "failed"), drives(), age, runbooks.Unknown, "no drive is listed"},
		{"count without a source", count("==", 0, "failed"), failing(errors.New("connection refused")), age, runbooks.Unknown, "connection refused"},
		{"count: a drive that says nothing may be the second", count("<=", 1, "failed"), drives("failed", ""), age, runbooks.Unknown, "not known of BAY1"},
		{"count: a drive that says nothing cannot change it", count(">=", 1, "failed"), drives("failed", "unknown"), age, runbooks.Pass, ""},
		{"count: already too many", count("<=", 1, "failed"), drives("failed", "failed", ""), age, runbooks.Fail, ""},
		{"count: two silent drives around an exact number", count("==", 2, "failed"), drives("failed", "", "UNKNOWN"), age, runbooks.Unknown, "BAY1, BAY2"},
		{"count: not equal, silent drives pass by the number", count("!=", 2, "failed"), drives("failed", "", ""), age, runbooks.Unknown, ""},
		{"count of the word unknown itself", count(">=", 1, "unknown"), drives("unknown"), age, runbooks.Pass, ""},
		{"count stale", count(">=", 1, "failed"), drives("failed").aged(age + time.Second), age, runbooks.Unknown, "2m1s old, at most 2m0s"},
		{"count at the very age", count(">=", 1, "failed"), drives("failed").aged(age), age, runbooks.Pass, ""},
		{"count from the near future", count(">=", 1, "failed"), drives("failed").aged(-age), age, runbooks.Pass, ""},
		{"count from the future", count(">=", 1, "failed"), drives("failed").aged(-time.Hour), age, runbooks.Unknown, "1h0m0s in the future"},
		{"count of any age", count(">=", 1, "failed"), drives("failed").aged(9000 * time.Hour), 0, runbooks.Pass, ""},
		{"count without a time", count(">=", 1, "failed"), facts{parts: drives("failed").parts}, age, runbooks.Unknown, "old"},
		{"each passes", each("healthy", "empty"), drives("healthy", "empty"), age, runbooks.Pass, "2 of 2"},
		{"each fails and names them", each("healthy"), drives("healthy", "failed"), age, runbooks.Fail, "1 of 2 (BAY1 failed)"},
		{"each of nothing", each("healthy"), drives(), age, runbooks.Unknown, "no drive is listed"},
		{"each: one says nothing", each("healthy"), drives("healthy", ""), age, runbooks.Unknown, "BAY1"},
		{"each: one says nothing, another fails", each("healthy"), drives("failed", ""), age, runbooks.Fail, ""},
		{"each stale", each("healthy"), drives("healthy").aged(time.Hour), age, runbooks.Unknown, "1h0m0s old"},
		{"of two types one is listed", runbooks.Predicate{Each: &runbooks.EachIs{Types: []string{"ssd", "drive"}, Status: []string{"healthy"}}}, drives("healthy", "failed"), age, runbooks.Fail, "BAY1"},
		{"of two types none is listed", runbooks.Predicate{Each: &runbooks.EachIs{Types: []string{"ssd", "disk"}, Status: []string{"healthy"}}}, drives("healthy"), age, runbooks.Unknown, "no ssd or disk is listed"},
		{"of two types, and no source", runbooks.Predicate{Each: &runbooks.EachIs{Types: []string{"ssd", "drive"}, Status: []string{"healthy"}}}, failing(errors.New("connection refused")), age, runbooks.Unknown, "connection refused"},
		{"by name", runbooks.Predicate{Count: &runbooks.CountIs{Type: "drive", Names: []string{"bay[12]"}, Status: []string{"failed"}, Op: "==", Value: 1}}, drives("failed", "failed", "healthy"), age, runbooks.Pass, "1 of 2 (BAY1)"},
		{"but for a name", runbooks.Predicate{Each: &runbooks.EachIs{Type: "drive", NotNames: []string{"*0"}, Status: []string{"healthy"}}}, drives("failed", "healthy"), age, runbooks.Pass, "1 of 1"},
		{"no part of the name", runbooks.Predicate{Each: &runbooks.EachIs{Type: "drive", Names: []string{"*.NVB*"}, Status: []string{"healthy"}}}, drives("healthy"), age, runbooks.Unknown, "no drive (named *.NVB*) is listed"},
		{"metric below", metric("<", 80), course(time.Minute, 90, 79.9), age, runbooks.Pass, "79.9 %"},
		{"metric exactly at a strict bound", metric("<", 80), course(time.Minute, 80), age, runbooks.Fail, "80 %"},
		{"metric exactly at a bound", metric("<=", 80), course(time.Minute, 80), age, runbooks.Pass, ""},
		{"metric above", metric(">", 80), course(time.Minute, 80.5), age, runbooks.Pass, ""},
		{"metric equal", metric("==", 80), course(time.Minute, 80), age, runbooks.Pass, ""},
		{"metric not equal", metric("!=", 80), course(time.Minute, 80), age, runbooks.Fail, ""},
		{"metric with an operator nobody knows", metric("~", 80), course(time.Minute, 80), age, runbooks.Fail, ""},
		{"metric without values", metric("<", 80), course(time.Minute), age, runbooks.Unknown, "no data on space"},
		{"metric without a source", metric("<", 80), failing(runbooks.ErrNoData), age, runbooks.Unknown, "no data"},
		{"metric that is no number", metric("!=", 80), course(time.Minute, math.NaN()), age, runbooks.Unknown, "no number"},
		{"metric without end", metric(">", 80), course(time.Minute, math.Inf(1)), age, runbooks.Unknown, "no number"},
		{"metric stale", metric("<", 80), course(time.Minute, 10).aged(time.Hour), age, runbooks.Unknown, "1h0m0s old"},
		{"metric from the future", metric("<", 80), course(time.Minute, 10).aged(-time.Hour), age, runbooks.Unknown, "future"},
		{"growth calm", growth("<=", 1, time.Hour), course(30*time.Minute, 10, 50, 11), 10 * time.Minute, runbooks.Pass, "1 %"},
		{"growth fast", growth("<=", 1, time.Hour), course(time.Hour, 10, 11.5), 10 * time.Minute, runbooks.Fail, "1.5 %"},
		{"growth downward", growth("<=", 1, time.Hour), course(time.Hour, 10, 5), 10 * time.Minute, runbooks.Pass, "-5 %"},
		{"growth over half the window", growth("<=", 1, time.Hour), course(30*time.Minute, 10, 11), 10 * time.Minute, runbooks.Pass, ""},
		{"growth over less than half", growth("<=", 1, time.Hour), course(29*time.Minute, 10, 10), 10 * time.Minute, runbooks.Unknown, "29m0s of 1h0m0s"},
		{"growth of one value", growth("<=", 1, time.Hour), course(time.Hour, 10), 10 * time.Minute, runbooks.Unknown, "no data"},
		{"growth without a source", growth("<=", 1, time.Hour), failing(runbooks.ErrNoData), 10 * time.Minute, runbooks.Unknown, "no data"},
		{"growth that is no number", growth("!=", 1, time.Hour), course(time.Hour, 1, math.NaN()), 10 * time.Minute, runbooks.Unknown, "no number"},
		{"growth that has stopped being measured", growth("<=", 1, time.Hour), course(time.Hour, 10, 10).aged(20 * time.Minute), 10 * time.Minute, runbooks.Unknown, "20m0s old"},
		{"alert open", alert(true), burning, age, runbooks.Pass, "1 (#7 BAY3)"},
		{"alert not open", alert(true), facts{at: now}, age, runbooks.Fail, "0"},
		{"no alert wanted and none there", alert(false), facts{at: now}, age, runbooks.Pass, ""},
		{"no alert wanted and one there", alert(false), burning, age, runbooks.Fail, ""},
		{"an alert of one of several rules", runbooks.Predicate{Alert: &runbooks.AlertIs{Rules: []string{"psu-failed", "capacity"}, Open: true}}, burning, age, runbooks.Pass, "1 (#1)"},
		{"no alert of several rules", runbooks.Predicate{Alert: &runbooks.AlertIs{Rules: []string{"psu-failed", "fan"}}}, burning, age, runbooks.Pass, "0"},
		{"alerts cannot be asked", alert(false), failing(errors.New("the monitor does not run")), age, runbooks.Unknown, "the monitor does not run"},
		{"alerts of yesterday", alert(false), facts{at: now}.aged(24 * time.Hour), age, runbooks.Unknown, "24h0m0s old"},
		{"nothing asked", runbooks.Predicate{}, facts{at: now}, age, runbooks.Unknown, "asks nothing"},
		{"percentile above", p95(">", 4), course(10*time.Minute, 1, 2, 3, 4, 5), age, runbooks.Pass, "5"},
		{"percentile of a peak alone", runbooks.Predicate{Percentile: &runbooks.PercentileIs{Name: "l", Window: time.Hour, Percent: 50, Op: "<=", Value: 3}}, course(10*time.Minute, 1, 2, 3, 4, 500), age, runbooks.Pass, "3"},
		{"percentile of a short memory", p95(">", 4), course(5*time.Minute, 1, 2, 3, 4, 5), age, runbooks.Unknown, "20m0s of 1h0m0s"},
		{"percentile of what is no number", p95(">", 4), course(10*time.Minute, 1, math.NaN(), 3, 4, 5), age, runbooks.Unknown, "no number"},
		{"percentile stale", p95(">", 4), course(10*time.Minute, 1, 2, 3, 4, 5).aged(time.Hour), age, runbooks.Unknown, "1h0m0s old"},
		{"percentile without a source", p95(">", 4), failing(runbooks.ErrNoData), age, runbooks.Unknown, "no data"},
		{"rate slow", rate("<=", 4), course(30*time.Minute, 10, 11, 13), age, runbooks.Pass, "3"},
		{"rate fast", rate("<=", 4), course(30*time.Minute, 10, 12), age, runbooks.Pass, "4"},
		{"rate too fast", rate("<", 4), course(30*time.Minute, 10, 12), age, runbooks.Fail, "4"},
		{"rate of one value", rate("<", 4), course(30*time.Minute, 10), age, runbooks.Unknown, "no data"},
		{"steady", steady(0), course(30*time.Minute, 7, 7, 7), age, runbooks.Pass, "0"},
		{"not steady, though it came back", steady(1), course(20*time.Minute, 7, 9, 7), age, runbooks.Fail, "2"},
		{"steady for a moment", steady(1), course(time.Minute, 7, 7), age, runbooks.Unknown, "of 1h0m0s only"},
		{"the same on both", same(), course(time.Minute, 7), age, runbooks.Pass, "0"},
		{"nothing on one", same(), course(time.Minute), age, runbooks.Unknown, "no data on c (CT0)"},
		{"the same, stale", same(), course(time.Minute, 7).aged(time.Hour), age, runbooks.Unknown, "old"},
		{"the same without a source", same(), failing(runbooks.ErrNoData), age, runbooks.Unknown, "no data"},
		{"an age", older(), course(time.Minute, 7).aged(40 * time.Minute), age, runbooks.Pass, "2400 s"},
		{"too young", older(), course(time.Minute, 7).aged(10 * time.Minute), age, runbooks.Fail, "600 s"},
		{"from the future", older(), course(time.Minute, 7).aged(-10 * time.Minute), age, runbooks.Unknown, "in the future"},
		{"an age of nothing", older(), course(time.Minute), age, runbooks.Unknown, "no data"},
		{"an age without a source", older(), failing(runbooks.ErrNoData), age, runbooks.Unknown, "no data"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := c.ask.Eval(t.Context(), now, c.facts, c.age)
			require.Equal(t, c.want, v.Result, v.Reason)
			require.Equal(t, c.want == runbooks.Unknown, v.Reason != "", "a reason stands beside unknown and nowhere else")
			require.Contains(t, c.ask.Describe(runbooks.English, v), c.why)
		})
	}
}

func TestMetricLooksBackAsFarAsItsAgeAllows(t *testing.T) {
	for age, want := range map[time.Duration]time.Duration{0: 15 * time.Minute, time.Minute: time.Minute, 3 * time.Hour: 3 * time.Hour} {
		var window time.Duration
		f := course(time.Second, 1)
		f.window = &window
		metric("<", 80).Eval(t.Context(), now, f, age)
		require.Equal(t, want, window)
	}
}

func TestSentences(t *testing.T) {
	labelled := runbooks.Predicate{Metric: &runbooks.MetricIs{Name: "latency", Labels: map[string]string{"z": "read", "a": "vol1"}, Op: ">", Value: 0.25, Unit: "microseconds"}}
	cases := []struct {
		ask    runbooks.Predicate
		en, fr string
	}{
		{count(">=", 1, "failed"), "number of drive components that are failed: at least 1", "nombre de composants « drive » à l'état failed : au moins 1"},
		{count("<", 2, "failed", "missing", "unhealthy"), "number of drive components that are failed, missing or unhealthy: below 2", "nombre de composants « drive » à l'état failed, missing ou unhealthy : moins de 2"},
		{each("ready", "ok"), "every drive is ready or ok", "chaque composant « drive » est à l'état ready ou ok"},
		{runbooks.Predicate{Each: &runbooks.EachIs{Types: []string{"fan", "cooling"}, Names: []string{"CT0.*"}, NotNames: []string{"*9", "*8"}, Status: []string{"ok"}}}, "every fan or cooling (named CT0.*, but not *9 or *8) is ok", "chaque composant « fan ou cooling » (nommé CT0.*, sauf *9 ou *8) est à l'état ok"},
		{metric("<=", 79.5), "space at most 79.5 %", "space au plus 79,5 %"},
		{metric("==", 80), "space exactly 80 %", "space exactement 80 %"},
		{metric("!=", 1e6), "space other than 1000000 %", "space différent de 1000000 %"},
		{labelled, "latency (vol1, read) above 0.25 µs", "latency (vol1, read) plus de 0,25 µs"},
		{growth("<=", 1, 90*time.Minute), "the rise of space over 1.5 h is at most 1 %", "la hausse de space sur 1,5 h est au plus 1 %"},
		{runbooks.Predicate{Metric: &runbooks.MetricIs{Name: "free", Op: ">", Value: 3 << 29, Unit: "bytes"}}, "free above 1.5 GiB", "free plus de 1,5 GiB"},
		{runbooks.Predicate{Metric: &runbooks.MetricIs{Name: "heat", Op: ">", Value: -5, Unit: "celsius"}}, "heat above -5 °C", "heat plus de -5 °C"},
		{runbooks.Predicate{Metric: &runbooks.MetricIs{Name: "n", Op: ">", Value: 3}}, "n above 3", "n plus de 3"},
		{alert(true), "an alert of rule drive-failed is open", "une alerte « drive-failed » est ouverte"},
		{alert(false), "no alert of rule drive-failed is open", "aucune alerte « drive-failed » n'est ouverte"},
		{runbooks.Predicate{Alert: &runbooks.AlertIs{Rules: []string{"a", "b", "c"}, Open: true}}, "an alert of rule a, b or c is open", "une alerte « a, b ou c » est ouverte"},
		{p95(">", 4), "percentile 95 of l over 1 h is above 4", "le percentile 95 de l sur 1 h est : plus de 4"},
		{rate("<=", 4.5), "the rise of r per hour, over 1 h, is at most 4.5", "la hausse horaire de r, sur 1 h, est : au plus 4,5"},
		{steady(1), "n has changed over 1 h by at most 1", "n a varié sur 1 h de : au plus 1"},
		{same(), "c differs between CT0 and CT1 by at most 2 s", "c diffère entre CT0 et CT1 de : au plus 2 s"},
		{older(), "the age of the newest value of s is above 1800 s", "l'âge de la dernière valeur de s est : plus de 1800 s"},
		{runbooks.Predicate{}, "", ""},
	}
	for _, c := range cases {
		require.Equal(t, c.en, c.ask.Sentence(runbooks.English))
		require.Equal(t, c.fr, c.ask.Sentence(runbooks.French))
	}
}

func TestDescribe(t *testing.T) {
	cases := []struct {
		name   string
		ask    runbooks.Predicate
		facts  facts
		en, fr string
	}{
		{"a value", metric("<", 80), course(time.Minute, 79.25), "79.2 %", "79,2 %"},
		{"a value that rounding would carry over the bound", metric("<", 95), course(time.Minute, 94.996), "94.996 %", "94,996 %"},
		{"a whole value", metric("<", 80), course(time.Minute, 80), "80 %", "80 %"},
		{"a value nearer to the bound than can be written", metric("<", 95), course(time.Minute, math.Nextafter(95, 0)), "94.99999999999999 %", "94,99999999999999 %"},
		{"names, shortened", each("healthy"), drives("a", "b", "c", "d", "e", "f"), "0 of 6 (BAY0 a, BAY1 b, BAY2 c, BAY3 d, +2)", "0 sur 6 (BAY0 a, BAY1 b, BAY2 c, BAY3 d, +2)"},
		{"a name that would act on a terminal", each("healthy"), drives("\x1b[2J\nfailed\u202e"), "0 of 1 (BAY0 ?[2J failed?)", "0 sur 1 (BAY0 ?[2J failed?)"},
		{"a reason that would act on a terminal", each("healthy"), failing(errors.New("\x1b]0;x\a")), "unknown: ?]0;x?", "inconnu : ?]0;x?"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := c.ask.Eval(t.Context(), now, c.facts, 0)
			require.Equal(t, c.en, c.ask.Describe(runbooks.English, v))
			require.Equal(t, c.fr, c.ask.Describe(runbooks.French, v))
		})
	}
}
