// Package heard collects what targets said without having been asked: the
// lines of syslog and traps that the monitor kept in its spool.
//
//	c := heard.New(heard.Options{Dir: "spool", Channels: []string{"syslog", "trap"}, Window: 48 * time.Hour, Now: now})
//
// Each channel becomes one file of text, a line a message, in the order of
// arrival: the kit's time, who sent it, its severity and the message. Where a
// channel is longer than its share of the budget, the end of it is kept. Lines
// from before the window are left out.
package heard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"time"

	"darksite/bundle/collect"
	"darksite/localmon/spool"
)

// Name is the collector's name and the folder of its files.
const Name = "heard"

// Options say which spool is read, and how far back.
type Options struct {
	Dir      string        // folder of the spool; one that is not there holds nothing
	Channels []string      // such as syslog and trap
	Window   time.Duration // before Now; zero takes all
	Now      time.Time
}

// Heard is the collector.
type Heard struct{ o Options }

// New makes the collector.
func New(o Options) *Heard { return &Heard{o} }

// Plan says what is taken.
func (h *Heard) Plan() collect.Plan {
	var from []string
	for _, c := range h.o.Channels {
		from = append(from, path.Join(h.o.Dir, c))
	}
	return collect.Plan{
		Name: Name,
		What: "messages that arrays and machines sent by syslog and traps",
		Why:  "shows what an array said between two looks, and in which order",
		From: from,
	}
}

// lines are those of a channel that belong to the window.
func (h *Heard) lines(ctx context.Context, channel string) iter.Seq2[spool.Line, error] {
	var from time.Time
	if h.o.Window > 0 {
		from = h.o.Now.Add(-h.o.Window)
	}
	return spool.Read(ctx, h.o.Dir, channel, from, time.Time{})
}

// Estimate reads the lines and keeps none.
func (h *Heard) Estimate(ctx context.Context) (collect.Estimate, error) {
	var items []collect.Foreseen
	for _, c := range h.o.Channels {
		it := collect.Foreseen{Origin: "what was heard by " + c, Files: 1, Exact: true}
		for line, err := range h.lines(ctx, c) {
			if err != nil {
				return collect.Estimate{}, fmt.Errorf("read what was heard by %s: %w", c, err)
			}
			it.Bytes += int64(len(line.String())) + 1
		}
		if it.Bytes == 0 {
			it.Problem = "nothing was heard"
		}
		items = append(items, it)
	}
	return collect.Sum(items), nil
}

// Collect takes one channel after the other. A channel nothing came by gives no
// file.
func (h *Heard) Collect(ctx context.Context, w *collect.Writer) error {
	for _, c := range h.o.Channels {
		origin := "what was heard by " + c
		next, stop := iter.Pull2(h.lines(ctx, c))
		text := &reader{next: next}
		err := text.fill()
		if err == nil {
			err = w.Tail(c+".log", origin, text, w.Left())
		}
		stop()
		switch {
		case errors.Is(err, io.EOF):
		case errors.Is(err, collect.ErrBudget), errors.Is(err, collect.ErrClosed), ctx.Err() != nil:
			return err
		case err != nil:
			w.Fail(origin, err)
		}
	}
	return nil
}

// reader gives lines as text.
type reader struct {
	next func() (spool.Line, error, bool)
	rest []byte
}

// fill gets the next line; io.EOF when there is none.
func (r *reader) fill() error {
	line, err, more := r.next()
	switch {
	case err != nil:
		return err
	case !more:
		return io.EOF
	}
	r.rest = append([]byte(line.String()), '\n')
	return nil
}

// Read implements [io.Reader].
func (r *reader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
