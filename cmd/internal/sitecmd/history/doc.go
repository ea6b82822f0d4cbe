// Package history is darksite history: what was measured is asked, drawn, carried out
// and in, checked, and mended after a disk has failed.
//
// # Start
//
// [Command] is the whole command. A file is a subcommand or what several share:
//
//	history.go, query.go, top.go, plot.go   series and their values, as text, CSV, JSON, a picture
//	export.go, import.go                    samples as OpenMetrics or CSV, out and back in
//	store.go                                figures, check, snapshot, compaction of the file
//	recover.go                              the ways out of a damaged file
//	period.go                               a time as people ask for it
//	complete.go                             completion of targets, metrics and labels
//
// # Promises
//
// While a monitor runs it is asked through its socket, and nothing here touches its file.
// Nothing is written over that was there. What is damaged is named value by value, and
// all the rest stays readable; a file is mended only after a yes, and the old one is kept.
//
// # Limits
//
// The store itself, its format and its promises are localmon/history.
package history
