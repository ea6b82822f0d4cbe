package backfill

import (
	"context"
	"fmt"
	"math"
	"time"

	"darksite/localmon"
)

// Store is a history that takes samples; a *history.DB is one.
type Store interface {
	localmon.Reader
	// AppendAll stores all of the batches or none.
	AppendAll(ctx context.Context, batches []localmon.Batch) error
	Maintain(ctx context.Context, now time.Time) (more bool, err error)
}

// Options of an import.
type Options struct {
	// Now is the time by which the history decides what is long past.
	Now time.Time
	// Progress hears how many samples are behind us; it may be nil.
	Progress func(done, total int64)
	// Chunk is how many samples are compared with the history at once; zero
	// means DefaultRun.
	Chunk int
	// Group is how many batches are stored together, to wait for the disk once;
	// zero means DefaultGroup.
	Group int
}

// DefaultGroup is how many batches are stored together when Options say nothing.
const DefaultGroup = 64

// groupSamples bounds the samples of a group.
const groupSamples = 1 << 16

// Result says what became of the samples.
type Result struct {
	Stored     int64     `json:"stored"`
	Batches    int64     `json:"batches"`
	Present    int64     `json:"present"`    // the history had them already
	Summarized int64     `json:"summarized"` // the history has only coarser steps of their time
	Repeated   int64     `json:"repeated"`   // of a series and time that came before
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"` // the newest time that is stored, or was there
}

// maintainEvery is how many batches are stored between two rounds of the work
// that keeps a history small.
const maintainEvery = 120

// Import stores what the sorter holds. After an error the result says what was
// stored before it, all of which stays; import the same again to go on.
func Import(ctx context.Context, db Store, s *Sorter, o Options) (Result, error) {
	if o.Chunk <= 0 {
		o.Chunk = DefaultRun
	}
	if o.Group <= 0 {
		o.Group = DefaultGroup
	}
	im := &importing{db: db, s: s, o: o}
	if err := im.know(ctx); err != nil {
		return im.result, err
	}
	var last record
	any := false
	for r, err := range s.sorted() {
		if err != nil {
			return im.result, err
		}
		if any && s.compare(last, r) == 0 {
			im.result.Repeated++
			continue
		}
		// A chunk ends between two batches.
		if full := len(im.chunk) >= o.Chunk; full && (r.at != last.at || s.of[r.id] != s.of[last.id]) {
			if err := im.flush(ctx); err != nil {
				return im.result, err
			}
		}
		im.chunk = append(im.chunk, r)
		last, any = r, true
	}
	if err := im.flush(ctx); err != nil {
		return im.result, err
	}
	return im.result, im.maintain(ctx, o.Now)
}

type importing struct {
	db     Store
	s      *Sorter
	o      Options
	known  []bool // by series: the history had it when the import began
	told   []bool // by series: its unit is in the history, or was never said
	chunk  []record
	result Result
	since  int // batches since the last maintenance

	group   []localmon.Batch // stored together
	waiting Result           // of the group
}

// know asks which of the series the history has. Series that it has not need no
// comparing: within an import no time comes twice.
func (im *importing) know(ctx context.Context) error {
	im.known, im.told = make([]bool, len(im.s.keys)), make([]bool, len(im.s.keys))
	for target := range im.s.targets {
		list, err := im.db.Series(ctx, localmon.Selector{Target: target})
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		for _, one := range list {
			if id, ok := im.s.ids[one.Key]; ok {
				im.known[id], im.told[id] = true, true
			}
		}
	}
	return nil
}

// flush stores the chunk without what the history has.
func (im *importing) flush(ctx context.Context) error {
	skip, err := im.compare(ctx)
	if err != nil {
		return err
	}
	for i := 0; i < len(im.chunk); {
		n := i + 1
		for n < len(im.chunk) && im.chunk[n].at == im.chunk[i].at && im.s.of[im.chunk[n].id] == im.s.of[im.chunk[i].id] {
			n++
		}
		if err := im.store(ctx, im.chunk[i:n], skip[i:n]); err != nil {
			return err
		}
		i = n
	}
	im.chunk = im.chunk[:0]
	return im.commit(ctx) // what comes next is compared with it
}

// fate is what becomes of a sample.
type fate uint8

const (
	fresh fate = iota
	present
	summarized
)

// compare decides for each record of the chunk.
func (im *importing) compare(ctx context.Context) ([]fate, error) {
	fates := make([]fate, len(im.chunk))
	of := map[uint32][]int{} // places in the chunk by series
	for i, r := range im.chunk {
		if im.known[r.id] {
			of[r.id] = append(of[r.id], i)
		}
	}
	for id, places := range of {
		if err := im.compareOne(ctx, im.s.keys[id], places, fates); err != nil {
			return nil, fmt.Errorf("import: see what is there of %s: %w", im.s.keys[id], err)
		}
	}
	return fates, nil
}

