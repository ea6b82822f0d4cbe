package replay

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/bundle/desk/triage"
	"darksite/runbooks"
)

// Check is one check of a runbook, asked of what a bundle shows of an array.
type Check struct {
	Runbook string          `json:"runbook"`
	Array   string          `json:"array"`
	Step    string          `json:"step"`
	Asks    string          `json:"asks"`
	Result  runbooks.Result `json:"result"`
	Saw     string          `json:"saw"` // what was found, or why it is unknown
}

// Checks asks every check of a runbook of one array in a bundle. A bundle is one
// moment: how old its data may be is not asked. Questions about metrics are answered
// from the samples that came along, and are unknown where there are none; past may be
// nil.
func Checks(ctx context.Context, book *runbooks.Runbook, f triage.Facts, past *Samples, array string) []Check {
	i := slices.IndexFunc(f.Arrays, func(a triage.Array) bool { return a.Name == array })
	if i < 0 {
		return nil
	}
	seen := shown{f, f.Arrays[i], past}
	var out []Check
	for _, s := range book.Steps {
		if s.Kind != runbooks.Check || s.Expect == nil {
			continue
		}
		v := s.Expect.Eval(ctx, f.Taken, seen, 0)
		c := Check{Runbook: book.ID, Array: array, Step: s.ID, Asks: s.Expect.Sentence(runbooks.English), Result: v.Result, Saw: v.Reason}
		if v.Result != runbooks.Unknown {
			c.Saw = s.Expect.Describe(runbooks.English, v)
		}
		out = append(out, c)
	}
	return out
}

// shown answers a runbook's questions from a bundle.
type shown struct {
	facts triage.Facts
	array triage.Array
	past  *Samples
}

// Components implements runbooks.Facts. NVRAM modules are drives there, as arrays
// list them.
func (s shown) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	var out []runbooks.Component
	for _, p := range s.array.Parts {
		if p.Type == kind || kind == "drive" && p.Type == "nvram" {
			out = append(out, runbooks.Component{Name: p.Name, Type: kind, Status: p.Status})
		}
	}
	if len(out) == 0 {
		return nil, time.Time{}, fmt.Errorf("%w: the bundle lists no %s of the array", runbooks.ErrNoData, strings.ReplaceAll(kind, "_", " "))
	}
	return out, s.facts.Taken, nil
}

// Values implements runbooks.Facts.
func (s shown) Values(_ context.Context, metric string, labels map[string]string, window time.Duration) ([]runbooks.Value, error) {
	return s.past.values(s.array.Name, metric, labels, window)
}

// Alerts implements runbooks.Facts.
func (s shown) Alerts(context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	if !s.facts.Watched {
		return nil, time.Time{}, fmt.Errorf("%w: the bundle does not tell what the site's monitor raised", runbooks.ErrNoData)
	}
	var out []runbooks.OpenAlert
	for i, r := range s.facts.Raised {
		if r.Open && r.Array == s.array.Name {
			out = append(out, runbooks.OpenAlert{ID: uint64(i) + 1, Rule: r.Rule, Component: r.Component, Severity: r.Severity}) //nolint:gosec // an index
		}
	}
	return out, s.facts.Taken, nil
}
