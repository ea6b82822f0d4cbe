package history

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// Stats says how much the history holds and what it takes.
type Stats struct {
	Path     string        `json:"path"`
	Bytes    int64         `json:"bytes"`  // size of the file
	Used     int64         `json:"used"`   // of them in use; the rest is free for what comes
	Budget   int64         `json:"budget"` // zero means no limit
	LastSeq  uint64        `json:"last_seq"`
	RawBytes int64         `json:"raw_bytes"` // of the used ones, those of samples; the rest is tiers and tables
	Targets  []TargetStats `json:"targets"`
	Damaged  int           `json:"damaged"` // values that could not be read when the file was opened
	ReadOnly bool          `json:"read_only"`
}

// TargetStats is the share of one target.
type TargetStats struct {
	Target  string `json:"target"`
	Series  int    `json:"series"`  // in the table
	Present int    `json:"present"` // in the newest batch
	Log     int    `json:"log"`     // scrapes not sealed yet
	Sealed  int    `json:"sealed"`  // segments, a day each as a rule
	Raw     int    `json:"raw"`     // of them those that still have their samples
	Weeks   int    `json:"weeks"`   // of 1-hour steps
	// Oldest is the wall time of the oldest step or sample kept, OldestRaw of
	// the oldest sample.
	Oldest    time.Time `json:"oldest,omitzero"`
	OldestRaw time.Time `json:"oldest_raw,omitzero"`
}

// Stats reads the figures of the file. It looks at pages, not into values.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	if err := ctx.Err(); err != nil {
		return Stats{}, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	s := Stats{Path: db.file.Path(), Budget: db.o.Budget, Damaged: len(db.damaged), ReadOnly: db.readOnly}
	err := db.file.View(func(tx *bbolt.Tx) (err error) {
		if s.Bytes, s.Used, err = db.usage(tx); err != nil {
			return err
		}
		if log := tx.Bucket(bucketLog); log != nil {
			s.LastSeq = log.Sequence()
		}
		for target, h := range db.heads {
			t := TargetStats{Target: target, Series: len(h.table), Sealed: len(h.segments), Weeks: len(h.weeks)}
			for i := range h.segments {
				if h.segments[i].raw {
					s.RawBytes += h.segments[i].size
					t.Raw++
				}
			}
			t.Oldest, t.OldestRaw = h.begins()
			for _, g := range h.groups {
				if g == nil {
					continue
				}
				for i := range g.cells {
					if g.cells[i].present {
						t.Present++
					}
				}
			}
			if err := logOf(tx, target).each(func(_ uint64, records *bbolt.Bucket) error {
				b := records.Stats()
				t.Log += int(records.Sequence())
				s.RawBytes += int64(b.LeafAlloc + b.BranchAlloc)
				return nil
			}); err != nil {
				return err
			}
			s.Targets = append(s.Targets, t)
		}
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("read figures of history: %w", err)
	}
	slices.SortFunc(s.Targets, func(a, b TargetStats) int { return cmp.Compare(a.Target, b.Target) })
	return s, nil
}

// Damaged returns what could not be read when the file was opened.
func (db *DB) Damaged() []Damage {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.Clone(db.damaged)
}

// begins tells the wall time of the oldest step or sample, and of the oldest
// sample; zero where there is none that is sealed.
func (h *head) begins() (kept, raw time.Time) {
	older := func(t *time.Time, at int64) {
		if x := time.Unix(0, at); t.IsZero() || x.Before(*t) {
			*t = x
		}
	}
	for i := range h.segments {
		older(&kept, h.segments[i].minAt)
		if h.segments[i].raw {
			older(&raw, h.segments[i].minAt)
		}
	}
	for i := range h.weeks {
		older(&kept, h.weeks[i].minAt)
	}
	return kept, raw
}
