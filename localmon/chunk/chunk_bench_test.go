package chunk_test

import (
	"testing"

	"darksite/localmon/chunk"
	"darksite/localmon/history/workload"
)

// columns makes the values of every series of an array over n scrapes.
func columns(volumes, n int) [][]float64 {
	shape := workload.Default()
	shape.Volumes = volumes
	array := workload.New(shape)
	cols := make([][]float64, len(array.Keys()))
	for range n {
		_, values := array.Next()
		for i, v := range values {
			cols[i] = append(cols[i], v)
		}
	}
	return cols
}

func BenchmarkValues(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"day", 2880}, {"hour", 120}} {
		cols := columns(100, size.n)
		var enc chunk.Encoder
		var dec chunk.Decoder
		streams := make([][]byte, len(cols))
		total := 0
		for i, c := range cols {
			streams[i] = enc.Values(nil, c)
			total += len(streams[i])
		}
		samples := float64(len(cols) * size.n)
		b.Run("encode/"+size.name, func(b *testing.B) {
			var buf []byte
			for b.Loop() {
				for _, c := range cols {
					buf = enc.Values(buf[:0], c)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/samples, "ns/sample")
			b.ReportMetric(float64(total)/samples, "B/sample")
		})
		b.Run("decode/"+size.name, func(b *testing.B) {
			out := make([]float64, size.n)
			for b.Loop() {
				for _, s := range streams {
					if err := dec.Values(out, s); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/samples, "ns/sample")
		})
	}
}
