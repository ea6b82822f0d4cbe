package live_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/history"
	"darksite/localmon/live"
	"darksite/localmon/overview"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// fake is a monitor with one alert.
type fake struct{ a localmon.Alert }

func (f *fake) Monitor() overview.Monitor {
	return overview.Monitor{Site: "S042", Started: start, Looks: []overview.Look{{Target: "fa-1", Scrape: 7}}}
}
func (f *fake) Alerts() []localmon.Alert { return []localmon.Alert{f.a} }
func (f *fake) Alert(id uint64) (localmon.Alert, []localmon.Change, error) {
	if id != f.a.ID {
		return localmon.Alert{}, nil, fmt.Errorf("alert %d: %w", id, alert.ErrNoAlert)
	}
	return f.a, []localmon.Change{{Seq: 1, What: "fired", Alert: f.a}}, nil
}

func (f *fake) Ack(id uint64, by, note string) (localmon.Alert, error) {
	if id != f.a.ID {
		return localmon.Alert{}, fmt.Errorf("acknowledge alert %d: %w", id, alert.ErrNoAlert)
	}
	if by == "" {
		return localmon.Alert{}, alert.ErrNoName
	}
	f.a.AckedBy, f.a.AckNote = by, note
	return f.a, nil
}

type world struct {
	history *history.DB
	client  *live.Client
	path    string
	looker  *looker
}

func serve(t *testing.T) world {
	t.Helper()
	h, err := history.Open(filepath.Join(t.TempDir(), "history.db"), history.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.Close() })
	for i := range 50 {
		_, err := h.Append(t.Context(), localmon.Batch{Target: "fa-1", At: start.Add(time.Duration(i) * 30 * time.Second), Samples: []localmon.Sample{
			{Key: localmon.SeriesKey{Target: "fa-1", Metric: "m", Labels: localmon.FormatLabels("name", `a="b",c`)}, Value: float64(i) / 3},
			{Key: localmon.SeriesKey{Target: "fa-1", Metric: "n"}, Value: math.Copysign(0, -1)},
			{Key: localmon.SeriesKey{Target: "fa-1", Metric: "nan"}, Value: math.Float64frombits(0x7ff8000000000000 | uint64(i))},
		}})
		require.NoError(t, err)
	}
	dir, err := os.MkdirTemp("", "live") // t.TempDir may be too long for a socket
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := world{history: h, looker: &looker{}, path: filepath.Join(dir, "run", "monitor.sock")}
	l, err := live.Listen(w.path)
	require.NoError(t, err)
	srv := live.NewServer(live.Options{
		Monitor: &fake{localmon.Alert{ID: 3, Rule: "drive-failed", Target: "fa-1", Status: localmon.StatusFiring, Severity: 2}}, Reader: h,
		Quiets: &quiets{}, Past: &past{}, Looker: w.looker,
		Latest: func(ctx context.Context, sel localmon.Selector) ([]live.Latest, error) {
			all, err := h.Last(ctx, sel)
			var out []live.Latest
			for _, l := range all {
				out = append(out, live.Latest{Key: l.Key, Point: l.Point, Present: l.Present})
			}
			return out, err
		},
		Stats:   func(ctx context.Context) (any, error) { return h.Stats(ctx) },
		History: func(ctx context.Context, w io.Writer) error { _, err := h.Snapshot(ctx, w); return err },
		Site: func(_ context.Context, w io.Writer) error {
			_, _ = w.Write([]byte("half of it"))
			return errors.New("the disk broke")
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, l) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-done) })
	w.client, err = live.Dial(t.Context(), w.path)
	require.NoError(t, err)
	t.Cleanup(w.client.Close)
	return w
}

func points(t *testing.T, seq iter.Seq2[localmon.Point, error]) []localmon.Point {
	t.Helper()
	var out []localmon.Point
	for p, err := range seq {
		require.NoError(t, err)
		out = append(out, localmon.Point{At: p.At.UTC(), Value: p.Value})
	}
	return out
}

