package history

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/chunk"

	"go.etcd.io/bbolt"
)

// Schema and Version name the format of the file; see FORMAT.md.
const (
	Schema  = "history"
	Version = 2
)

// ErrBusy is what an opening wraps when another process holds the file. The
// error is then a *boltfile.BusyError and says who. ErrUnsure is what Append
// wraps when the disk did not confirm the batch.
var (
	ErrBusy   = boltfile.ErrBusy
	ErrUnsure = boltfile.ErrUnsure
)

var (
	bucketTargets = []byte("targets")
	bucketSeries  = []byte("series")
	bucketClock   = []byte("clock")
)

// Options of a history. The zero value is a history without a budget.
type Options struct {
	// Budget is how many bytes the file may take. Near it, Maintain lets go
	// of the oldest raw samples first, then of the tiers. Zero means no limit.
	Budget int64
	// Holder says what this process is, such as "darksite monitor", and Since
	// when it began. Both are for whoever finds the file held.
	Holder string
	Since  time.Time
	// Timeout is how long an opening waits for the file; zero means a second.
	Timeout time.Duration
	// NoSync leaves out fsync. For tests and benchmarks: it breaks the promise
	// that what was acknowledged survives a power cut.
	NoSync bool

	hook func(point string) error // see pause
}

// limits decide when work is due. Tests make them small.
type limits struct {
	scrapes  int // scrapes of a segment, which bounds the memory that sealing takes
	segments int // segments of a week
}

var standard = limits{scrapes: 5760, segments: 7}

// rollSteps bounds the 5-minute steps that go into one week, where segments
// are short of a day or their times jump.
const rollSteps = 7 * 288

// DB is an open history. Its methods may be called from several goroutines.
type DB struct {
	file     *boltfile.File
	o        Options
	readOnly bool
	limits   limits

	mu       sync.Mutex // guards what follows; held while a batch is committed
	heads    map[string]*head
	epoch    uint64 // of the file, that the heads are of
	record   []byte // of the batch being written; with the next two, memory to use again
	changes  []change
	sections sectionWriter
	damaged  []Damage // found while opening or sealing

	times   timeCache
	cursors sync.Pool // of *cursor

	upkeep sync.Mutex // guards what follows; held while Maintain does a step
	seal   *sealing   // half-done work, nil when there is none
	roll   *rolling
	packer *packer // memory of sealing
}

var _ localmon.Reader = (*DB)(nil)

// Open opens the history at path for writing, and makes it when it is absent.
// The error wraps boltfile.ErrBusy, ErrForeign, ErrNewer or ErrDamaged where
// one of them is the reason; the file is then left as it was.
func Open(path string, o Options) (*DB, error) { return open(path, o, false) }

// OpenReadOnly opens the history for reading. It gives ErrBusy while another
// process writes to it: ask that process instead, or read a snapshot.
func OpenReadOnly(path string, o Options) (*DB, error) { return open(path, o, true) }

func open(path string, o Options, readOnly bool) (*DB, error) {
	f, err := boltfile.Open(path, boltfile.Options{
		Schema: Schema, Version: Version,
		Holder: o.Holder, Since: o.Since, Timeout: o.Timeout, ReadOnly: readOnly, NoSync: o.NoSync,
		MaxSize: lastResort(o.Budget), InitialMmapSize: mapped(o.Budget), Lenient: readOnly,
	})
	if err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	db := &DB{file: f, o: o, readOnly: readOnly, limits: standard, heads: map[string]*head{}}
	if err := db.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open history %s: %w", path, err), f.Close())
	}
	return db, nil
}

// lastResort is the size at which the file itself refuses to grow, should
// Maintain not have been called for long: one Append fails then, and Maintain
// makes room. It is well above the budget, because free pages are never spread
// so that all of them can be used.
func lastResort(budget int64) int64 {
	if budget <= 0 {
		return 0
	}
	return budget + max(budget/4, 64<<20)
}

// mapped is how much address space the file gets at once. To get more, bbolt
// waits for all readers, and a snapshot that somebody reads slowly is one: a
// file that can reach its last resort never has to.
func mapped(budget int64) int {
	if size := lastResort(budget); size <= math.MaxInt/4 {
		return int(size)
	}
	return 0
}

// Close releases the file. Everything acknowledged is on disk already.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.file.Close()
}

// bucketOf finds a bucket of a target; nil when it is not there.
func bucketOf(tx *bbolt.Tx, target string, path ...[]byte) *bbolt.Bucket {
	b := tx.Bucket(bucketTargets)
	if b != nil {
		b = b.Bucket([]byte(target))
	}
	for _, p := range path {
		if b == nil {
			return nil
		}
		b = b.Bucket(p)
	}
	return b
}

