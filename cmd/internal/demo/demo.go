// Package demo is the guided run of the whole journey in one terminal: simulated
// arrays, a fault, an alert, a runbook, a bundle two officers approve, a medium,
// the desk, and the reply that comes back.
//
// It drives the product's own commands, those of the site in this process and
// those of the desk as the program casedesk, and says before each what it is
// for. Nothing is shown that a user could not type. The arrays are simulated and
// their clock runs ahead, so that forty minutes pass in seconds; the machine's own
// facts and logs are real.
//
// Start with [Run]. It needs no terminal and no answers, makes its folder anew
// when it was made by an earlier run, and refuses a folder with anything else in it.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/training/scenario"
	"darksite/training/simhost"
)

// Options are what the run needs from outside.
type Options struct {
	Env      *cli.Env
	Out      string // folder for everything the run makes
	CaseDesk string // the program casedesk
	// How the two programs are called from here, for the commands to try.
	SiteName, DeskName string
	// Site runs one command of the site kit in this process.
	Site func(ctx context.Context, env *cli.Env, args []string) int
	// Watch looks at everything the site folder names, steps times, calling
	// before ahead of each look.
	Watch func(ctx context.Context, env *cli.Env, dir string, steps int, before func()) error
}

// marker stands in a folder this package made, so that it may be made anew.
const marker = ".darksite-demo"

const (
	looks   = 80 // 30 s each: forty minutes of the arrays' time
	every   = 30 * time.Second
	volume  = "1MiB"
	array   = "fa-prod-1"
	bundled = "S042-000001"
)

type run struct {
	Options
	env   *cli.Env // of the commands: the arrays' clock, output indented
	host  *simhost.Host
	steps int
}

// Run leads through the journey.
func Run(ctx context.Context, o Options) error {
	if err := fresh(o.Out); err != nil {
		return err
	}
	s, err := scenario.Ready("demo")
	if err != nil {
		return err
	}
	began := o.Env.Now()
	host, err := simhost.Start(simhost.Options{Scenario: s, Start: began.Add(-looks * every)})
	if err != nil {
		return err
	}
	defer host.Close()
	out := &indenter{w: o.Env.Out}
	r := &run{Options: o, host: host, env: &cli.Env{
		In: strings.NewReader(""), Out: out, Err: out, Now: host.Now,
		Getenv: func(k string) string {
			if k == "COLUMNS" {
				return "78"
			}
			return o.Env.Getenv(k)
		},
	}}
	for _, part := range []func(context.Context) error{r.found, r.watch, r.follow, r.bundle, r.carry, r.desk, r.back, r.beyond} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	r.end(o.Env.Now().Sub(began))
	return nil
}

func fresh(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("demo folder: %w", err)
	case len(entries) > 0:
		if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
			return cli.WithHint(cli.Usagef("%s has something in it that no demo made", dir), "name another folder with --out")
		}
		if err := removeAll(dir); err != nil {
			return fmt.Errorf("demo folder: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("demo folder: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, marker), nil, 0o600)
}

// removeAll removes a tree in which folders may be read-only, as frozen ones are.
func removeAll(dir string) error {
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700) // a folder needs x
		}
		return err
	})
	return errors.Join(err, os.RemoveAll(dir))
}

func (r *run) path(elem ...string) string {
	return filepath.Join(append([]string{r.Out}, elem...)...)
}

// chapter begins a part of the story.
func (r *run) chapter(title, why string) {
	r.steps++
	fmt.Fprintf(r.Env.Out, "\n== %d. %s\n", r.steps, title)
	for _, line := range cli.Wrap(why, 80) {
		fmt.Fprintln(r.Env.Out, line)
	}
}

// site runs a command of the site kit and wants the given exit code.
func (r *run) site(ctx context.Context, want int, input string, args ...string) error {
	fmt.Fprintf(r.Env.Out, "\n$ darksite %s\n", quote(args))
	r.env.In = strings.NewReader(input)
	code := r.Site(ctx, r.env, append([]string{"--dir", r.path("site")}, args...))
	return r.wanted("darksite", args, code, want)
}

// quietly runs a site command whose output only matters when it fails, and
// returns its data.
func (r *run) quietly(ctx context.Context, args ...string) (string, error) {
	var data, talk bytes.Buffer
	env := *r.env
	env.Out, env.Err = &data, &talk
	if code := r.Site(ctx, &env, append([]string{"--dir", r.path("site")}, args...)); code != 0 {
		return "", fmt.Errorf("darksite %s ended with %d: %s", quote(args), code, talk.String())
	}
	return data.String(), nil
}

// desk runs the program casedesk and wants the given exit code.
func (r *run) deskCommand(ctx context.Context, want int, args ...string) error {
	fmt.Fprintf(r.Env.Out, "\n$ casedesk %s\n", quote(args))
	c := exec.CommandContext(ctx, r.CaseDesk, append([]string{"--dir", r.path("desk")}, args...)...)
	c.Stdout, c.Stderr = r.env.Out, r.env.Out
	c.Env = append(os.Environ(), "COLUMNS=78")
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("run casedesk: %w", err)
	}
	return r.wanted("casedesk", args, c.ProcessState.ExitCode(), want)
}

func (r *run) wanted(program string, args []string, code, want int) error {
	if code == want {
		if code != 0 {
			fmt.Fprintf(r.env.Out, "(exit %d)\n", code)
		}
		return nil
	}
	return fmt.Errorf("%s %s ended with %d, the demo expected %d", program, quote(args), code, want)
}

func quote(args []string) string {
	out := slices.Clone(args)
	for i, a := range out {
		if strings.ContainsAny(a, " \t") || a == "" {
			out[i] = fmt.Sprintf("%q", a)
		}
	}
	return strings.Join(out, " ")
}

// indenter sets everything a command prints apart from the narration.
type indenter struct {
	w   io.Writer
	mid bool // in the middle of a line
}

func (i *indenter) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		if !i.mid {
			if _, err := io.WriteString(i.w, "  "); err != nil {
				return 0, err
			}
		}
		if _, err := i.w.Write(line); err != nil {
			return 0, err
		}
		i.mid = line[len(line)-1] != '\n'
	}
	return len(p), nil
}
