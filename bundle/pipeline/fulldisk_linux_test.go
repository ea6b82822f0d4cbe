package pipeline_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/bundletest"
	"darksite/bundle/pipeline"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestFullDiskAtEveryPoint fills the disk under site and medium at each named
// point, lets the journey fail, makes room and goes on.
func TestFullDiskAtEveryPoint(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("none", disk, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(disk, unix.MNT_DETACH)) })
	kit := withJournalKey(t, bundletest.New(t))
	failures := 0
	every := 1
	if testing.Short() {
		every = 6
	}
	for n := 1; ; n += every {
		dir := filepath.Join(disk, "one")
		name, failed := fullAt(t, dir, kit, n)
		if name == "" {
			require.Greater(t, n, 35)
			break
		}
		if failed {
			failures++
		}
		unprotect(dir)
		require.NoError(t, os.RemoveAll(dir))
	}
	require.Greater(t, failures, 15/every, "a full disk was hardly felt: the test has lost its point")
}

func fullAt(t *testing.T, dir string, kit *bundletest.Kit, n int) (point string, failed bool) {
	require.NoError(t, os.MkdirAll(dir, 0o700))
	saveKit(t, dir, kit)
	medium, filler := filepath.Join(dir, "medium"), filepath.Join(dir, "filler")
	s := openSite(t, filepath.Join(dir, "site"), kit)
	seen := 0
	s.p.OnStep(func(name string) {
		if seen++; seen == n {
			point = name
			fill(t, filler)
		}
	})
	id, err := s.p.Collect(t.Context(), s.request())
	if err == nil {
		err = s.tryFinish(id, medium)
	}
	noRawData(t, dir)
	wholeOrNothing(t, medium)
	s.close()
	if point == "" {
		require.NoError(t, err)
		return "", false
	}
	require.NoError(t, os.Remove(filler))
	if err != nil {
		require.True(t, errors.Is(err, unix.ENOSPC) || strings.Contains(err.Error(), "space"), "at %s: %v", point, err)
	}
	s = openSite(t, filepath.Join(dir, "site"), kit)
	defer s.close()
	all, lerr := s.p.List()
	require.NoError(t, lerr, "at %s", point)
	if len(all) > 0 && (all[0].State == pipeline.Begun || all[0].State == pipeline.Collected || all[0].State == pipeline.Redacted) {
		// Staged data went with the failure, so that Resume can only end it.
		require.Error(t, s.p.Resume(t.Context(), all[0].BID, s.request()))
		all[0].State = s.state(all[0].BID)
	}
	if len(all) == 0 || all[0].State == pipeline.Withdrawn {
		s.finish(s.collect(), medium)
	} else {
		s.finish(all[0].BID, medium)
	}
	s.clean()
	return point, err != nil
}

// fill takes all the room there is.
func fill(t *testing.T, path string) {
	f, err := os.Create(path)
	require.NoError(t, err)
	for size := 1 << 20; size > 0; size /= 2 {
		block := make([]byte, size)
		for err = nil; err == nil; {
			_, err = f.Write(block)
		}
		require.ErrorIs(t, err, unix.ENOSPC)
	}
	require.NoError(t, f.Close())
}
