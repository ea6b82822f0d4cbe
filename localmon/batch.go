package localmon

import (
	"context"
	"iter"
	"time"
)

// Kind says what a target is, and so which source speaks to it.
type Kind string

// The kinds of target a site can name.
const (
	KindFlashArray Kind = "flasharray"
	KindFlashBlade Kind = "flashblade"
	KindHost       Kind = "host"
)

// Array is the identity of a target as the target itself states it. Empty
// fields were not reported.
type Array struct {
	Name    string `json:"name"` // the name the target gives itself
	Kind    Kind   `json:"kind"`
	Model   string `json:"model"`   // hardware model, such as FA-X70R3
	OS      string `json:"os"`      // operating system name, such as Purity//FA
	Version string `json:"version"` // operating system version
	Serial  string `json:"serial"`  // the target's own unique id
}

// Sample is one value of one series. Its time is the time of its [Batch].
type Sample struct {
	Key   SeriesKey
	Value float64
}

// Health is the kit's own judgement of a component's status word.
type Health uint8

// The zero value is unknown, so that a forgotten field never reads as OK.
const (
	HealthUnknown Health = iota
	HealthOK
	HealthWarning
	HealthCritical
)

// String returns the word used in tables, JSON and rules.
func (h Health) String() string {
	switch h {
	case HealthOK:
		return "ok"
	case HealthWarning:
		return "warning"
	case HealthCritical:
		return "critical"
	default:
		return "unknown"
	}
}

// ComponentState is what a target says of one of its parts.
type ComponentState struct {
	Component string // name in the target's own spelling, such as CH0.BAY7
	Type      string // drive, controller, drive_bay, cooling, filesystem, ...
	Status    string // the target's own word, kept as it came
	Health    Health // the kit's judgement of that word; unknown words are warnings
	Detail    string // anything else worth a line, such as capacity or mode
}

// ArrayAlert is an alert raised by the target itself.
type ArrayAlert struct {
	ID            string // stable over the life of the alert
	Name          string // the number people see in the target's own list
	Code          int
	Severity      string // info, warning, critical, hidden: the target's own word
	State         string // open, closing, closed, ...
	Category      string
	ComponentType string
	Component     string
	Issue         string
	Summary       string
	Description   string
	Expected      string
	Actual        string
	Action        string // what the target advises to do
	KnowledgeBase string // an address on the internet: shown as an id, never followed
	Flagged       bool
	Created       time.Time // target's clock; zero where not reported
	Updated       time.Time
	Closed        time.Time
}

// EndpointError is one part of a look that failed while the rest went on.
type EndpointError struct {
	Endpoint string // path or file, as a person would name it
	Err      error
}

// Batch is everything one look at one target brought back.
type Batch struct {
	Target   string    // the site's name for the target, from site.yaml
	At       time.Time // the kit's wall clock when the look began
	TargetAt time.Time // the target's own clock, zero where it tells none
	Info     *Array    // identity, nil when it was not read this time
	Samples  []Sample
	// Units are those that the target itself told of its series, by metric or,
	// for one series, by metric{labels}. Only what the names do not say needs to
	// be told, and only once; see [UnitOf].
	Units  map[string]Unit
	States []ComponentState // complete for every Type present in the batch
	Alerts []ArrayAlert     // alerts that are open or changed since the last look
	// AlertsRead says that the alert list was read, so that an empty Alerts
	// means "none" and not "not known".
	AlertsRead bool
	Partial    []EndpointError
	Took       time.Duration
}

// Source looks at one target once. Collect returns what it could read; an
// endpoint that fails goes into Batch.Partial and never drops the rest. An
// error means that nothing could be read: the batch is then empty except for
// Target, At and Partial. Collect is called by one goroutine at a time and
// must return soon after ctx ends.
type Source interface {
	Target() string
	Collect(ctx context.Context, now time.Time) (Batch, error)
}

// Recaller is a source whose target keeps a record of its own, so that what
// happened while nobody looked is not lost. Recall yields what the target
// recorded after from and before to, both by the kit's clock, as batches in
// ascending order; their At is the time of the record. Such a batch holds samples
// only: states and alerts of the past are not to be judged as if they were now.
// An error says what could not be had; batches may follow it. Recall and Collect
// are called by one goroutine at a time.
type Recaller interface {
	Recall(ctx context.Context, from, to time.Time) iter.Seq2[Batch, error]
}
