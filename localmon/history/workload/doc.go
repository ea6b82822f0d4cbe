// Package workload makes the samples of an invented storage array, the same
// ones for the same seed, to measure the history with. It is no simulator: the
// numbers have the texture of telemetry (rest, bursts, counters, coarse
// units, a few full quotients) and no meaning.
//
// One array of the default shape has 5,000 series: 500 volumes with 8 metrics
// each (60 % at rest, 24 % bursty, 16 % busy), 96 drives with 5, 2 controllers
// with 20, 16 ports with 10 and 40 hosts with 8. About half the series never
// change. 40 series are quotients with all 52 bits of the mantissa in use.
// [Unsteady] is the same array with volumes that come and go, scrapes that fail
// and values that are missing.
//
// Use: [New], then [Array.Next] for each scrape; [Array.Keys] names the series
// once, and [Array.Absent] what a scrape of an unsteady shape lacks.
// [Array.Fill] makes a batch of all that.
//
// # Entropy
//
// [Array.Measure] and [Array.Bits] tell how many bits the samples take in an
// ideal code that knows how they are made: the rules, the parameters of each
// volume and the first values, and of each scrape everything earlier and the
// values before it in the same scrape, but none of the noise that was drawn. For
// each value it computes the probability p of what is seen, rounding included,
// and counts -log2 p. What follows from other values (quotients, capacities,
// counters whose rate is there too) takes nothing. Times are counted to the
// millisecond, once a scrape.
//
// Where the load behind some values is hidden (of a volume, of a controller),
// the code keeps a normal distribution of it, updated with every value seen.
// This is exact but for three approximations: reads and writes scatter normally
// about the load and are taken to do so in logarithms; latencies grow with the
// load and are taken to do so linearly within its uncertainty; and a load that
// is known to lie between two roundings is taken to be normal there. An
// approximate code is on average longer than the best one, so the sum is an
// upper bound of the entropy for given parameters; a numeric integration of the
// exact rules agrees within two thousandths for the values of volumes. Names,
// parameters and first values are left out, some 100 bits a volume once, which
// puts the sum below what any store can reach by about a thousandth over two
// days. A code that reads each series by itself stays far above it: that the
// bytes go with the operations, or that a quotient is one, it cannot know.
//
// For a shape with gaps the code is told for nothing what the missed values
// were, so the sum is then a lower bound. When a value is absent, a scrape
// missed or a volume replaced is counted; that the array is out of reach is
// not.
package workload
