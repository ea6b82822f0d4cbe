// Package duty is what whoever is on duty at a site reads and does every day: the status,
// the alerts, the daily round.
//
// # Start
//
// A command each: [StatusCommand], [AlertsCommand], [RoundCommand]. A file is a matter of
// its own:
//
//	status.go              is it safe, since when do I know, what next
//	alerts.go, nobook.go   open alerts, one with its life, and first steps, with a runbook or without
//	alerts_around.go       the values around the time it was raised
//	alerts_history.go      what happened, for years
//	alerts_quiet.go        silences and maintenance windows
//	round.go               the round: begun, done, marked, listed
//	round_facts.go, round_people.go, round_work.go   what it looks at: the kit, people, what is in hand
//
// # Promises
//
// What is not known is said to be unknown and never shown as well. Each line that asks for
// something names the command that does it. Whatever keeps people from being told has a
// name, a reason and an end.
//
// # Limits
//
// Nothing is judged here: alerts are the monitor's, findings those of the packages below.
package duty
