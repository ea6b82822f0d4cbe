package watch

import (
	"context"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/host"
)

// machine is the kit's own machine as a target. In a lab it is one that is always well:
// how busy a learner's machine happens to be has no place there.
func (a *app) machine(name string) (localmon.Source, error) {
	if a.Practice != nil {
		return wellMachine(name), nil
	}
	return host.New(host.Options{Target: name})
}

// wellMachine is a machine of which there is nothing to say.
type wellMachine string

// Target implements localmon.Source.
func (m wellMachine) Target() string { return string(m) }

// Collect implements localmon.Source.
func (m wellMachine) Collect(_ context.Context, now time.Time) (localmon.Batch, error) {
	load := localmon.SeriesKey{Target: string(m), Metric: "node_load1"}
	return localmon.Batch{Target: string(m), At: now, Samples: []localmon.Sample{{Key: load, Value: 0.1}}}, nil
}
