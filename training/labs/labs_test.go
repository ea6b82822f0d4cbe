package labs_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"darksite/runbooks/strictyaml"
	"darksite/training/exam"
	"darksite/training/labs"
)

// small is the least that is a lab.
const small = `id: l1
version: 1
track: admin
kind: easy
lessons: [a4]
minutes: 10
title: {en: T, fr: T}
brief: {en: "Find {bay}.", fr: "Trouvez {bay}."}
first: darksite status
draw: {bay: [CH0.BAY1, CH0.BAY2], other: [CH0.BAY1, CH0.BAY2]}
arrays: [{name: fa-1}]
seed: 1
watch: {for: 2m, every: 1m}
faults: [{at: 1m, fault: drive_fail, target: "{bay}", id: lost}]
hands: [{verb: pull, target: drive, says: {en: pull, fr: sortir}}]
goals:
  - {id: run, weight: 60, says: {en: R, fr: R}, missed: {en: M, fr: M}, when: {fact: run, where: {component: "{bay}"}}}
  - {id: order, weight: 40, says: {en: O, fr: O}, missed: {en: M, fr: M}, when: {before: [{fact: evidence}, {fact: act}]}}
forbid:
  - {id: fatal, fatal: true, says: {en: F, fr: F}, when: {fact: act, where: {verb: pull, was: healthy}}}
  - {id: slow, penalty: 10, says: {en: S, fr: S}, when: {not: {fact: run, within: 10m}}}
invariants:
  - {id: full, penalty: 5, says: {en: I, fr: I}, when: {fact: array, where: {used: ">90"}}}
hints:
  - {for: run, cost: 5, text: {en: H, fr: H}}
  - {for: order, when: {fact: run}, cost: 3, text: {en: H, fr: H}}
solutions:
  - {name: right, score: 100, steps: [{run: status}]}
  - {name: other, score: 90, steps: [{run: status}]}
  - {name: one, score: 60, steps: [{run: status}]}
  - {name: two, score: 0, steps: [{run: status}]}
  - {name: three, score: 0, fatal: true, steps: [{run: "train lab do pull {bay}"}]}
`

func parse(t *testing.T) *labs.Lab {
	l, err := labs.Parse("lab.yaml", []byte(small))
	require.NoError(t, err)
	return l
}

func fact(kind string, at time.Duration, fields ...string) labs.Fact {
	f := labs.Fact{Kind: kind, At: at, Fields: map[string]string{}}
	for i := 0; i+1 < len(fields); i += 2 {
		f.Fields[fields[i]] = fields[i+1]
	}
	return f
}

func TestGrade(t *testing.T) {
	drawn, names := parse(t).Draw(7)
	bay := names["bay"]
	run := fact("run", time.Minute, "component", bay)
	for _, c := range []struct {
		name   string
		world  labs.World
		hints  int
		points int
		fatal  bool
	}{
		{"nothing was done", nil, 0, 0, false},
		{"one goal counts its weight", labs.World{run}, 0, 60, false},
		{"both goals", labs.World{run, fact("evidence", 2*time.Minute), fact("act", 3*time.Minute, "verb", "pull", "was", "failed")}, 0, 100, false},
		{"the order of two things counts", labs.World{run, fact("act", 2*time.Minute, "verb", "pull", "was", "failed"), fact("evidence", 3*time.Minute)}, 0, 60, false},
		{"the first without the second is in order", labs.World{run, fact("evidence", 2*time.Minute)}, 0, 100, false},
		{"hints cost", labs.World{run}, 8, 52, false},
		{"points end at none", labs.World{fact("run", time.Minute, "component", "another")}, 8, 0, false},
		{"too late costs a penalty", labs.World{fact("run", time.Hour, "component", bay)}, 0, 50, false},
		{"a fatal act leaves nothing", labs.World{run, fact("evidence", 2*time.Minute), fact("act", 3*time.Minute, "verb", "pull", "was", "healthy")}, 0, 0, true},
		{"an invariant that is broken now", labs.World{run, fact("array", time.Hour, "used", "90.5")}, 0, 55, false},
		{"an invariant that was broken once", labs.World{run, fact("rule", time.Minute, "name", "full"), fact("array", time.Hour, "used", "40")}, 0, 55, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := labs.Grade(drawn, c.world, c.hints)
			require.Equal(t, c.points, v.Points)
			require.Equal(t, c.fatal, v.Fatal)
			require.Equal(t, c.points >= 70 && !c.fatal, v.Passed())
			require.Equal(t, exam.LabResult{Kind: exam.EasyLab, Lab: "l1", Score: float64(c.points) / 100, Fatal: c.fatal, Digest: c.world.Digest()}, v.Result())
		})
	}
}

