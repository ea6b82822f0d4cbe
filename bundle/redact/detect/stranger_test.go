package detect

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"
	"darksite/bundle/redact/stranger"

	"github.com/stretchr/testify/require"
)

// suspecting makes a scanner that judges words at a level, for a site with an inventory.
func suspecting(t *testing.T, l stranger.Level, items ...Item) *Scanner {
	t.Helper()
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := Compile(rs, nil)
	require.NoError(t, err)
	judge, err := stranger.Load()
	require.NoError(t, err)
	own := func(_ pseudonym.Kind, s string) bool { return s == "user-6q1jsdh2" }
	return NewScanner(know.Suspecting(judge, l), NewInventory(items, nil), own)
}

// strangersIn are the words that only signs tell.
func strangersIn(s *Scanner, text string) (words []string) {
	found, _ := s.Scan([]byte(text), State{})
	for _, f := range found {
		if f.Rule == StrangerRule {
			words = append(words, text[f.Start:f.End])
		}
	}
	return words
}

func TestOnController(t *testing.T) {
	for name, want := range map[string]bool{
		"c1t2d0s6": true, "c12t34d5s10": true, "c1t2d0": true,
		"": false, "c1t2": false, "c1d0t2": false, "c1t2d0s": false, "c1t2d0s6x": false, "c1t2d0x6": false, "ct2d0s6": false,
	} {
		require.Equal(t, want, onController(name), name)
	}
}

// TestClientsByPort holds that a name is a host's before the port of a client in brackets,
// whatever its domain.
func TestClientsByPort(t *testing.T) {
	for text, want := range map[string][]string{
		"t UTC:qx7.mpzrh.zrhcl(57796):[x]: LOG\n": {"qx7.mpzrh.zrhcl"},
		"t UTC:qx7.mpzrh.zrhcl(5779):[x]: LOG\n":  {"qx7.mpzrh.zrhcl"},
		"t UTC:qx7.mpzrh.zrhcl(577):[x]: LOG\n":   nil,
		"t UTC:qx7.mpzrh.zrhcl(57796) [x]: LOG\n": nil,
		"t UTC:qx7mpzrh(57796):[x]: LOG\n":        nil,
		"t UTC:qx7.mpzrh.zrhcl(57796\n":           nil,
	} {
		found, _ := suspecting(t, stranger.Usual).Scan([]byte(text), State{})
		var hosts []string
		for _, f := range found {
			if f.Rule == "host" {
				hosts = append(hosts, text[f.Start:f.End])
			}
		}
		require.Equal(t, want, hosts, text)
	}
}

func TestStrangers(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a name in running text", "Proxy qxlyon07 started.\n", []string{"qxlyon07"}},
		{"a name with a domain nobody knows", "Sync from qxlyon7.mpzrh.zrhcl.\n", []string{"qxlyon7.mpzrh.zrhcl"}},
		{"a file", "Proxy qxlyon07.log started.\n", nil},
		{"everyone's words", "device eth7 is now known as sdq on controller ct0\n", nil},
		{"what a rule tells is not told again", "hostname=qxlyon07\n", nil},
		{"text in text is left to the rules", "data: bm9kZSBxeGx5b24wNyBpcyBub3cga25vd24gYXMgbWVtYmVyIDI=\n", nil},
		{"the number of a message", "254 AUDIT, [QXL-30217], INFO\n", nil},
		{"a stand-in with an option glued to it", "mysql -uuser-6q1jsdh2 -h x\n", nil},
		{"a sentence of another language", "De nieuwe schijf in de kast wordt morgen vervangen door 'qxlyon07'.\n", []string{"qxlyon07"}},
		{"a length of time", "node up for 11w4d\n", nil},
		{"a program and its process", "Proxy qxlyon07[4711]: started\n", nil},
		{"a device of the BSDs", "qxlyon07: <QX bus> on pci0\n", nil},
		{"a program, a process and a function", "Proxy qxlyon07     [4711] (do_log) info\n", nil},
		{"a device and what it is at", "/bsd: qxlyon07 at isa0 port 0x61\n", nil},
		{"a name at another", "Proxy qxlyon07 at isa0\n", []string{"qxlyon07"}},
		{"a device by its numbers", "Proxy dev8-16 started\n", nil},
		{"the unit behind an escaped dash", "Proxy qx\\x2dlyon07 started.\n", nil},
		{"of a program for its own use", "Proxy __qxlyon07 started.\n", nil},
		{"a part of a disk", "Proxy vda-part7 started.\n", nil},
		{"a character device of a disk", "Proxy ng1n2 started.\n", nil},
		{"the zone of a time", "Sun Nov 17 19:47:39.864 QXL\n", nil},
		{"the zone of a time before a year", "up since 19:47:39 QXL 2026\n", nil},
		{"a disk by its controller", "Proxy c1t2d0s6 started.\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, strangersIn(suspecting(t, stranger.Usual), c.text))
		})
	}
}

// TestTurns holds that words that take turns in one place of a chunk are counted apart.
func TestTurns(t *testing.T) {
	s := suspecting(t, stranger.Usual)
	turns := map[string]bool{}
	s.Weigh(func(int, int) stranger.See {
		return func(tag, text string) {
			if tag == "turns" {
				turns[text] = true
			}
		}
	})
	s.Scan([]byte("Proxy qxweb started.\nProxy mpgit started.\nProxy qxweb started.\nProxy zrhmail started.\nGroup mpgit stopped.\n"), State{})
	require.Equal(t, map[string]bool{"3": true, "1": true}, turns)
}

// TestStrangersAreForTheInventory holds that a word that only signs tell goes where the
// inventory has it, and stays where it has not.
func TestStrangersAreForTheInventory(t *testing.T) {
	const text = "Proxy qxlyon07 started.\n"
	for _, items := range [][]Item{nil, {{Text: "qxlyon07", Canon: "qxlyon07", Kind: pseudonym.Name}}} {
		s := suspecting(t, stranger.Usual, items...)
		found, _ := s.Scan([]byte(text), State{})
		all := s.Known([]byte(text), found)
		require.Len(t, all, len(items))
		require.False(t, slices.ContainsFunc(all, func(f Finding) bool { return f.Rule == StrangerRule }))
	}
}

func TestIsSpan(t *testing.T) {
	for word, want := range map[string]bool{"11w4d": true, "1h30m": true, "7d": true, "7D": true, "d7": false, "7dd": false, "7x": false, "7": true} {
		require.Equal(t, want, isSpan([]byte(word)), word)
	}
}

// TestSpellingIsRemembered asks for more words than are remembered, some of them alike but
// for their digits, and compares with what the judge says.
func TestSpellingIsRemembered(t *testing.T) {
	s := suspecting(t, stranger.Usual)
	r := rand.New(rand.NewPCG(5, 6))
	for range 4 << spelledLog {
		var w []byte
		for range 1 + r.IntN(18) {
			w = append(w, "aqxlN019-_."[r.IntN(11)])
		}
		if w = bytes.Trim(w, "-_."); len(w) == 0 {
			continue
		}
		weight, may := s.k.judge.Spelling(w, nil)
		for range 2 {
			got, ok := s.spelling(w)
			require.Equal(t, may, ok, "%s", w)
			require.Equal(t, weight, got, "%s", w)
		}
	}
}
