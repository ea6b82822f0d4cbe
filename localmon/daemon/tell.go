package daemon

import (
	"context"
	"time"

	"darksite/localmon"
)

const (
	tellAtOnce = 100              // changes in one call of a notifier
	tellAgain  = 30 * time.Second // wait after a notifier failed
)

// nudge wakes the teller. One waiting nudge is enough.
func (d *Daemon) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// tell hands changes to the notifier until ctx ends.
func (d *Daemon) tell(ctx context.Context) {
	if d.o.Notifier == nil {
		return
	}
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-retry.C:
		}
		if !d.tellAll(ctx) {
			retry.Reset(tellAgain)
		}
	}
}

// tellAll tells what is not told yet and reports whether all of it was.
func (d *Daemon) tellAll(ctx context.Context) bool {
	if d.o.Notifier == nil {
		return true
	}
	for ctx.Err() == nil {
		more, err := d.tellSome(ctx)
		d.note("notifier", err)
		if err != nil {
			return false
		}
		if !more {
			return true
		}
	}
	return false
}

// tellSome notes on disk what is about to be told, tells it, and notes that it
// was told. A crash between leaves the first note, and the next monitor says
// that it repeats.
func (d *Daemon) tellSome(ctx context.Context) (more bool, err error) {
	changes, maybe, err := d.o.Alerts.Untold(tellAtOnce)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	last := changes[len(changes)-1].Seq
	if last > maybe {
		if err := d.o.Alerts.BeginTelling(last); err != nil {
			return false, err
		}
	}
	if loud := loud(changes); len(loud) > 0 {
		if err := d.o.Notifier.Notify(ctx, loud, repeats(loud, maybe)); err != nil {
			return false, err
		}
	}
	return len(changes) == tellAtOnce, d.o.Alerts.Told(last)
}

// loud are the changes people are told of: those that no silence or maintenance
// covers. The others are kept and count as told.
func loud(changes []localmon.Change) []localmon.Change {
	var out []localmon.Change
	for _, c := range changes {
		if !c.Hushed() {
			out = append(out, c)
		}
	}
	return out
}

// repeats counts the changes that may have been told before.
func repeats(changes []localmon.Change, maybe uint64) int {
	n := 0
	for _, c := range changes {
		if c.Seq <= maybe {
			n++
		}
	}
	return n
}
