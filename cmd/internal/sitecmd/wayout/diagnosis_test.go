package wayout_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/arraystate"
	"darksite/bundle/collect/monitor"
	"darksite/bundle/redact"
	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/flashblade"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// Diagnosis works on redacted data alone. For every fault of the simulator the
// same array is collected twice, with and without it, and both trees are redacted
// as two bundles of one site. Then
//
//   - a redacted tree has the shape of its original: the same files, keys, rows,
//     numbers and times; texts differ by a one-to-one map of names that holds over
//     all files of both bundles;
//   - what the array itself names (parts, codes, severities, states) is untouched;
//   - names and ends of hosts, volumes and pods are all mapped;
//   - the places where the two redacted trees differ are those where the originals
//     differ, so whatever a check finds in these it finds in those.
func TestEveryFaultIsFoundInRedactedData(t *testing.T) {
	for _, family := range sim.Families() {
		names := &bijection{there: map[string]string{}, back: map[string]string{}}
		well, wellOut := names.redacted(t, collected(t, family, nil))
		for i, info := range sim.Catalogue() {
			if testing.Short() && i%4 > 0 || conversation[info.Kind] || info.Kind == sim.SASCable || !slices.Contains(info.Families, family) && len(info.Families) > 0 {
				continue // a small array has no shelf and no cable
			}
			t.Run(string(family)+" "+string(info.Kind), func(t *testing.T) {
				ill, illOut := names.redacted(t, collected(t, family, &sim.Fault{Kind: info.Kind}))
				shown := differing(well, ill)
				require.NotEmpty(t, shown, "the fault shows nowhere in what is collected")
				require.Equal(t, shown, differing(wellOut, illOut))
			})
		}
	}
}

// conversation are faults between an array and who asks it; what is collected is
// then not whole, which the list of omissions says.
var conversation = map[sim.Kind]bool{
	sim.ExpireSession: true, sim.TokenRefused: true, sim.HTTP500: true, sim.Slow: true, sim.TruncatedJSON: true, sim.DuplicateItems: true,
	sim.CertChange: true, sim.ClockSkew: true, sim.WrongVersion: true, sim.Partial207: true, sim.CounterNull: true, sim.EndlessBody: true,
	sim.DeepJSON: true, sim.HugeString: true, sim.SlowDrip: true, sim.Redirect: true, sim.ArrayRestart: true,
}

// leaves are a collected tree flattened: file and place in it to text.
type leaves map[string]string

// collected looks at a simulated array for an hour, the last half of it with a
// fault, and collects its own state, its alerts and the history of the looks.
func collected(t *testing.T, family sim.Family, fault *sim.Fault) map[string][]byte {
	t.Helper()
	array, err := sim.New(sim.Options{Name: "fa-metz-2", Family: family, Seed: 11})
	require.NoError(t, err)
	server, err := arrayapi.Listen("127.0.0.1:0", arrayapi.New(array))
	require.NoError(t, err)
	defer server.Close()
	src := watcher(t, family, server)
	h := &looks{}
	for i := range 2 {
		if i == 1 && fault != nil {
			_, err := array.Inject(*fault)
			require.NoError(t, err)
		}
		array.Advance(30 * time.Minute)
		b, err := src.Collect(t.Context(), array.Now())
		require.NoError(t, err)
		h.take(b)
	}
	staging := t.TempDir()
	p := collect.Profile{Each: collect.Budget{Bytes: 64 << 20, Time: time.Minute}, Total: 128 << 20}
	_, err = collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{
		arraystate.New(arraystate.Array{Target: "fa-metz-2", Raw: func(ctx context.Context) ([]arraystate.Reply, error) {
			replies, err := src.Raw(ctx)
			var out []arraystate.Reply
			for _, r := range replies {
				out = append(out, arraystate.Reply{Path: r.Path, File: r.File, JSON: r.JSON, Err: r.Err})
			}
			return out, err
		}}),
		monitor.New(monitor.Options{History: h, Alerts: h, Now: array.Now().Add(time.Second), Recent: time.Hour}),
	})
	require.NoError(t, err)
	return files(t, staging)
}

