package flashblade_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/flashblade"

	"github.com/stretchr/testify/require"
)

func TestWorseOfBladeAndPlaceIsBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		blade, place string
		status       string
		health       localmon.Health
		detail       string
	}{
		"both well":                        {"healthy", "healthy", "healthy", localmon.HealthOK, ""},
		"blade unhealthy, place healthy":   {"unhealthy", "healthy", "unhealthy", localmon.HealthCritical, ""},
		"place critical, blade healthy":    {"healthy", "critical", "critical", localmon.HealthCritical, "the word is of its fb, its own list says healthy"},
		"place has a new word":             {"healthy", "sparkling", "sparkling", localmon.HealthWarning, "the word is of its fb, its own list says healthy"},
		"only the lamp is lit":             {"healthy", "identifying", "healthy", localmon.HealthOK, ""},
		"a spare raises nothing":           {"unused", "unused", "unused", localmon.HealthOK, ""},
		"evacuated is not in use":          {"evacuated", "healthy", "evacuated", localmon.HealthWarning, ""},
		"blade says nothing":               {"", "healthy", "", localmon.HealthUnknown, ""},
		"both bad, the blade worse":        {"critical", "unknown", "critical", localmon.HealthCritical, ""},
		"words are read without case":      {"Healthy", "HEALTHY", "Healthy", localmon.HealthOK, ""},
		"a word nobody knows is a warning": {"meditating", "healthy", "meditating", localmon.HealthWarning, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newSmall(t)
			a.Items["blades"] = []item{{"name": "CH1.FB7", "status": c.blade}}
			a.Items["hardware"] = []item{{"name": "ch1.fb7", "type": "fb", "status": c.place}}
			b := resttest.Collect(t, a.source(), at)
			s := resttest.StateOf(t, b, "blade", "CH1.FB7")
			require.Equal(t, c.health, s.Health)
			require.Equal(t, c.status, s.Status)
			require.Equal(t, c.detail, s.Detail)
			require.Equal(t, c.place, resttest.StateOf(t, b, "fb", "ch1.fb7").Status, "the place keeps its own")
		})
	}
}

func TestDriveIsAsBadAsItsBay(t *testing.T) {
	a := newSmall(t)
	a.Items["drives"] = []item{
		{"name": "CH1.FB1.BAY1", "type": "DFM", "status": "healthy", "raw_capacity": 100},
		{"name": "CH1.FB1.BAY2", "type": "DFM", "status": "evacuating", "progress": 0.25, "raw_capacity": 100},
	}
	a.Items["hardware"] = []item{{"name": "CH1.FB1.BAY1", "type": "bay", "status": "critical"}, {"name": "CH1.FB1.BAY2", "type": "bay", "status": "healthy"}}
	b := resttest.Collect(t, a.source(), at)
	require.Equal(t, localmon.HealthCritical, resttest.StateOf(t, b, "drive", "CH1.FB1.BAY1").Health)
	require.Equal(t, "DFM, 100 bytes, the word is of its bay, its own list says healthy", resttest.StateOf(t, b, "drive", "CH1.FB1.BAY1").Detail)
	require.Equal(t, "DFM, 100 bytes, 25 % done", resttest.StateOf(t, b, "drive", "CH1.FB1.BAY2").Detail)
}

func TestDrivesAreAskedFromTheVersionThatHasThem(t *testing.T) {
	for version, asked := range map[string]int{"2.3": 0, "2.4": 1} {
		t.Run(version, func(t *testing.T) {
			a := newSmall(t)
			a.Versions = []string{version}
			require.Empty(t, resttest.Collect(t, a.source(), at).Partial)
			require.Len(t, a.Queries("drives"), asked)
		})
	}
}

