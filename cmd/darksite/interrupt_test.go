package main_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Ctrl-C at a question ends the command at once, with exit code 130 and nothing
// changed. The input stays open, as a terminal does.
func TestCtrlCAtAQuestion(t *testing.T) {
	s := newSite(t)
	desk := exec.CommandContext(t.Context(), "casedesk", "init", "--name", "Vendor support", "--no-passphrase")
	desk.Env = append(os.Environ(), "CASEDESK_DIR="+filepath.Join(s.dir, "desk"))
	require.NoError(t, desk.Run())
	for name, args := range map[string][]string{
		"an answer":    {"site", "vendor", filepath.Join(s.dir, "desk", "vendor.txt")},
		"a passphrase": {"site", "people", "add", "amartin", "--name", "A. Martin", "--role", "officer"},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.command(args...)
			in, err := c.StdinPipe()
			require.NoError(t, err)
			defer in.Close()
			errs, err := c.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, c.Start())
			end := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
			defer end.Stop()
			asked := bufio.NewReader(errs)
			_, err = asked.ReadString(':') // the end of every question
			require.NoError(t, err)
			require.NoError(t, c.Process.Signal(os.Interrupt))
			var said strings.Builder
			_, err = asked.WriteTo(&said)
			require.NoError(t, err)
			var exit *exec.ExitError
			require.ErrorAs(t, c.Wait(), &exit, said.String())
			require.Equal(t, 130, exit.ExitCode(), said.String())
			require.Contains(t, said.String(), "interrupted")
		})
	}
	require.NoFileExists(t, filepath.Join(s.dir, "vendor.txt"))
	require.NotContains(t, s.ok("site", "people", "--json"), "amartin")
}

// The lines a simulator prints are what site.yaml takes, and Ctrl-C ends it in
// order, with the tokens it had written.
func TestTheSimulatorServesUntilCtrlC(t *testing.T) {
	s := newSite(t)
	tokens := t.TempDir()
	c := s.command("sim", "--scenario", "quiet", "--size", "small", "--speed", "60")
	c.Env = append(c.Env, "TMPDIR="+tokens)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	end := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
	defer end.Stop()
	lines := bufio.NewReader(out)
	var arrays string
	for range 2 {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		arrays += line
	}
	conf := "site: {code: S042, name: Lyon 3}\n" + arrays
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "site.yaml"), []byte(conf), 0o600))
	require.Contains(t, s.ok("monitor", "--once"), "fa-prod-1  stored")

	require.NoError(t, c.Process.Signal(os.Interrupt))
	require.NoError(t, c.Wait())
	left, err := os.ReadDir(tokens)
	require.NoError(t, err)
	require.Empty(t, left)
}
