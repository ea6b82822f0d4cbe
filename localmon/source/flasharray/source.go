package flasharray

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"darksite/localmon"
)

// Options say which array to look at and how.
type Options struct {
	Target string // the site's name for the array; required
	URL    string // https://host or https://host:port; required
	Token  string // API token of a read-only user; required
	Pin    string // sha256:hex of the array's certificate; required, see FetchPin

	// Timeout bounds one look, all requests together; 25 seconds when zero.
	Timeout time.Duration
	// RequestTimeout bounds one request; 10 seconds when zero.
	RequestTimeout time.Duration
	// MaxVolumes and MaxHosts are how many get series of their own; 2000 when
	// zero. The busiest are kept.
	MaxVolumes, MaxHosts int
}

// Source looks at one FlashArray. It implements [localmon.Source].
type Source struct {
	target     string
	timeout    time.Duration
	maxVolumes int
	maxHosts   int
	client     *client

	// What is remembered between looks; Collect alone touches it.
	runs         map[*endpoint]run
	alerts       alertMemory
	info         localmon.Array
	subscription string
	serials      map[string]string // volume name in lower case -> serial
	strangers    map[string]bool   // names with performance but in no list of volumes
}

var _ localmon.Source = (*Source)(nil)

// run is when an endpoint was last read with success.
type run struct{ ok time.Time }

// New checks the options. It opens no connection.
func New(o Options) (*Source, error) {
	if o.Target == "" {
		return nil, errors.New("flasharray: a target needs a name")
	}
	base, err := parseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", o.Target, err)
	}
	if o.Token == "" || strings.ContainsAny(o.Token, "\r\n\x00") {
		return nil, fmt.Errorf("array %s: the API token is empty or spans lines; put the token alone into the token file", o.Target)
	}
	if o.Pin == "" {
		return nil, fmt.Errorf("array %s: no certificate pin; fetch the array's fingerprint, compare it with what the array itself shows, and set tls_pin", o.Target)
	}
	pin, err := ParsePin(o.Pin)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", o.Target, err)
	}
	return &Source{
		target:     o.Target,
		timeout:    cmp.Or(o.Timeout, 25*time.Second),
		maxVolumes: cmp.Or(o.MaxVolumes, 2000),
		maxHosts:   cmp.Or(o.MaxHosts, 2000),
		client:     newClient(o.Target, base, o.Token, pin, cmp.Or(o.RequestTimeout, 10*time.Second)),
		runs:       map[*endpoint]run{},
		strangers:  map[string]bool{},
	}, nil
}

// Target is the site's name for the array.
func (s *Source) Target() string { return s.target }

// Close gives the session back to the array.
func (s *Source) Close(ctx context.Context) error { return s.client.logout(ctx) }

// Collect reads every row that is due at now. When the array as a whole is
// lost the error is an [*Error], which wraps localmon's sentinels, [ErrNoData] or
// [ErrTooOld].
func (s *Source) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	began := time.Now() // measures only; the batch's time is now
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	l := &look{source: s, now: now, visit: s.client.visit(), outcomes: map[*endpoint]*outcome{}}
	session, err := l.visit.enter(ctx, "")
	if err != nil {
		return s.nothing(now, began, nil), s.client.classify(err)
	}
	l.fetch(ctx, s.due(now, session.version))
	if len(l.outcomes) > 0 && l.good() == 0 {
		failed := l.failures()
		cause := cmp.Or(l.visit.lost(), failed[0].Err)
		// What every endpoint says alike is said once, by the error.
		failed = slices.DeleteFunc(failed, func(p localmon.EndpointError) bool { return p.Err.Error() == cause.Error() })
		return s.nothing(now, began, failed), s.client.classify(cause)
	}
	b := l.batch()
	b.Took = time.Since(began)
	return b, nil
}

// nothing is the batch of a look that read nothing.
func (s *Source) nothing(now, began time.Time, failed []localmon.EndpointError) localmon.Batch {
	return localmon.Batch{Target: s.target, At: now, Partial: failed, Took: time.Since(began)}
}

// due lists the rows that the array has and that are to be read at now.
func (s *Source) due(now time.Time, version restVersion) []*endpoint {
	var rows []*endpoint
	for _, ep := range collected {
		if version.less(ep.since) {
			continue
		}
		if last, ok := s.runs[ep]; !ok || due(last.ok, now, ep.every) {
			rows = append(rows, ep)
		}
	}
	return rows
}

// due reports whether every has passed since last. A tenth of tolerance keeps
// a look that begins a moment early from skipping a turn, and a clock that was
// set back never makes a row wait.
func due(last, now time.Time, every time.Duration) bool {
	since := now.Sub(last)
	return since < 0 || since >= every-every/10
}

