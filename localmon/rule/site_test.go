package rule_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"darksite/localmon"
	"darksite/localmon/rule"
	"darksite/runbooks/strictyaml"

	"github.com/stretchr/testify/require"
)

// mine is a rule of a site; the kit has none for spare parts.
const mine = `rules:
  - id: my-drive
    about: A spare drive failed.
    severity: 2
    why: less redundancy
    hard: true
    runbook: drive-failed
    summary: drive {component} is {status}
    states:
      - {types: [spare_drive], statuses: [worn]}
    cases:
      - name: fires
        looks: [{states: [spare_drive CH0.BAY7 worn]}]
        fires: [CH0.BAY7 2]
      - name: quiet
        looks: [{states: [spare_drive CH0.BAY7 healthy]}]
`

// load joins and checks, as a monitor does.
func load(s rule.Site, files ...rule.File) (rule.Book, error) {
	b, err := s.Join(files...)
	if err == nil {
		err = b.Check()
	}
	return b, err
}

func siteFile(name, text string) rule.File { return rule.File{Name: name, Data: []byte(text)} }

// swap replaces the only old in a text.
func swap(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		require.Equal(t, 1, strings.Count(text, pairs[i]), pairs[i])
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

func find(t *testing.T, s rule.Set, id string) rule.Rule {
	t.Helper()
	for _, r := range s.Rules {
		if r.ID == id {
			return r
		}
	}
	require.Fail(t, "no such rule", id)
	return rule.Rule{}
}

func TestASiteWithoutFilesHasTheRulesOfTheKit(t *testing.T) {
	b, err := rule.Site{}.Join()
	require.NoError(t, err)
	kit, err := rule.Shipped()
	require.NoError(t, err)
	require.Equal(t, kit, b.Set)
	require.Len(t, b.Sources, len(kit.Rules))
	for _, r := range kit.Rules {
		src := b.Sources[r.ID]
		require.True(t, src.Shipped)
		s, err := rule.Parse("again.yaml", []byte("rules:\n"+src.Text))
		require.NoError(t, err, "%s:\n%s", r.ID, src.Text)
		if len(r.ExplainedBy) == 0 {
			require.Equal(t, []rule.Rule{r}, s.Rules, "the text of a rule is the rule")
		}
	}
}

func TestASiteAddsReplacesAndSwitchesOff(t *testing.T) {
	kit, err := rule.Shipped()
	require.NoError(t, err)
	was := find(t, kit, "drive-failed")
	replaced := strings.ReplaceAll(swap(t, mine, "id: my-drive", "id: drive-failed\n    replaces: true"), "spare_drive", "old_drive")
	b, err := load(rule.Site{Runbooks: []string{"drive-failed"}},
		siteFile("a.yaml", mine),
		siteFile("b.yaml", replaced+"off:\n  - {rule: noisy-volume, why: every volume is}\n"),
		siteFile("c.yaml", "off: [{rule: site-contacts, why: one man}]\n"),
	)
	require.NoError(t, err)
	require.Len(t, b.Rules, len(kit.Rules)-1)
	require.Len(t, b.Own(), 2)
	require.Equal(t, "A spare drive failed.", find(t, b.Set, "drive-failed").About)
	require.NotEqual(t, was.About, find(t, b.Set, "drive-failed").About)
	require.Equal(t, "a.yaml", b.Sources["my-drive"].File)
	require.Equal(t, 2, b.Sources["my-drive"].Line)
	require.False(t, b.Sources["drive-failed"].Shipped)
	require.Equal(t, strings.TrimPrefix(replaced, "rules:\n"), b.Sources["drive-failed"].Text, "what follows is not of the rule")
	require.Equal(t, []rule.Off{{Rule: "noisy-volume", Why: "every volume is"}, {Rule: "site-contacts", Why: "one man"}}, b.Off)
	for _, r := range b.Rules {
		require.NotContains(t, []string{"noisy-volume", "site-contacts"}, r.ID)
	}
	require.True(t, b.Sources["noisy-volume"].Shipped, "what is off can still be shown")
}

func TestWhatASiteMayNotWriteIsRefusedWithItsPlace(t *testing.T) {
	site := rule.Site{Runbooks: []string{"drive-failed"}}
	slow := swap(t, mine, "looks: [{states: [spare_drive CH0.BAY7 worn]}]", "looks: [{times: 8000, states: [spare_drive CH0.BAY7 worn]}]")
	cases := []struct {
		name  string
		files []rule.File
		want  string
	}{
		{"the id of a rule of the kit", []rule.File{siteFile("a.yaml", swap(t, mine, "id: my-drive", "id: psu-failed"))}, `a.yaml:2:9: rule "psu-failed" is one of the kit's own: take another id, or write replaces: true`},
		{"replaces nothing", []rule.File{siteFile("a.yaml", swap(t, mine, "id: my-drive", "replaces: true\n    id: psu-faild"))}, `a.yaml:2:15: the kit has no rule "psu-faild" to replace; did you mean "psu-failed"?`},
		{"an id in two files", []rule.File{siteFile("a.yaml", mine), siteFile("b.yaml", mine)}, `b.yaml:2:9: rule "my-drive" stands twice, first in a.yaml:2`},
		{"replaced in two files", []rule.File{siteFile("a.yaml", swap(t, mine, "id: my-drive", "id: psu-failed\n    replaces: true")), siteFile("b.yaml", swap(t, mine, "id: my-drive", "id: psu-failed\n    replaces: true"))}, `b.yaml:2:9: rule "psu-failed" stands twice, first in a.yaml:2`},
		{"replaced and off", []rule.File{siteFile("a.yaml", swap(t, mine, "id: my-drive", "id: psu-failed\n    replaces: true")), siteFile("b.yaml", "off: [{rule: psu-failed, why: w}]")}, `a.yaml:2:9: rule "psu-failed" is off in b.yaml: replace it or switch it off, not both`},
		{"off without a reason", []rule.File{siteFile("a.yaml", "off: [{rule: psu-failed}]")}, `a.yaml:1:7: why is psu-failed off?`},
		{"off that does not exist", []rule.File{siteFile("a.yaml", "off: [{rule: psu-fail, why: w}]")}, `a.yaml:1:14: rule "psu-fail" is not known; did you mean "psu-failed"?`},
		{"off twice", []rule.File{siteFile("a.yaml", "off: [{rule: psu-failed, why: w}]"), siteFile("b.yaml", "off: [{rule: psu-failed, why: w}]")}, `b.yaml:1:7: rule "psu-failed" is off already, in a.yaml`},
		{"off as a plain list", []rule.File{siteFile("a.yaml", "off: [psu-failed]")}, `a.yaml:1:7: want keys and values: rule, why`},
		{"a runbook there is none of", []rule.File{siteFile("a.yaml", swap(t, mine, "runbook: drive-failed", "runbook: drive-faild"))}, `a.yaml:7:14: runbook "drive-faild" is not known; did you mean "drive-failed"?`},
		{"explained by nothing", []rule.File{siteFile("a.yaml", swap(t, mine, "    cases:", "    explained_by: [{rule: psu-faild, same: target}]\n    cases:"))}, `a.yaml:11:27: rule "psu-faild" is not known; did you mean "psu-failed"?`},
		{"a case beside a rule that does not exist", []rule.File{siteFile("a.yaml", swap(t, mine, "fires: [CH0.BAY7 2]", "fires: [CH0.BAY7 2]\n        also: [nothing-near-to-it]"))}, `a.yaml:15:16: rule "nothing-near-to-it" is not known`},
		{"a case that does not come out", []rule.File{siteFile("a.yaml", swap(t, mine, "fires: [CH0.BAY7 2]", "fires: [CH0.BAY7 3]"))}, `a.yaml:12:9: case "fires", flasharray: fires for "CH0.BAY7" with severity 2`},
		{"a rule of the kit speaks up as well", []rule.File{siteFile("a.yaml", strings.ReplaceAll(strings.ReplaceAll(mine, "spare_drive", "drive"), "worn", "failed"))}, `a.yaml:12:9: case "fires", flasharray: rule drive-failed fires too`},
		{"cases that take long", []rule.File{siteFile("a.yaml", slow)}, `a.yaml:12:7: the cases of the site's rules up to here ask for 24003 looks with 24003 samples, states and alerts, at most 20000 and 500000`},
		{"a forecast for next year", []rule.File{siteFile("a.yaml", swap(t, mine, "    hard: true", "    metric: {name: x, full_at: 100, within: 365d, history: 4d}"))}, `a.yaml:6:45: within is at most 90d`},
		{"a forecast from a year", []rule.File{siteFile("a.yaml", swap(t, mine, "    hard: true", "    metric: {name: x, full_at: 100, within: 14d, history: 365d}"))}, `a.yaml:6:59: history is at most 20d`},
		{"a file that is not text", []rule.File{siteFile("a.yaml", "rules: \xff\xfe\n")}, `a.yaml: not UTF-8 text`},
		{"neither rules nor off", []rule.File{siteFile("a.yaml", "rules: []\n")}, `a.yaml:1:8: 0 rules`},
		{"more rules than a site may have", []rule.File{siteFile("a.yaml", many(t, 250)), siteFile("b.yaml", strings.ReplaceAll(many(t, 250), "id: my", "id: your"))}, `this is one rule more than the 500 a site may have`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(site, c.files...)
			require.ErrorContains(t, err, c.want)
			var at *strictyaml.Error
			require.ErrorAs(t, err, &at, "each finding has its place")
		})
	}
}

