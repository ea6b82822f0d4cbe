// Package cli is what both binaries share at the edge: the streams and the
// clock they were given, how they print tables, JSON, progress and hints, how
// they ask, and the one place where an error becomes an exit code.
//
// A command gets an [Env] and never touches os.Stdout, os.Getenv or time.Now.
// Data goes to Env.Out; everything else (narration, progress, hints, errors)
// goes to Env.Err, so that a pipe sees data only. [Run] executes a command tree
// and returns the exit code of [Code].
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Env is everything a command takes from the world.
type Env struct {
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	Getenv func(string) string
	Now    func() time.Time
	// Watched says that a person reads Err, also where it is no terminal.
	Watched bool
	// Hangup gives the signals that ask a service to read its files again, and
	// ends that; nil where there are none.
	Hangup func() (signals <-chan os.Signal, stop func())

	interrupted <-chan struct{} // closed when the command is to end; set by Run
}

// System is the Env of a real process.
func System() *Env {
	return &Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now, Hangup: hangup}
}

// Exit codes of both binaries.
const (
	CodeDone        = 0
	CodeFailed      = 1
	CodeUsage       = 2
	CodePartial     = 3 // done in part, or attention is needed
	CodeRefused     = 4 // refused by a rule
	CodeTampered    = 5 // tampered or unverifiable
	CodeInterrupted = 130
)

// ExitHelp is the table of exit codes shown in --help.
const ExitHelp = `Exit codes:
  0 done   1 failed   2 wrong usage   3 done in part, or attention needed
  4 refused by a rule   5 tampered or unverifiable   130 interrupted`

type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

type hintedError struct {
	hint string
	err  error
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

// WithCode gives an error its exit code. A nil error stays nil.
func WithCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return &codedError{code, err}
}

// WithHint adds what to do next, for the person at the terminal.
func WithHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hintedError{fmt.Sprintf(format, args...), err}
}

// Usagef is an error in how a command was called.
func Usagef(format string, args ...any) error {
	return WithCode(CodeUsage, fmt.Errorf(format, args...))
}

// ErrAttention ends a command that did its work and found something a person
// should look at. It prints nothing of its own.
var ErrAttention = WithCode(CodePartial, errors.New("attention needed"))

// Code is the one switch from errors to exit codes.
func Code(err error) int {
	var coded *codedError
	switch {
	case err == nil:
		return CodeDone
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, context.Canceled):
		return CodeInterrupted
	default:
		return CodeFailed
	}
}

// Hint returns the outermost hint of an error, or "".
func Hint(err error) string {
	var hinted *hintedError
	if errors.As(err, &hinted) {
		return hinted.hint
	}
	return ""
}

// Run executes the tree with args and reports an error to Env.Err. classify may
// add codes and hints to errors of the domain; it may be nil.
func Run(ctx context.Context, env *Env, root *cobra.Command, args []string, classify func(error) error) int {
	env.interrupted = ctx.Done()
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	prepare(root)
	called, err := root.ExecuteContextC(ctx)
	if ctx.Err() != nil && err != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(env.Err, "interrupted")
		return CodeInterrupted
	}
	if err != nil && classify != nil {
		err = classify(err)
	}
	if err != nil && !errors.Is(err, ErrAttention) {
		report(env, called, err)
	}
	return Code(err)
}

func report(env *Env, called *cobra.Command, err error) {
	env.Notef("%s: %s", called.Root().Name(), err)
	hint := Hint(err)
	if hint == "" && Code(err) == CodeUsage {
		hint = fmt.Sprintf("%s --help", called.CommandPath())
	}
	if hint != "" {
		env.Next(strings.Split(hint, "\n      ")...)
	}
}

