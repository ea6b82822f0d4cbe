package remedy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"darksite/bundle/casedraft"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/runtarget"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/host"
	"darksite/runbooks/engine"
)

// liveFacts are the facts of a target with what they hold open.
type liveFacts struct {
	*runtarget.Live
	source localmon.Source
	sight  *sight.Sight
	target string
}

func (a *app) liveFacts(src localmon.Source, s *sight.Sight, target string) *liveFacts {
	return &liveFacts{Live: runtarget.NewLive(src, s, a.Env.Now), source: src, sight: s, target: target}
}

// facts opens the facts of an array or of the kit's own machine; close them.
func (a *app) facts(ctx context.Context, target string) (*liveFacts, error) {
	conf, err := a.Config()
	if err != nil {
		return nil, err
	}
	s, err := sight.Open(ctx, a.Site)
	if err != nil {
		return nil, err
	}
	if ar, ok := conf.Array(target); ok {
		src, err := watch.OpenSource(a.Site, ar, nil)
		if err != nil {
			return nil, err
		}
		return a.liveFacts(src, s, target), nil
	}
	if target == conf.Monitor.HostName {
		machine, err := host.New(host.Options{Target: target})
		if err != nil {
			return nil, err
		}
		// How much the history takes is told by the monitor, which has it open.
		src := &watch.Order{Source: machine, Conf: conf, Card: a.Path(site.VendorFile), Kept: func(now time.Time) (certified.Coverage, error) { return certified.CountAt(a.Site, now) }, Used: func(context.Context) (int64, int64, error) {
			return 0, 0, errors.New("the monitor tells")
		}}
		return a.liveFacts(src, s, target), nil
	}
	names := []string{conf.Monitor.HostName}
	for _, ar := range conf.Arrays {
		names = append(names, ar.Name)
	}
	return nil, cli.WithHint(cli.Usagef("no array is named %q in site.yaml", target), "one of: %s", strings.Join(names, ", "))
}

// hurry has the monitor, where one runs, look at the target before its turn: an
// alert that a run waits for closes no sooner than the monitor sees why. One that
// cannot be asked looks in its own time, so nothing depends on it.
func (f *liveFacts) hurry(ctx context.Context) {
	if f.sight.Client != nil {
		_ = f.sight.Client.Look(ctx, f.target)
	}
}

func (f *liveFacts) close() error {
	watch.CloseSource(f.source)
	return f.sight.Close()
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
	if src, able := s.facts.source.(watch.RawReader); able {
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
	b, err := s.facts.Look(ctx)
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
	if info := s.facts.Info(); info != nil {
		o.draft.Model, o.draft.OSVersion, o.draft.Serial = info.Model, strings.TrimSpace(info.OS+" "+info.Version), info.Serial
	}
	if o.draft.Model == "" || o.draft.OSVersion == "" { // it cannot be seen now: what the monitor saw last
		if err := fillIdentity(ctx, s.facts.sight, &o.draft); err != nil {
			return "", err
		}
	}
	d, err := s.a.newCase(o)
	if err != nil {
		return "", err
	}
	s.a.Env.Notef("case %s is drafted, severity %d", d.ID, d.Severity)
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
