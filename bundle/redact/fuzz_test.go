package redact_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/redact"
)

// FuzzGate plants a secret and a host in any surroundings: whatever stands
// around them, no recogniser fails, lines are kept and the text does not leave
// with the planted values (the proof withholds it otherwise).
func FuzzGate(f *testing.F) {
	b, err := os.ReadFile("testdata/labelled.txt")
	if err != nil {
		f.Fatal(err)
	}
	for l := range strings.Lines(strings.NewReplacer("«", "", "»", "").Replace(string(b))) {
		f.Add([]byte(l), []byte("tail"))
	}
	f.Add([]byte("\x1b[31m"), []byte("\\n\\u001b[0m"))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\n"), []byte("\x00\xff"))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		if len(before)+len(after) > 1<<14 {
			t.Skip("long")
		}
		const secret, host = "Zq7-hunter-9K", "fzhost-0417"
		text := slicesJoin(before, "\npassword="+secret+"\nhost="+host+"\n"+secret+" "+host+"\n", after)
		in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
		if err := os.WriteFile(filepath.Join(in, "x"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := redact.New(redact.Options{Key: testKey, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		res, err := g.Tree(context.Background(), in, out)
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Files) == 0 {
			return // withheld
		}
		got, err := os.ReadFile(filepath.Join(out, res.Files[0].Out))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(got, []byte(secret)) {
			t.Errorf("the secret is left in %q", got)
		}
		if res.Files[0].Type == "text" && bytes.Count(got, []byte{'\n'}) != bytes.Count(text, []byte{'\n'}) {
			t.Errorf("lines are not kept in %q", got)
		}
	})
}

func slicesJoin(a []byte, mid string, b []byte) []byte {
	return append(append(append([]byte(nil), a...), mid...), b...)
}
