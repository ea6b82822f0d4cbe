package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func env(in string, vars map[string]string) (*cli.Env, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	return &cli.Env{
		In: strings.NewReader(in), Out: &out, Err: &errs,
		Getenv: func(k string) string { return vars[k] },
		Now:    func() time.Time { return time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC) },
	}, &out, &errs
}

func tree(run func() error) *cobra.Command {
	root := &cobra.Command{Use: "kit"}
	group := &cobra.Command{Use: "site"}
	leaf := &cobra.Command{Use: "check", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return run() }}
	leaf.Flags().Bool("json", false, "")
	group.AddCommand(leaf)
	root.AddCommand(group)
	return root
}

func TestExitCodes(t *testing.T) {
	cause := errors.New("disk full")
	cases := []struct {
		name   string
		args   []string
		err    error
		code   int
		stderr string
	}{
		{"done", []string{"site", "check"}, nil, 0, ""},
		{"failed", []string{"site", "check"}, cause, 1, "kit: disk full\n"},
		{"refused with a hint", []string{"site", "check"}, cli.WithHint(cli.WithCode(cli.CodeRefused, cause), "free some room"), 4, "kit: disk full\nnext: free some room\n"},
		{"tampered, wrapped", []string{"site", "check"}, fmt.Errorf("open: %w", cli.WithCode(cli.CodeTampered, cause)), 5, "kit: open: disk full\n"},
		{"attention prints nothing", []string{"site", "check"}, cli.ErrAttention, 3, ""},
		{"unknown flag", []string{"site", "check", "--jsn"}, nil, 2, "kit: unknown flag: --jsn\nnext: kit site check --help\n"},
		{"too many arguments", []string{"site", "check", "x"}, nil, 2, "next: kit site check --help\n"},
		{"unknown command, near", []string{"site", "chek"}, nil, 2, `unknown command "chek" for kit site; did you mean "check"?`},
		{"unknown command at the root", []string{"zzz"}, nil, 2, `unknown command "zzz" for kit`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, out, errs := env("", nil)
			code := cli.Run(t.Context(), e, tree(func() error { return c.err }), c.args, nil)
			require.Equal(t, c.code, code, errs.String())
			require.Contains(t, errs.String(), c.stderr)
			if c.code != 0 {
				require.Empty(t, out.String(), "a failing command prints no data")
			}
		})
	}
}

func TestInterruptIs130(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e, _, errs := env("", nil)
	code := cli.Run(ctx, e, tree(func() error {
		cancel()
		return fmt.Errorf("look at fa-1: %w", ctx.Err())
	}), []string{"site", "check"}, nil)
	require.Equal(t, 130, code)
	require.Equal(t, "interrupted\n", errs.String())
}

func TestClassifyAddsCodes(t *testing.T) {
	sentinel := errors.New("locked")
	e, _, errs := env("", nil)
	code := cli.Run(t.Context(), e, tree(func() error { return sentinel }), []string{"site", "check"}, func(err error) error {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "stop the other one")
	})
	require.Equal(t, 4, code)
	require.Equal(t, "kit: locked\nnext: stop the other one\n", errs.String())
}

func TestTable(t *testing.T) {
	table := cli.Table{Header: []string{"STATE", "ARRAY", "WHAT"}}
	table.Add("WARN", "fa-prod-1", "the interface CT0.ETH4 has lost its link, and nothing else is known of it")
	table.Add("OK", "fb", "fine")
	var b bytes.Buffer
	table.Print(&b, 50, false)
	require.Equal(t, `STATE  ARRAY      WHAT
WARN   fa-prod-1  the interface CT0.ETH4 has lost
                  its link, and nothing else is
                  known of it
OK     fb         fine
`, b.String())
	b.Reset()
	table.Print(&b, 80, true)
	require.Contains(t, b.String(), "\x1b[33mWARN\x1b[0m", "colour comes on top of the word")
}

func TestPrintableDisarms(t *testing.T) {
	cases := map[string]string{
		"plain é text":        "plain é text",
		"\x1b[31mred":         `\x1b[31mred`,
		"a\nb\r\tc":           `a\x0ab\x0d\x09c`,
		"right\u202eto left":  `right\x202eto left`,
		"zero\u200bwidth":     `zero\x200bwidth`,
		"bad \xff utf8":       `bad \xfffd utf8`,
		"\u009b31m also ansi": `\x9b31m also ansi`,
	}
	for in, want := range cases {
		require.Equal(t, want, cli.Printable(in))
	}
}

