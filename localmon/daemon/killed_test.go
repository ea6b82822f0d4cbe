package daemon_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"
	"darksite/localmon/daemon"

	"github.com/stretchr/testify/require"
)

// drives is a target of which so many drives have failed.
type drives struct{ failed int }

func (d drives) Target() string { return "fa-1" }

func (d drives) Collect(_ context.Context, now time.Time) (localmon.Batch, error) {
	b := localmon.Batch{Target: "fa-1", At: now, AlertsRead: true}
	for i := range 20 {
		s := localmon.ComponentState{Component: fmt.Sprintf("CH0.BAY%d", i), Type: "drive", Status: "healthy", Health: localmon.HealthOK}
		if i < d.failed {
			s.Status, s.Health = "failed", localmon.HealthCritical
		}
		b.States = append(b.States, s)
	}
	return b, nil
}

// paper writes down what it was told, on disk before it says that it was.
type paper struct{ file *os.File }

func (p paper) Notify(_ context.Context, changes []localmon.Change, repeats int) error {
	for i, c := range changes {
		if _, err := fmt.Fprintf(p.file, "%d %t\n", c.Seq, i < repeats); err != nil {
			return err
		}
	}
	return p.file.Sync()
}

// TestAMonitorKilledAnywhere kills a monitor again and again while drives fail,
// and after each kill holds the alerts against the drives: none is lost, none
// is raised twice, and none is told twice without saying so.
func TestAMonitorKilledAnywhere(t *testing.T) {
	if dir := os.Getenv("DAEMON_KILLED"); dir != "" {
		failed, err := strconv.Atoi(os.Getenv("DAEMON_FAILED"))
		require.NoError(t, err)
		watchUntilKilled(t, dir, failed)
		return
	}
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(7, 8))
	seen := 0 // so many drives had failed in a look that was acknowledged
	for round := range rounds {
		from := []string{"begins", "looked"}[round%2] // before, in or after the first look; or after one for sure
		if watchAndKill(t, dir, round+1, from, time.Duration(rng.IntN(40))*time.Millisecond) {
			seen = round + 1
		}
	}
	require.NotZero(t, seen)
	f := openFolder(t, dir)
	_, err := f.alerts.Check()
	require.NoError(t, err)
	living, err := f.alerts.Living()
	require.NoError(t, err)
	open := map[string]bool{}
	for _, a := range living {
		require.False(t, open[a.Component], "%s is told by two alerts", a.Component)
		open[a.Component] = true
	}
	for i := range seen {
		require.True(t, open[fmt.Sprintf("CH0.BAY%d", i)], "the failed drive %d is not lost", i)
	}
	raised := map[alert.Key]int{}
	past, err := f.alerts.Past(alertstore.Query{Limit: alertstore.MaxPast})
	require.NoError(t, err)
	for _, c := range past.Changes {
		if c.From == "" {
			raised[alert.KeyOf(c.Alert)]++
		}
	}
	for k, n := range raised {
		require.Equal(t, 1, n, "%v was raised %d times", k, n)
	}
	toldOnce(t, dir, f.alerts)
}

// toldOnce reads what the notifier wrote down: everything up to the stored mark,
// and what stands there twice was said to be a repeat.
func toldOnce(t *testing.T, dir string, s *alertstore.Store) {
	t.Helper()
	untold, _, err := s.Untold(1)
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(dir, "told.txt"))
	require.NoError(t, err)
	told := map[uint64]bool{}
	var most uint64
	for line := range strings.Lines(string(data)) {
		var seq uint64
		var repeat bool
		_, err := fmt.Sscanf(line, "%d %t", &seq, &repeat)
		require.NoError(t, err)
		require.False(t, told[seq] && !repeat, "change %d was told twice without saying so", seq)
		told[seq] = true
		most = max(most, seq)
	}
	if len(untold) > 0 {
		most = untold[0].Seq - 1
	}
	for seq := uint64(1); seq <= most; seq++ {
		require.True(t, told[seq], "change %d was never told", seq)
	}
}

// watchAndKill runs a monitor in another process and kills it some time after it
// first said from, and reports whether it acknowledged a look.
func watchAndKill(t *testing.T, dir string, failed int, from string, after time.Duration) (looked bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAMonitorKilledAnywhere$", "-test.v")
	cmd.Env = append(os.Environ(), "DAEMON_KILLED="+dir, fmt.Sprintf("DAEMON_FAILED=%d", failed))
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	armed := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == from && !armed {
			kill.Reset(after)
			armed = true
		}
		looked = looked || lines.Text() == "looked"
	}
	require.Error(t, cmd.Wait(), "it was killed")
	return looked
}

func watchUntilKilled(t *testing.T, dir string, failed int) {
	file, err := os.OpenFile(filepath.Join(dir, "told.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	f := openFolder(t, dir)
	d, err := daemon.New(daemon.Options{
		Site: "S042", History: f.history, Alerts: f.alerts, Rules: rules(t), Notifier: paper{file},
		Targets: []daemon.Target{{Source: drives{failed}, Kind: localmon.KindFlashArray}},
	})
	require.NoError(t, err)
	fmt.Println("begins")
	for range 1_000_000 {
		_, err := d.Once(t.Context())
		require.NoError(t, err)
		fmt.Println("looked")
	}
}
