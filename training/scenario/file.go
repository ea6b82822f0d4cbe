package scenario

import (
	"bytes"
	"fmt"
	"time"

	"darksite/training/sim"

	"go.yaml.in/yaml/v3"
)

// file is a scenario as it stands on disk, for reading and writing alike; see
// the package comment.
type file struct {
	Scenario string      `yaml:"scenario"`
	Title    string      `yaml:"title"`
	Seed     uint64      `yaml:"seed"`
	Start    time.Time   `yaml:"start,omitempty"`
	Arrays   []Array     `yaml:"arrays"`
	Events   []fileEvent `yaml:"events,omitempty"`
}

type fileEvent struct {
	At       *time.Duration    `yaml:"at"`
	Array    string            `yaml:"array"`
	Fault    sim.Kind          `yaml:"fault"`
	Target   string            `yaml:"target,omitempty"`
	Duration time.Duration     `yaml:"duration,omitempty"`
	Params   map[string]string `yaml:"params,omitempty,flow"`
	ID       string            `yaml:"id,omitempty"`
}

func (e fileEvent) event() Event {
	f := sim.Fault{ID: e.ID, Kind: e.Fault, Target: e.Target, Duration: e.Duration}
	if len(e.Params) > 0 {
		f.Params = e.Params
	}
	return Event{At: *e.At, Array: e.Array, Fault: f}
}

// Encode writes a scenario in the one form Parse reads back to an equal
// scenario: every key that has a value, in the order of the package comment.
func (s Scenario) Encode() ([]byte, error) {
	f := file{Scenario: s.Name, Title: s.Title, Seed: s.Seed, Start: s.Start.UTC(), Arrays: s.Arrays}
	for _, e := range s.Events {
		f.Events = append(f.Events, fileEvent{
			At: &e.At, Array: e.Array, Fault: e.Fault.Kind, Target: e.Fault.Target,
			Duration: e.Fault.Duration, Params: e.Fault.Params, ID: e.Fault.ID,
		})
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("encode scenario %s: %w", s.Name, err)
	}
	return b.Bytes(), nil
}
