package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/runbooks/strictyaml"
	"darksite/training/scenario"
	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func TestReadyScenariosRun(t *testing.T) {
	require.Subset(t, scenario.Names(), []string{
		"quiet", "demo", "drive-failed", "controller-not-ready", "capacity-filling", "latency-bottleneck",
	})
	for _, name := range scenario.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Ready(name)
			require.NoError(t, err)
			require.Equal(t, name, s.Name, "the file is named for the scenario")
			arrays, err := s.Build()
			require.NoError(t, err)
			for _, a := range arrays {
				a.Advance(s.Length() + time.Hour)
				for _, e := range a.Faults() {
					if !e.Until.IsZero() {
						require.NoError(t, a.Clear(e.ID))
					}
				}
				require.False(t, a.Look().Protocol().Unreachable)
			}
		})
	}
}

func TestEveryKindOfFaultIsInTheDayOfAllFaults(t *testing.T) {
	day := func(name string, f sim.Family) *sim.Array {
		s, err := scenario.Ready(name)
		require.NoError(t, err)
		seen := map[sim.Kind]bool{}
		for _, e := range s.Events {
			seen[e.Fault.Kind] = true
		}
		for _, i := range sim.CatalogueOf(f) {
			require.True(t, seen[i.Kind], i.Kind)
		}
		arrays, err := s.Build()
		require.NoError(t, err)
		require.Equal(t, f, arrays[0].Options().Family)
		arrays[0].Advance(s.Length() + time.Hour)
		return arrays[0]
	}
	for _, a := range day("all-faults", sim.FlashArray).View().Alerts() {
		require.Equal(t, "closed", a.State, a.Issue)
	}
	for _, a := range day("all-blade-faults", sim.FlashBlade).Blade().Alerts() {
		require.Equal(t, "closed", a.State, a.Summary)
	}
}

