// Package casedraft is the support case a site prepares before anyone outside
// knows of it.
//
// A [Draft] has every field the vendor's form asks for. [Draft.Validate] names
// each field that would be sent back, what is wrong with it and how to mend it.
// The same draft becomes three things that can never disagree: the file
// case.json of a bundle ([Encode]), the text of an e-mail ([Mail]) and the card
// that is read out on the telephone ([Card]). A [Store] keeps drafts in the
// bucket "cases" of the site's database, with the number, the acknowledgement
// and the status that the vendor's replies bring back later.
//
// Rules kept here, from the vendor's guide: the number has eight digits and is
// given by the vendor only; until then the draft has a temporary id ([NewID]).
// A severity, once raised, stays raised until the case is closed. Comments are
// at most 4,000 characters. More than two error messages are sent by mail, not
// read out.
//
// Limits: the package decides nothing about who may ask for support except
// through the contacts handed to Validate, and it never sends anything.
package casedraft

import (
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"darksite/localmon"
)

// Limits of a draft, in characters unless said otherwise.
const (
	MaxSubject     = 160
	MaxDescription = 16000
	MaxComments    = 4000 // set by the vendor
	MaxMessage     = 2000 // one error message
	MaxMessages    = 50
	MaxAttachments = 100
	MaxContacts    = 5 // authorised contacts a site may have; set by the vendor
	// SpokenMessages is how many error messages may be read out on the
	// telephone; with more the case is opened by mail.
	SpokenMessages = 2
)

// ID is the temporary name of a case: T- and ten letters or digits of base32.
type ID string

// NewID draws an id from random, which is crypto/rand.Reader outside tests.
func NewID(random io.Reader) (ID, error) {
	var raw [7]byte // 56 bits, of which ten base32 digits keep 50
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("draw a case id: %w", err)
	}
	return ID("T-" + base32.StdEncoding.EncodeToString(raw[:])[:10]), nil
}

