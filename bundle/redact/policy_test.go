package redact_test

import (
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

const sitePolicy = `# of the site
id: lyon
version: 3
keep: kestrel
---
id: project
kind: word
why: numbers of projects
pattern: PRJ-[0-9]{4,8}
hit: see PRJ-00471 -> PRJ-00471
miss: see PRJ-12
---
id: room
kind: org
why: rooms
keys: server-room
hit: server room: Lyon 3 B -> Lyon 3 B
miss: server room: unknown
`

func TestSitePolicy(t *testing.T) {
	p, err := redact.ParsePolicy("policy", sitePolicy)
	require.NoError(t, err)
	require.Equal(t, []string{"kestrel"}, p.Loosened())
	g := newGate(t, redact.Options{Policy: p})
	got := redactFile(t, g, "see PRJ-00471 and user=kestrel and prj-00471 in words\n")
	require.NotContains(t, got, "PRJ-00471")
	require.Contains(t, got, "user=kestrel")
	require.Equal(t, "lyon", g.Policy().ID)
	require.NotEqual(t, newGate(t, redact.Options{}).Policy().SHA256, g.Policy().SHA256)
}

func TestPolicyRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"unknown word": "id: x\nkeeps: y",
		"no id":        "keep: y",
		"bad version":  "id: x\nversion: two",
		"bad rule":     "id: x\n---\nid: r\nkind: word",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := redact.ParsePolicy("policy", text)
			require.ErrorContains(t, err, "policy")
		})
	}
	for name, pattern := range map[string]string{"everything": ".*", "stand-ins": "host-[a-z0-9]+", "no expression": "(", "too long": string(make([]byte, 300))} {
		t.Run(name, func(t *testing.T) {
			p, err := redact.ParsePolicy("policy", "id: x\n---\nid: r\nkind: word\npattern: "+pattern+"\nhit: a -> a\nmiss: b\n")
			require.NoError(t, err)
			_, err = redact.New(redact.Options{Key: testKey, Policy: p})
			require.Error(t, err)
		})
	}
	p, err := redact.ParsePolicy("policy", "id: x\n---\nid: r\nkind: word\npattern: ZZ[0-9]+\nhit: a YY1 -> YY1\nmiss: b\n")
	require.NoError(t, err)
	_, err = redact.New(redact.Options{Key: testKey, Policy: p})
	require.ErrorContains(t, err, "is not found", "a rule that fails its own cases")
}
