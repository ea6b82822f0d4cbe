package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// site is a site folder and the environment of its commands.
type site struct {
	t   *testing.T
	dir string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t, filepath.Join(t.TempDir(), "site")}
	s.ok("init", "--code", "S042", "--name", "Lyon 3", "--no-passphrase")
	return s
}

func (s *site) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(s.t.Context(), "darksite", args...)
	c.Env = append(os.Environ(), "DARKSITE_DIR="+s.dir, "NO_COLOR=1")
	return c
}

func (s *site) ok(args ...string) string {
	s.t.Helper()
	c := s.command(args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	require.NoErrorf(s.t, err, "darksite %v: %s", args, errs.String())
	return string(out)
}

// looks are the times of all looks that can be read back.
func (s *site) looks() map[int64]bool {
	s.t.Helper()
	var series []struct {
		Points []struct {
			At time.Time `json:"at"`
		} `json:"points"`
	}
	out := s.ok("history", "query", "node_load1", "--since", "1h", "--json")
	require.NoError(s.t, json.Unmarshal([]byte(out), &series))
	require.Len(s.t, series, 1)
	found := map[int64]bool{}
	for _, p := range series[0].Points {
		found[p.At.UnixMilli()] = true
	}
	return found
}

// acknowledged is the time of the look that `monitor --once --json` says it has
// stored, or false when it was killed before it could say so.
func acknowledged(out []byte) (at int64, ok bool) {
	var summary struct {
		Looks []struct {
			At     time.Time `json:"at"`
			Scrape uint64    `json:"scrape"`
		} `json:"looks"`
	}
	if json.Unmarshal(out, &summary) != nil || len(summary.Looks) == 0 || summary.Looks[0].Scrape == 0 {
		return 0, false
	}
	return summary.Looks[0].At.UnixMilli(), true
}

// A monitor killed at any instant loses no look it has reported: what was
// printed is on disk, the store stays whole, and the next look goes on.
func TestKilledLooksLoseNothingAcknowledged(t *testing.T) {
	s := newSite(t)
	random := rand.New(rand.NewPCG(42, 0)) // the moments should differ, and be the same in every run
	s.ok("monitor", "--once")
	whole := time.Hour // how long a look takes on this machine
	for range 3 {
		began := time.Now()
		s.ok("monitor", "--once")
		whole = min(whole, time.Since(began))
	}

	var told []int64
	rounds, killed := 40, 0
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		c := s.command("monitor", "--once", "--json")
		out, err := c.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		kill := time.AfterFunc(time.Duration(random.Int64N(int64(whole)*3/2)), func() { _ = c.Process.Kill() })
		printed, err := io.ReadAll(out)
		require.NoError(t, err)
		err = c.Wait()
		kill.Stop()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == -1 {
			killed++
		} else {
			require.NoError(t, err)
		}
		if at, ok := acknowledged(printed); ok {
			told = append(told, at)
		}
	}
	t.Logf("%d of %d looks were killed, %d were acknowledged", killed, rounds, len(told))
	require.NotZero(t, killed, "nothing was tested: no process was killed in time")
	found := s.looks()
	for _, at := range told {
		require.Containsf(t, found, at, "the look of %s was acknowledged and is lost", time.UnixMilli(at).UTC())
	}
	s.ok("history", "check")
	s.ok("monitor", "--once")
	require.Greater(t, len(s.looks()), len(told))
}

// A running monitor killed after it has answered: what it had answered is in
// the file, the socket it left behind is in nobody's way.
func TestARunningMonitorKilled(t *testing.T) {
	s := newSite(t)
	c := s.command("monitor")
	require.NoError(t, c.Start())
	socket := filepath.Join(s.dir, "run", "monitor.sock")
	require.Eventually(t, func() bool {
		conn, err := net.Dial("unix", socket)
		return err == nil && conn.Close() == nil
	}, 20*time.Second, 5*time.Millisecond)
	var before map[int64]bool
	require.Eventually(t, func() bool { // the first look is on its way
		q := s.command("history", "query", "node_load1", "--json")
		if q.Run() != nil {
			return false
		}
		before = s.looks()
		return len(before) > 0
	}, 20*time.Second, 20*time.Millisecond)
	require.NoError(t, c.Process.Kill())
	require.Error(t, c.Wait())

	after := s.looks()
	for at := range before {
		require.Contains(t, after, at)
	}
	s.ok("history", "check")
	s.ok("alerts", "list")
	s.ok("monitor", "--for", "100ms")
	s.ok("history", "check")
}