// prepare makes every command of the tree silent about errors (report speaks)
// and turns wrong or missing flags, arguments and sub-commands into usage errors.
func prepare(c *cobra.Command) {
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return WithHint(WithCode(CodeUsage, err), "%s --help", cmd.CommandPath())
	})
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			return WithHint(WithCode(CodeUsage, check(cmd, args)), "%s --help", cmd.CommandPath())
		}
	}
	if c.PreRunE == nil {
		c.PreRunE = func(cmd *cobra.Command, _ []string) error { // cobra asks again, with an error that is not ours
			return WithHint(WithCode(CodeUsage, cmd.ValidateRequiredFlags()), "%s --help", cmd.CommandPath())
		}
	}
	if !c.Runnable() && c.HasSubCommands() {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		}
	}
	for _, sub := range c.Commands() {
		prepare(sub)
	}
}

func unknownCommand(cmd *cobra.Command, word string) error {
	near := ""
	cmd.SuggestionsMinimumDistance = 2
	if names := cmd.SuggestionsFor(word); len(names) > 0 {
		near = fmt.Sprintf("; did you mean %q?", names[0])
	}
	return WithHint(Usagef("unknown command %q for %s%s", word, cmd.CommandPath(), near), "%s --help", cmd.CommandPath())
}

// JSONFlag gives a command that prints data its --json.
func JSONFlag(c *cobra.Command, on *bool) {
	c.Flags().BoolVar(on, "json", false, "print the data as JSON")
}

// Terminal reports whether w is a terminal.
func Terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width is the width to print at: the terminal's, else $COLUMNS, else 80; never
// less than 40 nor more than 160.
func (e *Env) Width() int {
	width := 80
	if f, ok := e.Out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			width = w
		}
	}
	var n int
	if _, err := fmt.Sscanf(e.Getenv("COLUMNS"), "%d", &n); err == nil && n > 0 {
		width = n
	}
	return max(40, min(160, width))
}

// Color reports whether Out may be coloured: a terminal, no NO_COLOR, a TERM
// that is not dumb. CLICOLOR_FORCE=1 takes anything for a terminal, such as a
// pager that shows colours.
func (e *Env) Color() bool {
	force := e.Getenv("CLICOLOR_FORCE")
	return e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb" && (Terminal(e.Out) || force != "" && force != "0")
}

// Folder is the folder a binary works in: what its flag says, else the
// environment variable, else the hidden folder of this name at home.
func (e *Env) Folder(flag, variable, hidden string) string {
	return cmp.Or(flag, e.Getenv(variable), filepath.Join(e.Getenv("HOME"), hidden))
}

// Notef narrates on Err.
func (e *Env) Notef(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		if width, bounded := e.asideWidth(); bounded && utf8.RuneCountInString(line) > width {
			line = strings.Join(Wrap(line, width), "\n")
		}
		fmt.Fprintln(e.Err, line)
	}
}

// Next names the sensible next commands, on Err. What stands behind three blanks
// in brackets is a word about the command and no part of it.
func (e *Env) Next(commands ...string) {
	const first, other = "next: ", "      "
	width, bounded := e.asideWidth()
	for i, c := range commands {
		lead := other
		if i == 0 {
			lead = first
		}
		if !bounded || utf8.RuneCountInString(lead+c) <= width {
			fmt.Fprintln(e.Err, lead+c)
			continue
		}
		command, word, about := strings.Cut(c, "   (")
		lines := Wrap(command, width-len(other))
		if name, _, _ := strings.Cut(c, " "); name == "darksite" || name == "casedesk" { // else advice to a person
			lines = Command("", command, width-len(other))
		}
		for _, line := range lines {
			fmt.Fprintln(e.Err, lead+line)
			lead = other
		}
		if about {
			for _, line := range Wrap("("+word, width-len(other)) {
				fmt.Fprintln(e.Err, other+line)
			}
		}
	}
}

// asideWidth is the width of Err where a person reads it. What goes into a file
// is not broken, so that it can be searched.
func (e *Env) asideWidth() (width int, bounded bool) {
	return e.Width(), e.Watched || Terminal(e.Err)
}
