// Package labmark tells the folder of a lab from that of a real site or desk.
//
// A [Marker] stands in the folder of every practice site and practice desk; [Read] finds
// it, or says with fs.ErrNotExist that the folder is a real one. [Marker.Check] refuses an
// address that is not loopback and a secret that the lab did not make; [Inside] refuses a
// file from elsewhere, such as a real key; [Within] tells a real desk that what it is
// handed lies in a lab.
//
// Commands of site and desk use it, so it knows of no simulator and no lab.
//
// Limits: who takes a marker away, or copies a file out of a lab, is not stopped by it.
// What was copied is signed by keys that no real site and no real desk knows.
package labmark
