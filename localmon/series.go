package localmon

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SeriesKey names one series. It is comparable and usable as a map key.
// Labels is the canonical form made by [FormatLabels].
type SeriesKey struct {
	Target string // the site's name for the target
	Metric string // such as purefa_array_performance_latency_usec
	Labels string // such as dimension="usec_per_read_op"; empty for none
}

// String renders the key as target metric{labels}.
func (k SeriesKey) String() string { return k.Target + " " + k.Series() }

// Series renders the key without its target, as metric{labels}.
func (k SeriesKey) Series() string {
	if k.Labels == "" {
		return k.Metric
	}
	return k.Metric + "{" + k.Labels + "}"
}

// Compare orders keys by target, metric, labels.
func (k SeriesKey) Compare(o SeriesKey) int {
	return cmp.Or(cmp.Compare(k.Target, o.Target), cmp.Compare(k.Metric, o.Metric), cmp.Compare(k.Labels, o.Labels))
}

// Label is one name and value of a series.
type Label struct{ Name, Value string }

// FormatLabels renders labels in the one canonical spelling: sorted by name,
// name="value" joined by commas, values escaped as Go strings are. Pairs are
// name, value, name, value; it panics on an odd count, which is a programming
// error.
func FormatLabels(pairs ...string) string {
	if len(pairs)%2 != 0 {
		panic("localmon: FormatLabels needs name, value pairs")
	}
	var few [12]Label // series have few labels; this keeps them off the heap
	labels := few[:0]
	for i := 0; i < len(pairs); i += 2 {
		labels = append(labels, Label{pairs[i], pairs[i+1]})
	}
	sortLabels(labels)
	return joinSorted(labels)
}

// JoinLabels is [FormatLabels] for a slice, which it leaves as it is.
func JoinLabels(labels []Label) string {
	sorted := slices.Clone(labels)
	sortLabels(sorted)
	return joinSorted(sorted)
}

func sortLabels(labels []Label) {
	slices.SortFunc(labels, func(a, b Label) int { return cmp.Compare(a.Name, b.Name) })
}

func joinSorted(labels []Label) string {
	size := 0
	for _, l := range labels {
		size += len(l.Name) + len(l.Value) + len(`="",`)
	}
	b := make([]byte, 0, size)
	for i, l := range labels {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, l.Name...), '=')
		b = strconv.AppendQuote(b, l.Value)
	}
	return string(b)
}

// ParseLabels reads the canonical form back.
func ParseLabels(s string) ([]Label, error) {
	var labels []Label
	for rest := s; rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("labels %q: want name=\"value\"", s)
		}
		quoted, err := strconv.QuotedPrefix(after)
		if err != nil {
			return nil, fmt.Errorf("labels %q: value of %s is not quoted", s, name)
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("labels %q: value of %s: %w", s, name, err)
		}
		labels = append(labels, Label{name, value})
		rest = after[len(quoted):]
		if rest == "" {
			break
		}
		if rest, ok = strings.CutPrefix(rest, ","); !ok || rest == "" {
			return nil, fmt.Errorf("labels %q: want a comma and a label after %s", s, name)
		}
	}
	return labels, nil
}

// Selector picks series. Empty fields match everything; every label given must
// be present with that value.
type Selector struct {
	Target string
	Metric string
	Labels []Label
}

// Matches reports whether the selector picks the key.
func (s Selector) Matches(k SeriesKey) bool {
	if s.Target != "" && s.Target != k.Target || s.Metric != "" && s.Metric != k.Metric {
		return false
	}
	if len(s.Labels) == 0 {
		return true
	}
	have, err := ParseLabels(k.Labels)
	if err != nil {
		return false
	}
	for _, want := range s.Labels {
		if !slices.Contains(have, want) {
			return false
		}
	}
	return true
}

// Series is one entry of the series table.
type Series struct {
	Key   SeriesKey
	Unit  Unit      // as it was told, else as the name says; see UnitOf
	First time.Time // wall time of the oldest sample kept
	Last  time.Time // wall time of the newest sample
}

// Point is one value at one time.
type Point struct {
	At    time.Time
	Value float64
}

// Agg says how the samples of one step become one point.
type Agg string

// The aggregations every Reader offers. AggRate is the increase per second of
// a counter that may restart from zero.
const (
	AggNone Agg = "" // every sample, Step is ignored
	AggAvg  Agg = "avg"
	AggMin  Agg = "min"
	AggMax  Agg = "max"
	AggSum  Agg = "sum"
	AggLast Agg = "last"
	AggRate Agg = "rate"
)

// Window is a span of time and how to read it. From is included, To is not.
// With an Agg other than AggNone, Step is the width of a step, steps are
// aligned to multiples of Step since the epoch, and a step without samples
// yields no point: a gap stays a gap.
type Window struct {
	From, To time.Time
	Step     time.Duration
	Agg      Agg
}

// Reader reads the history. Points come in ascending order of acknowledgement;
// a sequence that meets an error yields it once and ends.
type Reader interface {
	Series(ctx context.Context, sel Selector) ([]Series, error)
	Range(ctx context.Context, key SeriesKey, w Window) iter.Seq2[Point, error]
}

// Samples are neighbouring samples of one series: Values[i] was taken at At[i],
// in Unix nanoseconds.
type Samples struct {
	At     []int64
	Values []float64
}

// RowReader is a Reader that hands out every sample of a series from (included)
// to (excluded) many at a time, which is quicker than Range. What is yielded
// is good until the next one and must not be changed.
type RowReader interface {
	Samples(ctx context.Context, key SeriesKey, from, to time.Time) iter.Seq2[Samples, error]
}

// Crosser is a Reader that makes one series of several by itself, quicker than
// by reading one after the other: for each step of the window, the sum,
// average, minimum or maximum (how) over the series that the selector picks of
// what w.Agg says of each. A series without a number in a step takes no part in
// it; when the clock brought a step of a series twice, its later point counts.
// Points come in order of time.
type Crosser interface {
	Across(ctx context.Context, sel Selector, w Window, how Agg) iter.Seq2[Point, error]
}
