package triage

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"darksite/runbooks/strictyaml"
)

//go:embed known.yaml
var shipped []byte

// Rules are known issues, in the order of their file.
type Rules []Rule

// Rule is one known issue.
type Rule struct {
	ID       string   `yaml:"id"`
	Title    string   `yaml:"title"`
	Kind     string   `yaml:"kind,omitempty"` // of array; empty is both
	Versions Range    `yaml:"versions,omitempty"`
	Severity int      `yaml:"severity"`
	Needs    []string `yaml:"needs,omitempty"` // documents without which nothing can be said
	When     When     `yaml:"when,omitempty"`
	Advice   string   `yaml:"advice"`
	FixedIn  string   `yaml:"fixed_in,omitempty"`

	Must    []Example `yaml:"must"`
	MustNot []Example `yaml:"must_not"`
	Cannot  []Example `yaml:"cannot,omitempty"`
}

// When is the condition of a rule on one array. Everything that is set must hold;
// an empty one leaves it to the versions.
type When struct {
	Part   *PartIs   `yaml:"part,omitempty"`
	Alert  *AlertIs  `yaml:"alert,omitempty"`
	Number *NumberIs `yaml:"number,omitempty"`
	Differ string    `yaml:"versions_differ,omitempty"` // type of part whose versions ought to be equal
}

// PartIs holds for parts of a type whose status is none of the healthy ones.
type PartIs struct {
	Type    []string `yaml:"type"`
	Healthy []string `yaml:"healthy"`
}

// AlertIs holds for open alerts of the array itself.
type AlertIs struct {
	Code []int    `yaml:"code,omitempty"`
	Type []string `yaml:"type,omitempty"`
	Word []string `yaml:"word,omitempty"` // how severe the array calls it
	// Rest leaves out parts and codes that the site's monitor or another rule names:
	// then the array's own words are the finding.
	Rest bool `yaml:"rest,omitempty"`
}

func (w AlertIs) holds(a Alert) bool {
	return a.State == "open" && (len(w.Code) == 0 || slices.Contains(w.Code, a.Code)) &&
		(len(w.Type) == 0 || slices.Contains(w.Type, a.Type)) && (len(w.Word) == 0 || slices.Contains(w.Word, a.Severity))
}

// rest says whether the rule is about what nothing else names.
func (r Rule) rest() bool { return r.When.Alert != nil && r.When.Alert.Rest }

// NumberIs holds for a number above or below a bound.
type NumberIs struct {
	Name  string   `yaml:"name"`
	Above *float64 `yaml:"above,omitempty"`
	Below *float64 `yaml:"below,omitempty"`
}

// Example is an array as a rule's file writes it down.
type Example struct {
	Name    string             `yaml:"name"`
	Kind    string             `yaml:"kind,omitempty"`
	Version string             `yaml:"version,omitempty"`
	Parts   []ExamplePart      `yaml:"parts,omitempty"`
	Alerts  []ExampleAlert     `yaml:"alerts,omitempty"`
	Numbers map[string]float64 `yaml:"numbers,omitempty"`
	Without []string           `yaml:"without,omitempty"` // documents that are missing
}

// ExamplePart is a part of an example.
type ExamplePart struct {
	Type    string `yaml:"type"`
	Name    string `yaml:"name"`
	Status  string `yaml:"status"`
	Version string `yaml:"version,omitempty"`
}

// ExampleAlert is an alert of an example.
type ExampleAlert struct {
	Code  int    `yaml:"code,omitempty"`
	Type  string `yaml:"type,omitempty"`
	Word  string `yaml:"word,omitempty"`
	State string `yaml:"state"`
}

// Shipped are the rules the desk comes with.
func Shipped() (Rules, error) { return Parse("known.yaml", shipped) }

// Parse reads rules strictly and runs the examples of each. The error joins every
// problem.
func Parse(name string, data []byte) (Rules, error) {
	var f struct {
		Rules Rules `yaml:"rules"`
	}
	if err := strictyaml.Decode(name, data, &f); err != nil {
		return nil, err
	}
	var problems []error
	seen := map[string]bool{}
	for _, r := range f.Rules {
		if seen[r.ID] {
			problems = append(problems, fmt.Errorf("%s: rule %s stands twice", name, r.ID))
		}
		seen[r.ID] = true
		if err := r.check(); err != nil {
			problems = append(problems, fmt.Errorf("%s: rule %s: %w", name, r.ID, err))
		}
	}
	return f.Rules, errors.Join(problems...)
}