// Valid reports whether id has the form NewID gives.
func (id ID) Valid() bool {
	if len(id) != 12 || id[:2] != "T-" {
		return false
	}
	for _, c := range []byte(id[2:]) {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// ValidNumber reports whether s can be a case number of the vendor: eight digits.
func ValidNumber(s string) bool {
	if len(s) != 8 {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// Status says where a case stands as far as the site knows.
type Status string

// The statuses. Draft and Sent are the site's own; the others come with a
// reply of the vendor.
const (
	StatusDraft            Status = "draft"
	StatusSent             Status = "sent"
	StatusAwaitingSupport  Status = "awaiting on support"
	StatusInProgress       Status = "in progress"
	StatusAwaitingCustomer Status = "awaiting on customer"
	StatusAwaitingPart     Status = "awaiting part"
	StatusPending          Status = "pending confirmation"
	StatusClosed           Status = "closed"
)

// Statuses lists every status in the order of a case's life.
func Statuses() []Status {
	return []Status{
		StatusDraft, StatusSent, StatusAwaitingSupport, StatusInProgress,
		StatusAwaitingCustomer, StatusAwaitingPart, StatusPending, StatusClosed,
	}
}

// Contact is a person of the site who may ask for support.
type Contact struct {
	Certificate string `json:"certificate"` // number of the training certificate, or empty
	ID          string `json:"id"`
	Mail        string `json:"mail"`
	Name        string `json:"name"`
	Phone       string `json:"phone"`
	Role        string `json:"role"` // admin or secondary
}

// Attachment is something that goes with the case, usually a bundle.
type Attachment struct {
	Name string `json:"name"` // S042-000017, a file name, a run of a runbook
	Note string `json:"note"`
}

// Ack is what the vendor answered when it took the case.
type Ack struct {
	At        time.Time         `json:"at,omitzero"` // vendor's clock
	Diagnosis string            `json:"diagnosis"`   // first diagnosis, in words
	Severity  localmon.Severity `json:"severity"`    // as confirmed, zero before the acknowledgement
	Text      string            `json:"text"`        // the whole acknowledgement as it was carried in
}

// Answer is one thing the vendor said after the acknowledgement.
type Answer struct {
	At   time.Time `json:"at,omitzero"` // when the reply was issued, vendor's clock
	From string    `json:"from"`
	Text string    `json:"text"`
}

// Draft is one case. Fields stand in the order of their JSON keys, which is the
// order of the canonical encoding.
type Draft struct {
	Ack         Ack               `json:"ack"`
	Alerts      []uint64          `json:"alerts"`  // ids of the site's alerts
	Answers     []Answer          `json:"answers"` // what the vendor's replies said since, oldest first
	Array       string            `json:"array"`   // the site's name for the array
	Attachments []Attachment      `json:"attachments"`
	Comments    string            `json:"comments"`
	Created     time.Time         `json:"created"` // site's clock
	Description string            `json:"description"`
	Format      string            `json:"format"`
	ID          ID                `json:"id"`
	Impact      string            `json:"impact"` // what the business cannot do, one sentence
	InitiatorOS string            `json:"initiator_os"`
	Messages    []string          `json:"messages"` // exact error messages
	Model       string            `json:"model"`
	Number      string            `json:"number"` // eight digits given by the vendor, or empty
	OSVersion   string            `json:"os_version"`
	Primary     Contact           `json:"primary"`
	Runs        []string          `json:"runs"` // ids of runbook runs
	Secondary   Contact           `json:"secondary"`
	Serial      string            `json:"serial"` // of the array, or empty
	Severity    localmon.Severity `json:"severity"`
	Site        string            `json:"site"`
	Status      Status            `json:"status"`
	Subject     string            `json:"subject"` // one sentence
	Updated     time.Time         `json:"updated"` // site's clock
}

// Name is what people call the case: the number once there is one, else the
// temporary id.
func (d Draft) Name() string {
	if d.Number != "" {
		return d.Number
	}
	return string(d.ID)
}

// ErrRule is wrapped where a change is refused by a rule of the vendor's guide.
var ErrRule = errors.New("refused by a rule")

// Raise makes the case more urgent. Lowering an open case is refused.
func (d *Draft) Raise(to localmon.Severity) error {
	if to < localmon.SeverityUrgent || to > localmon.SeverityInfo {
		return fmt.Errorf("severity %d: want 1 to 4", to)
	}
	if d.Status == StatusClosed {
		return fmt.Errorf("case %s is closed: %w", d.Name(), ErrRule)
	}
	if d.Status != StatusDraft && to > d.Severity {
		return fmt.Errorf("severity of case %s is %d and stays raised until the case is closed: %w", d.Name(), d.Severity, ErrRule)
	}
	d.Severity = to
	return nil
}

// GiveNumber records the number the vendor gave. A case has one number for
// good: the same number again changes nothing, another one is refused.
func (d *Draft) GiveNumber(number string) error {
	if !ValidNumber(number) {
		return fmt.Errorf("case number %q: want the eight digits given by the vendor", number)
	}
	if d.Number != "" && d.Number != number {
		return fmt.Errorf("case %s already has the number %s, not %s: %w", d.ID, d.Number, number, ErrRule)
	}
	d.Number = number
	return nil
}

// Hear records an answer of the vendor. The same answer again changes nothing,
// so that a reply may be applied twice.
func (d *Draft) Hear(a Answer) {
	a.At = utc(a.At)
	if !slices.Contains(d.Answers, a) {
		d.Answers = append(d.Answers, a)
	}
}

// Acknowledge records the vendor's first answer: number, severity, diagnosis.
// The confirmed severity may raise the case but does not lower it.
func (d *Draft) Acknowledge(number string, ack Ack) error {
	if ack.Severity < localmon.SeverityUrgent || ack.Severity > localmon.SeverityInfo {
		return fmt.Errorf("acknowledgement of case %s: severity %d: want 1 to 4", d.Name(), ack.Severity)
	}
	if err := d.GiveNumber(number); err != nil {
		return err
	}
	d.Ack = ack
	d.Severity = min(d.Severity, ack.Severity)
	if d.Status == StatusDraft || d.Status == StatusSent || d.Status == StatusAwaitingSupport {
		d.Status = StatusInProgress
	}
	return nil
}
