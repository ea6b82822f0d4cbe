package sitecmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"darksite/bundle/casedraft"
	"darksite/cmd/internal/cli"
	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/host"
	"darksite/runbooks"
	"darksite/runbooks/engine"
)

// liveFacts answers a runbook's questions about one target, an array or the kit's
// own machine: components and the newest values from a look at it now, the past
// from the history, alerts from the monitor.
type liveFacts struct {
	source localmon.Source
	sight  *sight
	target string
	now    func() time.Time
	batch  localmon.Batch
	serial string // as it was told last
}

// fresh is how long one look serves: the steps of a screen ask together.
const fresh = 10 * time.Second

// facts opens the facts of an array or of the kit's own machine; close them.
func (a *app) facts(ctx context.Context, target string) (*liveFacts, error) {
	conf, err := a.config()
	if err != nil {
		return nil, err
	}
	s, err := a.sight(ctx)
	if err != nil {
		return nil, err
	}
	if ar, ok := conf.Array(target); ok {
		src, err := a.openSource(ar, nil)
		if err != nil {
			return nil, err
		}
		return &liveFacts{source: src, sight: s, target: target, now: a.env.Now}, nil
	}
	if target == conf.Monitor.HostName {
		machine, err := host.New(host.Options{Target: target})
		if err != nil {
			return nil, err
		}
		// How much the history takes is told by the monitor, which has it open.
		src := &siteOrder{Source: machine, conf: conf, card: a.path(vendorFile), used: func(context.Context) (int64, int64, error) {
			return 0, 0, errors.New("the monitor tells")
		}}
		return &liveFacts{source: src, sight: s, target: target, now: a.env.Now}, nil
	}
	names := []string{conf.Monitor.HostName}
	for _, ar := range conf.Arrays {
		names = append(names, ar.Name)
	}
	return nil, cli.WithHint(cli.Usagef("no array is named %q in site.yaml", target), "one of: %s", strings.Join(names, ", "))
}

func (f *liveFacts) close() error {
	closeSource(f.source)
	return f.sight.close()
}

// look reads the array unless it was read a moment ago.
func (f *liveFacts) look(ctx context.Context) (localmon.Batch, error) {
	now := f.now()
	if age := now.Sub(f.batch.At); !f.batch.At.IsZero() && age >= 0 && age < fresh {
		return f.batch, nil
	}
	b, err := f.source.Collect(ctx, now)
	if err != nil {
		return localmon.Batch{}, fmt.Errorf("%w: %w", runbooks.ErrNoData, err)
	}
	if b.Info == nil {
		b.Info = f.batch.Info // not every look reads it, and a case draft wants model and version
	}
	f.batch = b
	return b, nil
}

// identity is what the target calls itself.
func (f *liveFacts) identity(ctx context.Context) (string, error) {
	b, err := f.look(ctx)
	if err != nil {
		return "", err
	}
	if b.Info != nil && b.Info.Serial != "" {
		f.serial = b.Info.Serial // not every look reads it
	}
	if f.serial == "" {
		return "", fmt.Errorf("%s does not tell its serial number", f.target)
	}
	return f.serial, nil
}

