package sight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"
	"darksite/localmon/live"
	"darksite/localmon/overview"
)

// Sight is what a command can see of the monitoring: through the socket while a
// monitor runs, else in the files, opened read-only.
type Sight struct {
	localmon.Reader
	Client  *live.Client // nil when no monitor runs
	History *history.DB  // nil when a monitor runs, or nothing was stored yet
	site    *boltfile.File
	Store   *alertstore.Store // of a copy while a monitor runs, made when it is needed
	copied  string
	Carried []string // names of other hosts whose files are taken in
}

// Open opens the view; close it. A site where nothing was stored yet has an
// empty one.
func Open(ctx context.Context, s *site.Site) (*Sight, error) {
	client, err := live.Dial(ctx, s.Path(site.RunDir, site.MonitorSocket))
	if err == nil {
		return &Sight{Reader: client, Client: client}, nil
	}
	if !errors.Is(err, live.ErrNotRunning) {
		return nil, err
	}
	v := &Sight{Reader: Nothing{}}
	if v.History, err = history.OpenReadOnly(s.Path(site.HistoryFile), history.Options{}); err == nil {
		v.Reader = v.History
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, WayOut(s.Path(site.HistoryFile), err)
	}
	if err := v.openAlerts(s.Path(site.SiteDBFile)); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

// SiteDB are options of opening the file of alerts, with what it says it is.
func SiteDB(o boltfile.Options) boltfile.Options {
	o.Schema, o.Version = "darksite-site", 1
	return o
}

func (s *Sight) openAlerts(path string) error {
	f, err := boltfile.Open(path, SiteDB(boltfile.Options{ReadOnly: true}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s.site = f
	s.Store, err = alertstore.Open(f)
	return err
}

// Close closes what is open of the view, and removes what was copied for it.
func (s *Sight) Close() error {
	var errs []error
	if s.Client != nil {
		s.Client.Close()
	}
	if s.History != nil {
		errs = append(errs, s.History.Close())
	}
	if s.site != nil {
		errs = append(errs, s.site.Close())
	}
	if s.copied != "" {
		errs = append(errs, os.Remove(s.copied))
	}
	return errors.Join(errs...)
}

// Alerts returns the alerts that are not resolved.
func (s *Sight) Alerts(ctx context.Context) ([]localmon.Alert, error) {
	switch {
	case s.Client != nil:
		return s.Client.Alerts(ctx)
	case s.Store != nil:
		living, err := s.Store.Living()
		return slices.DeleteFunc(living, func(al localmon.Alert) bool { return al.Status == localmon.StatusResolved }), err
	}
	return nil, nil
}

// Last returns the newest sample of each series that the selector picks.
func (s *Sight) Last(ctx context.Context, sel localmon.Selector) ([]localmon.Latest, error) {
	var out []localmon.Latest
	switch {
	case s.Client != nil:
		all, err := s.Client.Latest(ctx, sel)
		for _, l := range all {
			out = append(out, localmon.Latest(l))
		}
		return out, err
	case s.History != nil:
		all, err := s.History.Last(ctx, sel)
		for _, l := range all {
			out = append(out, localmon.Latest(l))
		}
		return out, err
	}
	return nil, nil
}

// Quiets returns the silences and maintenance windows that have not ended.
func (s *Sight) Quiets(ctx context.Context) ([]localmon.Quiet, error) {
	switch {
	case s.Client != nil:
		return s.Client.Quiets(ctx)
	case s.Store != nil:
		state, _, err := s.Store.Load()
		return state.Quiets, err
	}
	return nil, nil
}

// mostQuiets is how many silences and windows that were are read.
const mostQuiets = 10_000

// QuietsEver returns those there ever were, the newest first.
func (s *Sight) QuietsEver(ctx context.Context) ([]localmon.Quiet, error) {
	switch {
	case s.Client != nil:
		return s.Client.QuietsEver(ctx)
	case s.Store != nil:
		return s.Store.Quiets(mostQuiets)
	}
	return nil, nil
}

// Past returns changes of alerts, the newest of those that fit.
func (s *Sight) Past(ctx context.Context, q alertstore.Query) (alertstore.Past, error) {
	switch {
	case s.Client != nil:
		return s.Client.Past(ctx, q)
	case s.Store != nil:
		return s.Store.Past(q)
	}
	return alertstore.Past{Changes: []localmon.Change{}}, nil
}

// Alert returns one alert with its changes.
func (s *Sight) Alert(ctx context.Context, id uint64) (localmon.Alert, []localmon.Change, error) {
	switch {
	case s.Client != nil:
		return s.Client.Alert(ctx, id)
	case s.Store != nil:
		return s.Store.Alert(id)
	}
	return localmon.Alert{}, nil, fmt.Errorf("alert %d: nothing was stored yet", id)
}

// CopySite makes the stored alerts readable while a monitor holds them.
func (s *Sight) CopySite(ctx context.Context) error {
	if s.Store != nil || s.Client == nil {
		return nil
	}
	f, err := os.CreateTemp("", "darksite-site-*.db")
	if err != nil {
		return fmt.Errorf("copy the alerts: %w", err)
	}
	s.copied = f.Name()
	if _, err := s.Client.CopySite(ctx, f); err != nil {
		return errors.Join(fmt.Errorf("copy the alerts: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("copy the alerts: %w", err)
	}
	return s.openAlerts(s.copied)
}

// CopyHistory writes a consistent copy of the history.
func (s *Sight) CopyHistory(ctx context.Context, w io.Writer) (int64, error) {
	if s.Client != nil {
		return s.Client.CopyHistory(ctx, w)
	}
	return s.History.Snapshot(ctx, w)
}

// Changes gives every change of every alert, the oldest first.
func (s *Sight) Changes(ctx context.Context) iter.Seq2[localmon.Change, error] {
	const page = 1000
	return func(yield func(localmon.Change, error) bool) {
		if err := s.CopySite(ctx); err != nil {
			yield(localmon.Change{}, err)
			return
		}
		for after := uint64(0); s.Store != nil; {
			list, err := s.Store.Changes(after, page)
			if err != nil {
				yield(localmon.Change{}, err)
				return
			}
			for _, c := range list {
				if !yield(c, nil) {
					return
				}
				after = c.Seq
			}
			if len(list) < page {
				return
			}
		}
	}
}

// Monitor is what a running monitor says of itself; nil when none runs.
func (s *Sight) Monitor(ctx context.Context) (*overview.Monitor, error) {
	if s.Client == nil {
		return nil, nil
	}
	m, err := s.Client.Monitor(ctx)
	return &m, err
}

// Nothing is the reader of a site where nothing was stored yet.
type Nothing struct{}

// Series implements localmon.Reader.
func (Nothing) Series(context.Context, localmon.Selector) ([]localmon.Series, error) { return nil, nil }

// Range implements localmon.Reader.
func (Nothing) Range(context.Context, localmon.SeriesKey, localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(func(localmon.Point, error) bool) {}
}

// With opens the view, works with it and closes it.
func With(ctx context.Context, s *site.Site, f func(v *Sight) error) error {
	v, err := Open(ctx, s)
	if err != nil {
		return err
	}
	return errors.Join(f(v), v.Close())
}

// Alert finds one alert by id.
func Alert(ctx context.Context, s *site.Site, id uint64) (localmon.Alert, error) {
	var found localmon.Alert
	err := With(ctx, s, func(s *Sight) (err error) {
		found, _, err = s.Alert(ctx, id)
		return err
	})
	return found, cli.WithHint(err, "darksite alerts list")
}
