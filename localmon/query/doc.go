// Package query answers from any [localmon.Reader] what a reader does not
// answer itself: quantiles, the series that stand out, and many series as one.
//
//   - [Quantile] gives a quantile of the samples of each step, exactly.
//   - [Top] finds the series with the highest average, maximum or minimum.
//   - [Across] adds up, averages or compares several series step by step.
//
// Everything streams: Quantile holds the samples of one step, Top holds the
// series it will return, Across holds a number or two for each step.
//
// A value that is not a number counts as no value: a step with nothing else
// yields no point, and a gap stays a gap.
//
// Limits: quantiles need the samples themselves; where a history keeps only its
// coarser steps they have no points. When the clock was set back a step may come
// twice from Quantile, as from the reader.
package query
