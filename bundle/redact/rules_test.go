package redact

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// TestRulesPassTheirOwnCases is what refuses a rule at build time.
func TestRulesPassTheirOwnCases(t *testing.T) {
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := detect.Compile(rs, nil)
	require.NoError(t, err)
	s := detect.NewScanner(know, detect.NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
	for _, r := range rs {
		for _, h := range r.Hits {
			t.Run(r.ID+"/hit "+h.Line, func(t *testing.T) {
				found, _ := s.Scan([]byte(h.Line), detect.State{})
				var got []string
				for _, f := range found {
					got = append(got, h.Line[f.Start:f.End])
				}
				require.Contains(t, got, h.Text)
			})
		}
		for _, m := range r.Misses {
			t.Run(r.ID+"/miss "+m, func(t *testing.T) {
				found, _ := s.Scan([]byte(m), detect.State{})
				for _, f := range s.Known([]byte(m), found) {
					if f.Start < f.End {
						t.Errorf("found %q as %s by %s", m[f.Start:f.End], f.Kind, f.Rule)
					}
				}
			})
		}
	}
}

// TestEveryRuleEarnsItsPlace takes each rule away: one of its hits is then lost. A
// rule of which nothing is missed has cases that test another.
func TestEveryRuleEarnsItsPlace(t *testing.T) {
	rs, err := rules.Shipped()
	require.NoError(t, err)
	for i, r := range rs {
		know, err := detect.Compile(slices.Delete(slices.Clone(rs), i, i+1), nil)
		require.NoError(t, err)
		require.Error(t, checkCases(know, []rules.Rule{{ID: r.ID, Hits: r.Hits}}), "rule %s is not missed by its own hits", r.ID)
	}
}

// TestCasesThatFailRefuseTheRule turns the cases of every rule round: a hit is asked to
// stay, and a miss to be found.
func TestCasesThatFailRefuseTheRule(t *testing.T) {
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := detect.Compile(rs, nil)
	require.NoError(t, err)
	for _, r := range rs {
		require.NoError(t, checkCases(know, []rules.Rule{r}), r.ID)
		for _, h := range r.Hits {
			require.Error(t, checkCases(know, []rules.Rule{{ID: r.ID, Misses: []string{h.Line}}}), "%s: %s", r.ID, h.Line)
		}
		for _, m := range r.Misses {
			require.Error(t, checkCases(know, []rules.Rule{{ID: r.ID, Hits: []rules.Hit{{Line: m, Text: m}}}}), "%s: %s", r.ID, m)
		}
	}
}

// TestARuleWithoutCasesDoesNotBuild strips the cases of every rule file: no build
// that reads it makes a gate.
func TestARuleWithoutCasesDoesNotBuild(t *testing.T) {
	files, err := filepath.Glob("rules/data/*.rule")
	require.NoError(t, err)
	shipped, err := rules.Shipped()
	require.NoError(t, err)
	require.Len(t, files, len(shipped), "every rule file is a rule of the build")
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		_, err = rules.Parse(file, string(b))
		require.NoError(t, err)
		for _, word := range []string{"hit:", "miss:", "id:", "kind:"} {
			var kept []string
			for l := range strings.Lines(string(b)) {
				if !strings.HasPrefix(l, word) {
					kept = append(kept, l)
				}
			}
			_, err = rules.Parse(file, strings.Join(kept, ""))
			require.ErrorContains(t, err, file, "without %s", word)
		}
	}
}