func TestTheDigestIsOfEveryField(t *testing.T) {
	w := labs.World{fact("run", time.Minute, "component", "a", "book", "b")}
	require.Equal(t, w.Digest(), labs.World{fact("run", time.Minute, "book", "b", "component", "a")}.Digest())
	require.NotEqual(t, w.Digest(), labs.World{fact("run", time.Minute, "component", "a\n", "book", "b")}.Digest())
	require.NotEqual(t, w.Digest(), labs.World{fact("run", time.Second, "component", "a", "book", "b")}.Digest())
	require.NotEqual(t, w.Digest(), append(w, w...).Digest())
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		match, value string
		want         bool
	}{
		{"resolved", "RESOLVED", true},
		{"resolved", "unresolved", false},
		{"a|b", "b", true},
		{"a|b", "ab", false},
		{"!a|b", "c", true},
		{"!a|b", "b", false},
		{"!a", "", true},
		{"~bay1", "both CH0.BAY1 and CH0.BAY2", true},
		{"~x|bay2", "CH0.BAY2", true},
		{"~bay3", "CH0.BAY1", false},
		{"!~bay3", "CH0.BAY1", true},
		{"!~bay3|bay1", "CH0.BAY1", false},
		{"<60", "1.5", true},
		{"<60", "60", false},
		{">15", "15.1", true},
		{">15", "much", false},
		{">much", "15", false},
	} {
		require.Equal(t, c.want, labs.Match(c.match).Holds(c.value), "%s %s", c.match, c.value)
	}
}

// A seed always draws the same, seeds differ, and two names do not draw the same part.
func TestDraw(t *testing.T) {
	l := parse(t)
	seen := map[string]bool{}
	for seed := range uint64(20) {
		drawn, names := l.Draw(seed)
		again, same := l.Draw(seed)
		require.Equal(t, names, same)
		require.Equal(t, drawn, again)
		require.NotEqual(t, names["bay"], names["other"])
		require.Equal(t, "Find "+names["bay"]+".", drawn.Brief.EN)
		require.Equal(t, "train lab do pull "+names["bay"], drawn.Solutions[4].Steps[0].Run)
		require.Equal(t, names["bay"], drawn.Scenario(time.Time{}).Events[0].Fault.Target)
		seen[names["bay"]] = true
	}
	require.Len(t, seen, 2)
	require.Equal(t, "Find {bay}.", l.Brief.EN, "the lab itself stays as it was")
}

func TestHintsFollowTheState(t *testing.T) {
	drawn, names := parse(t).Draw(1)
	at, ok := drawn.Next(nil, nil)
	require.True(t, ok)
	require.Equal(t, 0, at)
	_, ok = drawn.Next(nil, []int{0})
	require.False(t, ok, "the other hint helps only who has a run")
	at, ok = drawn.Next(labs.World{fact("run", 0, "component", names["bay"])}, nil)
	require.True(t, ok)
	require.Equal(t, 1, at, "the goal of the first is reached")
}

