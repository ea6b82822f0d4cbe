package openmetrics

import (
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

// FuzzOpenMetrics reads any page as a look would: what comes out keeps the rules
// of a batch, whatever went in.
func FuzzOpenMetrics(f *testing.F) {
	f.Add("# TYPE a gauge\na{b=\"c\"} 1 5\n# EOF\n", true)
	f.Add("purefa_info{array_name=\"fa1\",os=\"x\"} 1\npurefa_hw_component_status{component_name=\"CT0\",component_type=\"controller\",component_status=\"ok\"} 1\n"+
		"purefa_hw_controller_info{name=\"CT1\",mode=\"offline\",status=\"ready\"} 1\npurefa_drive_capacity_bytes{component_name=\"B\",component_status=\"failed\"} 1\n", false)
	f.Add("purefb_hardware_health{name=\"CH1\",type=\"ch\"} 0\npurefb_alerts_open{code=\"9\",component_name=\"a\",created=\"1\"} 1\n"+
		"purefa_alerts_open{code=\"60\",component_type=\"drive\",issue=\"i\",summary=\"(drive:b): i\"} 1\n", false)
	now := time.Unix(1_700_000_000, 0).UTC()
	f.Fuzz(func(t *testing.T, text string, open bool) {
		dialect := exposition.Text004
		if open {
			dialect = exposition.OpenMetrics10
		}
		s := &Source{target: "t", maxSeries: 100, read: map[string]time.Time{}}
		r := newReading(s, "/metrics")
		r.err = r.take(reply{body: strings.NewReader(text), dialect: dialect}, now)
		b := localmon.Batch{Target: "t", At: now}
		if err := s.lost([]*reading{r}); err != nil {
			require.ErrorIs(t, err, ErrNoData)
			return
		}
		s.assemble(&b, []*reading{r})
		require.NoError(t, sourcetest.Check(b, "t", now))
		for _, state := range b.States {
			require.False(t, state.Status == "" && state.Health == localmon.HealthOK)
		}
	})
}
