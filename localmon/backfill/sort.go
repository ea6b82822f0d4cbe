package backfill

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"time"

	"darksite/localmon"
)

// MaxSeries is how many series one Sorter takes.
const MaxSeries = 1 << 20

// DefaultRun is how many samples are held in memory when Options say nothing.
const DefaultRun = 1 << 20

// Sorter puts samples in order of time, target and series. Close it.
type Sorter struct {
	dir     string
	run     int
	keys    []localmon.SeriesKey
	units   []localmon.Unit // by series; empty where the text says none
	ids     map[localmon.SeriesKey]uint32
	targets map[string]uint32
	of      []uint32 // the target of each series
	held    []record
	spilled *os.File
	sizes   []int64 // records of each run in the file
	count   int64
}

// record is a sample, its series by number.
type record struct {
	at   int64 // nanoseconds since the epoch, whole milliseconds
	bits uint64
	id   uint32
	seq  uint32 // place among the samples held
}

// recordSize is what a record takes in the file.
const recordSize = 20

// NewSorter makes a sorter that holds run samples in memory, DefaultRun when it
// is zero, and puts more of them into a file in dir.
func NewSorter(dir string, run int) *Sorter {
	if run <= 0 {
		run = DefaultRun
	}
	return &Sorter{dir: dir, run: run, ids: map[localmon.SeriesKey]uint32{}, targets: map[string]uint32{}}
}

// Len is the number of samples added.
func (s *Sorter) Len() int64 { return s.count }

// Series is the number of series they belong to.
func (s *Sorter) Series() int { return len(s.keys) }

// Add takes one sample. The unit of a series is that of its first one.
func (s *Sorter) Add(key localmon.SeriesKey, u localmon.Unit, p localmon.Point) error {
	id, ok := s.ids[key]
	if !ok {
		if len(s.keys) == MaxSeries {
			return fmt.Errorf("sort samples: more than %d series", MaxSeries)
		}
		id = uint32(len(s.keys))
		s.keys, s.units, s.ids[key] = append(s.keys, key), append(s.units, u), id
		t, ok := s.targets[key.Target]
		if !ok {
			t = uint32(len(s.targets))
			s.targets[key.Target] = t
		}
		s.of = append(s.of, t)
	}
	if len(s.held) == s.run {
		if err := s.spill(); err != nil {
			return fmt.Errorf("sort samples: %w", err)
		}
	}
	s.held = append(s.held, record{milli(p.At), math.Float64bits(p.Value), id, uint32(len(s.held))})
	s.count++
	return nil
}

// milli is a time as a history keeps it: rounded down to the millisecond.
func milli(at time.Time) int64 {
	n, m := at.UnixNano(), int64(time.Millisecond)
	r := n % m
	if r < 0 {
		return n - r - m
	}
	return n - r
}

// compare orders records; equal ones are of the same series and time.
func (s *Sorter) compare(a, b record) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(s.of[a.id], s.of[b.id]), cmp.Compare(a.id, b.id))
}

func (s *Sorter) order() {
	slices.SortFunc(s.held, func(a, b record) int { return cmp.Or(s.compare(a, b), cmp.Compare(a.seq, b.seq)) })
}

// spill writes what is held into the file, as one more run.
func (s *Sorter) spill() error {
	if s.spilled == nil {
		f, err := os.CreateTemp(s.dir, ".import-*.partial")
		if err != nil {
			return err
		}
		s.spilled = f
		// Without a name it is gone with the process, however that ends.
		if err := os.Remove(f.Name()); err != nil {
			return err
		}
	}
	s.order()
	out := bufio.NewWriterSize(s.spilled, 256<<10)
	var b [recordSize]byte
	for _, r := range s.held {
		binary.LittleEndian.PutUint64(b[:], uint64(r.at))
		binary.LittleEndian.PutUint64(b[8:], r.bits)
		binary.LittleEndian.PutUint32(b[16:], r.id)
		if _, err := out.Write(b[:]); err != nil {
			return err
		}
	}
	s.sizes = append(s.sizes, int64(len(s.held)))
	s.held = s.held[:0]
	return out.Flush()
}

// sorted yields every record in order, the one that was added first before
// others of its series and time.
func (s *Sorter) sorted() iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		s.order()
		m := merge{s: s}
		at := int64(0)
		for i, n := range s.sizes {
			part := io.NewSectionReader(s.spilled, at*recordSize, n*recordSize)
			at += n
			m.runs = append(m.runs, &run{number: i, file: bufio.NewReaderSize(part, 32<<10)})
		}
		m.runs = append(m.runs, &run{number: len(s.sizes), held: s.held})
		if err := m.start(); err != nil {
			yield(record{}, err)
			return
		}
		for len(m.runs) > 0 {
			if !yield(m.runs[0].head, nil) {
				return
			}
			if err := m.advance(); err != nil {
				yield(record{}, err)
				return
			}
		}
	}
}

// Close gives memory and file back.
func (s *Sorter) Close() error {
	s.held, s.ids, s.keys, s.units = nil, nil, nil, nil
	if s.spilled == nil {
		return nil
	}
	return s.spilled.Close()
}

// run is a sorted part, in the file or held.
type run struct {
	number int
	head   record
	file   *bufio.Reader
	held   []record
}

// next moves head on; false at the end.
func (r *run) next() (bool, error) {
	if r.file == nil {
		if len(r.held) == 0 {
			return false, nil
		}
		r.head, r.held = r.held[0], r.held[1:]
		return true, nil
	}
	var b [recordSize]byte
	if _, err := io.ReadFull(r.file, b[:]); errors.Is(err, io.EOF) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("sort samples: %w", err)
	}
	r.head = record{at: int64(binary.LittleEndian.Uint64(b[:])), bits: binary.LittleEndian.Uint64(b[8:]), id: binary.LittleEndian.Uint32(b[16:])}
	return true, nil
}

// merge is a heap of runs by their heads.
type merge struct {
	s    *Sorter
	runs []*run
}

func (m *merge) Len() int      { return len(m.runs) }
func (m *merge) Swap(i, j int) { m.runs[i], m.runs[j] = m.runs[j], m.runs[i] }
func (m *merge) Less(i, j int) bool {
	a, b := m.runs[i], m.runs[j]
	return cmp.Or(m.s.compare(a.head, b.head), cmp.Compare(a.number, b.number)) < 0
}
func (m *merge) Push(any) {}
func (m *merge) Pop() any {
	m.runs = m.runs[:len(m.runs)-1]
	return nil
}

func (m *merge) start() error {
	kept := m.runs[:0]
	for _, r := range m.runs {
		ok, err := r.next()
		if err != nil {
			return err
		}
		if ok {
			kept = append(kept, r)
		}
	}
	m.runs = kept
	heap.Init(m)
	return nil
}

func (m *merge) advance() error {
	ok, err := m.runs[0].next()
	if err != nil {
		return err
	}
	if ok {
		heap.Fix(m, 0)
	} else {
		heap.Remove(m, 0)
	}
	return nil
}