// look is one Collect: what was read, before it becomes a batch.
type look struct {
	source *Source
	now    time.Time
	visit  *visit

	mu       sync.Mutex
	outcomes map[*endpoint]*outcome
	alerts   alertReading
}

// outcome is what one row gave.
type outcome struct {
	listing
	count int // items read
	err   error
	took  time.Duration
}

// fetch reads the rows, at most four at once.
func (l *look) fetch(ctx context.Context, rows []*endpoint) {
	jobs := make(chan *endpoint)
	var workers sync.WaitGroup
	for range min(maxParallel, len(rows)) {
		workers.Go(func() {
			for ep := range jobs {
				l.fetchOne(ctx, ep)
			}
		})
	}
	for _, ep := range rows {
		jobs <- ep
	}
	close(jobs)
	workers.Wait()
}

func (l *look) fetchOne(ctx context.Context, ep *endpoint) {
	began := time.Now()
	var out outcome
	var alerts alertReading
	if ep == epAlerts {
		// The alert memory is read here and changed in batch, after all
		// workers have ended; only this row touches it.
		alerts, out.err = l.source.alerts.read(ctx, l.visit, l.now)
		out.date, out.count = alerts.date, alerts.items
	} else {
		out.listing, out.err = l.visit.list(ctx, ep, nil)
		out.count = len(out.items)
	}
	out.took = time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outcomes[ep] = &out
	if ep == epAlerts {
		l.alerts = alerts
	}
}

// good counts rows of which something was read.
func (l *look) good() int {
	n := 0
	for _, out := range l.outcomes {
		if out.err == nil || len(out.items) > 0 {
			n++
		}
	}
	return n
}

// failures lists what went wrong, in the order of the positive list.
func (l *look) failures() []localmon.EndpointError {
	var all []localmon.EndpointError
	for _, ep := range collected {
		o := l.outcomes[ep]
		if o == nil {
			continue
		}
		for _, err := range append(o.partial, o.err) {
			if err != nil {
				all = append(all, localmon.EndpointError{Endpoint: ep.path, Err: err})
			}
		}
	}
	return all
}

// batch turns what was read into what is handed on.
func (l *look) batch() localmon.Batch {
	s := l.source
	b := localmon.Batch{Target: s.target, At: l.now}
	out := localmon.NewSampler(s.target)
	l.identity(&b, out)
	l.performance(&b, out)
	l.space(out)
	l.parts(&b, out)
	l.ownAlerts(&b, out)
	for _, ep := range collected {
		o := l.outcomes[ep]
		if o == nil {
			continue
		}
		out.Add(o.took.Seconds(), "localmon_endpoint_took_seconds", "endpoint", ep.path)
		if o.err == nil {
			s.runs[ep] = run{ok: l.now}
			out.Add(float64(o.count), "localmon_endpoint_items", "endpoint", ep.path)
		}
		if b.TargetAt.IsZero() {
			b.TargetAt = o.date
		}
	}
	for ep, r := range s.runs {
		out.Add(float64(r.ok.UnixMilli())/1000, "localmon_endpoint_last_success_timestamp_seconds", "endpoint", ep.path)
	}
	b.Samples, b.Partial = out.Samples(), l.failures()
	return b
}

// items passes every item of a row to use. Bad items are noted, the rest goes
// on. It reports whether the row was read whole.
func (l *look) items(ep *endpoint, use func(fields)) bool {
	o := l.outcomes[ep]
	if o == nil {
		return false
	}
	bad := 0
	o.each(use, func(err error) {
		if bad++; bad <= 3 {
			o.partial = append(o.partial, err)
		}
	})
	if bad > 3 {
		o.partial = append(o.partial, fmt.Errorf("%d items in all: %w", bad, errReplyShape))
	}
	return o.err == nil
}

// maxParts is how many parts, ports or pods of one list are taken. The largest
// arrays have some hundreds; a list beyond that is not an array's.
const maxParts = 4000

// few is items for lists that cannot be long. What is beyond is left out and
// said, and the list does not count as read whole.
func (l *look) few(ep *endpoint, use func(fields)) bool {
	n := 0
	whole := l.items(ep, func(f fields) {
		if n++; n <= maxParts {
			use(f)
		}
	})
	if whole && n > maxParts {
		o := l.outcomes[ep]
		o.partial = append(o.partial, fmt.Errorf("%w: %d items, the first %d were taken", errReplyLimit, n, maxParts))
		return false
	}
	return whole
}

