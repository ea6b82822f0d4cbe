package watch

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/push"
)

// listenerCounts adds what the listeners have counted to the looks at the kit's own
// machine, so that messages that were dropped or refused are seen:
//
//	localmon_listener_messages_total{channel,outcome}
type listenerCounts struct {
	localmon.Source // of the machine

	mu sync.Mutex
	of map[push.Channel]func() map[string]uint64
}

// set names who counts for a channel.
func (c *listenerCounts) set(channel push.Channel, count func() map[string]uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[push.Channel]func() map[string]uint64{}
	}
	c.of[channel] = count
}

// take goes on with what another one counts: the listeners outlive a reading of
// site.yaml.
func (c *listenerCounts) take(o *listenerCounts) {
	if c == o {
		return
	}
	o.mu.Lock()
	of := maps.Clone(o.of)
	o.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of = of
}

// Collect implements localmon.Source.
func (c *listenerCounts) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	b, err := c.Source.Collect(ctx, now)
	if err != nil {
		return b, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b.Samples = slices.Clone(b.Samples)
	for channel, count := range c.of {
		for outcome, n := range count() {
			b.Samples = append(b.Samples, localmon.Sample{Value: float64(n), Key: localmon.SeriesKey{
				Target: b.Target, Metric: "localmon_listener_messages_total", Labels: localmon.FormatLabels("channel", string(channel), "outcome", outcome),
			}})
		}
	}
	slices.SortFunc(b.Samples, func(x, y localmon.Sample) int { return x.Key.Compare(y.Key) })
	return b, nil
}
