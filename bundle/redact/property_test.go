package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// planted are values of every type, each told once by its surroundings.
func planted(r *rand.Rand) (lines string, values []string) {
	digits := func(n int) string { return fmt.Sprintf("%0*x", n, r.Uint64())[:n] }
	n := 1 + r.IntN(200)
	for _, p := range []struct{ line, value string }{
		{"from %s port 22", fmt.Sprintf("10.%d.%d.%d", n, 1+r.IntN(250), 1+r.IntN(250))},
		{"from [%s]:22", fmt.Sprintf("2a02:8071:%x:1::%x", 0x1000+n, 0x1000+r.IntN(0xefff))},
		{"link/ether %s brd", fmt.Sprintf("3c:52:82:%s:%s:%s", digits(2), digits(2), digits(2))},
		{"WWPN: %s", "52:4a:93:7" + digits(1) + ":" + digits(2) + ":4e:82:0" + digits(1)},
		{"target %s up", "iqn.2010-06.com.purestorage:flasharray." + digits(16)},
		{"host=%s", "plhost-" + digits(6)},
		{"user=%s", "pluser" + digits(6)},
		{"mail to <%s>", "plm" + digits(5) + "@plant.example"},
		{"Serial Number: %s", "PLSN" + strings.ToUpper(digits(8)) + "7"},
		{"password=%s", "Pw-" + digits(9) + "Zq"},
		{"Authorization: Bearer %s", "tk" + digits(16) + "Xy"},
		{"S: %s x", "S-1-5-21-" + fmt.Sprint(1e9+r.IntN(1e8)) + "-" + fmt.Sprint(1e9+r.IntN(1e8)) + "-77-1105"},
	} {
		lines += fmt.Sprintf("Oct  3 08:00:01 plhost-main app[1]: x\n"+p.line+"\n", p.value)
		values = append(values, p.value)
	}
	return lines, values
}

// dresses put a text into another encoding or container.
var dresses = map[string]func(*testing.T, string) []byte{
	"plain":        func(_ *testing.T, s string) []byte { return []byte(s) },
	"utf-16":       func(_ *testing.T, s string) []byte { return wide(s, true) },
	"gzip":         func(t *testing.T, s string) []byte { return gz(t, []byte(s)) },
	"zstd of gzip": func(t *testing.T, s string) []byte { return zst(t, gz(t, []byte(s))) },
	"xz":           func(t *testing.T, s string) []byte { return xzOf(t, []byte(s)) },
	"tar in zip": func(t *testing.T, s string) []byte {
		return zipOf(t, map[string][]byte{"a.tar": tarOf(t, map[string][]byte{"b": []byte(s)})})
	},
	"JSON in JSON": func(t *testing.T, s string) []byte {
		for range 2 {
			b, err := json.Marshal(map[string]string{"message": s})
			require.NoError(t, err)
			s = string(b)
		}
		return []byte(s)
	},
	"base64": func(_ *testing.T, s string) []byte {
		var out strings.Builder
		for l := range strings.Lines(s) {
			out.WriteString("data: " + base64.StdEncoding.EncodeToString([]byte(l)) + "\n")
		}
		return []byte(out.String())
	},
	"base64 twice": func(_ *testing.T, s string) []byte {
		return []byte("data: " + b64(b64(s)) + "\n")
	},
}

// TestNothingPlantedSurvives plants values of every type and runs them through in
// every dress, cut at random sizes, by one and by many workers.
func TestNothingPlantedSurvives(t *testing.T) {
	for name, dress := range dresses {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(6, uint64(len(name))))
			for range 2 {
				lines, values := planted(r)
				in := tree(t, map[string][]byte{"a": dress(t, lines), "b.log": []byte(lines), "c.log": []byte("bare " + strings.Join(values, " ") + "\n")})
				var want map[string]string
				for _, size := range []int{1 << 20, 1 + r.IntN(300), 64} {
					out := t.TempDir() + "/out"
					g := newGate(t, redact.Options{Workers: 1 + r.IntN(4)})
					g.SetChunk(size)
					res, err := g.Tree(t.Context(), in, out)
					require.NoError(t, err)
					require.Empty(t, res.Leaks, "what the gate should find is not left to the proof")
					got := readTree(t, out)
					for _, v := range values {
						for file, text := range got {
							absent(t, text, v, file)
						}
					}
					if want == nil {
						want = got
					}
					require.Equal(t, want, got, "chunks of %d", size)
				}
			}
		})
	}
}

// absent looks for a value in the spellings that survive in a text as written.
func absent(t *testing.T, text, v, file string) {
	t.Helper()
	folded := strings.ToLower(strings.ReplaceAll(text, "\x00", ""))
	for _, s := range []string{v, hex.EncodeToString([]byte(v)), url.QueryEscape(v)} {
		if strings.Contains(folded, strings.ToLower(s)) {
			t.Errorf("%q is left in %s", v, file)
		}
	}
	if strings.Contains(text, base64.RawStdEncoding.EncodeToString([]byte(v))[:len(v)]) {
		t.Errorf("%q is left in base64 in %s", v, file)
	}
}

// TestAllAgainChangesNothing redacts results again in every dress of text.
func TestAllAgainChangesNothing(t *testing.T) {
	for _, name := range []string{"plain", "JSON in JSON", "base64", "base64 twice"} {
		t.Run(name, func(t *testing.T) {
			lines, _ := planted(rand.New(rand.NewPCG(8, 8)))
			once := redactFile(t, newGate(t, redact.Options{}), string(dresses[name](t, lines)))
			require.Equal(t, once, redactFile(t, newGate(t, redact.Options{}), once))
		})
	}
}
