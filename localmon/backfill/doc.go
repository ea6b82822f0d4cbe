// Package backfill brings samples of the past into a history, whatever their
// number and order, so that a site need not begin with an empty chart.
//
// A text of samples comes series by series; a history takes looks at a target,
// one after the other. A [Sorter] turns the one into the other: [Sorter.Add]
// takes samples in any order, and [Import] stores them by time, each time of a
// target as one batch.
//
// Promises:
//   - A sample that the history already has is left out, by series and time: to
//     import a text twice, or again after it was interrupted, stores each sample
//     once. What the history has is never changed, and of two samples of one
//     series and time the first counts.
//   - Where the history has let go of the samples and keeps their coarser steps
//     only, nothing is added: the steps count these samples already.
//   - The unit of a series comes with it when the history does not have the series
//     yet; what the history says of a series it has is not changed.
//   - A batch is stored whole or not at all, some dozens of them together.
//     [Result] says how far it came.
//   - Memory does not grow with the number of samples: beyond a run of them they
//     wait, sorted, in a file without a name, 20 bytes each. It grows with the
//     number of series, which is limited.
//
// Limits: a history keeps times to the millisecond; samples of one series within
// one millisecond count as one.
package backfill
