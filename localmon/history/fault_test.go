package history_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/boltfile/faultdisk"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// faultEnv makes this test binary a process on a failing disk: "share/of" says
// which of the runs are its own.
const faultEnv = "HISTORY_FAULTS"

// everyFault has each write and each fsync fail, instead of a choice of them.
const everyFault = "HISTORY_EVERY_FAULT"

// faultCase is one way of a disk to fail.
type faultCase struct {
	name   string
	kind   faultdisk.Kind
	fault  faultdisk.Fault
	lasts  int // calls
	budget int64
	cut    bool // nothing fails; the process is killed or the power cut at the calls instead
}

var faultCases = []faultCase{
	{name: "a write fails", kind: faultdisk.Write, fault: faultdisk.Fault{Err: syscall.EIO}, lasts: 1},
	{name: "a write is cut short by a full disk", kind: faultdisk.Write, fault: faultdisk.Fault{Err: syscall.ENOSPC, Half: true}, lasts: 1},
	{name: "the disk is full for a while", kind: faultdisk.Write, fault: faultdisk.Fault{Err: syscall.ENOSPC}, lasts: 9},
	{name: "the file cannot grow", kind: faultdisk.Grow, fault: faultdisk.Fault{Err: syscall.ENOSPC}, lasts: 2},
	{name: "an fsync fails", kind: faultdisk.Sync, fault: faultdisk.Fault{Err: syscall.EIO}, lasts: 1},
	{name: "an fsync fails and the pages are gone", kind: faultdisk.Sync, fault: faultdisk.Fault{Err: syscall.EIO, Lost: true}, lasts: 1},
	{name: "fsyncs fail for a while", kind: faultdisk.Sync, fault: faultdisk.Fault{Err: syscall.EIO}, lasts: 5},
	{name: "fsyncs fail for a while and the pages are gone", kind: faultdisk.Sync, fault: faultdisk.Fault{Err: syscall.EIO, Lost: true}, lasts: 4},
	{name: "a write fails where there is little room", kind: faultdisk.Write, fault: faultdisk.Fault{Err: syscall.EIO}, lasts: 2, budget: faultBudget},
	{name: "an fsync fails where there is little room", kind: faultdisk.Sync, fault: faultdisk.Fault{Err: syscall.EIO}, lasts: 1, budget: faultBudget},
	{name: "an fsync fails where there is little room and the pages are gone", kind: faultdisk.Sync, fault: faultdisk.Fault{Err: syscall.EIO, Lost: true}, lasts: 2, budget: faultBudget},
	{name: "a kill and a power cut", cut: true},
	{name: "a kill and a power cut where there is little room", cut: true, budget: faultBudget},
}

const (
	faultBatches   = 56
	momentsOfACase = 2
	callsOfACut    = 25
	faultBudget    = 72 << 10
)

// TestTheNthWriteOrFsyncFails lets a history live through a disk that fails at
// every possible moment of appending, sealing, making weeks, letting go and
// compacting. It runs in processes of its own, because what makes the disk fail
// holds for a whole process.
func TestTheNthWriteOrFsyncFails(t *testing.T) {
	if share := os.Getenv(faultEnv); share != "" {
		var mine, of int
		_, err := fmt.Sscanf(share, "%d/%d", &mine, &of)
		require.NoError(t, err)
		failingDisk(t, mine, of)
		return
	}
	const processes = 2
	for i := range processes {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheNthWriteOrFsyncFails$", "-test.v", "-test.timeout=2h")
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d/%d", faultEnv, i, processes))
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			if strings.Contains(string(out), "--- SKIP") {
				t.Skipf("%s", out)
			}
			require.Contains(t, string(out), "--- PASS: TestTheNthWriteOrFsyncFails")
			t.Logf("%s", out)
		})
	}
}

func failingDisk(t *testing.T, mine, of int) {
	dir := t.TempDir()
	disk, err := faultdisk.Start(dir)
	if err != nil {
		require.ErrorIs(t, err, faultdisk.ErrUnsupported)
		t.Skip(err)
	}
	began := time.Now()
	runs, images := 0, 0
	for i, m := range moments(t, disk, dir) {
		if i%of != mine {
			continue
		}
		l := &life{disk: disk, path: filepath.Join(dir, strconv.Itoa(i), "history.db"), budget: m.budget}
		require.NoError(t, os.Mkdir(filepath.Dir(l.path), 0o700))
		if !t.Run(fmt.Sprintf("%s %d", m.name, m.n), func(t *testing.T) { l.live(t, m) }) {
			return // one trouble at a time
		}
		runs, images = runs+1, images+len(l.images)
		require.NoError(t, os.RemoveAll(filepath.Dir(l.path)))
	}
	t.Logf("%d runs and %d power cuts in %v", runs, images, time.Since(began).Round(time.Millisecond))
}

