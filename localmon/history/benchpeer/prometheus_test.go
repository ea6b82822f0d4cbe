package benchpeer

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"darksite/localmon"
	"darksite/localmon/history/workload"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

const (
	blockEvery = 2 * time.Hour
	mapEvery   = 10 * time.Minute
	longest    = 31 * 24 * time.Hour // of a block, as the server has it with a year of retention
)

// promStore fills a Prometheus TSDB.
type promStore struct {
	db      *tsdb.DB
	at      time.Time
	keys    []localmon.SeriesKey
	series  []labels.Labels
	refs    []storage.SeriesRef
	values  []float64
	absent  []bool
	blocked time.Time // when blocks were made last
	mapped  time.Time
}

func openPrometheus(dir string) (*promStore, error) {
	o := tsdb.DefaultOptions()
	o.RetentionDuration = 0
	o.MaxBlockDuration = longest.Milliseconds()
	db, err := tsdb.Open(dir, nil, nil, o, nil)
	if err != nil {
		return nil, err
	}
	// In days that pass in seconds work in the background would come late and
	// the memory it frees too; take does it when it is due.
	db.DisableCompactions()
	return &promStore{db: db}, nil
}

func labelsOf(k localmon.SeriesKey) labels.Labels {
	pairs, err := localmon.ParseLabels(k.Labels)
	if err != nil {
		panic(err)
	}
	b := labels.NewScratchBuilder(3)
	b.Add("__name__", k.Metric)
	b.Add("target", k.Target)
	for _, p := range pairs {
		b.Add(p.Name, p.Value)
	}
	b.Sort()
	return b.Labels()
}

func (s *promStore) next(a *workload.Array) (samples int) {
	s.at, s.values = a.Next()
	s.absent = a.Absent()
	for i, k := range a.Keys() {
		switch {
		case i == len(s.keys):
			s.keys, s.series, s.refs = append(s.keys, k), append(s.series, labelsOf(k)), append(s.refs, 0)
		case k != s.keys[i]:
			s.keys[i], s.series[i], s.refs[i] = k, labelsOf(k), 0
		}
		if s.absent == nil || !s.absent[i] {
			samples++
		}
	}
	return samples
}

func (s *promStore) take(ctx context.Context) (err error) {
	app := s.db.Appender(ctx)
	at := s.at.UnixMilli()
	for i, v := range s.values {
		if s.absent != nil && s.absent[i] {
			continue
		}
		if s.refs[i], err = app.Append(s.refs[i], s.series[i], at, v); err != nil {
			return fmt.Errorf("append %v: %w", s.series[i], err)
		}
	}
	if err := app.Commit(); err != nil {
		return err
	}
	if s.at.Sub(s.mapped) >= mapEvery {
		s.mapped = s.at
		s.db.ForceHeadMMap()
	}
	if s.at.Sub(s.blocked) >= blockEvery {
		s.blocked = s.at
		return s.db.Compact(ctx)
	}
	return nil
}

func (s *promStore) finish(ctx context.Context) error {
	head := s.db.Head()
	if err := s.db.CompactHead(tsdb.NewRangeHead(head, head.MinTime(), head.MaxTime())); err != nil {
		return err
	}
	return s.db.Compact(ctx)
}

func (s *promStore) close() error { return s.db.Close() }

// merge makes one block of all, the best that Prometheus can come to, and
// returns its folder and its size.
func merge(ctx context.Context, dir, into string) (block string, size int64, err error) {
	c, err := tsdb.NewLeveledCompactor(ctx, nil, slog.New(slog.DiscardHandler), []int64{blockEvery.Milliseconds()}, nil, nil)
	if err != nil {
		return "", 0, err
	}
	metas, err := filepath.Glob(filepath.Join(dir, "*", "meta.json"))
	if err != nil {
		return "", 0, err
	}
	var blocks []string
	for _, m := range metas {
		blocks = append(blocks, filepath.Dir(m))
	}
	ids, err := c.Compact(into, blocks, nil)
	if err != nil {
		return "", 0, err
	}
	if len(ids) != 1 {
		return "", 0, fmt.Errorf("%d blocks became %d instead of one", len(blocks), len(ids))
	}
	block = filepath.Join(into, ids[0].String())
	err = filepath.WalkDir(block, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return block, size, err
}

// promReader asks one block.
type promReader struct{ block *tsdb.Block }

func openBlock(path string) (promReader, error) {
	b, err := tsdb.OpenBlock(slog.New(slog.DiscardHandler), path, nil, nil)
	return promReader{b}, err
}

// each hands out every sample of every series that matches.
func (r promReader) each(ctx context.Context, matchers ...*labels.Matcher) (n int, sum float64, err error) {
	q, err := tsdb.NewBlockQuerier(r.block, 0, 1<<60)
	if err != nil {
		return 0, 0, err
	}
	defer q.Close()
	set := q.Select(ctx, false, nil, matchers...)
	var it chunkenc.Iterator
	for set.Next() {
		it = set.At().Iterator(it)
		for it.Next() == chunkenc.ValFloat {
			_, v := it.At()
			sum += v
			n++
		}
		if err := it.Err(); err != nil {
			return n, sum, err
		}
	}
	return n, sum, set.Err()
}

func (r promReader) one(ctx context.Context, key localmon.SeriesKey) (n int, sum float64, err error) {
	var m []*labels.Matcher
	labelsOf(key).Range(func(l labels.Label) {
		m = append(m, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value))
	})
	return r.each(ctx, m...)
}

func (r promReader) metric(ctx context.Context, metric string) (n int, sum float64, err error) {
	return r.each(ctx, labels.MustNewMatcher(labels.MatchEqual, "__name__", metric))
}
