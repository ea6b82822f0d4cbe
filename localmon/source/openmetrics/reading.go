package openmetrics

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"
)

// The kit's rule for names, which every source keeps.
var (
	metricName = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)
	labelName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// Limits of what one sample may say.
const (
	maxName  = 200 // bytes of a metric or label name
	maxValue = 4 << 10
	staleFor = 5 * time.Minute // how old a sample with a time of its own may be
)

// reading is what one path gave.
type reading struct {
	path    string
	most    int
	keep    func(string, []localmon.Label) bool
	err     error
	took    time.Duration
	date    time.Time
	whole   bool
	samples []localmon.Sample
	units   map[string]localmon.Unit // of metrics that are kept; nil when the page tells none
	seen    map[localmon.SeriesKey]struct{}
	target  string
	faults  faults

	series, leftOut, bad, misnamed, twice, old int
	firstBad, firstMisnamed, firstTwice        string
}

func newReading(s *Source, path string) *reading {
	return &reading{
		path: path, target: s.target, most: s.maxSeries, keep: s.keep,
		seen: map[localmon.SeriesKey]struct{}{}, faults: newFaults(),
	}
}

// usable reports whether anything of the path can be handed on.
func (r *reading) usable() bool { return r.err == nil || r.series > 0 }

// take reads a reply to its end. A page of which no line is a sample is an
// error: a log-in page is no metrics.
func (r *reading) take(from reply, clock time.Time) error {
	scraper := exposition.NewScraper(from.body, from.dialect)
	for one, err := range scraper.Samples() {
		var bad *exposition.LineError
		switch {
		case errors.As(err, &bad):
			r.unreadable(bad)
		case err != nil:
			return err
		default:
			r.sample(one, clock)
		}
	}
	r.whole = scraper.Whole()
	switch {
	case r.series == 0 && r.bad > 0:
		return fmt.Errorf("%w: not a page of metrics: %s", ErrNoData, r.firstBad)
	case !r.whole && r.series == 0:
		return fmt.Errorf("%w: the page is empty and lacks its end", ErrNoData)
	}
	return nil
}

func (r *reading) unreadable(bad *exposition.LineError) {
	if r.bad++; r.firstBad == "" {
		r.firstBad = bad.Error()
	}
	r.faults.taint(strings.TrimLeft(bad.Begins, " \t"))
}

// sample judges one line. States and alerts are read from every one, whether or
// not its series is kept.
func (r *reading) sample(one exposition.Scraped, clock time.Time) {
	r.series++
	if why := misnamed(one); why != "" {
		if r.misnamed++; r.firstMisnamed == "" {
			r.firstMisnamed = why
		}
		r.faults.taint(one.Metric)
		return
	}
	if !one.At.IsZero() && clock.Sub(one.At) > staleFor {
		r.old++
		r.faults.taint(one.Metric)
		return
	}
	r.faults.sample(one)
	if math.IsNaN(one.Value) || math.IsInf(one.Value, 0) {
		return
	}
	if r.keep != nil && !r.keep(one.Metric, one.Labels) {
		return
	}
	key := localmon.SeriesKey{Target: r.target, Metric: one.Metric, Labels: localmon.JoinLabels(one.Labels)}
	if _, known := r.seen[key]; known {
		if r.twice++; r.firstTwice == "" {
			r.firstTwice = key.Metric
		}
		return
	}
	if len(r.samples) >= r.most {
		r.leftOut++
		return
	}
	r.seen[key] = struct{}{}
	r.samples = append(r.samples, localmon.Sample{Key: key, Value: one.Value})
	if one.Unit != localmon.UnitNone {
		if r.units == nil {
			r.units = map[string]localmon.Unit{}
		}
		r.units[one.Metric] = one.Unit
	}
}

// misnamed says which name does not fit, or nothing.
func misnamed(one exposition.Scraped) string {
	if len(one.Metric) > maxName || !metricName.MatchString(one.Metric) {
		return fmt.Sprintf("the metric %.60q", one.Metric)
	}
	for i, l := range one.Labels {
		switch {
		case len(l.Name) > maxName || !labelName.MatchString(l.Name):
			return fmt.Sprintf("the label %.60q of %s", l.Name, one.Metric)
		case slices.ContainsFunc(one.Labels[:i], func(o localmon.Label) bool { return o.Name == l.Name }):
			return fmt.Sprintf("the label %s of %s, which is given twice", l.Name, one.Metric)
		case len(l.Value) > maxValue:
			return fmt.Sprintf("the label %s of %s, longer than %d bytes", l.Name, one.Metric, maxValue)
		}
	}
	return ""
}

// notes says what of the path is missing or doubtful.
func (r *reading) notes() []error {
	var notes []error
	say := func(n int, format string, args ...any) {
		if n > 0 {
			notes = append(notes, fmt.Errorf(format, args...))
		}
	}
	if r.err != nil {
		notes = append(notes, r.err)
	}
	cut := 0
	if r.err == nil && !r.whole {
		cut = 1
	}
	say(cut, "the page was cut: its end (# EOF) is missing")
	say(r.bad, "%d lines could not be read, the first: %s", r.bad, r.firstBad)
	say(r.misnamed, "%d series have names the kit does not keep, the first: %s", r.misnamed, r.firstMisnamed)
	say(r.twice, "%d series came twice, and the first was kept; the first of them: %s", r.twice, r.firstTwice)
	say(r.old, "%d series are older than %s by the host's own clock", r.old, staleFor)
	say(r.leftOut, "%d series beyond the first %d were left out", r.leftOut, r.most)
	say(r.faults.over, "%d parts or alerts beyond what any array has were left out", r.faults.over)
	return notes
}
