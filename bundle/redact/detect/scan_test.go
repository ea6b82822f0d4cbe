package detect_test

import (
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// scanCase is a text and what must be found in it, each as its kind and its text in
// order of place. What only the inventory of a site could tell is left out.
type scanCase struct {
	name string
	text string
	want []string
}

// runCases scans each text with a scanner of its own that knows no site.
func runCases(t *testing.T, cases []scanCase) {
	t.Helper()
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := detect.Compile(rs, nil)
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := detect.NewScanner(know, detect.NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
			fs, _ := s.Scan([]byte(c.text), detect.State{})
			var got []string
			for _, f := range fs {
				if !f.Tentative && f.Start < f.End {
					got = append(got, f.Kind.String()+" "+c.text[f.Start:f.End])
				}
			}
			require.Equal(t, c.want, got, c.text)
		})
	}
}