func (r Rule) check() error {
	switch {
	case r.ID == "" || strings.Trim(r.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return errors.New("an id has small letters, digits and '-'")
	case r.Title == "" || r.Advice == "":
		return errors.New("it needs a title and an advice")
	case r.Severity < 1 || r.Severity > 4:
		return fmt.Errorf("severity %d: want 1 to 4", r.Severity)
	case r.Kind != "" && r.Kind != "flasharray" && r.Kind != "flashblade":
		return fmt.Errorf("kind %q: want flasharray or flashblade", r.Kind)
	case len(r.Versions.From) > 0 && len(r.Versions.Before) > 0 && slices.Compare(r.Versions.From, r.Versions.Before) >= 0:
		return fmt.Errorf("%s are none", r.Versions)
	case r.When == When{} && r.Versions.everything():
		return errors.New("it would find everything: give it a condition or versions")
	case len(r.Must) == 0 || len(r.MustNot) == 0:
		return errors.New("it needs an example it must find and one it must not")
	case len(r.Cannot) == 0 && (len(r.Needs) > 0 || !r.Versions.everything()):
		return errors.New("it needs an example it cannot check")
	}
	var problems []error
	for want, list := range map[Verdict][]Example{Found: r.Must, NotFound: r.MustNot, CouldNotCheck: r.Cannot} {
		for _, e := range list {
			if got := r.verdict(e.array(r)); got.Verdict != want {
				problems = append(problems, fmt.Errorf("example %q: %s, want %s", e.Name, got.Verdict, want))
			}
		}
	}
	return errors.Join(problems...)
}

// array is what an example stands for: of the rule's kind and with every document
// the rule needs, unless it says otherwise.
func (e Example) array(r Rule) Array {
	a := Array{Name: "example", Kind: e.Kind, Version: e.Version, Numbers: e.Numbers, Read: map[string]bool{}}
	if a.Kind == "" {
		a.Kind = r.Kind
	}
	for _, n := range r.Needs {
		a.Read[n] = !slices.Contains(e.Without, n)
	}
	for _, p := range e.Parts {
		a.Parts = append(a.Parts, Part{Type: p.Type, Name: p.Name, Status: p.Status, Version: p.Version})
	}
	for _, al := range e.Alerts {
		a.Alerts = append(a.Alerts, Alert{Code: al.Code, Type: al.Type, Severity: al.Word, State: al.State})
	}
	return a
}

// Verdict is how a rule ended.
type Verdict string

// The verdicts.
const (
	Found         Verdict = "found"
	NotFound      Verdict = "not found"
	CouldNotCheck Verdict = "could not check"
)

// outcome is a verdict with what speaks for it.
type outcome struct {
	Verdict  Verdict
	Evidence []string
	Parts    []string // the components it is about
	Why      string   // it could not be checked
}

// verdict holds a rule against an array.
func (r Rule) verdict(a Array) outcome {
	switch {
	case r.Kind != "" && a.Kind == "":
		return outcome{Verdict: CouldNotCheck, Why: "the kind of the array is not known"}
	case r.Kind != "" && a.Kind != r.Kind:
		return outcome{Verdict: NotFound}
	}
	var out outcome
	if !r.Versions.everything() {
		v, err := ParseVersion(a.Version)
		if err != nil {
			return outcome{Verdict: CouldNotCheck, Why: "the version of the array is not known"}
		}
		if !r.Versions.holds(v) {
			return outcome{Verdict: NotFound}
		}
		out.Evidence = append(out.Evidence, fmt.Sprintf("it runs %s; affected are %s", v, r.Versions))
	}
	for _, n := range r.Needs {
		if !a.Read[n] {
			return outcome{Verdict: CouldNotCheck, Why: fmt.Sprintf("the bundle has no %s of the array", n)}
		}
	}
	for _, holds := range []func(Array, *outcome) Verdict{r.When.part, r.When.alert, r.When.number, r.When.differ} {
		if v := holds(a, &out); v != Found {
			return outcome{Verdict: v, Why: out.Why}
		}
	}
	out.Verdict = Found
	return out
}

func (w When) part(a Array, out *outcome) Verdict {
	if w.Part == nil {
		return Found
	}
	for _, p := range a.Parts {
		if slices.Contains(w.Part.Type, p.Type) && !slices.Contains(w.Part.Healthy, p.Status) {
			out.Parts = append(out.Parts, p.Name)
			out.Evidence = append(out.Evidence, strings.TrimSpace(fmt.Sprintf("%s %s is %s %s", p.Type, p.Name, p.Status, p.Detail)))
		}
	}
	return foundIf(len(out.Parts) > 0)
}

func (w When) alert(a Array, out *outcome) Verdict {
	if w.Alert == nil {
		return Found
	}
	n := 0
	for _, al := range a.Alerts {
		if w.Alert.holds(al) {
			n++
			out.Parts = append(out.Parts, al.Component)
			out.Evidence = append(out.Evidence, fmt.Sprintf("array alert %d %s: %s", al.Code, al.Severity, al.Summary))
		}
	}
	return foundIf(n > 0)
}

func (w When) number(a Array, out *outcome) Verdict {
	if w.Number == nil {
		return Found
	}
	n, ok := a.Numbers[w.Number.Name]
	if !ok {
		out.Why = fmt.Sprintf("the bundle does not tell %s of the array", w.Number.Name)
		return CouldNotCheck
	}
	out.Evidence = append(out.Evidence, fmt.Sprintf("%s is %.4g", w.Number.Name, n))
	return foundIf((w.Number.Above == nil || n > *w.Number.Above) && (w.Number.Below == nil || n < *w.Number.Below))
}

func (w When) differ(a Array, out *outcome) Verdict {
	if w.Differ == "" {
		return Found
	}
	first, differs, seen := "", false, 0
	for _, p := range a.Parts {
		if p.Type != w.Differ || p.Version == "" {
			continue
		}
		if seen++; seen == 1 {
			first = p.Version
		}
		differs = differs || p.Version != first
		out.Parts = append(out.Parts, p.Name)
		out.Evidence = append(out.Evidence, fmt.Sprintf("%s %s runs %s", p.Type, p.Name, p.Version))
	}
	if seen < 2 {
		out.Why = fmt.Sprintf("fewer than two of type %s tell their version", w.Differ)
		return CouldNotCheck
	}
	return foundIf(differs)
}

func foundIf(holds bool) Verdict {
	if holds {
		return Found
	}
	return NotFound
}

// Affects says whether the rule is about versions and the array runs one of them,
// whether or not the defect shows.
func (r Rule) Affects(a Array) bool {
	if r.Versions.everything() || r.Kind != "" && r.Kind != a.Kind {
		return false
	}
	v, err := ParseVersion(a.Version)
	return err == nil && r.Versions.holds(v)
}
