package flasharray_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/flasharray"

	"github.com/stretchr/testify/require"
)

// alert is one row of /alerts; times are seconds after the array's zero.
func alert(n int, state string, updated int64) item {
	a := item{
		"id": fmt.Sprintf("id%d", n), "name": fmt.Sprint(n), "code": 60, "severity": "critical", "state": state, "category": "array",
		"component_type": "drive", "component_name": fmt.Sprintf("ch0.bay%d", n), "issue": "failure", "summary": fmt.Sprintf("(drive:ch0.bay%d): failure", n),
		"created": 1_700_000_000_000, "updated": 1_700_000_000_000 + updated*1000, "closed": nil,
	}
	if state == "closed" {
		a["closed"] = a["updated"]
	}
	return a
}

// states spells the alerts of a batch as number and state.
func alertStates(b localmon.Batch) string {
	var all []string
	for _, a := range b.Alerts {
		all = append(all, a.Name+" "+a.State)
	}
	return strings.Join(all, ", ")
}

func TestEndpointsHaveTheirOwnInterval(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	asked := func() (drives, arrays int) { return len(a.queries("drives")), len(a.queries("arrays")) }
	for _, step := range []struct {
		after          time.Duration
		drives, arrays int
	}{
		{0, 1, 1},
		{10 * time.Second, 0, 0},
		{29 * time.Second, 1, 0}, // a tenth early is not late
		{59 * time.Second, 1, 0},
		{5 * time.Minute, 1, 1},
		{2 * time.Minute, 1, 1}, // the clock was set back
		{2*time.Minute + 30*time.Second, 1, 0},
	} {
		b := collect(t, src, at.Add(step.after))
		drives, arrays := asked()
		require.Equal(t, step.drives, drives, "drives at %s", step.after)
		require.Equal(t, step.arrays, arrays, "arrays at %s", step.after)
		require.Equal(t, step.arrays == 1, b.Info != nil)
	}
}

func TestFailedEndpointStaysDue(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	a.breaks("arrays", http.StatusInternalServerError)
	require.Nil(t, collect(t, src, at).Info)
	a.heals()
	require.NotNil(t, collect(t, src, at.Add(30*time.Second)).Info)
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
			a.items["drives"] = []item{{"name": "CH0.BAY7", "type": "SSD", "protocol": "NVMe", "status": c.drive}}
			a.items["hardware"] = []item{{"name": "ch0.bay7", "type": "drive_bay", "status": c.bay}}
			b := collect(t, a.source(), at)
			s := stateOf(t, b, "drive", "CH0.BAY7")
			require.Equal(t, c.health, s.Health)
			require.Equal(t, c.status, s.Status, "the word that goes with it")
			require.Equal(t, c.detail, s.Detail)
			require.Equal(t, c.bay, stateOf(t, b, "drive_bay", "ch0.bay7").Status, "the bay keeps its own")
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
			a.items["hardware"] = []item{{"name": "CT0", "type": "controller", "status": "ok"}, {"name": "CT1", "type": "controller", "status": c.hardware}}
			a.items["controllers"] = []item{{"name": "CT0", "status": "ready", "mode": "primary"}}
			if c.controller != nil {
				a.items["controllers"] = append(a.items["controllers"], c.controller)
			}
			b := collect(t, a.source(), at)
			require.Equal(t, c.health, stateOf(t, b, "controller", "CT1").Health)
			require.Equal(t, c.status, stateOf(t, b, "controller", "CT1").Status)
			require.Equal(t, localmon.HealthOK, stateOf(t, b, "controller", "CT0").Health)
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
			a.items["hardware"] = []item{{"name": "CH0.PWR0", "type": "power_supply", "status": word}}
			require.Equal(t, want, stateOf(t, collect(t, a.source(), at), "power_supply", "CH0.PWR0").Health)
		})
	}
}

func TestAlertsByWatermark(t *testing.T) {
	a := newSmall(t)
	a.items["alerts"] = []item{alert(1, "open", 0), alert(2, "closing", 100), alert(3, "closed", 200), alert(4, "closed", -90_000)}
	src := a.source()
	b := collect(t, src, at)
	require.True(t, b.AlertsRead)
	require.Equal(t, "1 open, 2 closing, 3 closed", alertStates(b), "closed ones of the last day are told, older ones are not")
	require.Equal(t, 2, count(b, "purefa_alerts_open"), "closing is still open")
	a.queries("alerts")

	now := at.Add(30 * time.Second)
	require.Equal(t, "1 open, 2 closing", alertStates(collect(t, src, now)), "a closed one is told once")
	require.Equal(t, []string{"filter=updated%3E%3D1699999600000&limit=1000"}, a.queries("alerts"), "the newest seen, ten minutes back")

	// One opens and closes between two looks, one clears, one opens.
	a.set(func() {
		a.items["alerts"] = []item{alert(1, "closed", 300), alert(2, "closing", 100), alert(5, "closed", 310), alert(6, "open", 320)}
	})
	now = now.Add(30 * time.Second)
	require.Equal(t, "2 closing, 1 closed, 5 closed, 6 open", alertStates(collect(t, src, now)))
	now = now.Add(30 * time.Second)
	require.Equal(t, "2 closing, 6 open", alertStates(collect(t, src, now)))

	// A closing that the array never dated is found by the whole reading.
	a.set(func() { a.items["alerts"] = []item{alert(7, "open", -5000)} })
	require.Equal(t, "2 closing, 6 open", alertStates(collect(t, src, now.Add(30*time.Second))))
	require.Equal(t, "7 open, 2 closing", alertStates(collect(t, src, now.Add(11*time.Minute))))
}

