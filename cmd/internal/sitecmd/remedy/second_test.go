package remedy

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/siteadmin"
	"darksite/runbooks/engine"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// people makes a site with two collectors and an officer, and takes the key of the
// second away, as on a stick.
func twoPeople(t *testing.T) (dir, key string) {
	t.Helper()
	t.Chdir(t.TempDir())
	dir = "site"
	do := func(args ...string) {
		out, code := command(t, dir, "", args...)
		require.Zero(t, code, out)
	}
	do("init", "--code", "S042", "--name", "Lyon 3", "--no-passphrase")
	for id, role := range map[string]string{"mdurand": "collector", "nleroy": "collector", "amartin": "officer"} {
		do("site", "people", "add", id, "--name", id, "--role", role, "--no-passphrase")
	}
	key = filepath.Join(t.TempDir(), "nleroy.key")
	require.NoError(t, os.Rename(filepath.Join(dir, site.KeysDir, "nleroy.key"), key))
	return dir, key
}

func envOf(dir string) *cli.Env {
	vars := map[string]string{"COLUMNS": "80", "TERM": "xterm", "DARKSITE_DIR": dir}
	return &cli.Env{Watched: true, Getenv: func(n string) string { return vars[n] }, Now: func() time.Time { return factsNow }}
}

// command runs one command and returns what a person sees of it, and the exit code.
func command(t *testing.T, dir, input string, args ...string) (shown string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	env := envOf(dir)
	env.In, env.Out, env.Err = strings.NewReader(input), &out, &errs
	s := &site.Site{Env: env}
	root := &cobra.Command{Use: "darksite"}
	root.AddCommand(siteadmin.InitCommand(s), siteadmin.Command(s), RunbookCommand(s))
	code = cli.Run(t.Context(), env, root, args, site.Classify)
	return out.String() + errs.String(), code
}

// step is a request as the engine makes it.
func step() engine.Request {
	text := "darksite approval of a step: 1\nrun: R-0007\nstep: turn\ntarget: fa-1\nrequested by: mdurand\n"
	return engine.Request{Run: "R-0007", Step: "turn", Target: "fa-1", By: "mdurand", Statement: []byte(text), Expires: factsNow.Add(15 * time.Minute)}
}

// asks puts a request to a second person who types these lines.
func asks(t *testing.T, dir string, lines ...string) (a *app, ap engine.Approval, err error) {
	t.Helper()
	env := envOf(dir)
	var shown bytes.Buffer
	env.In, env.Out, env.Err = strings.NewReader(strings.Join(lines, "\n")+"\n"), &shown, &shown
	a = &app{&site.Site{Env: env}}
	s := a.newSecond(runOptions{as: "mdurand"}, env.Asker(), func(en, _ string) string { return en })
	require.NotEmpty(t, s.Requester())
	ap, err = s.Approve(context.Background(), step())
	require.Contains(t, shown.String(), "target: fa-1", "what is signed is shown")
	ap.Statement = string(step().Statement)
	return a, ap, err
}

func TestASecondPersonElsewhereAgreesByCode(t *testing.T) {
	dir, key := twoPeople(t)
	_, _, err := asks(t, dir, "nleroy", "")
	require.ErrorIs(t, err, engine.ErrNoSecond, "the request lies there now")

	out, code := command(t, dir, "fa-1\n", "runbook", "approve", "R-0007-turn.txt", "--as", "nleroy", "--key", key)
	require.Zero(t, code, out)
	var groups []string
	for line := range strings.Lines(out) {
		if words := strings.Fields(line); len(words) > 1 && len(words[0]) == 5 && strings.ToUpper(line) == line {
			groups = append(groups, words...)
		}
	}
	require.Len(t, groups, 22, out)

	a, ap, err := asks(t, dir, "nleroy", strings.Join(groups, " "))
	require.NoError(t, err)
	require.Equal(t, []string{"nleroy", "code"}, []string{ap.By, ap.Way})
	id, err := a.checkApproval(ap)
	require.NoError(t, err)
	require.NotEqual(t, a.newSecond(runOptions{as: "mdurand"}, nil, nil).Requester(), id)

	ap.By = "amartin"
	_, err = a.checkApproval(ap)
	require.ErrorContains(t, err, "signed by nleroy, not by amartin")
	ap.By, ap.Statement = "nleroy", strings.Replace(ap.Statement, "fa-1", "fa-2", 1)
	_, err = a.checkApproval(ap)
	require.Error(t, err, "for another target")
}

func TestWhoMayNotAgree(t *testing.T) {
	dir, key := twoPeople(t)
	a, ap, err := asks(t, dir, "amartin")
	require.NoError(t, err)
	_, err = a.checkApproval(ap)
	require.ErrorContains(t, err, "amartin is a officer", "an officer watches over what leaves, and mends no arrays")
	_, _, err = asks(t, dir, "mdurand")
	require.ErrorContains(t, err, "the second person is the first")
	_, _, err = asks(t, dir, "stranger")
	require.ErrorContains(t, err, "not on the roster")
	_, _, err = asks(t, dir, "")
	require.ErrorIs(t, err, engine.ErrNoSecond)
	_, _, err = asks(t, dir, "nleroy", "AAAAA BBBBB")
	require.ErrorContains(t, err, "the code is not whole")

	for name, c := range map[string]struct {
		input string
		args  []string
		code  int
		want  string
	}{
		"the first":       {"fa-1\n", []string{"R-0007-turn.txt", "--as", "mdurand"}, cli.CodeRefused, "somebody else must agree"},
		"another target":  {"fa-2\n", []string{"R-0007-turn.txt", "--as", "nleroy", "--key", key}, cli.CodeRefused, "nothing is signed"},
		"nobody":          {"", []string{"R-0007-turn.txt"}, cli.CodeUsage, "say who you are"},
		"another file":    {"", []string{filepath.Join(dir, "site.yaml"), "--as", "nleroy"}, cli.CodeRefused, "is no request"},
		"a file not here": {"", []string{"R-0009-x.txt", "--as", "nleroy"}, 1, "no such file"},
	} {
		out, code := command(t, dir, c.input, append([]string{"runbook", "approve"}, c.args...)...)
		require.Equal(t, c.code, code, "%s: %s", name, out)
		require.Contains(t, out, c.want, name)
	}
}
