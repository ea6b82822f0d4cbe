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
		"unknown word":            {"id: x\nkeeps: y", "policy.txt:2:1: unknown word"},
		"no id":                   {"keep: y", "policy.txt:1:1: no id"},
		"bad version":             {"# a remark\nid: x\nversion: two", "policy.txt:3:1: version"},
		"strict by half":          {"id: x\nstrict: Yes", "policy.txt:2:1: strict"},
		"strict with a remark":    {"id: x\nstrict: yes # for now", "policy.txt:2:1: strict"},
		"no cases":                {"id: x\n---\nid: r\nkind: word", "policy.txt:3:1: rule r: a rule needs at least one hit and one miss"},
		"no hit":                  {"id: x\n---\nid: r\nkind: word\nmiss: b", "at least one hit and one miss"},
		"no miss":                 {"id: x\n---\nid: r\nkind: word\nhit: a -> a", "at least one hit and one miss"},
		"an error in a rule":      {"id: x\n\n---\nid: r\nkind: word" + rule + "---\n\nid: r2\nkinds: word", "policy.txt:11:1: unknown word"},
		"an error behind CR LF":   {"id: x\r\n---\r\nid: r\r\nkind: colour\r\n", "policy.txt:4:1: unknown kind"},
		"two rules of one name":   {"id: x\n---\nid: r\nkind: word" + rule + "---\nid: r\nkind: word" + rule, "policy.txt:8:1: a second rule named r"},
		"a pattern for addresses": {"id: x\n---\nid: r\nkind: ipv4\npattern: PRJ-[0-9]+" + rule, "kind must be secret or a sort of name"},
		"UTF-16":                  {"\xff\xfei\x00d\x00:\x00", "policy.txt:1:1: not a text in UTF-8"},
		"Latin-1":                 {"id: x\nkeep: m\xfcller", "policy.txt:2:8: not a text in UTF-8"},
		"no colon":                {"id: x\n  keep kestrel", "policy.txt:2:3: no colon"},
		"the default's name":      {"id: default", `policy.txt:1:1: id "default"`},
		"a name of two words":     {"id: lyon three", `policy.txt:1:1: id "lyon three"`},
		"a name without end":      {"id: " + strings.Repeat("x", 41), "policy.txt:1:1: id"},
		"no word to keep":         {"id: x\nkeep: kestrel --", `policy.txt:2:1: keep: "--" is no word`},
		"more than one can read":  {"id: x\nkeep:" + strings.Repeat(" w", 201), "policy.txt:2:1: more than 200 words"},
		"place of a bad pattern":  {"id: x\n---\nid: r\nkind: word\n  pattern:  PRJ-[0-9]{4,2}" + rule, "policy.txt:5:22: pattern refused: invalid repeat count: {4,2}"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := redact.ParsePolicy("policy.txt", c.text)
			require.ErrorContains(t, err, c.want)
		})
	}
	failing, err := redact.ParsePolicy("policy.txt", "id: x\n---\nid: r\nkind: word\npattern: ZZ[0-9]+\nhit: see ZZ1 -> ZZ1\n  hit: a YY1 -> YY1\nmiss: b\n")
	require.NoError(t, err)
	_, err = redact.New(redact.Options{Key: testKey, Policy: failing})
	require.ErrorContains(t, err, `policy.txt:7:3: rule r: "YY1" is not found`)
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
			require.ErrorContains(t, err, "policy:5:1: ")
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

// TestAPolicyIsFixedByWhatItSays holds the digest to the content: to no remark and
// to no name of the file, but to each word.
func TestAPolicyIsFixedByWhatItSays(t *testing.T) {
	digest := func(name, text string, words ...string) string {
		p, err := redact.ParsePolicy(name, text)
		require.NoError(t, err)
		return string(newGate(t, redact.Options{Policy: p, Words: words}).Policy().SHA256)
	}
	was := digest("a", sitePolicy, "Hedwig")
	require.Equal(t, was, digest("b", "# another remark\n\n"+sitePolicy, "Hedwig"))
	for name, text := range map[string]string{
		"a word that stays": strings.Replace(sitePolicy, "kestrel", "kestrel falcon", 1),
		"the version":       strings.Replace(sitePolicy, "version: 3", "version: 4", 1),
		"a pattern":         strings.Replace(sitePolicy, "{4,8}", "{4,9}", 1),
		"a key":             strings.Replace(sitePolicy, "server-room", "server-room rack", 1),
	} {
		require.NotEqual(t, was, digest("a", text, "Hedwig"), name)
	}
	require.NotEqual(t, was, digest("a", sitePolicy), "the word list")
}

// A person whom the manifest names is called the same in the text, or the desk could
// not tell who asks for support; the domain of the mailbox is hidden as everywhere.
func TestNamesToldInClearStay(t *testing.T) {
	const text = `{"primary":{"id":"mdurand","name":"Marie Durand","mail":"mdurand@lumiere.example"},"by":"ppetit"}
Nov 23 08:00:01 stor-fr sshd[811]: Accepted publickey for mdurand from 10.4.7.9 port 50122 ssh2
Nov 23 08:00:02 stor-fr sshd[812]: Accepted publickey for ppetit from 10.4.7.9 port 50123 ssh2
`
	out := redactFile(t, newGate(t, redact.Options{Public: []string{"mdurand"}}), text)
	require.Contains(t, out, `"id":"mdurand"`)
	require.Contains(t, out, "publickey for mdurand from")
	require.NotContains(t, out, "lumiere")
	require.NotContains(t, out, "ppetit")
	require.NotContains(t, redactFile(t, newGate(t, redact.Options{}), text), "mdurand")
	out = redactFile(t, newGate(t, redact.Options{Public: []string{"mdurand"}, Words: []string{"mdurand"}}), text)
	require.NotContains(t, out, "mdurand", "what an officer hides is hidden")
}