func TestAlertsOfAnArrayThatDoesNotFilter(t *testing.T) {
	a := newSmall(t)
	a.noFilter = true
	a.items["alerts"] = []item{alert(1, "open", 0), alert(2, "closed", 100)}
	src := a.source()
	b := collect(t, src, at)
	require.Empty(t, b.Partial)
	require.Equal(t, "1 open, 2 closed", alertStates(b))
	require.Equal(t, []string{"filter=state%3D%27open%27&limit=1000", "limit=1000&sort=updated-"}, a.queries("alerts"))
	a.set(func() { a.items["alerts"] = append(a.items["alerts"], alert(3, "closed", 200)) })
	require.Equal(t, "1 open, 3 closed", alertStates(collect(t, src, at.Add(30*time.Second))))
	require.Equal(t, []string{"limit=1000&sort=updated-"}, a.queries("alerts"), "what was refused once is not asked again")
}

func TestAlertsThatFailAreNotNone(t *testing.T) {
	a := newSmall(t)
	a.items["alerts"] = []item{alert(1, "open", 0)}
	src := a.source()
	collect(t, src, at)
	a.breaks("alerts", http.StatusInternalServerError)
	b := collect(t, src, at.Add(30*time.Second))
	require.False(t, b.AlertsRead)
	require.Empty(t, b.Alerts)
	a.set(func() { a.misbehave = nil; a.items["alerts"] = []item{alert(1, "closed", 60), alert(2, "closed", 70)} })
	require.Equal(t, "1 closed, 2 closed", alertStates(collect(t, src, at.Add(time.Minute))), "nothing is lost by the failed look")
}

func TestAlertFromTheFutureHidesNoOther(t *testing.T) {
	a := newSmall(t)
	future := time.Now().Add(1000 * time.Hour).UnixMilli()
	a.items["alerts"] = []item{alert(1, "open", 0)}
	a.items["alerts"][0]["updated"] = future
	src := a.source()
	collect(t, src, at)
	blip := alert(2, "closed", 0)
	blip["updated"] = time.Now().Add(time.Hour).UnixMilli()
	a.set(func() { a.items["alerts"] = append(a.items["alerts"], blip) })
	require.Equal(t, "2 closed, 1 open", alertStates(collect(t, src, at.Add(30*time.Second))))
}

func TestMoreAlertsThanAnArrayHasAreBounded(t *testing.T) {
	a := newSmall(t)
	for i := range 2500 {
		a.items["alerts"] = append(a.items["alerts"], alert(i, "open", int64(i)))
	}
	src := a.source()
	b := collect(t, src, at)
	require.Len(t, b.Alerts, 2000)
	require.Equal(t, []string{"alerts"}, failed(b))
	require.EqualError(t, b.Partial[0].Err, "500 open and 0 closed alerts beyond the first 2000 were left out")
	// All of them close at once: told in portions, none twice, none lost.
	a.set(func() {
		for i := range a.items["alerts"] {
			a.items["alerts"][i] = alert(i, "closed", int64(4000+i%600))
		}
	})
	told := map[string]int{}
	for i := range 4 {
		for _, each := range collect(t, src, at.Add(time.Duration(i+1)*30*time.Second)).Alerts {
			require.Equal(t, "closed", each.State)
			told[each.ID]++
		}
	}
	require.Len(t, told, 2500)
	for id, n := range told {
		require.Equal(t, 1, n, id)
	}
}

func TestMorePartsThanAnArrayHasAreBounded(t *testing.T) {
	a := newSmall(t)
	for i := range 4001 {
		a.items["drives"] = append(a.items["drives"], item{"name": fmt.Sprint("CH9.BAY", i), "status": "healthy", "capacity": 1})
	}
	b := collect(t, a.source(), at)
	require.Equal(t, []string{"drives"}, failed(b))
	require.Equal(t, 4000, count(b, "purefa_drive_capacity_bytes"))
	require.NotContains(t, types(b), "drive", "a list that is not whole gives no states")
}

// TestRawBesideCollect: a bundle is made while the monitor looks.
func TestRawBesideCollect(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	done := make(chan error, 1)
	go func() {
		_, err := src.Raw(t.Context())
		done <- err
	}()
	for i := range 5 {
		collect(t, src, at.Add(time.Duration(i)*30*time.Second))
	}
	require.NoError(t, <-done)
	require.Equal(t, 1, a.logins)
	require.LessOrEqual(t, a.busiest, 4)
}

