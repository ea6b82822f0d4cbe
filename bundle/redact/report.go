package redact

import (
	"maps"
	"slices"

	"darksite/bundle"
)

// Report says what the gate did without saying on what: no value, no length, no
// sample.
type Report struct {
	Rules    bundle.Versioned `json:"rules"`
	Policy   bundle.Versioned `json:"policy"`
	Loosened []string         `json:"loosened"` // words the policy keeps that the default would hide
	ByRule   []Count          `json:"by_rule"`
	Files    []FileCount      `json:"files"`
	Withheld []WithheldLine   `json:"withheld"`
	Names    int              `json:"pseudonyms"`
}

// Count is how often a rule found something.
type Count struct {
	Rule  string `json:"rule"`
	Count int64  `json:"count"`
}

// FileCount is what was found in a file.
type FileCount struct {
	Path       string  `json:"path"` // after redaction
	Type       string  `json:"type"`
	ByRule     []Count `json:"by_rule"`
	NearMisses int64   `json:"near_misses"` // words kept that look drawn by chance
}

// WithheldLine names a file that did not pass.
type WithheldLine struct {
	Path   string `json:"path"` // after redaction
	Reason string `json:"reason"`
}

func (g *Gate) report(res *Result) Report {
	r := Report{Rules: g.rules, Policy: g.polVer, Loosened: g.policy.Loosened(), Names: res.Map.Len()}
	total := map[string]int64{}
	for _, f := range res.Files {
		for rule, n := range f.Redactions {
			total[rule] += n
		}
		r.Files = append(r.Files, FileCount{Path: f.Out, Type: f.Type, ByRule: counts(f.Redactions), NearMisses: f.NearMisses})
	}
	for _, w := range res.Withheld {
		r.Withheld = append(r.Withheld, WithheldLine{Path: w.Path, Reason: w.Reason})
	}
	r.ByRule = counts(total)
	return r
}

func counts(m map[string]int64) []Count {
	out := make([]Count, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Count{k, m[k]})
	}
	return out
}
