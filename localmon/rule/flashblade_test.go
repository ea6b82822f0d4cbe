package rule_test

import (
	"os"
	"path/filepath"
	"testing"

	"darksite/localmon"
	"darksite/localmon/rule"
	"darksite/localmon/source/flashblade"

	"github.com/stretchr/testify/require"
)

// TestRecordedBladesAreTold looks at the parts and the space of a recorded
// array with three of sixty parts in trouble and sixteen unused.
func TestRecordedBladesAreTold(t *testing.T) {
	b := localmon.Batch{Target: "array"}
	for _, name := range []string{"hardware.json", "blades.json", "arrays_space_array.json"} {
		data, err := os.ReadFile(filepath.Join("../../../shared/data/recorded/flashblade", name))
		if err != nil {
			t.Skip("the recordings are not here: ", err)
		}
		one, err := flashblade.Decode(name, data, start)
		require.NoError(t, err)
		b.States = append(b.States, one.States...)
		for _, s := range one.Samples {
			s.Key.Target = "array"
			b.Samples = append(b.Samples, s)
		}
	}
	got := map[string]localmon.Ref{}
	for _, x := range rule.NewEvaluator(shipped(t), "array", localmon.KindFlashBlade).Evaluate(start, b) {
		require.Equal(t, localmon.Yes, x.State)
		got[localmon.Ref{Rule: x.Rule, Component: x.Component}.String()] = x.Cause
	}
	require.Equal(t, map[string]localmon.Ref{
		"psu-failed/CH1.PWR2":    {},
		"port-down/CH1.FM1.ETH3": {},
		"fb-chassis/CH1":         {Rule: "psu-failed", Component: "CH1.PWR2"},
	}, got, "the chassis is critical because of its supply")
}
