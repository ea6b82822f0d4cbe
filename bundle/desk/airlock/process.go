package airlock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"darksite/bundle/desk/confine"
)

// Process reads in a process of its own.
type Process struct {
	Path    string   // of the program
	Args    []string // with its name
	Env     []string
	Silence time.Duration // how long it may say nothing; zero means ten minutes
}

// Own is this program, started again as the process inside.
func Own() (Process, error) {
	path, err := ownPath()
	if err != nil {
		return Process{}, fmt.Errorf("find this program: %w", err)
	}
	// A crash says what it was and not with which bytes in which registers.
	return Process{Path: path, Args: []string{os.Args[0], Word}, Env: []string{"GOTRACEBACK=none"}}, nil
}

// A stick with bad sectors makes one read last minutes.
const longestSilence = 10 * time.Minute

// lastWords is how much of what it writes to standard error is kept.
const lastWords = 2 << 10

// Read reads one bundle. The process is gone when it returns.
func (p Process) Read(ctx context.Context, j Job) (Reading, error) {
	child, err := p.start()
	if err != nil {
		return Reading{}, fmt.Errorf("start the process that reads the medium: %w", err)
	}
	defer child.close()
	stop := context.AfterFunc(ctx, child.kill)
	defer stop()
	silence := p.Silence
	if silence == 0 {
		silence = longestSilence
	}
	l := newLink(child.from, child.to)
	l.wait = func() error {
		until := time.Now().Add(silence) //nolint:forbidigo // a bound on a pipe, by the monotonic clock
		return errors.Join(child.from.SetReadDeadline(until), child.to.SetWriteDeadline(until))
	}
	r, err := converse(l, j, confine.Available())
	if err != nil {
		child.kill()
	}
	died := child.cmd.Wait()
	how := "did what it must not"
	switch {
	case err == nil && died != nil:
		err, how = died, "failed at the very end"
	case errors.Is(err, os.ErrDeadlineExceeded):
		how = fmt.Sprintf("said nothing for %s", silence)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, os.ErrClosed), isBroken(err):
		err, how = died, "died"
		if died == nil {
			err = errors.New("it ended without a word")
		}
	}
	if last := child.last.String(); err != nil && last != "" {
		err = fmt.Errorf("%w; its last words: %s", err, last)
	}
	if err != nil {
		return Reading{}, judge(ctx, err, how)
	}
	return r, nil
}

// child is a running process and our ends of its pipes.
type child struct {
	cmd      *exec.Cmd
	to, from *os.File
	last     words
}

// start starts the process in namespaces of its own, or without where the account
// may make none.
func (p Process) start() (*child, error) {
	c, err := p.startWith(apart())
	if err != nil {
		if c, again := p.startWith(together()); again == nil {
			return c, nil
		}
	}
	return c, err
}

func (p Process) startWith(attr procAttr) (*child, error) {
	keepToOurselves()
	in, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	from, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close(), to.Close())
	}
	c := &child{to: to, from: from}
	env := p.Env
	if env == nil {
		env = []string{} // nil would hand ours on
	}
	c.cmd = &exec.Cmd{
		Path: p.Path, Args: p.Args, Env: env, Dir: string(os.PathSeparator), Stdin: in, Stdout: out, Stderr: &c.last,
		SysProcAttr: attr, WaitDelay: time.Second,
	}
	err = c.cmd.Start()
	theirs := errors.Join(in.Close(), out.Close())
	if err != nil {
		c.close()
		return nil, err
	}
	if theirs != nil {
		c.kill()
		c.close()
		return nil, errors.Join(theirs, c.cmd.Wait())
	}
	return c, nil
}

func (c *child) kill() { _ = c.cmd.Process.Kill() } // it may have ended by itself

func (c *child) close() { _ = errors.Join(c.to.Close(), c.from.Close()) } // pipes

// words keeps the beginning of what a dying process says: the first line has the
// reason.
type words struct{ text []byte }

func (w *words) Write(p []byte) (int, error) {
	w.text = append(w.text, p[:min(len(p), lastWords-len(w.text))]...)
	return len(p), nil
}

func (w *words) String() string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(w.text)), "\n")
	line = disarm(line)
	if r := []rune(line); len(r) > 200 {
		line = string(r[:200]) + "…"
	}
	return line
}
