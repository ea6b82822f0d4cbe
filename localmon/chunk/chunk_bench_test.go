package chunk_test

import (
	"math/rand/v2"
	"slices"
	"strings"
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

// textures sorts the series of an array of 100 volumes by what their values
// look like over n scrapes. "all" has every series.
func textures(n int) map[string][][]float64 {
	shape := workload.Default()
	shape.Volumes = 100
	keys := workload.New(shape).Keys()
	sorted := map[string][][]float64{}
	for i, v := range columns(shape.Volumes, n) {
		zeros, changes := 0, 0
		for k, x := range v {
			if x == 0 {
				zeros++
			}
			if k > 0 && x != v[k-1] {
				changes++
			}
		}
		metric := keys[i].Metric
		name := "integers"
		switch {
		case changes == 0:
			name = "constant"
		case changes < n/4 && zeros < n/4:
			name = "sticky"
		case zeros >= n/4:
			name = "bursty"
		case strings.HasSuffix(metric, "_total"):
			name = "counters"
		case strings.HasSuffix(metric, "bytes_per_op"):
			name = "quotients"
		case strings.HasSuffix(metric, "_percent"), strings.HasSuffix(metric, "_ms"):
			name = "decimals"
		case strings.Contains(metric, "bytes"):
			name = "large integers"
		}
		sorted[name] = append(sorted[name], v)
		sorted["all"] = append(sorted["all"], v)
	}
	return sorted
}

var textureNames = []string{"all", "constant", "sticky", "bursty", "integers", "large integers", "decimals", "counters", "quotients"}

func BenchmarkValues(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"day", 2880}, {"hour", 120}} {
		sorted := textures(size.n)
		for _, texture := range textureNames {
			cols := sorted[texture]
			if len(cols) == 0 {
				continue
			}
			var enc chunk.Encoder
			var dec chunk.Decoder
			streams := make([][]byte, len(cols))
			total := 0
			for i, c := range cols {
				streams[i] = enc.Values(nil, c)
				total += len(streams[i])
			}
			samples := float64(len(cols) * size.n)
			b.Run("encode/"+size.name+"/"+texture, func(b *testing.B) {
				var buf []byte
				for b.Loop() {
					for _, c := range cols {
						buf = enc.Values(buf[:0], c)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/samples, "ns/sample")
				b.ReportMetric(float64(total)/samples, "B/sample")
				b.ReportMetric(0, "ns/op")
			})
			b.Run("decode/"+size.name+"/"+texture, func(b *testing.B) {
				out := make([]float64, size.n)
				for b.Loop() {
					for _, s := range streams {
						if err := dec.Values(out, s); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/samples, "ns/sample")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkBlock packs and reads all series of an array in the order of their
// ids, so that neighbours can follow each other.
func BenchmarkBlock(b *testing.B) {
	cols := columns(100, 2880)
	samples := float64(len(cols) * 2880)
	var builder chunk.Builder
	var data []byte
	pack := func() {
		builder.Reset(2880, chunk.Samples)
		for _, v := range cols {
			builder.Add(nil, v)
		}
		data, _ = builder.Append(data[:0])
	}
	pack()
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			pack()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/samples, "ns/sample")
		b.ReportMetric(float64(len(data))/samples, "B/sample")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("decode", func(b *testing.B) {
		var block chunk.Block
		var dec chunk.Decoder
		var c chunk.Column
		for b.Loop() {
			if err := block.Open(data); err != nil {
				b.Fatal(err)
			}
			for i := range cols {
				if _, err := dec.Column(&block, i, 1, &c); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/samples, "ns/sample")
		b.ReportMetric(0, "ns/op")
	})
}

// stepsOf gives minimum, maximum, sum and count of the 5-minute steps of
// series that were sampled every 30 seconds, now and then a little early or late.
func stepsOf(cols [][]float64) [][][]float64 {
	rng := rand.New(rand.NewPCG(7, 7))
	var bounds []int
	for at := 0; at < len(cols[0]); at += 10 {
		bounds = append(bounds, max(0, at-rng.IntN(2)))
	}
	bounds = append(bounds, len(cols[0]))
	all := make([][][]float64, len(cols))
	m := make([]int64, len(cols[0]))
	for i, v := range cols {
		all[i] = make([][]float64, 4)
		exponent, short := chunk.Decimals(m, v)
		for k, from := range bounds[:len(bounds)-1] {
			to := bounds[k+1]
			sum, exact := 0.0, int64(0)
			for j := from; j < to; j++ {
				sum += v[j]
				exact += m[j]
			}
			if short {
				sum = chunk.Float(exact, exponent)
			}
			for c, x := range []float64{slices.Min(v[from:to]), slices.Max(v[from:to]), sum, float64(to - from)} {
				all[i][c] = append(all[i][c], x)
			}
		}
	}
	return all
}

func BenchmarkSteps(b *testing.B) {
	sorted := textures(2880)
	for _, texture := range textureNames {
		all := stepsOf(sorted[texture])
		rows := len(all[0][0])
		points := float64(len(all) * rows)
		var data []byte
		var builder chunk.Builder
		pack := func() {
			builder.Reset(rows, chunk.Steps)
			for _, columns := range all {
				builder.Add(nil, columns...)
			}
			data, _ = builder.Append(data[:0])
		}
		pack()
		b.Run("encode/"+texture, func(b *testing.B) {
			for b.Loop() {
				pack()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/points, "ns/point")
			b.ReportMetric(float64(len(data))/points, "B/point")
			b.ReportMetric(0, "ns/op")
		})
		for _, want := range []struct {
			name string
			want uint
		}{{"sum and count", 1<<chunk.StepSum | 1<<chunk.StepCount}, {"all", 15}} {
			b.Run("decode "+want.name+"/"+texture, func(b *testing.B) {
				var block chunk.Block
				var dec chunk.Decoder
				var c chunk.Column
				for b.Loop() {
					if err := block.Open(data); err != nil {
						b.Fatal(err)
					}
					for i := range all {
						if _, err := dec.Column(&block, i, want.want, &c); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/points, "ns/point")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkSums adds up the series of a block by steps of 5 minutes.
func BenchmarkSums(b *testing.B) {
	sorted := textures(2880)
	var bounds []int32
	for at := int32(0); at <= 2880; at += 10 {
		bounds = append(bounds, at)
	}
	for _, texture := range textureNames {
		cols := sorted[texture]
		var builder chunk.Builder
		builder.Reset(2880, chunk.Samples)
		for _, v := range cols {
			builder.Add(nil, v)
		}
		data, _ := builder.Append(nil)
		b.Run(texture, func(b *testing.B) {
			var block chunk.Block
			var dec chunk.Decoder
			var s chunk.Sums
			for b.Loop() {
				if err := block.Open(data); err != nil {
					b.Fatal(err)
				}
				for i := range cols {
					if _, err := dec.Sums(&block, i, bounds, &s); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(2880*len(cols)), "ns/sample")
			b.ReportMetric(0, "ns/op")
		})
	}
}
