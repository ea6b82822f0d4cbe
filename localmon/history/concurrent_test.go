package history_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// TestReadersSeeWholeBatches reads while batches are appended and sealed: each
// read sees every batch acknowledged before it began, once and in order.
func TestReadersSeeWholeBatches(t *testing.T) {
	db, _ := openTemp(t, history.Options{NoSync: true})
	db.SetLimits(50, 3)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	key := localmon.SeriesKey{Target: "fa-1", Metric: "n"}
	const total = 600
	batch := func(i int) localmon.Batch {
		return localmon.Batch{
			Target: "fa-1", At: start.Add(time.Duration(i) * 30 * time.Second),
			Samples: []localmon.Sample{{Key: key, Value: float64(i)}},
		}
	}
	_, err := db.Append(t.Context(), batch(0))
	require.NoError(t, err)
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		defer close(done)
		for i := 1; i < total; i++ {
			if _, err := db.Append(t.Context(), batch(i)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	all.Go(func() {
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			if _, err := db.Maintain(t.Context(), start); err != nil {
				t.Error(err)
			}
		}
	})
	for range 2 {
		all.Go(func() {
			for running := true; running; {
				select {
				case <-done:
					running = false
				default:
				}
				if err := readOnce(t, db, key, start); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	requireSound(t, db)
}

func readOnce(t *testing.T, db *history.DB, key localmon.SeriesKey, start time.Time) error {
	last, err := db.Last(t.Context(), localmon.Selector{})
	if err != nil || len(last) != 1 {
		return fmt.Errorf("%d newest values, %w", len(last), err)
	}
	next := 0.0
	for p, err := range db.Range(t.Context(), key, localmon.Window{From: start, To: start.Add(time.Hour * 100)}) {
		if err != nil {
			return err
		}
		if p.Value != next {
			return fmt.Errorf("read %v, wanted %v", p.Value, next)
		}
		next++
	}
	if next <= last[0].Point.Value {
		return fmt.Errorf("read up to %v, %v was there before", next-1, last[0].Point.Value)
	}
	if _, err := db.Stats(t.Context()); err != nil {
		return err
	}
	for _, err := range db.Across(t.Context(), localmon.Selector{}, localmon.Window{From: start, To: start.Add(time.Hour), Step: time.Minute, Agg: localmon.AggAvg}, localmon.AggSum) {
		if err != nil {
			return err
		}
	}
	return nil
}
