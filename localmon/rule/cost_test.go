package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// knownVolumes is an array with so many volumes as a site knows it.
func knownVolumes(n int) []rule.Known {
	k := rule.Known{Target: "fa-prod-1", Kind: localmon.KindFlashArray}
	for i := range n {
		for _, dimension := range []string{"usec_per_read_op", "usec_per_write_op"} {
			k.Series = append(k.Series, localmon.SeriesKey{
				Target: k.Target, Metric: "purefa_volume_performance_latency_usec",
				Labels: localmon.FormatLabels("dimension", dimension, "name", fmt.Sprintf("vol-%05d", i)),
			})
		}
	}
	return []rule.Known{k}
}

func TestExplosiveRulesAreRefusedWithTheirPlace(t *testing.T) {
	const volumes = `metric: {name: purefa_volume_performance_latency_usec, `
	cases := []struct {
		name, metric string
		volumes      int
		want         string // nothing: it is taken
	}{
		{
			"one alert for each of ten thousand volumes", volumes + `component: name, above: 5000}`, 10_000,
			`site.yaml:6:13: rule my-drive: 10000 components could be told of one by one at fa-prod-1, at most 1000`,
		},
		{"the same at a site with few volumes", volumes + `component: name, above: 5000}`, 200, ""},
		{
			"a window over each of ten thousand series", volumes + `above: 5000, need: 2, of: 3}`, 5_000,
			`10000 series would have to be remembered at fa-prod-1, at most 2000`,
		},
		{
			"a course of each of four hundred series", volumes + `above: 5000, full_at: 9000}`, 200,
			`400 courses would have to be remembered`,
		},
		{
			"the weeks of each of four hundred series", volumes + `unusual: {weeks: 3, times: 2}}`, 200,
			`400 series would have their weeks remembered`,
		},
		{
			"comparisons by the hundred thousand", volumes + `share_of: purefa_volume_performance_latency_usec, above: 90}`, 5_000,
			`comparisons in every look at fa-prod-1, at most 50000`,
		},
		{"narrowed to one volume", volumes + `labels: {name: [vol-00007]}, unusual: {weeks: 3, times: 2}}`, 10_000, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(mine, "    hard: true", "    "+c.metric, 1)
			file := rule.File{Name: "site.yaml", Data: []byte(text)}
			_, err := rule.Site{Known: knownVolumes(c.volumes)}.Join(file)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "site.yaml:6:13: ")
			_, err = rule.Site{}.Join(file)
			require.NoError(t, err, "it is the site that makes it explosive")
		})
	}
}

func TestLongRulesAreRefusedWithTheirPlace(t *testing.T) {
	list := func(n int, of string) string { return strings.TrimSuffix(strings.Repeat(of+", ", n), ", ") }
	cases := []struct{ name, old, new, want string }{
		{"names by the hundred", "statuses: [failed]", "statuses: [failed], names: [" + list(300, "CH0.*") + "]", `site.yaml:10:53: 300 entries, at most 200`},
		{"a pattern of a thousand stars", "statuses: [failed]", "statuses: [failed], names: ['" + strings.Repeat("*a", 500) + "']", `1000 characters, at most 200`},
		{"matchers by the hundred", "      - {types: [drive], statuses: [failed]}\n", strings.Repeat("      - {types: [drive], statuses: [failed]}\n", 60), `60 entries, at most 50`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := rule.Parse("site.yaml", []byte(strings.Replace(good, c.old, c.new, 1)))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A target that tells twenty-five thousand series where it told twenty yesterday
// costs one rule its turn, and a person hears of it; what was open stays open.
func TestARuleOverItsBudgetIsLeftOutAndTold(t *testing.T) {
	b := newBench(t)
	sample := func(n int, value float64) (s []localmon.Sample) {
		for i := range n {
			s = append(s, localmon.Sample{Value: value, Key: localmon.SeriesKey{
				Target: "fa-1", Metric: "purefa_pod_mediator_status", Labels: localmon.FormatLabels("pod", fmt.Sprint("pod", i), "status", "unreachable"),
			}})
		}
		return s
	}
	few := localmon.Batch{Target: "fa-1", AlertsRead: true, Samples: sample(1, 0)}
	many := localmon.Batch{Target: "fa-1", AlertsRead: true, Samples: sample(25_000, 0)}
	well := localmon.Batch{Target: "fa-1", AlertsRead: true, Samples: sample(1, 1)}
	require.Equal(t, []string{"mediator/pod0=yes"}, b.look(few))
	require.Equal(t, []string{"rule-over-budget/=yes"}, b.look(many), "no answer for the pod")
	require.Equal(t, []string{"mediator/pod0=no", "rule-over-budget/=no"}, b.look(well))
}