// load builds the heads from the series tables and the log. Where the structure
// of the file is damaged, one opened for reading goes on with what it has; one
// opened for writing does not, because more damage could come of it.
func (db *DB) load() error {
	hidden, err := db.hidden()
	if err != nil {
		return err
	}
	return db.file.View(func(tx *bbolt.Tx) error {
		return db.part(&head{}, "list of targets", func() error {
			all := tx.Bucket(bucketTargets)
			if all == nil {
				return nil
			}
			return all.ForEachBucket(func(target []byte) error {
				if hidden[string(target)] {
					return nil
				}
				return db.loadTarget(tx, newHead(string(target)), all.Bucket(target))
			})
		})
	})
}

// counted checks that the counter of batches is not behind them: the next one
// would take the place of another.
func (db *DB) counted(tx *bbolt.Tx, h *head) error {
	log := tx.Bucket(bucketLog)
	if log != nil && h.lastSeq > log.Sequence() {
		return fmt.Errorf("%w: it stands at %d, and there is batch %d", errBadValue, log.Sequence(), h.lastSeq)
	}
	return nil
}

// hidden names the targets that must not be read, because where the structure
// is damaged wrong values could be found.
func (db *DB) hidden() (map[string]bool, error) {
	hidden := map[string]bool{}
	for _, f := range db.file.Faults {
		target, known := targetOf(f)
		db.damaged = append(db.damaged, Damage{Target: target, What: structure, Err: faultError(f)})
		switch {
		case f.Misleads && !known:
			return nil, fmt.Errorf("%w: %s", boltfile.ErrDamaged, f)
		case f.Misleads:
			hidden[target] = true
		}
	}
	return hidden, nil
}

func (db *DB) loadTarget(tx *bbolt.Tx, h *head, own *bbolt.Bucket) error {
	db.heads[h.target] = h
	for _, p := range []struct {
		what string
		load func() error
	}{
		{"series table", func() error {
			if table := own.Bucket(bucketSeries); table != nil {
				return db.loadTable(h, table)
			}
			return nil
		}},
		{"tables of segments and weeks", func() error { return db.loadSegments(h, own) }},
		{"log", func() error {
			log := logOf(tx, h.target)
			return log.each(func(first uint64, records *bbolt.Bucket) error {
				return db.loadLog(h, log, first, records)
			})
		}},
		{"newest values", func() error {
			if h.segment != 0 && sealingBegan(own, h.segment) {
				h.segment = 0
			}
			h.recall(own)
			return nil
		}},
		{"notes of what is let go of", func() error { return db.loadGone(h, own) }},
		{"counter of batches", func() error { return db.counted(tx, h) }},
	} {
		if err := db.part(h, p.what, p.load); err != nil {
			return err
		}
	}
	return nil
}

// part loads one part of a target.
func (db *DB) part(h *head, what string, load func() error) error {
	err := boltfile.Guard(load)
	if err != nil && db.readOnly {
		db.damaged = append(db.damaged, Damage{Target: h.target, What: what, Err: err})
		return nil
	}
	if errors.Is(err, errBadValue) {
		return fmt.Errorf("%w: %s of %s: %w", boltfile.ErrDamaged, what, h.target, err)
	}
	return err
}

// sealingBegan reports whether a segment of the log has blocks already. It
// takes no more batches then: its blocks would be too short.
func sealingBegan(own *bbolt.Bucket, segment uint64) bool {
	in := own.Bucket(bucketDay)
	if in == nil {
		return false
	}
	k, _ := in.Cursor().Seek(seqKey(segment))
	return len(k) >= 8 && seqOf(k[:8]) == segment
}

func (db *DB) loadTable(h *head, table *bbolt.Bucket) error {
	h.nextID = uint32(table.Sequence()) + 1
	return table.ForEach(func(k, v []byte) error {
		id, err := keyID(k)
		if err != nil {
			return fmt.Errorf("series table of %s: %w", h.target, err)
		}
		h.nextID = max(h.nextID, id+1)
		e, err := decodeEntry(seatOf(h.target), k, v)
		if err != nil {
			db.damaged = append(db.damaged, Damage{Target: h.target, What: fmt.Sprintf("name of series %d", id), Err: err})
			return nil
		}
		h.table[id], h.ids[e.name] = e, id
		g, i := h.at(id)
		if e.gone != nil {
			g.left[i] = *e.gone
		}
		return nil
	})
}

