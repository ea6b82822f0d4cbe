package intake_test

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/collect"
	"darksite/bundle/collect/arraystate"
	"darksite/bundle/collect/monitor"
	"darksite/bundle/desk/replay"
	"darksite/bundle/desk/triage"
	"darksite/bundle/redact"
	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/rule"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/flashblade"
	"darksite/localmon/source/poll"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// roundTrips makes the test go over every fault of the catalogue.
const roundTrips = "INTAKE_EVERY_FAULT"

// trip is one fault of the catalogue on its way to the desk.
type trip struct {
	kind   sim.Kind
	params map[string]string
	large  bool // the array has a shelf
	normal bool // half an hour of work is watched first, to know what is normal
	brief  bool // goes in every run
	want   string
	rank   int // 1 when left out
}

// trips are those of both families: the finding that names the fault. Where
// it is empty the operator has nothing to be told, and neither has the desk.
func trips(family sim.Family) []trip {
	hardware := map[string]string{"path": "hardware"}
	both := []trip{
		{kind: sim.ExpireSession},
		{kind: sim.DuplicateItems},
		{kind: sim.TokenRefused, want: "site/token-refused"},
		{kind: sim.CertChange, want: "site/certificate-changed"},
		{kind: sim.WrongVersion, want: "site/no-data"},
		{kind: sim.ClockSkew, want: "site/clock-off"},
		{kind: sim.ArrayRestart, want: "site/no-data"},
		{kind: sim.HTTP500, params: hardware, want: "site/partial-data"},
		{kind: sim.TruncatedJSON, params: hardware, want: "site/partial-data"},
		{kind: sim.Partial207, params: hardware, want: "site/partial-data"},
		{kind: sim.EndlessBody, params: map[string]string{"path": "hardware", "megabytes": "9"}, want: "site/partial-data"},
		{kind: sim.DeepJSON, params: hardware, want: "site/partial-data"},
		{kind: sim.HugeString, params: map[string]string{"path": "hardware", "megabytes": "1"}, want: "site/partial-data"},
		{kind: sim.Redirect, params: hardware, want: "site/partial-data"},
		{kind: sim.Slow, params: map[string]string{"path": "hardware", "stall": "5s"}, want: "site/partial-data"},
		{kind: sim.SlowDrip, params: hardware, want: "site/partial-data"},
		{kind: sim.PSULoss, want: "site/psu-failed"},
		{kind: sim.FanSlow, want: "site/fan-or-temperature"},
	}
	fill := map[string]string{"target": "92", "over": "10m"}
	if family == sim.FlashBlade {
		return append(both, []trip{
			{kind: sim.BladeUnhealthy, want: "site/blade-unhealthy", brief: true},
			{kind: sim.BladeRemoved, want: "site/blade-removed"},
			{kind: sim.FMFail, want: "site/fabric-module"},
			{kind: sim.ConnectorDown, want: "site/port-down"},
			{kind: sim.ConnectorRemoved, want: "site/port-down"},
			{kind: sim.NFSDown, want: "site/fb-service-down"},
			{kind: sim.QuotaFull, params: map[string]string{"over": "10m"}, want: "site/fb-quota"},
			{kind: sim.CapacityFill, params: fill, want: "site/fb-capacity"},
			{kind: sim.Bottleneck, normal: true, want: "site/fb-latency-bottleneck"},
			{kind: sim.AlertBurst, want: "site/array-alert:1124"},
			{kind: sim.AlertBlip, want: "site/port-down"},
			{kind: sim.CounterNull, want: "site/fb-performance-missing"},
		}...)
	}
	return append(both, []trip{
		{kind: sim.DriveFail, want: "site/drive-failed", brief: true},
		{kind: sim.DriveMissing, want: "site/drive-failed"},
		{kind: sim.DriveUnadmitted, want: "site/drive-attention", rank: 2}, // what it does to the data is graver and comes first
		{kind: sim.DrivePathLost, want: "site/drive-path-lost"},
		{kind: sim.SASCable, large: true, want: "site/sas-cabling"},
		{kind: sim.NVRAMFail, want: "site/nvram-unhealthy"},
		{kind: sim.ControllerFail, want: "site/controller-not-ready", brief: true},
		{kind: sim.CPUFail, want: "site/controller-not-ready"},
		{kind: sim.Failover, want: "site/controllers-changed-roles"},
		{kind: sim.TempHigh, want: "site/fan-or-temperature"},
		{kind: sim.PortErrors, want: "site/port-errors"},
		{kind: sim.LinkFlap, want: "site/port-down"},
		{kind: sim.SFPDegrade, want: "site/optics"},
		{kind: sim.Upgrade, want: "site/no-data"},
		{kind: sim.CapacityFill, params: fill, want: "site/capacity"},
		{kind: sim.Bottleneck, normal: true, want: "site/latency-bottleneck"},
		{kind: sim.NoisyVolume, normal: true, want: "site/noisy-volume"},
		{kind: sim.QoSCap, normal: true, want: "site/qos-limit"},
		{kind: sim.ReplicationLag, want: "site/replication"},
		{kind: sim.MediatorDown, want: "site/mediator"},
		{kind: sim.AlertBurst, want: "site/array-alert:231"},
		{kind: sim.AlertBlip, want: "site/port-errors"},
		{kind: sim.CounterNull, want: "site/performance-missing"},
	}...)
}

