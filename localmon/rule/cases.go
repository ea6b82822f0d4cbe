package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/runbooks/strictyaml"
)

// maxLooks bounds one case.
const maxLooks = 10_000

const (
	maxCopies = 30_000  // series one line of a case stands for
	maxTold   = 200_000 // samples, states and alerts of all looks of a case
)

// Case is looks at a target and what must fire after the last of them.
type Case struct {
	Name  string   `yaml:"name"`
	Looks []Look   `yaml:"looks"`
	Fires []string `yaml:"fires"` // component and severity, "-" for the target as a whole; none: must not fire
	Also  []string `yaml:"also"`  // ids of other rules that may fire on their own
}

// Look is one look, or several alike.
type Look struct {
	Times   int           `yaml:"times"`   // 1 when left out
	Every   time.Duration `yaml:"every"`   // from the look before, 30s when left out
	States  []string      `yaml:"states"`  // type, component and status word; health follows from the word
	Alerts  []CaseAlert   `yaml:"alerts"`  // the alert list is read unless blind
	Metrics []string      `yaml:"metrics"` // name{labels} value; a value 10..90 runs evenly over Times
	Copies  int           `yaml:"copies"`  // each metric so many times, told apart by the label copy
	Error   string        `yaml:"error"`   // unreachable, certificate, token: the look reads nothing
	Failing []string      `yaml:"failing"` // endpoints that fail while the rest goes on
	Ahead   time.Duration `yaml:"ahead"`   // the target's clock is ahead of the kit's; not told when zero
	Version string        `yaml:"version"`
	Serial  string        `yaml:"serial"`
}

// CaseAlert is an alert of the target.
type CaseAlert struct {
	Code      int    `yaml:"code"`
	Type      string `yaml:"type"`
	Component string `yaml:"component"`
	Severity  string `yaml:"severity"`
	State     string `yaml:"state"` // open when left out
	Issue     string `yaml:"issue"`
	Actual    string `yaml:"actual"`
}

// checkCases checks that a rule carries what proves it, as far as can be seen
// without running it.
func (r Rule) checkCases(at strictyaml.Place) {
	fires, quiet := 0, 0
	for i, k := range r.Cases {
		at := at.Item(i)
		if k.Name == "" || len(k.Looks) == 0 {
			at.Fail("a case needs a name and looks")
		}
		if len(k.Fires) > 0 {
			fires++
		} else {
			quiet++
		}
		for j, l := range k.Looks {
			if l.Copies != 0 && (l.Copies < 0 || l.Copies > maxCopies || l.Times > 1) {
				at.Key("looks").Item(j).Fail("copies is 1 to %d, of one look", maxCopies)
			}
			l.Times, l.Copies = 1, min(l.Copies, 1) // one of each kind is enough to see whether it can be read
			if _, err := l.batches(); err != nil {
				at.Key("looks").Item(j).Fail("%s", err)
			}
		}
		looks, told := k.effort()
		if looks > maxLooks {
			at.Fail("%d looks, at most %d", looks, maxLooks)
		}
		if told > maxTold {
			at.Fail("%d samples, states and alerts in all, at most %d", told, maxTold)
		}
		for j, f := range k.Fires {
			if _, _, err := expected(f); err != nil {
				at.Key("fires").Item(j).Fail("%s", err)
			}
		}
	}
	if fires == 0 || quiet == 0 {
		at.Fail("rule %s needs at least one case that fires and one that does not", r.ID)
	}
}

// effort is how many looks a case asks for, and what they tell in all.
func (c Case) effort() (looks, told int) {
	for _, l := range c.Looks {
		times := min(max(l.Times, 1), maxLooks+1)
		looks += times
		told += times * (len(l.Metrics)*min(max(l.Copies, 1), maxCopies+1) + len(l.States) + len(l.Alerts))
	}
	return looks, told
}

// caseStart is when the first look of a case is.
var caseStart = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

// Check runs the cases of every rule against the whole set and joins what does
// not come out as written.
func (s Set) Check() error {
	var errs []error
	for _, r := range s.Rules {
		for _, t := range s.Try(r) {
			if t.Err != nil {
				errs = append(errs, fmt.Errorf("rule %s, case %q, %s: %w", r.ID, r.Cases[t.Case].Name, t.Kind, t.Err))
			}
		}
	}
	return errors.Join(errs...)
}

