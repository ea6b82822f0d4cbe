package proof

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkText searches eight megabytes of mixed lines for the spellings of thousands of
// addresses, hosts and accounts, of which none is there, as it is in a redacted tree.
func BenchmarkText(b *testing.B) {
	r := rand.New(rand.NewPCG(20261122, 3))
	var originals []Original
	for i := range 12000 {
		a := r.Uint32()
		originals = append(originals, Original{Kind: "ipv4", Value: fmt.Sprintf("10.%d.%d.%d", a>>20&3, a>>8&0xff, a&0xff)})
		if i%12 == 0 {
			originals = append(originals, Original{Kind: "ipv4", Value: fmt.Sprintf("0a%06x", a&0xffffff), Fold: true},
				Original{Kind: "host", Value: fmt.Sprintf("esx-lyon-%03d", i/12), Fold: true},
				Original{Kind: "user", Value: fmt.Sprintf("m.dupont%d", i/12), Fold: true})
		}
	}
	var text bytes.Buffer
	for text.Len() < 8<<20 {
		fmt.Fprintf(&text, "Oct %2d %02d:%02d:%02d host-%x.invalid sshd[%d]: Accepted publickey for user-%x from 241.%d.%d.%d port %d ssh2\n",
			r.IntN(30), r.IntN(24), r.IntN(60), r.IntN(60), r.Uint32(), r.IntN(30000), r.Uint32(), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(60000))
		fmt.Fprintf(&text, "{\"ts\":\"2026-10-%02dT%02d:%02d:%02dZ\",\"logger\":\"io.pool\",\"msg\":\"request served\",\"took_ms\":%d,\"trace\":\"%016x%016x\"}\n",
			r.IntN(30), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(900), r.Uint64(), r.Uint64())
		fmt.Fprintf(&text, "type=SYSCALL msg=audit(%d.%03d:%d): arch=c000003e a0=%x a1=%x comm=\"crond\" exe=\"/usr/sbin/crond\" key=(null)\n",
			1791000000+r.IntN(9e6), r.IntN(1000), r.IntN(1000000), r.Uint64(), r.Uint64())
	}
	s := &search{idx: compile(originals)}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s.text(text.Bytes(), "mixed.log", 0, 0, text.Len())
	}
	if len(s.leaks) > 0 {
		b.Fatal(s.leaks[0])
	}
}
