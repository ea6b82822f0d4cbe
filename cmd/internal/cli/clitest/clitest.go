// Package clitest is the suite the command tree of each binary passes: every
// command explains itself with an example, what prints data has --json, and the
// completion it prints is accepted by the shell it is for.
//
// Call [Run] from a test of the package that makes the tree. Shells that are not
// installed are skipped with their name.
package clitest

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"darksite/cmd/internal/cli"
)

// Program is one binary.
type Program struct {
	Name string
	Root func(env *cli.Env) *cobra.Command
	Main func(ctx context.Context, env *cli.Env, version string, args []string) int
	// NoData are commands that act and print at most the name of what they made,
	// or that print text for another program, each with why. Every other one has
	// --json.
	NoData map[string]string
}

// longest is how long a line of an example may be, in bytes.
const longest = 130

// Run runs the suite.
func Run(t *testing.T, p Program) {
	t.Run("every command explains itself", p.explained)
	t.Run("what prints data prints JSON", p.json)
	t.Run("completion", p.completion)
}

// Try runs one command in this process, with no input, an empty environment and
// a clock that stands.
func (p Program) Try(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = p.Main(t.Context(), env(&stdout, &stderr), "test", args)
	return code, stdout.String(), stderr.String()
}

func env(out, errs *bytes.Buffer) *cli.Env {
	return &cli.Env{
		In: strings.NewReader(""), Out: out, Err: errs, Getenv: func(string) string { return "" },
		Now: func() time.Time { return time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC) },
	}
}

// commands are all commands of the tree but those cobra makes.
func (p Program) commands() []*cobra.Command {
	var all []*cobra.Command
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		all = append(all, c)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(p.Root(env(&bytes.Buffer{}, &bytes.Buffer{})))
	return all
}

// words is a command without the name of the binary.
func words(c *cobra.Command) []string { return strings.Fields(c.CommandPath())[1:] }

func (p Program) explained(t *testing.T) {
	for _, c := range p.commands() {
		t.Run(c.CommandPath(), func(t *testing.T) {
			require.NotEmpty(t, c.Short)
			require.NotEmpty(t, c.Example, "show how it is called")
			for line := range strings.Lines(c.Example) {
				require.LessOrEqual(t, len(strings.TrimRight(line, "\n")), longest, "an example is one line of a terminal")
			}
			code, out, errs := p.Try(t, append(words(c), "--help")...)
			require.Zero(t, code)
			require.Empty(t, errs)
			require.Contains(t, out, "Examples:")
			require.Contains(t, out, c.CommandPath())
		})
	}
}

func (p Program) json(t *testing.T) {
	seen := map[string]bool{}
	var missing []string
	for _, c := range p.commands() {
		if !c.Runnable() {
			continue
		}
		path := strings.Join(words(c), " ")
		seen[path] = true
		if why, ok := p.NoData[path]; ok {
			require.Nilf(t, c.Flags().Lookup("json"), "%s has --json and is said to have none: %s", path, why)
			continue
		}
		if c.Flags().Lookup("json") == nil {
			missing = append(missing, path)
		}
	}
	require.Empty(t, missing, "these print data and have no --json")
	for path := range p.NoData {
		require.Truef(t, seen[path], "%s is no command any more", path)
	}
}

func (p Program) completion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			code, out, _ := p.Try(t, "completion", shell)
			require.Zero(t, code)
			require.Contains(t, out, p.Name)
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed", shell)
			}
			check := exec.CommandContext(t.Context(), program, "-n")
			check.Stdin = strings.NewReader(out)
			said, err := check.CombinedOutput()
			require.NoError(t, err, string(said))
		})
	}
}
