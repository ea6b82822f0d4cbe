package rule

import (
	"encoding/json"
	"fmt"
	"time"

	"darksite/localmon"
	"darksite/localmon/trend"
)

// Bounds of what is remembered of one target. What does not fit is not
// remembered, which at worst means no answer, never a wrong one.
const (
	maxParts    = 4096 // parts that were listed
	maxSeries   = 8192 // counters, windows and courses
	maxHabits   = 32   // series whose weeks are remembered, some 5 KB each
	maxOpen     = 4096 // components with a Yes, all rules together
	maxKnown    = 8192 // alerts of the target that were seen
	keepParts   = 30 * 24 * time.Hour
	keepOpen    = time.Hour // an open component is answered No for so long
	keepKnown   = 25 * time.Hour
	keepFuller  = 15 * time.Minute
	memoryForm  = 1
	maxMemory   = 16 << 20
	maxEvidence = 8
)

// memory is what an Evaluator remembers between looks, stored as JSON.
type memory struct {
	Form     int                             `json:"form"`
	Failed   int                             `json:"failed,omitempty"` // looks in a row that read nothing
	Began    time.Time                       `json:"began,omitzero"`   // first look that read something
	Since    time.Time                       `json:"since,omitzero"`   // when that began
	Blind    time.Time                       `json:"blind,omitzero"`   // newest look that read nothing
	Partial  map[string]int                  `json:"partial,omitempty"`
	Parts    map[string]map[string]time.Time `json:"parts,omitempty"`    // type, name: when last listed
	Open     map[string]map[string]open      `json:"open,omitempty"`     // rule, component
	Known    map[string]time.Time            `json:"known,omitempty"`    // alerts seen, open or closed: when last
	Alerts   bool                            `json:"alerts,omitempty"`   // the alert list was read before
	Digest   map[int]bool                    `json:"digest,omitempty"`   // alert codes told as one
	Counters map[string]counter              `json:"counters,omitempty"` // newest value of counters and start times
	Hits     map[string]uint64               `json:"hits,omitempty"`     // newest samples as bits, newest lowest
	Lines    map[string]*trend.Line          `json:"lines,omitempty"`
	Habits   map[string]*habit               `json:"habits,omitempty"`
	Absences map[string]absence              `json:"absences,omitempty"` // of series that must not be missing
	Sides    map[string]side                 `json:"sides,omitempty"`    // of bottlenecks, by rule and side
	Jumps    map[string]time.Time            `json:"jumps,omitempty"`    // when a start time was seen to move
	Info     *localmon.Array                 `json:"info,omitempty"`
	Changed  map[string]change               `json:"changed,omitempty"` // identity fields
}

// open is a component of a rule that was answered Yes.
type open struct {
	From     evidence          `json:"from"` // every kind of evidence that said Yes
	Yes      time.Time         `json:"yes"`  // newest Yes
	Good     time.Time         `json:"good,omitzero"`
	Fuller   time.Time         `json:"fuller,omitzero"` // when Summary was made from more than the target's alert
	Summary  string            `json:"summary,omitempty"`
	Severity localmon.Severity `json:"severity,omitempty"`
	Why      string            `json:"why,omitempty"`
}

type counter struct {
	At    time.Time `json:"at"`
	Clock time.Time `json:"clock,omitzero"` // what the target's clock said, for start times
	V     float64   `json:"v"`
}

type change struct {
	At   time.Time `json:"at"`
	From string    `json:"from"`
	To   string    `json:"to"`
}

// Memory returns what the evaluator remembers, to be stored and given to
// [Evaluator.Restore] after a restart.
func (e *Evaluator) Memory() (json.RawMessage, error) {
	data, err := json.Marshal(e.m)
	if err != nil {
		return nil, fmt.Errorf("remember %s: %w", e.target, err)
	}
	return data, nil
}

// Restore takes what Memory returned. What cannot be used (another form, too
// large, damaged) is an error and leaves the evaluator new: it then answers
// Unknown until it has looked.
func (e *Evaluator) Restore(data json.RawMessage) error {
	e.m = memory{Form: memoryForm}
	if len(data) == 0 {
		return nil
	}
	if len(data) > maxMemory {
		return fmt.Errorf("memory of %s: %d bytes, at most %d", e.target, len(data), maxMemory)
	}
	var m memory
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("memory of %s: %w", e.target, err)
	}
	if m.Form != memoryForm {
		return fmt.Errorf("memory of %s: form %d, this program knows %d", e.target, m.Form, memoryForm)
	}
	e.m = m
	return nil
}

func (m *memory) opened(rule, component string) (open, bool) {
	o, ok := m.Open[rule][component]
	return o, ok
}

func (m *memory) openCount() (n int) {
	for _, c := range m.Open {
		n += len(c)
	}
	return n
}

// set writes into a map that may not exist yet, within a bound.
func set[K comparable, V any](m *map[K]V, k K, v V, limit int) {
	if _, ok := (*m)[k]; !ok && len(*m) >= limit {
		return
	}
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}