// identity reads who the array is.
func (l *look) identity(b *localmon.Batch, out *localmon.Sampler) {
	s := l.source
	l.items(epSubscriptions, func(f fields) { s.subscription = f.str("service", 128) })
	l.items(epControllers, func(f fields) {
		if model := f.str("model", 128); model != "" {
			s.info.Model = model
		}
	})
	once := false
	l.items(epArrays, func(f fields) {
		name, ok := f.name("name")
		if !ok || once {
			return // in a fleet the list may hold others; the first is this one
		}
		once = true
		s.info = localmon.Array{
			Name: name, Kind: localmon.KindFlashArray, Model: s.info.Model,
			OS: f.str("os", 128), Version: f.str("version", 128), Serial: f.str("id", 128),
		}
		info := s.info
		b.Info = &info
		out.Add(1, "purefa_info", "array_name", name, "os", info.OS, "system_id", info.Serial,
			"version", info.Version, "subscription_type", s.subscription)
		arraySpace(out, f)
	})
}

// performance reads the four performance lists.
func (l *look) performance(b *localmon.Batch, out *localmon.Sampler) {
	s := l.source
	once := false
	l.items(epArraysPerformance, func(f fields) {
		if once {
			return
		}
		once = true
		b.TargetAt = f.time("time")
		arrayPerformance(out, f)
	})
	l.few(epNetworkPerformance, func(f fields) { portPerformance(out, f) })
	hosts := l.limited(epHostsPerformance, s.maxHosts, out)
	for _, f := range hosts {
		hostPerformance(out, f)
	}
	l.volumes(out)
}

// limited decodes a row of which only the busiest are kept.
func (l *look) limited(ep *endpoint, most int, out *localmon.Sampler) []fields {
	var all []fields
	seen := map[string]bool{}
	l.items(ep, func(f fields) {
		if name, ok := f.name("name"); ok && !seen[name] {
			seen[name] = true
			all = append(all, f)
		}
	})
	if l.outcomes[ep] == nil {
		return nil
	}
	kept, left := busiest(all, most)
	out.Add(float64(left), "localmon_endpoint_items_left_out", "endpoint", ep.path)
	return kept
}

// volumes joins performance with the serial that /volumes gave, because the
// serial is part of the series' name. A volume that is new since the last
// /volumes waits one look for it; one that /volumes cannot tell of has none.
func (l *look) volumes(out *localmon.Sampler) {
	s := l.source
	serials := map[string]string{}
	if l.items(epVolumes, func(f fields) {
		name, ok := f.name("name")
		serial, okSerial := f.name("serial")
		if ok && okSerial {
			serials[strings.ToLower(name)] = serial
		}
	}) {
		s.serials = serials
		s.strangers = map[string]bool{}
	}
	asked := l.outcomes[epVolumes] != nil
	for _, f := range l.limited(epVolumesPerformance, s.maxVolumes, out) {
		name, _ := f.name("name")
		key := strings.ToLower(name)
		serial, known := s.serials[key]
		switch {
		case known:
			volumePerformance(out, f, naa+serial)
		case asked || s.strangers[key]:
			s.strangers[key] = true
			volumePerformance(out, f, "")
		default:
			delete(s.runs, epVolumes) // read it again at the next look
		}
	}
}

// space reads the slow lists that become samples.
func (l *look) space(out *localmon.Sampler) {
	for _, f := range l.limited(epVolumes, l.source.maxVolumes, out) {
		volumeSpace(out, f)
	}
	l.few(epHosts, func(f fields) { hostConnectivity(out, f) })
	l.few(epPods, func(f fields) { podMediators(out, f) })
	l.few(epNetworkInterfaces, func(f fields) { portSpeed(out, f) })
}

// parts reads drives, controllers and hardware. A list that was not read whole
// gives no states, because a batch's states are complete for their type.
func (l *look) parts(b *localmon.Batch, out *localmon.Sampler) {
	drives, controllers, hardware := newParts(), newParts(), newParts()
	if !l.few(epDrives, func(f fields) { drives.drive(out, f) }) {
		drives = newParts()
	}
	controllersRead := l.few(epControllers, func(f fields) { controllers.controller(out, f) })
	if !controllersRead {
		controllers = newParts()
	}
	if !l.few(epHardware, func(f fields) { hardware.hardware(out, f) }) {
		hardware = newParts()
	}
	b.States = believe(drives, controllers, hardware, controllersRead)
}

// ownAlerts takes the alert reading over. Where it failed nothing is said of
// alerts, which is not the same as none.
func (l *look) ownAlerts(b *localmon.Batch, out *localmon.Sampler) {
	o := l.outcomes[epAlerts]
	if o == nil || o.err != nil {
		return
	}
	alerts, partial := l.source.alerts.apply(l.alerts, l.now)
	o.partial = append(o.partial, partial...)
	b.Alerts, b.AlertsRead = alerts, true
	alertSamples(out, alerts)
}
