package localmon

import (
	"math"
	"slices"
)

// Sampler collects the samples of one look at one target. A series that is
// added twice keeps its first value, because a batch holds one value a series;
// values that are not numbers are not samples. The zero value is not usable;
// see [NewSampler].
type Sampler struct {
	target  string
	samples []Sample
	seen    map[SeriesKey]struct{}
}

// NewSampler starts an empty collection for the target.
func NewSampler(target string) *Sampler {
	return &Sampler{target: target, seen: map[SeriesKey]struct{}{}}
}

// Add adds one sample. Labels are name, value pairs as in [FormatLabels].
func (s *Sampler) Add(value float64, metric string, labels ...string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	key := SeriesKey{Target: s.target, Metric: metric, Labels: FormatLabels(labels...)}
	if _, twice := s.seen[key]; twice {
		return
	}
	s.seen[key] = struct{}{}
	s.samples = append(s.samples, Sample{Key: key, Value: value})
}

// Len is how many series were added so far.
func (s *Sampler) Len() int { return len(s.samples) }

// Samples returns what was added, in the order of the keys.
func (s *Sampler) Samples() []Sample {
	sorted := slices.Clone(s.samples)
	slices.SortFunc(sorted, func(a, b Sample) int { return a.Key.Compare(b.Key) })
	return sorted
}
