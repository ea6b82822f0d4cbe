package live_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"
	"darksite/localmon/live"

	"github.com/stretchr/testify/require"
)

// quiets keeps one of them in memory.
type quiets struct{ set []localmon.Quiet }

func (q *quiets) Quiets() []localmon.Quiet { return q.set }
func (q *quiets) SetQuiet(one localmon.Quiet) (localmon.Quiet, error) {
	if one.By == "" {
		return localmon.Quiet{}, alert.ErrNoName
	}
	if one.Why == "" {
		return localmon.Quiet{}, alert.ErrQuiet
	}
	one.ID = 1
	q.set = append(q.set, one)
	return one, nil
}

func (q *quiets) EndQuiet(id uint64, by string) (localmon.Quiet, error) {
	if id != 1 || len(q.set) == 0 {
		return localmon.Quiet{}, alert.ErrNoQuiet
	}
	one := q.set[0]
	one.EndedBy, q.set = by, nil
	return one, nil
}

// past answers with what it was asked.
type past struct{ asked alertstore.Query }

func (p *past) Past(q alertstore.Query) (alertstore.Past, error) {
	p.asked = q
	return alertstore.Past{Changes: []localmon.Change{{Seq: 7, At: q.From, What: q.Rule, Alert: localmon.Alert{ID: uint64(q.Limit), Target: q.Target, Component: q.Component}}}, More: q.To.IsZero()}, nil
}

func (p *past) Quiets(limit int) ([]localmon.Quiet, error) {
	return []localmon.Quiet{{ID: uint64(limit)}}, nil
}

func TestSilencesThroughTheSocket(t *testing.T) {
	w := serve(t)
	list, err := w.client.Quiets(t.Context())
	require.NoError(t, err)
	require.Empty(t, list)
	want := localmon.Quiet{Kind: localmon.QuietMaintenance, Target: "fa-1", From: start, Until: start.Add(time.Hour), By: "mdurand", Why: "upgrade"}
	got, err := w.client.SetQuiet(t.Context(), want)
	require.NoError(t, err)
	want.ID = 1
	require.Equal(t, want, got)
	list, err = w.client.Quiets(t.Context())
	require.NoError(t, err)
	require.Equal(t, []localmon.Quiet{want}, list)
	_, err = w.client.SetQuiet(t.Context(), localmon.Quiet{})
	require.ErrorContains(t, err, "must be named")
	_, err = w.client.SetQuiet(t.Context(), localmon.Quiet{By: "mdurand"})
	require.ErrorContains(t, err, "cannot be set")
	_, err = w.client.SetQuiet(t.Context(), localmon.Quiet{By: "mdurand", Why: strings.Repeat("x", 100_000)})
	require.Error(t, err, "a body is bounded")
	ended, err := w.client.EndQuiet(t.Context(), 1, "amartin")
	require.NoError(t, err)
	require.Equal(t, "amartin", ended.EndedBy)
	_, err = w.client.EndQuiet(t.Context(), 1, "amartin")
	require.ErrorContains(t, err, "no such silence")
	ever, err := w.client.QuietsEver(t.Context())
	require.NoError(t, err)
	require.Len(t, ever, 1)
}

func TestThePastThroughTheSocket(t *testing.T) {
	w := serve(t)
	q := alertstore.Query{From: start, To: start.Add(time.Hour), Target: "fa-1", Rule: "port-*", Component: "CT0*", Limit: 50}
	got, err := w.client.Past(t.Context(), q)
	require.NoError(t, err)
	require.False(t, got.More)
	require.Equal(t, localmon.Alert{ID: 50, Target: "fa-1", Component: "CT0*"}, got.Changes[0].Alert)
	require.Equal(t, "port-*", got.Changes[0].What)
	require.True(t, start.Equal(got.Changes[0].At))
	got, err = w.client.Past(t.Context(), alertstore.Query{Limit: 1 << 30})
	require.NoError(t, err)
	require.True(t, got.More)
	require.EqualValues(t, 20_000, got.Changes[0].Alert.ID, "an answer is bounded")
}

func TestWhatAMonitorDoesNotServeIsSaid(t *testing.T) {
	h := live.NewServer(live.Options{}).Handler()
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodGet, "/v1/quiets", nil),
		httptest.NewRequest(http.MethodGet, "/v1/quiets/ever", nil),
		httptest.NewRequest(http.MethodPost, "/v1/quiets", strings.NewReader("{}")),
		httptest.NewRequest(http.MethodPost, "/v1/quiets/1/end", strings.NewReader("{}")),
		httptest.NewRequest(http.MethodGet, "/v1/past", nil),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusNotFound, w.Code, r.URL.Path)
	}
	h = live.NewServer(live.Options{Quiets: &quiets{}, Past: &past{}}).Handler()
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/v1/quiets", strings.NewReader(`{"for_ever": true}`)),
		httptest.NewRequest(http.MethodPost, "/v1/quiets/x/end", strings.NewReader(`{"by": "m"}`)),
		httptest.NewRequest(http.MethodPost, "/v1/quiets/1/end", strings.NewReader(`nothing`)),
		httptest.NewRequest(http.MethodGet, "/v1/past?from=yesterday", nil),
		httptest.NewRequest(http.MethodGet, "/v1/past?limit=-1", nil),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusBadRequest, w.Code, r.URL.String())
	}
}
