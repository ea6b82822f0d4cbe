package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"darksite/bundle/collect/hostfile"

	"github.com/stretchr/testify/require"
)

func TestKilledCollectHostLeavesNoFileThatLooksWhole(t *testing.T) {
	s := newSite(t)
	out := filepath.Join(t.TempDir(), "db7.host")
	began := time.Now()
	s.ok("collect-host", "--out", out)
	whole := time.Since(began)
	require.NoError(t, os.Remove(out))
	killed, left := 0, 0
	const rounds = 12
	for i := range rounds {
		c := s.command("collect-host", "--out", out)
		require.NoError(t, c.Start())
		timer := time.AfterFunc(whole*time.Duration(i)/rounds, func() { _ = c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		if _, missing := os.Stat(out); missing == nil {
			s.ok("bundle", "collect", "--dry-run", "--host-file", out) // what stands there is whole
			require.NoError(t, os.Remove(out))
		} else {
			require.Error(t, err, "it said that it was done")
			killed++
		}
		if _, missing := os.Stat(out + hostfile.StagingSuffix); missing == nil {
			left++
			again := s.command("collect-host", "--out", out)
			var exit *exec.ExitError
			require.ErrorAs(t, again.Run(), &exit, "what a killed run left is not taken for a run's own")
			require.NoError(t, os.RemoveAll(out+hostfile.StagingSuffix))
		}
	}
	require.Positive(t, killed)
	t.Logf("%d of %d runs were killed, %d left a staging folder", killed, rounds, left)
	s.ok("collect-host", "--out", out)
}
