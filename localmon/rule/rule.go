package rule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"darksite/localmon"
	"darksite/runbooks/strictyaml"
)

// MaxRules bounds a set.
const MaxRules = 500

// Rule is one thing that can go wrong. See the package comment.
type Rule struct {
	ID          string            `yaml:"id"`
	Replaces    bool              `yaml:"replaces"` // of a site: in the place of the kit's rule of this id
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
	Word       bool     `yaml:"word"`      // severity from the target's word: critical 2, info 4, any other 3
	Uncovered  bool     `yaml:"uncovered"` // every alert no other rule matches; severity from the target's word
}

// MetricMatch matches samples. Exactly one of Above, Below, Levels, Within,
// Growing, Absent and Unusual says when; Unusual may also stand beside Above, and
// then what is usual for the hour is not told. Several series of one component
// count as the worst of them.
type MetricMatch struct {
	Name      string              `yaml:"name"`
	Labels    map[string][]string `yaml:"labels"`      // name to allowed values
	NotLabels map[string][]string `yaml:"not_labels"`  // and none of these patterns
	Component string              `yaml:"component"`   // a label's name; the target as a whole when empty
	ShareOf   string              `yaml:"share_of"`    // value is per cent of this metric with the same labels, or those of them it has
	Summed    bool                `yaml:"summed"`      // with share_of: all series of a component together, of all of the whole
	OfAtLeast float64             `yaml:"of_at_least"` // with share_of: nothing is said while the whole is less
	Rate      bool                `yaml:"rate"`        // value is the increase a second of a counter
	Above     *float64            `yaml:"above"`
	Below     *float64            `yaml:"below"`
	Until     *float64            `yaml:"until"`  // once it said yes: until past this on the good side
	Levels    []Level             `yaml:"levels"` // from mild to severe, each with its severity
	Need      int                 `yaml:"need"`   // so many hits
	Of        int                 `yaml:"of"`     // in so many newest samples, at most 64
	Unit      string              `yaml:"unit"`   // how {value} is written: percent, ratio, usec, bytes, celsius, per_second
	FullAt    *float64            `yaml:"full_at"`
	Within    time.Duration       `yaml:"within"`  // with full_at: yes when it will be reached within
	History   time.Duration       `yaml:"history"` // with within and growing: from at least so much data
	Rise      float64             `yaml:"rise"`    // with above: and so many times the mean of its own last hours
	Growing   *float64            `yaml:"growing"` // yes when it surely grows by more than this a day
	Absent    time.Duration       `yaml:"absent"`  // yes when a series that was read is missing from looks for so long
	Unusual   *UnusualMatch       `yaml:"unusual"` // yes when it is far above what it mostly is at this hour of the week
}

// UnusualMatch compares a value with the same series at the same hour of the
// week, in UTC, and the hours beside it. It says nothing before it has seen that
// hour often enough.
type UnusualMatch struct {
	Weeks int     `yaml:"weeks"` // seen in at least so many weeks, 2 to 5
	Times float64 `yaml:"times"` // so many times the usual
	Floor float64 `yaml:"floor"` // and above this
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
	Metric     string              `yaml:"metric"`
	Label      string              `yaml:"label"`  // the label that holds the dimension
	Labels     map[string][]string `yaml:"labels"` // name to allowed values of the others
	Split      *Split              `yaml:"split"`  // what grew, where the target tells no layers
	Sides      []Side              `yaml:"sides"`
	Floor      float64             `yaml:"floor"`       // never below this
	Ceiling    float64             `yaml:"ceiling"`     // always above this
	Factor     float64             `yaml:"factor"`      // or so many times normal
	QueueShare float64             `yaml:"queue_share"` // or this share of it in the queue
	For        time.Duration       `yaml:"for"`         // for so long
	EndFactor  float64             `yaml:"end_factor"`  // over when under so many times normal
	EndFor     time.Duration       `yaml:"end_for"`     // for so long
}

// Split names the parts in which the whole is told as well, such as the protocols
// of a target that says nothing of layers.
type Split struct {
	Label string   `yaml:"label"`
	Into  []string `yaml:"into"` // values of it
	// Judged are those that are judged by themselves as well, because the mean over
	// all hides the one that has few operations. What has operations of every size,
	// such as whole objects, is slow or fast by what is asked for.
	Judged []string `yaml:"judged"`
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
	Unseen    bool          `yaml:"unseen"`    // and a look in between read nothing: what only changed its role went on answering
	Together  time.Duration `yaml:"together"`
	Hold      time.Duration `yaml:"hold"`  // how long it is told
	Clock     bool          `yaml:"clock"` // instead: it moved and nothing started, so the clock it is told by was set
}

// IdentityMatch matches a change of what the target says it is.
type IdentityMatch struct {
	Field string        `yaml:"field"` // version, model or serial
	Hold  time.Duration `yaml:"hold"`
}

// SourceMatch matches the look itself.
type SourceMatch struct {
	Trouble string `yaml:"trouble"` // no-data, certificate, token, partial, budget: a rule found more than it may look at
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

// file is what a file of rules holds.
type file struct {
	Off   []Off  `yaml:"off"`
	Rules []Rule `yaml:"rules"`
}

// document is a file of rules that was read, and where its values stand in it.
type document struct {
	file
	name, text string
	at         strictyaml.Place
}

// read reads a file and checks all that it shows by itself.
func read(name string, data []byte) (document, error) {
	d := document{name: name, text: string(data)}
	var err error
	if d.at, err = strictyaml.Read(name, data, &d.file); err != nil {
		return document{}, err
	}
	at := d.at.Key("rules")
	if len(d.Rules) > MaxRules || len(d.Rules) == 0 && len(d.Off) == 0 {
		at.Fail("%d rules: a file holds 1 to %d", len(d.Rules), MaxRules)
	}
	seen := map[string]bool{}
	for i, r := range d.Rules {
		if seen[r.ID] {
			at.Item(i).Key("id").Fail("rule %q stands twice", r.ID)
		}
		seen[r.ID] = true
		r.check(at.Item(i))
		r.checkSize(at.Item(i))
	}
	return d, d.at.Err()
}

// Parse reads one file of rules that stands for itself. name stands in errors. A
// rule may be explained by a rule of another file; [Join] checks that. What a
// site writes beside the kit's own rules is read by [Site.Join].
func Parse(name string, data []byte) (Set, error) {
	d, err := read(name, data)
	if err != nil {
		return Set{}, err
	}
	if len(d.Off) > 0 {
		d.at.Key("off").Fail("off stands in a file of a site")
	}
	for i, r := range d.Rules {
		if r.Replaces {
			d.at.Key("rules").Item(i).Key("replaces").Fail("replaces stands in a file of a site")
		}
	}
	if err := d.at.Err(); err != nil {
		return Set{}, err
	}
	return Set{Rules: d.Rules}, nil
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
