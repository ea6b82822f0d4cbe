// Package review makes a frozen bundle readable for the person who must decide
// whether it may leave.
//
// An officer has an hour, not a week, for a million lines. So [Build] reads
// every line of every file once and shows each kind of line once: lines that
// differ only in numbers, times, addresses and stand-ins share one [Shape], with
// a count, an example and how many distinct values stood at each place. What
// must not be missed is listed one by one: site keywords, markings, strings that
// look like secrets, words that the policy of the site lets through, every distinct
// identifying token and every part of a path, files that could not be inspected and
// files whose name and content disagree. What an approved bundle
// under the same rules had ([Known]) is marked seen before and folded; it is
// counted, can be shown, and is never approved by that.
//
// A [Summary] is plain data: a terminal, JSON and a page render it alike.
// [Sections] puts it into the order in which it is read, in [Item]s of a few
// lines of 80 columns; [Text] and [PDF] print exactly these. [Reading] is what
// one officer has read and asked for. All of it is redacted data only, is kept
// at the site and is never part of a bundle.
//
// The package decides nothing and is deterministic: the same bundle gives the
// same summary, however many workers read it. It does no I/O but through the
// fs.FS it is handed.
//
// # Memory
//
// It grows with the number of kinds of lines and of distinct tokens, not with
// the bundle, and has bounds: [MaxShapes] shapes and 64 MiB of their text,
// [MaxTokens] tokens twice, [MaxSecrets] strings, and for each worker one piece
// of a file's findings. Two million lines of the simulated site need some
// 80 MiB of heap (BenchmarkReviewEconomy measures it).
//
// # Limits
//
// Each is told in the summary when it was met: a line longer than [MaxLine] is
// looked at in pieces of that size; beyond a bound the rest is counted, not
// listed, and the officer must read the files named, hide them by a pattern or
// remove them. Identifiers other than stand-ins, addresses and names that are of
// one make (job-1, job-2 and so on) are shown as a [Series]. How many distinct
// values a place had is an estimate beyond four. A shape is found by the form of
// words, not by their meaning: a number that says something looks like any other
// of its length.
package review