// rawSource is a source that also gives what the array said in its own words.
type rawSource interface {
	localmon.Source
	Raw(ctx context.Context) ([]arrayrest.RawReply, error)
}

func watcher(t *testing.T, family sim.Family, s *arrayapi.Server) rawSource {
	t.Helper()
	if family == sim.FlashBlade {
		src, err := flashblade.New(flashblade.Options{Target: "fa-metz-2", URL: s.URL(), Token: s.Token(), Pin: s.Pin(), RequestTimeout: time.Minute, Timeout: time.Minute})
		require.NoError(t, err)
		return src
	}
	src, err := flasharray.New(flasharray.Options{Target: "fa-metz-2", URL: s.URL(), Token: s.Token(), Pin: s.Pin(), RequestTimeout: time.Minute, Timeout: time.Minute})
	require.NoError(t, err)
	return src
}

// looks is a history of what a source brought.
type looks struct {
	keys   []localmon.SeriesKey
	points map[localmon.SeriesKey][]localmon.Point
	alerts []localmon.Alert
}

func (l *looks) take(b localmon.Batch) {
	if l.points == nil {
		l.points = map[localmon.SeriesKey][]localmon.Point{}
	}
	for _, s := range b.Samples {
		if l.points[s.Key] == nil {
			l.keys = append(l.keys, s.Key)
		}
		l.points[s.Key] = append(l.points[s.Key], localmon.Point{At: b.At, Value: s.Value})
	}
	l.alerts = l.alerts[:0]
	for i, a := range b.Alerts {
		l.alerts = append(l.alerts, localmon.Alert{
			ID: uint64(i) + 1, Rule: "array-alert", Target: b.Target, Component: a.Component, Status: localmon.StatusFiring, Severity: 2,
			Why: fmt.Sprintf("code %d, %s", a.Code, a.Severity), Summary: a.Summary, Evidence: []string{a.Issue, a.Description}, Since: a.Created, Seen: b.At,
		})
	}
}

func (l *looks) Series(context.Context, localmon.Selector) ([]localmon.Series, error) {
	var out []localmon.Series
	for _, k := range l.keys {
		p := l.points[k]
		out = append(out, localmon.Series{Key: k, First: p[0].At, Last: p[len(p)-1].At})
	}
	return out, nil
}

func (l *looks) Range(_ context.Context, k localmon.SeriesKey, _ localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(yield func(localmon.Point, error) bool) {
		for _, p := range l.points[k] {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (l *looks) Alerts(context.Context) ([]localmon.Alert, error) { return l.alerts, nil }

func (l *looks) Changes(context.Context) iter.Seq2[localmon.Change, error] {
	return func(func(localmon.Change, error) bool) {}
}

func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		out[rel], err = os.ReadFile(path)
		return err
	}))
	return out
}

// bijection is the map of names that redaction has shown so far.
type bijection struct{ there, back map[string]string }

// redacted sends a tree through a gate of its own, as one bundle of the site, and
// holds it against the original. It returns the leaves of both, under the
// original's file names.
func (m *bijection) redacted(t *testing.T, tree map[string][]byte) (was, is leaves) {
	t.Helper()
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	for name, text := range tree {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(in, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(in, name), text, 0o600))
	}
	gate, err := redact.New(redact.Options{Key: []byte(strings.Repeat("s", 32)), Known: []redact.Known{{Kind: redact.Array, Value: "fa-metz-2"}}})
	require.NoError(t, err)
	res, err := gate.Tree(t.Context(), in, out)
	require.NoError(t, err)
	require.Empty(t, res.Withheld)
	got := map[string][]byte{}
	for _, f := range res.Files {
		got[f.In], err = os.ReadFile(filepath.Join(out, f.Out))
		require.NoError(t, err)
	}
	require.Equal(t, slices.Sorted(maps.Keys(tree)), slices.Sorted(maps.Keys(got)))
	was, is = flatten(t, tree), flatten(t, got)
	require.Equal(t, slices.Sorted(maps.Keys(was)), slices.Sorted(maps.Keys(is)), "the shape of the tree")
	for at, text := range was {
		m.pair(t, at, text, is[at])
	}
	return was, is
}

