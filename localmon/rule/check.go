package rule

import (
	"path"
	"regexp"
	"slices"
	"time"

	"darksite/localmon"
	"darksite/runbooks/strictyaml"
)

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	knownNames  = []string{
		"target", "component", "status", "type", "detail", "issue", "code", "value", "limit", "forecast", "side",
		"layer", "normal", "from", "to", "error", "count", "since",
	}
	kinds     = []string{string(localmon.KindFlashArray), string(localmon.KindFlashBlade), string(localmon.KindHost)}
	units     = []string{"percent", "ratio", "usec", "bytes", "celsius", "per_second", "seconds", "number"}
	healths   = []string{"ok", "warning", "critical"}
	relations = []string{"component", "whole", "part", "target"}
	troubles  = []string{"no-data", "certificate", "token", "partial", "budget"}
	fields    = []string{"version", "model", "serial"}
)

// Bounds of a forecast: how far it may look ahead, and how much of a course there
// may have to be, which is what a trend.Line surely keeps.
const (
	longestForecast = 90 * 24 * time.Hour
	longestCourse   = 20 * 24 * time.Hour
)

func checkSeverity(at strictyaml.Place, s localmon.Severity) {
	if s < 1 || s > 4 {
		at.Key("severity").Fail("severity is 1 urgent, 2 major, 3 minor or 4 information")
	}
}

func checkPatterns(at strictyaml.Place, patterns []string) {
	for i, p := range patterns {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			at.Item(i).Fail("%q is no pattern", p)
		}
	}
}

// check says at its place in the file what is wrong with the rule.
func (r Rule) check(at strictyaml.Place) {
	if !idForm.MatchString(r.ID) {
		at.Key("id").Fail("id %q: use small letters, digits and single hyphens", r.ID)
	}
	for _, f := range []struct{ key, text string }{{"about", r.About}, {"why", r.Why}, {"summary", r.Summary}} {
		if f.text == "" || len(f.text) > 300 {
			at.Key(f.key).Fail("rule %s: %s needs 1 to 300 characters", r.ID, f.key)
		}
	}
	if r.Runbook != "" && !idForm.MatchString(r.Runbook) {
		at.Key("runbook").Fail("runbook %q is no id", r.Runbook)
	}
	for i, k := range r.Kinds {
		at.Key("kinds").Item(i).Word("kind", string(k), kinds)
	}
	checkSeverity(at, r.Severity)
	for _, m := range placeholder.FindAllStringSubmatch(r.Summary, -1) {
		at.Key("summary").Word("placeholder", m[1], knownNames)
	}
	if n := r.checkEvidence(at); n == 0 && len(r.States) == 0 && len(r.Alerts) == 0 {
		at.Fail("rule %s looks at nothing: give states, alerts, metric, bottleneck, jump, identity or source", r.ID)
	} else if n > 1 {
		at.Fail("rule %s: metric, bottleneck, jump, identity and source exclude each other: make two rules", r.ID)
	}
	for i, w := range r.Worse {
		at := at.Key("worse").Item(i)
		checkSeverity(at, w.Severity)
		at.Key("same").Word("same", w.Same, []string{"target", "whole"})
		if w.Count < 2 || w.Why == "" {
			at.Fail("worse needs a count from 2 and a why")
		}
	}
	for i, e := range r.ExplainedBy {
		at.Key("explained_by").Item(i).Key("same").Word("same", e.Same, relations)
	}
	r.checkCases(at.Key("cases"))
}

// checkEvidence checks the matchers and counts those that exclude each other.
func (r Rule) checkEvidence(at strictyaml.Place) (n int) {
	for i, s := range r.States {
		s.check(at.Key("states").Item(i))
	}
	for i, a := range r.Alerts {
		at := at.Key("alerts").Item(i)
		checkPatterns(at.Key("names"), a.Names)
		checkPatterns(at.Key("not_names"), a.NotNames)
		if !a.Uncovered && len(a.Codes)+len(a.Types)+len(a.Categories)+len(a.Names)+len(a.Text) == 0 {
			at.Fail("this would match every alert: narrow it")
		}
	}
	if r.Metric != nil {
		n++
		r.Metric.check(at.Key("metric"))
	}
	if r.Bottleneck != nil {
		n++
		r.Bottleneck.check(at.Key("bottleneck"))
	}
	if j := r.Jump; j != nil {
		n++
		if j.Metric == "" || j.Component == "" && !j.Clock || j.Hold <= 0 || j.All && j.Together <= 0 {
			at.Key("jump").Fail("jump needs metric, component unless clock, and hold, and together with all")
		}
	}
	if i := r.Identity; i != nil {
		n++
		at.Key("identity").Key("field").Word("field", i.Field, fields)
		if i.Hold <= 0 {
			at.Key("identity").Fail("identity needs hold")
		}
	}
	if s := r.Source; s != nil {
		n++
		at.Key("source").Key("trouble").Word("trouble", s.Trouble, troubles)
		if s.Looks < 0 || s.Looks > 100 {
			at.Key("source").Key("looks").Fail("looks is 1 to 100")
		}
	}
	return n
}

