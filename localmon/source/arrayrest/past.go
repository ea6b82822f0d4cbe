package arrayrest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"darksite/localmon"
)

// PastRow is a row whose past the array keeps, and how an item of it becomes
// samples.
type PastRow struct {
	Row *Row
	Use func(*localmon.Sampler, Fields)
}

// maxPast is how many items of one row a recall reads: what a long outage of a
// large array costs is bounded by a coarser step, not by leaving objects out.
const maxPast = 10_000

// maxSteps is how many times of the past a recall brings, a day of them at every
// thirty seconds: each is kept as one look, on disk before the next.
const maxSteps = 2880

// pastSteps are the steps in which arrays give their past.
var pastSteps = [...]time.Duration{
	time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour, 24 * time.Hour,
}

// pastStep is the finest step, not finer than every 30 seconds, in which the
// past of a row can be had without more than maxSteps times and maxPast items.
func pastStep(row *Row, items int, span time.Duration) time.Duration {
	for _, step := range pastSteps {
		steps := int64(span / step)
		if step >= max(row.History, Quick) && steps <= maxSteps && int64(max(items, 1))*(steps+1) <= maxPast {
			return step
		}
	}
	return pastSteps[len(pastSteps)-1]
}

// Recall reads what the array recorded after from and before to, both by the
// kit's clock, and yields a batch for each time, in order. ahead is how far the
// array's clock is ahead of the kit's; see [Ahead]. Rows come one after the
// other: what the first ones gave is kept when a later one fails, and the error
// that ends the sequence says which did.
func (c *Client) Recall(ctx context.Context, s *Schedule, rows []PastRow, from, to time.Time, ahead time.Duration) iter.Seq2[localmon.Batch, error] {
	return func(yield func(localmon.Batch, error) bool) {
		all, err := c.recall(ctx, s, rows, from, to, ahead)
		for _, b := range all {
			if !yield(b, nil) {
				return
			}
		}
		if err != nil {
			yield(localmon.Batch{}, err)
		}
	}
}

// clockTolerance is how far the array's clock may be from the kit's before a
// record is moved: the difference is measured across a network, and some
// replies tell whole seconds only.
const clockTolerance = 2 * time.Second

// Ahead is how far the array's clock was ahead of the kit's at a look; last
// where the look does not tell.
func Ahead(b localmon.Batch, last time.Duration) time.Duration {
	if b.TargetAt.IsZero() {
		return last
	}
	if ahead := b.TargetAt.Sub(b.At); ahead.Abs() > clockTolerance {
		return ahead
	}
	return 0
}

func (c *Client) recall(ctx context.Context, s *Schedule, rows []PastRow, from, to time.Time, ahead time.Duration) ([]localmon.Batch, error) {
	v := c.visit()
	if _, err := v.enter(ctx, ""); err != nil {
		return nil, c.classify(err)
	}
	at := map[int64]*localmon.Sampler{}
	var failed []error
	read := 0
	for _, past := range rows {
		if !past.Row.in(v.Version()) {
			continue
		}
		l, err := v.past(ctx, past.Row, from.Add(ahead), to.Add(ahead), pastStep(past.Row, s.counts[past.Row], to.Sub(from)))
		if err == nil {
			read++
		}
		if err = errors.Join(append(l.Partial, err)...); err != nil {
			failed = append(failed, fmt.Errorf("the past of %s: %w", past.Row, err))
		}
		l.Each(func(f Fields) {
			told := f.Time("time").Add(-ahead)
			if !told.After(from) || !told.Before(to) {
				return
			}
			out := at[told.UnixMilli()]
			if out == nil {
				out = localmon.NewSampler(c.target)
				at[told.UnixMilli()] = out
			}
			past.Use(out, f)
		}, func(err error) { failed = append(failed, fmt.Errorf("the past of %s: %w", past.Row, err)) })
		if v.lost() != nil {
			break
		}
	}
	if read == 0 && len(at) == 0 && len(failed) > 0 {
		return nil, c.classify(cmp.Or(v.lost(), failed[0]))
	}
	var all []localmon.Batch
	for _, ms := range slices.Sorted(maps.Keys(at)) {
		if out := at[ms]; out.Len() > 0 {
			when := time.UnixMilli(ms).UTC()
			all = append(all, localmon.Batch{Target: c.target, At: when, TargetAt: when.Add(ahead), Samples: out.Samples()})
		}
	}
	if err := errors.Join(firstFew(failed)...); err != nil {
		return all, fmt.Errorf("array %s: %w", c.target, err)
	}
	return all, nil
}

// past reads one row's past; from and to are by the array's clock.
func (v *Visit) past(ctx context.Context, row *Row, from, to time.Time, step time.Duration) (Listing, error) {
	return v.List(ctx, row, url.Values{
		"start_time": {strconv.FormatInt(from.UnixMilli(), 10)},
		"end_time":   {strconv.FormatInt(to.UnixMilli(), 10)},
		"resolution": {strconv.FormatInt(step.Milliseconds(), 10)},
	})
}

// firstFew keeps an error readable where every item of a row is bad.
func firstFew(errs []error) []error {
	const few = 5
	if len(errs) <= few {
		return errs
	}
	return append(slices.Clone(errs[:few]), fmt.Errorf("and %d more", len(errs)-few))
}