func TestWrapNeverExceedsWidth(t *testing.T) {
	for width := 1; width < 30; width++ {
		for _, line := range cli.Wrap("a few words and anextremelylongwordthatdoesnotfit é è à", width) {
			require.LessOrEqual(t, len([]rune(line)), width)
		}
	}
	require.Equal(t, []string{""}, cli.Wrap("   ", 10))
}

func TestWidth(t *testing.T) {
	for columns, want := range map[string]int{"": 80, "40": 40, "10": 40, "120": 120, "999": 160, "x": 80} {
		e, _, _ := env("", map[string]string{"COLUMNS": columns})
		require.Equal(t, want, e.Width(), columns)
	}
}

func TestFolder(t *testing.T) {
	world := map[string]string{"HOME": "/home/a"}
	env := &cli.Env{Getenv: func(k string) string { return world[k] }}
	require.Equal(t, "/home/a/.darksite", env.Folder("", "DARKSITE_DIR", ".darksite"))
	world["DARKSITE_DIR"] = "/srv/site"
	require.Equal(t, "/srv/site", env.Folder("", "DARKSITE_DIR", ".darksite"))
	require.Equal(t, "/here", env.Folder("/here", "DARKSITE_DIR", ".darksite"))
}

func TestAsker(t *testing.T) {
	e, _, errs := env("  oui \nno\nlast", nil)
	a := e.Asker()
	yes, err := a.Confirm("Go on?")
	require.NoError(t, err)
	require.True(t, yes)
	yes, err = a.Confirm("Sure?")
	require.NoError(t, err)
	require.False(t, yes)
	s, err := a.Line("name:")
	require.NoError(t, err)
	require.Equal(t, "last", s, "a last line without line feed is an answer")
	_, err = a.Line("more:")
	require.ErrorIs(t, err, cli.ErrNoAnswer)
	require.Contains(t, errs.String(), "Go on? [y/N]: ")
}

func TestAgree(t *testing.T) {
	refused := cli.WithHint(errors.New("nothing was done"), "telephone")
	ask := func(in string, yes bool) error {
		e, _, _ := env(in, nil)
		return e.Agree(yes, "Sure?", "it was read", refused)
	}
	require.NoError(t, ask("", true), "nobody is asked")
	require.NoError(t, ask("yes\n", false))
	err := ask("no\n", false)
	require.EqualError(t, err, "nothing was done")
	require.Equal(t, cli.CodeRefused, cli.Code(err))
	require.Equal(t, "telephone", cli.Hint(err))
	err = ask("", false)
	require.ErrorIs(t, err, cli.ErrNoAnswer)
	require.Equal(t, "add --yes when it was read", cli.Hint(err))
}

func TestProgressSpeaksInLines(t *testing.T) {
	now := time.Unix(0, 0)
	e, out, errs := env("", nil)
	e.Now = func() time.Time { return now }
	p := e.Progress("sealing")
	p.Step(1<<20, 100<<20)
	require.Empty(t, errs.String(), "short work prints nothing")
	now = now.Add(10 * time.Second)
	p.Step(50<<20, 100<<20)
	require.Regexp(t, `^sealing: 50 % of 100 MiB, 5(\.0)? MiB/s, 10 s left\n$`, errs.String())
	require.Empty(t, out.String())
}

func TestATableThatDoesNotFitIsStacked(t *testing.T) {
	table := &cli.Table{Header: []string{"ID", "TARGET", "STATE", "WHAT"}}
	table.Add("7", "fa-prod-1-of-lyon", "CRIT", "drive CH0.BAY7 is failed and two more are in trouble")
	table.Add("12", "fa-2", "OK")
	print := func(width int, color bool) string {
		var b strings.Builder
		table.Print(&b, width, color)
		return b.String()
	}
	require.Equal(t, `ID      7
TARGET  fa-prod-1-of-lyon
STATE   CRIT
WHAT    drive CH0.BAY7 is failed and two
        more are in trouble

ID      12
TARGET  fa-2
STATE   OK
`, print(40, false))
	require.Contains(t, print(40, true), "STATE   \x1b[31mCRIT\x1b[0m\n")
	require.True(t, strings.HasPrefix(print(80, false), "ID  TARGET             STATE  WHAT\n"))
}
