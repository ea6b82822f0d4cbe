package sitecmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

// targets opens every source of the site: the machine the kit runs on and all
// arrays. closeAll ends the sessions.
func (a *app) targets(conf *siteconf.Config) (targets []daemon.Target, closeAll func(), err error) {
	var arrays []*flasharray.Source
	closeAll = func() {
		// A session that cannot be ended ends by itself on the array, so the
		// error changes nothing; the process may be on its way out already.
		for _, s := range arrays {
			_ = s.Close(context.Background())
		}
	}
	machine, err := host.New(host.Options{Target: conf.Monitor.HostName})
	if err != nil {
		return nil, nil, err
	}
	every := poll.Options{Every: conf.Monitor.Every}
	targets = append(targets, daemon.Target{Source: machine, Kind: localmon.KindHost, Poll: every})
	for _, ar := range conf.Arrays {
		s, err := a.arraySource(ar)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		arrays = append(arrays, s)
		targets = append(targets, daemon.Target{Source: s, Kind: ar.Kind, Poll: every})
	}
	return targets, closeAll, nil
}
