package runtarget

import (
	"context"
	"fmt"
	"time"

	"darksite/localmon"
	"darksite/runbooks"
)

// Sight is what is known of targets without asking them.
type Sight interface {
	localmon.Reader
	// Last returns the newest sample of each series that the selector picks.
	Last(ctx context.Context, sel localmon.Selector) ([]localmon.Latest, error)
	// Alerts returns the alerts that are not resolved.
	Alerts(ctx context.Context) ([]localmon.Alert, error)
}

// Live answers a runbook's questions about one target: components and the newest
// values from a look at it now, the past from the history, alerts from the monitor.
// One goroutine uses it.
type Live struct {
	known
	source localmon.Source
	batch  localmon.Batch
	serial string // as it was told last
}

// NewLive makes the facts of a source's target.
func NewLive(source localmon.Source, s Sight, now func() time.Time) *Live {
	return &Live{known: known{sight: s, target: source.Target(), now: now}, source: source}
}

// fresh is how long one look serves: the steps of a screen ask together.
const fresh = 10 * time.Second

// afresh is a source that does not read every list at every look. Afresh makes all
// of them due.
type afresh interface{ Afresh() }

// Look reads the target unless it was read a moment ago.
func (f *Live) Look(ctx context.Context) (localmon.Batch, error) {
	now := f.now()
	if age := now.Sub(f.batch.At); !f.batch.At.IsZero() && age >= 0 && age < fresh {
		return f.batch, nil
	}
	if src, able := f.source.(afresh); able {
		src.Afresh()
	}
	b, err := f.source.Collect(ctx, now)
	if err != nil {
		return localmon.Batch{}, fmt.Errorf("%w: %w", runbooks.ErrNoData, err)
	}
	if b.Info == nil {
		b.Info = f.batch.Info // a look may fail to read it, and a case draft wants model and version
	}
	f.batch = b
	return b, nil
}

// Info is what the target said of itself when it was last looked at; nil when it
// said nothing.
func (f *Live) Info() *localmon.Array { return f.batch.Info }

// Identity is what the target calls itself.
func (f *Live) Identity(ctx context.Context) (string, error) {
	b, err := f.Look(ctx)
	if err != nil {
		return "", err
	}
	if b.Info != nil && b.Info.Serial != "" {
		f.serial = b.Info.Serial // a look may fail to read it
	}
	if f.serial == "" {
		return "", fmt.Errorf("%s does not tell its serial number", f.target)
	}
	return f.serial, nil
}

// Components implements runbooks.Facts.
func (f *Live) Components(ctx context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	b, err := f.Look(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	var states []localmon.ComponentState
	for _, s := range b.States {
		if s.Type == kind {
			states = append(states, s)
		}
	}
	return f.parts(states, b.At, kind)
}

// Values implements runbooks.Facts: the history of the window, then what the
// target says now.
func (f *Live) Values(ctx context.Context, metric string, labels map[string]string, window time.Duration) ([]runbooks.Value, error) {
	out, err := f.known.Values(ctx, metric, labels, window)
	if err != nil {
		return nil, err
	}
	b, err := f.Look(ctx)
	if err != nil {
		return nil, err
	}
	want := f.series(metric, labels)
	for _, s := range b.Samples {
		if want.Matches(s.Key) && (len(out) == 0 || b.At.After(out[len(out)-1].At)) {
			out = append(out, runbooks.Value{At: b.At, Value: s.Value})
		}
	}
	return out, nil
}
