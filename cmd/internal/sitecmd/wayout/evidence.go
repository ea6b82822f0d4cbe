package wayout

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/arraystate"
	collectmonitor "darksite/bundle/collect/monitor"
	"darksite/bundle/collect/runs"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/runbooks"
	"darksite/runbooks/engine"
)

// evidenceProfile takes what runbooks ask for.
const evidenceProfile = "evidence"

// evidenceSources are the collectors behind the words a runbook's collect steps
// use.
func evidenceSources() map[string][]string {
	return map[string][]string{
		"array-state": {arraystate.Name, collectmonitor.Name},
	}
}

// evidence is what the runbooks of some runs ask for, about which targets, since
// when. A nil one asks for everything.
type evidence struct {
	sources, targets []string
	since            time.Time
}

// wants reports whether a collector is on the list.
func (e *evidence) wants(collector string) bool {
	return e == nil || slices.Contains(e.sources, collector)
}

// about reports whether a target is one of the runs'.
func (e *evidence) about(target string) bool {
	return e == nil || slices.Contains(e.targets, target)
}

// selector are the series of the list.
func (e *evidence) selector() localmon.Selector {
	if e == nil || len(e.targets) != 1 {
		return localmon.Selector{}
	}
	return localmon.Selector{Target: e.targets[0]}
}

// extent is how much is taken: a shipped profile, or what the runs ask for.
func (a *app) extent(o *collectOptions) (collect.Profile, *evidence, error) {
	if o.profile != evidenceProfile {
		p, err := collect.ProfileNamed(o.profile)
		if err != nil {
			return p, nil, cli.WithCode(cli.CodeUsage, fmt.Errorf("%w; or %s, with --run", err, evidenceProfile))
		}
		return p, nil, nil
	}
	if len(o.runs) == 0 {
		return collect.Profile{}, nil, cli.WithHint(cli.Usagef("profile %s takes what the runbook of a run asks for: name the run with --run", evidenceProfile), "ls %s", a.Path(site.RunsDir))
	}
	e := &evidence{}
	for _, id := range o.runs {
		if err := a.askedBy(id, e); err != nil {
			return collect.Profile{}, nil, fmt.Errorf("run %s: %w", id, err)
		}
	}
	p, err := collect.ProfileNamed("quick")
	p.Name = evidenceProfile
	// The curve before the run is what led to it.
	p.Recent = min(max(a.Env.Now().Sub(e.since)+p.Recent, p.Recent), 7*24*time.Hour)
	return p, e, err
}

// askedBy adds what the runbook of one run asks for. The run's own copy of the
// runbook counts.
func (a *app) askedBy(id string, e *evidence) error {
	book, err := runbooks.LoadOne(os.DirFS(a.Path(site.RunsDir)), id)
	if err != nil {
		return err
	}
	f, err := os.Open(a.Path(site.RunsDir, id, engine.LogFile))
	if err != nil {
		return err
	}
	entries, _, err := engine.ReadLog(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("%w: it has no first line", engine.ErrLogDamaged)
	}
	began := entries[0]
	if e.since.IsZero() || began.At.Before(e.since) {
		e.since = began.At
	}
	add := func(list *[]string, words ...string) {
		for _, w := range words {
			if !slices.Contains(*list, w) {
				*list = append(*list, w)
			}
		}
	}
	add(&e.targets, began.Target)
	add(&e.sources, runs.Name)
	for _, s := range book.Steps {
		if s.Kind != runbooks.Collect {
			continue
		}
		sources, known := evidenceSources()[s.Profile]
		if !known {
			return cli.WithHint(cli.WithCode(cli.CodeUsage, fmt.Errorf("its runbook asks for evidence %q, which this kit does not know", cmp.Or(s.Profile, "without a name"))), "darksite bundle collect --as ID --run %s", id)
		}
		add(&e.sources, sources...)
	}
	return nil
}
