// Package poll looks at one target on a schedule: at once when it starts, then
// at every multiple of an interval, without drift.
//
// Give [Run] a [localmon.Source] and a sink; it runs until ctx ends or the sink
// fails. [Once] is a single look with the same guards, for a command that looks
// and ends.
//
//	err := poll.Run(ctx, poll.Options{Every: 30 * time.Second}, src, func(ctx context.Context, b localmon.Batch) error {
//		_, err := history.Append(ctx, b)
//		return err
//	})
//
// # What the sink gets
//
// One batch a look, failed looks included: a look that read nothing gives a
// batch without the target's data, with localmon_source_up 0 and the error in
// Batch.Partial under [WholeTarget], so that loss of sight is stored and judged
// like everything else. To every batch poll adds series without labels:
//
//	localmon_source_up                               1 when anything was read, else 0
//	localmon_source_took_seconds                     how long the look took
//	localmon_source_partial                          how many parts failed while the rest went on
//	localmon_source_consecutive_failures             failed looks since the last good one
//	localmon_source_last_success_timestamp_seconds   wall time of the last good look; absent before the first
//	localmon_source_recalled_looks                   looks made good from the target's own record; absent where nothing was missed
//
// # What was missed
//
// A target that was not seen for more than [Options.Gap], be it that it did not
// answer or that no monitor ran, is asked for its own record of that time, when
// its source is a [localmon.Recaller] and [Options.Recalled] is set. That
// happens after the first good look and before it is handed on, so that a
// series grows forward in time; it costs at most [Options.RecallTimeout]. What
// could not be had is in Batch.Partial under [Recall].
//
// # Promises
//
//   - A look never overlaps another of the same target. A turn that falls into
//     a running look is skipped, never made up for.
//   - A source that panics, or that ignores the end of its time, is a failed
//     look and nothing worse. While such a source has not come back it is not
//     asked again, and each turn says so.
//   - After [Options.Patience] failed looks in a row the interval doubles with
//     each further one, up to [Options.MaxBackoff]; the first good look ends
//     that. An array that is down is not beaten at, and one that refuses a
//     token is not locked.
//   - The sink's error ends Run: what cannot be stored must not be looked at as
//     if it were.
//
// Somebody may ask for a look before its turn (see [Options.Wake]).
//
// The interval is measured by the monotonic clock, so setting the machine's
// clock neither delays a look nor causes a burst.
package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"darksite/localmon"
)

// Recall is the endpoint under which a batch carries what could not be recalled
// of the time in which nobody looked.
const Recall = "record of missed time"

// WholeTarget is the endpoint under which a batch carries the error of a look
// that read nothing.
const WholeTarget = "*"

// Options say how often to look and how long to wait.
type Options struct {
	// Every is the time between two looks; 30 seconds when zero.
	Every time.Duration
	// Timeout bounds one look; nine tenths of Every when zero.
	Timeout time.Duration
	// Grace is how long a source may take to come back once its time is over,
	// before the look is given up; 5 seconds when zero.
	Grace time.Duration
	// Patience is how many failed looks in a row keep the pace; 3 when zero.
	// It is also what it takes to tell loss of sight from a hiccup.
	Patience int
	// MaxBackoff bounds the time between two looks at a target that cannot be
	// read; 5 minutes, but never less than Every, when zero.
	MaxBackoff time.Duration

	// Wake asks for a look before its turn, as when the target has just said
	// something by itself; nil when nothing does. A look so begun is at least
	// Calm after the one before, 5 seconds when zero, and moves no turn. While
	// the target does not answer, wishes are not granted.
	Wake <-chan struct{}
	Calm time.Duration

	// Since is when the target was last seen by an earlier run; zero when never.
	Since time.Time
	// Gap is how long a target may go unseen before its own record is asked for;
	// two and a half times Every when zero.
	Gap time.Duration
	// Recalled keeps a batch of the past; nil when nothing is to be recalled.
	Recalled func(context.Context, localmon.Batch) error
	// MaxRecall bounds how far back is asked; 7 days when zero.
	MaxRecall time.Duration
	// RecallTimeout bounds the asking; a minute when zero.
	RecallTimeout time.Duration
}

func (o Options) withDefaults() Options {
	o.Every = cmp.Or(max(o.Every, 0), 30*time.Second)
	o.Timeout = cmp.Or(max(o.Timeout, 0), o.Every*9/10)
	o.Grace = cmp.Or(max(o.Grace, 0), 5*time.Second)
	o.Patience = cmp.Or(max(o.Patience, 0), 3)
	o.Calm = cmp.Or(max(o.Calm, 0), 5*time.Second)
	o.Gap = cmp.Or(max(o.Gap, 0), o.Every*5/2)
	o.MaxRecall = cmp.Or(max(o.MaxRecall, 0), 7*24*time.Hour)
	o.RecallTimeout = cmp.Or(max(o.RecallTimeout, 0), time.Minute)
	o.MaxBackoff = max(cmp.Or(o.MaxBackoff, 5*time.Minute), o.Every)
	return o
}

// PanicError is what a source that panicked becomes.
type PanicError struct {
	Target string
	Value  any
	Stack  []byte
}

// Error names the target and what was panicked with. The stack is for a
// developer and stays out of the line.
func (e *PanicError) Error() string {
	return fmt.Sprintf("source of %s panicked: %v; this is a fault of the kit, please report it", e.Target, e.Value)
}

// ErrStuck is wrapped by the error of a look whose source did not come back.
var ErrStuck = errors.New("source does not come back")

