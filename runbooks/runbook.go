package runbooks

import (
	"slices"
	"time"
)

// Lang is a language of the prose.
type Lang string

// The languages every runbook is written in.
const (
	English Lang = "en"
	French  Lang = "fr"
)

// Languages lists them in the order they are checked and shown.
func Languages() []Lang { return []Lang{English, French} }

// Text is a short phrase in every language.
type Text struct {
	EN string `yaml:"en"`
	FR string `yaml:"fr"`
}

// In returns the phrase in a language, English when it is not known.
func (t Text) In(l Lang) string {
	if l == French {
		return t.FR
	}
	return t.EN
}

// Risk is how much harm a step can do.
type Risk string

// R0 reads. R1 is one of the few things the kit may do itself, see [Deed]. R2 is
// done by a person after a confirmation, with a check before and after. R3 needs a
// second person's signature as well. R4 is what no runbook may ask for.
const (
	R0 Risk = "R0"
	R1 Risk = "R1"
	R2 Risk = "R2"
	R3 Risk = "R3"
)

// Kind is what a step does.
type Kind string

// The kinds of step.
const (
	Read     Kind = "read"     // show prose
	Check    Kind = "check"    // evaluate a predicate
	Observe  Kind = "observe"  // a person looks and chooses
	Confirm  Kind = "confirm"  // a person accepts a stated fact
	Action   Kind = "action"   // a person acts, the kit proves before and after
	Branch   Kind = "branch"   // choose by earlier results
	Wait     Kind = "wait"     // until a predicate holds or time is up
	Collect  Kind = "collect"  // take evidence
	Call     Kind = "call"     // follow another runbook and come back
	Escalate Kind = "escalate" // open a case draft
	End      Kind = "end"      // the outcome
)

// frenchKinds are the kinds as screens and paper name them in French.
var frenchKinds = map[Kind]string{
	Read: "lecture", Check: "contrôle", Observe: "observation", Confirm: "confirmation", Action: "action", Branch: "choix",
	Wait: "attente", Collect: "collecte", Call: "renvoi", Escalate: "escalade", End: "fin",
}

// In names the kind for a person.
func (k Kind) In(l Lang) string {
	if l == French {
		return frenchKinds[k]
	}
	return string(k)
}

// Outcome is how a run ends.
type Outcome string

// The outcomes. No step leads to Aborted: a person ends a run so, with a reason.
const (
	Resolved      Outcome = "resolved"
	Mitigated     Outcome = "mitigated"
	Escalated     Outcome = "escalated"
	NotApplicable Outcome = "not_applicable"
	Aborted       Outcome = "aborted"
)

// Trigger says which alerts lead here.
type Trigger struct {
	Rule      string `yaml:"rule"`      // id of the alert rule; none where only the array's own number leads here
	Component string `yaml:"component"` // kind of component, to rank higher when it fits
	Codes     []int  `yaml:"codes"`     // the array's own numbers of such an alert
}

// Runbook is one procedure.
type Runbook struct {
	ID          string        `yaml:"id"`
	Version     int           `yaml:"version"`
	Title       Text          `yaml:"title"`
	Products    []string      `yaml:"products"`
	Severity    int           `yaml:"severity"` // support severity of the usual case, 1 to 4
	Audience    string        `yaml:"audience"`
	Triggers    []Trigger     `yaml:"triggers"`
	Tasks       []Text        `yaml:"tasks"`    // what somebody sets out to do that leads here, where no alert does
	Symptoms    []string      `yaml:"symptoms"` // words for search, both languages
	RiskMax     Risk          `yaml:"risk_max"`
	People      int           `yaml:"people"`
	Minutes     int           `yaml:"minutes"`
	Impact      Text          `yaml:"impact"`
	Related     []string      `yaml:"related"`
	Owner       string        `yaml:"owner"`
	ReviewedOn  string        `yaml:"reviewed_on"` // 2026-11-22
	ReviewEvery int           `yaml:"review_every_days"`
	ResumeMax   time.Duration `yaml:"resume_max"`  // after this a run is not resumed
	VendorCase  bool          `yaml:"vendor_case"` // a case must be open before a run begins
	Withdrawn   string        `yaml:"withdrawn"`   // why nobody may begin it any more
	First       string        `yaml:"first"`
	Steps       []Step        `yaml:"steps"`

	Prose  map[Lang]Prose    `yaml:"-"`
	Digest string            `yaml:"-"` // SHA-256 over the logic and the prose files, hex
	Files  map[string][]byte `yaml:"-"` // the files as loaded, copied into each run
	// Figures are the drawings by file name, such as drive-bay.en.svg. A run does not
	// take them along and the digest does not cover them: no step needs one.
	Figures map[string][]byte `yaml:"-"`
}