// Components implements runbooks.Facts.
func (f *liveFacts) Components(ctx context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	b, err := f.look(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	var out []runbooks.Component
	for _, s := range b.States {
		if s.Type == kind {
			out = append(out, runbooks.Component{Name: s.Component, Type: s.Type, Status: s.Status})
		}
	}
	if len(out) == 0 {
		return nil, time.Time{}, fmt.Errorf("%w: %s lists no %s", runbooks.ErrNoData, f.target, kind)
	}
	return out, b.At, nil
}

// Values implements runbooks.Facts: the history of the window, then what the
// array says now.
func (f *liveFacts) Values(ctx context.Context, metric string, labels map[string]string, window time.Duration) ([]runbooks.Value, error) {
	want := localmon.Selector{Target: f.target, Metric: metric}
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		want.Labels = append(want.Labels, localmon.Label{Name: k, Value: labels[k]})
	}
	var out []runbooks.Value
	now := f.now()
	series, err := f.sight.Series(ctx, want)
	if err != nil {
		return nil, err
	}
	if len(series) > 1 {
		return nil, fmt.Errorf("%w: %d series fit %s", runbooks.ErrNoData, len(series), metric)
	}
	for _, s := range series {
		for p, err := range f.sight.Range(ctx, s.Key, localmon.Window{From: now.Add(-window), To: now}) {
			if err != nil {
				return nil, err
			}
			out = append(out, runbooks.Value{At: p.At, Value: p.Value})
		}
	}
	b, err := f.look(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range b.Samples {
		if want.Matches(s.Key) && (len(out) == 0 || b.At.After(out[len(out)-1].At)) {
			out = append(out, runbooks.Value{At: b.At, Value: s.Value})
		}
	}
	return out, nil
}

// Alerts implements runbooks.Facts. They are as old as the newest look of the
// monitor that brought something: one that stands still closes no alert.
func (f *liveFacts) Alerts(ctx context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	at, err := f.judged(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	alerts, err := f.sight.Alerts(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	var out []runbooks.OpenAlert
	for _, al := range alerts {
		if al.Target == f.target && al.Status == localmon.StatusFiring {
			out = append(out, runbooks.OpenAlert{ID: al.ID, Rule: al.Rule, Component: al.Component, Severity: int(al.Severity)})
		}
	}
	return out, at, nil
}

// judged is when the monitor last saw the target, within the last day.
func (f *liveFacts) judged(ctx context.Context) (time.Time, error) {
	const up = "localmon_source_up"
	series, err := f.sight.Series(ctx, localmon.Selector{Target: f.target, Metric: up})
	if err != nil {
		return time.Time{}, err
	}
	var at time.Time
	now := f.now()
	for _, s := range series {
		for p, err := range f.sight.Range(ctx, s.Key, localmon.Window{From: now.Add(-24 * time.Hour), To: now}) {
			if err != nil {
				return time.Time{}, err
			}
			if p.Value == 1 && p.At.After(at) {
				at = p.At
			}
		}
	}
	if at.IsZero() {
		return time.Time{}, fmt.Errorf("%w: the monitor has not seen %s for a day", runbooks.ErrNoData, f.target)
	}
	return at, nil
}

// runSite is what a run asks of the site: evidence and case drafts.
type runSite struct {
	a     *app
	facts *liveFacts
}

// Evidence implements engine.Site. Of the two profiles array-state is every
// read-only reply of the array and the alerts of the site; kit-state is for what
// is about the kit itself: what a look at the target brings, with the error where
// it brings nothing, and the alerts of the site.
func (s *runSite) Evidence(ctx context.Context, profile string) (map[string][]byte, error) {
	files := map[string][]byte{}
	switch profile {
	case "array-state":
	case "kit-state":
		name, text := s.looked(ctx)
		files[name] = text
		return files, s.addAlerts(ctx, files)
	default:
		return nil, fmt.Errorf("evidence profile %q is not known", profile)
	}
	var replies []arrayrest.RawReply
	if src, able := s.facts.source.(rawReader); able {
		var err error
		if replies, err = src.Raw(ctx); err != nil {
			return nil, err
		}
	}
	for _, r := range replies {
		name := strings.TrimSuffix(r.File, ".json")
		if r.Err != nil {
			files[name+".error.txt"] = []byte(r.Err.Error() + "\n")
			continue
		}
		files[name+".json"] = r.JSON
	}
	return files, s.addAlerts(ctx, files)
}

// addAlerts adds the alerts of the site to the files.
func (s *runSite) addAlerts(ctx context.Context, files map[string][]byte) error {
	alerts, err := s.facts.sight.Alerts(ctx)
	if err != nil {
		return err
	}
	if alerts == nil {
		alerts = []localmon.Alert{}
	}
	text, err := json.MarshalIndent(alerts, "", "  ")
	if err != nil {
		return fmt.Errorf("write the alerts: %w", err)
	}
	files["site-alerts.json"] = append(text, '\n')
	return nil
}

// looked is a look at the target as a file: its parts, or why there are none.
func (s *runSite) looked(ctx context.Context) (name string, text []byte) {
	b, err := s.facts.look(ctx)
	if err != nil {
		return "look.error.txt", []byte(err.Error() + "\n")
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s at %s\n", b.Target, b.At.UTC().Format(time.RFC3339))
	for _, st := range b.States {
		fmt.Fprintf(&out, "%s %s: %s, %s\n", st.Type, st.Component, st.Status, st.Detail)
	}
	for _, e := range b.Partial {
		fmt.Fprintf(&out, "not read: %s: %v\n", e.Endpoint, e.Err)
	}
	return "look.txt", out.Bytes()
}

// DraftCase implements engine.Site.
func (s *runSite) DraftCase(ctx context.Context, c engine.Case) (string, error) {
	o := caseOptions{severity: c.Severity, draft: casedraft.Draft{
		Array: c.Target, Subject: c.Subject, Impact: c.Impact, InitiatorOS: "to be completed", Runs: []string{c.Run},
		Description: describeRun(c),
	}}
	if c.Alert != 0 {
		o.alerts = []string{fmt.Sprint(c.Alert)}
		o.draft.Alerts = []uint64{c.Alert}
	}
	if info := s.facts.batch.Info; info != nil {
		o.draft.Model, o.draft.OSVersion, o.draft.Serial = info.Model, strings.TrimSpace(info.OS+" "+info.Version), info.Serial
	}
	d, err := s.a.newCase(o)
	if err != nil {
		return "", err
	}
	s.a.env.Notef("case %s is drafted, severity %d", d.ID, d.Severity)
	return string(d.ID), nil
}

func describeRun(c engine.Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Drafted by runbook run %s about %s", c.Run, c.Target)
	if c.Component != "" {
		fmt.Fprintf(&b, ", %s", c.Component)
	}
	b.WriteString(". The log of the run and the evidence it took are in the bundle.")
	if len(c.Hold) > 0 {
		b.WriteString("\nNot to be touched meanwhile: " + strings.Join(c.Hold, "; ") + ".")
	}
	return b.String()
}
