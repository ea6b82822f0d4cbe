package rule

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"

	"darksite/localmon"
	"darksite/runbooks/strictyaml"

	"go.yaml.in/yaml/v3"
)

// MaxRules bounds a set.
const MaxRules = 500

// Rule is one thing that can go wrong. See the package comment.
type Rule struct {
	ID          string            `yaml:"id"`
	About       string            `yaml:"about"`
	Kinds       []localmon.Kind   `yaml:"kinds"`
	Severity    localmon.Severity `yaml:"severity"`
	Why         string            `yaml:"why"`
	Hard        bool              `yaml:"hard"`
	Runbook     string            `yaml:"runbook"`
	Summary     string            `yaml:"summary"`
	States      []StateMatch      `yaml:"states"`
	Alerts      []AlertMatch      `yaml:"alerts"`
	Metric      *MetricMatch      `yaml:"metric"`
	Bottleneck  *BottleneckMatch  `yaml:"bottleneck"`
	Jump        *JumpMatch        `yaml:"jump"`
	Identity    *IdentityMatch    `yaml:"identity"`
	Source      *SourceMatch      `yaml:"source"`
	Worse       []Worse           `yaml:"worse"`
	ExplainedBy []Explanation     `yaml:"explained_by"`
	Cases       []Case            `yaml:"cases"`
}

// StateMatch matches parts by what the target says of them. Lists are
// alternatives, different fields must all match, an empty field matches all.
type StateMatch struct {
	Types    []string          `yaml:"types"`     // "*" is every type no other rule names
	Names    []string          `yaml:"names"`     // patterns such as CT?.FC*, without case
	NotNames []string          `yaml:"not_names"` // and none of these
	Statuses []string          `yaml:"statuses"`  // the target's own words, without case
	Not      []string          `yaml:"not"`       // and none of these words
	Health   []string          `yaml:"health"`    // ok, warning, critical: the kit's judgement
	Vanished bool              `yaml:"vanished"`  // and a part that is no longer listed
	Severity localmon.Severity `yaml:"severity"`  // instead of the rule's
	Why      string            `yaml:"why"`
}

// AlertMatch matches alerts the target raised. Fields as in StateMatch.
type AlertMatch struct {
	Codes      []int    `yaml:"codes"`
	NotCodes   []int    `yaml:"not_codes"`
	Types      []string `yaml:"types"` // component types
	Categories []string `yaml:"categories"`
	Names      []string `yaml:"names"`
	NotNames   []string `yaml:"not_names"`
	Text       []string `yaml:"text"`      // any of these, in issue or summary, without case
	Absorb     bool     `yaml:"absorb"`    // about a whole whose part this rule already names: one fault
	Whole      bool     `yaml:"whole"`     // counts for the target, whatever component is named
	Uncovered  bool     `yaml:"uncovered"` // every alert no other rule matches; severity from the target's word
}

// MetricMatch matches samples. Exactly one of Above, Below, Levels and Within
// says when. Several series of one component count as the worst of them.
type MetricMatch struct {
	Name      string              `yaml:"name"`
	Labels    map[string][]string `yaml:"labels"`     // name to allowed values
	NotLabels map[string][]string `yaml:"not_labels"` // and none of these patterns
	Component string              `yaml:"component"`  // a label's name; the target as a whole when empty
	ShareOf   string              `yaml:"share_of"`   // value is per cent of this metric with the same labels, or without any
	Rate      bool                `yaml:"rate"`       // value is the increase a second of a counter
	Above     *float64            `yaml:"above"`
	Below     *float64            `yaml:"below"`
	Until     *float64            `yaml:"until"`  // once it said yes: until past this on the good side
	Levels    []Level             `yaml:"levels"` // from mild to severe, each with its severity
	Need      int                 `yaml:"need"`   // so many hits
	Of        int                 `yaml:"of"`     // in so many newest samples, at most 64
	Unit      string              `yaml:"unit"`   // how {value} is written: percent, usec, bytes, celsius, per_second
	FullAt    *float64            `yaml:"full_at"`
	Within    time.Duration       `yaml:"within"`  // with full_at: yes when it will be reached within
	History   time.Duration       `yaml:"history"` // with within: from at least so much data
}

// Level is one threshold with its severity.
type Level struct {
	Above    float64           `yaml:"above"`
	Severity localmon.Severity `yaml:"severity"`
	Why      string            `yaml:"why"`
}

