// Package coach runs labs: it sets up a practice site, stands in for the hands a person
// has in the room, and reads the state by which a lab is judged.
//
// [Start] serves the arrays of a drawn lab on loopback, with a control interface for the
// commands of the kit. [Dial] is the other end of it: [Client.Now] is the clock of the
// arrays, [Client.Advance] lets time pass, [Client.Do] does something with hands. Package
// labs judges; [Gather] reads what it judges by: what the simulator was asked and shows,
// and what lies in the site folder (runs, cases, bundles, journal, files).
//
// A practice site lies in the folder site of a [Home], with a [Marker] in it. Commands of
// the kit that find a marker work on the arrays' clock and say on every screen that it is
// training; [Marker.Check] refuses an address that is not loopback and a secret that the
// lab did not make, so that a practice site cannot hold what opens a real array. A folder
// that is a real site is never made into one. A lab may have a practice desk beside the
// site, with a marker of its own; package labmark keeps it apart from real ones.
//
// Promises: everything listens on loopback and asks for a token that only the owner of
// the folder can read. A practice site ends by itself when its time is over, when its
// marker is gone or is that of another, and when it is told to.
//
// Limits: a site that has ended cannot be gone on with; start the lab again. What the
// learner does to the files of the folder by other means than the kit is not seen, except
// where it breaks a chain.
package coach