func TestEveryFaultOfTheCatalogueHasATrip(t *testing.T) {
	for _, family := range sim.Families() {
		have := map[sim.Kind]bool{}
		for _, tr := range trips(family) {
			have[tr.kind] = true
		}
		for _, info := range sim.CatalogueOf(family) {
			require.True(t, have[info.Kind], "%s %s", family, info.Kind)
			delete(have, info.Kind)
		}
		require.Empty(t, have, family)
	}
}

// A fault on an array, seen by the site's monitor, collected by the real
// collectors, redacted, approved, sealed, carried and imported: what the desk reads
// in the bundle names it, at the place in the list that the table says.
func TestTheDeskNamesEveryFault(t *testing.T) {
	every := os.Getenv(roundTrips) != ""
	known, err := triage.Shipped()
	require.NoError(t, err)
	var mu sync.Mutex
	var lines []string
	t.Run("of", func(t *testing.T) {
		for _, family := range sim.Families() {
			for _, tr := range trips(family) {
				if !every && !tr.brief {
					continue
				}
				t.Run(fmt.Sprint(family, "/", tr.kind), func(t *testing.T) {
					t.Parallel()
					facts, tree := tr.carried(t, family)
					report := triage.Analyze(facts, nil, known)
					line := tr.judge(t, family, report) + "\t| " + askedOf(t, facts, tree)
					mu.Lock()
					defer mu.Unlock()
					lines = append(lines, line)
				})
			}
		}
	})
	slices.Sort(lines)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "array\t| fault\t| finding\t| rank\t| of\t| could not check\t| checks of its runbooks: unknown of all\t| without samples")
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	require.NoError(t, w.Flush())
	t.Logf("\n%s", b.String())
}

// judge holds the report against what the trip wants and makes a line of the table.
func (tr trip) judge(t *testing.T, family sim.Family, r triage.Report) string {
	t.Helper()
	var found []string
	for _, f := range r.Findings {
		found = append(found, fmt.Sprintf("%s %s %d", f.Rule, f.Component, f.Severity))
	}
	row := func(finding, rank string) string {
		return fmt.Sprintf("%s\t| %s\t| %s\t| %s\t| %d\t| %d", family, tr.kind, finding, rank, len(r.Findings), len(r.Unchecked)+len(r.Gaps))
	}
	if tr.want == "" {
		require.Empty(t, found)
		return row("nothing is to be found", "-")
	}
	rank := slices.IndexFunc(r.Findings, func(f triage.Finding) bool { return f.Rule == tr.want }) + 1
	require.NotZero(t, rank, "%s is not among %q", tr.want, found)
	require.LessOrEqual(t, rank, max(tr.rank, 1), "%q", found)
	return row(tr.want, fmt.Sprint(rank))
}

