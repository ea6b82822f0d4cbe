package reply_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/reply"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

type parties struct {
	vendor roster.Vendor
	site   *age.HybridIdentity
	other  *age.HybridIdentity
	keys   map[string]sign.Signer
}

func meet(t *testing.T) parties {
	t.Helper()
	p := parties{keys: map[string]sign.Signer{}}
	var err error
	p.site, err = age.GenerateHybridIdentity()
	require.NoError(t, err)
	p.other, err = age.GenerateHybridIdentity()
	require.NoError(t, err)
	p.vendor = roster.Vendor{Name: "Vendor", Version: 1, Intake: []string{p.other.Recipient().String()}}
	for _, id := range []string{"ruth", "sam", "stranger"} {
		private, public, err := sign.GenerateKey(nil, id, nil)
		require.NoError(t, err)
		p.keys[id], err = sign.ParsePrivateKey(private, nil)
		require.NoError(t, err)
		if id != "stranger" {
			p.vendor.People = append(p.vendor.People, roster.Person{ID: id, Name: id, Role: roster.Replier, Key: public})
		}
	}
	return p
}

func first() reply.Reply {
	return reply.Reply{
		Audience: "S042", Seq: 1, Issued: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		Receipts: []reply.Receipt{{BID: "S042-000001", Sealed: bundle.DigestOf([]byte("x"))}},
		Items:    []reply.Item{{Kind: reply.Ack, Case: "T-ABCDEFGH22", Number: "00012345", Severity: 2, Engineer: "R. Ney", Text: "the drive is dead"}},
	}
}

func build(t *testing.T, p parties, r reply.Reply, by ...string) reply.Built {
	t.Helper()
	var keys []sign.Signer
	for _, id := range by {
		keys = append(keys, p.keys[id])
	}
	b, err := reply.Build(r, keys, p.site.Recipient().String())
	require.NoError(t, err)
	return b
}

func TestRoundTrip(t *testing.T) {
	p := meet(t)
	b := build(t, p, first(), "ruth", "sam")
	got, err := reply.Open(b.File, []age.Identity{p.site}, "S042", p.vendor)
	require.NoError(t, err)
	require.Equal(t, first(), got.Reply)
	require.Equal(t, b.Hash, got.Hash)
	require.Len(t, got.Signers, 2)
	require.Equal(t, "R-S042-000001.reply", got.FileName())
	require.NotContains(t, string(b.File), "00012345", "what is carried is sealed")
}

func TestACardIsCarried(t *testing.T) {
	p := meet(t)
	card, err := p.vendor.Encode()
	require.NoError(t, err)
	r := first()
	r.Card = card
	got, err := reply.Open(build(t, p, r, "ruth", "sam").File, []age.Identity{p.site}, "S042", p.vendor)
	require.NoError(t, err)
	require.Equal(t, r, got.Reply)
	r.Items, r.Receipts = nil, nil
	_, err = reply.Build(r, []sign.Signer{p.keys["ruth"], p.keys["sam"]}, p.site.Recipient().String())
	require.NoError(t, err, "a card alone says enough")
	r.Card = append(card, '\n')
	_, err = reply.Build(r, []sign.Signer{p.keys["ruth"], p.keys["sam"]}, p.site.Recipient().String())
	require.ErrorContains(t, err, "vendor.txt")
}

