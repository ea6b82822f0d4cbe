// Package alertstore keeps alerts, every change of every alert, and what the
// engine and the rules remember, in the site's bbolt file.
//
// The caller opens the file (site.db) and hands it in; the package owns the
// top-level bucket "alerts" and touches nothing else. [Open] prepares the
// bucket, [Store.Load] gives back the state to go on from, [Store.Save] writes
// one step.
//
//	alerts/
//	  meta     version, next alert id, newest sequence number, told and telling marks
//	  state    one entry per key the engine remembers
//	  memory   per target: what the rules remember, and the newest scrape judged
//	  changes  sequence number (8 bytes, big endian) -> change, kept for good
//	  byid     alert id (8 bytes, big endian) -> the alert as it stands
//	  bytime   time (8 bytes), sequence number -> target, rule and component,
//	           joined by zero bytes: where a week begins, and whose changes
//	  byalert  alert id, sequence number -> nothing: the life of one alert
//	  quiets   id -> silence or maintenance window, kept for good
//
// A time is nanoseconds since the epoch, big endian with the sign bit turned,
// so that keys stand in order. The two indices hold no checksums: they are made
// from the changes, and [Store.Check] holds them against each other.
//
// Every other value is one format byte (1), a CRC32C (4 bytes, big endian) of the
// rest, then JSON: bbolt pages carry no checksums, so values must.
//
// Promises:
//   - A step is one transaction. When Save returns nil the step is on disk; a
//     crash before leaves the step before it, whole.
//   - Saving a step twice is harmless: changes that are already there are
//     compared and must be the same, nothing is told or numbered twice. A step
//     that does not follow the stored one is refused with [ErrOutOfOrder].
//   - Changes, silences and maintenance windows are never removed.
//   - [Store.Past] seeks: the changes of a week, of one alert, or the newest
//     thousand cost the same after years as on the first day.
//   - A value that does not pass its checksum is [ErrDamaged] and names its
//     place. [Store.Check] reads everything.
//
// A notifier is told at least once: [Store.BeginTelling] notes what is about
// to be told, [Store.Told] that it was. After a crash between the two
// [Store.Untold] says which changes may have been told already.
//
// Limits: one writer. Reading is safe from many goroutines. A file of format 1,
// which had no indices, is brought up to date when it is opened for writing.
package alertstore
