package flashblade

import (
	"context"
	"iter"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// Recall implements [localmon.Recaller] from the array's own history: the work
// of the array by protocol, and its space by type. File systems and buckets are
// not recalled, because the array gives their past as it gives their present, a
// few names a request. Alerts need no recalling, because the watermark of
// Collect finds those that came and went.
func (s *Source) Recall(ctx context.Context, from, to time.Time) iter.Seq2[localmon.Batch, error] {
	m := s.memory
	return s.client.Recall(ctx, m.schedule, past(), from, to, m.ahead)
}

// past says which rows are recalled, what tells most first.
func past() []arrayrest.PastRow {
	var rows []arrayrest.PastRow
	for _, each := range rowsPerformance {
		rows = append(rows, arrayrest.PastRow{Row: each.row, Use: func(out *localmon.Sampler, f arrayrest.Fields) {
			add(out, f, arrayFamilies, "protocol", each.value)
		}})
	}
	for _, each := range rowsSpace {
		rows = append(rows, arrayrest.PastRow{Row: each.row, Use: func(out *localmon.Sampler, f arrayrest.Fields) {
			arraySpace(out, f, each.value)
		}})
	}
	return rows
}
