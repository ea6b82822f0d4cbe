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
// a list or a day of looks at every thirty seconds. Sizes of single volumes are not recalled: the array's record lacks
// the names their series have. Alerts need no recalling, because the watermark
// of Collect finds those that came and went.
func (s *Source) Recall(ctx context.Context, from, to time.Time) iter.Seq2[localmon.Batch, error] {
	m := s.memory
	return s.client.Recall(ctx, m.schedule, m.past(), from, to, m.ahead)
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