// Run looks at src until ctx ends, which is no error, or until sink fails.
func Run(ctx context.Context, o Options, src localmon.Source, sink func(context.Context, localmon.Batch) error) error {
	p := newPoller(o, src)
	start := time.Now()
	for {
		if ctx.Err() != nil {
			return nil
		}
		select {
		case <-p.o.Wake: // what is wished for begins now
		default:
		}
		began := time.Now()
		batch := p.look(ctx, began)
		if ctx.Err() != nil && p.failures > 0 {
			return nil // the look was cut short by the end, which says nothing of the target
		}
		if err := sink(ctx, batch); err != nil {
			if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil
			}
			return fmt.Errorf("keep what %s said: %w", src.Target(), err)
		}
		if !p.sleep(ctx, p.wait(time.Since(start)), began.Add(p.o.Calm)) {
			return nil
		}
	}
}

// Once looks a single time and returns the batch a sink would get, with the
// look's error.
func Once(ctx context.Context, o Options, src localmon.Source, now time.Time) (localmon.Batch, error) {
	p := newPoller(o, src)
	b := p.look(ctx, now)
	return b, p.last
}

// poller is the memory between looks.
type poller struct {
	o        Options
	src      localmon.Source
	failures int
	good     time.Time // when the last good look began
	last     error
	running  chan result // set while a look that was given up has not come back
	since    time.Time
}

type result struct {
	batch localmon.Batch
	err   error
}

func newPoller(o Options, src localmon.Source) *poller {
	o = o.withDefaults()
	return &poller{o: o, src: src, good: o.Since}
}

// look asks the source once and adds what poll knows.
func (p *poller) look(ctx context.Context, now time.Time) localmon.Batch {
	began := time.Now()
	b, err := p.ask(ctx, now)
	p.last = err
	var recalled int
	if err == nil {
		var missed error
		if recalled, missed = p.recall(ctx, now); missed != nil {
			b.Partial = append(slices.Clone(b.Partial), localmon.EndpointError{Endpoint: Recall, Err: missed})
		}
	}
	if err != nil {
		p.failures++
		b = localmon.Batch{Target: p.src.Target(), At: now, Partial: b.Partial}
		b.Partial = append(slices.Clone(b.Partial), localmon.EndpointError{Endpoint: WholeTarget, Err: err})
	} else {
		p.failures = 0
		p.good = now
	}
	b.Took = time.Since(began)
	b.Samples = append(slices.Clone(b.Samples), p.health(b, err == nil)...)
	if recalled > 0 {
		b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: p.src.Target(), Metric: "localmon_source_recalled_looks"}, Value: float64(recalled)})
	}
	return b
}

// ask runs the source beside us, so that neither its panic nor its silence is
// ours.
func (p *poller) ask(ctx context.Context, now time.Time) (localmon.Batch, error) {
	if p.running != nil {
		select {
		case <-p.running:
			p.running = nil // it came back after all; what it brought is too old
		default:
			return localmon.Batch{}, fmt.Errorf("%s: %w since %s", p.src.Target(), ErrStuck, p.since.UTC().Format(time.RFC3339))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if v := recover(); v != nil {
				r = result{err: &PanicError{Target: p.src.Target(), Value: v, Stack: debug.Stack()}}
			}
			done <- r
		}()
		r.batch, r.err = p.src.Collect(ctx, now)
	}()
	select {
	case r := <-done:
		return r.batch, r.err
	case <-ctx.Done():
	}
	patience := time.NewTimer(p.o.Grace)
	defer patience.Stop()
	select {
	case r := <-done:
		return r.batch, r.err
	case <-patience.C:
		p.running, p.since = done, now
		return localmon.Batch{}, fmt.Errorf("%s: %w, %s after its time was over", p.src.Target(), ErrStuck, p.o.Grace)
	}
}

// health is what poll itself knows of the look.
func (p *poller) health(b localmon.Batch, ok bool) []localmon.Sample {
	sample := func(metric string, v float64) localmon.Sample {
		return localmon.Sample{Key: localmon.SeriesKey{Target: p.src.Target(), Metric: metric}, Value: v}
	}
	up := 0.0
	if ok {
		up = 1
	}
	samples := []localmon.Sample{
		sample("localmon_source_up", up),
		sample("localmon_source_took_seconds", b.Took.Seconds()),
		sample("localmon_source_partial", float64(len(b.Partial))),
		sample("localmon_source_consecutive_failures", float64(p.failures)),
	}
	if !p.good.IsZero() {
		samples = append(samples, sample("localmon_source_last_success_timestamp_seconds", float64(p.good.UnixMilli())/1000))
	}
	return samples
}

// wait is how long to sleep so that the next look begins at a multiple of the
// interval since the start. elapsed is the time since the start.
func (p *poller) wait(elapsed time.Duration) time.Duration {
	pause := p.o.Every
	for range min(max(p.failures-p.o.Patience, 0), 32) {
		if pause >= p.o.MaxBackoff {
			break
		}
		pause *= 2
	}
	pause = min(pause, p.o.MaxBackoff)
	turns := int64(math.Ceil(float64(pause) / float64(p.o.Every)))
	begun := int64(elapsed / p.o.Every) // the turn we are in
	return time.Duration(begun+turns)*p.o.Every - elapsed
}

// sleep waits for the next turn, or until somebody asks for a look, but not
// before calm. It reports false when ctx ended first.
func (p *poller) sleep(ctx context.Context, d time.Duration, calm time.Time) bool {
	turn := time.NewTimer(d)
	defer turn.Stop()
	wake := p.o.Wake
	if p.failures > 0 {
		wake = nil
	}
	select {
	case <-turn.C:
		return true
	case <-ctx.Done():
		return false
	case <-wake:
	}
	rest := time.NewTimer(time.Until(calm))
	defer rest.Stop()
	select {
	case <-turn.C:
	case <-rest.C:
	case <-ctx.Done():
		return false
	}
	return true
}