func many(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("rules:\n")
	for i := range n {
		b.WriteString(strings.TrimPrefix(swap(t, mine, "id: my-drive", fmt.Sprintf("id: my-drive-%d", i), "spare_drive], st", fmt.Sprintf("spare_%d], st", i), "[spare_drive CH0.BAY7 worn]", fmt.Sprintf("[spare_%d CH0.BAY7 worn]", i)), "rules:\n"))
	}
	return b.String()
}

func TestFindingsOfAllFilesAreToldTogether(t *testing.T) {
	_, err := rule.Site{}.Join(siteFile("a.yaml", "ruels: []\n"), siteFile("b.yaml", swap(t, mine, "severity: 2\n", "severity: 9\n")))
	require.ErrorContains(t, err, `a.yaml:1:1: unknown key "ruels"; did you mean "rules"?`)
	require.ErrorContains(t, err, `b.yaml:4:15: severity is 1 urgent`)
}

func TestAFileForItselfHoldsNothingOfASite(t *testing.T) {
	_, err := rule.Parse("x.yaml", []byte(swap(t, mine, "    hard: true", "    replaces: true")))
	require.ErrorContains(t, err, "x.yaml:6:15: replaces stands in a file of a site")
	_, err = rule.Parse("x.yaml", []byte(mine+"off: [{rule: a, why: b}]\n"))
	require.ErrorContains(t, err, "x.yaml:17:6: off stands in a file of a site")
}