// BottleneckMatch matches latency that has grown, without a stored baseline:
// against a slow mean of the target's own last hours that stands still while
// the bottleneck lasts, against a ceiling, or because most of it is waiting.
type BottleneckMatch struct {
	Metric     string        `yaml:"metric"`
	Label      string        `yaml:"label"` // the label that holds the dimension
	Sides      []Side        `yaml:"sides"`
	Floor      float64       `yaml:"floor"`       // never below this
	Ceiling    float64       `yaml:"ceiling"`     // always above this
	Factor     float64       `yaml:"factor"`      // or so many times normal
	QueueShare float64       `yaml:"queue_share"` // or this share of it in the queue
	For        time.Duration `yaml:"for"`         // for so long
	EndFactor  float64       `yaml:"end_factor"`  // over when under so many times normal
	EndFor     time.Duration `yaml:"end_for"`     // for so long
}

// Side is one direction of work, with the dimensions of its layers.
type Side struct {
	Name    string `yaml:"name"`
	Total   string `yaml:"total"`
	SAN     string `yaml:"san"`
	Queue   string `yaml:"queue"`
	QoS     string `yaml:"qos"`
	Service string `yaml:"service"`
}

// JumpMatch matches a start time that moved forward.
type JumpMatch struct {
	Metric    string        `yaml:"metric"`
	Component string        `yaml:"component"` // the label that names the part; only that identifies a series
	All       bool          `yaml:"all"`       // every part, within Together
	Together  time.Duration `yaml:"together"`
	Hold      time.Duration `yaml:"hold"` // how long it is told
}

// IdentityMatch matches a change of what the target says it is.
type IdentityMatch struct {
	Field string        `yaml:"field"` // version, model or serial
	Hold  time.Duration `yaml:"hold"`
}

// SourceMatch matches the look itself.
type SourceMatch struct {
	Trouble string `yaml:"trouble"` // no-data, certificate, token, partial
	Looks   int    `yaml:"looks"`   // in so many looks in a row, 1 when left out
}

// Worse raises the severity when several components of the rule are in trouble.
type Worse struct {
	Count    int               `yaml:"count"`
	Same     string            `yaml:"same"` // target, or whole: of one shelf or controller
	Severity localmon.Severity `yaml:"severity"`
	Why      string            `yaml:"why"`
}

// Explanation names a rule whose condition explains this one.
type Explanation struct {
	Rule string `yaml:"rule"`
	Same string `yaml:"same"` // component, whole (its component holds mine), part (mine holds its), target
}

// Set is a number of rules that were checked together.
type Set struct{ Rules []Rule }

type file struct {
	Rules []Rule `yaml:"rules"`
}

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	knownNames  = []string{
		"target", "component", "status", "type", "detail", "issue", "code", "value", "limit", "forecast", "side",
		"layer", "normal", "from", "to", "error", "count", "since",
	}
	kinds     = []string{string(localmon.KindFlashArray), string(localmon.KindFlashBlade), string(localmon.KindHost)}
	units     = []string{"percent", "usec", "bytes", "celsius", "per_second", "number"}
	healths   = []string{"ok", "warning", "critical"}
	relations = []string{"component", "whole", "part", "target"}
	troubles  = []string{"no-data", "certificate", "token", "partial"}
	fields    = []string{"version", "model", "serial"}
)

// Parse reads one file of rules. name stands in errors. A rule may explain
// itself by a rule of another file; [Join] checks that.
func Parse(name string, data []byte) (Set, error) {
	var f file
	root, err := strictyaml.DecodeNode(name, data, &f)
	if err != nil {
		return Set{}, err
	}
	c := checker{file: name, root: root}
	if len(f.Rules) == 0 || len(f.Rules) > MaxRules {
		c.fail(nil, "%d rules: a file holds 1 to %d", len(f.Rules), MaxRules)
	}
	seen := map[string]bool{}
	for i, r := range f.Rules {
		c.at = []string{"rules", strconv.Itoa(i)}
		if seen[r.ID] {
			c.fail([]string{"id"}, "rule %q stands twice", r.ID)
		}
		seen[r.ID] = true
		c.rule(r)
	}
	if err := errors.Join(c.errs...); err != nil {
		return Set{}, err
	}
	return Set{Rules: f.Rules}, nil
}

