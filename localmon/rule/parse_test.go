package rule_test

import (
	"strings"
	"testing"

	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

const good = `rules:
  - id: drive-failed
    about: A drive failed.
    severity: 2
    why: less redundancy
    hard: true
    runbook: drive-failed
    summary: drive {component} is {status}
    states:
      - {types: [drive], statuses: [failed]}
    cases:
      - name: fires
        looks: [{states: [drive CH0.BAY7 failed]}]
        fires: [CH0.BAY7 2]
      - name: quiet
        looks: [{states: [drive CH0.BAY7 healthy]}]
`

const bottleneck = `    bottleneck:
      metric: m
      label: dimension
      sides:
        - {name: read, total: r, san: s}
      floor: 1
      ceiling: 9
      factor: 3
      queue_share: 0.5
      for: 5m
      end_factor: 1.5
      end_for: 5m
`

func TestParse(t *testing.T) {
	s, err := rule.Parse("site.yaml", []byte(good))
	require.NoError(t, err)
	require.NoError(t, s.Check())
	require.Equal(t, "drive-failed", s.Rules[0].ID)
}

func TestWrongRulesAreRefusedWithTheirPlace(t *testing.T) {
	cases := []struct{ name, old, new, want string }{
		{"unknown key", "    hard: true", "    hrad: true", `site.yaml:6:5: unknown key "hrad"; did you mean "hard"?`},
		{"parts beside layers", "    states:\n      - {types: [drive], statuses: [failed]}", bottleneck + "      split: {label: protocol, into: [NFS]}", `site.yaml:13:11: a side is told in layers or in the parts of split, not in both`},
		{"too many parts", "    states:\n      - {types: [drive], statuses: [failed]}", strings.Replace(bottleneck, ", san: s", "", 1) + "      split: {label: protocol, into: [a, b, c, d, e, f, g, h, i]}", `site.yaml:21:14: split needs a label and one to 8 of its values`},
		{"a part that is none", "    states:\n      - {types: [drive], statuses: [failed]}", strings.Replace(bottleneck, ", san: s", "", 1) + "      split: {label: protocol, into: [a, b], judged: [a, c]}", `site.yaml:21:58: split is not into "c"`},
		{"unknown key deep inside", "statuses: [failed]", "status: [failed]", `site.yaml:10:26: unknown key "status"; did you mean "statuses"?`},
		{"key twice", "    hard: true", "    hard: true\n    hard: false", `site.yaml:7:5: key "hard" stands twice`},
		{"wrong type", "severity: 2\n", "severity: high\n", `site.yaml:4:15: "high" is not a whole number`},
		{"severity out of range", "severity: 2\n", "severity: 7\n", `site.yaml:4:15: severity is 1 urgent`},
		{"no severity", "    severity: 2\n", "", `severity is 1 urgent`},
		{"unknown placeholder", "{status}", "{stauts}", `site.yaml:8:14: placeholder "stauts" is not known; did you mean "status"?`},
		{"bad id", "id: drive-failed", "id: Drive_Failed", `site.yaml:2:9: id "Drive_Failed"`},
		{"unknown kind", "    hard: true", "    kinds: [flasharay]", `site.yaml:6:13: kind "flasharay" is not known; did you mean "flasharray"?`},
		{"no evidence", "    states:\n      - {types: [drive], statuses: [failed]}\n", "", `looks at nothing`},
		{"a match of everything", "statuses: [failed]", "names: [CH0.*]", `this would match healthy parts too`},
		{"two kinds of evidence that exclude each other", "    hard: true", "    source: {trouble: no-data}\n    identity: {field: version, hold: 1m}", `exclude each other`},
		{"unknown trouble", "    hard: true", "    source: {trouble: nodata}", `trouble "nodata" is not known; did you mean "no-data"?`},
		{"metric without a limit", "    hard: true", "    metric: {name: x}", `exactly one of above, below, levels, within`},
		{"window too wide", "    hard: true", "    metric: {name: x, above: 1, need: 3, of: 900}", `of at most 64`},
		{"levels out of order", "    hard: true", "    metric: {name: x, levels: [{above: 90, severity: 3, why: w}, {above: 80, severity: 2, why: w}]}", `levels go from mild to severe`},
		{"until on the wrong side", "    hard: true", "    metric: {name: x, above: 5, until: 6}", `until lies on the good side`},
		{"an alert match of everything", "    hard: true", "    alerts: [{absorb: true}]", `this would match every alert`},
		{"bad pattern", "types: [drive]", "types: [drive], names: ['[']", `is no pattern`},
		{"no case that fires", "        fires: [CH0.BAY7 2]\n", "", `needs at least one case that fires and one that does not`},
		{"no case that stays quiet", "      - name: quiet\n        looks: [{states: [drive CH0.BAY7 healthy]}]\n", "", `needs at least one case that fires and one that does not`},
		{"no cases at all", good[strings.Index(good, "    cases:"):], "", `needs at least one case that fires and one that does not`},
		{"case without severity", "fires: [CH0.BAY7 2]", "fires: [CH0.BAY7]", `want a component, or -, and a severity`},
		{"case with a broken metric", "looks: [{states: [drive CH0.BAY7 healthy]}]", "looks: [{metrics: ['x{a=b} 1']}]", `is not quoted`},
		{"case of endless looks", "looks: [{states: [drive CH0.BAY7 healthy]}]", "looks: [{times: 99999999}]", `at most 10000`},
		{"case of endless series", "looks: [{states: [drive CH0.BAY7 healthy]}]", "looks: [{copies: 99999999, metrics: [x 1]}]", `copies is 1 to 30000`},
		{"case of many looks that tell much", "looks: [{states: [drive CH0.BAY7 healthy]}]", "looks: [{times: 9999, metrics: [" + strings.Repeat("x 1, ", 30) + "x 1]}]", `at most 200000`},
		{"unusual without weeks", "    hard: true", "    metric: {name: x, unusual: {times: 2}}", `unusual needs weeks from 2 to 5`},
		{"absent and a window", "    hard: true", "    metric: {name: x, absent: 10m, need: 2, of: 3}", `absent excludes`},
		{"a whole without a share", "    hard: true", "    metric: {name: x, above: 1, of_at_least: 5}", `stands with share_of`},
		{"anchors", "    hard: true", "    hard: &a true", `anchors and aliases`},
		{"rule twice", "rules:\n", "rules:\n" + strings.TrimPrefix(good, "rules:\n"), `rule "drive-failed" stands twice`},
		{"empty file", good, "", `the file is empty`},
		{"no rules", good, "rules: []\n", `0 rules`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			require.NotEqual(t, good, text)
			_, err := rule.Parse("site.yaml", []byte(text))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestACaseThatDoesNotComeOutIsAnError(t *testing.T) {
	cases := []struct{ name, old, new, want string }{
		{"does not fire", "[drive CH0.BAY7 failed]", "[drive CH0.BAY7 healthy]", `does not fire for "CH0.BAY7"`},
		{"fires for another", "fires: [CH0.BAY7 2]", "fires: [CH0.BAY8 2]", `fires for "CH0.BAY7"`},
		{"other severity", "fires: [CH0.BAY7 2]", "fires: [CH0.BAY7 3]", `with severity 2`},
		{"fires unasked", "[drive CH0.BAY7 healthy]", "[drive CH0.BAY7 failed]", `fires for "CH0.BAY7"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := rule.Parse("site.yaml", []byte(strings.Replace(good, c.old, c.new, 1)))
			require.NoError(t, err)
			require.ErrorContains(t, s.Check(), c.want)
		})
	}
}

func TestJoin(t *testing.T) {
	s, err := rule.Parse("a.yaml", []byte(good))
	require.NoError(t, err)
	_, err = rule.Join(s, s)
	require.ErrorContains(t, err, "two files")
	o, err := rule.Parse("b.yaml", []byte(strings.Replace(strings.Replace(good, "id: drive-failed", "id: other", 1), "    cases:", "    explained_by: [{rule: drive-faild, same: target}]\n    cases:", 1)))
	require.NoError(t, err)
	_, err = rule.Join(s, o)
	require.ErrorContains(t, err, `did you mean "drive-failed"?`)
}
