package arrayapi_test

import (
	"net/http"
	"testing"

	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

func TestCallsThatActAreCounted(t *testing.T) {
	r := newRig(t, sim.Options{})
	for _, path := range arrayapi.Endpoints(sim.FlashArray) {
		r.raw(r.question(path))
	}
	r.login()
	require.Empty(t, r.handler.Acted(), "reading acts on nothing")

	for _, path := range arrayapi.ActingEndpoints() {
		p := r.get(path)
		require.Len(t, p.Items, 2, path)
		require.Equal(t, true, p.Items[0]["success"])
		require.Equal(t, 1, r.handler.Acted()["GET "+path])
	}
	r.raw("support/test")
	require.Equal(t, 404, r.raw("smtp-servers/test").Code, "not in the description, and counted all the same")
	require.Equal(t, 405, r.do("PATCH", base+"volumes", nil).Code)
	require.Equal(t, 401, r.do("GET", base+"kmip/test", http.Header{}).Code)
	acted := r.handler.Acted()
	require.Equal(t, 2, acted["GET support/test"])
	require.Equal(t, 2, acted["GET kmip/test"], "without a session as well")
	require.Equal(t, 1, acted["GET smtp-servers/test"])
	require.Equal(t, 1, acted["PATCH volumes"])
}

func TestTheCountOfActsIsBounded(t *testing.T) {
	r := newRig(t, sim.Options{})
	for i := range 1200 {
		r.do("DELETE", base+"x"+string(rune('a'+i%26))+http.StatusText(200)+string(rune('0'+i/26)), nil)
	}
	require.LessOrEqual(t, len(r.handler.Acted()), 1001)
	require.Positive(t, r.handler.Acted()["others"])
}
