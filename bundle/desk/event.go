package desk

import (
	"time"

	"darksite/bundle"
)

// Kind is what happened.
type Kind string

// What happens to a case.
const (
	Imported     Kind = "imported"     // a bundle came in
	Admitted     Kind = "admitted"     // a held case is taken after all
	Refused      Kind = "refused"      // a held case is not taken
	Acknowledged Kind = "acknowledged" // number, severity and first diagnosis
	Commented    Kind = "commented"
	Raised       Kind = "severity"
	Moved        Kind = "status"
	Agreed       Kind = "agreed"    // how often the customer is told
	Escalated    Kind = "escalated" // the customer asks for a manager
	Answered     Kind = "answered"  // the manager has called back
	Ordered      Kind = "ordered"   // a part
	PartMoved    Kind = "part"      // where the part is now
	Surveyed     Kind = "surveyed"  // the customer answered the survey
	Reopened     Kind = "reopened"
	Asked        Kind = "asked"      // the site is to collect more
	Instructed   Kind = "instructed" // steps for people at the site
	Advised      Kind = "advised"    // a defect, and the version that has the fix
	Replied      Kind = "replied"    // a reply was sealed to be carried
	Triaged      Kind = "triaged"    // what the desk found in a bundle of the case
)

// What happens to the file of a site.
const (
	ContactSet   Kind = "contact"       // added, or changed
	ContactEnded Kind = "contact ended" // may ask no more
	PlanSet      Kind = "plan"
	AccessSet    Kind = "access" // where parts and people go
	HoursSet     Kind = "hours"  // when the desk works for this site
)

// Event is one thing that happened to a case, or to the file of a site. Which of
// the lower fields are used depends on the kind.
type Event struct {
	Seq   uint64    `json:"seq"`            // order at this desk, given by the store
	Case  string    `json:"case,omitempty"` // id of the case; empty for a site's file
	Site  string    `json:"site,omitempty"` // code; only for a site's file
	Kind  Kind      `json:"kind"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`

	Bundle    *Bundle       `json:"bundle,omitempty"`   // imported
	Draft     *Draft        `json:"draft,omitempty"`    // imported, when the bundle holds one
	Number    string        `json:"number,omitempty"`   // acknowledged; given by the store when empty
	Severity  int           `json:"severity,omitempty"` // acknowledged, severity, reopened
	Text      string        `json:"text,omitempty"`     // diagnosis, comment, reason, confirmation, words of a survey
	Summary   string        `json:"summary,omitempty"`  // escalated
	By        string        `json:"by,omitempty"`       // id of the contact who escalates, confirms or answers the survey
	Reach     string        `json:"reach,omitempty"`    // escalated: how to reach them
	Status    Status        `json:"status,omitempty"`   // status
	Every     time.Duration `json:"every,omitempty"`    // agreed; zero goes back to the rule of the severity
	Score     int           `json:"score,omitempty"`    // surveyed: 1 to 5
	Profile   string        `json:"profile,omitempty"`  // asked: of the collector
	Window    string        `json:"window,omitempty"`   // asked: how far back
	Risk      string        `json:"risk,omitempty"`     // instructed
	Expect    string        `json:"expect,omitempty"`   // instructed
	Rollback  string        `json:"rollback,omitempty"` // instructed
	FixedIn   string        `json:"fixed_in,omitempty"` // advised
	Part      *Part         `json:"part,omitempty"`     // ordered
	PartNo    int           `json:"part_no,omitempty"`  // part: 1 is the first ordered
	PartState PartState     `json:"part_state,omitempty"`
	BID       bundle.ID     `json:"bid,omitempty"`          // triaged
	Prints    []string      `json:"fingerprints,omitempty"` // triaged: of what was found
	ReplySeq  int64         `json:"reply_seq,omitempty"`
	ReplyHash string        `json:"reply_sha256,omitempty"` // of REPLY.txt
	Attached  *Attached     `json:"attached,omitempty"`     // replied

	Contact *Contact `json:"contact,omitempty"`
	Plan    *Plan    `json:"plan,omitempty"`
	Access  *Access  `json:"access,omitempty"`
	Hours   *Hours   `json:"hours,omitempty"`
}

