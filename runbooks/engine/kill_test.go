package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

// The test binary, started again with this variable, is the person who follows
// the run in the folder it names, until somebody kills him.
const childEnv = "DARKSITE_ENGINE_TEST_CHILD"

// patient answers every screen with what leads on, and says each one first: what
// stands before a screen that is shown must be on disk.
type patient struct {
	*world
	log string
}

// Components: the pump runs from the moment the log holds the intention, which
// is when a hand is raised.
func (p patient) Components(context.Context, string) ([]runbooks.Component, time.Time, error) {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return nil, time.Time{}, err
	}
	status := "stopped"
	if bytes.Contains(text, []byte(`"event":"entered"`)) {
		status = "runs"
	}
	return []runbooks.Component{{Name: "P1", Type: "pump", Status: status}}, p.now, nil
}

func (p patient) Ask(_ context.Context, s engine.Screen) (string, string, error) {
	if _, err := fmt.Println(s.ID); err != nil {
		return "", "", err
	}
	if s.Type != "" {
		return s.Type, "", nil
	}
	return s.Choices[0].ID, "", nil
}

func child(dir string) error {
	p := patient{newWorld(), filepath.Join(dir, engine.LogFile)}
	o := p.options()
	o.Facts, o.Human = p, p
	run, err := engine.Open(dir, o)
	if errors.Is(err, engine.ErrClosed) {
		return nil // killed between the last line and the goodbye
	}
	if err != nil {
		return err
	}
	_, err = run.Go(context.Background())
	return errors.Join(err, run.Close())
}

// Killed at any instant, any number of times, a run loses nothing that was
// answered, can be read back, and comes to the end it would have come to.
func TestKilledAtRandomInstants(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	rounds := 6
	if testing.Short() {
		rounds = 1
	}
	rng := rand.New(rand.NewPCG(3, 2026))
	lives := 0
	runs := 0
	// A quick machine may end every run before its kill: then it takes more runs.
	for ; runs < rounds || lives == runs && runs < 100; runs++ {
		run, dir := start(t, newWorld())
		require.NoError(t, run.Close())
		for alive := true; alive; lives++ {
			require.Less(t, lives, 400, "it must come to an end")
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), childEnv+"="+dir)
			var told bytes.Buffer
			cmd.Stderr = &told
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			said, lines := []string{}, bufio.NewScanner(out)
			for screens := 1 + rng.IntN(4); len(said) < screens && lines.Scan(); {
				said = append(said, lines.Text())
			}
			time.Sleep(time.Microsecond << rng.IntN(12))
			_ = cmd.Process.Kill() // it may have ended by itself
			for lines.Scan() {
				said = append(said, lines.Text())
			}
			if err := cmd.Wait(); err == nil {
				alive = false
			} else {
				require.Equal(t, "signal: killed", err.Error(), told.String())
			}
			answered := finished(t, dir)
			for _, step := range said[:max(0, len(said)-1)] {
				require.Contains(t, answered, step, "what stands before a screen is on disk")
			}
		}
		entries := readLog(t, dir)
		last := entries[len(entries)-1]
		require.Equal(t, []string{"closed", "resolved"}, []string{string(last.Event), last.Result})
		require.Equal(t, []string{"what", "stands", "look", "sure", "turn", "warm"}, slices.Compact(finished(t, dir)))
	}
	require.Greater(t, lives, runs, "nobody was killed")
	t.Logf("%d lives for %d runs", lives, runs)
}

// finished lists the steps that ended, in order; a torn last line is no answer.
func finished(t *testing.T, dir string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, engine.LogFile))
	require.NoError(t, err)
	defer f.Close()
	entries, _, err := engine.ReadLog(f)
	require.NoError(t, err)
	var out []string
	for _, e := range entries {
		if e.Event == engine.Finished {
			out = append(out, e.Step)
		}
	}
	return out
}
