package triage_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle/desk/triage"

	"github.com/stretchr/testify/require"
)

var taken = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func ms(t time.Time) int64 { return t.UnixMilli() }

// tree is a bundle of one array with a failed drive. The files given replace its
// own; an empty one takes it away.
func tree(files map[string]string) fstest.MapFS {
	raised := `{"rule":"drive-failed","target":"array-k7f3q2ab","component":"CH0.BAY7","status":"firing","severity":2,"why":"less redundancy","summary":"drive CH0.BAY7 is failed","evidence":["a"],"since":"2026-11-22T08:00:00Z"}`
	over := `{"rule":"port-errors","target":"array-k7f3q2ab","component":"CT0.FC1","status":"resolved","severity":3,"summary":"port CT0.FC1 counts errors: 2","since":"2026-11-22T07:00:00Z"}`
	all := map[string]string{
		"arrays":       `{"items":[{"name":"array-k7f3q2ab","id":"sn-1","os":"Purity//FA","version":"6.6.3"}]}`,
		"arrays-space": fmt.Sprintf(`{"items":[{"capacity":1000,"parity":0.99,"time":%d,"space":{"total_physical":500}}]}`, ms(taken)),
		"controllers":  `{"items":[{"name":"CT0","status":"ready","model":"FA-X70R3","version":"6.6.3"},{"name":"CT1","status":"ready","model":"FA-X70R3","version":"6.6.3"}]}`,
		"drives":       `{"items":[{"name":"CH0.BAY6","status":"healthy"},{"name":"CH0.BAY7","status":"failed","details":"drive has failed"}]}`,
		"hardware":     `{"items":[{"type":"cooling","name":"CT0.FAN1","status":"ok"},{"type":"controller","name":"CT0","status":"ok"}]}`,
		"alerts": fmt.Sprintf(`{"items":[{"code":60,"severity":"critical","state":"open","component_type":"drive","component_name":"ch0.bay7","summary":"(drive:ch0.bay7): failure","created":%d,"closed":null}]}`,
			ms(taken.Add(-time.Hour))),
		"array-connections": `{"items":[]}`, "pod-replica-links-lag": `{"items":[]}`,
	}
	out := fstest.MapFS{}
	for name, text := range all {
		out["files/arraystate/array-k7f3q2ab/"+name+".json"] = &fstest.MapFile{Data: []byte(text)}
	}
	out["files/monitor/alerts.jsonl"] = &fstest.MapFile{Data: []byte(raised + "\n")}
	out["files/monitor/changes.jsonl"] = &fstest.MapFile{Data: []byte(
		`{"at":"2026-11-22T07:00:00Z","what":"fired","alert":` + strings.Replace(over, "resolved", "firing", 1) + "}\n" +
			`{"at":"2026-11-22T07:10:00Z","what":"resolved","alert":` + over + "}\n" +
			`{"at":"2026-11-22T08:00:10Z","what":"fired","alert":` + raised + "}\n")}
	for name, text := range files {
		if !strings.HasPrefix(name, "files/") {
			name = "files/arraystate/array-k7f3q2ab/" + name + ".json"
		}
		delete(out, name)
		if text != "" {
			out[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return out
}

func read(t *testing.T, files map[string]string) triage.Facts {
	t.Helper()
	f, err := triage.Read(tree(files), taken)
	require.NoError(t, err)
	return f
}

func rules(t *testing.T) triage.Rules {
	t.Helper()
	r, err := triage.Shipped()
	require.NoError(t, err)
	return r
}

func TestRead(t *testing.T) {
	f := read(t, nil)
	require.Empty(t, f.Gaps)
	require.Len(t, f.Arrays, 1)
	a := f.Arrays[0]
	require.Equal(t, []string{"array-k7f3q2ab", "flasharray", "sn-1", "FA-X70R3", "6.6.3"}, []string{a.Name, a.Kind, a.Serial, a.Model, a.Version})
	require.Equal(t, map[string]float64{"used": 0.5, "parity": 0.99}, a.Numbers)
	require.Len(t, a.Parts, 5, "two controllers, two drives, a fan")
	require.Equal(t, "CH0.BAY7", a.Alerts[0].Component)
	require.Equal(t, &triage.Offset{Give: 2 * time.Minute}, a.Off, "the monitor watched and told of no clock")
	require.Len(t, f.Raised, 2)
	require.True(t, f.Raised[1].Open)
	require.False(t, f.Raised[0].Open)
}

// What is missing or broken is named, and the rest is read.
func TestGaps(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		says  string
	}{
		"a document cut off":    {map[string]string{"drives": `{"items":[{"na`}, "drives.json: unexpected end of JSON input"},
		"a document of another": {map[string]string{"drives": `[1]`}, "drives.json: json: cannot unmarshal array"},
		"no alerts of the kit":  {map[string]string{"files/monitor/alerts.jsonl": ""}, "alerts.jsonl: it is not in the bundle"},
		"a line that is none":   {map[string]string{"files/monitor/alerts.jsonl": "{\n"}, "alerts.jsonl: line 1"},
		"a line without an end": {map[string]string{"files/monitor/alerts.jsonl": strings.Repeat("x", 2<<20)}, "token too long"},
	} {
		t.Run(name, func(t *testing.T) {
			f := read(t, c.files)
			require.Len(t, f.Gaps, 1)
			require.Contains(t, f.Gaps[0].File+": "+f.Gaps[0].Why, c.says)
			require.Len(t, f.Arrays, 1)
		})
	}
	f, err := triage.Read(fstest.MapFS{}, taken)
	require.NoError(t, err)
	require.Len(t, f.Gaps, 3)
	odd := read(t, map[string]string{"drives": `{"items":[{"name":7,"status":"failed"},{"name":"a\u001b[2Jb","status":"failed"},null]}`})
	require.Equal(t, "A�[2JB", odd.Arrays[0].Parts[3].Name, "text is tamed, what has another type left out")
}

func names(r triage.Report) []string {
	var out []string
	for _, f := range r.Findings {
		state := string(f.State)
		if !f.Open && f.State != triage.Cleared {
			state += ", over"
		}
		out = append(out, strings.TrimSpace(f.Rule+" "+f.Component)+": "+state)
	}
	return out
}

func TestFindings(t *testing.T) {
	r := triage.Analyze(read(t, nil), nil, rules(t))
	require.Equal(t, []string{
		"site/drive-failed CH0.BAY7: new", "drive-not-healthy CH0.BAY7: new", "redundancy-low: new", "site/port-errors CT0.FC1: new, over",
	}, names(r))
	require.Equal(t, []string{"drive CH0.BAY7 is failed drive has failed"}, r.Findings[1].Evidence)
	require.Equal(t, []triage.Unchecked{{Rule: "copy-behind", Array: "array-k7f3q2ab", Why: "the bundle does not tell lag_seconds of the array"}}, r.Unchecked)
	require.Empty(t, r.Differences)
}

// Missing data is never health.
func TestWhatIsMissingIsSaid(t *testing.T) {
	r := triage.Analyze(read(t, map[string]string{"drives": "", "arrays": "", "files/monitor/alerts.jsonl": "", "files/monitor/changes.jsonl": ""}), nil, rules(t))
	require.Equal(t, []string{"redundancy-low: new", "array-calls-it-critical CH0.BAY7: new"}, names(r), "the array says itself what the list of drives would have shown")
	var rules []string
	for _, u := range r.Unchecked {
		rules = append(rules, u.Rule)
	}
	require.Subset(t, rules, []string{"drive-not-healthy", "controller-not-ready", "site/*"})
}

func TestAgainstTheBundleBefore(t *testing.T) {
	healthy := map[string]string{
		"drives":                     `{"items":[{"name":"CH0.BAY6","status":"healthy"},{"name":"CH0.BAY7","status":"healthy"}]}`,
		"alerts":                     `{"items":[]}`,
		"arrays-space":               `{"items":[{"capacity":1000,"parity":1,"space":{"total_physical":300}}]}`,
		"files/monitor/alerts.jsonl": "\n", "files/monitor/changes.jsonl": "\n",
	}
	for k, v := range healthy {
		if v == "\n" {
			healthy[k] = `{"rule":"x","status":"resolved"}` + "\n"
		}
	}
	healthy["files/monitor/changes.jsonl"] = `{"what":"raised"}` + "\n"
	sick, well := read(t, nil), read(t, healthy)

	r := triage.Analyze(sick, &well, rules(t))
	require.Equal(t, "site/drive-failed CH0.BAY7: new", names(r)[0])
	require.Equal(t, []triage.Difference{
		{Array: "array-k7f3q2ab", What: "drive CH0.BAY7", Was: "healthy", Is: "failed"},
		{Array: "array-k7f3q2ab", What: "capacity in use", Was: "30 %", Is: "50 %"},
	}, r.Differences)

	r = triage.Analyze(sick, &sick, rules(t))
	require.Equal(t, []string{
		"site/drive-failed CH0.BAY7: still", "drive-not-healthy CH0.BAY7: still", "redundancy-low: still", "site/port-errors CT0.FC1: new, over",
	}, names(r))
	require.Empty(t, r.Differences)

	r = triage.Analyze(well, &sick, rules(t))
	require.Equal(t, []string{"site/drive-failed CH0.BAY7: cleared", "drive-not-healthy CH0.BAY7: cleared", "redundancy-low: cleared"}, names(r))
	require.Empty(t, r.Prints(), "what is over for good marks nothing")

	blind := read(t, map[string]string{"drives": "", "files/monitor/alerts.jsonl": "", "files/monitor/changes.jsonl": ""})
	r = triage.Analyze(blind, &sick, rules(t))
	require.Equal(t, []string{"redundancy-low: still", "array-calls-it-critical CH0.BAY7: new"}, names(r), "what cannot be seen any more is not cleared")

	upgraded := read(t, map[string]string{"arrays": `{"items":[{"id":"sn-1","os":"Purity//FA","version":"6.6.8"}]}`})
	r = triage.Analyze(upgraded, &sick, rules(t))
	require.Equal(t, []triage.Difference{{Array: "array-k7f3q2ab", What: "version", Was: "6.6.3", Is: "6.6.8"}}, r.Differences)
}

func TestTimelineCorrectsClocks(t *testing.T) {
	// The array's clock is an hour ahead, and the kit said so.
	off := `{"rule":"clock-off","target":"array-k7f3q2ab","status":"firing","severity":3,"summary":"clocks","since":"2026-11-22T06:00:00Z"}` + "\n"
	f := read(t, map[string]string{
		"files/monitor/alerts.jsonl": off,
		"arrays-space":               fmt.Sprintf(`{"items":[{"capacity":1,"time":%d,"space":{}}]}`, ms(taken.Add(time.Hour))),
		"alerts": fmt.Sprintf(`{"items":[{"code":60,"severity":"critical","state":"closed","summary":"failure","created":%d,"closed":%d}]}`,
			ms(taken.Add(2*time.Minute)), ms(taken.Add(55*time.Minute))),
	})
	require.Equal(t, &triage.Offset{Ahead: time.Hour, Give: 5 * time.Minute}, f.Arrays[0].Off)
	line := triage.Timeline(f, taken.Add(-24*time.Hour), taken)
	var got []string
	for _, e := range line {
		got = append(got, fmt.Sprintf("%s ±%s %s %t", e.At.Format("15:04:05"), e.Give, e.Source, e.Joined))
	}
	require.Equal(t, []string{
		"07:00:00 ±30s monitor false", "07:10:00 ±30s monitor false", "08:00:10 ±30s monitor false",
		"08:02:00 ±5m0s array-k7f3q2ab true", // opened at 09:02 by its own clock; perhaps before the monitor saw it
		"08:55:00 ±5m0s array-k7f3q2ab false",
	}, got)
	require.Len(t, triage.Timeline(f, taken.Add(-time.Hour), taken), 3, "only what was asked for")

	dark := read(t, map[string]string{"files/monitor/alerts.jsonl": "", "files/monitor/changes.jsonl": "", "arrays-space": ""})
	require.Nil(t, dark.Arrays[0].Off)
	line = triage.Timeline(dark, taken.Add(-24*time.Hour), taken)
	require.Len(t, line, 1)
	require.False(t, line[0].Known, "a clock nobody measured is not trusted")
}

func TestSimilarCasesShareWhatIsRare(t *testing.T) {
	mark := func(name string, prints ...string) triage.Marked { return triage.Marked{Case: name, Prints: prints} }
	of := mark("of", "common", "rare", "some")
	all := []triage.Marked{
		of, mark("twin", "common", "rare", "some"), mark("rare", "common", "rare"), mark("dull", "common"), mark("some", "common", "other", "some"), mark("none", "other"),
	}
	got := triage.Similar(of, all, 10)
	var order []string
	for _, l := range got {
		order = append(order, l.Case)
	}
	require.Equal(t, []string{"twin", "rare", "some", "dull"}, order)
	require.InDelta(t, 1, got[0].Score, 1e-9)
	require.Equal(t, []string{"rare", "some", "common"}, got[0].Shared, "the rarest first: it is the reason")
	require.Len(t, triage.Similar(of, all, 1), 1)
	require.Empty(t, triage.Similar(mark("x"), all, 3))
}

// The same fault on another array, another day, in another bay has the same
// fingerprint; another fault has another.
func TestFingerprints(t *testing.T) {
	prints := func(files map[string]string) []string { return triage.Analyze(read(t, files), nil, nil).Prints() }
	alert := func(component, summary string) map[string]string {
		return map[string]string{"files/monitor/changes.jsonl": "", "files/monitor/alerts.jsonl": fmt.Sprintf(`{"rule":"r","target":"array-k7f3q2ab","component":%q,"status":"firing","severity":2,"summary":%q}`, component, summary) + "\n"}
	}
	one := prints(alert("CH0.BAY7", "drive CH0.BAY7 is failed, volume vol-k7f3q2ab, wwn 5C:72:79:27:AA:E9:A3:7A"))
	require.Equal(t, one, prints(alert("CH1.BAY12", "drive CH1.BAY12 is failed, volume vol-aaaa2222, wwn 52:4a:93:7a:bc:de:f0:11")))
	require.NotEqual(t, one, prints(alert("CH0.BAY7", "drive CH0.BAY7 is missing")))
	require.NotEqual(t, one, prints(alert("CT0", "drive CH0.BAY7 is failed, volume vol-k7f3q2ab")))
}

func FuzzRead(f *testing.F) {
	for name, file := range tree(nil) {
		f.Add(name, file.Data)
	}
	known, err := triage.Shipped()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		all := tree(nil)
		if _, ours := all[name]; !ours {
			t.Skip()
		}
		all[name] = &fstest.MapFile{Data: data}
		facts, err := triage.Read(all, taken)
		require.NoError(t, err)
		sound, err := triage.Read(tree(nil), taken)
		require.NoError(t, err)
		for _, r := range []triage.Report{triage.Analyze(facts, &sound, known), triage.Analyze(sound, &facts, known)} {
			for _, x := range r.Findings {
				require.NotContains(t, x.Title+x.Component+strings.Join(x.Evidence, ""), "\x1b")
			}
		}
		triage.Timeline(facts, time.Time{}, taken.AddDate(100, 0, 0))
	})
}

