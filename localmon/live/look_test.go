package live_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"darksite/localmon/live"

	"github.com/stretchr/testify/require"
)

// looker notes what it was asked for.
type looker struct{ asked []string }

func (l *looker) Look(target string) error {
	if target != "" && target != "fa-1" {
		return errors.New("no such target")
	}
	l.asked = append(l.asked, target)
	return nil
}

func TestALookIsAskedForThroughTheSocket(t *testing.T) {
	w := serve(t)
	require.NoError(t, w.client.Look(t.Context(), "fa-1"))
	require.NoError(t, w.client.Look(t.Context(), ""))
	require.Equal(t, []string{"fa-1", ""}, w.looker.asked)
	require.ErrorContains(t, w.client.Look(t.Context(), "fa-9"), "no such target")
	gone, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, w.client.Look(gone, "fa-1"), context.Canceled)
	require.Len(t, w.looker.asked, 2)
}

func TestAWrongWishForALookIsRefused(t *testing.T) {
	asked := &looker{}
	for name, c := range map[string]struct {
		o    live.Options
		body string
		code int
	}{
		"a monitor that does not serve it": {live.Options{}, `{"target":"fa-1"}`, 404},
		"a field that is not known":        {live.Options{Looker: asked}, `{"target":"fa-1","all":true}`, 400},
		"no JSON":                          {live.Options{Looker: asked}, `fa-1`, 400},
		"a target that is not there":       {live.Options{Looker: asked}, `{"target":"fa-9"}`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			live.NewServer(c.o).Handler().ServeHTTP(rec, httptest.NewRequest("POST", "/v1/look", strings.NewReader(c.body)))
			require.Equal(t, c.code, rec.Code, rec.Body)
			require.Empty(t, asked.asked)
		})
	}
}