// moment is one call that fails, or how many calls are between two cuts.
type moment struct {
	faultCase
	n int
}

// moments lists the calls that fail: a choice that differs from time to time,
// or every one.
func moments(t *testing.T, disk *faultdisk.Disk, dir string) (all []moment) {
	every, _ := strconv.ParseBool(os.Getenv(everyFault))
	counted := map[int64]map[faultdisk.Kind]int{} // calls of a life without a fault, by its budget
	for i, c := range faultCases {
		if counted[c.budget] == nil {
			whole := &life{disk: disk, path: filepath.Join(dir, fmt.Sprint("whole", i), "history.db"), budget: c.budget}
			require.NoError(t, os.Mkdir(filepath.Dir(whole.path), 0o700))
			counted[c.budget] = whole.live(t, moment{faultCase{}, math.MaxInt32})
		}
		calls, step := counted[c.budget][c.kind], 1
		switch {
		case c.cut: // one life has all of its moments
			all = append(all, moment{c, callsOfACut})
			if every {
				all[len(all)-1].n = 1
			}
			continue
		case !every:
			step = max(1, calls/momentsOfACase)
		}
		for n := 1; n <= calls; n += step {
			all = append(all, moment{c, min(calls, n+rand.IntN(step))})
		}
	}
	return all
}

// life is one history on a failing disk, with what is known of it.
type life struct {
	disk   *faultdisk.Disk
	path   string
	budget int64

	mu     sync.Mutex
	stored []localmon.Batch // as far as is known
	floor  int              // so many of them were acknowledged
	flying []localmon.Batch // not acknowledged, and may be there
	images []cut
	faults int
}

// cut is what a power cut would leave at one moment.
type cut struct {
	data   []byte
	stored []localmon.Batch
	floor  int
	flying []localmon.Batch
}

// live runs the whole course with one call failing, or some in a row, and counts
// the calls.
func (l *life) live(t *testing.T, c moment) map[faultdisk.Kind]int {
	rng := rand.New(rand.NewPCG(uint64(c.n), 77))
	since, calls := 0, map[faultdisk.Kind]int{}
	l.disk.Judge(func(op faultdisk.Op) faultdisk.Fault {
		l.mu.Lock()
		defer l.mu.Unlock()
		calls[op.Kind]++
		if c.cut {
			if (op.N+rand.IntN(2))%c.n == 0 {
				l.photograph(func(int) bool { return true }) // what a kill leaves
				l.photograph(nil)
				l.photograph(func(int) bool { return rng.IntN(2) == 0 })
			}
			return faultdisk.Fault{}
		}
		if l.faults > 0 {
			if since++; since < 16 && rng.IntN(4) == 0 {
				l.photograph(func(int) bool { return rng.IntN(3) == 0 })
			}
		}
		if op.Kind != c.kind {
			return faultdisk.Fault{}
		}
		if n := calls[op.Kind]; n < c.n || n >= c.n+c.lasts {
			return faultdisk.Fault{}
		}
		l.faults++
		return c.fault
	})
	over := func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return calls[c.kind] >= c.n+c.lasts-1
	}

	db := l.open(t)
	for _, b := range crashBatches(faultBatches) {
		wasOver := over()
		err := l.append(t, db, b)
		for more := err == nil; more; {
			if more, err = db.Maintain(t.Context(), b.At); err != nil {
				require.ErrorContains(t, err, "maintain history")
			}
		}
		if err != nil {
			require.Falsef(t, wasOver, "the disk is well again: %v", err)
			l.requireHeld(t, db, cut{stored: l.stored, floor: l.floor})
		}
	}
	stats, err := db.Stats(t.Context())
	require.NoError(t, err)
	require.NotZero(t, stats.Targets[0].Sealed)
	require.NotZero(t, stats.Targets[0].Weeks)
	if l.budget > 0 {
		require.Less(t, stats.Targets[0].Raw, stats.Targets[0].Sealed, "nothing was let go of: %+v", stats)
	}
	l.requireHeld(t, db, cut{stored: l.stored, floor: l.floor})
	requireSound(t, db)
	require.NoError(t, db.Close())

	if _, _, err := history.Compact(t.Context(), l.path, history.Options{}); err != nil {
		require.ErrorContains(t, err, "compact "+l.path)
	}
	l.disk.Judge(nil)
	left, err := os.ReadDir(filepath.Dir(l.path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left beside the file")
	last, err := l.disk.Image(l.path, nil)
	require.NoError(t, err)
	l.images = append(l.images, cut{data: last, stored: l.stored, floor: l.floor, flying: l.flying})
	l.requireImages(t)
	return calls
}

// open opens the history; a disk that fails at that says so.
func (l *life) open(t *testing.T) *history.DB {
	for range 20 {
		db, err := history.Open(l.path, history.Options{Budget: l.budget})
		if err == nil {
			db.SetLimits(6, 2)
			return db
		}
		require.ErrorContains(t, err, l.path)
	}
	t.Fatal("it never opens")
	return nil
}

// append stores a batch and keeps the books.
func (l *life) append(t *testing.T, db *history.DB, b localmon.Batch) error {
	l.mu.Lock()
	l.flying = append(l.flying, b)
	l.mu.Unlock()
	_, err := db.Append(t.Context(), b)
	stats, serr := db.Stats(t.Context())
	require.NoError(t, serr)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.stored = append(l.stored, b)
		l.floor, l.flying = len(l.stored), nil
		return nil
	}
	require.ErrorContains(t, err, "append a batch of fa-1")
	require.ErrorContains(t, err, l.path)
	if stats.LastSeq > uint64(len(l.stored)) {
		require.ErrorIs(t, err, history.ErrUnsure, "what is there must not be said to be refused")
		l.stored = append(l.stored, b)
		l.flying = l.flying[:len(l.flying)-1]
	}
	return err
}

