package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
)

func openSite(dir string) (*boltfile.File, *alertstore.Store, error) {
	f, err := boltfile.Open(filepath.Join(dir, "site.db"), boltfile.Options{Schema: "site", Version: 1})
	if err != nil {
		return nil, nil, err
	}
	s, err := alertstore.Open(f)
	return f, s, err
}

// victim stores changes and tells them until it is killed.
func victim(dir string) int {
	f, store, err := openSite(dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer f.Close()
	file, err := notify.NewFile(notify.FileOptions{Path: filepath.Join(dir, "alerts.log"), JSON: true, MaxSize: 1 << 30})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	desk, err := notify.Open(notify.Options{Site: "S042", DB: f, Log: store, Now: time.Now, Ways: []notify.Way{{Name: "file", Notifier: file, All: true}}})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	go desk.Run(context.Background(), func(string, error) {})
	state, _, err := store.Load()
	engine := alert.New(alert.Options{})
	for i := 0; err == nil && i < 100_000; i++ {
		what := localmon.Yes
		if i%20 >= 10 {
			what = localmon.No
		}
		res := engine.Step(state, time.Now().Add(time.Duration(i)*3*time.Minute), []localmon.Condition{{
			Rule: "r", Target: "t", Component: fmt.Sprint(i % 3), State: what, Hard: true, Severity: 2, Summary: "it is",
		}})
		err = store.Save(alertstore.Step{Result: res})
		state = res.State
		_ = desk.Notify(context.Background(), nil, 0)
		fmt.Println("stored", state.Seq)
	}
	fmt.Println(err)
	return 1
}

// TestKilled kills a process that stores and tells, many times. Every change is
// in the file, in order; one that is there again says so.
func TestKilled(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	dir := t.TempDir()
	for round := range rounds {
		cmd := exec.CommandContext(t.Context(), self(t))
		cmd.Env = append(os.Environ(), "NOTIFY_DIR="+dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		head := make([]byte, 6)
		_, err = out.Read(head)
		require.NoError(t, err)
		require.Equal(t, "stored", string(head))
		time.AfterFunc(time.Duration(20+35*round)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		var rest bytes.Buffer
		_, _ = rest.ReadFrom(out)
		require.Error(t, cmd.Wait(), "it was killed")
	}
	f, store, err := openSite(dir)
	require.NoError(t, err)
	defer f.Close()
	newest, err := store.Newest()
	require.NoError(t, err)
	require.NotZero(t, newest)
	file, err := notify.NewFile(notify.FileOptions{Path: filepath.Join(dir, "alerts.log"), JSON: true})
	require.NoError(t, err)
	desk, err := notify.Open(notify.Options{Site: "S042", DB: f, Log: store, Now: time.Now, Ways: []notify.Way{{Name: "file", Notifier: file, All: true}}})
	require.NoError(t, err)
	require.NoError(t, desk.Flush(t.Context()))

	var last uint64
	for _, l := range lines(t, filepath.Join(dir, "alerts.log")) {
		var line notify.FileLine
		if json.Unmarshal([]byte(l), &line) != nil {
			continue // a line that the kill cut; it comes again
		}
		seq := line.Change.Seq
		if seq <= last {
			require.True(t, line.Repeat, "change %d is told twice without saying so", seq)
			continue
		}
		require.Equal(t, last+1, seq, "a change is missing")
		last = seq
	}
	require.Equal(t, newest, last)
}
