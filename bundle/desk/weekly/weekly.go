// Package weekly makes the summary a designated engineer goes through with a site
// once a week: what is new, what is still there, what has cleared, whether the
// site has gone silent, which versions carry a known defect, and which plans end.
//
// [Build] is pure. It is given the facts of the newest bundle of each array and of
// the newest one that is at least a week older, and the file of the site.
package weekly

import (
	"cmp"
	"slices"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/triage"
)

// Times after which something is worth a word.
const (
	Week    = 7 * 24 * time.Hour
	Silence = 9 * 24 * time.Hour  // without a bundle
	Renewal = 90 * 24 * time.Hour // before a plan ends
)

// Site is what is known of one site.
type Site struct {
	File    desk.Site
	Bundles []desk.Bundle // by sequence
	Now     *triage.Facts // of the newest bundle; nil when none was read
	Before  *triage.Facts // of one at least a week older; nil when there is none
	Open    int           // cases that are not closed
}

// Risk is an array whose version has a known defect.
type Risk struct {
	Array   string `json:"array"`
	Version string `json:"version"`
	Rule    string `json:"rule"`
	Title   string `json:"title"`
	FixedIn string `json:"fixed_in,omitempty"`
	Advice  string `json:"advice"`
}

// Summary is the week of one site.
type Summary struct {
	Site        string              `json:"site"`
	Last        time.Time           `json:"last_bundle,omitzero"` // when the desk received it
	Silent      time.Duration       `json:"silent,omitempty"`     // how long, when too long
	Missing     []int64             `json:"missing,omitempty"`    // sequence numbers that never came
	Open        int                 `json:"open_cases"`
	New         []triage.Finding    `json:"new"`
	Still       []triage.Finding    `json:"still"`
	Cleared     []triage.Finding    `json:"cleared"`
	Unchecked   []triage.Unchecked  `json:"could_not_check"`
	Differences []triage.Difference `json:"differences"`
	Risks       []Risk              `json:"versions_at_risk"`
	PlanEnds    *time.Time          `json:"plan_ends,omitempty"` // when that is near or over
	NoPlan      bool                `json:"no_plan,omitempty"`
}

// Worth says whether the summary holds anything to talk about.
func (s Summary) Worth() bool {
	return len(s.New)+len(s.Still)+len(s.Cleared)+len(s.Risks)+len(s.Missing) > 0 || s.Silent > 0 || s.PlanEnds != nil || s.NoPlan
}

// Build makes the summary of a site.
func Build(s Site, rules triage.Rules, now time.Time) Summary {
	out := Summary{
		Site: s.File.Code, Open: s.Open, New: []triage.Finding{}, Still: []triage.Finding{}, Cleared: []triage.Finding{},
		Unchecked: []triage.Unchecked{}, Differences: []triage.Difference{}, Risks: []Risk{}, NoPlan: s.File.Plan == nil,
	}
	for i, b := range s.Bundles {
		if b.Received.After(out.Last) {
			out.Last = b.Received
		}
		from := int64(1)
		if i > 0 {
			from = s.Bundles[i-1].Seq + 1
		}
		for seq := from; seq < b.Seq && len(out.Missing) < 100; seq++ {
			out.Missing = append(out.Missing, seq)
		}
	}
	if quiet := now.Sub(out.Last); !out.Last.IsZero() && quiet > Silence {
		out.Silent = quiet
	}
	if p := s.File.Plan; p != nil && p.Until.Sub(now) < Renewal {
		out.PlanEnds = &p.Until
	}
	if s.Now != nil {
		out.found(triage.Analyze(*s.Now, s.Before, rules))
		out.Risks = risks(*s.Now, rules)
	}
	return out
}

func (s *Summary) found(r triage.Report) {
	s.Unchecked, s.Differences = r.Unchecked, r.Differences
	for _, f := range r.Findings {
		switch {
		case f.State == triage.Cleared:
			s.Cleared = append(s.Cleared, f)
		case !f.Open: // came and went
		case f.State == triage.Still:
			s.Still = append(s.Still, f)
		default:
			s.New = append(s.New, f)
		}
	}
}

// risks are the arrays that run a version a rule is about, whether or not the
// defect shows.
func risks(f triage.Facts, rules triage.Rules) []Risk {
	out := []Risk{}
	for _, a := range f.Arrays {
		for _, r := range rules {
			if r.Affects(a) {
				out = append(out, Risk{a.Name, a.Version, r.ID, r.Title, r.FixedIn, r.Advice})
			}
		}
	}
	return out
}

// Choose picks the bundles a week is made of: the newest, and the newest of those
// taken at least a week before it. Indexes are -1 where there is none.
func Choose(bundles []desk.Bundle) (newest, before int) {
	newest, before = -1, -1
	order := make([]int, len(bundles))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(bundles[b].Seq, bundles[a].Seq) })
	for _, i := range order {
		switch {
		case newest < 0:
			newest = i
		case before < 0 && bundles[newest].Taken.Sub(bundles[i].Taken) >= Week:
			before = i
		}
	}
	return newest, before
}
