package history_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// Crash tests run this test binary again as a writer and kill it.
const crashEnv = "HISTORY_CRASH_WRITER"

func TestMain(m *testing.M) {
	if spec := os.Getenv(crashEnv); spec != "" {
		if err := crashWriter(spec); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const (
	crashSeries   = 40
	crashScrapes  = 24
	crashSegments = 3
)

// crashBatches makes the batches of every run alike: batch i has sequence i+1.
func crashBatches(n int) iter.Seq2[uint64, localmon.Batch] {
	return func(yield func(uint64, localmon.Batch) bool) {
		w := newWorld(5, "fa-1", crashSeries)
		for i := range n {
			if !yield(uint64(i+1), w.batch(0.05)) {
				return
			}
		}
	}
}

// crashWriter appends what is missing, maintains after each batch, and says so
// on standard output. It kills itself at the n-th passing of a point.
func crashWriter(spec string) error {
	part := strings.Split(spec, "|")
	path, point := part[0], part[1]
	nth, _ := strconv.Atoi(part[2])
	budget, _ := strconv.ParseInt(part[3], 10, 64)
	total, _ := strconv.Atoi(part[4])
	o := history.WithHook(history.Options{Budget: budget}, func(at string) error {
		if at == point {
			if nth--; nth == 0 {
				return syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		}
		return nil
	})
	if strings.HasPrefix(point, "compact: ") {
		_, _, err := history.Compact(context.Background(), path, o)
		return err
	}
	db, err := history.Open(path, o)
	if err != nil {
		return err
	}
	db.SetLimits(crashScrapes, crashSegments)
	stats, err := db.Stats(context.Background())
	if err != nil {
		return err
	}
	for want, b := range crashBatches(total) {
		if want <= stats.LastSeq {
			continue
		}
		seq, err := db.Append(context.Background(), b)
		if err != nil {
			return err
		}
		if _, err := fmt.Println(seq); err != nil {
			return err
		}
		for more := true; more; {
			if more, err = db.Maintain(context.Background(), b.At); err != nil {
				return err
			}
		}
	}
	return db.Close()
}

// crashRun runs the writer and returns the last sequence it acknowledged. When
// after is not zero, it is killed after so many acknowledgements.
func crashRun(t *testing.T, path, point string, nth int, budget int64, total, after int, delay time.Duration) (acked uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d|%d|%d", crashEnv, path, point, nth, budget, total))
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	lines := bufio.NewReader(out)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // a line without its end was not acknowledged
		}
		require.NoError(t, err)
		acked, err = strconv.ParseUint(strings.TrimSpace(line), 10, 64)
		require.NoError(t, err)
		if n == after {
			time.Sleep(delay) // a random instant, not a wait for something
			require.NoError(t, cmd.Process.Kill())
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL) {
		t.Fatalf("writer failed by itself: %v: %s", err, stderr.String())
	}
	return acked
}

// requireRecovered opens what a killed writer left: it is sound, every
// acknowledged batch is there, and at most one that was not.
func requireRecovered(t *testing.T, path string, budget int64, acked uint64) {
	t.Helper()
	db, err := history.Open(path, history.Options{})
	require.NoError(t, err)
	defer db.Close()
	requireSound(t, db)
	stats, err := db.Stats(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, stats.LastSeq, acked+1)
	c := cut{floor: int(acked)}
	for _, b := range crashBatches(int(stats.LastSeq)) {
		c.stored = append(c.stored, b)
	}
	(&life{budget: budget}).requireHeld(t, db, c)
}

func TestNothingAcknowledgedIsLostAtAnyPoint(t *testing.T) {
	const total = 200
	for _, point := range []string{
		"append", "before a group is sealed", "seal a group", "after a group is sealed", "seal the segment",
		"before a group is rolled", "roll a group", "after a group is rolled", "roll the week", "after a commit",
	} {
		for _, nth := range []int{1, 2} {
			t.Run(fmt.Sprint(point, " ", nth), func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "history.db")
				acked := crashRun(t, path, point, nth, 0, total, 0, 0)
				require.Less(t, acked, uint64(total), "the writer was to be killed")
				requireRecovered(t, path, 0, acked)
				acked = crashRun(t, path, "", 0, 0, total, 0, 0)
				require.Equal(t, uint64(total), acked)
				requireRecovered(t, path, 0, acked)
			})
		}
	}
}