// Trial is one case of a rule at one kind of target; Err says what does not come
// out as written.
type Trial struct {
	Case int // of the rule's
	Kind localmon.Kind
	Err  error
}

// Try runs the cases of a rule against the whole set.
func (s Set) Try(r Rule) []Trial {
	var out []Trial
	for i, c := range r.Cases {
		for _, kind := range caseKinds(r) {
			out = append(out, Trial{i, kind, s.run(r, c, kind)})
		}
	}
	return out
}

func caseKinds(r Rule) []localmon.Kind {
	if len(r.Kinds) > 0 {
		return r.Kinds
	}
	return []localmon.Kind{localmon.KindFlashArray, localmon.KindFlashBlade, localmon.KindHost}
}

func (s Set) run(r Rule, c Case, kind localmon.Kind) error {
	e := NewEvaluator(s, "target", kind)
	now := caseStart
	var last []localmon.Condition
	for _, l := range c.Looks {
		batches, err := l.batches()
		if err != nil {
			return err
		}
		for _, b := range batches {
			now = now.Add(l.every())
			b.At = now
			if l.Ahead != 0 {
				b.TargetAt = now.Add(l.Ahead)
			}
			last = e.Evaluate(now, b)
		}
	}
	return c.compare(r, last)
}

func (c Case) compare(r Rule, got []localmon.Condition) error {
	want := map[string][]localmon.Severity{}
	for _, f := range c.Fires {
		component, severity, err := expected(f)
		if err != nil {
			return err
		}
		want[component] = append(want[component], severity)
	}
	var errs []error
	for _, g := range got {
		base, _, _ := strings.Cut(g.Rule, ":")
		if g.State != localmon.Yes {
			continue
		}
		if base != r.ID {
			if g.Cause.IsZero() && !slices.Contains(c.Also, base) {
				errs = append(errs, fmt.Errorf("rule %s fires too: %s", g.Rule, g.Summary))
			}
			continue
		}
		i := slices.Index(want[g.Component], g.Severity)
		switch {
		case i < 0:
			errs = append(errs, fmt.Errorf("fires for %q with severity %d: %s", g.Component, g.Severity, g.Summary))
			continue
		case g.Summary == "" || strings.Contains(g.Summary, "{"):
			errs = append(errs, fmt.Errorf("summary %q has a hole", g.Summary))
		}
		want[g.Component] = slices.Delete(want[g.Component], i, i+1)
	}
	for component, severities := range want {
		for _, s := range severities {
			errs = append(errs, fmt.Errorf("does not fire for %q with severity %d", component, s))
		}
	}
	return errors.Join(errs...)
}

// expected reads "CH0.BAY7 2" or "- 3".
func expected(s string) (string, localmon.Severity, error) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", 0, fmt.Errorf("%q: want a component, or -, and a severity", s)
	}
	n, err := strconv.ParseUint(s[i+1:], 10, 8)
	if err != nil || n < 1 || n > 4 {
		return "", 0, fmt.Errorf("%q: severity is 1 to 4", s)
	}
	component := strings.TrimSpace(s[:i])
	if component == "-" {
		component = ""
	}
	return component, localmon.Severity(n), nil
}

func (l Look) every() time.Duration {
	if l.Every == 0 {
		return 30 * time.Second
	}
	return l.Every
}

// batches writes a look out.
func (l Look) batches() ([]localmon.Batch, error) {
	if l.Every < 0 {
		return nil, fmt.Errorf("every %s: time goes on from look to look", l.Every)
	}
	n := max(l.Times, 1)
	if n > maxLooks {
		return nil, fmt.Errorf("%d looks, at most %d", n, maxLooks)
	}
	out := make([]localmon.Batch, n)
	for i := range out {
		b := localmon.Batch{Target: "target"}
		if l.Error != "" {
			err, ok := map[string]error{
				"unreachable": localmon.ErrUnreachable, "certificate": localmon.ErrCertificateChanged, "token": localmon.ErrTokenRefused,
			}[l.Error]
			if !ok {
				return nil, fmt.Errorf("error %q: use unreachable, certificate or token", l.Error)
			}
			b.Partial = []localmon.EndpointError{{Endpoint: "*", Err: err}}
			out[i] = b
			continue
		}
		b.AlertsRead = true
		for _, name := range l.Failing {
			b.Partial = append(b.Partial, localmon.EndpointError{Endpoint: name, Err: errors.New("HTTP 500")})
		}
		if l.Version != "" || l.Serial != "" {
			b.Info = &localmon.Array{Version: l.Version, Serial: l.Serial}
		}
		for _, s := range l.States {
			state, err := parseState(s)
			if err != nil {
				return nil, err
			}
			b.States = append(b.States, state)
		}
		for k, a := range l.Alerts {
			b.Alerts = append(b.Alerts, a.alert(k))
		}
		for _, m := range l.Metrics {
			sample, err := parseSample(m, i, n)
			if err != nil {
				return nil, err
			}
			b.Samples = append(b.Samples, l.copies(sample)...)
		}
		out[i] = b
	}
	return out, nil
}

