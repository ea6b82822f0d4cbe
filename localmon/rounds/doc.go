// Package rounds keeps who made the daily round and when, and what people have
// said to have done by hand: that keys are backed up, that the clock was
// compared with a watch, that the history was checked.
//
// It keeps one bucket, "rounds", in a bbolt file of the caller's that can be
// written while the monitor runs:
//
//	rounds/
//	  list   id (8 bytes, big endian) -> round
//	  marks  name -> the newest word given for it
//
// Every value is one format byte (1), a CRC32C (4 bytes, big endian) of the
// rest, then JSON.
//
// [Store.Begin] notes that somebody sets out, [Store.Done] that the round was
// made, with what was found. A round that was begun and never done stays in the
// list as that; only what was done counts as the last round.
//
// Limits: a round is one a day, so nothing is ever removed.
package rounds
