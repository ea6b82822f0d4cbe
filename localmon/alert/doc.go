// Package alert turns what rules say into alerts a person can work with. It is
// the memory between one look and the next: it decides when a condition has
// been seen often enough to be told, when it has been good for long enough to
// be over, and which alerts are one fault.
//
// [Engine.Step] is a pure function: a [State], the time and the conditions of
// one evaluation give the next State and the list of changes. It never touches
// the State it was given, so a caller that cannot store a step may simply drop
// its result. Keep the State beside the changes in one transaction and nothing
// is lost or told twice.
//
// The life of an alert:
//
//	            Yes (hard) ............................\
//	nothing --- Yes ---> pending -- 2 Yes of 3 ---> firing -- 3 No and 5 min ---> resolved
//	                        \-- 2 No --> dropped      ^                              |
//	                                                  \-- Yes within 15 min (flap) --/
//
// Promises:
//   - Unknown, and the absence of an answer, never raises, clears or counts as
//     good. It marks the alert stale, and so does silence of [Options.StaleAfter].
//   - One fault is one alert: the same rule, target and component within the
//     re-raise time is the same alert with its flap counter raised.
//   - While an alert lives its severity only becomes more urgent.
//   - A condition that names a Cause is not told on its own while the alert of
//     that cause lives; the parent lists it in Children. An alert that was
//     already told keeps its own life and points to its Parent.
//   - An acknowledgement changes who holds the alert and nothing else.
//   - A silence or maintenance ([Engine.Quiet]) marks alerts and changes nothing
//     else: they live on, are recorded and shown. It always ends, by itself at
//     the latest, and what still fires then is told. What is urgent is covered
//     only where that was said. A clock set back to before it began ends it for
//     as long, so that it tells rather than hides.
//   - IDs and sequence numbers only grow.
//   - A wall clock that jumps back delays no clearing for longer than the
//     usual wait: good time is counted again from the new clock.
//
// Limits: at most [Options.Max] alerts live at once. Beyond that no new alert
// is told and one alert of the rule [FloodRule] says so.
package alert
