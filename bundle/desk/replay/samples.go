package replay

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"
	"darksite/localmon/units"
	"darksite/runbooks"
)

// SamplesFolder is where a bundle has what the site's monitor measured, one file for
// each metric.
const SamplesFolder = "files/monitor/samples"

// Bounds of what is read of it.
const (
	mostBytes  = 128 << 20 // for all questions about a bundle together
	mostPoints = 200_000   // for one question
	// stale is how much older than the bundle the newest sample may be: collecting and
	// freezing take their time, and what is older says nothing of how it is.
	stale = 30 * time.Minute
)

// Samples answer questions about metrics from the samples in a bundle. They are
// read anew for each question, line by line, so that memory does not grow with the
// bundle, up to a bound for all questions together.
type Samples struct {
	tree  fs.FS
	taken time.Time
	left  int64
}

// NewSamples reads below an opened bundle that was made at a time of the site's clock.
func NewSamples(tree fs.FS, taken time.Time) *Samples {
	return &Samples{tree: tree, taken: taken, left: mostBytes}
}

var metricName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,80}$`)

// values gives one series of an array over a window that ends with its newest
// sample.
func (s *Samples) values(array, metric string, labels map[string]string, window time.Duration) ([]runbooks.Value, error) {
	if s == nil || !metricName.MatchString(metric) {
		return nil, fmt.Errorf("%w: the bundle's samples of %s are not read", runbooks.ErrNoData, metric)
	}
	f, err := s.tree.Open(path.Join(SamplesFolder, metric+".csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: the bundle has no samples of %s", runbooks.ErrNoData, metric)
	}
	if err != nil {
		return nil, fmt.Errorf("read the samples of %s: %w", metric, err)
	}
	defer f.Close() // read only
	want := localmon.Selector{Target: array, Metric: metric}
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		want.Labels = append(want.Labels, localmon.Label{Name: k, Value: labels[k]})
	}
	all, err := s.read(f, want)
	if err != nil {
		return nil, err
	}
	return s.newest(all, metric, window)
}

// read takes what fits, oldest first, of one series.
func (s *Samples) read(f io.Reader, want localmon.Selector) ([]runbooks.Value, error) {
	counted := &counter{r: io.LimitReader(f, s.left)}
	defer func() { s.left -= counted.n }()
	var out []runbooks.Value
	var key localmon.SeriesKey
	p := exposition.NewParser(counted, exposition.CSV, exposition.Options{})
	for sample, err := range p.Samples() {
		switch {
		case err != nil && counted.n >= s.left:
			return nil, fmt.Errorf("%w: there are more samples in the bundle than are read at once", runbooks.ErrNoData)
		case err != nil:
			return nil, fmt.Errorf("read the samples of %s: %w", want.Metric, err)
		case !want.Matches(sample.Key):
			continue
		case len(out) == 0:
			key = sample.Key
		case key != sample.Key:
			return nil, fmt.Errorf("%w: more than one series fits %s", runbooks.ErrNoData, want.Metric)
		case len(out) == mostPoints:
			return nil, fmt.Errorf("%w: more than %d samples of %s", runbooks.ErrNoData, mostPoints, want.Metric)
		}
		out = append(out, runbooks.Value{At: sample.At, Value: sample.Value})
	}
	slices.SortStableFunc(out, func(a, b runbooks.Value) int { return a.At.Compare(b.At) })
	return out, nil
}

// newest is the window that ends with the newest sample.
func (s *Samples) newest(all []runbooks.Value, metric string, window time.Duration) ([]runbooks.Value, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: the bundle has no samples of %s of this array", runbooks.ErrNoData, metric)
	}
	end := all[len(all)-1].At
	if old := s.taken.Sub(end); old > stale || old < -stale {
		return nil, fmt.Errorf("%w: the newest sample of %s is %s apart from the bundle", runbooks.ErrNoData, metric, units.Duration(old.Abs()))
	}
	from := end.Add(-window)
	return slices.DeleteFunc(all, func(v runbooks.Value) bool { return v.At.Before(from) }), nil
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