// Rules share what an evaluator can remember: the one that is too many is refused,
// instead of never saying anything.
func TestRulesThatAreTooMuchTogetherAreRefused(t *testing.T) {
	weeks := func(id string) string {
		return swap(t, mine, "id: my-drive", "id: "+id, "    hard: true", "    metric: {name: purefa_volume_performance_latency_usec, unusual: {weeks: 3, times: 2}}")
	}
	site := rule.Site{Known: knownVolumes(10)}
	_, err := site.Join(siteFile("a.yaml", weeks("a")))
	require.NoError(t, err)
	_, err = site.Join(siteFile("a.yaml", weeks("a")), siteFile("b.yaml", weeks("b")))
	require.ErrorContains(t, err, "b.yaml:6:13: rule b: with the rules before it 40 series would have their weeks remembered at fa-prod-1, at most 32")
}

// A start time of each of ten thousand parts is as explosive as a level.
func TestStartsOfThousandsOfPartsAreRefused(t *testing.T) {
	k := rule.Known{Target: "fa-1", Kind: localmon.KindFlashArray}
	for i := range 3000 {
		k.Series = append(k.Series, localmon.SeriesKey{Target: "fa-1", Metric: "starts", Labels: localmon.FormatLabels("name", fmt.Sprint(i))})
	}
	text := swap(t, mine, "    hard: true", "    jump: {metric: starts, component: name, hold: 1h}")
	_, err := rule.Site{Known: []rule.Known{k}}.Join(siteFile("a.yaml", text))
	require.ErrorContains(t, err, "a.yaml:6:11: rule my-drive: 3000 components could be told of one by one at fa-1, at most 1000: judge another metric")
	_, err = rule.Site{Known: []rule.Known{k}}.Join(siteFile("a.yaml", swap(t, text, "severity: 2\n", "severity: 2\n    kinds: [flashblade]\n")))
	require.NoError(t, err, "another kind of target")
}

// A site with many volumes can still turn the kit's own rule for each of them.
func TestWhatReplacesARuleOfTheKitMayCostWhatThatDid(t *testing.T) {
	k := rule.Known{Target: "fa-1", Kind: localmon.KindFlashArray}
	for i := range 2500 {
		k.Series = append(k.Series, localmon.SeriesKey{Target: "fa-1", Metric: "purefa_volume_performance_throughput_iops", Labels: localmon.FormatLabels("dimension", "reads_per_sec", "name", fmt.Sprint("v", i))})
	}
	site := rule.Site{Known: []rule.Known{k}}
	kit, err := site.Join()
	require.NoError(t, err)
	text := "rules:\n" + swap(t, kit.Sources["noisy-volume"].Text, "  - id: noisy-volume\n", "  - id: noisy-volume\n    replaces: true\n")
	b, err := load(site, siteFile("a.yaml", text))
	require.NoError(t, err)
	require.True(t, find(t, b.Set, "noisy-volume").Replaces)
	_, err = site.Join(siteFile("a.yaml", swap(t, text, "  - id: noisy-volume\n    replaces: true\n", "  - id: other\n")))
	require.ErrorContains(t, err, "2500 components could be told of one by one at fa-1")
}

func TestShippedFilesAreNoFilesOfASite(t *testing.T) {
	data, err := os.ReadFile("shipped/site.yaml")
	require.NoError(t, err)
	_, err = rule.Site{}.Join(siteFile("site.yaml", string(data)))
	require.ErrorContains(t, err, `rule "site-contacts" is one of the kit's own`)
}