// askedOf asks the checks of the runbooks that open alerts lead to of the bundle, with
// the samples in it and without. Samples answer what else is unknown, and change
// nothing else.
func askedOf(t *testing.T, f triage.Facts, tree fs.FS) string {
	t.Helper()
	lib, err := content.Library()
	require.NoError(t, err)
	all, unknown, without := 0, 0, 0
	done := map[string]bool{}
	for _, r := range f.Raised {
		book, ok := lib.Get(r.Runbook)
		if !r.Open || !ok || done[r.Runbook] {
			continue
		}
		done[r.Runbook] = true
		bare := replay.Checks(t.Context(), book, f, nil, r.Array)
		for i, c := range replay.Checks(t.Context(), book, f, replay.NewSamples(tree, f.Taken), r.Array) {
			all++
			if c.Result == runbooks.Unknown {
				unknown++
			}
			if bare[i].Result == runbooks.Unknown {
				without++
			} else {
				require.Equal(t, bare[i], c)
			}
		}
	}
	return fmt.Sprintf("%d of %d\t| %d", unknown, all, without)
}

// carried is what the desk reads in the bundle of a trip.
func (tr trip) carried(t *testing.T, family sim.Family) (triage.Facts, fs.FS) {
	t.Helper()
	w := newWatched(t, tr, family)
	if tr.normal {
		w.watch(32*time.Minute, 2*time.Minute)
	}
	w.watch(2*time.Minute, time.Minute)
	require.Empty(t, w.changes, "quiet before the fault")
	_, err := w.array.Inject(sim.Fault{Kind: tr.kind, Params: tr.params})
	require.NoError(t, err)
	for range 60 { // half an hour
		w.look(30 * time.Second)
		if slices.ContainsFunc(w.changes, func(c localmon.Change) bool {
			return "site/"+c.Alert.Rule == tr.want && c.What != localmon.ChangeRaised
		}) {
			break
		}
	}
	files := map[string]string{"meta/redaction.txt": "rules\n"}
	for name, text := range redacted(t, w.collect(t)) {
		files[name] = text
	}
	k := bundletest.New(t)
	s := newStation(t, k)
	p := pack(t, k, cargo{files: files, edit: func(m *bundle.Manifest) {
		m.CreatedUTC = w.array.Now().UTC().Format(time.RFC3339)
	}})
	out, err := s.only(t, p.write(t))
	require.NoError(t, err)
	tree := os.DirFS(s.Tree(out.Bundle.SealedSHA256))
	facts, err := triage.Read(tree, out.Bundle.Taken)
	require.NoError(t, err)
	return facts, tree
}

// source is an array as the monitor and the collector ask it.
type source interface {
	localmon.Source
	Raw(ctx context.Context) ([]arrayrest.RawReply, error)
}

// watched is a simulated array and the monitor of its site. It is the history that
// a bundle is collected from.
type watched struct {
	t       *testing.T
	array   *sim.Array
	src     source
	eval    *rule.Evaluator
	engine  alert.Engine
	state   alert.State
	changes []localmon.Change
	history map[localmon.SeriesKey][]localmon.Point
}

const siteName = "fa-metz-2"

func newWatched(t *testing.T, tr trip, family sim.Family) *watched {
	t.Helper()
	size := sim.Small
	if tr.large {
		size = sim.Large
	}
	array, err := sim.New(sim.Options{Name: siteName, Family: family, Size: size, Seed: 7})
	require.NoError(t, err)
	server, err := arrayapi.Listen("127.0.0.1:0", arrayapi.New(array))
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	w := &watched{t: t, array: array, engine: alert.New(alert.Options{}), history: map[localmon.SeriesKey][]localmon.Point{}}
	patience, kind := time.Second, localmon.KindFlashArray
	if family == sim.FlashBlade {
		kind = localmon.KindFlashBlade
		w.src, err = flashblade.New(flashblade.Options{Target: siteName, URL: server.URL(), Token: server.Token(), Pin: server.Pin(), RequestTimeout: patience})
	} else {
		w.src, err = flasharray.New(flasharray.Options{Target: siteName, URL: server.URL(), Token: server.Token(), Pin: server.Pin(), RequestTimeout: patience})
	}
	require.NoError(t, err)
	kit, err := rule.Shipped()
	require.NoError(t, err)
	w.eval = rule.NewEvaluator(kit, siteName, kind)
	return w
}