func TestConnectorsAreReadWhereTheVersionHasThem(t *testing.T) {
	for version, c := range map[string]struct{ old, now int }{"2.2": {0, 0}, "2.3": {1, 0}, "2.16": {1, 0}, "2.17": {0, 1}, "2.28": {0, 1}} {
		t.Run(version, func(t *testing.T) {
			a := newSmall(t)
			a.Versions = []string{version}
			a.Items["hardware-connectors/performance"] = []item{{"name": "CH1.FM1.ETH1", "received_bytes_per_sec": 1.5}}
			a.Items["network-interfaces/connectors/performance"] = a.Items["hardware-connectors/performance"]
			b := resttest.Collect(t, a.source(), at)
			require.Len(t, a.Queries("hardware-connectors/performance"), c.old)
			require.Len(t, a.Queries("network-interfaces/connectors/performance"), c.now)
			require.Equal(t, c.old+c.now, resttest.Count(b, "purefb_hardware_connectors_performance_bandwidth_bytes"))
		})
	}
}

func TestSensorsCount(t *testing.T) {
	for name, c := range map[string]struct {
		readings any
		status   string
		health   localmon.Health
		detail   string
	}{
		"none":                      {nil, "healthy", localmon.HealthOK, ""},
		"no list":                   {"hot", "healthy", localmon.HealthOK, ""},
		"well":                      {[]item{{"name": "CPU", "reading": 40.5, "status": "HEALTHY"}}, "healthy", localmon.HealthOK, ""},
		"cannot tell":               {[]item{{"name": "CPU", "reading": nil, "status": "UNKNOWN"}, {"status": nil}}, "healthy", localmon.HealthOK, ""},
		"warm":                      {[]item{{"name": "CPU", "reading": 81, "status": "NON_CRITICAL"}}, "NON_CRITICAL", localmon.HealthWarning, "the word is of its sensor CPU at 81 °C, its own list says healthy"},
		"the worst of several":      {[]item{{"name": "A", "reading": 81, "status": "NON_CRITICAL"}, {"name": "B", "reading": 95, "status": "UNRECOVERABLE"}, {"name": "C", "reading": 90, "status": "CRITICAL"}}, "UNRECOVERABLE", localmon.HealthCritical, "the word is of its sensor B at 95 °C, its own list says healthy"},
		"a word nobody knows":       {[]item{{"name": "A", "status": "SPARKLING"}}, "SPARKLING", localmon.HealthWarning, "the word is of its sensor A, its own list says healthy"},
		"more than a part can have": {tooMany(), "healthy", localmon.HealthOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newSmall(t)
			a.Items["hardware"] = []item{{"name": "CH1.FM1", "type": "fm", "status": "healthy", "sensor_readings": c.readings}}
			s := resttest.StateOf(t, resttest.Collect(t, a.source(), at), "fm", "CH1.FM1")
			require.Equal(t, c.status, s.Status)
			require.Equal(t, c.health, s.Health)
			require.Equal(t, c.detail, s.Detail)
		})
	}
}

func tooMany() []item {
	all := make([]item, 65)
	all[64] = item{"name": "last", "status": "CRITICAL"}
	return all
}

func TestArrayConnections(t *testing.T) {
	for word, want := range map[string]localmon.Health{
		"connected": localmon.HealthOK, "partially_connected": localmon.HealthWarning, "connecting": localmon.HealthWarning, "incompatible": localmon.HealthCritical,
		"daydreaming": localmon.HealthWarning, "": localmon.HealthUnknown,
	} {
		t.Run(word, func(t *testing.T) {
			a := newSmall(t)
			a.Items["array-connections"] = []item{{"remote": item{"name": "fb2"}, "status": word, "version": "4.1.0"}}
			require.Equal(t, want, resttest.StateOf(t, resttest.Collect(t, a.source(), at), "array-connection", "fb2").Health)
		})
	}
}

