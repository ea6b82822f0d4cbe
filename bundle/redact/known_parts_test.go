package redact_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/redact"
	"darksite/bundle/redact/pseudonym"

	"github.com/stretchr/testify/require"
)

// TestKnownPartsOfNames makes parts of what must go known as names of several kinds, so that
// what is known lies across what a line tells, and wants no error, nothing withheld and
// nothing left of what is known.
//
// Left out are parts in letters of both cases, of which most are of text in base64, and the
// makers whose domains stay in the names of storage ends.
func TestKnownPartsOfNames(t *testing.T) {
	makers := map[string]bool{"purestorage": true, "nvmexpress": true, "vmware": true, "microsoft": true, "netapp": true, "linux": true}
	var text strings.Builder
	parts := map[string]bool{}
	for _, e := range readAllLabelled(t) {
		text.WriteString(e.line + "\n")
		for _, v := range e.gone {
			for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(`.-_:/\@ ,=$`, r) }) {
				low := strings.ToLower(part)
				if len(part) > 4 && strings.ContainsAny(low, "abcdefghijklmnopqrstuvwxyz") && (low == part || strings.ToUpper(part) == part) && !makers[low] {
					parts[low] = true
				}
			}
		}
	}
	for _, kind := range []pseudonym.Kind{pseudonym.Domain, pseudonym.Host, pseudonym.User, pseudonym.Volume} {
		for third := range 3 {
			var known []redact.Known
			for part := range parts {
				if (int(part[0])+int(part[len(part)-1])+len(part))%3 == third {
					known = append(known, redact.Known{Kind: kind, Value: part})
				}
			}
			require.NotEmpty(t, known)
			t.Run(fmt.Sprint(kind, third), func(t *testing.T) {
				in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
				require.NoError(t, os.WriteFile(filepath.Join(in, "x.log"), []byte(text.String()), 0o600))
				res, err := newGate(t, redact.Options{Known: known}).Tree(context.Background(), in, out)
				require.NoError(t, err)
				require.Empty(t, res.Withheld)
				require.Empty(t, res.Leaks)
			})
		}
	}
}