// Join puts sets together and checks what only the whole can show: ids that
// stand twice and explanations by rules that do not exist.
func Join(sets ...Set) (Set, error) {
	var out Set
	var errs []error
	ids := map[string]bool{}
	for _, s := range sets {
		for _, r := range s.Rules {
			if ids[r.ID] {
				errs = append(errs, fmt.Errorf("rule %q stands in two files", r.ID))
			}
			ids[r.ID] = true
			out.Rules = append(out.Rules, r)
		}
	}
	for _, r := range out.Rules {
		for _, e := range r.ExplainedBy {
			if !ids[e.Rule] {
				errs = append(errs, fmt.Errorf("rule %s is explained by %q, which does not exist%s", r.ID, e.Rule, strictyaml.Suggest(e.Rule, slices.Sorted(maps.Keys(ids)))))
			}
		}
	}
	if len(out.Rules) > MaxRules {
		errs = append(errs, fmt.Errorf("%d rules, at most %d", len(out.Rules), MaxRules))
	}
	return out, errors.Join(errs...)
}

// checker collects what is wrong with a file, each with its place.
type checker struct {
	file string
	root *yaml.Node
	at   []string
	errs []error
}

func (c *checker) fail(sub []string, format string, args ...any) {
	c.errs = append(c.errs, strictyaml.At(c.file, c.root, append(slices.Clone(c.at), sub...), format, args...))
}

func (c *checker) word(sub []string, what, got string, known []string) {
	if !slices.Contains(known, got) {
		c.fail(sub, "%s %q is not known%s", what, got, strictyaml.Suggest(got, known))
	}
}

func (c *checker) severity(sub []string, s localmon.Severity, optional bool) {
	if s > 4 || s == 0 && !optional {
		c.fail(sub, "severity is 1 urgent, 2 major, 3 minor or 4 information")
	}
}

func (c *checker) patterns(key string, ps []string) {
	for i, p := range ps {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			c.fail([]string{key, strconv.Itoa(i)}, "%q is no pattern", p)
		}
	}
}

func (c *checker) rule(r Rule) {
	if !idForm.MatchString(r.ID) {
		c.fail([]string{"id"}, "id %q: use small letters, digits and single hyphens", r.ID)
	}
	for key, v := range map[string]string{"about": r.About, "why": r.Why, "summary": r.Summary} {
		if v == "" || len(v) > 300 {
			c.fail([]string{key}, "rule %s: %s needs 1 to 300 characters", r.ID, key)
		}
	}
	if r.Runbook != "" && !idForm.MatchString(r.Runbook) {
		c.fail([]string{"runbook"}, "runbook %q is no id", r.Runbook)
	}
	for i, k := range r.Kinds {
		c.word([]string{"kinds", strconv.Itoa(i)}, "kind", string(k), kinds)
	}
	c.severity([]string{"severity"}, r.Severity, false)
	for _, m := range placeholder.FindAllStringSubmatch(r.Summary, -1) {
		c.word([]string{"summary"}, "placeholder", m[1], knownNames)
	}
	if n := c.evidence(r); n == 0 && len(r.States) == 0 && len(r.Alerts) == 0 {
		c.fail(nil, "rule %s looks at nothing: give states, alerts, metric, bottleneck, jump, identity or source", r.ID)
	} else if n > 1 {
		c.fail(nil, "rule %s: metric, bottleneck, jump, identity and source exclude each other: make two rules", r.ID)
	}
	for i, w := range r.Worse {
		at := []string{"worse", strconv.Itoa(i)}
		c.severity(append(at, "severity"), w.Severity, false)
		c.word(append(at, "same"), "same", w.Same, []string{"target", "whole"})
		if w.Count < 2 || w.Why == "" {
			c.fail(at, "worse needs a count from 2 and a why")
		}
	}
	for i, e := range r.ExplainedBy {
		c.word([]string{"explained_by", strconv.Itoa(i), "same"}, "same", e.Same, relations)
	}
	c.cases(r)
}

