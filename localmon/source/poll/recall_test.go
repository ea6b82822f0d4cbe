package poll_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/poll"

	"github.com/stretchr/testify/require"
)

// recorder is a target that keeps a record of its own, a value every ten
// seconds.
type recorder struct {
	source
	asked  [][2]time.Duration // since start
	broken error
	panics bool
}

func (r *recorder) Recall(_ context.Context, from, to time.Time) iter.Seq2[localmon.Batch, error] {
	r.asked = append(r.asked, [2]time.Duration{from.Sub(r.start), to.Sub(r.start)})
	return func(yield func(localmon.Batch, error) bool) {
		if r.panics {
			panic("no record")
		}
		for at := from.Add(10 * time.Second); at.Before(to); at = at.Add(10 * time.Second) {
			b := localmon.Batch{
				Target: "another name", At: at, AlertsRead: true, Alerts: []localmon.ArrayAlert{{ID: "old"}},
				States:  []localmon.ComponentState{{Component: "c", Type: "drive", Status: "failed"}},
				Samples: []localmon.Sample{{Key: localmon.SeriesKey{Target: "t1", Metric: "m"}, Value: 2}},
			}
			if !yield(b, nil) {
				return
			}
		}
		if r.broken != nil {
			yield(localmon.Batch{}, r.broken)
		}
	}
}

func TestWhatWasMissedIsRecalledInOrder(t *testing.T) {
	down := func(from, to int) func(context.Context, int) error {
		return func(_ context.Context, look int) error {
			if look >= from && look <= to {
				return errors.New("down")
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		src      *recorder
		since    time.Duration // before the start; 0 for a first run
		maximum  time.Duration
		refuse   error
		asked    [][2]time.Duration
		recalled int
		partial  string
	}{
		"a target that never failed is not asked": {src: &recorder{}},
		"one failed look is no gap":               {src: &recorder{source: source{collect: down(2, 2)}}},
		"two are": {
			src:   &recorder{source: source{collect: down(2, 3)}},
			asked: [][2]time.Duration{{0, 90 * time.Second}}, recalled: 8,
		},
		"the time in which no monitor ran": {
			src: &recorder{}, since: time.Hour,
			asked: [][2]time.Duration{{-time.Hour, 0}}, recalled: 359,
		},
		"no further back than is allowed": {
			src: &recorder{}, since: time.Hour, maximum: time.Minute,
			asked: [][2]time.Duration{{-time.Minute, 0}}, recalled: 5, partial: "not seen since",
		},
		"what cannot be had is said": {
			src: &recorder{broken: errors.New("resolution refused")}, since: time.Minute * 2,
			asked: [][2]time.Duration{{-2 * time.Minute, 0}}, recalled: 11, partial: "resolution refused",
		},
		"a record that cannot be kept": {
			src: &recorder{}, since: time.Minute * 2, refuse: errors.New("disk full"),
			asked: [][2]time.Duration{{-2 * time.Minute, 0}}, partial: "disk full",
		},
		"a source that panics over its record": {
			src: &recorder{panics: true}, since: time.Minute * 2,
			asked: [][2]time.Duration{{-2 * time.Minute, 0}}, partial: "source of t1 panicked: no record",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.src.start = time.Now()
				var order []localmon.Batch
				o := poll.Options{MaxRecall: c.maximum, Recalled: func(_ context.Context, b localmon.Batch) error {
					if c.refuse != nil {
						return c.refuse
					}
					order = append(order, b)
					return nil
				}}
				if c.since > 0 {
					o.Since = c.src.start.Add(-c.since)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 95*time.Second)
				defer cancel()
				partial := ""
				recalled := 0
				require.NoError(t, poll.Run(ctx, o, c.src, func(_ context.Context, b localmon.Batch) error {
					order = append(order, b)
					for _, p := range b.Partial {
						if p.Endpoint == poll.Recall {
							partial = p.Err.Error()
						}
					}
					if n, ok := value(b, "localmon_source_recalled_looks"); ok {
						recalled += int(n)
					}
					return nil
				}))
				require.Equal(t, c.asked, c.src.asked)
				require.Equal(t, c.recalled, recalled)
				if c.partial == "" {
					require.Empty(t, partial)
				} else {
					require.Contains(t, partial, c.partial)
				}
				var last time.Time
				past := 0
				for _, b := range order {
					require.Equal(t, "t1", b.Target)
					if v, ok := value(b, "m"); ok {
						require.True(t, b.At.After(last), "the series grows forward")
						last = b.At
						if v == 2 {
							past++
							require.Empty(t, b.Alerts, "what was is not judged as what is")
							require.Empty(t, b.States)
							require.False(t, b.AlertsRead)
						}
					}
				}
				require.Equal(t, recalled, past)
			})
		})
	}
}