func TestNewVolumeWaitsForItsSerial(t *testing.T) {
	a := newSmall(t)
	volume := func(name string) {
		a.items["volumes"] = append(a.items["volumes"], item{"name": name, "serial": "S" + name, "space": item{}})
		a.items["volumes/performance"] = append(a.items["volumes/performance"], item{"name": name, "reads_per_sec": 1})
	}
	volume("v1")
	src := a.source()
	require.Equal(t, 1, count(collect(t, src, at), "purefa_volume_performance_throughput_iops"))
	a.set(func() { volume("v2") })
	require.Equal(t, 1, count(collect(t, src, at.Add(30*time.Second)), "purefa_volume_performance_throughput_iops"))
	b := collect(t, src, at.Add(time.Minute))
	require.Equal(t, 1.0, value(t, b, "purefa_volume_performance_throughput_iops", "dimension", "reads_per_sec", "name", "v2", "naa_id", "naa.624a9370Sv2"))
}

func TestVolumesBeyondTheCapAreLeftOutVisibly(t *testing.T) {
	a := newSmall(t)
	for i := range 10 {
		name := fmt.Sprint("v", i)
		a.items["volumes"] = append(a.items["volumes"], item{"name": name, "serial": name, "space": item{"unique": 1}})
		a.items["volumes/performance"] = append(a.items["volumes/performance"], item{"name": name, "read_bytes_per_sec": i * 100})
	}
	b := collect(t, a.source(func(o *flasharray.Options) { o.MaxVolumes = 3 }), at)
	require.Equal(t, 3, count(b, "purefa_volume_performance_bandwidth_bytes"))
	require.Equal(t, 7.0, value(t, b, "localmon_endpoint_items_left_out", "endpoint", "volumes/performance"))
	value(t, b, "purefa_volume_performance_bandwidth_bytes", "dimension", "read_bytes_per_sec", "name", "v9", "naa_id", "naa.624a9370v9")
}

func TestNullsAreNoSamples(t *testing.T) {
	a := newSmall(t)
	nulls := item{
		"name": "fa1", "id": nil, "os": nil, "version": nil, "capacity": nil, "space": nil, "time": nil, "serial": nil, "status": nil, "type": nil,
		"mode": nil, "temperature": nil, "voltage": nil, "updated": nil, "created": nil, "closed": nil, "code": nil, "eth": nil, "arrays": nil, "port_connectivity": nil,
	}
	for path := range a.items {
		a.items[path] = []item{nulls}
	}
	b := collect(t, a.source(), at)
	require.Empty(t, b.Partial)
	for _, s := range b.Samples {
		if strings.HasPrefix(s.Key.Metric, "purefa_") {
			require.Equal(t, 1.0, s.Value, "%s: an info, not a zero that nobody said", s.Key)
		}
	}
	for _, s := range b.States {
		require.Equal(t, localmon.HealthUnknown, s.Health)
	}
}

func TestSpaceWithoutUniqueIsTotalUsed(t *testing.T) {
	a := newSmall(t)
	a.items["arrays"] = []item{{"name": "fa1", "capacity": 1000, "space": item{"unique": nil, "total_used": 250}}}
	b := collect(t, a.source(), at)
	require.Equal(t, 25.0, value(t, b, "purefa_array_space_utilization"))
}

// BenchmarkCollectLargeArray is one look at 1,000 volumes over TLS on loopback.
func BenchmarkCollectLargeArray(b *testing.B) {
	t := &testing.T{}
	a := newArray(t)
	defer a.Close()
	for i := range 1000 {
		name := fmt.Sprintf("volume-%04d", i)
		a.items["volumes"] = append(a.items["volumes"], item{"name": name, "serial": fmt.Sprintf("%024d", i), "space": item{"unique": i, "snapshots": i}})
		perf := item{"name": name, "id": name, "time": 1}
		for _, f := range []string{
			"reads_per_sec", "writes_per_sec", "read_bytes_per_sec", "write_bytes_per_sec", "usec_per_read_op", "usec_per_write_op",
			"queue_usec_per_read_op", "queue_usec_per_write_op", "san_usec_per_read_op", "san_usec_per_write_op", "service_usec_per_read_op",
			"service_usec_per_write_op", "bytes_per_read", "bytes_per_write", "bytes_per_op", "mirrored_writes_per_sec",
		} {
			perf[f] = i
		}
		a.items["volumes/performance"] = append(a.items["volumes/performance"], perf)
	}
	pin, err := arrayrest.FetchPin(b.Context(), a.URL)
	require.NoError(b, err)
	src, err := flasharray.New(flasharray.Options{Target: "fa1", URL: a.URL, Token: apiToken, Pin: pin})
	require.NoError(b, err)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		batch, err := src.Collect(b.Context(), at.Add(time.Duration(i)*30*time.Second))
		require.NoError(b, err)
		require.NotEmpty(b, batch.Samples)
		i++
	}
}
