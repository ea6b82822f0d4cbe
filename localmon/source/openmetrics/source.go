package openmetrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"darksite/localmon"
)

// Path is one page of the host.
type Path struct {
	Path  string        // such as /metrics/array?namespace=purefa
	Every time.Duration // zero means at every look
}

// FlashArrayPaths are the pages of an array's own endpoint that are worth a
// history, with the vendor's intervals.
func FlashArrayPaths() []Path {
	return []Path{
		{"/metrics/array?namespace=purefa", 0},
		{"/metrics/volumes?namespace=purefa", time.Minute},
		{"/metrics/hosts?namespace=purefa", time.Minute},
		{"/metrics/pods?namespace=purefa", time.Minute},
		{"/metrics/directories?namespace=purefa", 30 * time.Minute},
	}
}

// Options say which host to look at and how.
type Options struct {
	Target string // the site's name for the target; required
	URL    string // https://host or https://host:port; http:// with AllowPlain; required
	Paths  []Path // at least one, at most 16
	Token  string // sent as a bearer token; empty for none, and never over plain http
	Pin    string // sha256:hex of the certificate; required for https
	// AllowPlain lets URL be http. What is read then can be forged on the way.
	AllowPlain bool
	// Keep chooses the series that are kept; nil keeps all. It is asked about
	// series whose names fit.
	Keep func(metric string, labels []localmon.Label) bool

	// Timeout bounds one look, all paths together; 25 seconds when zero.
	Timeout time.Duration
	// RequestTimeout bounds one path; 10 seconds when zero.
	RequestTimeout time.Duration
	// MaxSeries is how many series of one path are kept; 20,000 when zero.
	MaxSeries int
}

const (
	maxPaths    = 16
	maxParallel = 4
)

// ErrNoData says that the host answers, but nothing it said could be used.
var ErrNoData = errors.New("answers, but nothing could be read")

// Source looks at one host. It implements [localmon.Source].
type Source struct {
	target    string
	paths     []Path
	timeout   time.Duration
	maxSeries int
	keep      func(string, []localmon.Label) bool
	client    *client

	read map[string]time.Time // path -> when it was last read; Collect alone touches it
}

var _ localmon.Source = (*Source)(nil)

// New checks the options. It opens no connection.
func New(o Options) (*Source, error) {
	if o.Target == "" {
		return nil, errors.New("openmetrics: a target needs a name")
	}
	s, err := newSource(o)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", o.Target, err)
	}
	return s, nil
}

func newSource(o Options) (*Source, error) {
	base, err := parseURL(o.URL, o.AllowPlain)
	if err != nil {
		return nil, err
	}
	if len(o.Paths) == 0 || len(o.Paths) > maxPaths {
		return nil, fmt.Errorf("%d paths: want 1 to %d, such as /metrics", len(o.Paths), maxPaths)
	}
	seen := map[string]bool{}
	for _, p := range o.Paths {
		if err := checkPath(p); err != nil {
			return nil, err
		}
		if seen[p.Path] {
			return nil, fmt.Errorf("path %q is named twice", p.Path)
		}
		seen[p.Path] = true
	}
	c, err := newClient(o, base)
	if err != nil {
		return nil, err
	}
	return &Source{
		target: o.Target, paths: slices.Clone(o.Paths), timeout: cmp.Or(o.Timeout, 25*time.Second),
		maxSeries: cmp.Or(o.MaxSeries, 20_000), keep: o.Keep, client: c, read: map[string]time.Time{},
	}, nil
}

// parseURL accepts scheme://host[:port] and nothing more.
func parseURL(s string, plain bool) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("url %q: %w", s, err)
	}
	if u.Scheme == "http" && !plain {
		return nil, fmt.Errorf("url %q: plain http can be read and forged on the way; use https, or allow it for this target", s)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("url %q: want https://host or https://host:port, and the paths on their own", s)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// checkPath accepts a path with its query. It cannot name another host.
func checkPath(p Path) error {
	u, err := url.Parse(p.Path)
	switch {
	case err != nil:
		return fmt.Errorf("path %q: %w", p.Path, err)
	case !strings.HasPrefix(p.Path, "/") || u.Host != "" || u.Scheme != "" || u.Fragment != "":
		return fmt.Errorf("path %q: want a path of this host, such as /metrics", p.Path)
	case len(p.Path) > 1024:
		return fmt.Errorf("path %.40q and more: longer than 1024 bytes", p.Path)
	case p.Every < 0:
		return fmt.Errorf("path %q: its interval %s is below zero", p.Path, p.Every)
	}
	return nil
}

// Target is the site's name for the target.
func (s *Source) Target() string { return s.target }

// Close drops the connections that are kept between looks.
func (s *Source) Close() { s.client.http.CloseIdleConnections() }

// Collect reads every path that is due at now.
func (s *Source) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	began := time.Now() // measures only; the batch's time is now
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	paths := s.due(now)
	readings := s.fetch(ctx, paths, now)
	b := localmon.Batch{Target: s.target, At: now}
	if err := s.lost(readings); err != nil {
		for _, r := range readings {
			// What every path says alike is said once, by the error.
			if r.err != nil && !strings.HasSuffix(err.Error(), r.err.Error()) {
				b.Partial = append(b.Partial, localmon.EndpointError{Endpoint: r.path, Err: r.err})
			}
		}
		b.Took = time.Since(began)
		return b, err
	}
	s.assemble(&b, readings)
	b.Took = time.Since(began)
	return b, nil
}

