package reply_test

import (
	"archive/tar"
	"bytes"
	"io"
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

func TestBuildRefuses(t *testing.T) {
	p := meet(t)
	recipient := p.site.Recipient().String()
	cases := []struct {
		name string
		by   []sign.Signer
		to   string
		edit func(*reply.Reply)
	}{
		{"one signer", []sign.Signer{p.keys["ruth"]}, recipient, nil},
		{"one signer twice", []sign.Signer{p.keys["ruth"], p.keys["ruth"]}, recipient, nil},
		{"a classic recipient", []sign.Signer{p.keys["ruth"], p.keys["sam"]}, "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", nil},
		{"no audience", []sign.Signer{p.keys["ruth"], p.keys["sam"]}, recipient, func(r *reply.Reply) { r.Audience = "" }},
		{"a second reply without the hash of the first", []sign.Signer{p.keys["ruth"], p.keys["sam"]}, recipient, func(r *reply.Reply) { r.Seq = 2 }},
		{"a short number", []sign.Signer{p.keys["ruth"], p.keys["sam"]}, recipient, func(r *reply.Reply) { r.Items[0].Number = "123" }},
		{"an item without a case", []sign.Signer{p.keys["ruth"], p.keys["sam"]}, recipient, func(r *reply.Reply) { r.Items[0].Case = "" }},
		{"an unknown kind", []sign.Signer{p.keys["ruth"], p.keys["sam"]}, recipient, func(r *reply.Reply) { r.Items[0].Kind = "script" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := first()
			if c.edit != nil {
				c.edit(&r)
			}
			_, err := reply.Build(r, c.by, c.to)
			require.Error(t, err)
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