// loadLog replays one segment of the log into the head.
func (db *DB) loadLog(h *head, log targetLog, seg uint64, records *bbolt.Bucket) error {
	h.segment, h.scrapes, h.sinceKey, h.maxDay = seg, 0, 0, math.MinInt64
	broken := true // until a record that stands alone was read
	return log.eachScrape(records, func(seq uint64, sh scrapeHead, err error) error {
		h.scrapes++
		if err == nil {
			err = h.replay(sh, broken)
		}
		if err != nil {
			broken, h.sinceKey = true, 0
			db.damaged = append(db.damaged, Damage{Target: h.target, What: fmt.Sprintf("scrape %d", seq), Err: err})
			return nil
		}
		if sh.key {
			broken, h.sinceKey = false, 0
		} else if broken {
			return nil
		}
		h.sinceKey++
		h.lastSeq, h.lastAt, h.last = seq, sh.at, time.Unix(0, sh.at)
		h.maxDay = max(h.maxDay, floorDiv(sh.at, day))
		return nil
	})
}

// replay plays a record on the cells of the head.
func (h *head) replay(sh scrapeHead, broken bool) (err error) {
	if broken && !sh.key {
		return nil
	}
	if sh.key {
		h.leave(func(*cell) bool { return true })
	}
	var s section
	for rest := sh.sections; len(rest) > 0; {
		if rest, err = s.next(rest); err != nil {
			return err
		}
		if int(s.group) >= len(h.groups) || h.groups[s.group] == nil {
			continue // the names of its series are damaged
		}
		g := h.groups[s.group]
		if err := g.cells.apply(s.ops, func(i int) {
			if c := &g.cells[i]; c.present {
				g.left[i] = lastSeen{h.lastSeq, h.lastAt, c.bits}
			}
		}); err != nil {
			return fmt.Errorf("group %d: %w", s.group, err)
		}
	}
	return nil
}

// leave empties cells, keeping when their series were last seen.
func (h *head) leave(which func(*cell) bool) {
	for _, g := range h.groups {
		if g == nil {
			continue
		}
		for i := range g.cells {
			if c := &g.cells[i]; which(c) {
				if c.present {
					g.left[i] = lastSeen{h.lastSeq, h.lastAt, c.bits}
				}
				*c = cell{}
			}
		}
	}
}

// loadSegments reads the tables of sealed segments and of weeks.
func (db *DB) loadSegments(h *head, own *bbolt.Bucket) error {
	for _, t := range []struct {
		name []byte
		into *[]segment
		what string
	}{{bucketSegments, &h.segments, "segment"}, {bucketWeeks, &h.weeks, "week"}} {
		table := own.Bucket(t.name)
		if table == nil {
			continue
		}
		if err := table.ForEach(func(k, v []byte) error {
			s, err := decodeSegment(seatOf(h.target), k, v)
			if err != nil {
				db.damaged = append(db.damaged, Damage{Target: h.target, What: fmt.Sprintf("%s %d", t.what, seqOf(k)), Err: err})
				return nil
			}
			s.packed = nil // it refers to the transaction
			*t.into = append(*t.into, *s)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// recall finds the newest value of the series that the log does not have: they
// were there when the newest sealed segment ended.
func (h *head) recall(own *bbolt.Bucket) {
	if len(h.segments) == 0 {
		return
	}
	s := h.segments[len(h.segments)-1]
	if h.lastSeq == 0 {
		h.lastSeq, h.lastAt, h.last = s.last, s.maxAt, time.Unix(0, s.maxAt)
	}
	var (
		b      chunk.Block
		d      chunk.Decoder
		blocks blockReader
	)
	opened := uint32(math.MaxUint32)
	for _, id := range slices.Sorted(maps.Keys(h.table)) {
		if h.seen(id).seq != 0 {
			continue
		}
		g, k := h.at(id)
		v := math.NaN()
		if n := id / groupSize; n != opened {
			if ok, err := blocks.open(own.Bucket(bucketDay), seatOf(h.target), kindBlock, blockKey(s.first, n), &b); !s.raw || !ok || err != nil {
				b = chunk.Block{} // the raw samples are gone, or Check will name the damage
			}
			opened = n
		}
		if x, ok := b.Last(&d, int(k)); ok {
			v = x
		}
		if h.segment == 0 {
			// The log is empty, and the next batch will not build on cells.
			g.cells[k] = cell{bits: math.Float64bits(v), exponent: notDecimal, present: true}
			continue
		}
		g.left[k] = lastSeen{seq: s.last, at: s.maxAt, bits: math.Float64bits(v)}
	}
}
