package redact_test

import (
	"strings"
	"testing"

	"darksite/bundle/redact"
	"darksite/bundle/redact/rules"

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
	const rule = "\nhit: a -> a\nmiss: b\n"
	for name, c := range map[string]struct{ text, want string }{
		"unknown word":            {"id: x\nkeeps: y", "policy.txt:2: unknown word"},
		"no id":                   {"keep: y", "policy.txt: no id"},
		"bad version":             {"# a remark\nid: x\nversion: two", "policy.txt:3: version"},
		"strict by half":          {"id: x\nstrict: Yes", "policy.txt:2: strict"},
		"strict with a remark":    {"id: x\nstrict: yes # for now", "policy.txt:2: strict"},
		"no cases":                {"id: x\n---\nid: r\nkind: word", "policy.txt:3: rule r: a rule needs at least one hit and one miss"},
		"no hit":                  {"id: x\n---\nid: r\nkind: word\nmiss: b", "at least one hit and one miss"},
		"no miss":                 {"id: x\n---\nid: r\nkind: word\nhit: a -> a", "at least one hit and one miss"},
		"an error in a rule":      {"id: x\n\n---\nid: r\nkind: word" + rule + "---\n\nid: r2\nkinds: word", "policy.txt:11: unknown word"},
		"an error behind CR LF":   {"id: x\r\n---\r\nid: r\r\nkind: colour\r\n", "policy.txt:4: unknown kind"},
		"two rules of one name":   {"id: x\n---\nid: r\nkind: word" + rule + "---\nid: r\nkind: word" + rule, "policy.txt:8: a second rule named r"},
		"a pattern for addresses": {"id: x\n---\nid: r\nkind: ipv4\npattern: PRJ-[0-9]+" + rule, "kind must be secret or a sort of name"},
		"UTF-16":                  {"\xff\xfei\x00d\x00:\x00", "not a text in UTF-8"},
		"Latin-1":                 {"id: x\nkeep: m\xfcller", "not a text in UTF-8"},
		"place of a bad pattern":  {"id: x\n---\nid: r\nkind: word\n  pattern:  PRJ-[0-9]{4,2}" + rule, "policy.txt:5:22: pattern refused: invalid repeat count: {4,2}"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := redact.ParsePolicy("policy.txt", c.text)
			require.ErrorContains(t, err, c.want)
		})
	}
	p, err := redact.ParsePolicy("policy", "\ufeffid: x\r\nstrict: yes\r\n --- \r\nid: r\r\nkind: word\r\npattern: ZZ[0-9]+\r\nhit: a YY1 -> YY1\r\nmiss: b\r\n")
	require.NoError(t, err)
	require.True(t, p.Strict)
	_, err = redact.New(redact.Options{Key: testKey, Policy: p})
	require.ErrorContains(t, err, "is not found", "a rule that fails its own cases")
	p.Rules[0].Hits, p.Rules[0].Misses = []rules.Hit{{Line: "see ZZ1", Text: "ZZ1"}}, []string{"see ZZ2"}
	_, err = redact.New(redact.Options{Key: testKey, Policy: p})
	require.ErrorContains(t, err, "must stay", "a rule that hits its own miss")
	p.Rules = make([]rules.Rule, 101)
	_, err = redact.New(redact.Options{Key: testKey, Policy: p})
	require.ErrorContains(t, err, "at most 100")
}

// TestARuleOfASiteCannotUncoverSecrets tries to turn what is masked for good into a
// name, which the map would lead back from.
func TestARuleOfASiteCannotUncoverSecrets(t *testing.T) {
	for name, statement := range map[string]string{
		"a key":            "keys: password",
		"a longer key":     "keys: db-password",
		"a whole key":      "keys: ^password",
		"an end":           "ends: mypassword",
		"a prefix":         "prefix: ghp_ 30 word",
		"a shorter prefix": "prefix: gh 30 word",
		"a longer prefix":  "prefix: ghp_abc 30 word",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := redact.ParsePolicy("policy", "id: x\n---\nid: r\nkind: org\n"+statement+"\nhit: a -> a\nmiss: b\n")
			require.NoError(t, err)
			_, err = redact.New(redact.Options{Key: testKey, Policy: p})
			require.ErrorContains(t, err, "masked for good")
		})
	}
	p, err := redact.ParsePolicy("policy", "id: x\nkeep: Wq8zero-p1 10.9.8.7 hunter\n---\nid: r\nkind: org\npattern: Wq8[a-z]{4}[a-z0-9-]*\nhit: see Wq8zero-p2 -> Wq8zero-p2\nmiss: b\n")
	require.NoError(t, err)
	g := newGate(t, redact.Options{Policy: p})
	got := redactFile(t, g, "password=Wq8zero-p1\nthe token: Wq8zero-p3, from 10.9.8.7 with 1 line\nuser=hunter password=hunter\n")
	require.NotContains(t, got, "Wq8zero")
	require.NotContains(t, got, "10.9.8.7", "a keep-list is for words")
	require.Contains(t, got, "user=hunter password=masked-secret", "a word that stays is masked where it is a secret")
	for e := range g.Map().All() {
		require.NotContains(t, e.Original, "Wq8zero-p1", "a secret is in no map")
	}
}

// TestTheWordListGoesBeforeTheKeepList hides a word that both lists name.
func TestTheWordListGoesBeforeTheKeepList(t *testing.T) {
	p, err := redact.ParsePolicy("policy", "id: x\nkeep: kestrel Hedwig")
	require.NoError(t, err)
	got := redactFile(t, newGate(t, redact.Options{Policy: p, Words: []string{"hedwig"}, Known: []redact.Known{{Kind: redact.Host, Value: "kestrel"}}}), "user=hedwig HEDWIG host=kestrel\n")
	require.NotContains(t, strings.ToLower(got), "hedwig")
	require.Contains(t, got, "host=kestrel", "what was loosened is loosened")
}