// Attached are the files a reply brought besides words, as blobs. Empty ones were
// not in it.
type Attached struct {
	Card  bundle.Digest `json:"card,omitempty"`
	Rules bundle.Digest `json:"rules,omitempty"`
	Pack  bundle.Digest `json:"pack,omitempty"`
}

// words are all texts of an event that people wrote, for one check of them all.
// Those of a draft were tamed when it was read.
func (e Event) words() (lines, texts []string) {
	lines = []string{e.Actor, e.By, e.Reach, e.Profile, e.Window, e.Risk, e.FixedIn}
	texts = []string{e.Text, e.Summary, e.Expect, e.Rollback}
	if p := e.Part; p != nil {
		lines = append(lines, p.Name, p.SerialOut, p.SerialIn)
	}
	if c := e.Contact; c != nil {
		lines = append(lines, c.ID, c.Name, c.Phone, c.Mail)
	}
	if a := e.Access; a != nil {
		texts = append(texts, a.Address, a.Room, a.Network, a.Security)
	}
	if h := e.Hours; h != nil {
		lines = append(append(lines, h.Zone, h.Week), h.Closed...)
	}
	return lines, texts
}

// Draft is what the site wrote, after redaction.
type Draft struct {
	ID          string `json:"id"`
	Number      string `json:"number,omitempty"` // when the site already has one
	Array       string `json:"array"`
	Model       string `json:"model"`
	OSVersion   string `json:"os_version"`
	InitiatorOS string `json:"initiator_os"`
	Subject     string `json:"subject"`
	Description string `json:"description"`
	Severity    int    `json:"severity"`
	Primary     string `json:"primary"`
	PrimaryID   string `json:"primary_id,omitempty"` // of the contact who asks
	Secondary   string `json:"secondary"`
	SecondaryID string `json:"secondary_id,omitempty"`
}

// Bundle is one bundle as it was imported.
type Bundle struct {
	BID            bundle.ID     `json:"bid"`
	Site           string        `json:"site"`
	Seq            int64         `json:"seq"`
	SealedSHA256   bundle.Digest `json:"sealed_sha256"`
	SealedSize     int64         `json:"sealed_size"`
	ManifestSHA256 bundle.Digest `json:"manifest_sha256"`
	Prev           string        `json:"prev_manifest_sha256,omitempty"`
	Taken          time.Time     `json:"taken"`    // site's clock
	Received       time.Time     `json:"received"` // ours
	Collector      string        `json:"collector"`
	Officers       []string      `json:"officers"`
	ReleasedBy     string        `json:"released_by"`
	Files          int64         `json:"files"`
	Bytes          int64         `json:"bytes"`
	Clear          bool          `json:"clear,omitempty"` // came signed but not encrypted
	Repaired       int           `json:"repaired_blocks,omitempty"`
	Recipients     []string      `json:"recipients,omitempty"` // fingerprints of the keys it is sealed to
	ReplySeqSeen   int64         `json:"reply_seq_seen"`       // the newest reply the site had opened
	Warnings       []string      `json:"warnings,omitempty"`

	// What was meant to be in it and is not: removed at review first, then withheld
	// by the redactor, then what could not be collected.
	Omitted    []bundle.Omission `json:"omitted,omitempty"` // the first of them
	OmittedAll int               `json:"omitted_in_all,omitempty"`
	LeftOut    []LeftOut         `json:"left_out,omitempty"` // of our replies, at the site
}

// LeftOut is a part of a reply that a site does without, by its own decision.
type LeftOut struct {
	Reply int64  `json:"reply"`
	What  string `json:"what"` // rules, runbooks
}
