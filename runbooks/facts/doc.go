// Package facts writes down what the questions of a runbook were answered, and
// answers the same questions from what was written down.
//
// A [Recorder] stands between a check and the world it asks: the check sees the
// answers of the recorder, which are those of the world rounded to what can be
// written down, and [Recorder.Taken] is a [Set] of them. A Set answers as
// runbooks.Facts, so that the same predicate runs on the live array, on the local
// history, and far away on what a bundle carried there, with the same result.
//
// [Encode] makes one line of JSON of a Set; [Decode] reads it back within fixed
// bounds. Names and texts in a line are what the array said; a bundle's redaction
// replaces them as it does everywhere else, and what is asked by type, status and
// number stays true.
//
// The package reads no clock and opens no file.
package facts
