// Package notify tells people inside the site of changes of alerts: into a
// file, to a syslog server, by mail through a relay, and by a program of the
// site's own.
//
// # How to start
//
//	desk, err := notify.Open(notify.Options{Site: "S042", DB: siteFile, Log: alerts, Ways: ways, Now: time.Now})
//	o.Notifier = desk                      // daemon.Options: the desk is woken by every change
//	err = desk.Run(ctx, d.Note)            // until ctx ends; troubles are noted as "notifier NAME"
//
// A [Way] is a [Notifier] with its manners: what it is told, when many changes
// become one message, how often it may be used. [NewFile], [NewSyslog],
// [NewMail] and [NewExec] make the notifiers there are.
//
// # How telling works
//
// The log of changes in the alert store is the queue, so a storm takes no
// memory that it does not take anyway. Each way has two marks of its own in the
// bucket "notify" of the site's bbolt file: how far it was told, and how far it
// may have been told. Before a message goes out the second mark is on disk, and
// after it the first.
//
//	changes (alertstore) -> filter -> digest -> pace -> mark, synced -> Notifier -> mark, synced
//
// # Promises
//
//   - Each way is told every change that concerns it at least once and in order,
//     whenever the process dies. What it may have heard before comes marked as a
//     repeat; a failure of which is known that nothing left is none.
//   - Ways do not know each other: one that fails or hangs delays no other, and
//     none delays the monitor.
//   - A way that fails is tried again after 5 seconds, then after twice as long
//     each time, at most every 5 minutes, for as long as it is named. When that
//     has lasted for its patience, the site has an alert for it.
//   - More changes at once than [Way.Digest] become one message, which counts
//     them by target and rule, the most urgent first. Its size does not grow
//     with the storm.
//   - A way is used at most [Way.PerHour] times an hour, after a few at once;
//     what waits for that goes out together.
//   - Only the address a notifier was given is dialled, once a message, and
//     whatever answers is bounded in size and time. No name is looked up.
//   - Text of arrays cannot make a second line, header or argument of itself.
//
// # Limits
//
// Syslog over UDP and unix datagrams is told and never heard of again: what the
// network loses is lost. A syslog server over TCP confirms by closing in order,
// or not at all. A way that is new begins with what changes from then on.
package notify
