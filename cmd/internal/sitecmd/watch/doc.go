// Package watch is darksite monitor: the arrays and this machine are looked at, what was
// seen is stored and judged, people are told, and other commands are answered.
//
// # Start
//
//	m, err := watch.Open(s)         // files, sources, rules and notifiers of site.yaml
//	m.Daemon.Once(ctx)              // one look at everything
//	watch.Command(s)                // the command, which also runs for years
//	src, err := watch.OpenSource(…) // one target alone, for who asks it now
//
// A file is a matter of its own:
//
//	monitor.go, run.go   what a monitor holds; how it starts, reloads, is relieved and ends
//	sources.go           from a line of site.yaml to what is asked, by each way there is
//	listen.go, counts.go what is listened at: syslog, traps, the console
//	order.go, machine.go what the kit tells of the site and its own machine
//	notify.go            who is told, and whether that works
//	look.go, unit.go     a look at once, the unit for systemd
//
// # Promises
//
// A look counts once it is on disk. Only what site.yaml names is dialled. A site.yaml or
// a rule that is wrong is refused at a reload and changes nothing; what goes on is said.
// A target without data is unknown, never well.
//
// # Limits
//
// What is shown of all this belongs to package duty, asking the past to package history,
// what counts as a fault to package rules.
package watch
