package console

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"darksite/localmon"
)

// Board holds the newest look at each target. Series that are not read at every
// look stay on it for a while after the look that had them, so that what is read
// each five minutes does not come and go.
type Board struct {
	keep time.Duration

	mu      sync.Mutex
	targets map[string]*held
}

type held struct {
	newest localmon.Batch
	series map[localmon.SeriesKey]kept
}

type kept struct {
	value float64
	at    time.Time
}

// NewBoard makes an empty board that keeps a series for as long as keep after
// the look that had it; ten minutes when zero.
func NewBoard(keep time.Duration) *Board {
	return &Board{keep: cmp.Or(keep, 10*time.Minute), targets: map[string]*held{}}
}

// Put takes a look over. One that failed takes everything of its target away but
// what it says itself.
func (b *Board) Put(batch localmon.Batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.targets[batch.Target]
	if h == nil || failed(batch) {
		h = &held{series: map[localmon.SeriesKey]kept{}}
		b.targets[batch.Target] = h
	}
	for key, k := range h.series {
		if age := batch.At.Sub(k.at); age > b.keep || age < -b.keep { // a clock may be set either way
			delete(h.series, key)
		}
	}
	for _, s := range batch.Samples {
		h.series[s.Key] = kept{s.Value, batch.At}
	}
	h.newest = localmon.Batch{Target: batch.Target, At: batch.At, TargetAt: batch.TargetAt}
}

// Forget drops a target that the site no longer names.
func (b *Board) Forget(target string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.targets, target)
}

// Batches gives a batch for each target, in the order of their names.
func (b *Board) Batches() []localmon.Batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []localmon.Batch
	for _, h := range b.targets {
		one := h.newest
		for key, k := range h.series {
			one.Samples = append(one.Samples, localmon.Sample{Key: key, Value: k.value})
		}
		slices.SortFunc(one.Samples, func(x, y localmon.Sample) int { return x.Key.Compare(y.Key) })
		all = append(all, one)
	}
	slices.SortFunc(all, func(x, y localmon.Batch) int { return cmp.Compare(x.Target, y.Target) })
	return all
}
