package flasharray

import (
	"cmp"
	"context"
	"fmt"
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
	// MaxVolumes and MaxHosts are how many get series of their own; 2000 when
	// zero. The busiest are kept.
	MaxVolumes, MaxHosts int
}

// Source looks at one FlashArray. It implements [localmon.Source].
type Source struct {
	client *arrayrest.Client
	memory *memory // Collect alone touches it
}

// memory is what is remembered between looks.
type memory struct {
	maxVolumes, maxHosts int

	schedule     *arrayrest.Schedule
	alerts       *arrayrest.AlertMemory
	info         localmon.Array
	subscription string
	serials      map[string]string // volume name in lower case -> serial
	rolls        arrayrest.Rolls
	strangers    map[string]bool // names with performance but in no list of volumes
	ahead        time.Duration   // the array's clock, of the kit's
}

var (
	_ localmon.Source   = (*Source)(nil)
	_ localmon.Recaller = (*Source)(nil)
)

// New checks the options. It opens no connection.
func New(o Options) (*Source, error) {
	client, err := arrayrest.NewClient(arrayrest.Options{
		Target: o.Target, URL: o.URL, Token: o.Token, Pin: o.Pin,
		Timeout: o.Timeout, RequestTimeout: o.RequestTimeout, Dialect: dialect,
	})
	if err != nil {
		return nil, fmt.Errorf("flasharray: %w", err)
	}
	return &Source{client: client, memory: newMemory(o)}, nil
}

func newMemory(o Options) *memory {
	return &memory{
		maxVolumes: cmp.Or(o.MaxVolumes, 2000),
		maxHosts:   cmp.Or(o.MaxHosts, 2000),
		schedule:   arrayrest.NewSchedule(collected),
		alerts:     arrayrest.NewAlertMemory(arrayrest.AlertRow{Row: rowAlerts, Open: "state='open'", Of: alertOf}),
		strangers:  map[string]bool{},
	}
}

// Target is the site's name for the array.
func (s *Source) Target() string { return s.client.Target() }

// Close gives the session back to the array.
func (s *Source) Close(ctx context.Context) error { return s.client.Close(ctx) }

// Raw reads every row of the positive list once, for a diagnostic bundle; see
// [arrayrest.Client.Raw].
func (s *Source) Raw(ctx context.Context) ([]arrayrest.RawReply, error) {
	return s.client.Raw(ctx, rowAlerts, collected, rawOnly)
}

// Collect reads every row that is due at now. When the array as a whole is
// lost the error is an [*arrayrest.Error].
func (s *Source) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	m := s.memory
	read, err := s.client.Look(ctx, now, m.schedule, map[*arrayrest.Row]arrayrest.Reader{rowAlerts: m.alerts.Read})
	if err != nil {
		return read.Nothing(), err
	}
	return m.batch(read), nil
}

