package benchpeer

import (
	"context"
	"path/filepath"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"
	"darksite/localmon/history/workload"

	"go.etcd.io/bbolt"
)

// historyStore fills a history as the monitor does.
type historyStore struct {
	db    *history.DB
	batch localmon.Batch
}

func historyPath(dir string) string { return filepath.Join(dir, "history.db") }

func openHistory(dir string) (*historyStore, error) {
	db, err := history.Open(historyPath(dir), history.Options{})
	return &historyStore{db: db}, err
}

func (s *historyStore) next(a *workload.Array) int {
	a.Fill(&s.batch)
	return len(s.batch.Samples)
}

func (s *historyStore) take(ctx context.Context) error {
	if _, err := s.db.Append(ctx, s.batch); err != nil {
		return err
	}
	return s.maintain(ctx, s.batch.At)
}

// finish seals the last day too.
func (s *historyStore) finish(ctx context.Context) error {
	return s.maintain(ctx, s.batch.At.Add(48*time.Hour))
}

func (s *historyStore) maintain(ctx context.Context, now time.Time) error {
	for {
		more, err := s.db.Maintain(ctx, now)
		if !more || err != nil {
			return err
		}
	}
}

func (s *historyStore) close() error { return s.db.Close() }

// historyReader asks a history.
type historyReader struct {
	db     *history.DB
	window localmon.Window
}

// one hands out every sample of a series.
func (r historyReader) one(ctx context.Context, key localmon.SeriesKey) (n int, sum float64, err error) {
	for s, err := range r.db.Samples(ctx, key, r.window.From, r.window.To) {
		if err != nil {
			return n, sum, err
		}
		n += len(s.Values)
		for _, v := range s.Values {
			sum += v
		}
	}
	return n, sum, nil
}

// each hands out every sample of every series of a metric.
func (r historyReader) each(ctx context.Context, metric string) (n int, sum float64, err error) {
	series, err := r.db.Series(ctx, localmon.Selector{Metric: metric})
	if err != nil {
		return 0, 0, err
	}
	for _, s := range series {
		k, part, err := r.one(ctx, s.Key)
		if err != nil {
			return n, sum, err
		}
		n, sum = n+k, sum+part
	}
	return n, sum, nil
}

// total adds up the series of a metric by step.
func (r historyReader) total(ctx context.Context, metric string, step time.Duration) (points int, err error) {
	w := r.window
	w.Agg, w.Step = localmon.AggAvg, step
	for _, err := range r.db.Across(ctx, localmon.Selector{Metric: metric}, w, localmon.AggSum) {
		if err != nil {
			return points, err
		}
		points++
	}
	return points, nil
}

// pages is how many bytes of a history's file the samples take with all that is
// needed to read them: names of series, times of scrapes, and what is unused of
// their pages. Tiers are the rest.
func pages(path string) (size int64, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		targets := tx.Bucket([]byte("targets"))
		return targets.ForEachBucket(func(target []byte) error {
			for _, part := range []string{"day", "series", "segments"} {
				if b := targets.Bucket(target).Bucket([]byte(part)); b != nil {
					s := b.Stats()
					size += int64(s.LeafAlloc + s.BranchAlloc)
				}
			}
			return nil
		})
	})
	return size, err
}
