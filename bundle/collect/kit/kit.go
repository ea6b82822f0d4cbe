// Package kit collects what the kit says of itself: its version, how fit its
// machine is, whether its history is whole, how its monitor goes. Support needs
// it to know how far the rest of a bundle can be trusted.
//
//	c := kit.New(
//		kit.Check{Name: "doctor.txt", What: "darksite doctor", Say: doctor},
//		kit.Check{Name: "history-check.txt", What: "darksite history check", Say: check},
//	)
//
// Each check is one file of text. One that fails costs its own file: what it had
// said until then is not kept, because half a finding reads like a whole one.
// What a check says is held in memory, at most [MaxText] bytes of it.
package kit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"darksite/bundle/collect"
)

// Name is the collector's name and the folder of its files.
const Name = "kit"

// MaxText bounds what one check may say.
const MaxText = 4 << 20

// typical is what one check is taken to say, for the preview.
const typical = 2 << 10

// Check is one thing the kit can say of itself.
type Check struct {
	Name string // of its file
	What string // such as the command that says the same
	Say  func(ctx context.Context, w io.Writer) error
}

// ErrNothing says that there is nothing to be said, which is no loss.
var ErrNothing = errors.New("there is nothing to say")

// Kit is the collector.
type Kit struct{ checks []Check }

// New makes the collector.
func New(checks ...Check) *Kit { return &Kit{checks} }

// Plan says what is taken.
func (k *Kit) Plan() collect.Plan {
	from := make([]string, 0, len(k.checks))
	for _, c := range k.checks {
		from = append(from, c.What)
	}
	return collect.Plan{
		Name: Name, What: "the kit's own checks: its version, machine, history and monitor",
		Why: "says how far the rest can be trusted", From: from,
	}
}

// Estimate asks no check.
func (k *Kit) Estimate(context.Context) (collect.Estimate, error) {
	items := make([]collect.Foreseen, 0, len(k.checks))
	for _, c := range k.checks {
		items = append(items, collect.Foreseen{Origin: c.What, Files: 1, Bytes: typical})
	}
	return collect.Sum(items), nil
}

// Collect lets one check after the other speak.
func (k *Kit) Collect(ctx context.Context, w *collect.Writer) error {
	for _, c := range k.checks {
		said := &bounded{}
		err := c.Say(ctx, said)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrNothing):
			w.Omit(c.What, err.Error())
		case err != nil:
			w.Fail(c.What, err)
		default:
			if err := w.Add(c.Name, c.What, &said.text); err != nil {
				return err
			}
		}
	}
	return nil
}

// bounded is a buffer with an end. It has no other way in than Write.
type bounded struct{ text bytes.Buffer }

// Write refuses what goes beyond MaxText.
func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > MaxText {
		return 0, fmt.Errorf("it says more than %d bytes", MaxText)
	}
	return b.text.Write(p)
}
