// Package overview is the data behind status and alerts: is the site safe,
// since when is that known, and what comes next. [Build] makes it from the
// history, the alerts and the time; a terminal, JSON and a page show the same
// struct, and words for people stay with them.
//
// Unknown is a state of its own: a target whose newest good look is older than
// [Input.StaleAfter] is [Unknown] whatever its alerts say, because nobody knows
// whether they still hold.
//
// [Groups] puts alerts that belong together into one, so that a storm is a
// handful of lines. [BuildRound] makes the daily round: what a careful admin
// looks at, one line each with its word, value, age and next command. A line
// of which nothing is known says so and is never in order.
//
// The package is pure. It reads the history through [localmon.Reader]: for an
// overview two series a target and a week of means; for a round also the states
// of parts, replication and a week of latency.
package overview
