package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"darksite/bundle/bundletest"
	"darksite/bundle/desk/intake"

	"github.com/stretchr/testify/require"
)

// An import from the medium to the case: every byte is read, decrypted, hashed
// and written twice (sealed and opened), and all of it is on disk at the end.
func BenchmarkImport(b *testing.B) {
	var logs strings.Builder
	for i := 0; logs.Len() < 16<<20; i++ {
		fmt.Fprintf(&logs, "2026-11-22T08:%02d:%02dZ kernel: link up on port-%04x, %d packets\n", i/60%60, i%60, i*40503&0xffff, i*i)
	}
	for name, text := range map[string]string{
		"logs":  logs.String(),
		"noise": bundletest.Noise(16 << 20),
	} {
		b.Run(name, func(b *testing.B) {
			k := bundletest.New(b)
			p := pack(b, k, cargo{files: map[string]string{"files/big.txt": text}})
			medium := b.TempDir()
			p.writeTo(b, medium)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				b.StopTimer()
				s, err := open(b.TempDir(), identities(k), k.Rosters, 0)
				require.NoError(b, err)
				sets, err := intake.Find(medium)
				require.NoError(b, err)
				b.StartTimer()
				_, err = s.Import(b.Context(), sets[0])
				b.StopTimer()
				require.NoError(b, err)
				require.NoError(b, s.db.Close())
				b.StartTimer()
			}
		})
	}
}
