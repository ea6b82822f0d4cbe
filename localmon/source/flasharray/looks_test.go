package flasharray_test

import (
	"fmt"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flasharray"

	"github.com/stretchr/testify/require"
)

// alert is one row of /alerts; updated is in milliseconds.
func alert(n int, state string, updated int64) item {
	a := item{
		"id": fmt.Sprintf("id%d", n), "name": fmt.Sprint(n), "code": 60, "severity": "critical", "state": state, "category": "array",
		"component_type": "drive", "component_name": fmt.Sprintf("ch0.bay%d", n), "issue": "failure", "summary": fmt.Sprintf("(drive:ch0.bay%d): failure", n),
		"created": 1_700_000_000_000, "updated": updated, "closed": nil,
	}
	if state == "closed" {
		a["closed"] = updated
	}
	return a
}

func TestWorseOfDrivesAndHardwareIsBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		drive, bay string
		status     string
		health     localmon.Health
		detail     string
	}{
		"both well":                         {"healthy", "ok", "healthy", localmon.HealthOK, "SSD, NVMe"},
		"drive failed, bay still ok":        {"failed", "ok", "failed", localmon.HealthCritical, "SSD, NVMe"},
		"bay critical, drive still healthy": {"healthy", "critical", "critical", localmon.HealthCritical, "SSD, NVMe, the word is of its drive_bay, its own list says healthy"},
		"bay has a new word":                {"healthy", "sparkling", "sparkling", localmon.HealthWarning, "SSD, NVMe, the word is of its drive_bay, its own list says healthy"},
		"only the lamp of the bay is lit":   {"healthy", "identifying", "healthy", localmon.HealthOK, "SSD, NVMe"},
		"bay says nothing":                  {"healthy", "", "healthy", localmon.HealthOK, "SSD, NVMe"},
		"drive says nothing":                {"", "ok", "", localmon.HealthUnknown, "SSD, NVMe"},
		"drive unknown to us":               {"meditating", "ok", "meditating", localmon.HealthWarning, "SSD, NVMe"},
		"both bad, the drive worse":         {"failed", "unknown", "failed", localmon.HealthCritical, "SSD, NVMe"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newSmall(t)
			// The lists spell the name differently.
			a.Items["drives"] = []item{{"name": "CH0.BAY7", "type": "SSD", "protocol": "NVMe", "status": c.drive}}
			a.Items["hardware"] = []item{{"name": "ch0.bay7", "type": "drive_bay", "status": c.bay}}
			b := resttest.Collect(t, a.source(), at)
			s := resttest.StateOf(t, b, "drive", "CH0.BAY7")
			require.Equal(t, c.health, s.Health)
			require.Equal(t, c.status, s.Status, "the word that goes with it")
			require.Equal(t, c.detail, s.Detail)
			require.Equal(t, c.bay, resttest.StateOf(t, b, "drive_bay", "ch0.bay7").Status, "the bay keeps its own")
		})
	}
}

func TestControllers(t *testing.T) {
	for name, c := range map[string]struct {
		controller item
		hardware   string
		status     string
		health     localmon.Health
	}{
		"ready":                {item{"name": "CT1", "status": "ready", "mode": "secondary"}, "ok", "ready", localmon.HealthOK},
		"not ready":            {item{"name": "CT1", "status": "not ready", "mode": "offline", "mode_since": nil}, "ok", "not ready", localmon.HealthCritical},
		"ready but absent":     {item{"name": "CT1", "status": "ready", "mode": "not present"}, "ok", "not present", localmon.HealthCritical},
		"updating":             {item{"name": "CT1", "status": "updating", "mode": "secondary"}, "ok", "updating", localmon.HealthWarning},
		"hardware knows worse": {item{"name": "CT1", "status": "ready", "mode": "secondary"}, "critical", "critical", localmon.HealthCritical},
		"gone from the list":   {nil, "ok", "not listed", localmon.HealthCritical},
	} {
		t.Run(name, func(t *testing.T) {
			a := newSmall(t)
			a.Items["hardware"] = []item{{"name": "CT0", "type": "controller", "status": "ok"}, {"name": "CT1", "type": "controller", "status": c.hardware}}
			a.Items["controllers"] = []item{{"name": "CT0", "status": "ready", "mode": "primary"}}
			if c.controller != nil {
				a.Items["controllers"] = append(a.Items["controllers"], c.controller)
			}
			b := resttest.Collect(t, a.source(), at)
			require.Equal(t, c.health, resttest.StateOf(t, b, "controller", "CT1").Health)
			require.Equal(t, c.status, resttest.StateOf(t, b, "controller", "CT1").Status)
			require.Equal(t, localmon.HealthOK, resttest.StateOf(t, b, "controller", "CT0").Health)
		})
	}
}

