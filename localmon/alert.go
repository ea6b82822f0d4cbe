package localmon

import "time"

// Severity is the support severity of the vendor's guide.
type Severity uint8

// From the most to the least urgent. Zero means not set.
const (
	SeverityUrgent Severity = 1
	SeverityMajor  Severity = 2
	SeverityMinor  Severity = 3
	SeverityInfo   Severity = 4
)

// Truth is a three-valued answer. The zero value is unknown.
type Truth uint8

// Unknown never raises, clears or closes anything.
const (
	Unknown Truth = iota
	No
	Yes
)

// String returns yes, no or unknown.
func (t Truth) String() string {
	switch t {
	case Yes:
		return "yes"
	case No:
		return "no"
	default:
		return "unknown"
	}
}

// Condition is what one rule says of one component at one time.
type Condition struct {
	Rule      string // id of the rule, such as drive-failed
	Target    string
	Component string // empty for the target as a whole
	State     Truth
	Severity  Severity
	Why       string // why this severity, one sentence
	Summary   string // what is wrong, one sentence with the values
	Hard      bool   // a hard fault: one observation is enough to fire
	Runbook   string // id of the runbook to open
	Evidence  []string
	Cause     Ref  // the condition of the same target that explains this one; zero for none
	Over      bool // with Yes: it was seen, and it had ended before this look
}

// Ref names one condition of a target: a rule and a component.
type Ref struct {
	Rule      string `json:"rule"`
	Component string `json:"component,omitempty"`
}

// IsZero reports whether the reference names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// String renders the reference as rule or rule/component.
func (r Ref) String() string {
	if r.Component == "" {
		return r.Rule
	}
	return r.Rule + "/" + r.Component
}

// Status is where an alert stands.
type Status string

// An alert is pending until enough observations agree, firing until it is
// cleared by good observations, then resolved.
const (
	StatusPending  Status = "pending"
	StatusFiring   Status = "firing"
	StatusResolved Status = "resolved"
)

// Alert is one fault of one component as the site knows it.
type Alert struct {
	ID        uint64    `json:"id"` // given by the site, never reused
	Rule      string    `json:"rule"`
	Target    string    `json:"target"`
	Component string    `json:"component,omitempty"`
	Status    Status    `json:"status"`
	Severity  Severity  `json:"severity"`
	Why       string    `json:"why"`
	Summary   string    `json:"summary"`
	Runbook   string    `json:"runbook,omitempty"`
	Evidence  []string  `json:"evidence,omitempty"`
	Since     time.Time `json:"since"`              // first observation of this fault
	Fired     time.Time `json:"fired,omitzero"`     // when it became firing
	Seen      time.Time `json:"seen"`               // newest observation that was not unknown
	Resolved  time.Time `json:"resolved,omitzero"`  // when it was cleared
	Stale     bool      `json:"stale,omitempty"`    // the newest observation is unknown
	Flaps     int       `json:"flaps,omitempty"`    // times it came back soon after clearing
	AckedBy   string    `json:"acked_by,omitempty"` // who has taken it in hand
	AckNote   string    `json:"ack_note,omitempty"`
	AckedAt   time.Time `json:"acked_at,omitzero"`
	Parent    uint64    `json:"parent,omitempty"`   // the alert that explains this one
	Children  []Ref     `json:"children,omitempty"` // what this alert explains, the first fifty
	Hush      *Hush     `json:"hush,omitempty"`     // people are not told of it now; never altered, only replaced
}

// Change is one step in the life of an alert, kept for good.
type Change struct {
	Seq   uint64    `json:"seq"` // order of record at this site
	At    time.Time `json:"at"`
	From  Status    `json:"from,omitempty"` // empty when the alert is new
	What  string    `json:"what"`           // one of the words below
	Alert Alert     `json:"alert"`          // as it stands after the change
}

// What a change can say. A soft alert is raised (pending), then fired or
// dropped; a hard one is fired at once. Passed is a fault that began and ended
// between two looks.
const (
	ChangeRaised    = "raised"
	ChangeFired     = "fired"
	ChangeDropped   = "dropped"
	ChangeSeverity  = "severity"
	ChangeCleared   = "cleared"
	ChangeReraised  = "reraised"
	ChangeAcked     = "acked"
	ChangeGrouped   = "grouped"
	ChangeUngrouped = "ungrouped"
	ChangePassed    = "passed"
	ChangeRetired   = "retired" // the site no longer has the target, or the rule
	ChangeHushed    = "hushed"  // a silence or maintenance begins for an alert that fires
	ChangeUnhushed  = "told"    // it is over and the alert still fires: people are told now
)
