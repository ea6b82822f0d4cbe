package pipeline_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/pipeline"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// A crash is a process that kills itself with SIGKILL at the n-th named point
// of a whole journey. The test binary starts itself for that.
const (
	crashDir = "DARKSITE_CRASH_DIR"
	crashAt  = "DARKSITE_CRASH_AT"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashDir) == "" {
		os.Exit(m.Run())
	}
	testing.Init()
	os.Args = append(os.Args[:1], "-test.run=^TestCrashingChild$")
	os.Exit(m.Run())
}

// TestCrashingChild is the journey of the child process; by itself it is
// nothing.
func TestCrashingChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs only as a child of TestKillAtEveryPoint")
	}
	at, err := strconv.Atoi(os.Getenv(crashAt))
	require.NoError(t, err)
	s := openSite(t, filepath.Join(dir, "site"), loadKit(t, dir))
	n := 0
	s.p.OnStep(func(name string) {
		n++
		fmt.Printf("point %d %s\n", n, name)
		if n == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	s.finish(s.collect(), filepath.Join(dir, "medium"))
}

// finish leads a bundle from wherever it stands to RELEASED.
func (s *site) finish(id bundle.ID, medium string) {
	s.t.Helper()
	require.NoError(s.t, s.tryFinish(id, medium))
}

func (s *site) tryFinish(id bundle.ID, medium string) error {
	for range 20 {
		r, err := s.p.Show(id)
		if err != nil {
			return err
		}
		if r.State == pipeline.Released {
			return nil
		}
		if err := s.advance(r, medium); err != nil {
			return fmt.Errorf("from %s: %w", r.State, err)
		}
	}
	return errors.New("the journey does not end")
}

// advance does the next step.
func (s *site) advance(r pipeline.Record, medium string) error {
	ctx, id := s.t.Context(), r.BID
	switch r.State {
	case pipeline.Collected, pipeline.Redacted:
		return s.p.Resume(ctx, id, s.request())
	case pipeline.Frozen:
		_, err := s.p.Review(ctx, id, pipeline.Reader{Officer: bundletest.OfficerA})
		return err
	case pipeline.InReview:
		return s.approve(id, bundletest.OfficerA)
	case pipeline.Approved1:
		_, err := s.p.Review(ctx, id, pipeline.Reader{Officer: bundletest.OfficerB})
		return errors.Join(err, s.approve(id, bundletest.OfficerB))
	case pipeline.Approved:
		return s.p.Seal(ctx, id, bundletest.OfficerB)
	case pipeline.Sealed:
		_, err := s.p.Write(ctx, id, pipeline.MediumOptions{Dir: medium, Signer: s.kit.Keys[bundletest.OfficerA]})
		return err
	case pipeline.Written:
		_, err := s.p.Verify(ctx, id, medium, "mdurand", nil, s.kit.Record)
		return err
	case pipeline.Verified:
		return s.p.Release(ctx, id, s.kit.Keys[bundletest.OfficerB], "courier")
	default:
		return errors.New("no way on")
	}
}

// kitFile is a kit on disk.
type kitFile struct {
	Roster                 string
	Private                map[string][]byte
	Intake, Escrow, Record string
}

func saveKit(t *testing.T, dir string, kit *bundletest.Kit) {
	t.Helper()
	text, err := kit.Roster.Encode()
	require.NoError(t, err)
	doc, err := json.Marshal(kitFile{string(text), kit.Private, kit.Intake.String(), kit.Escrow.String(), kit.Record.String()})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kit.json"), doc, 0o600))
	for _, name := range []string{"site", "medium"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o700))
	}
}