func TestStatusWords(t *testing.T) {
	for word, want := range map[string]localmon.Health{
		"ok": localmon.HealthOK, "OK": localmon.HealthOK, "healthy": localmon.HealthOK, "unused": localmon.HealthOK, "not_installed": localmon.HealthOK,
		"identifying": localmon.HealthWarning, "unknown": localmon.HealthWarning, "degraded": localmon.HealthWarning, "healty": localmon.HealthWarning,
		"critical": localmon.HealthCritical, "unhealthy": localmon.HealthCritical, "device_off": localmon.HealthCritical, "": localmon.HealthUnknown,
	} {
		t.Run(word, func(t *testing.T) {
			a := newSmall(t)
			a.Items["hardware"] = []item{{"name": "CH0.PWR0", "type": "power_supply", "status": word}}
			require.Equal(t, want, resttest.StateOf(t, resttest.Collect(t, a.source(), at), "power_supply", "CH0.PWR0").Health)
		})
	}
}

func TestNewVolumeWaitsForItsSerial(t *testing.T) {
	a := newSmall(t)
	volume := func(name string) {
		a.Items["volumes"] = append(a.Items["volumes"], item{"name": name, "serial": "S" + name, "space": item{}})
		a.Items["volumes/performance"] = append(a.Items["volumes/performance"], item{"name": name, "reads_per_sec": 1})
	}
	volume("v1")
	src := a.source()
	require.Equal(t, 1, resttest.Count(resttest.Collect(t, src, at), "purefa_volume_performance_throughput_iops"))
	a.Set(func() { volume("v2") })
	require.Equal(t, 1, resttest.Count(resttest.Collect(t, src, at.Add(30*time.Second)), "purefa_volume_performance_throughput_iops"))
	b := resttest.Collect(t, src, at.Add(time.Minute))
	require.Equal(t, 1.0, resttest.Value(t, b, "purefa_volume_performance_throughput_iops", "dimension", "reads_per_sec", "name", "v2", "naa_id", "naa.624a9370Sv2"))
}

func TestVolumesBeyondTheCapAreLeftOutVisibly(t *testing.T) {
	a := newSmall(t)
	for i := range 10 {
		name := fmt.Sprint("v", i)
		a.Items["volumes"] = append(a.Items["volumes"], item{"name": name, "serial": name, "space": item{"unique": 1}})
		a.Items["volumes/performance"] = append(a.Items["volumes/performance"], item{"name": name, "read_bytes_per_sec": i * 100})
	}
	b := resttest.Collect(t, a.source(func(o *flasharray.Options) { o.MaxVolumes = 3 }), at)
	require.Equal(t, 3, resttest.Count(b, "purefa_volume_performance_bandwidth_bytes"))
	require.Equal(t, 7.0, resttest.Value(t, b, "localmon_endpoint_items_left_out", "endpoint", "volumes/performance"))
	resttest.Value(t, b, "purefa_volume_performance_bandwidth_bytes", "dimension", "read_bytes_per_sec", "name", "v9", "naa_id", "naa.624a9370v9")
}

func TestSpaceWithoutUniqueIsTotalUsed(t *testing.T) {
	a := newSmall(t)
	a.Items["arrays"] = []item{{"name": "fa1", "capacity": 1000, "space": item{"unique": nil, "total_used": 250}}}
	b := resttest.Collect(t, a.source(), at)
	require.Equal(t, 25.0, resttest.Value(t, b, "purefa_array_space_utilization"))
}

// BenchmarkCollectLargeArray is one look at 1,000 volumes over TLS on loopback.
func BenchmarkCollectLargeArray(b *testing.B) {
	a := newArray(b)
	for i := range 1000 {
		name := fmt.Sprintf("volume-%04d", i)
		a.Items["volumes"] = append(a.Items["volumes"], item{"name": name, "serial": fmt.Sprintf("%024d", i), "space": item{"unique": i, "snapshots": i}})
		perf := item{"name": name, "id": name, "time": 1}
		for _, f := range []string{
			"reads_per_sec", "writes_per_sec", "read_bytes_per_sec", "write_bytes_per_sec", "usec_per_read_op", "usec_per_write_op",
			"queue_usec_per_read_op", "queue_usec_per_write_op", "san_usec_per_read_op", "san_usec_per_write_op", "service_usec_per_read_op",
			"service_usec_per_write_op", "bytes_per_read", "bytes_per_write", "bytes_per_op", "mirrored_writes_per_sec",
		} {
			perf[f] = i
		}
		a.Items["volumes/performance"] = append(a.Items["volumes/performance"], perf)
	}
	src := a.source()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		batch, err := src.Collect(b.Context(), at.Add(time.Duration(i)*30*time.Second))
		require.NoError(b, err)
		require.NotEmpty(b, batch.Samples)
		i++
	}
}

func TestHurryReadsWhatTellsOfFaultsBeforeItsTurn(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	resttest.Collect(t, src, at)
	for _, path := range []string{"alerts", "drives", "controllers", "hardware", "arrays/performance", "volumes"} {
		a.Queries(path)
	}
	src.Hurry()
	resttest.Collect(t, src, at.Add(5*time.Second))
	for _, path := range []string{"alerts", "drives", "controllers", "hardware"} {
		require.NotEmpty(t, a.Queries(path), path)
	}
	for _, path := range []string{"arrays/performance", "volumes"} {
		require.Empty(t, a.Queries(path), path)
	}
}
