package flasharray

import (
	"context"
	"iter"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// Recall implements [localmon.Recaller] from the array's own history: the work
// of the array, its ports, hosts and volumes, and its space. The more was
// missed, the coarser the steps, so that no outage costs more than 10,000 items
// a list. Sizes of single volumes are not recalled: the array's record lacks
// the names their series have. Alerts need no recalling, because the watermark
// of Collect finds those that came and went.
func (s *Source) Recall(ctx context.Context, from, to time.Time) iter.Seq2[localmon.Batch, error] {
	return func(yield func(localmon.Batch, error) bool) {
		m := s.memory
		all, err := s.client.Recall(ctx, m.schedule, m.past(), from, to, m.ahead)
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

// past says which rows are recalled, what tells most first.
func (m *memory) past() []arrayrest.PastRow {
	return []arrayrest.PastRow{
		{Row: rowArraysPerformance, Use: arrayPerformance},
		{Row: rowArraysSpace, Use: arraySpace},
		{Row: rowNetworkPerformance, Use: portPerformance},
		{Row: rowHostsPerformance, Use: hostPerformance},
		{Row: rowVolumesPerformance, Use: func(out *localmon.Sampler, f arrayrest.Fields) {
			if name, ok := f.Name("name"); ok {
				if serial, known := m.serial(name); known {
					volumePerformance(out, f, naa+serial)
				}
			}
		}},
	}
}

// clockTolerance is how far the array's clock may be from the kit's before a
// record is moved: the difference is measured across a network, and some
// replies tell whole seconds only.
const clockTolerance = 2 * time.Second

// heard remembers how far the array's clock is ahead of the kit's.
func (m *memory) heard(b localmon.Batch) {
	if b.TargetAt.IsZero() {
		return
	}
	if m.ahead = b.TargetAt.Sub(b.At); m.ahead.Abs() <= clockTolerance {
		m.ahead = 0
	}
}
