package redact

import (
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