func (s StateMatch) check(at strictyaml.Place) {
	if len(s.Types) == 0 {
		at.Fail("types is missing; \"*\" is every type no other rule names")
	}
	if len(s.Statuses) == 0 && len(s.Health) == 0 {
		at.Fail("this would match healthy parts too: give statuses or health")
	}
	for i, h := range s.Health {
		at.Key("health").Item(i).Word("health", h, healths)
	}
	checkPatterns(at.Key("names"), s.Names)
	checkPatterns(at.Key("not_names"), s.NotNames)
	if s.Severity != 0 {
		checkSeverity(at, s.Severity)
	}
	if (s.Severity == 0) != (s.Why == "") {
		at.Fail("severity and why go together")
	}
}

func (m *MetricMatch) check(at strictyaml.Place) {
	ways := 0
	for _, given := range []bool{
		m.Above != nil, m.Below != nil, len(m.Levels) > 0, m.Within > 0, m.Growing != nil, m.Absent > 0,
		m.Unusual != nil && m.Above == nil,
	} {
		if given {
			ways++
		}
	}
	if m.Name == "" || ways != 1 {
		at.Fail("metric needs name and exactly one of above, below, levels, within, growing, absent and unusual; unusual may stand beside above")
	}
	if u := m.Unusual; u != nil && (u.Weeks < 2 || u.Weeks > keptWeeks || u.Times < 1 || u.Floor < 0) {
		at.Key("unusual").Fail("unusual needs weeks from 2 to %d, times from 1 and a floor that is not negative", keptWeeks)
	}
	if m.Rise != 0 && (m.Above == nil || *m.Above <= 0 || m.Rise <= 1) {
		at.Key("rise").Fail("rise is more than 1 and stands with above")
	}
	if m.Summed && m.ShareOf == "" {
		at.Key("summed").Fail("summed stands with share_of")
	}
	if m.OfAtLeast != 0 && (m.ShareOf == "" || m.OfAtLeast < 0) {
		at.Key("of_at_least").Fail("of_at_least is positive and stands with share_of")
	}
	if m.Absent > 0 && (m.Rate || m.ShareOf != "" || m.Need > 0) {
		at.Key("absent").Fail("absent excludes rate, share_of and need")
	}
	if m.Growing != nil && m.FullAt != nil {
		at.Key("growing").Fail("growing and full_at exclude each other")
	}
	if m.Until != nil && (m.Above == nil || *m.Until > *m.Above) && (m.Below == nil || *m.Until < *m.Below) {
		at.Key("until").Fail("until lies on the good side of above or below")
	}
	if m.Within > 0 && m.FullAt == nil {
		at.Key("within").Fail("within needs full_at")
	}
	if m.Within > longestForecast {
		at.Key("within").Fail("within is at most 90d: the three weeks that are kept of a course tell nothing of later")
	}
	if m.History < 0 || m.History > longestCourse {
		at.Key("history").Fail("history is at most 20d: more is not kept of a course, and the rule would never say anything")
	}
	if m.Rate && m.ShareOf != "" {
		at.Fail("rate and share_of exclude each other")
	}
	if (m.Need != 0 || m.Of != 0) && (m.Need < 1 || m.Of < m.Need || m.Of > 64) {
		at.Fail("need is 1 to of, of at most 64")
	}
	if m.Unit != "" {
		at.Key("unit").Word("unit", m.Unit, units)
	}
	for i, l := range m.Levels {
		at := at.Key("levels").Item(i)
		checkSeverity(at, l.Severity)
		if l.Why == "" {
			at.Fail("a level needs a why")
		}
		if i > 0 && (l.Above <= m.Levels[i-1].Above || l.Severity > m.Levels[i-1].Severity) {
			at.Fail("levels go from mild to severe")
		}
	}
	for label, patterns := range m.NotLabels {
		checkPatterns(at.Key("not_labels").Key(label), patterns)
	}
}

func (b *BottleneckMatch) check(at strictyaml.Place) {
	if b.Metric == "" || b.Label == "" || len(b.Sides) == 0 || b.For <= 0 || b.EndFor <= 0 {
		at.Fail("bottleneck needs metric, label, sides, for and end_for")
	}
	if b.Factor <= 1 || b.EndFactor < 1 || b.EndFactor >= b.Factor || b.Floor <= 0 || b.Ceiling <= b.Floor || b.QueueShare <= 0 || b.QueueShare >= 1 {
		at.Fail("bottleneck: want 1 <= end_factor < factor, 0 < floor < ceiling, 0 < queue_share < 1")
	}
	for i, s := range b.Sides {
		if s.Name == "" || s.Total == "" {
			at.Key("sides").Item(i).Fail("a side needs name and total")
		}
		if b.Split != nil && !s.untold() {
			at.Key("sides").Item(i).Fail("a side is told in layers or in the parts of split, not in both")
		}
	}
	if b.Split != nil && (b.Split.Label == "" || len(b.Split.Into) == 0 || len(b.Split.Into) > maxSplit) {
		at.Key("split").Fail("split needs a label and one to %d of its values", maxSplit)
	}
	if b.Split != nil {
		for i, part := range b.Split.Judged {
			if !slices.Contains(b.Split.Into, part) {
				at.Key("split").Key("judged").Item(i).Fail("split is not into %q", part)
			}
		}
	}
}