// photograph keeps what is left when it ends now.
func (l *life) photograph(keep func(int) bool) {
	if data, err := l.disk.ImageInJudge(l.path, keep); err == nil { // before it is made there is none
		l.images = append(l.images, cut{data, slices.Clone(l.stored), l.floor, slices.Clone(l.flying)})
	}
}

// requireImages opens what the power cuts left.
func (l *life) requireImages(t *testing.T) {
	for i, c := range l.images {
		path := filepath.Join(t.TempDir(), "history.db")
		require.NoError(t, os.WriteFile(path, c.data, 0o600))
		db, err := history.Open(path, history.Options{NoSync: true})
		require.NoError(t, err, "power cut %d", i)
		requireSound(t, db)
		l.requireHeld(t, db, c)
		// and it goes on
		_, err = db.Append(t.Context(), localmon.Batch{Target: "fa-1", At: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)})
		require.NoError(t, err)
		maintain(t, db, time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC))
		requireSound(t, db)
		require.NoError(t, db.Close())
	}
}

// requireHeld checks that every acknowledged batch is there to the bit, and
// nothing that was never given.
func (l *life) requireHeld(t *testing.T, db *history.DB, c cut) {
	t.Helper()
	stats, err := db.Stats(t.Context())
	require.NoError(t, err)
	there := int(stats.LastSeq)
	require.GreaterOrEqual(t, there, c.floor, "acknowledged and lost")
	last, err := db.Last(t.Context(), localmon.Selector{})
	require.NoError(t, err)
	m := model{}
	for i := range there {
		if i < len(c.stored) {
			m.append(c.stored[i])
			continue
		}
		require.NotEmpty(t, c.flying, "batch %d was never given", i+1)
		k := slices.IndexFunc(c.flying, func(b localmon.Batch) bool {
			at := b.At.Truncate(time.Millisecond)
			return slices.ContainsFunc(last, func(s history.Latest) bool { return s.Point.At.Equal(at) })
		})
		if k < 0 {
			k = len(c.flying) - 1 // one without samples shows nowhere
		}
		m.append(c.flying[k])
	}
	for _, s := range last {
		truth := m[s.Key]
		require.NotEmpty(t, truth, s.Key.String())
		if l.budget > 0 && math.IsNaN(s.Point.Value) {
			continue // the sample itself was let go of
		}
		require.Equal(t, math.Float64bits(truth[len(truth)-1].Value), math.Float64bits(s.Point.Value), s.Key.String())
	}
	if l.budget == 0 {
		require.Len(t, last, len(m))
	}
	for key, truth := range m {
		var points []localmon.Point
		for p, err := range db.Range(t.Context(), key, localmon.Window{From: time.Unix(0, 0), To: time.Unix(1<<32, 0)}) {
			require.NoError(t, err)
			points = append(points, p)
		}
		got := len(points)
		require.LessOrEqual(t, got, len(truth), key.String())
		if l.budget == 0 {
			require.Len(t, truth, got, key.String())
		}
		for i, p := range points { // the newest remain
			want := truth[len(truth)-got+i]
			if !want.At.Equal(p.At) || math.Float64bits(want.Value) != math.Float64bits(p.Value) {
				t.Fatalf("%s: got %v, want %v", key, p, want)
			}
		}
	}
}