func TestRulesAndRunbooksAreCarried(t *testing.T) {
	p := meet(t)
	r := first()
	r.Rules, r.Pack = []byte("rules: []\n"), []byte("a pack")
	r.Roster = reply.Roster{Version: 3, SHA256: bundle.DigestOf([]byte("roster"))}
	good := build(t, p, r, "ruth", "sam").File
	got, err := reply.Open(good, []age.Identity{p.site}, "S042", p.vendor)
	require.NoError(t, err)
	require.Equal(t, r, got.Reply)
	members := untar(t, unseal(t, good, p.site))
	require.Len(t, members, 6)
	for name, list := range map[string][]body{
		"another text of rules": append(slices.Clone(members[:4]), body{"rules.yaml", []byte("off: []\n")}, members[5]),
		"rules left out":        append(slices.Clone(members[:4]), members[5]),
		"another order":         append(slices.Clone(members[:4]), members[5], members[4]),
		"the pack twice":        append(slices.Clone(members), members[5]),
		"a program":             append(slices.Clone(members), body{"run.sh", []byte("#!/bin/sh\n")}),
		"a path":                append(slices.Clone(members[:5]), body{"../runbooks.pack", members[5].body}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reply.Open(reseal(t, tarOf(t, list), p.site), []age.Identity{p.site}, "S042", p.vendor)
			require.ErrorIs(t, err, reply.ErrRefused)
		})
	}
	r.Items, r.Receipts, r.Pack = nil, nil, nil
	_, err = reply.Build(r, []sign.Signer{p.keys["ruth"], p.keys["sam"]}, p.site.Recipient().String())
	require.NoError(t, err, "rules alone say enough")
	r.Roster.Version = -1
	_, err = reply.Build(r, []sign.Signer{p.keys["ruth"], p.keys["sam"]}, p.site.Recipient().String())
	require.ErrorContains(t, err, "roster")
}

// tarOf writes members as a reply does.
func tarOf(t *testing.T, members []body) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		require.NoError(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: m.name, Size: int64(len(m.body)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}))
		_, err := w.Write(m.body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestBuildRefuses(t *testing.T) {
	p := meet(t)
	recipient := p.site.Recipient().String()
	two := []sign.Signer{p.keys["ruth"], p.keys["sam"]}
	cases := []struct {
		name string
		by   []sign.Signer
		to   string
		want string
	}{
		{"nobody", nil, recipient, "2 different signers"},
		{"one signer", two[:1], recipient, "2 different signers"},
		{"one signer twice", []sign.Signer{two[0], two[0]}, recipient, "2 different signers"},
		{"three signers", append(two[:2:2], p.keys["stranger"]), recipient, "2 different signers"},
		{"a classic recipient", two, "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", "recipient"},
		{"no recipient", two, "", "recipient"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := reply.Build(first(), c.by, c.to)
			require.ErrorContains(t, err, c.want)
		})
	}
	t.Run("more than a pack holds", func(t *testing.T) {
		r := first()
		r.Items = nil
		for range reply.MaxItems {
			r.Items = append(r.Items, comment(strings.Repeat("\U00020000", 4000)))
		}
		_, err := reply.Build(r, two, recipient)
		require.ErrorContains(t, err, "answer in two")
	})
}

func comment(text string) reply.Item {
	return reply.Item{Kind: reply.Comment, Case: "00012345", Engineer: "R. Ney", Text: text}
}

func need(it *reply.Item) {
	*it = reply.Item{Kind: reply.Need, Case: "00012345", Profile: "quick", Window: "6h", Text: "the log of the other controller"}
}

func instruction(it *reply.Item) {
	*it = reply.Item{Kind: reply.Instruction, Case: "00012345", Risk: reply.RiskNone, Text: "1. Look at the lamp of CH0.BAY7.", Expect: "it is amber", Rollback: "nothing was changed"}
}

