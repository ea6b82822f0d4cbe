package sight

import (
	"context"

	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/overview"
)

// Overview is what an admin asks first: is it safe, since when do I know, what next.
func Overview(ctx context.Context, s *site.Site) (overview.Overview, error) {
	var o overview.Overview
	err := WithOverview(ctx, s, func(_ *Sight, _ overview.Input, made overview.Overview) error {
		o = made
		return nil
	})
	return o, err
}

// WithOverview makes the overview and goes on with what it was made from.
func WithOverview(ctx context.Context, s *site.Site, f func(*Sight, overview.Input, overview.Overview) error) error {
	conf, err := s.Config()
	if err != nil {
		return err
	}
	in := OverviewInput(s, conf)
	return With(ctx, s, func(s *Sight) (err error) {
		in.Reader = s.Reader
		if in.Alerts, err = s.Alerts(ctx); err != nil {
			return err
		}
		if in.Quiets, err = s.Quiets(ctx); err != nil {
			return err
		}
		if in.Monitor, err = s.Monitor(ctx); err != nil {
			return err
		}
		o, err := overview.Build(ctx, in)
		if err != nil {
			return err
		}
		return f(s, in, o)
	})
}

// OverviewInput is what an overview takes from the site's own papers.
func OverviewInput(s *site.Site, conf *siteconf.Config) overview.Input {
	in := overview.Input{Site: conf.Site.Code, Now: s.Env.Now(), Targets: []overview.Target{{Name: conf.Monitor.HostName, Kind: localmon.KindHost}}}
	for _, ar := range conf.Arrays {
		in.Targets = append(in.Targets, overview.Target{Name: ar.Name, Kind: ar.Kind})
	}
	last, _, _, err := s.LastRound()
	in.LastRound, in.NoRounds = last.Done, err != nil // whether it is safe must be said in any case
	return in
}
