package flashblade

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// Options say which array to look at and how.
type Options struct {
	Target string // the site's name for the array; required
	URL    string // https://host or https://host:port; required
	Token  string // API token of a read-only user; required
	Pin    string // sha256:hex of the array's certificate; required, see [pinned.Fetch]

	// Timeout bounds one look, all requests together; 25 seconds when zero.
	Timeout time.Duration
	// RequestTimeout bounds one request; 10 seconds when zero.
	RequestTimeout time.Duration
	// MaxFileSystems and MaxBuckets are how many get series of their own; 500
	// when zero. The largest are kept.
	MaxFileSystems, MaxBuckets int
}

// Source looks at one FlashBlade. It implements [localmon.Source].
type Source struct {
	client *arrayrest.Client
	memory *memory // Collect alone touches it
}

var (
	_ localmon.Source   = (*Source)(nil)
	_ localmon.Recaller = (*Source)(nil)
)

// memory is what is remembered between looks.
type memory struct {
	maxFileSystems, maxBuckets int

	schedule             *arrayrest.Schedule
	alerts               *arrayrest.AlertMemory
	fileSystems, buckets *byName
	rolls                arrayrest.Rolls
	ahead                time.Duration // the array's clock, of the kit's
}

// New checks the options. It opens no connection.
func New(o Options) (*Source, error) {
	client, err := arrayrest.NewClient(arrayrest.Options{
		Target: o.Target, URL: o.URL, Token: o.Token, Pin: o.Pin,
		Timeout: o.Timeout, RequestTimeout: o.RequestTimeout, Dialect: dialect,
	})
	if err != nil {
		return nil, fmt.Errorf("flashblade: %w", err)
	}
	return &Source{client: client, memory: newMemory(o)}, nil
}

func newMemory(o Options) *memory {
	return &memory{
		maxFileSystems: cmp.Or(o.MaxFileSystems, 500),
		maxBuckets:     cmp.Or(o.MaxBuckets, 500),
		schedule:       arrayrest.NewSchedule(collected),
		alerts:         arrayrest.NewAlertMemory(arrayrest.AlertRow{Row: rowAlerts, NotClosed: "state!='closed'", Open: "state='open'", Of: alertOf}),
		fileSystems:    &byName{row: rowFileSystemsPerf},
		buckets:        &byName{row: rowBucketsPerf},
	}
}

// Target is the site's name for the array.
func (s *Source) Target() string { return s.client.Target() }

// Close gives the session back to the array.
func (s *Source) Close(ctx context.Context) error { return s.client.Close(ctx) }

// Raw reads every row of the positive list once, but for those the array gives
// by name only, for a diagnostic bundle; see [arrayrest.Client.Raw].
func (s *Source) Raw(ctx context.Context) ([]arrayrest.RawReply, error) {
	rows := slices.DeleteFunc(slices.Clone(collected), func(r *arrayrest.Row) bool { return r == rowFileSystemsPerf || r == rowBucketsPerf })
	return s.client.Raw(ctx, rowAlerts, rows, rawOnly)
}

// Collect reads every row that is due at now. When the array as a whole is
// lost the error is an [*arrayrest.Error].
func (s *Source) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	m := s.memory
	read, err := s.client.Look(ctx, now, m.schedule, map[*arrayrest.Row]arrayrest.Reader{
		rowAlerts: m.alerts.Read, rowFileSystemsPerf: m.fileSystems.Read, rowBucketsPerf: m.buckets.Read,
	})
	if err != nil {
		return read.Nothing(), err
	}
	b := m.batch(read)
	for _, n := range []*byName{m.fileSystems, m.buckets} {
		if n.under() {
			m.schedule.Again(n.row)
		}
	}
	return b, nil
}

// Decode turns one reply that was saved to a file into a batch, as Collect does
// with a reply it has just read. The name says which row it belongs to, such as
// blades.json or arrays-space-array.json; see [arrayrest.RowOf]. A single reply
// knows less than a look: a blade is as its own list says. The batch and its
// series name no target, which is the caller's to fill in.
func Decode(name string, body []byte, now time.Time) (localmon.Batch, error) {
	row, err := arrayrest.RowOf(name, collected)
	if err != nil {
		return localmon.Batch{}, fmt.Errorf("flashblade: %w", err)
	}
	read, err := arrayrest.Saved(now, row, body)
	if err != nil {
		return localmon.Batch{}, fmt.Errorf("flashblade: %w", err)
	}
	return newMemory(Options{}).batch(read), nil
}

// look is what was read, beside what is remembered, before it becomes a batch.
type look struct {
	*arrayrest.Look
	*memory
}