func TestTheClientReadsWhatTheHistoryReads(t *testing.T) {
	w := serve(t)
	var direct, through localmon.Reader = w.history, w.client
	for _, sel := range []localmon.Selector{{}, {Target: "fa-1"}, {Metric: "m", Labels: []localmon.Label{{Name: "name", Value: `a="b",c`}}}, {Metric: "none"}} {
		want, err := direct.Series(t.Context(), sel)
		require.NoError(t, err)
		got, err := through.Series(t.Context(), sel)
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i := range want {
			require.Equal(t, want[i].Key, got[i].Key)
			require.Equal(t, want[i].Unit, got[i].Unit)
			require.True(t, want[i].Last.Equal(got[i].Last))
		}
	}
	key := localmon.SeriesKey{Target: "fa-1", Metric: "m", Labels: localmon.FormatLabels("name", `a="b",c`)}
	for _, win := range []localmon.Window{
		{From: start, To: start.Add(time.Hour)},
		{From: start, To: start.Add(time.Hour), Step: 5 * time.Minute, Agg: localmon.AggAvg},
		{From: start.Add(-time.Hour), To: start},
	} {
		require.Equal(t, points(t, direct.Range(t.Context(), key, win)), points(t, through.Range(t.Context(), key, win)))
	}
	many := localmon.Window{From: start, To: start.Add(time.Hour), Step: 5 * time.Minute, Agg: localmon.AggAvg}
	for _, sel := range []localmon.Selector{{}, {Metric: "m"}, {Metric: "absent"}} {
		want := points(t, direct.(localmon.Crosser).Across(t.Context(), sel, many, localmon.AggSum))
		require.Equal(t, want, points(t, through.(localmon.Crosser).Across(t.Context(), sel, many, localmon.AggSum)))
		require.Equal(t, sel.Metric == "absent", len(want) == 0)
	}
	odd := localmon.SeriesKey{Target: "fa-1", Metric: "nan"}
	for i, p := range points(t, through.Range(t.Context(), odd, localmon.Window{From: start, To: start.Add(time.Hour)})) {
		require.EqualValues(t, 0x7ff8000000000000|i, math.Float64bits(p.Value), "the bits of a NaN")
	}
	latest, err := w.client.Latest(t.Context(), localmon.Selector{Metric: "n"})
	require.NoError(t, err)
	require.True(t, math.Signbit(latest[0].Point.Value), "minus zero is a value of its own")
	for p, err := range through.Range(t.Context(), key, localmon.Window{From: start, To: start.Add(time.Hour)}) {
		require.NoError(t, err)
		require.Zero(t, p.Value)
		break // stopping early is allowed
	}
	var failed error
	for _, err := range through.Range(t.Context(), key, localmon.Window{From: start, To: start.Add(time.Hour), Agg: "median"}) {
		failed = err
	}
	require.Error(t, failed)
}

func TestFigures(t *testing.T) {
	w := serve(t)
	want, err := w.history.Stats(t.Context())
	require.NoError(t, err)
	var got history.Stats
	require.NoError(t, w.client.Stats(t.Context(), &got))
	require.Equal(t, want, got)
	require.ErrorContains(t, w.client.Stats(t.Context(), new(int)), "read the monitor's answer")
}

