package notify_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
)

func self(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	return program
}

func newExec(t *testing.T, o notify.ExecOptions) *notify.Exec {
	t.Helper()
	e, err := notify.NewExec(o)
	require.NoError(t, err)
	return e
}

func TestExec(t *testing.T) {
	conform(t, func(t *testing.T) receiver {
		dir := t.TempDir()
		out, program := filepath.Join(dir, "out"), filepath.Join(dir, "hook")
		require.NoError(t, os.Symlink(self(t), program))
		return receiver{
			notifier: newExec(t, notify.ExecOptions{Command: []string{program, "hook", "keep", out}}), entries: one,
			took: func(t *testing.T, _ int) []string {
				all := lines(t, out)
				for _, l := range all {
					var m notify.Message
					require.NoError(t, json.Unmarshal([]byte(l), &m))
				}
				return all
			},
			down: func(t *testing.T) { require.NoError(t, os.Remove(program)) },
			up:   func(t *testing.T) { require.NoError(t, os.Symlink(self(t), program)) },
		}
	})
}

func TestAHookGetsNoEnvironmentAndNoShell(t *testing.T) {
	t.Setenv("SECRET", "hunter2")
	e := newExec(t, notify.ExecOptions{Command: []string{self(t), "hook", "environment", "$(id)", ";", "*"}, Dir: "/"})
	err := e.Notify(t.Context(), message(0, change(1, 2, "A", "alpha")))
	require.ErrorContains(t, err, "exit status 7: |$(id) ; *")
	require.NotErrorIs(t, err, notify.ErrNotSent, "it ran, and may have told somebody")
}

func TestAHookThatHangsIsKilled(t *testing.T) {
	e := newExec(t, notify.ExecOptions{Command: []string{self(t), "hook", "hang"}, Timeout: 200 * time.Millisecond})
	require.ErrorContains(t, e.Notify(t.Context(), message(0, change(1, 2, "A", "alpha"))), "killed after 200ms")
}

func TestAHookThatTalksTooMuchIsHeardInPart(t *testing.T) {
	e := newExec(t, notify.ExecOptions{Command: []string{self(t), "hook", "flood"}})
	err := e.Notify(t.Context(), message(0, change(1, 2, "A", "alpha")))
	require.ErrorContains(t, err, "exit status 8: muchmuch")
	require.Less(t, len(err.Error()), 2000)
}

func TestAProgramIsNamedByItsWholePath(t *testing.T) {
	for _, command := range [][]string{nil, {"page"}, {"./page"}} {
		_, err := notify.NewExec(notify.ExecOptions{Command: command})
		require.ErrorContains(t, err, "whole path")
	}
}
