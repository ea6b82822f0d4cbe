package arrayact_test

import (
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayact"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// What the client does is taken by an array of each kind, and is seen there.
func TestASimulatedArrayTakesWhatTheClientDoes(t *testing.T) {
	for family, c := range map[sim.Family]struct {
		kind  localmon.Kind
		part  string
		tests []string
	}{
		sim.FlashArray: {localmon.KindFlashArray, "CH0.BAY3", []string{"ntp", "syslog", "snmp", "mail", "directory", "kmip"}},
		sim.FlashBlade: {localmon.KindFlashBlade, "CH1.FB3", nil},
	} {
		t.Run(string(family), func(t *testing.T) {
			array, err := sim.New(sim.Options{Family: family})
			require.NoError(t, err)
			handler := arrayapi.New(array)
			server, err := arrayapi.Listen("127.0.0.1:0", handler)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, server.Close()) })
			client, err := arrayact.New(arrayact.Options{Target: "a-1", Kind: c.kind, URL: server.URL(), Token: server.Token(), Pin: server.Pin(), Timeout: time.Minute})
			require.NoError(t, err)

			require.NoError(t, client.Locate(t.Context(), c.part, true))
			require.Equal(t, []string{c.part}, handler.Lit())
			require.NoError(t, client.Locate(t.Context(), c.part, false))
			require.Empty(t, handler.Lit())
			require.ErrorContains(t, client.Locate(t.Context(), "CH9.BAY9", true), "Object does not exist")
			require.NoError(t, client.Mute(t.Context(), time.Hour))
			require.NoError(t, client.Unmute(t.Context()))
			require.ErrorContains(t, client.Flag(t.Context(), "999999999"), "Object does not exist")
			for _, what := range c.tests {
				require.NoError(t, client.Test(t.Context(), what), what)
			}
			require.Zero(t, handler.Sessions(), "each act ends its session")
		})
	}
}
