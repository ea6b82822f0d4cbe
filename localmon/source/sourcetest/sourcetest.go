// Package sourcetest holds the tests every [localmon.Source] must pass, so that
// what reads a batch need not know which source made it.
//
// A source's own test calls [Run] with ways to make the source against a
// target that answers, one that answers in part and one that is not there.
// [Check] alone holds one batch against the rules; use it on every batch a
// test gets hold of.
package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"testing"
	"time"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

// Subject is a source under test.
type Subject struct {
	Target string    // what New's sources answer to Target
	Now    time.Time // time of the first look

	// New makes a source whose target answers fully. Two sources made by it
	// look at the same state.
	New func(t *testing.T) localmon.Source
	// Partial makes a source of whose target one part cannot be read.
	Partial func(t *testing.T) localmon.Source
	// Gone makes a source whose target cannot be read at all.
	Gone func(t *testing.T) localmon.Source

	// NeverPartial and NeverGone say why a case cannot exist for the source,
	// in place of the function.
	NeverPartial, NeverGone string
}

// patience is how long a source may take to come back after its context has
// ended. It is generous; it only has to be finite.
const patience = 10 * time.Second

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	t.Run("names its target", func(t *testing.T) {
		require.Equal(t, s.Target, s.New(t).Target())
	})
	t.Run("a look keeps the rules", func(t *testing.T) {
		b, err := s.New(t).Collect(t.Context(), s.Now)
		require.NoError(t, err)
		require.Empty(t, b.Partial)
		require.NotEmpty(t, b.Samples)
		require.NoError(t, Check(b, s.Target, s.Now))
	})
	t.Run("looks again and again", func(t *testing.T) {
		src := s.New(t)
		for i := range 4 {
			now := s.Now.Add(time.Duration(i) * 30 * time.Second)
			b, err := src.Collect(t.Context(), now)
			require.NoError(t, err)
			require.NoError(t, Check(b, s.Target, now))
			require.NotEmpty(t, b.Samples)
		}
	})
	t.Run("a clock that was set back does not stop it", func(t *testing.T) {
		src := s.New(t)
		_, err := src.Collect(t.Context(), s.Now)
		require.NoError(t, err)
		b, err := src.Collect(t.Context(), s.Now.Add(-time.Hour))
		require.NoError(t, err)
		require.NotEmpty(t, b.Samples)
	})
	t.Run("the same state gives the same series and states", func(t *testing.T) {
		one, err := s.New(t).Collect(t.Context(), s.Now)
		require.NoError(t, err)
		two, err := s.New(t).Collect(t.Context(), s.Now)
		require.NoError(t, err)
		require.Equal(t, keys(one), keys(two))
		require.Equal(t, names(one), names(two))
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		b, err := within(ctx, t, s.New(t), s.Now)
		require.Error(t, err)
		require.NoError(t, empty(b, s.Target))
	})
	t.Run("what failed drops nothing else", func(t *testing.T) {
		exists(t, s.Partial, s.NeverPartial)
		b, err := s.Partial(t).Collect(t.Context(), s.Now)
		require.NoError(t, err)
		require.NotEmpty(t, b.Partial)
		require.NotEmpty(t, b.Samples)
		require.NoError(t, Check(b, s.Target, s.Now))
	})
	t.Run("an error means an empty batch", func(t *testing.T) {
		exists(t, s.Gone, s.NeverGone)
		b, err := within(t.Context(), t, s.Gone(t), s.Now)
		require.Error(t, err)
		require.ErrorContains(t, err, s.Target, "the error says which target")
		require.NoError(t, empty(b, s.Target))
	})
}

// exists passes over a case the source cannot have. A case must exist or have
// its reason, and never both.
func exists(t *testing.T, source func(*testing.T) localmon.Source, never string) {
	t.Helper()
	require.Equal(t, source == nil, never != "", "either make the source or say why there is none")
	if source == nil {
		t.Skip("this case does not exist: " + never)
	}
}