// Decode turns one reply that was saved to a file into a batch, as Collect does
// with a reply it has just read. The name says which row it belongs to, such as
// drives.json or arrays-performance.json; see [arrayrest.RowOf]. A single reply
// knows less than a look: volumes have no serial in their performance, and a
// part is as its own list says. The batch and its series name no target, which
// is the caller's to fill in.
func Decode(name string, body []byte, now time.Time) (localmon.Batch, error) {
	row, err := arrayrest.RowOf(name, collected)
	if err != nil {
		return localmon.Batch{}, fmt.Errorf("flasharray: %w", err)
	}
	read, err := arrayrest.Saved(now, row, body)
	if err != nil {
		return localmon.Batch{}, fmt.Errorf("flasharray: %w", err)
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
	l.parts(&b, out)
	b.Alerts, b.AlertsRead = l.Alerts(m.alerts)
	alertSamples(out, b.Alerts)
	l.Finish(&b, out)
	m.ahead = arrayrest.Ahead(b, m.ahead)
	return b
}

// identity reads who the array is.
func (l look) identity(b *localmon.Batch, out *localmon.Sampler) {
	l.Items(rowSubscriptions, func(f arrayrest.Fields) { l.subscription = f.Str("service", 128) })
	l.Items(rowControllers, func(f arrayrest.Fields) {
		if model := f.Str("model", 128); model != "" {
			l.info.Model = model
		}
	})
	// In a fleet the list may hold others; the first is this one.
	l.First(rowArrays, func(f arrayrest.Fields) {
		name, ok := f.Name("name")
		if !ok {
			return
		}
		l.info = localmon.Array{
			Name: name, Kind: localmon.KindFlashArray, Model: l.info.Model,
			OS: f.Str("os", 128), Version: f.Str("version", 128), Serial: f.Str("id", 128),
		}
		info := l.info
		b.Info = &info
		out.Add(1, "purefa_info", "array_name", name, "os", info.OS, "system_id", info.Serial,
			"version", info.Version, "subscription_type", l.subscription)
		arraySpace(out, f)
	})
}

// performance reads the four performance lists.
func (l look) performance(b *localmon.Batch, out *localmon.Sampler) {
	l.First(rowArraysPerformance, func(f arrayrest.Fields) {
		b.TargetAt = f.Time("time")
		arrayPerformance(out, f)
	})
	l.Few(rowNetworkPerformance, func(f arrayrest.Fields) { portPerformance(out, f) })
	for _, f := range l.Busiest(rowHostsPerformance, l.maxHosts, load, out) {
		hostPerformance(out, f)
	}
	l.volumes(out)
}

// volumes joins performance with the serial that /volumes gave, because the
// serial is part of the series' name. A volume that is new since the last
// /volumes waits one look for it; one that /volumes cannot tell of has none.
func (l look) volumes(out *localmon.Sampler) {
	serials := map[string]string{}
	if l.Items(rowVolumes, func(f arrayrest.Fields) {
		name, ok := f.Name("name")
		serial, okSerial := f.Name("serial")
		if ok && okSerial {
			serials[strings.ToLower(name)] = serial
		}
	}) {
		l.serials = serials
		l.strangers = map[string]bool{}
	}
	asked := l.Asked(rowVolumes)
	for _, f := range l.Busiest(rowVolumesPerformance, l.maxVolumes, load, out) {
		name, _ := f.Name("name")
		key := strings.ToLower(name)
		serial, known := l.serial(name)
		switch {
		case known:
			volumePerformance(out, f, naa+serial)
		case asked || l.strangers[key] || l.Saved():
			l.strangers[key] = true
			volumePerformance(out, f, "")
		default:
			l.schedule.Again(rowVolumes)
		}
	}
}

// serial is that of a volume, by its name in any case.
func (m *memory) serial(name string) (string, bool) {
	serial, known := m.serials[strings.ToLower(name)]
	return serial, known
}

// space reads the slow lists that become samples.
func (l look) space(out *localmon.Sampler) {
	for _, f := range l.Busiest(rowVolumes, l.maxVolumes, load, out) {
		volumeSpace(out, f)
	}
	l.Few(rowHosts, func(f arrayrest.Fields) { hostConnectivity(out, f) })
	l.Few(rowPods, func(f arrayrest.Fields) { podMediators(out, f) })
	l.Few(rowNetworkInterfaces, func(f arrayrest.Fields) { portSpeed(out, f) })
}

// parts reads what the array consists of. A list that was not read whole gives
// no states, because a batch's states are complete for their type.
func (l look) parts(b *localmon.Batch, out *localmon.Sampler) {
	whole := func(row *arrayrest.Row, state func(*arrayrest.Parts, arrayrest.Fields)) (*arrayrest.Parts, bool) {
		return l.Parts(row, &l.rolls, state)
	}
	drives, _ := whole(rowDrives, func(p *arrayrest.Parts, f arrayrest.Fields) { driveState(p, out, f) })
	controllers, controllersRead := whole(rowControllers, func(p *arrayrest.Parts, f arrayrest.Fields) { controllerState(p, out, f) })
	hardware, _ := whole(rowHardware, func(p *arrayrest.Parts, f arrayrest.Fields) { hardwareState(p, out, f) })
	transceivers, _ := whole(rowPortDetails, transceiverState)
	links, _ := whole(rowReplicaLinks, func(p *arrayrest.Parts, f arrayrest.Fields) { replicaLinkState(p, out, f) })
	b.States = believe(drives, controllers, hardware, controllersRead, transceivers, links)
}
