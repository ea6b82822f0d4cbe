package facts_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/facts"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 11, 22, 3, 0, 0, 123456789, time.UTC)

// world answers everything, or fails.
type world struct {
	points int
	err    error
}

func (w world) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	return []runbooks.Component{{Name: "A\x1b", Type: kind, Status: "ok"}, {Name: "B", Type: kind, Status: "failed"}}, now, w.err
}

func (w world) Values(context.Context, string, map[string]string, time.Duration) ([]runbooks.Value, error) {
	var out []runbooks.Value
	for i := range w.points {
		out = append(out, runbooks.Value{At: now.Add(-time.Duration(w.points-1-i) * time.Second), Value: float64(i)})
	}
	return out, w.err
}

func (w world) Alerts(context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	return []runbooks.OpenAlert{{ID: 7, Rule: "psu", Component: "PWR0", Severity: 2}}, now, w.err
}

func questions() map[string]runbooks.Predicate {
	return map[string]runbooks.Predicate{
		"count":      {Count: &runbooks.CountIs{Types: []string{"x", "y"}, Status: []string{"failed"}, Op: ">=", Value: 2}},
		"each":       {Each: &runbooks.EachIs{Type: "x", Status: []string{"ok"}}},
		"metric":     {Metric: &runbooks.MetricIs{Name: "m", Labels: map[string]string{"a": "b"}, Op: "<", Value: 1e9}},
		"growth":     {Growth: &runbooks.GrowthIs{Name: "m", Window: time.Hour, Op: "<", Value: 1e9}},
		"percentile": {Percentile: &runbooks.PercentileIs{Name: "m", Window: time.Hour, Percent: 95, Op: ">", Value: 3}},
		"alert":      {Alert: &runbooks.AlertIs{Rule: "psu", Open: true}},
		"age":        {Age: &runbooks.AgeIs{Name: "m", Window: time.Hour, Op: "<", Value: time.Minute}},
	}
}

// Whatever the world says, the same question answers the same on what was kept.
func TestWhatWasKeptAnswersTheSame(t *testing.T) {
	worlds := map[string]world{
		"all is there":            {points: 3000},
		"few values":              {points: 1},
		"nothing there":           {err: fmt.Errorf("%w: nobody home", runbooks.ErrNoData)},
		"the array hangs up \xff": {err: errors.New("reset by \xff peer")},
	}
	for name, w := range worlds {
		for what, p := range questions() {
			t.Run(name+", "+what, func(t *testing.T) {
				r := facts.Record(w, "fa-1", now)
				live := p.Eval(t.Context(), r.Taken().Now, r, 2*time.Minute)
				line, err := facts.Encode(r.Taken())
				require.NoError(t, err)
				set, err := facts.Decode(line)
				require.NoError(t, err)
				require.Equal(t, "fa-1", set.Target)
				require.Equal(t, live, p.Eval(t.Context(), set.Now, set.Facts(), 2*time.Minute))
			})
		}
	}
}

// A question that was not asked is one nobody can answer.
func TestWhatWasNotAskedIsNoData(t *testing.T) {
	set := &facts.Set{Now: now}
	for what, p := range questions() {
		require.Equal(t, runbooks.Unknown, p.Eval(t.Context(), now, set.Facts(), 0).Result, what)
	}
}

func TestALongerWindowServesAShorter(t *testing.T) {
	set := &facts.Set{Now: now, Series: []facts.Series{{Metric: "m", Window: time.Hour, Points: []facts.Point{{At: now.Add(-30 * time.Minute), Value: 1}, {At: now, Value: 2}}}}}
	v, err := set.Facts().Values(t.Context(), "m", nil, 10*time.Minute)
	require.NoError(t, err)
	require.Equal(t, []runbooks.Value{{At: now, Value: 2}}, v)
	_, err = set.Facts().Values(t.Context(), "m", nil, 2*time.Hour)
	require.ErrorIs(t, err, runbooks.ErrNoData, "what lies before was not kept")
	_, err = set.Facts().Values(t.Context(), "m", map[string]string{"a": "b"}, time.Minute)
	require.ErrorIs(t, err, runbooks.ErrNoData)
}

func TestANumberThatIsNoneIsKept(t *testing.T) {
	line, err := facts.Encode(&facts.Set{Now: now, Series: []facts.Series{{Metric: "m", Window: time.Hour, Points: []facts.Point{{At: now.Truncate(time.Millisecond), Value: math.Inf(1)}}}}})
	require.NoError(t, err)
	set, err := facts.Decode(line)
	require.NoError(t, err)
	require.True(t, math.IsNaN(set.Series[0].Points[0].Value))
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"rubbish":          {"rubbish", "read what was seen"},
		"a key of nobody":  {`{"now":"2026-11-22T03:00:00Z","x":1}`, "unknown field"},
		"a second line":    {`{"now":"2026-11-22T03:00:00Z"} {}`, "something follows"},
		"half a point":     {`{"now":"2026-11-22T03:00:00Z","series":[{"metric":"m","window":1,"points":[[1]]}]}`, "a point is"},
		"a broken instant": {`{"now":"2026-11-22T03:00:00Z","series":[{"metric":"m","window":1,"points":[[1.5,1]]}]}`, "a point is"},
		"no window":        {`{"now":"2026-11-22T03:00:00Z","series":[{"metric":"m","window":-1}]}`, "of no window"},
		"too much":         {strings.Repeat(" ", facts.MaxLine+1), "more than"},
		"too many parts":   {`{"now":"2026-11-22T03:00:00Z","lists":[{"type":"x","parts":[` + strings.Repeat(`{"name":"","status":""},`, 50_000) + `{"name":"","status":""}]}]}`, "components"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := facts.Decode([]byte(c.line))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// What reads is written again as it was read.
func FuzzDecode(f *testing.F) {
	r := facts.Record(world{points: 3}, "fa-1", now)
	for _, p := range questions() {
		p.Eval(context.Background(), now, r, time.Minute)
	}
	line, err := facts.Encode(r.Taken())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Fuzz(func(t *testing.T, line []byte) {
		set, err := facts.Decode(line)
		if err != nil {
			return
		}
		again, err := facts.Encode(set)
		require.NoError(t, err)
		same, err := facts.Decode(again)
		require.NoError(t, err)
		twice, err := facts.Encode(same)
		require.NoError(t, err)
		require.Equal(t, string(again), string(twice))
	})
}
