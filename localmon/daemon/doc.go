// Package daemon is the monitor: it looks at every target on its schedule,
// stores what it saw, judges it, and keeps the alerts. It owns every goroutine
// of local monitoring.
//
//	look (poll) -> history.Append, synced -> rule.Evaluator -> alert.Engine -> alertstore.Save, synced -> Notifier
//
// The caller opens the files and the sources, calls [New] and then
// [Daemon.Run], which ends when its context does, or [Daemon.Once] for a single
// look at everything. A second monitor on the same files fails where the files
// are opened, and that error names who holds them. [Daemon] gives package live
// what it serves.
//
// Beside what a look measured the history keeps what the target said of each of its
// parts, as series of localmon.ComponentStateMetric.
//
// Promises:
//   - A look is acknowledged (its sequence number shown) only after the history
//     has it on disk.
//   - A step of the alerts, and what the rules remember, is one transaction.
//     After a crash the monitor goes on from the newest whole step: no alert is
//     lost, none is told twice as new.
//   - A disk that cannot be written does not stop the watching: the look is
//     judged, an alert of the site's own target says so, changes wait in memory
//     ([Options.MaxUnsaved] of them) and are saved, in order, with the next
//     step that can be.
//   - A notifier is told every change at least once and in order; what it may
//     have heard before a crash is marked as a repeat.
//   - A panic in judging one look is that look's trouble and stops nothing.
//   - A target whose looking, storing or judging does not go on within its bound
//     is an alert of the site, and [Daemon.Health] says so until it goes on. The
//     other targets are watched meanwhile.
//   - When Run returns every goroutine has ended and what the rules remember is
//     on disk.
//
// Limits: alerts of targets the site no longer names, and of rules it no longer
// has for them, are retired when a Daemon is made. Targets and rules change with a new Daemon only: when Run has returned
// and [Daemon.Monitor] says that nothing is unsaved, one made on the same files
// goes on where it ended.
package daemon
