package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"darksite/bundle/redact"
	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/rules"
)

// FuzzPolicy reads any text as a policy: it is refused or makes a gate or not, and
// never more.
func FuzzPolicy(f *testing.F) {
	f.Add(sitePolicy)
	f.Add("id: x\nstrict: yes\n---\nid: r\nkind: word\npattern: (\nhit: a -> a\nmiss: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := redact.ParsePolicy("p", text)
		if err != nil {
			if !strings.Contains(err.Error(), "p") {
				t.Error("the error does not name the file")
			}
			return
		}
		if g, err := redact.New(redact.Options{Key: testKey, Policy: p}); err == nil {
			g.Text(text)
		}
	})
}

// FuzzRule reads any text as a rule.
func FuzzRule(f *testing.F) {
	f.Add("id: r\nkind: secret\nkeys: a b\nprefix: ab 8 hex\nhit: a -> a\nmiss: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := rules.Parse("r", text); err == nil && (r.ID == "" || len(r.Hits) == 0 || len(r.Misses) == 0) {
			t.Errorf("a rule without what every rule needs: %+v", r)
		}
	})
}

// FuzzContent takes any bytes through as the content of a file: archives, texts of
// two bytes, exports of the journal, certificates.
func FuzzContent(f *testing.F) {
	text := []byte(siteText)
	f.Add(gz(f, text))
	f.Add(zst(f, text))
	f.Add(tarOf(f, map[string][]byte{"a": text}))
	f.Add(zipOf(f, map[string][]byte{"a": text}))
	f.Add(wide(siteText, true))
	f.Add([]byte("\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00"))
	f.Add([]byte("BZh91AY&SY"))
	f.Add([]byte("__CURSOR=s=1;i=1\n_HOSTNAME=a\nMESSAGE\n\x03\x00\x00\x00\x00\x00\x00\x00abc\n\n"))
	f.Add([]byte("\x30\x82\x01\x00\x30\x82\x00\x10rest"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			t.Skip("long")
		}
		g, err := redact.New(redact.Options{Key: testKey, Policy: redact.Policy{ID: "x", MaxBytes: 1 << 22, MaxRatio: 100}})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Content(bytes.NewReader(b), io.Discard); err != nil && strings.Contains(err.Error(), "unexpectedly") {
			t.Error(err)
		}
	})
}

// FuzzSummary reads any bytes as a certificate and its text form.
func FuzzSummary(f *testing.F) {
	f.Add([]byte("\x30\x82\x01\x00\x30\x82\x00\x10rest"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if lines, ok := detect.Summary(b); ok {
			for _, l := range lines {
				if back := detect.DecodeParts(detect.EncodeParts(l)); len(back) == 0 {
					t.Error("a line of nothing")
				}
			}
		}
		if len(b) > 1<<14 {
			return
		}
		g, err := redact.New(redact.Options{Key: testKey})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b})), "ca: " + base64.StdEncoding.EncodeToString(b)} {
			if got := g.Text(text); strings.Count(got, "\n") != strings.Count(text, "\n") {
				t.Error("lines are not kept")
			}
		}
	})
}

// FuzzWide writes any text as UTF-16 of both orders: it comes out as the same text
// does that was not, and nothing planted in it survives.
func FuzzWide(f *testing.F) {
	f.Add("host=", " caf\u00e9 \U0001f5a5\r\n")
	f.Add("{\"password\":\"", "\"}")
	f.Add("\x1b[1m", "\u2028\ufffd")
	f.Fuzz(func(t *testing.T, before, after string) {
		text := before + "\nuser=kweissw password=Wq8-zero-w1\n" + after
		if len(text) > 4096 || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\ufeff") {
			t.Skip("no text that can be written as both")
		}
		little := wide(text, true)
		big := bytes.Clone(little)
		for i := 0; i+1 < len(big); i += 2 {
			big[i], big[i+1] = big[i+1], big[i]
		}
		dir := t.TempDir()
		in := dir + "/in"
		for name, b := range map[string][]byte{"plain": []byte(text), "little": little, "big": big} {
			if err := errors.Join(os.MkdirAll(in, 0o700), os.WriteFile(in+"/"+name, b, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		g, err := redact.New(redact.Options{Key: testKey, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Tree(t.Context(), in, dir+"/out"); err != nil {
			t.Fatal(err)
		}
		got := readTree(t, dir+"/out")
		plain, ok := got["plain"]
		if !ok {
			return // it begins like something that is no text
		}
		if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(text, "user=kweissw", ""), "Wq8-zero-w1", ""), "kweissw") {
			return
		}
		if strings.Contains(plain, "Wq8-zero-w1") {
			t.Errorf("left: %q", plain)
		}
		if got["little"] != string(wide(plain, true)) {
			t.Errorf("UTF-16 is not as plain: %q\n%q", got["little"], plain)
		}
		if len(got["big"]) != len(got["little"]) {
			t.Errorf("both orders are not alike: %d and %d bytes", len(got["big"]), len(got["little"]))
		}
	})
}

// FuzzBase64 puts a secret of its own between any two texts and encodes all of it: what
// comes out decodes to a text without it, or is masked.
func FuzzBase64(f *testing.F) {
	f.Add("user=kweiss\n", "\nend")
	f.Add("{\"a\":\"", "\"}")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, before, after string) {
		inner := before + "\npassword=Wq8-zero-b1\n" + after
		if len(inner) > 4096 || !utf8.ValidString(inner) || strings.ContainsFunc(inner, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
			t.Skip("no text")
		}
		g, err := redact.New(redact.Options{Key: testKey})
		if err != nil {
			t.Fatal(err)
		}
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			got := g.Text("data: " + enc.EncodeToString([]byte(inner)))
			for w := range strings.FieldsSeq(got) {
				if b, err := enc.DecodeString(w); err == nil && bytes.Contains(b, []byte("Wq8-zero-b1")) {
					t.Errorf("left in %q", b)
				}
			}
		}
	})
}
