package flashblade_test

import (
	"net/http"
	"testing"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flashblade"
	"darksite/localmon/source/sourcetest"
)

// TestConformance runs what every source must pass.
func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		Target: "fb1", Now: at,
		New: func(t *testing.T) localmon.Source { return newSmall(t).source() },
		Partial: func(t *testing.T) localmon.Source {
			a := newSmall(t)
			a.Breaks("blades", http.StatusInternalServerError)
			return a.source()
		},
		Gone: func(t *testing.T) localmon.Source {
			a := newSmall(t)
			src := a.source()
			a.Close()
			return src
		},
	})
}

// TestArray runs what every source on top of package arrayrest must pass.
func TestArray(t *testing.T) {
	resttest.Run(t, resttest.Subject{
		Dialect: dialect,
		New: func(o resttest.Options) (resttest.Source, error) {
			return flashblade.New(flashblade.Options{
				Target: o.Target, URL: o.URL, Token: o.Token, Pin: o.Pin, Timeout: o.Timeout, RequestTimeout: o.RequestTimeout,
			})
		},
		Small: func(t testing.TB) *resttest.Array { return newSmall(t).Array },
		Parts: "blades", PartType: "blade", Part: blade,
		HardwareType: "fb", HardwareMetric: "purefb_hardware_health",
		List:  "file-systems",
		Alert: alert, OpenAlerts: "purefb_alerts_open",
		TooOld: []string{"1.0", "1.8.1", "1.12", "3.0", "2.x", "99.999999"}, Speaks: "this kit speaks 2.0 to 2.28",
		NewestOf: []string{"2.29", "2.17", "2.0", "2.9", "1.12"}, Newest: "2.17", // not in order
		Prefix: "purefb_",
		Paths:  flashblade.Paths(), Spec: "FB2.28.spec.yaml", SpecVersion: "2.28",
	})
}
