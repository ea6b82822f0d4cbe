package simhost_test

import (
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/openmetrics"
	"darksite/training/sim"
	"darksite/training/simhost"

	"github.com/stretchr/testify/require"
)

// scrape opens the kit's own source of metrics on a served array.
func scrape(t *testing.T, a simhost.Served) *openmetrics.Source {
	t.Helper()
	s, err := openmetrics.New(openmetrics.Options{
		Target: a.Name, URL: a.URL, Token: a.Token, Pin: a.Pin, Paths: openmetrics.FlashArrayPaths(), Keep: openmetrics.Curated,
		Timeout: time.Minute, RequestTimeout: time.Minute, // a busy machine is not a fault
	})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestMetricsAreServedBesideREST(t *testing.T) {
	h := start(t, "demo", simhost.Options{})
	for i, served := range h.Served() {
		h.Advance(5 * time.Minute)
		b, err := scrape(t, served).Collect(t.Context(), h.Now())
		require.NoError(t, err)
		require.Empty(t, b.Partial)
		require.Equal(t, served.Name, b.Info.Name)
		require.Equal(t, h.Now(), b.TargetAt)
		view, pods := h.Arrays()[i].View(), 0
		for _, s := range b.Samples {
			if s.Key.Metric == "purefa_pod_mediator_status" {
				pods++
			}
		}
		require.GreaterOrEqual(t, pods, len(view.Pods()))
		require.NotEmpty(t, b.States)

		rest, err := watch(t, served).Collect(t.Context(), h.Now())
		require.NoError(t, err)
		require.Equal(t, rest.Info, b.Info)
		parts := 0
		for _, s := range rest.States {
			if s.Type != "transceiver" && s.Type != "replica-link" { // of these the page does not tell
				parts++
			}
		}
		require.Less(t, parts, len(rest.States))
		require.Len(t, b.States, parts)
	}
}

func TestMetricsShareTheFaultsOfTheArray(t *testing.T) {
	h := start(t, "quiet", simhost.Options{})
	a, source := h.Arrays()[0], scrape(t, h.Served()[0])
	look := func() error {
		_, err := source.Collect(t.Context(), h.Now())
		return err
	}
	require.NoError(t, look())
	for _, c := range []struct {
		kind sim.Kind
		want error
	}{
		{sim.TokenRefused, localmon.ErrTokenRefused},
		{sim.CertChange, localmon.ErrCertificateChanged},
		{sim.Redirect, openmetrics.ErrNoData},
	} {
		id, err := a.Inject(sim.Fault{Kind: c.kind})
		require.NoError(t, err)
		require.ErrorIs(t, look(), c.want, c.kind)
		require.NoError(t, a.Clear(id))
		require.NoError(t, look(), "after %s", c.kind)
	}
	_, err := a.Inject(sim.Fault{Kind: sim.ArrayRestart})
	require.NoError(t, err)
	require.ErrorIs(t, look(), localmon.ErrUnreachable)
	h.Advance(4 * time.Minute)
	require.NoError(t, look(), "the token is good without a session")
}

func TestABladeServesNoMetrics(t *testing.T) {
	h := start(t, "blade-unhealthy", simhost.Options{Size: sim.Small})
	_, err := scrape(t, h.Served()[0]).Collect(t.Context(), h.Now())
	require.ErrorContains(t, err, "404")
}