func TestParse(t *testing.T) {
	s, err := scenario.Parse("x.yaml", []byte(`
scenario: two
title: Two arrays
seed: 9
start: 2026-05-04T10:00:00+02:00
arrays: [{name: a}, {name: b, kind: flashblade, size: large}]
events:
  - {at: 20m, array: b, fault: fan_slow}
  - {at: 10m, array: a, fault: drive_fail, target: ch0.bay2, duration: 1h, params: {rebuild: 5m}, id: x}
`))
	require.NoError(t, err)
	require.Equal(t, scenario.Scenario{
		Name: "two", Title: "Two arrays", Seed: 9, Start: time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC),
		Arrays: []scenario.Array{{Name: "a", Kind: sim.FlashArray, Size: sim.Small}, {Name: "b", Kind: sim.FlashBlade, Size: sim.Large}},
		Events: []scenario.Event{
			{At: 10 * time.Minute, Array: "a", Fault: sim.Fault{
				ID: "x", Kind: sim.DriveFail, Target: "ch0.bay2", Duration: time.Hour, Params: map[string]string{"rebuild": "5m"},
			}},
			{At: 20 * time.Minute, Array: "b", Fault: sim.Fault{Kind: sim.FanSlow}},
		},
	}, s)
	require.Equal(t, 70*time.Minute, s.Length())
	arrays, err := s.Build()
	require.NoError(t, err)
	arrays[0].Advance(15 * time.Minute)
	for _, d := range arrays[0].View().Drives() {
		if d.Name == "CH0.BAY2" {
			require.Equal(t, "failed", d.Status)
		}
	}
}

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	const head = "scenario: s\ntitle: t\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "f.yaml: the file is empty"},
		{"not a mapping", "- a\n", "f.yaml:1:1: want keys and values: scenario, title"},
		{"broken yaml", head + "events: [\n", "f.yaml:"},
		{"unknown key", head + "evnts: []\n", `f.yaml:3:1: unknown key "evnts"; did you mean "events"?`},
		{"unknown key far away", head + "zzzzzzzz: 1\n", `f.yaml:3:1: unknown key "zzzzzzzz"; known here: arrays, events, scenario`},
		{"repeated key", head + "title: u\n", `f.yaml:3:1: key "title" stands twice, first on line 2`},
		{"no name", "title: t\n", "f.yaml:1:1: a scenario needs a name"},
		{"no title", "scenario: s\n", "f.yaml:1:1: a scenario needs a title"},
		{"bad name", "scenario: S one\ntitle: t\n", "f.yaml:1:11: a scenario needs a name of small letters"},
		{"two documents", head + "---\n" + head, "a second document"},
		{"alias", head + "events: [&a {at: 1m, fault: fan_slow}, *a]\n", "f.yaml:3:10: anchors and aliases"},
		{"no one line", head + "events:\n  - {at: 1m, fault: http_500, params: {path: \"a\\nb\"}}\n", "f.yaml:4:46: want one line"},
		{"title too long", "scenario: s\ntitle: " + strings.Repeat("x", 201) + "\n", "f.yaml:2:8: want one line"},
		{"year", head + "start: 1999-12-31T23:59:59Z\n", "f.yaml:3:8: start lies outside"},
		{"too late", head + "events:\n  - {at: 367d, fault: fan_slow}\n", "f.yaml:4:10: 8808h0m0s: want a time"},
		{"many arrays", head + "arrays: [" + strings.Repeat("{name: a},", 33) + "]\n", "f.yaml:3:9: 33 arrays"},
		{"many events", head + "events: [" + strings.Repeat("{at: 1m},", 1001) + "]\n", "f.yaml:3:9: 1001 events"},
		{"several mistakes", "scenario: S\nevents:\n  - {at: 1m, fault: fan_slo}\n", "f.yaml:1:1: a scenario needs a title"},
		{"bad seed", head + "seed: -1\n", `f.yaml:3:7: "-1" is not a whole number`},
		{"bad start", head + "start: yesterday\n", `f.yaml:3:8: "yesterday" is not a time such as`},
		{"no arrays", head + "arrays: []\n", "f.yaml:3:9: 0 arrays: a scenario has 1 to 32"},
		{"array twice", head + "arrays: [{name: a}, {name: A}]\n", `f.yaml:3:28: array "A" is here twice`},
		{"bad size", head + "arrays: [{name: a, size: huge}]\n", `use one of [small recorded large]`},
		{"unknown kind", head + "arrays: [{name: a, kind: flashblad}]\n", `f.yaml:3:26: kind "flashblad" is not known; did you mean "flashblade"?`},
		{"fault of another kind", head + "arrays: [{name: a, kind: flashblade}]\nevents:\n  - {at: 1m, fault: drive_fail}\n", "f.yaml:5:5: inject into a: fault drive_fail cannot befall an array of kind flashblade, only flasharray"},
		{"unknown fault", head + "events:\n  - {at: 1m, fault: drive_fial}\n", `f.yaml:4:21: fault "drive_fial" is not known; did you mean "drive_fail"?`},
		{"no time", head + "events:\n  - {fault: fan_slow}\n", "f.yaml:4:5: an event needs 'at' and 'fault'"},
		{"bad time", head + "events:\n  - {at: soon, fault: fan_slow}\n", `f.yaml:4:10: "soon" is not a duration`},
		{"negative time", head + "events:\n  - {at: -1m, fault: fan_slow}\n", "f.yaml:4:10: -1m0s: want a time from 0s to 366d"},
		{"unknown part", head + "events:\n  - {at: 1m, fault: drive_fail, target: CH0.BAY77}\n", `f.yaml:4:5: inject into fa-prod-1: fault drive_fail: the array has no part "CH0.BAY77": name a drive`},
		{"unknown parameter", head + "events:\n  - {at: 1m, fault: drive_fail, params: {speed: 1}}\n", `f.yaml:4:5: fault drive_fail has no parameter "speed": use one of rebuild`},
		{"parameter out of range", head + "events:\n  - {at: 1m, fault: capacity_fill, params: {target: 101}}\n", "101 is outside 1 to 100"},
		{"target where none is", head + "events:\n  - {at: 1m, fault: cert_change, target: x}\n", "takes no target"},
		{"which array", head + "arrays: [{name: a}, {name: b}]\nevents:\n  - {at: 1m, fault: fan_slow}\n", "f.yaml:5:5: an event needs 'array'"},
		{"unknown array", head + "events:\n  - {at: 1m, array: z, fault: fan_slow}\n", `f.yaml:4:21: the scenario has no array "z"`},
		{"the same twice", head + "events:\n  - {at: 1m, fault: fan_slow}\n  - {at: 2m, fault: fan_slow}\n", "f.yaml:5:5: inject into fa-prod-1: fault fan_slow on \"CT0.FAN3\": fault f1 is the same"},
		{"duration of a moment", head + "events:\n  - {at: 1m, fault: expire_session, duration: 1m}\n", "happens once"},
		{"too large", head + strings.Repeat("# x\n", 1<<18), "at most 1048576"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := scenario.Parse("f.yaml", []byte(c.text))
			require.ErrorContains(t, err, c.want)
			var e *strictyaml.Error
			require.ErrorAs(t, err, &e)
		})
	}
	_, err := scenario.Ready("drive-faild")
	require.EqualError(t, err, `no scenario "drive-faild" comes with the kit; did you mean "drive-failed"?`)
	_, err = scenario.Ready("../scenario")
	require.ErrorContains(t, err, "no scenario")
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("ready/*.yaml")
	require.NoError(f, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte("scenario: s\ntitle: \"a: b # c\"\nevents:\n  - {at: 1ms, fault: http_500, params: {path: \"x y\", every: 3}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scenario.Parse("fuzz.yaml", data)
		if err != nil {
			return
		}
		once, err := s.Encode()
		require.NoError(t, err)
		again, err := scenario.Parse("again.yaml", once)
		require.NoError(t, err, "%s", once)
		require.Equal(t, s, again)
		twice, err := again.Encode()
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	})
}
