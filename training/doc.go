// Package training is the vocabulary of learning and of proof: the practice
// sites on which labs, examinations, tests and the guided demonstration run.
//
// Nothing here needs a real array. Package sim models arrays and their faults,
// sim/arrayapi gives them the interface a real array has, scenario says which
// fault happens when, and simhost puts arrays, faults and a clock together on
// loopback ports. A [Trainee] who can handle a scenario here has handled the
// same replies, alerts and delays a real array would send.
//
// Promise: the same seed and the same scenario give the same run, to the byte.
package training

// Trainee is the id of the person who learns, as it stands in the site's
// roster, so that a record of progress belongs to one person at one site.
type Trainee string