// due lists the paths to read at now; the most frequent one always is.
func (s *Source) due(now time.Time) []Path {
	quickest := slices.MinFunc(s.paths, func(a, b Path) int { return cmp.Compare(a.Every, b.Every) }).Every
	var due []Path
	for _, p := range s.paths {
		last, ok := s.read[p.Path]
		// A tenth of tolerance keeps a look that begins a moment early from
		// skipping a turn; a clock that was set back never makes a path wait.
		since := now.Sub(last)
		if !ok || p.Every == quickest || since < 0 || since >= p.Every-p.Every/10 {
			due = append(due, p)
		}
	}
	return due
}

// fetch reads the paths, at most four at once, and keeps their order.
func (s *Source) fetch(ctx context.Context, paths []Path, now time.Time) []*reading {
	readings := make([]*reading, len(paths))
	slots := make(chan struct{}, maxParallel)
	var all sync.WaitGroup
	for i, p := range paths {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			began := time.Now()
			readings[i] = s.page(ctx, p.Path, now)
			readings[i].took = time.Since(began)
		})
	}
	all.Wait()
	return readings
}

// page reads one path.
func (s *Source) page(ctx context.Context, path string, now time.Time) *reading {
	r := newReading(s, path)
	r.err = s.client.get(ctx, path, func(reply reply) error {
		r.date = reply.date
		return r.take(reply, cmp.Or(reply.date, now))
	})
	return r
}

// lost is the error of a look of which no path gave anything. What a person
// must act on comes first.
func (s *Source) lost(readings []*reading) error {
	var first error
	for _, r := range readings {
		if r.usable() {
			return nil
		}
		first = cmp.Or(first, r.err)
	}
	for _, kind := range []error{localmon.ErrCertificateChanged, localmon.ErrTokenRefused, localmon.ErrUnreachable, ErrNoData} {
		for _, r := range readings {
			if errors.Is(r.err, kind) {
				return fmt.Errorf("target %s: %w", s.target, r.err)
			}
		}
	}
	return fmt.Errorf("target %s: %w: %w", s.target, localmon.ErrUnreachable, first)
}

// assemble puts the pages together. A series or part that two pages have is
// taken from the first.
func (s *Source) assemble(b *localmon.Batch, readings []*reading) {
	out := localmon.NewSampler(s.target)
	seen := map[localmon.SeriesKey]struct{}{}
	all := newFaults()
	for _, r := range readings {
		for _, one := range r.samples {
			if _, known := seen[one.Key]; !known {
				seen[one.Key] = struct{}{}
				b.Samples = append(b.Samples, one)
			}
		}
		if b.Units == nil {
			b.Units = r.units
		} else {
			maps.Copy(b.Units, r.units)
		}
		for _, err := range r.notes() {
			b.Partial = append(b.Partial, localmon.EndpointError{Endpoint: r.path, Err: err})
		}
		out.Add(r.took.Seconds(), "localmon_endpoint_took_seconds", "endpoint", r.path)
		if r.err == nil {
			s.read[r.path] = b.At
			out.Add(float64(r.series), "localmon_endpoint_items", "endpoint", r.path)
			out.Add(float64(r.leftOut), "localmon_endpoint_items_left_out", "endpoint", r.path)
		}
		if b.TargetAt.IsZero() {
			b.TargetAt = r.date
		}
		all.merge(r)
	}
	for path, at := range s.read {
		out.Add(float64(at.UnixMilli())/1000, "localmon_endpoint_last_success_timestamp_seconds", "endpoint", path)
	}
	for _, own := range out.Samples() {
		if _, known := seen[own.Key]; !known {
			b.Samples = append(b.Samples, own)
		}
	}
	slices.SortFunc(b.Samples, func(x, y localmon.Sample) int { return x.Key.Compare(y.Key) })
	b.States = all.states()
	b.Alerts, b.AlertsRead = all.alerts, all.alertsRead
	b.Info = all.info
}