// within fails the test when the source does not come back.
func within(ctx context.Context, t *testing.T, src localmon.Source, now time.Time) (localmon.Batch, error) {
	t.Helper()
	type result struct {
		b   localmon.Batch
		err error
	}
	done := make(chan result, 1)
	go func() {
		b, err := src.Collect(ctx, now)
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-time.After(patience):
		require.FailNow(t, "the source did not come back")
		return localmon.Batch{}, nil
	}
}

func keys(b localmon.Batch) []localmon.SeriesKey {
	var all []localmon.SeriesKey
	for _, s := range b.Samples {
		all = append(all, s.Key)
	}
	return all
}

func names(b localmon.Batch) []string {
	var all []string
	for _, s := range b.States {
		all = append(all, s.Type+" "+s.Component)
	}
	return all
}

// empty holds the batch of a failed look against the contract.
func empty(b localmon.Batch, target string) error {
	switch {
	case b.Target != target:
		return fmt.Errorf("batch of %q, want %q", b.Target, target)
	case len(b.Samples) > 0 || len(b.States) > 0 || len(b.Alerts) > 0 || b.AlertsRead || b.Info != nil:
		return errors.New("an error came with data")
	}
	return nil
}

var (
	metricName = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)
	labelName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// Check holds one batch against the rules of [localmon.Batch] and says
// everything that is wrong with it.
func Check(b localmon.Batch, target string, now time.Time) error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if b.Target != target {
		say("batch of %q, want %q", b.Target, target)
	}
	if !b.At.Equal(now) {
		say("batch at %s, the look began at %s", b.At, now)
	}
	if b.Took < 0 {
		say("took %s", b.Took)
	}
	seen := map[localmon.SeriesKey]bool{}
	for _, s := range b.Samples {
		wrong = append(wrong, checkSample(s, target)...)
		if seen[s.Key] {
			say("series twice: %s", s.Key)
		}
		seen[s.Key] = true
	}
	if !slices.IsSortedFunc(b.Samples, func(x, y localmon.Sample) int { return x.Key.Compare(y.Key) }) {
		say("samples are not in the order of their keys")
	}
	parts := map[[2]string]bool{}
	for _, s := range b.States {
		switch part := [2]string{s.Type, s.Component}; {
		case s.Component == "" || s.Type == "":
			say("state without a name: %+v", s)
		case parts[part]:
			say("state twice: %s %s", s.Type, s.Component)
		case s.Status == "" && s.Health == localmon.HealthOK:
			say("%s %s is ok without having said so", s.Type, s.Component)
		default:
			parts[part] = true
		}
	}
	if !b.AlertsRead && len(b.Alerts) > 0 {
		say("alerts without having read them")
	}
	for _, a := range b.Alerts {
		if a.ID == "" && a.Name == "" {
			say("alert without identity: %+v", a)
		}
	}
	for _, p := range b.Partial {
		if p.Endpoint == "" || p.Err == nil {
			say("partial says nothing: %+v", p)
		}
	}
	return errors.Join(wrong...)
}

func checkSample(s localmon.Sample, target string) []error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if s.Key.Target != target {
		say("sample of %q: %s", s.Key.Target, s.Key)
	}
	if !metricName.MatchString(s.Key.Metric) {
		say("metric name: %s", s.Key)
	}
	if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
		say("not a number: %s", s.Key)
	}
	labels, err := localmon.ParseLabels(s.Key.Labels)
	if err != nil {
		say("%s: %w", s.Key, err)
	}
	if localmon.JoinLabels(labels) != s.Key.Labels {
		say("labels are not canonical: %s", s.Key)
	}
	for i, l := range labels {
		if !labelName.MatchString(l.Name) || i > 0 && labels[i-1].Name == l.Name {
			say("label %s: %s", l.Name, s.Key)
		}
	}
	return wrong
}
