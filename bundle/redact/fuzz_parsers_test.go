package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"io"
	"strings"
	"testing"

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
