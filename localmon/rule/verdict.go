package rule

import (
	"slices"

	"darksite/localmon"
)

// verdict is what one rule finds of one component in one look.
type verdict struct {
	yes, unknown, over bool
	from, read         evidence // what said yes; what was read of this very component
	severity           localmon.Severity
	why                string
	values             map[string]string
	lines              []string
}

// findings are the verdicts of one rule in one look.
type findings struct {
	rule *Rule
	by   map[localmon.Ref]*verdict
	read evidence // what was read of every component
}

func (f *findings) at(ref localmon.Ref) *verdict {
	v, ok := f.by[ref]
	if !ok {
		v = &verdict{}
		f.by[ref] = v
	}
	return v
}

// say notes a Yes; the most urgent of several counts, the first line of each
// is kept as evidence.
func (v *verdict) say(from evidence, severity localmon.Severity, why, line string) {
	v.yes, v.over = true, false
	v.from |= from
	if v.severity == 0 || severity < v.severity {
		v.severity, v.why = severity, why
	}
	v.line(line)
}

func (v *verdict) line(s string) {
	if s = clean(s, maxText); s != "" && len(v.lines) < maxEvidence && !slices.Contains(v.lines, s) {
		v.lines = append(v.lines, s)
	}
}

// set gives placeholders values; what was said first stays.
func (v *verdict) set(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if v.values[pairs[i]] == "" {
			v.put(pairs[i], clean(pairs[i+1], 160))
		}
	}
}

// put gives a placeholder a value, whatever was said before.
func (v *verdict) put(name, value string) {
	if v.values == nil {
		v.values = map[string]string{}
	}
	v.values[name] = value
}
