package remedy

import (
	"context"
	"errors"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

var factsNow = time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)

// looks is a source that says what it is told to.
type looks struct {
	batch localmon.Batch
	err   error
}

func (l *looks) Target() string { return "fa-1" }

func (l *looks) Collect(_ context.Context, now time.Time) (localmon.Batch, error) {
	b := l.batch
	b.Target, b.At = "fa-1", now
	return b, l.err
}

func TestEvidence(t *testing.T) {
	site := func(l *looks) *runSite {
		a := &app{&site.Site{Env: &cli.Env{Now: func() time.Time { return factsNow }}}}
		return &runSite{a: a, facts: a.liveFacts(l, &sight.Sight{Reader: sight.Nothing{}}, "fa-1")}
	}
	l := &looks{batch: localmon.Batch{States: []localmon.ComponentState{{Type: "clock", Component: "kit", Status: "set", Detail: "2 h"}}, Partial: []localmon.EndpointError{{Endpoint: "disk", Err: errors.New("no right")}}}}
	files, err := site(l).Evidence(t.Context(), "kit-state")
	require.NoError(t, err)
	require.Equal(t, "fa-1 at 2026-11-22T14:05:00Z\nclock kit: set, 2 h\nnot read: disk: no right\n", string(files["look.txt"]))
	require.Equal(t, "[]\n", string(files["site-alerts.json"]))

	l.err = errors.New("gone")
	files, err = site(l).Evidence(t.Context(), "kit-state")
	require.NoError(t, err, "why nothing was seen is evidence too")
	require.Contains(t, string(files["look.error.txt"]), "gone")
	files, err = site(l).Evidence(t.Context(), "array-state")
	require.NoError(t, err)
	require.Contains(t, files, "site-alerts.json", "a source that hands over no replies has its alerts")
	_, err = site(l).Evidence(t.Context(), "everything")
	require.ErrorContains(t, err, `profile "everything" is not known`)
}
