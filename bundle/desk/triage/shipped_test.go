package triage_test

import (
	"strings"
	"testing"

	"darksite/bundle/desk/triage"

	"github.com/stretchr/testify/require"
)

func TestShippedRulesPassTheirExamples(t *testing.T) {
	rules, err := triage.Shipped()
	require.NoError(t, err)
	require.NotEmpty(t, rules)
}

const versioned = `rules:
  - id: nvram-crc
    title: NVRAM reports check sums that do not fit
    kind: flasharray
    versions: {from: 6.4.0, before: 6.6.10}
    severity: 2
    needs: [alerts]
    when: {alert: {code: [60], type: [nvram]}}
    advice: Upgrade before the module is replaced.
    fixed_in: 6.6.10
    must:
      - {name: the first, version: 6.4.0, alerts: [{code: 60, type: nvram, state: open}]}
      - {name: the last, version: 6.6.9, alerts: [{code: 60, type: nvram, state: open}]}
    must_not:
      - {name: fixed, version: 6.6.10, alerts: [{code: 60, type: nvram, state: open}]}
      - {name: older, version: 6.3.17, alerts: [{code: 60, type: nvram, state: open}]}
      - {name: over, version: 6.6.3, alerts: [{code: 60, type: nvram, state: closed}]}
      - {name: a drive, version: 6.6.3, alerts: [{code: 60, type: drive, state: open}]}
      - {name: another kind, kind: flashblade, version: 6.6.3, alerts: [{code: 60, type: nvram, state: open}]}
    cannot:
      - {name: no version, alerts: [{code: 60, type: nvram, state: open}]}
      - {name: a version nobody knows, version: 6.6.x, alerts: [{code: 60, type: nvram, state: open}]}
      - {name: no alerts, version: 6.6.3, without: [alerts]}
`

func TestRulesAreHeldToTheirExamples(t *testing.T) {
	rules, err := triage.Parse("r.yaml", []byte(versioned))
	require.NoError(t, err)
	require.Equal(t, "versions from 6.4.0 and before 6.6.10", rules[0].Versions.String())
	for name, c := range map[string]struct{ from, to, says string }{
		"finds too little":        {"name: the last, version: 6.6.9", "name: the last, version: 6.6.11", `example "the last": not found, want found`},
		"finds too much":          {"name: fixed, version: 6.6.10", "name: fixed, version: 6.6.9", `example "fixed": found, want not found`},
		"says more than it may":   {"name: no version, alerts", "name: no version, version: 6.5.0, alerts", `example "no version": found, want could not check`},
		"no id":                   {"id: nvram-crc", "id: NVRAM crc", "small letters"},
		"no such severity":        {"severity: 2", "severity: 5", "want 1 to 4"},
		"an unknown key":          {"fixed_in: 6.6.10", "fixed: 6.6.10", "fixed"},
		"versions upside down":    {"{from: 6.4.0, before: 6.6.10}", "{from: 6.6.10, before: 6.4.0}", "are none"},
		"a version of words":      {"{from: 6.4.0, before: 6.6.10}", "{from: six}", "want numbers with dots"},
		"an unknown kind":         {"kind: flasharray", "kind: flashgordon", "want flasharray or flashblade"},
		"nothing it cannot check": {"    cannot:\n", "    cannot: []\n    x:\n", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, versioned, c.from)
			_, err := triage.Parse("r.yaml", []byte(strings.Replace(versioned, c.from, c.to, 1)))
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err = triage.Parse("r.yaml", []byte(versioned+strings.TrimPrefix(versioned, "rules:\n")))
	require.ErrorContains(t, err, "stands twice")
	head, _, _ := strings.Cut(versioned, "    cannot:")
	_, err = triage.Parse("r.yaml", []byte(head))
	require.ErrorContains(t, err, "it needs an example it cannot check")
	head, _, _ = strings.Cut(versioned, "    must_not:")
	_, err = triage.Parse("r.yaml", []byte(head))
	require.ErrorContains(t, err, "one it must not")
	_, err = triage.Parse("r.yaml", []byte("rules:\n  - {id: all, title: t, advice: a, severity: 1, must: [{name: a}], must_not: [{name: b}]}\n"))
	require.ErrorContains(t, err, "it would find everything")
}
