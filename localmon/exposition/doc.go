// Package exposition writes and reads samples as text, so that a site can bring
// its past along and what was carried can be opened by other programs.
//
// Two formats, each both ways, one line after the other and in any order:
//
//   - OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/),
//     a line for each sample with its time in seconds:
//     node_load1{darksite_target="kit"} 0.25 1763820000.5
//     The target of a series is the label [TargetLabel]; "# EOF" ends the file.
//     Before the first sample of a metric stand its TYPE, where it is known, and
//     its unit: as UNIT where the name ends with it, which OpenMetrics asks for,
//     else as a HELP of the form "unit: percent".
//   - CSV (RFC 4180) with the columns target, metric, labels, unit, time, value:
//     kit,node_load1,,,2025-11-22T14:00:00.5Z,0.25
//     Labels stand in the canonical spelling of [localmon.FormatLabels]. The
//     column unit may be missing in what is read.
//
// Start with [NewWriter], [Writer.Write] and [Writer.Close], or with [NewParser]
// and a loop over [Parser.Samples]. [Detect] tells the format from the first
// bytes.
//
// What is now, as against what was, has no times: [Scraper] reads the page an
// exporter serves, [WritePage] writes one, each in both of the [Dialect]s there
// are. A Scraper takes what Prometheus takes and is told of each line that it
// cannot read, by a [LineError], after which it goes on: one bad line must not
// hide the rest of a page. It checks no names; who keeps a series does.
//
// Promises:
//   - A value comes back to the bit, -0, infinities and denormal numbers
//     included, a time to the nanosecond. CSV keeps the bits of every NaN, as
//     NaN:7ff0000000000002; OpenMetrics knows only one NaN.
//   - What parses is written back in one spelling: parse, write, parse, write
//     gives the same bytes the second time.
//   - Memory is bounded by the limits below, whatever is read.
//   - An error of the parser is an [Error] with the number of the line, and
//     wraps [ErrSyntax] unless the reader below failed.
//
// What the [Parser] takes beyond what the writer writes: TYPE and other HELP
// lines, other comments, empty lines and exemplars, which are skipped; samples
// without a target, when Options name one; times and values in every spelling
// OpenMetrics has; lines that end with CR LF; a file without "# EOF", which
// [Parser.Whole] tells.
//
// What it refuses: a sample without a time; a last line without line feed, since
// half a number is a number too; a label that is given twice; names other than
// OpenMetrics allows; times before 1678 or after 2262.
//
// Limits: the writer puts samples down in the order they come. OpenMetrics asks
// for all samples of a metric together and for times that only grow.
package exposition
