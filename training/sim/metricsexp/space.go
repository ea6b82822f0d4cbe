package metricsexp

import "darksite/training/sim"

// space is one value of the label space.
type space struct {
	name  string
	value float64
}

// snapshotReduction is what a stored byte of snapshots stands for.
const snapshotReduction = 3

// common are the spaces that all objects tell but directories.
func common(s sim.Space) []space {
	return []space{
		{"snapshots", float64(s.Snapshots)},
		{"thin_provisioning", s.ThinProvisioning()},
		{"total_physical", float64(s.Physical())},
		{"total_reduction", s.TotalReduction()},
		{"unique", float64(s.Unique)},
		{"virtual", float64(s.Virtual)},
	}
}

// provisioned is the size that was promised, which the array does not tell of
// itself.
func provisioned(s sim.Space) space { return space{"total_provisioned", float64(s.Provisioned)} }

// effective is what the array and its volumes would hold without reduction.
func effective(s sim.Space, unique int64) []space {
	return []space{
		{"unique_effective", float64(unique)},
		{"snapshots_effective", float64(s.Snapshots * snapshotReduction)},
		{"total_effective", float64(s.Virtual + s.Snapshots*snapshotReduction)},
	}
}