func loadKit(t *testing.T, dir string) *bundletest.Kit {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(dir, "kit.json"))
	require.NoError(t, err)
	var f kitFile
	require.NoError(t, json.Unmarshal(doc, &f))
	kit := &bundletest.Kit{Private: f.Private, Keys: map[string]sign.Signer{}}
	kit.Roster, err = roster.Parse([]byte(f.Roster))
	require.NoError(t, err)
	for name, private := range f.Private {
		kit.Keys[name], err = sign.ParsePrivateKey(private, nil)
		require.NoError(t, err)
	}
	for text, into := range map[string]**age.HybridIdentity{f.Intake: &kit.Intake, f.Escrow: &kit.Escrow, f.Record: &kit.Record} {
		*into, err = age.ParseHybridIdentity(text)
		require.NoError(t, err)
	}
	return kit
}

// child runs a journey that dies at point at, or not at all for 0.
func child(t *testing.T, dir string, at int) (points []string, killed bool) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), crashDir+"="+dir, crashAt+"="+strconv.Itoa(at))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	for line := range strings.Lines(out.String()) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "point "); ok {
			points = append(points, rest)
		}
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, ok := exit.Sys().(syscall.WaitStatus)
		require.True(t, ok && status.Signaled() && status.Signal() == syscall.SIGKILL, "%s", out.String())
		return points, true
	}
	require.NoError(t, err, out.String())
	return points, false
}

func TestKillAtEveryPoint(t *testing.T) {
	kit := withJournalKey(t, bundletest.New(t))
	whole := fastDir(t)
	saveKit(t, whole, kit)
	points, killed := child(t, whole, 0)
	require.False(t, killed)
	require.Greater(t, len(points), 35, "%v", points)

	every := 1
	if testing.Short() {
		every = 6
	}
	for n := 1; n <= len(points); n += every {
		t.Run(strings.ReplaceAll(points[n-1], " ", "-"), func(t *testing.T) {
			t.Parallel()
			dir := fastDir(t)
			saveKit(t, dir, kit)
			_, killed := child(t, dir, n)
			require.True(t, killed)
			afterCrash(t, dir)
		})
	}
}

// unprotect lets a folder of a test be removed.
func unprotect(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
}

// afterCrash asserts what the package promises after kill -9 and then goes on.
func afterCrash(t *testing.T, dir string) {
	medium := filepath.Join(dir, "medium")
	noRawData(t, dir)
	wholeOrNothing(t, medium)

	s := openSite(t, filepath.Join(dir, "site"), loadKit(t, dir))
	all, err := s.p.List()
	require.NoError(t, err)
	if len(all) == 0 {
		s.finish(s.collect(), medium) // killed before the first record
	} else if id := all[0].BID; all[0].State == pipeline.Begun {
		require.Error(t, s.p.Resume(t.Context(), id, s.request()), "what was staged is not known to be whole")
		require.Equal(t, pipeline.Withdrawn, s.state(id))
		s.finish(s.collect(), medium)
	} else {
		s.finish(id, medium)
	}
	s.clean()
	rep, err := s.j.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, rep.Problems)
	wholeOrNothing(t, medium)
	all, err = s.p.List()
	require.NoError(t, err)
	last := all[len(all)-1]
	require.Equal(t, pipeline.Released, last.State)
	s.deskOpens(last.BID)
	s.journalTells(last.BID)
}

// noRawData asserts that raw data is in a staging folder or nowhere.
func noRawData(t *testing.T, dir string) {
	t.Helper()
	found, err := holding(dir, canary)
	require.NoError(t, err)
	for _, path := range found {
		require.Contains(t, path, string(filepath.Separator)+"staging"+string(filepath.Separator), "raw data outside staging")
	}
}

// wholeOrNothing asserts that a medium has no bundle, or a whole one.
func wholeOrNothing(t *testing.T, medium string) {
	t.Helper()
	folders, err := carry.Find(medium)
	require.NoError(t, err)
	for _, folder := range folders {
		rep, err := carry.Inspect(t.Context(), carry.ReadOptions{}, folder)
		require.NoError(t, err)
		require.Equal(t, carry.Whole, rep.State)
		require.Empty(t, rep.Damaged)
	}
}
