package collect

import (
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
	Name string // file name, looked up in fixed folders only
	Args []string
	As   string // file name of its output
}

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

// NoPrograms refuses every program: for sites that allow none.
type NoPrograms struct{}

// Output always returns [ErrMissing].
func (NoPrograms) Output(_ context.Context, p Program, _ io.Writer) error {
	return fmt.Errorf("%s: not allowed at this site: %w", p.Name, ErrMissing)
}

// HostPrograms runs programs of the machine at hand: no shell, no search path
// but the fixed folders, an empty environment, nothing on standard input, and
// an end with ctx.
type HostPrograms struct{}

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
// fails is recorded and what it printed is kept.
func (w *Writer) AddProgram(ctx context.Context, run Programs, p Program, limit int64) error {
	pr, pw := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run.Output(ctx, p, pw)
		_ = pw.Close() // always nil
		ended <- err
	}()
	n, err := w.tail(p.As, p.String(), pr, limit, false)
	_ = pr.Close() // always nil; lets the program end when tail gave up early
	failure := <-ended
	switch {
	case err != nil:
		return err
	case errors.Is(failure, ErrMissing):
		w.Omit(p.String(), ErrMissing.Error())
	case failure != nil:
		w.Fail(p.String(), failure)
	case n == 0:
		w.Omit(p.String(), "it printed nothing")
	}
	return nil
}