// batch makes a batch of what was read.
func (m *memory) batch(read *arrayrest.Look) localmon.Batch {
	l := look{read, m}
	b := localmon.Batch{Target: read.Target(), At: read.Now}
	out := localmon.NewSampler(b.Target)
	l.identity(&b, out)
	l.performance(&b, out)
	l.space(out)
	l.objects(out)
	l.parts(&b, out)
	b.Alerts, b.AlertsRead = l.Alerts(m.alerts)
	alertSamples(out, b.Alerts)
	l.Finish(&b, out)
	m.ahead = arrayrest.Ahead(b, m.ahead)
	return b
}

// identity reads who the array is.
func (l look) identity(b *localmon.Batch, out *localmon.Sampler) {
	l.First(rowArrays, func(f arrayrest.Fields) {
		name, ok := f.Name("name")
		if !ok {
			return
		}
		b.Info = &localmon.Array{
			Name: name, Kind: localmon.KindFlashBlade, Model: f.Str("product_type", 128),
			OS: f.Str("os", 128), Version: f.Str("version", 128), Serial: f.Str("id", 128),
		}
		out.Add(1, "purefb_info", "array_name", name, "os", b.Info.OS, "system_id", b.Info.Serial, "version", b.Info.Version)
	})
}

// performance reads what the array as a whole does.
func (l look) performance(b *localmon.Batch, out *localmon.Sampler) {
	for _, each := range rowsPerformance {
		l.First(each.row, func(f arrayrest.Fields) {
			if b.TargetAt.IsZero() {
				b.TargetAt = f.Time("time")
			}
			add(out, f, arrayFamilies, "protocol", each.value)
		})
	}
	l.First(rowNFS, func(f arrayrest.Fields) { add(out, f, nfsFamilies) })
	l.First(rowHTTP, func(f arrayrest.Fields) { add(out, f, httpFamilies) })
	l.First(rowS3, func(f arrayrest.Fields) { add(out, f, s3Families) })
	for _, row := range []*arrayrest.Row{rowOldConnectors, rowConnectors} {
		l.Few(row, func(f arrayrest.Fields) { connectorPerformance(out, f) })
	}
}

// space reads the space of the array as a whole.
func (l look) space(out *localmon.Sampler) {
	for _, each := range rowsSpace {
		l.First(each.row, func(f arrayrest.Fields) { arraySpace(out, f, each.value) })
	}
}

// objects reads file systems and buckets.
func (l look) objects(out *localmon.Sampler) {
	for _, f := range l.named(rowFileSystems, l.maxFileSystems, l.fileSystems, out) {
		fileSystemSpace(out, f)
	}
	for _, f := range l.named(rowBuckets, l.maxBuckets, l.buckets, out) {
		bucketSpace(out, f)
	}
	l.performanceOf(l.fileSystems, "file_systems", out)
	l.performanceOf(l.buckets, "buckets", out)
}

// named reads a list of named objects and has the performance of those that
// are kept and in use read by name.
func (l look) named(row *arrayrest.Row, most int, perf *byName, out *localmon.Sampler) []arrayrest.Fields {
	kept := l.Busiest(row, most, held, out)
	if !l.Asked(row) {
		return nil
	}
	var names []string
	left := 0
	for _, f := range kept {
		name, _ := f.Name("name")
		if destroyed, _ := f.Flag("destroyed"); destroyed {
			continue
		}
		if strings.Contains(name, ",") { // no request could name it
			left++
			continue
		}
		names = append(names, name)
	}
	out.Add(float64(left), "localmon_endpoint_items_left_out", "endpoint", perf.row.String())
	if l.Read(row) {
		perf.want(names)
	}
	return kept
}

// performanceOf reads what was asked for by name. An array that gives others
// unasked makes no series with them.
func (l look) performanceOf(n *byName, kind string, out *localmon.Sampler) {
	families := objectFamilies(kind)
	l.Items(n.row, func(f arrayrest.Fields) {
		if name, ok := f.Name("name"); ok && (n.asked[name] || l.Saved()) {
			add(out, f, families, "name", name)
		}
	})
}

// parts reads hardware, blades, drives and connections to other arrays. A list
// that was not read whole gives no states, because a batch's states are
// complete for their type.
func (l look) parts(b *localmon.Batch, out *localmon.Sampler) {
	b.States = believe(
		l.whole(rowBlades, bladeState),
		l.whole(rowDrives, driveState),
		l.whole(rowHardware, func(p *arrayrest.Parts, f arrayrest.Fields) { hardwareState(p, out, f) }),
		l.whole(rowArrayConnections, connectionState),
	)
}

// whole makes states of a list; none where it was not read whole.
func (l look) whole(row *arrayrest.Row, state func(*arrayrest.Parts, arrayrest.Fields)) *arrayrest.Parts {
	p, _ := l.Parts(row, &l.rolls, state)
	return p
}
