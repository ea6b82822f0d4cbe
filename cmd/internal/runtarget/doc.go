// Package runtarget is the target a runbook run is about, an array or the kit's
// own machine: what it says now, what the local history says of it, and the few
// things the kit does to it.
//
//	live := runtarget.NewLive(source, sight, time.Now)
//	past := runtarget.NewPast("fa-1", sight, time.Now)
//	hands := runtarget.NewHands(client, live)
//
// [Live] and [Past] both answer as runbooks.Facts, so that one predicate is asked
// of either. Live looks at the target for each question, unless it did so a moment
// ago; a target that does not answer has no present, whatever the history says.
// Past looks at nothing: it answers with the newest look the monitor kept, and the
// time of that look, which is old where no monitor runs. A bundle's answers are
// those that package facts keeps.
//
// What is past and which alerts are open comes to both through a [Sight], which is
// a running monitor or its files.
//
// # Limits
//
// A target is asked for all of its lists at each look of Live, which costs a large
// array some twenty calls. Past knows the parts only since the monitor keeps them,
// and of a list that the monitor reads every five minutes it knows as much.
package runtarget