// Step is one thing to do.
type Step struct {
	ID       string            `yaml:"id"`
	Kind     Kind              `yaml:"kind"`
	On       map[string]string `yaml:"on"` // result -> next step
	Expect   *Predicate        `yaml:"expect"`
	MaxAge   time.Duration     `yaml:"max_age"`  // data older than this is unknown
	Choices  []Choice          `yaml:"choices"`  // observe
	Risk     Risk              `yaml:"risk"`     // action
	Before   *Predicate        `yaml:"before"`   // action: must hold before a hand is raised
	After    *Predicate        `yaml:"after"`    // action: must hold when it is done
	Within   time.Duration     `yaml:"within"`   // action, wait: how long After or Expect may take
	Every    time.Duration     `yaml:"every"`    // action, wait: how often to look meanwhile
	Figure   string            `yaml:"figure"`   // a drawing that helps: fig/<figure>.en.svg and .fr.svg beside the words
	Undo     *Text             `yaml:"undo"`     // action: how to go back
	Do       *Deed             `yaml:"do"`       // action of risk R1: what the kit does
	Runbook  string            `yaml:"runbook"`  // call
	When     []When            `yaml:"when"`     // branch
	Else     string            `yaml:"else"`     // branch
	Profile  string            `yaml:"profile"`  // collect
	Severity int               `yaml:"severity"` // escalate
	Summary  *Text             `yaml:"summary"`  // escalate: subject of the case
	Hold     []Text            `yaml:"hold"`     // escalate: what not to touch meanwhile
	Outcome  Outcome           `yaml:"outcome"`  // end
	Needs    string            `yaml:"needs"`    // end resolved: the check that must have passed
}

// Choice is one answer to an observation.
type Choice struct {
	ID   string `yaml:"id"`
	Text Text   `yaml:"text"`
}

// When is one edge of a branch: taken when the step ended with the result.
type When struct {
	Step string `yaml:"step"`
	Is   string `yaml:"is"`
	Then string `yaml:"then"`
}

// Prose is the words of one language.
type Prose struct {
	Title    string
	Intro    string             // Markdown before the first section
	Sections map[string]Section // by step id
}

// Section is the words of one step.
type Section struct {
	Title string
	Body  string // Markdown
}

// For reports whether the runbook is meant for a kind of target. A target whose
// kind nobody knows is not refused.
func (r *Runbook) For(product string) bool {
	return product == "" || slices.Contains(r.Products, product)
}

// Step returns the step with this id.
func (r *Runbook) Step(id string) (Step, bool) {
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return Step{}, false
	}
	return r.Steps[i], true
}

// Next lists every step that can follow, in no order.
func (s Step) Next() []string {
	var next []string
	for _, to := range s.On {
		next = append(next, to)
	}
	for _, w := range s.When {
		next = append(next, w.Then)
	}
	if s.Else != "" {
		next = append(next, s.Else)
	}
	return next
}

// Results lists the results a step of this kind can have; for observe they are
// the ids of its choices.
func (s Step) Results() []string {
	switch s.Kind {
	case Read:
		return []string{"seen"}
	case Check:
		return []string{"pass", "fail", "unknown"}
	case Observe:
		out := make([]string, 0, len(s.Choices))
		for _, c := range s.Choices {
			out = append(out, c.ID)
		}
		return out
	case Confirm:
		return []string{"yes", "no"}
	case Action:
		if s.Risk == R1 && s.Before == nil && s.After == nil {
			return []string{"done", "failed", "not_done"}
		}
		return []string{"done", "failed", "not_done", "unknown"}
	case Wait:
		return []string{"reached", "expired", "unknown"}
	case Collect:
		return []string{"taken", "failed"}
	case Call:
		return []string{string(Resolved), string(Mitigated), string(Escalated), string(NotApplicable), "failed"}
	case Escalate:
		return []string{"drafted", "failed"}
	}
	return nil
}
