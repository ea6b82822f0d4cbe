package rule_test

import (
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"

	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// written writes a set as a file: what is empty is left out, as a person would.
func written(t *testing.T, s rule.Set) []byte {
	t.Helper()
	var doc yaml.Node
	require.NoError(t, doc.Encode(map[string]any{"rules": s.Rules}))
	prune(&doc)
	data, err := yaml.Marshal(&doc)
	require.NoError(t, err)
	return data
}

func prune(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			prune(c)
		}
		return
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		v := n.Content[i+1]
		empty := v.Tag == "!!null" || v.Kind != yaml.ScalarNode && len(v.Content) == 0 ||
			v.Kind == yaml.ScalarNode && (v.Value == "" || v.Value == "false" && v.Tag == "!!bool" || v.Value == "0s")
		if empty {
			continue
		}
		prune(v)
		kept = append(kept, n.Content[i], v)
	}
	n.Content = kept
}

func TestShippedRulesSurviveBeingWrittenOut(t *testing.T) {
	names, err := fs.Glob(os.DirFS("shipped"), "*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		data, err := os.ReadFile("shipped/" + name)
		require.NoError(t, err)
		s, err := rule.Parse(name, data)
		require.NoError(t, err)
		again, err := rule.Parse("again.yaml", written(t, s))
		require.NoError(t, err)
		require.Equal(t, s, again, name)
	}
}

// What parses is written out, parses again to the same rules, and its cases come
// out the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("rules: [{id: a, cases: [{looks: [{times: -5, every: 1ns, metrics: ['x 1..2']}], fires: ['- 1']}]}]"))
	f.Add([]byte(strings.Replace(good, "    hard: true", "    metric: {name: x, labels: {a: [b]}, unusual: {weeks: 3, times: 2, floor: 1}, need: 2, of: 3}", 1)))
	f.Add([]byte(strings.Replace(good, "    hard: true", "    metric: {name: x, share_of: y, of_at_least: 5, levels: [{above: 1, severity: 3, why: w}], full_at: 9}", 1)))
	f.Add([]byte(strings.Replace(good, "    hard: true", "    metric: {name: x, growing: 0.5, history: 6h}\n    explained_by: [{rule: drive-failed, same: part}]", 1)))
	f.Add([]byte(strings.Replace(good, "    hard: true", "    jump: {metric: x, clock: true, hold: 30m}\n    worse: [{count: 2, same: whole, severity: 1, why: two}]", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4<<10 {
			return // more of the same, slowly
		}
		s, err := rule.Parse("f.yaml", data)
		if err != nil {
			return
		}
		text := written(t, s)
		again, err := rule.Parse("again.yaml", text)
		require.NoError(t, err, "%s", text)
		if !reflect.DeepEqual(s, again) {
			// Lists that are empty and lists that are not there mean the same.
			require.Equal(t, text, written(t, again))
		}
		if looks(s) > 200 {
			return
		}
		require.Equal(t, s.Check(), again.Check(), "%s", text)
	})
}

// looks is how much the cases of a set ask for.
func looks(s rule.Set) (n int) {
	for _, r := range s.Rules {
		for _, c := range r.Cases {
			for _, l := range c.Looks {
				n += max(l.Times, 1) + l.Copies/10
			}
		}
	}
	return n
}
