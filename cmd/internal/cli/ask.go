package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ErrNoAnswer says that the input ended before a question was answered.
var ErrNoAnswer = errors.New("no answer: the input ended")

// Asker puts questions one line at a time, on Err, and reads answers from In.
// It is the reference interface: it works over a pipe, a serial line and with a
// screen reader.
type Asker struct {
	env *Env
	in  *bufio.Reader
}

// Asker returns an asker on the streams of the Env. Use one per command: it
// reads ahead.
func (e *Env) Asker() *Asker { return &Asker{env: e, in: bufio.NewReader(e.In)} }

// read returns one line, or context.Canceled when the command is interrupted
// first: a signal ends no read, and a person who presses Ctrl-C at a question
// wants to be out. The read that is left behind ends with the process.
func (a *Asker) read() (string, error) {
	type line struct {
		text string
		err  error
	}
	got := make(chan line, 1)
	go func() {
		s, err := a.in.ReadString('\n')
		got <- line{s, err}
	}()
	select {
	case l := <-got:
		return l.text, l.err
	case <-a.env.interrupted:
		return "", context.Canceled
	}
}

// Line asks and returns the trimmed answer.
func (a *Asker) Line(question string) (string, error) {
	fmt.Fprintf(a.env.Err, "%s ", question)
	s, err := a.read()
	if err != nil && (!errors.Is(err, io.EOF) || s == "") {
		fmt.Fprintln(a.env.Err)
		if errors.Is(err, io.EOF) {
			return "", ErrNoAnswer
		}
		return "", fmt.Errorf("read the answer: %w", err)
	}
	s = strings.TrimSpace(s)
	if !Terminal(a.env.In) { // nobody has seen it typed: a transcript should show it
		fmt.Fprintln(a.env.Err, Printable(s))
	}
	return s, nil
}

// Confirm asks a yes or no question; only y, yes, o or oui is yes.
func (a *Asker) Confirm(question string) (bool, error) {
	s, err := a.Line(question + " [y/N]:")
	if err != nil {
		return false, err
	}
	switch strings.ToLower(s) {
	case "y", "yes", "o", "oui":
		return true, nil
	}
	return false, nil
}

// Agree asks unless yes was given as a flag. It returns nil for a yes, and for
// any other answer refused, which says what was not done. when ends the hint
// for a run where nobody answers: add --yes when ...
func (e *Env) Agree(yes bool, question, when string, refused error) error {
	if yes {
		return nil
	}
	ok, err := e.Asker().Confirm(question)
	if err != nil {
		return WithHint(err, "add --yes when %s", when)
	}
	if !ok {
		return WithCode(CodeRefused, refused)
	}
	return nil
}

// Secret reads a passphrase without echo when In is a terminal. Otherwise it
// reads one line.
func (a *Asker) Secret(question string) ([]byte, error) {
	f, ok := a.env.In.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(a.env.Err, question)
		s, err := a.read()
		if errors.Is(err, io.EOF) && s == "" {
			return nil, ErrNoAnswer
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read the passphrase: %w", err)
		}
		return []byte(strings.TrimRight(s, "\r\n")), nil
	}
	fmt.Fprintf(a.env.Err, "%s ", question)
	before, err := term.GetState(int(f.Fd()))
	if err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", err)
	}
	type typed struct {
		secret []byte
		err    error
	}
	got := make(chan typed, 1)
	go func() {
		secret, err := term.ReadPassword(int(f.Fd()))
		got <- typed{secret, err}
	}()
	var in typed
	select {
	case in = <-got:
	case <-a.env.interrupted:
		in.err = errors.Join(context.Canceled, term.Restore(int(f.Fd()), before)) // the echo comes back
	}
	fmt.Fprintln(a.env.Err)
	if in.err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", in.err)
	}
	return in.secret, nil
}
