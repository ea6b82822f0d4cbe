package flasharray_test

import (
	"fmt"
	"net/http"
	"testing"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

// TestConformance runs what every source must pass.
func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		Target: "fa1", Now: at,
		New: func(t *testing.T) localmon.Source { return newSmall(t).source() },
		Partial: func(t *testing.T) localmon.Source {
			a := newSmall(t)
			a.Breaks("drives", http.StatusInternalServerError)
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
			return flasharray.New(flasharray.Options{
				Target: o.Target, URL: o.URL, Token: o.Token, Pin: o.Pin, Timeout: o.Timeout, RequestTimeout: o.RequestTimeout,
			})
		},
		Small: func(t testing.TB) *resttest.Array { return newSmall(t).Array },
		Parts: "drives", PartType: "drive",
		Part: func(name, status string) item {
			return item{"name": name, "type": "SSD", "status": status, "capacity": 100}
		},
		HardwareType: "drive_bay", HardwareMetric: "purefa_hw_component_status",
		List:  "hosts",
		Alert: alert, OpenAlerts: "purefa_alerts_open",
		TooOld: []string{"1.0", "1.19", "2.0", "2.3", "3.0", "2.x", "99.999999"}, Speaks: "this kit speaks 2.4 to 2.56; REST 2.4 came with Purity 6.1.0",
		NewestOf: []string{"2.57", "2.25", "2.4", "2.9", "1.19"}, Newest: "2.25", // not in order
		Prefix: "purefa_",
		Paths:  flasharray.Paths(), Spec: "FA2.56.spec.yaml", SpecVersion: "2.56",
	})
}

func TestSubscriptionIsReadWhereTheArrayHasIt(t *testing.T) {
	a := newSmall(t)
	a.Versions = []string{"2.57", "2.26", "2.4", "2.9", "1.19"} // not in order
	a.Items["subscriptions"] = []item{{"service": "Evergreen//One"}}
	b := resttest.Collect(t, a.source(), at)
	require.Equal(t, 1.0, resttest.Value(t, b, "purefa_info", "array_name", "fa1", "os", "Purity//FA", "system_id", "1234", "version", "6.5.1", "subscription_type", "Evergreen//One"))
}

func TestPagingAtSevenLosesAndRepeatsNothing(t *testing.T) {
	a := newSmall(t)
	a.PageSize = 7
	for i := range 1000 {
		name := fmt.Sprintf("vol%04d", i)
		a.Items["volumes"] = append(a.Items["volumes"], item{"name": name, "id": name, "serial": fmt.Sprintf("SERIAL%04d", i), "space": item{"unique": i, "snapshots": 1}})
		a.Items["volumes/performance"] = append(a.Items["volumes/performance"], item{"name": name, "id": name, "reads_per_sec": i})
	}
	b := resttest.Collect(t, a.source(), at)
	require.Empty(t, b.Partial)
	require.Equal(t, 1000, resttest.Count(b, "purefa_volume_performance_throughput_iops"))
	require.Equal(t, 2000, resttest.Count(b, "purefa_volume_space_bytes"))
	for i := range 1000 {
		require.Equal(t, float64(i), resttest.Value(t, b, "purefa_volume_performance_throughput_iops", "dimension", "reads_per_sec",
			"name", fmt.Sprintf("vol%04d", i), "naa_id", fmt.Sprintf("naa.624a9370SERIAL%04d", i)))
	}
	require.Len(t, a.Queries("volumes"), 143)
}

func TestDuplicateItemsAreOne(t *testing.T) {
	a := newSmall(t)
	a.Items["drives"] = append(a.Items["drives"], item{"name": "ch0.bay1", "type": "SSD", "status": "failed", "capacity": 100})
	a.Items["hosts/performance"] = []item{{"name": "h1", "reads_per_sec": 5}, {"name": "h1", "reads_per_sec": 6}}
	a.Items["alerts"] = []item{alert(1, "open", 1000), alert(1, "open", 1000)}
	b := resttest.Collect(t, a.source(), at)
	require.Empty(t, b.Partial)
	require.Equal(t, 5.0, resttest.Value(t, b, "purefa_host_performance_throughput_iops", "dimension", "reads_per_sec", "host", "h1"))
	require.Len(t, b.Alerts, 1)
	require.Equal(t, localmon.HealthCritical, resttest.StateOf(t, b, "drive", "ch0.bay1").Health, "of two rows for one part the worse is believed")
}
