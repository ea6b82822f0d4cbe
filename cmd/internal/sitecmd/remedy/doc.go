// Package remedy is what a person does about a fault: follow a runbook, and draft a case
// where that does not help.
//
// # Start
//
// [RunbookCommand] and [CaseCommand]. A file is a matter of its own:
//
//	runbook.go                    choose a runbook for an alert, run it, stop, go on
//	terminal.go, terminal_help.go the conversation: a screen a step, what may be typed at it
//	facts.go, hands.go            what a check asks of the target, and what the kit itself may do
//	second.go                     a second person agrees: here, or by a code from elsewhere
//	ends.go, check.go, time.go    runs that end, are handed over, replayed; questions without a run
//	pack.go, export.go            packs of runbooks, built, shown, installed; all of it as a manual
//	case.go                       a case with every field the vendor asks for
//
// # Promises
//
// Each answer is on disk before the next screen, so that a run goes on where it was cut.
// Data that is missing or old is unknown, and unknown never passes. The kit changes
// nothing on an array unless site.yaml allows it, and then after a yes.
//
// # Limits
//
// What a runbook says and how it is carried out is in runbooks and runbooks/engine; which
// runbooks there are is package books.
package remedy
