package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"darksite/localmon/source/poll"
)

// Standstill begins the name of the trouble of a target whose watching does not
// go on; the target follows.
const Standstill = "standstill of"

// phase is what the watching of a target is at.
type phase string

const (
	phaseNone    phase = "" // nobody watches, as before and after a run
	phaseLooking phase = "looking"
	phaseStoring phase = "storing a look"
	phaseJudging phase = "judging a look"
)

// pulse says since when the watching of a target is at its phase. It has a lock
// of its own: whoever stands still holds others.
type pulse struct {
	mu    sync.Mutex
	phase phase
	since time.Time
}

func (p *pulse) set(to phase, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.since = to, now
}

// still is an error when a phase lasts longer than it may.
func (p *pulse) still(now time.Time, looking, other time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	bound := other
	switch p.phase {
	case phaseNone:
		return nil
	case phaseLooking:
		bound = looking
	}
	if lasts := now.Sub(p.since); lasts > bound {
		return fmt.Errorf("%s since %s, which should take %s at most", p.phase, lasts.Round(time.Second), bound)
	}
	return nil
}

// longest is how long a poller may go without a look it hands on: its longest
// wait, the look itself, and asking for what was missed. That is bounded by the
// poller; a tenth is added for a machine that is busy.
func (d *Daemon) longest(o poll.Options) time.Duration {
	every := cmp.Or(o.Every, 30*time.Second)
	bound := max(cmp.Or(o.MaxBackoff, 5*time.Minute), every) + cmp.Or(o.Timeout, every) +
		cmp.Or(o.Grace, 5*time.Second) + cmp.Or(o.RecallTimeout, time.Minute)
	return bound + bound/10 + d.o.Standstill
}

// guard looks after those who look, until ctx ends.
func (d *Daemon) guard(ctx context.Context) {
	turn := time.NewTicker(max(d.o.Standstill/10, time.Millisecond))
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
		d.checkPulses(time.Now())
	}
}

// checkPulses notes who stands still, and tells of it: the looks that would
// carry the site's own conditions along may be what is missing.
func (d *Daemon) checkPulses(now time.Time) {
	still := false
	for _, t := range d.o.Targets {
		name := t.Source.Target()
		err := d.judges[name].pulse.still(now, d.longest(t.Poll), d.o.Standstill)
		d.note(Standstill+" "+name, err)
		still = still || err != nil
	}
	if !still {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.o.Now(); len(d.unsaved) < d.o.MaxUnsaved {
		d.take(d.engine.Step(d.state, at, d.own()))
		d.save(at, "")
	}
}

// Health is nil while every target is watched: a look may fail, but the
// looking, storing and judging goes on. Whether the targets are well is another
// question.
func (d *Daemon) Health() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for what, t := range d.trouble {
		if strings.HasPrefix(what, Standstill+" ") {
			errs = append(errs, fmt.Errorf("%s: %s", what, t.Error))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}