func TestHardwareHealthIsTheExportersNumber(t *testing.T) {
	a := newSmall(t)
	a.Items["hardware"] = []item{
		{"name": "P1", "type": "pwr", "status": "healthy", "slot": 1},
		{"name": "P2", "type": "pwr", "status": "unused", "slot": 2},
		{"name": "P3", "type": "pwr", "status": "critical", "slot": 3},
		{"name": "P4", "type": "pwr", "status": "not_installed", "slot": 4},
		{"name": "P5", "type": "pwr", "status": nil, "slot": 5},
	}
	b := resttest.Collect(t, a.source(), at)
	for name, want := range map[string]float64{"P1": 1, "P2": 2, "P3": 0} {
		require.Equal(t, want, resttest.Value(t, b, "purefb_hardware_health", "type", "pwr", "name", name, "index", "0", "slot", name[1:]))
	}
	require.Equal(t, 3, resttest.Count(b, "purefb_hardware_health"), "nothing installed, and nothing said, are no series")
}

func TestAlertsOfAnArrayThatOnlyKnowsEquals(t *testing.T) {
	a := newSmall(t)
	a.Refuses = []string{"state!='closed'"}
	a.Items["alerts"] = []item{alert(1, "open", 1000), alert(2, "closed", 2000)}
	src := a.source()
	require.Equal(t, "1 open, 2 closed", resttest.AlertStates(resttest.Collect(t, src, at)))
	require.Equal(t, []string{"filter=state%21%3D%27closed%27&limit=1000", "filter=state%3D%27open%27&limit=1000", "limit=100&sort=updated-"}, a.Queries("alerts"))
	require.Equal(t, "1 open", resttest.AlertStates(resttest.Collect(t, src, at.Add(11*time.Minute))))
	require.Equal(t, "filter=state%3D%27open%27&limit=1000", a.Queries("alerts")[0], "what was refused once is not asked again")
}

func TestAlertThatWaitsToBeDowngradedIsOpenUntilItIsNotListed(t *testing.T) {
	a := newSmall(t)
	var all []item
	for i := range 200 { // newer ones push it out of the newest hundred
		all = append(all, alert(i+10, "closed", 9_000_000+int64(i)*60_000))
	}
	a.Items["alerts"] = append(all, alert(1, "waiting to downgrade", 1000))
	src := a.source()
	b := resttest.Collect(t, src, at)
	require.Contains(t, resttest.AlertStates(b), "1 waiting to downgrade")
	require.Equal(t, 1, resttest.Count(b, "purefb_alerts_open"))
	a.Set(func() { a.Items["alerts"] = all })
	require.Equal(t, "1 waiting to downgrade", resttest.AlertStates(resttest.Collect(t, src, at.Add(30*time.Second))))
	require.Empty(t, resttest.Collect(t, src, at.Add(11*time.Minute)).Alerts, "the array no longer lists it among those that are not closed")
}

// named fills an array with file systems, each as large as its number.
func named(a *array, n int) {
	for i := range n {
		name := fmt.Sprintf("fs%03d", i)
		a.Items["file-systems"] = append(a.Items["file-systems"], item{"name": name, "space": item{"total_physical": i}, "destroyed": false})
		a.Items["file-systems/performance"] = append(a.Items["file-systems/performance"], item{"name": name, "reads_per_sec": i})
	}
}

// round looks until a round of names is over and says what each look asked and
// the series of every name.
func round(t *testing.T, a *array, src *flashblade.Source) (requests []int, got map[string]float64) {
	t.Helper()
	got = map[string]float64{}
	resttest.Collect(t, src, at)
	for i := 1; i <= 9; i++ {
		b := resttest.Collect(t, src, at.Add(time.Duration(i)*30*time.Second))
		require.Empty(t, b.Partial)
		n := len(a.Queries("file-systems/performance"))
		if n == 0 {
			break
		}
		requests = append(requests, n)
		for _, s := range b.Samples {
			if s.Key.Metric == "purefb_file_systems_performance_throughput_iops" {
				labels, err := localmon.ParseLabels(s.Key.Labels)
				require.NoError(t, err)
				require.NotContains(t, got, labels[1].Value, "read twice in one round")
				got[labels[1].Value] = s.Value
			}
		}
	}
	return requests, got
}

