package replay_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle/desk/replay"
	"darksite/bundle/desk/triage"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

// shows is a bundle in which a drive of fa-1 has failed.
func shows(t *testing.T) triage.Facts {
	t.Helper()
	f, err := triage.Read(fstest.MapFS{
		"files/arraystate/fa-1/drives.json":      {Data: []byte(`{"items":[{"name":"CH0.BAY2","type":"SSD","status":"healthy"},{"name":"CH0.BAY3","type":"SSD","status":"failed"}]}`)},
		"files/arraystate/fa-1/controllers.json": {Data: []byte(`{"items":[{"name":"CT0","status":"ready"},{"name":"CT1","status":"not ready"}]}`)},
		"files/monitor/changes.jsonl":            {},
		"files/monitor/alerts.jsonl":             {Data: []byte(`{"rule":"drive-failed","target":"fa-1","component":"CH0.BAY3","status":"firing","severity":2,"summary":"drive","runbook":"drive-failed","since":"2026-11-22T03:00:00Z"}` + "\n")},
	}, time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return f
}

func TestTheChecksOfARunbookAreAskedOfTheBundle(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	book, _ := lib.Get("drive-failed")
	results := map[string]runbooks.Result{}
	for _, c := range replay.Checks(t.Context(), book, shows(t), nil, "fa-1") {
		require.Equal(t, "drive-failed", c.Runbook)
		require.NotEmpty(t, c.Asks)
		require.NotEmpty(t, c.Saw)
		results[c.Step] = c.Result
	}
	require.Equal(t, runbooks.Pass, results["only-one"])
	require.Equal(t, runbooks.Fail, results["rebuilding"])
	require.Equal(t, runbooks.Fail, results["controllers"])
	require.Empty(t, replay.Checks(t.Context(), book, shows(t), nil, "another"))
	without := shows(t)
	without.Arrays[0].Parts, without.Watched = nil, false
	for _, c := range replay.Checks(t.Context(), book, without, nil, "fa-1") {
		require.Equal(t, runbooks.Unknown, c.Result, "what is missing is never taken for health")
	}
}

func TestEveryCheckOfEveryRunbookCanBeAsked(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	asked := 0
	for _, book := range lib.All() {
		for _, c := range replay.Checks(t.Context(), book, shows(t), nil, "fa-1") {
			require.NotEmpty(t, c.Saw, "%s %s", book.ID, c.Step)
			asked++
		}
	}
	require.Greater(t, asked, 50)
}

func TestARunThatDoesNotComeOutIsAFinding(t *testing.T) {
	b, lib := bundle(t)
	require.Empty(t, replay.Findings([]replay.Run{one(t, b, lib)}))
	edit(t, b, engine.FactsFile, `"status":"failed"`, `"status":"healthy"`)
	found := replay.Findings([]replay.Run{one(t, b, lib)})
	require.NotEmpty(t, found)
	require.Regexp(t, `^run/drive-failed@`, found[0].Rule)
	require.Contains(t, found[0].Title, "comes out as")
	r := triage.Report{Findings: []triage.Finding{{Rule: "x", Severity: 3, Open: true}}}.With(found...)
	require.Equal(t, found[0].Rule, r.Findings[0].Rule, "it ranks by its severity")
	b[replay.Folder+"/R-0001/"+engine.LogFile].Data = []byte("rubbish\n")
	found = replay.Findings([]replay.Run{one(t, b, lib)})
	require.Len(t, found, 1)
	require.Contains(t, found[0].Title, "cannot be read")
}

// A runbook's question about a metric is answered from the samples of that array, the
// newest of them being now; what is stale, of another array, ambiguous or not to be
// read is unknown, with the reason.
func TestQuestionsAboutMetricsAreAnsweredFromTheSamples(t *testing.T) {
	book := &runbooks.Runbook{ID: "busy", Steps: []runbooks.Step{{
		ID: "load", Kind: runbooks.Check,
		Expect: &runbooks.Predicate{Percentile: &runbooks.PercentileIs{Name: "array_load_percent", Percent: 100, Window: 10 * time.Minute, Op: "<", Value: 80}},
	}}}
	const head = "target,metric,labels,unit,time,value\n"
	row := func(array, labels, at string, value int) string {
		return fmt.Sprintf("%s,array_load_percent,%s,percent,2026-11-22T%sZ,%d\n", array, labels, at, value)
	}
	for name, c := range map[string]struct {
		text string
		want runbooks.Result
		saw  string
	}{
		"within bounds":                 {head + row("fa-1", "", "03:50:00", 40) + row("fa-1", "", "03:55:00", 60), runbooks.Pass, ""},
		"beyond them":                   {head + row("fa-1", "", "03:50:00", 40) + row("fa-1", "", "03:55:00", 90), runbooks.Fail, ""},
		"beyond them before the window": {head + row("fa-1", "", "03:30:00", 90) + row("fa-1", "", "03:50:00", 60) + row("fa-1", "", "03:59:00", 61), runbooks.Pass, ""},
		"of another array":              {head + row("fa-2", "", "03:55:00", 60), runbooks.Unknown, "no samples of array_load_percent of this array"},
		"hours old":                     {head + row("fa-1", "", "01:00:00", 60), runbooks.Unknown, "3 h apart"},
		"of a day to come":              {head + row("fa-1", "", "23:00:00", 60), runbooks.Unknown, "apart from the bundle"},
		"of two series":                 {head + row("fa-1", "", "03:55:00", 60) + row("fa-1", `"a=""b"""`, "03:55:00", 60), runbooks.Unknown, "more than one series"},
		"no CSV":                        {"\x1b[2J\n", runbooks.Unknown, "line 1"},
		"cut off":                       {head + row("fa-1", "", "03:55:00", 60) + "fa-1,arr", runbooks.Unknown, "line 3"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{replay.SamplesFolder + "/array_load_percent.csv": {Data: []byte(c.text)}}
			f := shows(t)
			got := replay.Checks(t.Context(), book, f, replay.NewSamples(tree, f.Taken), "fa-1")
			require.Len(t, got, 1)
			require.Equal(t, c.want, got[0].Result, got[0].Saw)
			require.Contains(t, got[0].Saw, c.saw)
			require.NotContains(t, got[0].Saw, "\x1b")
		})
	}
}

// However many questions are asked, so much is read and no more.
func TestSamplesAreReadWithinBounds(t *testing.T) {
	var many strings.Builder
	many.WriteString("target,metric,labels,unit,time,value\n")
	for many.Len() < 64<<10 {
		many.WriteString("fa-2,array_load_percent,,percent,2026-11-22T03:55:00Z,60\n")
	}
	tree := fstest.MapFS{replay.SamplesFolder + "/array_load_percent.csv": {Data: []byte(many.String())}}
	book := &runbooks.Runbook{ID: "busy"}
	for i := range 40 {
		book.Steps = append(book.Steps, runbooks.Step{ID: fmt.Sprint(i), Kind: runbooks.Check, Expect: &runbooks.Predicate{
			Metric: &runbooks.MetricIs{Name: "array_load_percent", Op: "<", Value: 80},
		}})
	}
	f := shows(t)
	past := replay.NewSamples(tree, f.Taken)
	past.ReadAtMost(1 << 20)
	got := replay.Checks(t.Context(), book, f, past, "fa-1")
	require.Contains(t, got[0].Saw, "no samples")
	require.Contains(t, got[39].Saw, "more samples in the bundle than are read")
}
