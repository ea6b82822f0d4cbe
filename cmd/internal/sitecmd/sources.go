package sitecmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/daemon"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/host"
	"darksite/localmon/source/poll"
)

// arraySource opens the source of one array.
func (a *app) arraySource(ar siteconf.Array) (*flasharray.Source, error) {
	file := ar.TokenFile
	if !filepath.IsAbs(file) {
		file = a.path(file)
	}
	token, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.WithHint(fmt.Errorf("array %s: read the API token: %w", ar.Name, err), "put a read-only API token of the array into %s, mode 0600", file)
	}
	if err != nil {
		return nil, fmt.Errorf("array %s: read the API token: %w", ar.Name, err)
	}
	return flasharray.New(flasharray.Options{Target: ar.Name, URL: ar.URL, Token: trimLine(token), Pin: ar.TLSPin})
}

// lateSource opens the source of an array when it is first asked, and tries
// again at the next look when that fails: an array whose token file is missing
// costs its own data and never the others'.
type lateSource struct {
	target string
	open   func() (*flasharray.Source, error)
	source *flasharray.Source
}

// Target implements localmon.Source.
func (l *lateSource) Target() string { return l.target }

// Collect implements localmon.Source.
func (l *lateSource) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	if l.source == nil {
		var err error
		if l.source, err = l.open(); err != nil {
			return localmon.Batch{Target: l.target, At: now}, err
		}
	}
	return l.source.Collect(ctx, now)
}

// Recall implements localmon.Recaller, as far as the source does.
func (l *lateSource) Recall(ctx context.Context, from, to time.Time) iter.Seq2[localmon.Batch, error] {
	if l.source == nil {
		return func(func(localmon.Batch, error) bool) {}
	}
	return l.source.Recall(ctx, from, to)
}

// close ends the session. One that cannot be ended ends by itself on the array,
// so the error changes nothing; the process may be on its way out already.
func (l *lateSource) close() {
	if l.source != nil {
		_ = l.source.Close(context.Background())
	}
}

// targets are the machine the kit runs on and all arrays. closeAll ends the
// sessions.
func (a *app) targets(conf *siteconf.Config) (targets []daemon.Target, closeAll func(), err error) {
	machine, err := host.New(host.Options{Target: conf.Monitor.HostName})
	if err != nil {
		return nil, nil, err
	}
	every := poll.Options{Every: conf.Monitor.Every}
	targets = append(targets, daemon.Target{Source: machine, Kind: localmon.KindHost, Poll: every})
	var arrays []*lateSource
	for _, ar := range conf.Arrays {
		s := &lateSource{target: ar.Name, open: func() (*flasharray.Source, error) { return a.arraySource(ar) }}
		arrays = append(arrays, s)
		targets = append(targets, daemon.Target{Source: s, Kind: ar.Kind, Poll: every})
	}
	return targets, func() {
		for _, s := range arrays {
			s.close()
		}
	}, nil
}