func TestAProbeAndAScraper(t *testing.T) {
	var sick, broken error
	h := live.NewServer(live.Options{
		Health:  func() error { return sick },
		Metrics: func(_ context.Context, w io.Writer) error { _, _ = io.WriteString(w, "half"); return broken },
	}).Handler()
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w.Code, w.Body.String()
	}
	code, body := get("/v1/health")
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"ok":true}`, body)
	code, body = get("/v1/metrics")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "half", body)
	sick, broken = errors.New("standstill of fa-1"), errors.New("figures are gone")
	code, body = get("/v1/health")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, body, "standstill of fa-1")
	code, body = get("/v1/metrics")
	require.Equal(t, http.StatusInternalServerError, code)
	require.NotContains(t, body, "half", "a page is whole or an error")

	h = live.NewServer(live.Options{}).Handler()
	for _, path := range []string{"/v1/health", "/v1/metrics"} {
		code, _ = get(path)
		require.Equal(t, http.StatusNotFound, code)
	}
}

func TestAlertsAndAck(t *testing.T) {
	w := serve(t)
	m, err := w.client.Monitor(t.Context())
	require.NoError(t, err)
	require.Equal(t, "S042", m.Site)
	require.EqualValues(t, 7, m.Looks[0].Scrape)
	all, err := w.client.Alerts(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	a, err := w.client.Ack(t.Context(), 3, "mdurand", "part ordered")
	require.NoError(t, err)
	require.Equal(t, "mdurand", a.AckedBy)
	a, changes, err := w.client.Alert(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, "part ordered", a.AckNote)
	require.Len(t, changes, 1)
	_, _, err = w.client.Alert(t.Context(), 4)
	require.ErrorIs(t, err, alert.ErrNoAlert)
	_, err = w.client.Ack(t.Context(), 3, "", "")
	require.ErrorContains(t, err, "must be named")
	_, err = w.client.Ack(t.Context(), 3, "mdurand", strings.Repeat("x", 3000))
	require.ErrorContains(t, err, "at most")
	_, err = w.client.Ack(t.Context(), 3, "mdurand", strings.Repeat("x", 100_000))
	require.Error(t, err)
}

func TestCopies(t *testing.T) {
	w := serve(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.Create(path)
	require.NoError(t, err)
	n, err := w.client.CopyHistory(t.Context(), f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Positive(t, n)
	h, err := history.OpenReadOnly(path, history.Options{})
	require.NoError(t, err)
	defer h.Close()
	stats, err := h.Stats(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 50, stats.LastSeq)

	var part bytes.Buffer
	_, err = w.client.CopySite(t.Context(), &part)
	require.Error(t, err, "a copy that broke off is not a copy")
}

func TestTheSocketIsPrivateAndTakenOnce(t *testing.T) {
	w := serve(t)
	info, err := os.Stat(w.path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	info, err = os.Stat(filepath.Dir(w.path))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	_, err = live.Listen(w.path)
	require.ErrorIs(t, err, live.ErrInUse)
}

func TestNobodyAtTheSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "live")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "monitor.sock")
	_, err = live.Dial(t.Context(), path)
	require.ErrorIs(t, err, live.ErrNotRunning)

	// A socket that a crash left: nobody listens, and Listen takes it over.
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	_, err = live.Dial(t.Context(), path)
	require.ErrorIs(t, err, live.ErrNotRunning)
	again, err := live.Listen(path)
	require.NoError(t, err)
	require.NoError(t, again.Close())

	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err = live.Listen(path)
	require.ErrorContains(t, err, "in the way")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "mine", string(kept))

	_, err = live.Listen(filepath.Join(dir, strings.Repeat("x", 120)))
	require.ErrorContains(t, err, "shorter")
}

// nothing is a history without samples.
type nothing struct{}

func (nothing) Series(context.Context, localmon.Selector) ([]localmon.Series, error) { return nil, nil }

func (nothing) Range(context.Context, localmon.SeriesKey, localmon.Window) iter.Seq2[localmon.Point, error] {
	return func(func(localmon.Point, error) bool) {}
}

func TestHostileRequests(t *testing.T) {
	h := live.NewServer(live.Options{Monitor: &fake{localmon.Alert{ID: 3}}, Reader: nothing{}}).Handler()
	cases := []struct {
		name, method, path, body string
		status                   int
	}{
		{"unknown path", "GET", "/v1/secrets", "", 404},
		{"climbing path", "GET", "/v1/alerts/../../etc/passwd", "", 307},
		{"wrong method", "DELETE", "/v1/alerts/3", "", 405},
		{"no number", "GET", "/v1/alerts/three", "", 400},
		{"negative", "GET", "/v1/alerts/-1", "", 400},
		{"huge number", "GET", "/v1/alerts/99999999999999999999999", "", 400},
		{"body that is no JSON", "POST", "/v1/alerts/3/ack", "by=me", 400},
		{"unknown field", "POST", "/v1/alerts/3/ack", `{"by":"a","severity":1}`, 400},
		{"endless body", "POST", "/v1/alerts/3/ack", `{"by":"` + strings.Repeat("a", 1<<20), 400},
		{"label without value", "GET", "/v1/series?label=x", "", 400},
		{"not served", "GET", "/v1/latest", "", 404},
		{"no window", "GET", "/v1/range?target=a", "", 400},
		{"no copy", "GET", "/v1/copy/site", "", 404},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
			require.Equal(t, c.status, rec.Code, rec.Body.String())
		})
	}
}

// A server that is not ours may answer at the socket: the client believes
// nothing it cannot check.
func TestHostileAnswers(t *testing.T) {
	cases := []struct{ name, body, want string }{
		{"cut stream", "[1,\"2\"]\n", "cut after 1 points"},
		{"wrong count", "[1,\"2\"]\n{\"end\":5}\n", "says otherwise"},
		{"error in the stream", "[1,\"2\"]\n{\"error\":\"disk\"}\n", "disk"},
		{"not a number", "[1,\"two\"]\n{\"end\":1}\n", "line"},
		{"not a line", "<html>\n", "line"},
		{"endless line", strings.Repeat("[", 1<<20), "cut after 0 points"},
		{"nothing", "", "cut after 0 points"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "live")
			require.NoError(t, err)
			defer os.RemoveAll(dir)
			l, err := net.Listen("unix", filepath.Join(dir, "s"))
			require.NoError(t, err)
			srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/monitor" {
					_, _ = w.Write([]byte("{}"))
					return
				}
				_, _ = io.WriteString(w, c.body)
			})}
			go func() { _ = srv.Serve(l) }()
			defer srv.Close()
			client, err := live.Dial(t.Context(), filepath.Join(dir, "s"))
			require.NoError(t, err)
			defer client.Close()
			var last error
			for _, err := range client.Range(t.Context(), localmon.SeriesKey{}, localmon.Window{From: start, To: start}) {
				last = err
			}
			require.ErrorContains(t, last, c.want)
		})
	}
}
