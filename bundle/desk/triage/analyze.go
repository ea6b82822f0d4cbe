package triage

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// State is how a finding stands against the bundle before.
type State string

// The states. Where there is no bundle before, everything is new.
const (
	New     State = "new"
	Still   State = "still"
	Cleared State = "cleared"
)

// sitePrefix stands before the name of a rule of the site's monitor.
const sitePrefix = "site/"

// Finding is one thing that is wrong with an array.
type Finding struct {
	Rule      string   `json:"rule"` // site/... is a rule of the site's monitor
	Array     string   `json:"array"`
	Component string   `json:"component,omitempty"`
	Severity  int      `json:"severity"`
	State     State    `json:"state"`
	Open      bool     `json:"open"` // it holds now; else it is over
	Title     string   `json:"title"`
	Evidence  []string `json:"evidence,omitempty"`
	Advice    string   `json:"advice,omitempty"`
	FixedIn   string   `json:"fixed_in,omitempty"`
	Print     string   `json:"fingerprint"`

	rest bool // the array's own words, of what nothing else names
}

// Unchecked is a rule that could not be checked.
type Unchecked struct {
	Rule  string `json:"rule"`
	Array string `json:"array"`
	Why   string `json:"why"`
}

// Difference is something about an array that is not as it was in the bundle before.
type Difference struct {
	Array string `json:"array"`
	What  string `json:"what"`
	Was   string `json:"was"`
	Is    string `json:"is"`
}

// Report is what triage makes of a bundle.
type Report struct {
	Findings    []Finding    `json:"findings"` // worst first, over ones last
	Unchecked   []Unchecked  `json:"could_not_check"`
	Differences []Difference `json:"differences"`
	Gaps        []Gap        `json:"gaps"`
}

