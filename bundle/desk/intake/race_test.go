//go:build race

package intake_test

// underRace: the race detector takes several times the memory.
const underRace = true