var (
	// own is what an array names by itself.
	own = regexp.MustCompile(`(?i)^((ct|ch|sh|xfm|fm)\d+)(\.[a-z]+\d+(\.\d+)?)*$|^\d{4}-\d\d-\d\dT[0-9:.]+Z$|^-?\d+(\.\d+)?$`)
	// ownKeys hold words of the array, not of the site.
	ownKeys = regexp.MustCompile(`[/.](code|severity|state|status|component_type|category|model|type|role|version|mode|unit|at|first|last|metric|rule|since|seen)$`)
	// siteKeys hold names of the site in every item.
	siteKeys = regexp.MustCompile(`/(hosts|volumes|pods|host-groups|file-systems|buckets)\.json\.items\.\d+\.(name|serial|iqns\.\d+|wwns\.\d+|nqns\.\d+)$`)
)

// pair holds one text against what it became.
func (m *bijection) pair(t *testing.T, at, was, is string) {
	t.Helper()
	if was == is {
		require.False(t, strings.Contains(at, ".json.items.") && siteKeys.MatchString(at), "%s is left", at)
		return
	}
	a, b := strings.ToLower(was), strings.ToLower(is)
	require.False(t, ownKeys.MatchString(at), "%s: %q became %q", at, was, is)
	if have, ok := m.there[a]; ok {
		require.Equal(t, have, b, "%s: two stand-ins of %q", at, was)
		return
	}
	require.False(t, own.MatchString(was), "%s: %q became %q", at, was, is)
	_, taken := m.back[b]
	require.False(t, taken, "%s: one stand-in of two texts: %q", at, is)
	m.there[a], m.back[b] = b, a
	if words := strings.Fields(a); len(words) > 1 { // a sentence names what is named elsewhere
		for _, w := range words {
			if known, ok := m.there[strings.Trim(w, `.,:;"'()`)]; ok {
				require.Contains(t, b, known, "%s: %q became %q", at, was, is)
			}
		}
	}
}

// differing are the places where two trees differ.
func differing(x, y leaves) []string {
	var out []string
	for at, text := range x {
		if other, ok := y[at]; !ok || other != text {
			out = append(out, at)
		}
	}
	for at := range y {
		if _, ok := x[at]; !ok {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	return out
}

// flatten gives every leaf of the files a place.
func flatten(t *testing.T, tree map[string][]byte) leaves {
	t.Helper()
	out := leaves{}
	for name, text := range tree {
		switch filepath.Ext(name) {
		case ".csv":
			rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			require.NoError(t, err, name)
			for i, row := range rows {
				for j, cell := range row {
					out.cell(fmt.Sprintf("%s.%d/%s", name, i, rows[0][min(j, len(rows[0])-1)]), cell)
				}
			}
		default:
			dec := json.NewDecoder(bytes.NewReader(text))
			dec.UseNumber()
			for i := 0; dec.More(); i++ {
				var v any
				require.NoError(t, dec.Decode(&v), name)
				if i > 0 || filepath.Ext(name) == ".jsonl" {
					out.add(fmt.Sprintf("%s.%d", name, i), v)
					continue
				}
				out.add(name, v)
			}
		}
	}
	return out
}

// cell takes labels apart, whose values are names.
func (l leaves) cell(at, text string) {
	labels, err := localmon.ParseLabels(text)
	if err != nil || !strings.HasSuffix(at, "/labels") {
		l[at] = text
		return
	}
	for _, one := range labels {
		l[at+"/"+one.Name] = one.Value
	}
}

func (l leaves) add(at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, one := range v {
			l.add(at+"."+k, one)
		}
	case []any:
		for i, one := range v {
			l.add(fmt.Sprintf("%s.%d", at, i), one)
		}
	default:
		l[at] = fmt.Sprint(v)
	}
}
