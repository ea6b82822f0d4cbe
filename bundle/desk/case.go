package desk

import "time"

// Status is where a case stands.
type Status string

// The statuses, in the words of the vendor's guide.
const (
	New              Status = "new"  // a bundle nobody asked anything with
	Held             Status = "held" // paperwork: a person decides
	AwaitingSupport  Status = "awaiting on support"
	InProgress       Status = "in progress"
	AwaitingCustomer Status = "awaiting on customer"
	AwaitingPart     Status = "awaiting part"
	Pending          Status = "pending confirmation" // a fix is offered
	Closed           Status = "closed"
)

// Waiting says that the next word is the customer's, so that no update is due.
func (s Status) Waiting() bool {
	return s == AwaitingCustomer || s == Pending || s == Held || s == Closed
}

// Case is what the events of one case add up to.
type Case struct {
	ID           string        `json:"id"` // site/draft id, or site/bundle id
	Site         string        `json:"site"`
	DraftID      string        `json:"draft_id,omitempty"`
	Number       string        `json:"number,omitempty"`
	Status       Status        `json:"status"`
	Since        time.Time     `json:"since"` // when it came to this status
	Severity     int           `json:"severity"`
	Rises        []Rise        `json:"rises,omitempty"`     // how the severity came to be, oldest first
	Paperwork    []string      `json:"paperwork,omitempty"` // why it is held, or what severity 1 did not wait for
	Draft        Draft         `json:"draft"`
	Bundles      []Bundle      `json:"bundles"`
	Raised       time.Time     `json:"raised"`   // site's clock, from the first bundle
	Received     time.Time     `json:"received"` // our clock: response times count from here
	Acknowledged time.Time     `json:"acknowledged,omitzero"`
	Diagnosis    string        `json:"diagnosis,omitempty"`
	Every        time.Duration `json:"every,omitempty"`  // agreed time between updates
	Updated      time.Time     `json:"updated,omitzero"` // newest reply sealed
	Resumed      time.Time     `json:"resumed,omitzero"` // when the next word became ours again
	Escalations  []Escalation  `json:"escalations,omitempty"`
	Parts        []Part        `json:"parts,omitempty"`
	Prints       []string      `json:"fingerprints,omitempty"` // of everything found in its bundles, sorted
	Fix          string        `json:"fix,omitempty"`          // offered, to be confirmed
	Confirmed    *Confirmation `json:"confirmed,omitempty"`
	Closed       time.Time     `json:"closed,omitzero"`
	Survey       *Survey       `json:"survey,omitempty"`
	Reopenings   []time.Time   `json:"reopenings,omitempty"`
	Version      uint64        `json:"version"` // seq of its newest event
}

// Rise is a severity and when it began to count.
type Rise struct {
	At time.Time `json:"at"`
	To int       `json:"to"`
}

// Escalation is the customer asking for a manager.
type Escalation struct {
	At       time.Time `json:"at"`
	By       string    `json:"by"`    // contact
	Reach    string    `json:"reach"` // how to reach them
	Summary  string    `json:"summary"`
	Reason   string    `json:"reason"`
	Manager  string    `json:"manager,omitempty"`
	Answered time.Time `json:"answered,omitzero"`
	Resolved time.Time `json:"resolved,omitzero"` // with the end of the case
}

// Confirmation is the customer's word that the case may be closed.
type Confirmation struct {
	At    time.Time `json:"at"`
	By    string    `json:"by"` // contact
	Words string    `json:"words"`
}

// Survey is what is asked after a case is closed.
type Survey struct {
	Sent  time.Time `json:"sent"` // with the reply that was sealed after closing
	At    time.Time `json:"at,omitzero"`
	By    string    `json:"by,omitempty"`
	Score int       `json:"score,omitempty"` // 1 to 5
	Words string    `json:"words,omitempty"`
}

// PartState is where a part is.
type PartState string

// The states of a part, in their order. A drive that is kept is never returned.
const (
	PartOrdered   PartState = "ordered"
	PartShipped   PartState = "shipped"
	PartDelivered PartState = "delivered"
	PartInstalled PartState = "installed"
	PartReturned  PartState = "returned" // the old one has come back
)

// Part is a part that is being replaced.
type Part struct {
	Kind      string    `json:"kind"` // drive, controller, fan, ...
	Name      string    `json:"name"` // where it sits: CH0.BAY7
	SerialOut string    `json:"serial_out,omitempty"`
	SerialIn  string    `json:"serial_in,omitempty"`
	Keep      bool      `json:"keep,omitempty"`   // the old drive stays at the site, for a fee
	Plan      PlanKind  `json:"plan"`             // in force when it was ordered
	Severity  int       `json:"severity"`         // of the case when it was ordered
	Access    Access    `json:"access"`           // where it goes
	Diagnosed time.Time `json:"diagnosed"`        // its time counts from here
	Shipped   time.Time `json:"shipped,omitzero"` // left the vendor
	Arrived   time.Time `json:"arrived,omitzero"` // is at the site
	State     PartState `json:"state"`
	Since     time.Time `json:"since"`
}

// PartDrive is the kind of part a site may keep.
const PartDrive = "drive"

// PartKinds lists the kinds of part that are replaced.
func PartKinds() []string {
	return []string{"blade", "cable", "chassis", "controller", PartDrive, "fan", "module", "nvram", "optic", "psu", "shelf"}
}