// compareOne decides for the records of one series, which are in order of time.
func (im *importing) compareOne(ctx context.Context, key localmon.SeriesKey, places []int, fates []fate) error {
	w := localmon.Window{From: hour(im.chunk[places[0]].at), To: hour(im.chunk[places[len(places)-1]].at).Add(time.Hour)}
	wanted := make(map[int64]int, len(places))
	for _, i := range places {
		wanted[im.chunk[i].at] = i
	}
	sampled := map[int64]bool{} // hours that have samples
	for p, err := range im.db.Range(ctx, key, w) {
		if err != nil {
			return err
		}
		at := milli(p.At)
		sampled[hour(at).UnixNano()] = true
		if i, ok := wanted[at]; ok {
			fates[i] = present
		}
	}
	bare := false
	for _, i := range places {
		bare = bare || !sampled[hour(im.chunk[i].at).UnixNano()]
	}
	if !bare {
		return nil
	}
	w.Step, w.Agg = time.Hour, localmon.AggMax
	steps := map[int64]bool{}
	for p, err := range im.db.Range(ctx, key, w) {
		if err != nil {
			return err
		}
		steps[p.At.UnixNano()] = true
	}
	for _, i := range places {
		if h := hour(im.chunk[i].at).UnixNano(); steps[h] && !sampled[h] {
			fates[i] = summarized
		}
	}
	return nil
}

// hour is the begin of the hour a time is in.
func hour(at int64) time.Time {
	n := int64(time.Hour)
	r := at % n
	if r < 0 {
		r += n
	}
	return time.Unix(0, at-r)
}

// store takes the fresh ones of the records of one time and target.
func (im *importing) store(ctx context.Context, records []record, fates []fate) error {
	b := im.batch(im.s.keys[records[0].id].Target, time.Unix(0, records[0].at).UTC())
	for i, r := range records {
		switch fates[i] {
		case fresh:
			b.Samples = append(b.Samples, localmon.Sample{Key: im.s.keys[r.id], Value: math.Float64frombits(r.bits)})
			im.tell(b, r.id)
		case present:
			im.waiting.Present++
		case summarized:
			im.waiting.Summarized++
		}
	}
	if im.waiting.First.IsZero() {
		im.waiting.First = b.At
	}
	im.waiting.Last = b.At
	im.waiting.Stored += int64(len(b.Samples))
	if len(b.Samples) > 0 {
		im.waiting.Batches++
	}
	if im.waiting.Batches < int64(im.o.Group) && im.waiting.Stored < groupSamples {
		return nil
	}
	return im.commit(ctx)
}

// batch is the next one of the group, in memory that an earlier group had.
func (im *importing) batch(target string, at time.Time) *localmon.Batch {
	n := int(im.waiting.Batches) // one without samples is taken again
	if n == len(im.group) {
		im.group = append(im.group, localmon.Batch{})
	}
	b := &im.group[n]
	*b = localmon.Batch{Target: target, At: at, Samples: b.Samples[:0]}
	return b
}

// commit stores the group and makes what waited the result.
func (im *importing) commit(ctx context.Context) error {
	w := &im.waiting
	if w.Batches > 0 {
		if err := im.db.AppendAll(ctx, im.group[:w.Batches]); err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
	r := &im.result
	r.Stored, r.Batches = r.Stored+w.Stored, r.Batches+w.Batches
	r.Present, r.Summarized = r.Present+w.Present, r.Summarized+w.Summarized
	if r.First.IsZero() {
		r.First = w.First
	}
	if !w.Last.IsZero() {
		r.Last = w.Last
	}
	im.since += int(w.Batches)
	*w = Result{}
	if im.o.Progress != nil {
		im.o.Progress(r.Stored+r.Present+r.Summarized+r.Repeated, im.s.count)
	}
	if im.since < maintainEvery {
		return nil
	}
	// By the time of the samples: today every day of the past is over, and would
	// be sealed in pieces while it is brought in.
	return im.maintain(ctx, r.Last)
}

// tell says the unit of a series with its first sample.
func (im *importing) tell(b *localmon.Batch, id uint32) {
	if im.told[id] {
		return
	}
	im.told[id] = true
	u := im.s.units[id]
	if u == localmon.UnitNone {
		return
	}
	if b.Units == nil {
		b.Units = map[string]localmon.Unit{}
	}
	b.Units[im.s.keys[id].Series()] = u
}

func (im *importing) maintain(ctx context.Context, now time.Time) error {
	im.since = 0
	for {
		if more, err := im.db.Maintain(ctx, now); err != nil || !more {
			return err
		}
	}
}
