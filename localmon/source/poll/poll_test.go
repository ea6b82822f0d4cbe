package poll_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/poll"

	"github.com/stretchr/testify/require"
)

// source answers with what the test says, look by look.
type source struct {
	looks   []time.Duration // since start
	start   time.Time
	collect func(ctx context.Context, look int) error
}

func (s *source) Target() string { return "t1" }

func (s *source) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	s.looks = append(s.looks, now.Sub(s.start))
	b := localmon.Batch{Target: "t1", At: now}
	if s.collect != nil {
		if err := s.collect(ctx, len(s.looks)); err != nil {
			// A source that breaks its contract and sends data with an error.
			b.States = []localmon.ComponentState{{Component: "c", Type: "drive", Health: localmon.HealthOK}}
			b.AlertsRead = true
			return b, err
		}
	}
	b.Samples = []localmon.Sample{{Key: localmon.SeriesKey{Target: "t1", Metric: "m"}, Value: 1}}
	return b, nil
}

func value(b localmon.Batch, metric string) (float64, bool) {
	for _, s := range b.Samples {
		if s.Key.Metric == metric {
			return s.Value, true
		}
	}
	return 0, false
}

// run polls for a while of fake time and returns what the sink got.
func run(t *testing.T, o poll.Options, s *source, span time.Duration) []localmon.Batch {
	t.Helper()
	var got []localmon.Batch
	s.start = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	require.NoError(t, poll.Run(ctx, o, s, func(_ context.Context, b localmon.Batch) error {
		got = append(got, b)
		return nil
	}))
	return got
}

func seconds(looks []time.Duration) []float64 {
	var all []float64
	for _, d := range looks {
		all = append(all, d.Seconds())
	}
	return all
}

func TestLooksAtOnceAndThenWithoutDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{collect: func(ctx context.Context, look int) error {
			time.Sleep(time.Duration(look) * time.Second) // each look takes longer; the grid stays
			return nil
		}}
		run(t, poll.Options{Every: 30 * time.Second}, s, 125*time.Second)
		require.Equal(t, []float64{0, 30, 60, 90, 120}, seconds(s.looks))
	})
}

func TestSkipsTurnsThatFallIntoARunningLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{collect: func(ctx context.Context, look int) error {
			if look == 1 {
				time.Sleep(65 * time.Second)
			}
			return nil
		}}
		got := run(t, poll.Options{Every: 30 * time.Second, Timeout: time.Minute, Grace: 10 * time.Second}, s, 125*time.Second)
		require.Equal(t, []float64{0, 90, 120}, seconds(s.looks))
		took, _ := value(got[0], "localmon_source_took_seconds")
		require.Equal(t, 65.0, took)
	})
}

func TestBacksOffAfterPatienceAndReturnsToPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("no route")
		s := &source{collect: func(_ context.Context, look int) error {
			if look <= 7 {
				return down
			}
			return nil
		}}
		got := run(t, poll.Options{Every: 30 * time.Second, Patience: 3, MaxBackoff: 3 * time.Minute}, s, 800*time.Second)
		// Three at pace, then 60, 120, 180 and no more than 180; after the
		// first good look the pace is back.
		require.Equal(t, []float64{0, 30, 60, 90, 150, 270, 450, 630, 660, 690, 720, 750, 780}, seconds(s.looks))
		for i, b := range got[:7] {
			up, ok := value(b, "localmon_source_up")
			require.True(t, ok)
			require.Zero(t, up)
			n, _ := value(b, "localmon_source_consecutive_failures")
			require.Equal(t, float64(i+1), n)
			require.Len(t, b.Partial, 1)
			require.Equal(t, poll.WholeTarget, b.Partial[0].Endpoint)
			require.ErrorIs(t, b.Partial[0].Err, down)
			_, has := value(b, "m")
			require.False(t, has, "a failed look carries no data")
			require.Empty(t, b.States)
			require.False(t, b.AlertsRead)
			_, has = value(b, "localmon_source_last_success_timestamp_seconds")
			require.False(t, has, "there was no good look yet")
		}
		up, _ := value(got[7], "localmon_source_up")
		require.Equal(t, 1.0, up)
		last, _ := value(got[8], "localmon_source_last_success_timestamp_seconds")
		require.Equal(t, float64(got[8].At.UnixMilli())/1000, last)
	})
}

func TestPanicIsAFailedLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{collect: func(_ context.Context, look int) error {
			if look == 2 {
				panic("index out of range")
			}
			return nil
		}}
		got := run(t, poll.Options{}, s, 61*time.Second)
		require.Len(t, got, 3)
		var p *poll.PanicError
		require.ErrorAs(t, got[1].Partial[0].Err, &p)
		require.Contains(t, p.Error(), "source of t1 panicked: index out of range")
		require.Contains(t, string(p.Stack), "poll_test", "the stack leads to the source")
		up, _ := value(got[2], "localmon_source_up")
		require.Equal(t, 1.0, up)
	})
}

func TestTimeoutReachesTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{collect: func(ctx context.Context, look int) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		got := run(t, poll.Options{Every: 30 * time.Second, Timeout: 7 * time.Second}, s, 10*time.Second)
		require.Len(t, got, 1)
		require.ErrorIs(t, got[0].Partial[0].Err, context.DeadlineExceeded)
		require.Equal(t, 7*time.Second, got[0].Took)
	})
}

func TestStuckSourceIsNotAskedAgainUntilItComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		s := &source{}
		s.collect = func(ctx context.Context, look int) error {
			if look == 1 {
				<-free // ignores ctx
			}
			return nil
		}
		time.AfterFunc(100*time.Second, func() { close(free) })
		got := run(t, poll.Options{Every: 30 * time.Second, Timeout: 10 * time.Second, Grace: 5 * time.Second}, s, 155*time.Second)
		require.Equal(t, []float64{0, 150}, seconds(s.looks), "never two at once; four failures widen the pace once")
		require.Len(t, got, 5)
		for _, b := range got[:4] {
			require.ErrorIs(t, b.Partial[0].Err, poll.ErrStuck)
		}
		up, _ := value(got[4], "localmon_source_up")
		require.Equal(t, 1.0, up)
	})
}

func TestSinkErrorEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		err := poll.Run(t.Context(), poll.Options{}, &source{start: time.Now()}, func(context.Context, localmon.Batch) error { return full })
		require.ErrorIs(t, err, full)
		require.ErrorContains(t, err, "keep what t1 said")
	})
}

func TestEndDuringALookStoresNoFalseFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{collect: func(ctx context.Context, look int) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		got := run(t, poll.Options{Every: 30 * time.Second}, s, 5*time.Second)
		require.Empty(t, got, "being stopped says nothing of the target")
	})
}

func TestOnceGivesBatchAndError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := poll.Once(t.Context(), poll.Options{}, &source{}, time.Now())
		require.NoError(t, err)
		up, _ := value(b, "localmon_source_up")
		require.Equal(t, 1.0, up)
		down := errors.New("no route")
		b, err = poll.Once(t.Context(), poll.Options{}, &source{collect: func(context.Context, int) error { return down }}, time.Now())
		require.ErrorIs(t, err, down)
		up, ok := value(b, "localmon_source_up")
		require.True(t, ok)
		require.Zero(t, up)
		require.Equal(t, "t1", b.Target)
	})
}

func TestAWishForALookIsGrantedWithoutMovingTheTurns(t *testing.T) {
	for name, c := range map[string]struct {
		wishes []time.Duration // after the start
		fails  bool
		looks  []float64
	}{
		"one":                          {wishes: []time.Duration{42 * time.Second}, looks: []float64{0, 30, 42, 60, 90}},
		"a burst is two looks":         {wishes: []time.Duration{42 * time.Second, 43 * time.Second, 44 * time.Second, 45 * time.Second}, looks: []float64{0, 30, 42, 47, 60, 90}},
		"soon after a look it waits":   {wishes: []time.Duration{31 * time.Second, 36 * time.Second}, looks: []float64{0, 30, 35, 40, 60, 90}},
		"not when its turn is near":    {wishes: []time.Duration{58 * time.Second, 59 * time.Second}, looks: []float64{0, 30, 58, 60, 90}},
		"a target that is down is not": {wishes: []time.Duration{42 * time.Second}, fails: true, looks: []float64{0, 30, 60, 90}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wake := make(chan struct{}, 1)
				for _, w := range c.wishes {
					time.AfterFunc(w, func() {
						select {
						case wake <- struct{}{}:
						default:
						}
					})
				}
				s := &source{collect: func(context.Context, int) error {
					if c.fails {
						return errors.New("down")
					}
					return nil
				}}
				run(t, poll.Options{Wake: wake}, s, 95*time.Second)
				require.Equal(t, c.looks, seconds(s.looks))
			})
		})
	}
}
