// Package siteadmin is what is done to a site itself: it is made, its people and keys
// are kept, its decisions are read, and it is examined.
//
// # Start
//
// A command each: [InitCommand], [Command] (darksite site), [JournalCommand] and
// [DoctorCommand]. A file is a matter of its own:
//
//	init.go                           the folder, its keys, an empty roster
//	site.go, pin.go                   what is configured, who the people are, the vendor's card, pins
//	keys.go, sign.go, paper.go        keys found, rotated, revoked; what officers sign; cards and checklists
//	journal.go, journal_against.go    every decision, shown and held against witnesses from outside
//	journal_repair.go                 what a power cut left of an entry
//	doctor.go                         what the kit finds out about itself
//
// Bundles and the daily round take the examination along: [Examine], [Readiness].
//
// # Promises
//
// Nothing that is there is written over. Once officers have founded the roster it changes
// only by what they sign, and each change is in the journal before it is in force.
//
// # Limits
//
// What the folder holds and how it is read belongs to package site; here a person changes it.
package siteadmin