func (l Look) copies(s localmon.Sample) []localmon.Sample {
	if l.Copies <= 0 {
		return []localmon.Sample{s}
	}
	all := make([]localmon.Sample, l.Copies)
	for i := range all {
		all[i] = s
		all[i].Key.Labels = localmon.FormatLabels("copy", strconv.Itoa(i))
	}
	return all
}

func (a CaseAlert) alert(n int) localmon.ArrayAlert {
	state := a.State
	if state == "" {
		state = "open"
	}
	return localmon.ArrayAlert{
		ID: fmt.Sprintf("%032x", n+1), Name: strconv.Itoa(1000 + n), Code: a.Code, Severity: a.Severity, State: state, Category: "array",
		ComponentType: a.Type, Component: a.Component, Issue: a.Issue, Actual: a.Actual,
		Summary: fmt.Sprintf("(%s:%s): %s", a.Type, a.Component, a.Issue),
	}
}

// caseHealth judges the words cases use; a source judges its own.
var caseHealth = map[string]localmon.Health{
	"ok": localmon.HealthOK, "healthy": localmon.HealthOK, "ready": localmon.HealthOK, "up": localmon.HealthOK, "active": localmon.HealthOK,
	"unused": localmon.HealthOK, "empty": localmon.HealthOK, "not_installed": localmon.HealthOK,
	"failed": localmon.HealthCritical, "missing": localmon.HealthCritical, "unrecognized": localmon.HealthCritical,
	"critical": localmon.HealthCritical, "unhealthy": localmon.HealthCritical, "not ready": localmon.HealthCritical,
	"full": localmon.HealthCritical, "degraded": localmon.HealthCritical, "uncorrectable errors": localmon.HealthCritical,
	"": localmon.HealthUnknown,
}

// parseState reads "drive CH0.BAY7 failed".
func parseState(s string) (localmon.ComponentState, error) {
	parts := strings.SplitN(s, " ", 3)
	if len(parts) < 2 {
		return localmon.ComponentState{}, fmt.Errorf("state %q: want type, component and status", s)
	}
	parts = append(parts, "")
	health, known := caseHealth[parts[2]]
	if !known {
		health = localmon.HealthWarning
	}
	return localmon.ComponentState{Type: parts[0], Component: parts[1], Status: parts[2], Health: health}, nil
}

// parseSample reads `name{label="value"} 3` or `name 10..90`.
func parseSample(s string, i, n int) (localmon.Sample, error) {
	at := strings.LastIndexByte(s, ' ')
	if at < 0 {
		return localmon.Sample{}, fmt.Errorf("metric %q: want name{labels} value", s)
	}
	key := localmon.SeriesKey{Target: "target", Metric: s[:at]}
	if name, labels, ok := strings.Cut(s[:at], "{"); ok {
		parsed, err := localmon.ParseLabels(strings.TrimSuffix(labels, "}"))
		if err != nil {
			return localmon.Sample{}, fmt.Errorf("metric %q: %w", s, err)
		}
		key.Metric, key.Labels = name, localmon.JoinLabels(parsed)
	}
	from, to, run := strings.Cut(s[at+1:], "..")
	a, err := strconv.ParseFloat(from, 64)
	if err != nil {
		return localmon.Sample{}, fmt.Errorf("metric %q: %q is not a number", s, from)
	}
	if !run {
		return localmon.Sample{Key: key, Value: a}, nil
	}
	z, err := strconv.ParseFloat(to, 64)
	if err != nil {
		return localmon.Sample{}, fmt.Errorf("metric %q: %q is not a number", s, to)
	}
	return localmon.Sample{Key: key, Value: a + (z-a)*float64(i)/float64(max(n-1, 1))}, nil
}