// Prints are the fingerprints of what was found.
func (r Report) Prints() []string {
	var out []string
	for _, f := range r.Findings {
		if f.State != Cleared {
			out = append(out, f.Print)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Analyze holds rules against the facts of a bundle, and both against those of
// the bundle before; before is nil where there is none.
func Analyze(now Facts, before *Facts, rules Rules) Report {
	findings, unchecked := find(now, rules)
	r := Report{Unchecked: unchecked, Gaps: slices.Clone(now.Gaps), Differences: []Difference{}}
	old := map[string]Finding{}
	if before != nil {
		was, _ := find(*before, rules)
		for _, f := range was {
			if f.Open {
				old[f.key()] = f
			}
		}
		r.Differences = differences(*before, now)
	}
	for _, f := range findings {
		f.State = New
		if _, there := old[f.key()]; there {
			f.State = Still
			if !f.Open {
				f.State = Cleared
			}
		}
		delete(old, f.key())
		r.Findings = append(r.Findings, f)
	}
	for _, f := range old {
		if looked(now, unchecked, f) {
			f.State, f.Open = Cleared, false
			r.Findings = append(r.Findings, f)
		}
	}
	slices.SortFunc(r.Findings, worst)
	return r
}

// Made is a finding that somebody else makes of a bundle, tamed.
func Made(rule, array, component string, severity int, title string) Finding {
	return Finding{
		Rule: tame(rule), Array: tame(array), Component: tame(component), Severity: severity, State: New, Open: true, Title: tame(title),
		Print: fingerprint(rule, component, title),
	}
}

// With puts further findings into a report, where they rank.
func (r Report) With(more ...Finding) Report {
	r.Findings = append(slices.Clone(r.Findings), more...)
	slices.SortFunc(r.Findings, worst)
	return r
}

// looked says whether a finding of before would have been seen now: a rule that
// cannot be checked any more clears nothing.
func looked(now Facts, unchecked []Unchecked, f Finding) bool {
	if strings.HasPrefix(f.Rule, sitePrefix) {
		return now.Watched
	}
	if f.rest && slices.ContainsFunc(now.Arrays, func(a Array) bool { return a.Name == f.Array && a.warnsOf(f.Component) }) {
		return false // another rule names it now
	}
	return slices.ContainsFunc(now.Arrays, func(a Array) bool { return a.Name == f.Array }) &&
		!slices.ContainsFunc(unchecked, func(u Unchecked) bool { return u.Rule == f.Rule && u.Array == f.Array })
}

func (a Array) warnsOf(component string) bool {
	return slices.ContainsFunc(a.Alerts, func(al Alert) bool { return al.State == "open" && al.Component == component })
}

func (f Finding) key() string { return f.Rule + "\x00" + f.Array + "\x00" + f.Component }

// worst orders: what is open before what is over, by severity, the site's own
// words first since they know since when, then by name.
func worst(a, b Finding) int {
	over := func(f Finding) int {
		if f.Open {
			return 0
		}
		return 1
	}
	own := func(f Finding) int {
		switch {
		case strings.HasPrefix(f.Rule, sitePrefix):
			return 0
		case f.rest:
			return 2
		}
		return 1
	}
	return cmp.Or(cmp.Compare(over(a), over(b)), cmp.Compare(a.Severity, b.Severity), cmp.Compare(own(a), own(b)),
		cmp.Compare(a.Array, b.Array), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Component, b.Component))
}

// Unread stands in for rules of the site's monitor when its alerts are missing.
const Unread = sitePrefix + "*"

func find(f Facts, rules Rules) ([]Finding, []Unchecked) {
	var out []Finding
	unchecked := []Unchecked{}
	if !f.Watched {
		unchecked = append(unchecked, Unchecked{Rule: Unread, Why: "the bundle does not tell what the site's monitor raised"})
	}
	for _, w := range f.Raised {
		out = append(out, Finding{
			Rule: sitePrefix + w.Rule, Array: w.Array, Component: w.Component, Severity: w.Severity, Open: w.Open,
			Title: w.Summary, Evidence: w.Evidence, Advice: w.Why, Print: fingerprint(sitePrefix+w.Rule, w.Component, w.Summary),
		})
	}
	for _, a := range f.Arrays {
		named := f.named(a)
		// What is about the rest comes last: by then it is known what that is.
		for _, r := range slices.Concat(rules.only(false), rules.only(true)) {
			if r.rest() {
				a.Alerts = slices.DeleteFunc(slices.Clone(a.Alerts), named.told)
			}
			o := r.verdict(a)
			switch o.Verdict {
			case CouldNotCheck:
				unchecked = append(unchecked, Unchecked{r.ID, a.Name, o.Why})
			case Found:
				for _, found := range r.findings(a, o) {
					out = append(out, f.asRaised(found))
				}
				named.add(a, o.Parts)
			}
		}
		out = a.fold(out)
	}
	return out, unchecked
}

func (r Rules) only(rest bool) (out Rules) {
	for _, rule := range r {
		if rule.rest() == rest {
			out = append(out, rule)
		}
	}
	return out
}

// alertRule stands before the code of an array's alert where the site's monitor has
// no rule of its own for it.
const alertRule = "array-alert:"

// names are the parts of an array that a finding is about, and the codes of the
// array's alerts for them: one fault may raise an alert for a part and for the whole
// it is in.
type names struct {
	parts map[string]bool
	codes map[int]bool
}

func (f Facts) named(a Array) names {
	n := names{map[string]bool{}, map[int]bool{}}
	var parts []string
	for _, w := range f.Raised {
		if !w.Open || w.Array != a.Name {
			continue
		}
		parts = append(parts, w.Component)
		if code, ok := strings.CutPrefix(w.Rule, alertRule); ok { // one alert of the monitor for all of a code
			if c, err := strconv.Atoi(code); err == nil {
				n.codes[c] = true
			}
		}
	}
	n.add(a, parts)
	return n
}

func (n names) add(a Array, parts []string) {
	for _, p := range parts {
		n.parts[p] = true
	}
	for _, al := range a.Alerts {
		if al.State == "open" && n.parts[al.Component] {
			n.codes[al.Code] = true
		}
	}
}

func (n names) told(a Alert) bool { return n.parts[a.Component] || n.codes[a.Code] }

// asRaised gives a finding about a part the severity that the site's monitor gave
// to what is wrong with the same part: it knows more of it than one moment shows,
// and its own word comes first among equals.
func (f Facts) asRaised(found Finding) Finding {
	for _, w := range f.Raised {
		if w.Open && found.Component != "" && w.Array == found.Array && w.Component == found.Component {
			found.Severity = w.Severity
			return found
		}
	}
	return found
}

// findings makes one finding for each part, or one where it is about none.
func (r Rule) findings(a Array, o outcome) []Finding {
	whole := Finding{
		Rule: r.ID, Array: a.Name, Severity: r.Severity, Open: true, Title: r.Title,
		Evidence: o.Evidence, Advice: r.Advice, FixedIn: r.FixedIn,
	}
	if len(o.Parts) == 0 {
		whole.Print = fingerprint(r.ID, "", r.Title)
		return []Finding{whole}
	}
	var out []Finding
	for i, p := range o.Parts {
		f := whole
		f.Component = p
		f.Evidence = o.Evidence[len(o.Evidence)-len(o.Parts)+i:][:1]
		if r.rest() {
			f.Title, f.rest = f.Evidence[0], true // the array's own words
		}
		f.Print = fingerprint(r.ID, p, f.Title)
		out = append(out, f)
	}
	return out
}

// differences are what changed on arrays that both bundles show.
func differences(before, now Facts) []Difference {
	out := []Difference{}
	for _, a := range now.Arrays {
		i := slices.IndexFunc(before.Arrays, func(b Array) bool { return b.Name == a.Name })
		if i < 0 {
			out = append(out, Difference{a.Name, "array", "not in the bundle", "in the bundle"})
			continue
		}
		out = append(out, arrayDifferences(before.Arrays[i], a)...)
	}
	for _, b := range before.Arrays {
		if !slices.ContainsFunc(now.Arrays, func(a Array) bool { return a.Name == b.Name }) {
			out = append(out, Difference{b.Name, "array", "in the bundle", "not in the bundle"})
		}
	}
	return out
}

func arrayDifferences(b, a Array) []Difference {
	var out []Difference
	add := func(what, was, is string) {
		if was != is && was != "" && is != "" {
			out = append(out, Difference{a.Name, what, was, is})
		}
	}
	add("version", b.Version, a.Version)
	add("model", b.Model, a.Model)
	add("serial", b.Serial, a.Serial)
	old := map[string]Part{}
	for _, p := range b.Parts {
		old[p.Type+"\x00"+p.Name] = p
	}
	docs := b.Read["hardware"] == a.Read["hardware"] && b.Read["drives"] == a.Read["drives"] && b.Read["blades"] == a.Read["blades"]
	for _, p := range a.Parts {
		was, there := old[p.Type+"\x00"+p.Name]
		delete(old, p.Type+"\x00"+p.Name)
		if !there && docs {
			was.Status = "not there"
		}
		add(p.Type+" "+p.Name, was.Status, p.Status)
		add(p.Type+" "+p.Name+" version", was.Version, p.Version)
	}
	if docs {
		for _, p := range b.Parts {
			if _, gone := old[p.Type+"\x00"+p.Name]; gone {
				add(p.Type+" "+p.Name, p.Status, "not there")
			}
		}
	}
	if was, ok := b.Numbers["used"]; ok {
		if is, ok := a.Numbers["used"]; ok && (is-was > 0.05 || was-is > 0.05) {
			add("capacity in use", fmt.Sprintf("%.0f %%", was*100), fmt.Sprintf("%.0f %%", is*100))
		}
	}
	return out
}