func TestFileSystemsAreReadByNameInRounds(t *testing.T) {
	t.Run("ten a request", func(t *testing.T) {
		a := newSmall(t)
		named(a, 250)
		src := a.source()
		requests, got := round(t, a, src)
		require.Equal(t, []int{12, 12, 1}, requests)
		require.Len(t, got, 250)
		require.Equal(t, 249.0, got["fs249"])
		resttest.Collect(t, src, at.Add(6*time.Minute+30*time.Second))
		require.Len(t, a.Queries("file-systems/performance"), 12, "another round")
	})
	t.Run("five a request where the array takes no more", func(t *testing.T) {
		a := newSmall(t)
		a.MaxNames = 5
		named(a, 100)
		requests, got := round(t, a, a.source())
		require.Equal(t, []int{12, 9}, requests, "one was refused")
		require.Len(t, got, 100)
	})
	t.Run("one that is gone hides no other", func(t *testing.T) {
		a := newSmall(t)
		named(a, 40)
		a.Items["file-systems/performance"] = a.Items["file-systems/performance"][1:]
		_, got := round(t, a, a.source())
		require.Len(t, got, 39)
		require.NotContains(t, got, "fs000")
	})
	t.Run("destroyed ones, and names no request can hold, are not asked for", func(t *testing.T) {
		a := newSmall(t)
		named(a, 3)
		a.Items["file-systems"][0]["destroyed"] = true
		a.Items["file-systems"][1]["name"] = "a,b"
		_, got := round(t, a, a.source())
		require.Equal(t, map[string]float64{"fs002": 2}, got)
	})
	t.Run("an array that ignores names makes no series with others", func(t *testing.T) {
		a := newSmall(t)
		named(a, 300)
		src := a.source(func(o *flashblade.Options) { o.MaxFileSystems = 20 })
		all := a.Items["file-systems/performance"]
		a.Answers("file-systems/performance", func(w http.ResponseWriter, _ *http.Request) {
			resttest.Answer(w, http.StatusOK, item{"items": all})
		})
		resttest.Collect(t, src, at)
		b := resttest.Collect(t, src, at.Add(30*time.Second))
		require.Equal(t, 20, resttest.Count(b, "purefb_file_systems_performance_throughput_iops"))
	})
	t.Run("the largest are kept and the others said", func(t *testing.T) {
		a := newSmall(t)
		named(a, 30)
		src := a.source(func(o *flashblade.Options) { o.MaxFileSystems = 10 })
		b := resttest.Collect(t, src, at)
		require.Equal(t, 20.0, resttest.Value(t, b, "localmon_endpoint_items_left_out", "endpoint", "file-systems"))
		require.Equal(t, 0.0, resttest.Value(t, b, "localmon_endpoint_items_left_out", "endpoint", "file-systems/performance"))
		b = resttest.Collect(t, src, at.Add(30*time.Second))
		require.Equal(t, 10, resttest.Count(b, "purefb_file_systems_performance_throughput_iops"))
		require.Equal(t, 29.0, resttest.Value(t, b, "purefb_file_systems_performance_throughput_iops", "name", "fs029", "dimension", "reads_per_sec"))
	})
}

func TestFileSystemsThatAreAllRefusedAreSaidAndBounded(t *testing.T) {
	a := newSmall(t)
	named(a, 250)
	src := a.source()
	resttest.Collect(t, src, at)
	a.Breaks("file-systems/performance", http.StatusBadRequest)
	requests := 0
	a.Set(func() {
		inner := a.Misbehave
		a.Misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
			if path == "file-systems/performance" {
				requests++
			}
			return inner(w, r, path)
		}
	})
	b := resttest.Collect(t, src, at.Add(30*time.Second))
	require.Equal(t, []string{"file-systems/performance"}, resttest.Failed(b))
	require.EqualError(t, b.Partial[0].Err, "array answered HTTP 400: Internal error.")
	require.LessOrEqual(t, requests, 17)
}

