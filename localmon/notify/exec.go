package notify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// ExecOptions say which program is run.
type ExecOptions struct {
	Command []string      // the program, by its whole path, and its arguments; no shell is involved
	Dir     string        // where it runs
	Timeout time.Duration // 30 seconds when zero
}

// Exec runs a program for each message and gives it the Message as JSON on its
// standard input. Its environment is empty. It has failed when it exits with
// another code than 0, or not in time: then it and what it has started are
// killed. What it prints is read by nobody, but for the first of it when it
// fails.
type Exec struct{ o ExecOptions }

const (
	maxOutput = 4 << 10
	execGrace = 2 * time.Second // for pipes that others hold open
)

// NewExec makes the notifier. That the program is there is found out when it is
// run.
func NewExec(o ExecOptions) (*Exec, error) {
	if len(o.Command) == 0 || !filepath.IsAbs(o.Command[0]) {
		return nil, errors.New("exec: want a program by its whole path, then its arguments")
	}
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	return &Exec{o}, nil
}

// Notify implements Notifier.
func (e *Exec) Notify(ctx context.Context, m Message) error {
	text, err := json.Marshal(m.tidied())
	if err != nil {
		return fmt.Errorf("%w: exec %s: %w", ErrNotSent, e.o.Command[0], err)
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.Timeout)
	defer cancel()
	var said bounded
	cmd := exec.CommandContext(ctx, e.o.Command[0], e.o.Command[1:]...)
	cmd.Env, cmd.Dir = []string{}, e.o.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = execGrace
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: exec: %w", ErrNotSent, err)
	}
	err = cmd.Wait()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		err = fmt.Errorf("killed after %s: %w", e.o.Timeout, ctx.Err())
	case errors.Is(err, exec.ErrWaitDelay): // it ended well, and somebody still holds its output
		return nil
	}
	if text := plain(said.String(), maxText); text != "" {
		return fmt.Errorf("exec %s: %w: %s", e.o.Command[0], err, text)
	}
	return fmt.Errorf("exec %s: %w", e.o.Command[0], err)
}

// bounded keeps the first of what is written to it.
type bounded struct{ bytes.Buffer }

// Write implements io.Writer. It takes everything, so that the program is not
// told that nobody listens.
func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), maxOutput-b.Len())])
	return len(p), nil
}