func TestLintRefuses(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"a key that is not known", "seed: 1", "sead: 1", "sead"},
		{"weights that do not add up", "weight: 60", "weight: 61", "add up to 101"},
		{"a fact that is none", "{fact: run, where", "{fact: rum, where", `no facts of kind "rum"`},
		{"a field that is none", `where: {component: "{bay}"}`, `where: {part: "{bay}"}`, `no field "part"`},
		{"two questions in one", "{not: {fact: run, within: 10m}}", "{fact: act, not: {fact: run}}", "one of fact, all, any"},
		{"a bound without a fact", "{not: {fact: run, within: 10m}}", "{not: {fact: run}, within: 10m}", "belong to a fact"},
		{"one thing in order", "{before: [{fact: evidence}, {fact: act}]}", "{before: [{fact: evidence}]}", "before takes two facts"},
		{"a hint for no goal", "{for: order, when", "{for: odor, when", `no goal "odor"`},
		{"a language that lacks", "title: {en: T, fr: T}", "title: {en: T}", "English and a French"},
		{"a name nobody draws", `"Trouvez {bay}."`, `"Trouvez {rack}."`, "{rack} is not drawn"},
		{"a reference that is not full", "{name: right, score: 100", "{name: right, score: 95", "the first solution is the reference"},
		{"no second way that passes", "{name: other, score: 90", "{name: other, score: 60", "want at least 2"},
		{"too few that fail", "{name: two, score: 0", "{name: two, score: 80", "2 do not"},
		{"a fatal act nobody commits", "score: 0, fatal: true", "score: 0", "no solution commits it"},
		{"an id that is none", "id: l1\n", "id: l0\n", `id "l0"`},
		{"an id of another track", "track: admin", "track: officer", "of a lab of track admin, not officer"},
		{"a look too often", "every: 1m", "every: 100ms", "at least a second apart"},
		{"neither fatal nor a penalty", "penalty: 10, ", "", "either fatal or has a penalty"},
		{"a bundle of nothing", "seed: 1", "seed: 1\nbundles: [{times: 2}]", "a bundle has files or a case"},
		{"a text that is planted nowhere", "seed: 1", "seed: 1\nplants: [{file: notes.txt, text: x}]", "which file of which bundle"},
		{"a byte of no bundle", "seed: 1", "seed: 1\naltered: [{medium: usb}]", "which bundle was altered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, 1, strings.Count(small, c.old), "the mistake is made once")
			_, err := labs.Parse("lab.yaml", []byte(strings.Replace(small, c.old, c.new, 1)))
			require.ErrorContains(t, err, c.want)
			var at *strictyaml.Error
			require.ErrorAs(t, err, &at, "with its line")
		})
	}
}

func TestLoad(t *testing.T) {
	_, err := labs.Load(fstest.MapFS{"l2/lab.yaml": {Data: []byte(small)}})
	require.ErrorContains(t, err, "have the same name")
	_, err = labs.Load(fstest.MapFS{"l1/other.yaml": {Data: []byte(small)}})
	require.ErrorContains(t, err, "lab l1")
	lib, err := labs.Load(fstest.MapFS{"l1/lab.yaml": {Data: []byte(small)}, "s-l1/lab.yaml": {Data: []byte(strings.NewReplacer("id: l1", "id: s-l1", "track: admin", "track: officer").Replace(small))}, "l10/lab.yaml": {Data: []byte(strings.Replace(small, "id: l1", "id: l10", 1))}})
	require.NoError(t, err)
	var ids []string
	for _, l := range lib.All() {
		ids = append(ids, l.ID)
	}
	require.Equal(t, []string{"l1", "l10", "s-l1"}, ids)
	_, ok := lib.Get("L10")
	require.True(t, ok)
}

// Whatever is read can be drawn and graded.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := labs.Parse("lab.yaml", data)
		if err != nil {
			return
		}
		drawn, _ := l.Draw(1)
		v := labs.Grade(drawn, nil, 0)
		require.LessOrEqual(t, v.Points, labs.FullScore)
		drawn.Next(nil, nil)
	})
}

func TestABundleOfALabIsDrawnWithIt(t *testing.T) {
	l := &labs.Lab{
		ID: "s-l1", Choices: map[string][]string{"leak": {"S042-000002"}, "word": {"zephyrine"}},
		Bundles: []labs.Bundle{{Times: 2, Case: "case new --subject {word}", Files: map[string]string{"notes.txt": "of {word}\n"}, Approved: []string{"ppetit"}}},
		Plants:  []labs.Plant{{Bundle: "{leak}", File: "notes.txt", Text: "{word} again\n"}},
		Altered: []labs.Altered{{Bundle: "{leak}", Medium: "usb-{word}"}},
	}
	drawn, _ := l.Draw(1)
	require.Equal(t, []labs.Bundle{{Times: 2, Case: "case new --subject zephyrine", Files: map[string]string{"notes.txt": "of zephyrine\n"}, Approved: []string{"ppetit"}}}, drawn.Bundles)
	require.Equal(t, []labs.Plant{{Bundle: "S042-000002", File: "notes.txt", Text: "zephyrine again\n"}}, drawn.Plants)
	require.Equal(t, []labs.Altered{{Bundle: "S042-000002", Medium: "usb-zephyrine"}}, drawn.Altered)
	require.Equal(t, "{leak}", l.Plants[0].Bundle, "the lab itself stays as it is")
}