func TestFileSystemsThatFailMidwayGoOnWhereTheyStood(t *testing.T) {
	a := newSmall(t)
	named(a, 60)
	src := a.source()
	resttest.Collect(t, src, at)
	n := 0
	a.Set(func() {
		a.Misbehave = func(w http.ResponseWriter, _ *http.Request, path string) bool {
			if path != "file-systems/performance" {
				return false
			}
			if n++; n == 3 {
				resttest.Answer(w, http.StatusInternalServerError, resttest.Problem("Internal error."))
				return true
			}
			return false
		}
	})
	b := resttest.Collect(t, src, at.Add(30*time.Second))
	require.Equal(t, []string{"file-systems/performance"}, resttest.Failed(b))
	require.Equal(t, 20, resttest.Count(b, "purefb_file_systems_performance_throughput_iops"), "what was read before is kept")
	b = resttest.Collect(t, src, at.Add(time.Minute))
	require.Empty(t, b.Partial)
	require.Equal(t, 40, resttest.Count(b, "purefb_file_systems_performance_throughput_iops"))
}

func TestSpaceOfNewerVersionsIsTotalUsed(t *testing.T) {
	a := newSmall(t)
	a.Items["arrays/space"] = []item{{"name": "fb1", "capacity": 1000, "parity": 0.98, "space": item{"total_physical": nil, "total_used": 250}}}
	b := resttest.Collect(t, a.source(), at)
	require.Equal(t, 25.0, resttest.Value(t, b, "purefb_array_space_utilization", "type", "array"))
	require.Equal(t, 0.98, resttest.Value(t, b, "purefb_array_space_parity", "type", "array"))
	require.Equal(t, 1, resttest.Count(b, "purefb_array_space_utilization"), "the capacity of the other types is the array's as well")
}

func TestPerformanceOfEachProtocol(t *testing.T) {
	a := newSmall(t)
	for i, protocol := range []string{"all", "HTTP", "SMB", "NFS", "S3"} {
		a.Items["arrays/performance?protocol="+protocol] = []item{{"time": 1700000000000 + i, "reads_per_sec": 4.0333 + float64(i)}}
	}
	b := resttest.Collect(t, a.source(), at)
	require.Equal(t, 4.0333, resttest.Value(t, b, "purefb_array_performance_throughput_iops", "protocol", "all", "dimension", "reads_per_sec"))
	require.Equal(t, 7.0333, resttest.Value(t, b, "purefb_array_performance_throughput_iops", "protocol", "NFS", "dimension", "reads_per_sec"))
	require.Equal(t, time.UnixMilli(1700000000000).UTC(), b.TargetAt, "the array's clock, not ours")
}

func TestAlertTextsAreBoundedAndOneLineInLabels(t *testing.T) {
	a := newSmall(t)
	long := alert(1, "open", 1000)
	long["summary"], long["action"], long["description"] = strings.Repeat("é\n", 5000), "one\ntwo", strings.Repeat("x", 9000)
	a.Items["alerts"] = []item{long}
	b := resttest.Collect(t, a.source(), at)
	require.LessOrEqual(t, len(b.Alerts[0].Summary), 1024+len("…"))
	require.LessOrEqual(t, len(b.Alerts[0].Description), 2048+len("…"))
	for _, s := range b.Samples {
		if s.Key.Metric == "purefb_alerts_open" {
			require.NotContains(t, s.Key.Labels, `\n`)
			require.Contains(t, s.Key.Labels, `action="one two"`)
		}
	}
}

// BenchmarkCollectRecordedSize is one look at an array of the size that was
// recorded, over TLS on loopback, every interval in its turn.
func BenchmarkCollectRecordedSize(b *testing.B) {
	a := newRecorded(b)
	src := a.source()
	resttest.Collect(b, src, at)
	a.Set(func() { a.Requests, a.Bytes = 0, 0 })
	b.ReportAllocs()
	looks, samples := 0, 0
	for b.Loop() {
		looks++
		batch, err := src.Collect(b.Context(), at.Add(time.Duration(looks)*30*time.Second))
		require.NoError(b, err)
		samples += len(batch.Samples)
	}
	b.ReportMetric(float64(a.Requests)/float64(looks), "requests/look")
	b.ReportMetric(float64(a.Bytes)/float64(looks), "bytes/look")
	b.ReportMetric(float64(samples)/float64(looks), "samples/look")
}
