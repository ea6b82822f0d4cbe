package redact_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// oneLongFile has what goes on from one chunk to the next strewn into logs: keys
// whose secrets stand below them, tables, CSV, PEM, objects, continued commands.
func oneLongFile(t testing.TB, seed uint64, size int) []byte {
	t.Helper()
	lines := readAllLabelled(t)
	r := rand.New(rand.NewPCG(seed, 3))
	gen := newGenerator(seed)
	var b bytes.Buffer
	for b.Len() < size {
		n := r.IntN(40)
		switch r.IntN(12) {
		case 0:
			b.WriteString("-----BEGIN OPENSSH PRIVATE KEY-----\n")
			for range n {
				fmt.Fprintf(&b, "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB%08x%08x\n", r.Uint32(), r.Uint32())
			}
			if r.IntN(3) > 0 {
				b.WriteString("-----END OPENSSH PRIVATE KEY-----\n")
			}
		case 1:
			b.WriteString("  password: |\n")
			for range n {
				fmt.Fprintf(&b, "    part-%08x-Zq\n", r.Uint32())
			}
			b.WriteString("  port: 22\n")
		case 2:
			b.WriteString("when,host name,user,took\n")
			for i := range n {
				fmt.Fprintf(&b, "%d,srv-%04x,u%04x,%d\n", i, r.IntN(1<<16), r.IntN(1<<16), r.IntN(100))
			}
		case 3:
			b.WriteString("\nName            Serial Number        Host\n----            -------------        ----\n")
			for range n {
				fmt.Fprintf(&b, "vol-%04x        PCHFL%08X        box-%04x\n", r.IntN(1<<16), r.Uint32(), r.IntN(1<<16))
			}
			b.WriteString("\n")
		case 4:
			b.WriteString("{\"hosts\": [\n")
			for range n {
				fmt.Fprintf(&b, "  {\n    \"name\": \"node-x%04x\",\n    \"port\": 3260\n  },\n", r.IntN(1<<16))
			}
			b.WriteString("]}\n")
		case 5:
			fmt.Fprintf(&b, "mysqldump --password=\\\n%08x-Pw --all-databases\n", r.Uint32())
		case 6, 7:
			for range n / 4 {
				b.WriteString(lines[r.IntN(len(lines))].line + "\n")
			}
		default:
			for range n {
				gen.line(&b)
			}
		}
	}
	return b.Bytes()
}

// TestOneFileOnManyWorkers wants the same result, map and counts of one file in many
// chunks, whoever works on them and however often a chunk was scanned in vain.
func TestOneFileOnManyWorkers(t *testing.T) {
	for seed, chunk := range map[uint64]int{1: 512, 2: 3000, 3: 20000} {
		in := tree(t, map[string][]byte{"long.log": oneLongFile(t, seed, 200<<10)})
		var text, counts string
		var entries int
		for _, workers := range []int{1, 2, 5} {
			g := newGate(t, redact.Options{Workers: workers})
			g.SetChunk(chunk)
			out := filepath.Join(t.TempDir(), "out")
			res, err := g.Tree(t.Context(), in, out)
			require.NoError(t, err)
			got := readTree(t, out)["long.log"]
			if workers == 1 {
				text, counts, entries = got, fmt.Sprint(res.Files[0].Redactions, res.Files[0].NearMisses), res.Map.Len()
				continue
			}
			sameLines(t, map[string]string{"long.log": text}, map[string]string{"long.log": got})
			require.Equal(t, counts, fmt.Sprint(res.Files[0].Redactions, res.Files[0].NearMisses))
			require.Equal(t, entries, res.Map.Len())
		}
		require.Greater(t, strings.Count(text, redact.Mask), 5)
	}
}
