// Package chart draws values over time in a terminal, and says them in words.
//
// [Step] chooses the width of a column so that a span fits, [Columns] puts points into
// columns, [Draw] makes the picture and [Said] says one value. A column without a point
// is a gap and never a zero; what is not finite has no place on an axis. The width of
// the picture is that of its columns and [Margin].
package chart