func (w *watched) watch(d, step time.Duration) {
	for end := w.array.Now().Add(d); w.array.Now().Before(end); {
		w.look(step)
	}
}

func (w *watched) look(step time.Duration) {
	w.array.Advance(step)
	now := w.array.Now()
	b, _ := poll.Once(w.t.Context(), poll.Options{Timeout: time.Minute}, w.src, now)
	for _, s := range b.Samples {
		w.history[s.Key] = append(w.history[s.Key], localmon.Point{At: b.At, Value: s.Value})
	}
	res := w.engine.Step(w.state, now, w.eval.Evaluate(now, b))
	w.state, w.changes = res.State, append(w.changes, res.Changes...)
}

// Alerts implements monitor.AlertSource.
func (w *watched) Alerts(context.Context) ([]localmon.Alert, error) { return w.state.Alerts(), nil }

// Changes implements monitor.AlertSource.
func (w *watched) Changes(context.Context) iter.Seq2[localmon.Change, error] {
	return func(yield func(localmon.Change, error) bool) {
		for _, c := range w.changes {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Series implements localmon.Reader.
func (w *watched) Series(_ context.Context, sel localmon.Selector) ([]localmon.Series, error) {
	var out []localmon.Series
	for key, points := range w.history {
		if sel.Matches(key) {
			out = append(out, localmon.Series{Key: key, First: points[0].At, Last: points[len(points)-1].At})
		}
	}
	slices.SortFunc(out, func(a, b localmon.Series) int { return a.Key.Compare(b.Key) })
	return out, nil
}

// Range implements localmon.Reader for windows without steps.
func (w *watched) Range(_ context.Context, key localmon.SeriesKey, in localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		for _, p := range w.history[key] {
			if !p.At.Before(in.From) && p.At.Before(in.To) && !yield(p, nil) {
				return
			}
		}
	}
}

// collect asks the array and its monitor as a bundle does.
func (w *watched) collect(t *testing.T) string {
	t.Helper()
	staging := t.TempDir()
	raw := func(ctx context.Context) ([]arraystate.Reply, error) {
		replies, err := w.src.Raw(ctx)
		var out []arraystate.Reply
		for _, r := range replies {
			out = append(out, arraystate.Reply{Path: r.Path, File: r.File, JSON: r.JSON, Err: r.Err})
		}
		return out, err
	}
	p := collect.Profile{Each: collect.Budget{Bytes: 64 << 20, Time: time.Minute}, Total: 128 << 20}
	_, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{
		arraystate.New(arraystate.Array{Target: siteName, Raw: raw}),
		monitor.New(monitor.Options{Alerts: w, History: w, Now: w.array.Now().Add(time.Second), Recent: time.Hour}),
	})
	require.NoError(t, err)
	return staging
}

// redacted sends a collected tree through the gate and returns what comes out.
func redacted(t *testing.T, in string) map[string]string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	gate, err := redact.New(redact.Options{Key: []byte(strings.Repeat("s", 32)), Known: []redact.Known{{Kind: redact.Array, Value: siteName}}})
	require.NoError(t, err)
	res, err := gate.Tree(t.Context(), in, out)
	require.NoError(t, err)
	require.Empty(t, res.Withheld)
	files := map[string]string{}
	for _, f := range res.Files {
		files[f.Out] = string(mustRead(t, filepath.Join(out, f.Out)))
	}
	return files
}