// What a reply may not say is refused by who writes it and by who reads it.
func TestContent(t *testing.T) {
	p := meet(t)
	item := func(edit func(it *reply.Item)) func(r *reply.Reply) {
		return func(r *reply.Reply) { edit(&r.Items[0]) }
	}
	cases := []struct {
		name string
		edit func(r *reply.Reply)
		want string // "" when it may be said
	}{
		{"as it is", func(*reply.Reply) {}, ""},
		{"no audience", func(r *reply.Reply) { r.Audience = "" }, "audience"},
		{"an audience that is a path", func(r *reply.Reply) { r.Audience = "../S042" }, "audience"},
		{"number zero", func(r *reply.Reply) { r.Seq = 0 }, "audience, sequence"},
		{"a second reply without the hash of the first", func(r *reply.Reply) { r.Seq = 2 }, "audience, sequence"},
		{"a first reply with a hash before it", func(r *reply.Reply) { r.Prev = string(bundle.DigestOf(nil)) }, "audience, sequence"},
		{"a hash that is none", func(r *reply.Reply) { r.Seq, r.Prev = 2, "abc" }, "audience, sequence"},
		{"nothing", func(r *reply.Reply) { r.Items, r.Receipts = nil, nil }, "it says nothing"},
		{"a receipt alone", func(r *reply.Reply) { r.Items = nil }, ""},
		{"an item alone", func(r *reply.Reply) { r.Receipts = nil }, ""},
		{"a receipt of another site", func(r *reply.Reply) { r.Receipts[0].BID = "S043-000001" }, "receipt"},
		{"a receipt of a path", func(r *reply.Reply) { r.Receipts[0].BID = "S042-../../x" }, "receipt"},
		{"a receipt of an oddly written bundle", func(r *reply.Reply) { r.Receipts[0].BID = "S042-1" }, "receipt"},
		{"a receipt of nothing", func(r *reply.Reply) { r.Receipts[0].BID = "" }, "receipt"},
		{"a receipt without a digest", func(r *reply.Reply) { r.Receipts[0].Sealed = "x" }, "receipt"},
		{"too many items", func(r *reply.Reply) {
			for range reply.MaxItems {
				r.Items = append(r.Items, comment("x"))
			}
		}, "201 items, at most 200"},
		{"a short number", item(func(it *reply.Item) { it.Number = "123" }), "item 1: number"},
		{"no case", item(func(it *reply.Item) { it.Case = "" }), "names no case"},
		{"a case that is a path", item(func(it *reply.Item) { it.Case = "../T-A" }), "names no case"},
		{"a case with an escape", item(func(it *reply.Item) { it.Case = "T-\x1b[2JAAAA" }), `"T-\x1b[2JAAAA" names no case`},
		{"an unknown kind", item(func(it *reply.Item) { it.Kind = "script" }), "unknown kind"},
		{"an acknowledgement without a number", item(func(it *reply.Item) { it.Number = "" }), "an acknowledgement needs"},
		{"an acknowledgement without a severity", item(func(it *reply.Item) { it.Severity = 0 }), "an acknowledgement needs"},
		{"an acknowledgement without a diagnosis", item(func(it *reply.Item) { it.Text = " \n" }), "an acknowledgement needs"},
		{"severity five", item(func(it *reply.Item) { it.Severity = 5 }), "severity 5"},
		{"a negative severity", item(func(it *reply.Item) { it.Severity = -1 }), "severity -1"},
		{"lines and tabs", item(func(it *reply.Item) { it.Text = "one\n\ttwo\u00a0: é" }), ""},
		{"an escape in the text", item(func(it *reply.Item) { it.Text = "a\x1b]0;x\a" }), "item 1: text"},
		{"a carriage return in the text", item(func(it *reply.Item) { it.Text = "dead\ralive" }), "item 1: text"},
		{"text that turns around", item(func(it *reply.Item) { it.Text = "\u202edaed" }), "item 1: text"},
		{"a C1 control in the text", item(func(it *reply.Item) { it.Text = "a\u009b2J" }), "item 1: text"},
		{"text that is none", item(func(it *reply.Item) { it.Text = "a\xff" }), "is not UTF-8"},
		{"4,000 characters", item(func(it *reply.Item) { it.Text = strings.Repeat("é", 4000) }), ""},
		{"4,001 characters", item(func(it *reply.Item) { it.Text = strings.Repeat("é", 4001) }), "item 1: text"},
		{"an engineer of two lines", item(func(it *reply.Item) { it.Engineer = "R.\nNey" }), "name of the engineer"},
		{"an engineer of many words", item(func(it *reply.Item) { it.Engineer = strings.Repeat("R", 65) }), "name of the engineer"},
		{"an empty comment", func(r *reply.Reply) { r.Items = append(r.Items, comment("\t")) }, "item 2: a comment needs text"},
		{"a time", item(func(it *reply.Item) { it.At = "2026-11-22T10:00:00Z" }), ""},
		{"a time in another zone", item(func(it *reply.Item) { it.At = "2026-11-22T10:00:00+01:00" }), "want RFC 3339 in UTC"},
		{"a time that is none", item(func(it *reply.Item) { it.At = "noon" }), "want RFC 3339 in UTC"},
		{"a raised severity", item(func(it *reply.Item) { *it = reply.Item{Kind: reply.Severity, Case: "00012345", Severity: 1} }), ""},
		{"raised to nothing", item(func(it *reply.Item) { *it = reply.Item{Kind: reply.Severity, Case: "00012345"} }), "needs the severity"},
		{"a need", item(need), ""},
		{"a need of a command", item(func(it *reply.Item) { need(it); it.Profile = "quick; rm -rf /" }), "word of a profile"},
		{"a need of an option", item(func(it *reply.Item) { need(it); it.Window = "6h --yes" }), "word of a profile"},
		{"a need for no reason", item(func(it *reply.Item) { need(it); it.Text = "" }), "says why"},
		{"an instruction", item(instruction), ""},
		{"an instruction without a way back", item(func(it *reply.Item) { instruction(it); it.Rollback = " " }), "how to take it back"},
		{"an instruction without a risk", item(func(it *reply.Item) { instruction(it); it.Risk = "" }), "an instruction needs"},
		{"an instruction of another risk", item(func(it *reply.Item) { instruction(it); it.Risk = "some" }), "an instruction needs"},
		{"an escape in what to expect", item(func(it *reply.Item) { instruction(it); it.Expect = "\x1b[2J" }), "can be shown"},
		{"a part", item(func(it *reply.Item) {
			*it = reply.Item{Kind: reply.Part, Case: "00012345", Text: "drive for CH0.BAY7, shipped"}
		}), ""},
		{"a part without words", item(func(it *reply.Item) { *it = reply.Item{Kind: reply.Part, Case: "00012345"} }), "part needs words"},
		{"advice", item(func(it *reply.Item) {
			*it = reply.Item{Kind: reply.Advice, Case: "00012345", FixedIn: "6.6.10", Text: "upgrade"}
		}), ""},
		{"advice of no version", item(func(it *reply.Item) {
			*it = reply.Item{Kind: reply.Advice, Case: "00012345", FixedIn: "six", Text: "upgrade"}
		}), "version such as"},
		{"a question for the end", item(func(it *reply.Item) {
			*it = reply.Item{Kind: reply.Confirm, Case: "00012345", Text: "the rebuild has ended"}
		}), ""},
		{"a survey", item(func(it *reply.Item) { *it = reply.Item{Kind: reply.Survey, Case: "00012345", Text: "how was it?"} }), ""},
		{"an empty item", func(r *reply.Reply) { r.Items = append(r.Items, reply.Item{}) }, "item 2:"},
		{"a status", func(r *reply.Reply) {
			r.Items = append(r.Items, reply.Item{Kind: reply.Status, Case: "00012345", Status: "awaiting on customer"})
		}, ""},
		{"a status without one", func(r *reply.Reply) {
			r.Items = append(r.Items, reply.Item{Kind: reply.Status, Case: "00012345", Status: " "})
		}, "item 2: a change of status"},
		{"a status with an escape", func(r *reply.Reply) {
			r.Items = append(r.Items, reply.Item{Kind: reply.Status, Case: "00012345", Status: "\x1b[2J"})
		}, `status "\x1b[2J"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := first()
			c.edit(&r)
			b, err := reply.Build(r, []sign.Signer{p.keys["ruth"], p.keys["sam"]}, p.site.Recipient().String())
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				require.NotContains(t, err.Error(), "\x1b")
				return
			}
			require.NoError(t, err)
			got, err := reply.Open(b.File, []age.Identity{p.site}, "S042", p.vendor)
			require.NoError(t, err)
			if r.Items == nil {
				r.Items = []reply.Item{}
			}
			require.Equal(t, r, got.Reply)
		})
	}
}

// Two people of the vendor could sign a pack of their own making: what Build
// refuses, Open refuses.
func TestOpenHoldsSignedContentToTheSameRules(t *testing.T) {
	p := meet(t)
	plain := unseal(t, build(t, p, first(), "ruth", "sam").File, p.site)
	forge := func(from, to string) []byte {
		members := untar(t, plain)
		items := bytes.Replace(members[3].body, []byte(from), []byte(to), 1)
		require.NotEqual(t, members[3].body, items)
		text := members[0].body[:bytes.LastIndex(members[0].body, []byte("member:"))]
		text = fmt.Appendf(bytes.Clone(text), "member: %s %d items.json\n", bundle.DigestOf(items), len(items))
		members[0].body, members[3].body = text, items
		for i, id := range []string{"ruth", "sam"} {
			sig, err := p.keys[id].Sign(sign.Reply, text)
			require.NoError(t, err)
			members[i+1].body = sig
		}
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, m := range members {
			require.NoError(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: m.name, Mode: 0o644, Size: int64(len(m.body)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}))
			_, err := w.Write(m.body)
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		return reseal(t, b.Bytes(), p.site)
	}
	_, err := reply.Open(forge("the drive", "the other drive"), []age.Identity{p.site}, "S042", p.vendor)
	require.NoError(t, err, "the forge itself is sound")
	for name, c := range map[string][3]string{
		"an escape":       {"the drive", `the\u001b[2Jdrive`, "item 1: text"},
		"an unknown kind": {`"ack"`, `"script"`, "unknown kind"},
		"a path":          {"T-ABCDEFGH22", "T-ABC/../H22", "names no case"},
		"an unknown key":  {`"case"`, `"casa"`, "items.json"},
		"a second list":   {"the drive", "the drive\"}], \"x\": [{\"", "items.json"},
		"another number":  {"00012345", "0001234x", "item 1: number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reply.Open(forge(c[0], c[1]), []age.Identity{p.site}, "S042", p.vendor)
			require.ErrorIs(t, err, reply.ErrRefused)
			require.ErrorContains(t, err, c[2])
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	p := meet(t)
	good := build(t, p, first(), "ruth", "sam").File
	flipped := bytes.Clone(good)
	flipped[len(flipped)-20] ^= 1
	revoked := p.vendor
	revoked.Revoked = []roster.Revocation{{KeyID: p.keys["sam"].Public().ID(), After: 0}}
	same := p.vendor
	same.People = []roster.Person{p.vendor.People[0]}
	cases := []struct {
		name string
		file []byte
		ids  []age.Identity
		site string
		v    roster.Vendor
		want string
	}{
		{"another site", good, []age.Identity{p.site}, "S043", p.vendor, "for site S042"},
		{"another identity", good, []age.Identity{p.other}, "S042", p.vendor, "decrypt"},
		{"a changed byte", flipped, []age.Identity{p.site}, "S042", p.vendor, "decrypt"},
		{"cut", good[:len(good)-1], []age.Identity{p.site}, "S042", p.vendor, "decrypt"},
		{"one byte more", append(bytes.Clone(good), 0), []age.Identity{p.site}, "S042", p.vendor, "decrypt"},
		{"not sealed", []byte("hello"), []age.Identity{p.site}, "S042", p.vendor, "not a sealed reply"},
		{"empty", nil, []age.Identity{p.site}, "S042", p.vendor, "not a sealed reply"},
		{"too large", make([]byte, reply.MaxBytes+1), []age.Identity{p.site}, "S042", p.vendor, "at most"},
		{"a stranger among the signers", build(t, p, first(), "ruth", "stranger").File, []age.Identity{p.site}, "S042", p.vendor, "not on the roster"},
		{"a revoked key", good, []age.Identity{p.site}, "S042", revoked, "revoked"},
		{"a card with one of the two", good, []age.Identity{p.site}, "S042", same, "not on the roster"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := reply.Open(c.file, c.ids, c.site, c.v)
			require.ErrorIs(t, err, reply.ErrRefused)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// What an insider with the site's public key could seal by hand.
func TestOpenRefusesForgedArchives(t *testing.T) {
	p := meet(t)
	plain := unseal(t, build(t, p, first(), "ruth", "sam").File, p.site)
	_, err := reply.Open(reseal(t, plain, p.site), []age.Identity{p.site}, "S042", p.vendor)
	require.NoError(t, err, "the plain archive is what was read")

	members := untar(t, plain)
	retar := func(edit func(h *tar.Header, body []byte) []byte) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, m := range members {
			h := tar.Header{Typeflag: tar.TypeReg, Name: m.name, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
			body := edit(&h, m.body)
			h.Size = int64(len(body))
			require.NoError(t, w.WriteHeader(&h))
			_, err := w.Write(body)
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		return b.Bytes()
	}
	cases := map[string][]byte{
		"bytes behind the end": append(bytes.Clone(plain), make([]byte, 512)...),
		"a time in a header": retar(func(h *tar.Header, b []byte) []byte {
			h.ModTime = time.Unix(7, 0)
			return b
		}),
		"another mode": retar(func(h *tar.Header, b []byte) []byte { h.Mode = 0o755; return b }),
		"a PAX comment": retar(func(h *tar.Header, b []byte) []byte {
			h.Format, h.PAXRecords = tar.FormatPAX, map[string]string{"comment": "hidden"}
			return b
		}),
		"another number": retar(func(_ *tar.Header, b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("00012345"), []byte("00099999"))
		}),
		"another site in the text": retar(func(_ *tar.Header, b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("audience: S042"), []byte("audience: S043"))
		}),
		"a member less": func() []byte {
			keep := members
			members = members[:2]
			defer func() { members = keep }()
			return retar(func(_ *tar.Header, b []byte) []byte { return b })
		}(),
		"one of the two has signed twice": func() []byte {
			keep := members
			members = []body{members[0], members[1], members[1], members[3]}
			defer func() { members = keep }()
			return retar(func(_ *tar.Header, b []byte) []byte { return b })
		}(),
		"names exchanged": retar(func(h *tar.Header, b []byte) []byte {
			h.Name = strings.Replace(h.Name, "items.json", "items.yaml", 1)
			return b
		}),
		"nothing": make([]byte, 1024),
	}
	for name, archive := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := reply.Open(reseal(t, archive, p.site), []age.Identity{p.site}, "S042", p.vendor)
			require.ErrorIs(t, err, reply.ErrRefused)
		})
	}
}

func TestOrder(t *testing.T) {
	at := func(seq int64, prev, hash string) reply.Opened {
		return reply.Opened{Reply: reply.Reply{Seq: seq, Prev: prev}, Hash: hash}
	}
	cases := []struct {
		name    string
		o       reply.Opened
		missing int64
		want    error
	}{
		{"the next", at(6, "h5", "h6"), 0, nil},
		{"two are missing", at(8, "h7", "h8"), 2, nil},
		{"the same again", at(5, "h4", "h5"), 0, reply.ErrApplied},
		{"an older one", at(4, "h3", "h4"), 0, reply.ErrRefused},
		{"another of the same number", at(5, "h4", "x"), 0, reply.ErrRefused},
		{"another predecessor", at(6, "x", "h6"), 0, reply.ErrRefused},
		{"a great leap", at(2000, "x", "y"), 0, reply.ErrRefused},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			missing, err := reply.Order(c.o, 5, "h5")
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.missing, missing)
		})
	}
}

func FuzzOpen(f *testing.F) {
	site, err := age.GenerateHybridIdentity()
	require.NoError(f, err)
	f.Add([]byte("REPLY.txt"), true)
	f.Add(make([]byte, 1024), true)
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed {
			data = reseal(t, data, site)
		}
		_, err := reply.Open(data, []age.Identity{site}, "S042", roster.Vendor{})
		require.Error(t, err, "nobody has signed this")
	})
}

type body struct {
	name string
	body []byte
}

func untar(t *testing.T, data []byte) []body {
	t.Helper()
	var out []body
	r := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		require.NoError(t, err)
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		out = append(out, body{h.Name, b})
	}
}

func unseal(t *testing.T, file []byte, id age.Identity) []byte {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(file), id)
	require.NoError(t, err)
	plain, err := io.ReadAll(r)
	require.NoError(t, err)
	return plain
}

func reseal(t testing.TB, plain []byte, id *age.HybridIdentity) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, id.Recipient())
	require.NoError(t, err)
	_, err = w.Write(plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}
