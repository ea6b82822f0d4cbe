package cli

import (
	"bufio"
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

// Line asks and returns the trimmed answer.
func (a *Asker) Line(question string) (string, error) {
	fmt.Fprintf(a.env.Err, "%s ", question)
	s, err := a.in.ReadString('\n')
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

// Secret reads a passphrase without echo when In is a terminal. Otherwise it
// reads one line.
func (a *Asker) Secret(question string) ([]byte, error) {
	f, ok := a.env.In.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		s, err := a.in.ReadString('\n')
		fmt.Fprintln(a.env.Err, question)
		if err != nil && (!errors.Is(err, io.EOF) || s == "") {
			return nil, ErrNoAnswer
		}
		return []byte(strings.TrimRight(s, "\r\n")), nil
	}
	fmt.Fprintf(a.env.Err, "%s ", question)
	secret, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(a.env.Err)
	if err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", err)
	}
	return secret, nil
}
