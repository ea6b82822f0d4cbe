// Package scenario reads scenarios: which arrays a practice site has, and which
// fault happens to which of them when. Tests, labs and the demonstration share
// them, so that what a learner sees is what the tests saw.
//
// # The file
//
//	scenario: drive-failed                   # letters, digits and '-'
//	title: One drive fails and is replaced   # one line
//	seed: 7                                  # optional, 1 when left out
//	start: 2026-03-02T06:00:00Z              # optional; where the clock begins
//	arrays:                                  # optional; fa-prod-1 when left out
//	  - name: fa-prod-1
//	    kind: flasharray                     # or flashblade; flasharray when left out
//	    size: recorded                       # small, recorded or large; small when left out
//	events:
//	  - at: 10m                              # after the start
//	    fault: drive_fail                    # see sim.Catalogue
//	    array: fa-prod-1                     # optional where there is one array
//	    target: CH0.BAY7                     # optional; each fault has a default
//	    duration: 2h                         # optional; until cleared when left out
//	    params: {rebuild: 40m}               # optional; see the catalogue
//	    id: lost-drive                       # optional; to clear it by
//
// Durations are written as Go writes them, and with days: 90s, 1h30m, 2d.
//
// # Start
//
//	s, err := scenario.Ready("drive-failed")   // or Parse(file, data)
//	arrays, err := s.Build()                  // simulated, every event planned
//
// # Promises
//
//   - The file is read strictly, by package strictyaml: an unknown or repeated
//     key, a value that does not fit, a part the array does not have, each is
//     an error with file, line, column and what would be right.
//   - Reading costs bounded time and memory: at most 1 MiB, 32 arrays and
//     1,000 events.
//   - [Scenario.Encode] writes one form of each scenario; reading that form
//     gives an equal scenario, and writing it again the same bytes.
package scenario