// evidence checks the matchers and counts those that exclude each other.
func (c *checker) evidence(r Rule) (n int) {
	base := c.at
	for i, s := range r.States {
		c.at = append(slices.Clone(base), "states", strconv.Itoa(i))
		c.state(s)
	}
	for i, a := range r.Alerts {
		c.at = append(slices.Clone(base), "alerts", strconv.Itoa(i))
		c.patterns("names", a.Names)
		c.patterns("not_names", a.NotNames)
		if !a.Uncovered && len(a.Codes)+len(a.Types)+len(a.Categories)+len(a.Names)+len(a.Text) == 0 {
			c.fail(nil, "this would match every alert: narrow it")
		}
	}
	c.at = base
	if r.Metric != nil {
		n++
		c.at = append(slices.Clone(base), "metric")
		c.metric(*r.Metric)
	}
	if r.Bottleneck != nil {
		n++
		c.at = append(slices.Clone(base), "bottleneck")
		c.bottleneck(*r.Bottleneck)
	}
	c.at = base
	if j := r.Jump; j != nil {
		n++
		if j.Metric == "" || j.Component == "" || j.Hold <= 0 || j.All && j.Together <= 0 {
			c.fail([]string{"jump"}, "jump needs metric, component and hold, and together with all")
		}
	}
	if r.Identity != nil {
		n++
		c.word([]string{"identity", "field"}, "field", r.Identity.Field, fields)
		if r.Identity.Hold <= 0 {
			c.fail([]string{"identity"}, "identity needs hold")
		}
	}
	if r.Source != nil {
		n++
		c.word([]string{"source", "trouble"}, "trouble", r.Source.Trouble, troubles)
		if r.Source.Looks < 0 || r.Source.Looks > 100 {
			c.fail([]string{"source", "looks"}, "looks is 1 to 100")
		}
	}
	return n
}

func (c *checker) state(s StateMatch) {
	if len(s.Types) == 0 {
		c.fail(nil, "types is missing; \"*\" is every type no other rule names")
	}
	if len(s.Statuses) == 0 && len(s.Health) == 0 {
		c.fail(nil, "this would match healthy parts too: give statuses or health")
	}
	for i, h := range s.Health {
		c.word([]string{"health", strconv.Itoa(i)}, "health", h, healths)
	}
	c.patterns("names", s.Names)
	c.patterns("not_names", s.NotNames)
	c.severity([]string{"severity"}, s.Severity, true)
	if (s.Severity == 0) != (s.Why == "") {
		c.fail(nil, "severity and why go together")
	}
}

func (c *checker) metric(m MetricMatch) {
	ways := 0
	for _, given := range []bool{m.Above != nil, m.Below != nil, len(m.Levels) > 0, m.Within > 0} {
		if given {
			ways++
		}
	}
	if m.Name == "" || ways != 1 {
		c.fail(nil, "metric needs name and exactly one of above, below, levels and within")
	}
	if m.Until != nil && (m.Above == nil || *m.Until > *m.Above) && (m.Below == nil || *m.Until < *m.Below) {
		c.fail([]string{"until"}, "until lies on the good side of above or below")
	}
	if m.Within > 0 && m.FullAt == nil {
		c.fail([]string{"within"}, "within needs full_at")
	}
	if m.Rate && m.ShareOf != "" {
		c.fail(nil, "rate and share_of exclude each other")
	}
	if m.Need != 0 || m.Of != 0 {
		if m.Need < 1 || m.Of < m.Need || m.Of > 64 {
			c.fail(nil, "need is 1 to of, of at most 64")
		}
	}
	if m.Unit != "" {
		c.word([]string{"unit"}, "unit", m.Unit, units)
	}
	for i, l := range m.Levels {
		at := []string{"levels", strconv.Itoa(i)}
		c.severity(append(at, "severity"), l.Severity, false)
		if l.Why == "" {
			c.fail(at, "a level needs a why")
		}
		if i > 0 && (l.Above <= m.Levels[i-1].Above || l.Severity > m.Levels[i-1].Severity) {
			c.fail(at, "levels go from mild to severe")
		}
	}
	for _, ps := range m.NotLabels {
		c.patterns("not_labels", ps)
	}
}

func (c *checker) bottleneck(b BottleneckMatch) {
	if b.Metric == "" || b.Label == "" || len(b.Sides) == 0 || b.For <= 0 || b.EndFor <= 0 {
		c.fail(nil, "bottleneck needs metric, label, sides, for and end_for")
	}
	if b.Factor <= 1 || b.EndFactor < 1 || b.EndFactor >= b.Factor || b.Floor <= 0 || b.Ceiling <= b.Floor || b.QueueShare <= 0 || b.QueueShare >= 1 {
		c.fail(nil, "bottleneck: want 1 <= end_factor < factor, 0 < floor < ceiling, 0 < queue_share < 1")
	}
	for i, s := range b.Sides {
		if s.Name == "" || s.Total == "" {
			c.fail([]string{"sides", strconv.Itoa(i)}, "a side needs name and total")
		}
	}
}