// TestNothingAcknowledgedIsLostAtAnyInstant kills writers whenever it comes, and
// has the next one go on.
func TestNothingAcknowledgedIsLostAtAnyInstant(t *testing.T) {
	kills := 40
	if n, err := strconv.Atoi(os.Getenv("HISTORY_KILLS")); err == nil {
		kills = n // hundreds: make crash
	}
	const total, lives = 5000, 10 // kills in one life of a file
	for life := range (kills + lives - 1) / lives {
		t.Run(strconv.Itoa(life), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(life)))
			path := filepath.Join(t.TempDir(), "history.db")
			budget := int64(life%2) * killBudget // every other file has to let go of samples
			for range lives {
				acked := crashRun(t, path, "", 0, budget, total, 1+rng.IntN(24), time.Duration(rng.IntN(3000))*time.Microsecond)
				require.Less(t, acked, uint64(total))
				requireRecovered(t, path, budget, acked)
			}
		})
	}
}

const killBudget = 80 << 10

func TestRetentionSurvivesKills(t *testing.T) {
	const total = 900
	for _, point := range []string{"let go of raw", "let go of m5", "let go of h1"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "history.db")
			acked := crashRun(t, path, point, 1, killBudget, total, 0, 0)
			if acked == total {
				t.Fatal("the budget never made it ", point)
			}
			for range 2 {
				requireRecovered(t, path, killBudget, acked)
				acked = crashRun(t, path, point, 2, killBudget, total, 0, 0)
			}
			requireRecovered(t, path, killBudget, acked)
		})
	}
}

func TestCompactionSurvivesAKill(t *testing.T) {
	const total = 150
	for _, point := range []string{"compact: before the copy", "compact: after the copy", "compact: before the rename", "compact: after the rename"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "history.db")
			require.Equal(t, uint64(total), crashRun(t, path, "", 0, 0, total, 0, 0))
			crashRun(t, path, point, 1, 0, total, 0, 0)
			requireRecovered(t, path, 0, total)
			before, after, err := history.Compact(t.Context(), path, history.Options{})
			require.NoError(t, err)
			require.LessOrEqual(t, after, before)
			requireRecovered(t, path, 0, total)
			left, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Len(t, left, 1, "nothing is left beside the file")
		})
	}
}

func TestAFailedStepChangesNothing(t *testing.T) {
	// every step fails once before it is done
	failed := map[string]int{}
	rng := rand.New(rand.NewPCG(2, 2))
	broken := errors.New("disk says no")
	hook := func(point string) error {
		if strings.HasPrefix(point, "after ") {
			return nil // it is done
		}
		if rng.IntN(3) == 0 {
			failed[point]++
			return broken
		}
		return nil
	}
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := history.Open(path, history.WithHook(history.Options{NoSync: true}, hook))
	require.NoError(t, err)
	db.SetLimits(crashScrapes, crashSegments)
	m := model{}
	for _, b := range crashBatches(600) {
		for {
			if _, err = db.Append(t.Context(), b); err == nil {
				break
			}
			require.ErrorIs(t, err, broken)
		}
		m.append(b)
		for more := true; more; {
			if more, err = db.Maintain(t.Context(), b.At); err != nil {
				require.ErrorIs(t, err, broken)
				more = true
			}
		}
	}
	for _, point := range []string{"append", "before a group is sealed", "seal a group", "seal the segment", "before a group is rolled", "roll a group", "roll the week"} {
		require.NotZero(t, failed[point], point)
	}
	requireAgreement(t, rand.New(rand.NewPCG(1, 1)), m, db)
	requireSound(t, db)
	require.NoError(t, db.Close())
}

// TestASegmentThatIsHalfSealedTakesNoMore ends a process in the middle of
// sealing, and has the next one bring batches of the same day.
func TestASegmentThatIsHalfSealedTakesNoMore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	m, w := model{}, newWorld(8, "fa-1", 600) // three groups
	w.at = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	next := time.Date(2026, 3, 2, 0, 1, 0, 0, time.UTC)
	for steps := range 5 {
		db, err := history.Open(path, history.Options{NoSync: true})
		require.NoError(t, err)
		for range 4 {
			b := w.batch(0)
			_, err := db.Append(t.Context(), b)
			require.NoError(t, err)
			m.append(b)
		}
		for range steps {
			_, err := db.Maintain(t.Context(), next)
			require.NoError(t, err)
		}
		require.NoError(t, db.Close())
	}
	db, err := history.Open(path, history.Options{NoSync: true})
	require.NoError(t, err)
	maintain(t, db, next)
	requireSound(t, db)
	requireAgreement(t, rand.New(rand.NewPCG(1, 1)), m, db)
	require.NoError(t, db.Close())
}
