package scenario

import (
	"fmt"
	"slices"
	"time"

	"darksite/training/sim"
)

// Scenario is a practice site and what happens to it.
type Scenario struct {
	Name   string
	Title  string
	Seed   uint64
	Start  time.Time // zero for the simulator's own
	Arrays []Array   // at least one
	Events []Event   // by time
}

// Array is one array of the site.
type Array struct {
	Name string     `yaml:"name"`
	Kind sim.Family `yaml:"kind"` // flasharray when left out
	Size sim.Size   `yaml:"size"` // small when left out
}

// Event is one fault of one array.
type Event struct {
	At    time.Duration // after the start
	Array string
	Fault sim.Fault // its At is zero; see Scenario.Start
}

// defaultArray is the array of a scenario that names none.
const defaultArray = "fa-prod-1"

// Build makes the arrays, at the start of their clocks, with every event
// planned. Arrays of one scenario differ although they share its seed, because
// their names differ.
func (s Scenario) Build() ([]*sim.Array, error) {
	var all []*sim.Array
	for _, a := range s.Arrays {
		made, err := s.build(a)
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		all = append(all, made)
	}
	for _, e := range s.Events {
		n := slices.IndexFunc(s.Arrays, func(a Array) bool { return a.Name == e.Array })
		if n < 0 {
			return nil, fmt.Errorf("scenario %s: the event at %s is about array %q, which it does not have", s.Name, e.At, e.Array)
		}
		if err := e.inject(all[n]); err != nil {
			return nil, fmt.Errorf("scenario %s, event at %s: %w", s.Name, e.At, err)
		}
	}
	return all, nil
}

func (s Scenario) build(a Array) (*sim.Array, error) {
	return sim.New(sim.Options{Name: a.Name, Family: a.Kind, Seed: s.Seed, Size: a.Size, Start: s.Start})
}

func (e Event) inject(a *sim.Array) error {
	f := e.Fault
	f.At = a.Options().Start.Add(e.At)
	_, err := a.Inject(f)
	return err
}

// Length is how long it takes until the last event has happened and, where it
// has an end, ended.
func (s Scenario) Length() time.Duration {
	var last time.Duration
	for _, e := range s.Events {
		last = max(last, e.At+e.Fault.Duration)
	}
	return last
}
