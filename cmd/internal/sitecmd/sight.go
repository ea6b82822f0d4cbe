package sitecmd

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

// sight is what a command can see of the monitoring: through the socket while a
// monitor runs, else in the files, opened read-only.
type sight struct {
	localmon.Reader
	client  *live.Client // nil when no monitor runs
	history *history.DB  // nil when a monitor runs, or nothing was stored yet
	site    *boltfile.File
	store   *alertstore.Store // of a copy while a monitor runs, made when it is needed
	copied  string
	carried []string // names of other hosts whose files are taken in
}

// sight opens the view; close it. A site where nothing was stored yet has an
// empty one.
func (a *app) sight(ctx context.Context) (*sight, error) {
	client, err := live.Dial(ctx, a.Path(site.RunDir, site.MonitorSocket))
	if err == nil {
		return &sight{Reader: client, client: client}, nil
	}
	if !errors.Is(err, live.ErrNotRunning) {
		return nil, err
	}
	s := &sight{Reader: nothing{}}
	if s.history, err = history.OpenReadOnly(a.Path(site.HistoryFile), history.Options{}); err == nil {
		s.Reader = s.history
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, wayOut(a.Path(site.HistoryFile), err)
	}
	if err := s.openAlerts(a.Path(site.SiteDBFile)); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// siteSchema is what site.db says it is.
func siteOptions(o boltfile.Options) boltfile.Options {
	o.Schema, o.Version = "darksite-site", 1
	return o
}

func (s *sight) openAlerts(path string) error {
	f, err := boltfile.Open(path, siteOptions(boltfile.Options{ReadOnly: true}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s.site = f
	s.store, err = alertstore.Open(f)
	return err
}

func (s *sight) close() error {
	var errs []error
	if s.client != nil {
		s.client.Close()
	}
	if s.history != nil {
		errs = append(errs, s.history.Close())
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
func (s *sight) Alerts(ctx context.Context) ([]localmon.Alert, error) {
	switch {
	case s.client != nil:
		return s.client.Alerts(ctx)
	case s.store != nil:
		living, err := s.store.Living()
		return slices.DeleteFunc(living, func(al localmon.Alert) bool { return al.Status == localmon.StatusResolved }), err
	}
	return nil, nil
}

// Last returns the newest sample of each series that the selector picks.
func (s *sight) Last(ctx context.Context, sel localmon.Selector) ([]localmon.Latest, error) {
	var out []localmon.Latest
	switch {
	case s.client != nil:
		all, err := s.client.Latest(ctx, sel)
		for _, l := range all {
			out = append(out, localmon.Latest(l))
		}
		return out, err
	case s.history != nil:
		all, err := s.history.Last(ctx, sel)
		for _, l := range all {
			out = append(out, localmon.Latest(l))
		}
		return out, err
	}
	return nil, nil
}

// Quiets returns the silences and maintenance windows that have not ended.
func (s *sight) Quiets(ctx context.Context) ([]localmon.Quiet, error) {
	switch {
	case s.client != nil:
		return s.client.Quiets(ctx)
	case s.store != nil:
		state, _, err := s.store.Load()
		return state.Quiets, err
	}
	return nil, nil
}

// mostQuiets is how many silences and windows that were are read.
const mostQuiets = 10_000

// QuietsEver returns those there ever were, the newest first.
func (s *sight) QuietsEver(ctx context.Context) ([]localmon.Quiet, error) {
	switch {
	case s.client != nil:
		return s.client.QuietsEver(ctx)
	case s.store != nil:
		return s.store.Quiets(mostQuiets)
	}
	return nil, nil
}

// Past returns changes of alerts, the newest of those that fit.
func (s *sight) Past(ctx context.Context, q alertstore.Query) (alertstore.Past, error) {
	switch {
	case s.client != nil:
		return s.client.Past(ctx, q)
	case s.store != nil:
		return s.store.Past(q)
	}
	return alertstore.Past{Changes: []localmon.Change{}}, nil
}

// Alert returns one alert with its changes.
func (s *sight) Alert(ctx context.Context, id uint64) (localmon.Alert, []localmon.Change, error) {
	switch {
	case s.client != nil:
		return s.client.Alert(ctx, id)
	case s.store != nil:
		return s.store.Alert(id)
	}
	return localmon.Alert{}, nil, fmt.Errorf("alert %d: nothing was stored yet", id)
}

// copySite makes the stored alerts readable while a monitor holds them.
func (s *sight) copySite(ctx context.Context) error {
	if s.store != nil || s.client == nil {
		return nil
	}
	f, err := os.CreateTemp("", "darksite-site-*.db")
	if err != nil {
		return fmt.Errorf("copy the alerts: %w", err)
	}
	s.copied = f.Name()
	if _, err := s.client.CopySite(ctx, f); err != nil {
		return errors.Join(fmt.Errorf("copy the alerts: %w", err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("copy the alerts: %w", err)
	}
	return s.openAlerts(s.copied)
}

// copyHistory writes a consistent copy of the history.
func (s *sight) copyHistory(ctx context.Context, w io.Writer) (int64, error) {
	if s.client != nil {
		return s.client.CopyHistory(ctx, w)
	}
	return s.history.Snapshot(ctx, w)
}

// Changes gives every change of every alert, the oldest first.
func (s *sight) Changes(ctx context.Context) iter.Seq2[localmon.Change, error] {
	const page = 1000
	return func(yield func(localmon.Change, error) bool) {
		if err := s.copySite(ctx); err != nil {
			yield(localmon.Change{}, err)
			return
		}
		for after := uint64(0); s.store != nil; {
			list, err := s.store.Changes(after, page)
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

// monitor is what a running monitor says of itself; nil when none runs.
func (s *sight) monitor(ctx context.Context) (*overview.Monitor, error) {
	if s.client == nil {
		return nil, nil
	}
	m, err := s.client.Monitor(ctx)
	return &m, err
}

// nothing is the reader of a site where nothing was stored yet.
type nothing struct{}

func (nothing) Series(context.Context, localmon.Selector) ([]localmon.Series, error) { return nil, nil }

func (nothing) Range(context.Context, localmon.SeriesKey, localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(func(localmon.Point, error) bool) {}
}

// withSight opens the view, works with it and closes it.
func (a *app) withSight(ctx context.Context, f func(s *sight) error) error {
	s, err := a.sight(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.close())
}

// alert finds one alert by id.
func (a *app) alert(ctx context.Context, id uint64) (localmon.Alert, error) {
	var found localmon.Alert
	err := a.withSight(ctx, func(s *sight) (err error) {
		found, _, err = s.Alert(ctx, id)
		return err
	})
	return found, cli.WithHint(err, "darksite alerts list")
}
