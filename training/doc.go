// Package training is the folder of learning and of proof: the practice sites
// on which labs, examinations, tests and the guided demonstration run.
//
// Nothing here needs a real array. Package sim models arrays and their faults,
// sim/arrayapi gives them the interface a real array has, sim/control steers
// them, scenario says which fault happens when, and simhost puts arrays, faults
// and a clock together on loopback ports. Start with simhost.
//
// Package labs holds practical exercises and judges them, and coach runs one: the site, its
// arrays, the hands of whoever practises, and the state it is judged by.
//
// Package course holds the lessons, exam draws, marks and records examinations, and
// certificate says who may look after arrays and checks that without a network.
//
// Promise: the same seed and the same scenario give the same run, to the byte.
// Whoever can handle a scenario here has handled the replies, the alerts and
// the delays a real array would send.
package training
