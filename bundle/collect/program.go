package collect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Program is one entry of a positive list of read-only programs.
type Program struct {
	Name  string // file name, looked up in fixed folders only
	Args  []string
	As    string        // file name of its output
	Time  time.Duration // how long it may take; zero means [ProgramTime]
	Lines int           // the most lines its arguments ask for; zero where they ask for all
}

// ProgramTime is how long a program may take unless its entry says otherwise: a
// dead path makes some that look at storage wait without end.
const ProgramTime = 20 * time.Second

// programGrace is how long a program may take to end once its time is over. It
// is shorter than what a collector has.
const programGrace = 1500 * time.Millisecond

// String renders the command line for people.
func (p Program) String() string { return strings.Join(append([]string{p.Name}, p.Args...), " ") }

// ErrMissing says that a program is not on this machine.
var ErrMissing = errors.New("program is not installed")

// Programs runs one program and gives its standard output.
type Programs interface {
	// Output starts p and copies what it prints to out. A program that ends
	// with an error has printed what it could; the error says so. Where p is
	// not installed the error wraps ErrMissing.
	Output(ctx context.Context, p Program, out io.Writer) error
}

// Foresee says whether a program of this list would be found. It is not started:
// what it would print is a guess.
func (p Program) Foresee(run Programs, guess int64) Foreseen {
	it := Foreseen{Origin: p.String(), Files: 1, Bytes: guess}
	if f, ok := run.(finder); ok {
		if err := f.Find(p); err != nil {
			it.Problem = err.Error()
		}
	}
	return it
}

// finder is what [Programs] can say without starting anything.
type finder interface {
	Find(p Program) error
}

// NoPrograms refuses every program: for sites that allow none.
type NoPrograms struct{}

// Output always returns [ErrMissing].
func (NoPrograms) Output(_ context.Context, p Program, _ io.Writer) error {
	return fmt.Errorf("%s: not allowed at this site: %w", p.Name, ErrMissing)
}

// Find always returns [ErrMissing].
func (NoPrograms) Find(p Program) error {
	return fmt.Errorf("not allowed at this site: %w", ErrMissing)
}

// HostPrograms runs programs of the machine at hand: no shell, no search path
// but the fixed folders, an empty environment, nothing on standard input, and
// an end with ctx.
type HostPrograms struct{}

// Find looks p up.
func (HostPrograms) Find(p Program) error {
	_, err := lookup(p.Name)
	if err != nil {
		return ErrMissing
	}
	return nil
}

// Output runs p. What the program writes to standard error ends up in the error.
func (HostPrograms) Output(ctx context.Context, p Program, out io.Writer) error {
	file, err := lookup(p.Name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, file, p.Args...)
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + strings.Join(programDirs(), ":"), "SYSTEMD_PAGER=", "TERM=dumb"}
	cmd.Dir = "/"
	cmd.Stdout = out
	complaints := &head{limit: 512}
	cmd.Stderr = complaints
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if text := strings.Join(strings.Fields(complaints.String()), " "); text != "" {
			return fmt.Errorf("%s: %w: %s", p, err, text)
		}
		return fmt.Errorf("%s: %w", p, err)
	}
	return nil
}

func programDirs() []string { return []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin"} }

func lookup(name string) (string, error) {
	if strings.ContainsAny(name, "/\x00") || name == "" {
		return "", fmt.Errorf("%q is not the name of a program: %w", name, ErrMissing)
	}
	for _, dir := range programDirs() {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrMissing)
}

// head keeps the first bytes written to it and swallows the rest.
type head struct {
	strings.Builder
	limit int
}

func (h *head) Write(p []byte) (int, error) {
	h.Builder.Write(p[:min(len(p), max(0, h.limit-h.Len()))])
	return len(p), nil
}

// AddProgram runs p and stores the last whole lines of its output, at most
// limit bytes. A program that is missing or prints nothing is omitted, one that
// fails is recorded and what it printed is kept. One that does not end in time is
// stopped, and left behind where it cannot be: the others have their turn.
func (w *Writer) AddProgram(ctx context.Context, run Programs, p Program, limit int64) error {
	allowed := cmp.Or(p.Time, ProgramTime)
	timed, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	pr, pw := io.Pipe()
	ended, left, done := make(chan error, 1), make(chan struct{}), make(chan struct{})
	defer close(done)
	go func() {
		err := run.Output(timed, p, pw)
		_ = pw.Close() // always nil
		ended <- err
	}()
	stop := context.AfterFunc(timed, func() {
		select {
		case <-done:
		case <-time.After(programGrace):
			close(left)
			_ = pw.Close() // always nil; what came is kept
		}
	})
	defer stop()
	text := &lineCounter{from: pr}
	n, err := w.tail(p.As, p.String(), text, limit, false)
	_ = pr.Close() // always nil; lets the program end when tail gave up early
	if err != nil {
		cancel()
	}
	var failure error
	select {
	case failure = <-ended:
	case <-left:
		failure = errors.New("it did not stop and was left behind")
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		w.Fail(p.String(), fmt.Errorf("stopped after %s; what it had printed is kept", allowed))
	case errors.Is(failure, ErrMissing):
		w.Omit(p.String(), ErrMissing.Error())
	case failure != nil:
		w.Fail(p.String(), failure)
	case n == 0:
		w.Omit(p.String(), "it printed nothing")
	case p.Lines > 0 && text.lines >= p.Lines:
		w.Omit(p.String(), fmt.Sprintf("lines before the last %d were not asked for", p.Lines))
	}
	return nil
}

// lineCounter counts the line feeds that pass.
type lineCounter struct {
	from  io.Reader
	lines int
}

// Read implements [io.Reader].
func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.lines += bytes.Count(p[:n], []byte{'\n'})
	return n, err
}