func TestThePartsOfAWholeAreToldUnderIt(t *testing.T) {
	doc := func(items ...string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{"items":[` + strings.Join(items, ",") + `]}`)}
	}
	var hardware []string
	for i := range 8 {
		hardware = append(hardware, fmt.Sprintf(`{"name":"CT0.FAN%d","type":"cooling","status":"unknown"}`, i))
	}
	hardware = append(hardware, `{"name":"CT1.FAN0","type":"cooling","status":"critical"}`)
	facts, err := triage.Read(fstest.MapFS{
		"files/arraystate/a/arrays.json":      doc(`{"id":"1","os":"Purity//FA","version":"6.6.3"}`),
		"files/arraystate/a/controllers.json": doc(`{"name":"CT0","status":"not ready"}`, `{"name":"CT1","status":"ready"}`),
		"files/arraystate/a/hardware.json":    doc(hardware...),
	}, taken)
	require.NoError(t, err)
	r := triage.Analyze(facts, nil, rules(t))
	require.Len(t, r.Findings, 2)
	require.Equal(t, "CT0", r.Findings[0].Component)
	require.Equal(t, "and 3 more parts of it", r.Findings[0].Evidence[len(r.Findings[0].Evidence)-1])
	require.Equal(t, "CT1.FAN0", r.Findings[1].Component, "a part of a controller that is well stands for itself")
}

func TestTheArrayIsHeardWhereNothingElseSpeaks(t *testing.T) {
	alerts := `{"items":[{"code":41,"severity":"warning","state":"open","component_type":"hardware","component_name":"ct1.fc0","summary":"optics are dim"},` +
		`{"code":60,"severity":"critical","state":"open","component_type":"drive","component_name":"CH0.BAY3","summary":"drive failed"},` +
		`{"code":60,"severity":"critical","state":"open","component_type":"shelf","component_name":"CH0","summary":"drive failed"}]}`
	facts, err := triage.Read(fstest.MapFS{
		"files/arraystate/a/arrays.json": {Data: []byte(`{"items":[{"id":"1","os":"Purity//FA","version":"6.6.3"}]}`)},
		"files/arraystate/a/drives.json": {Data: []byte(`{"items":[{"name":"CH0.BAY3","type":"SSD","status":"failed"}]}`)},
		"files/arraystate/a/alerts.json": {Data: []byte(alerts)},
	}, taken)
	require.NoError(t, err)
	r := triage.Analyze(facts, nil, rules(t))
	require.Equal(t, []string{"drive-not-healthy CH0.BAY3: new", "array-warns CT1.FC0: new"}, names(r))
	require.Contains(t, r.Findings[1].Title, "optics are dim")
	facts.Raised = []triage.Raised{{Rule: "optics", Array: "a", Component: "CT1.FC0", Severity: 3, Open: true, Summary: "optics"}}
	r = triage.Analyze(facts, nil, rules(t))
	require.Equal(t, []string{"drive-not-healthy CH0.BAY3: new", "site/optics CT1.FC0: new"}, names(r))
}
