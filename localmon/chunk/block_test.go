package chunk_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"darksite/localmon/chunk"

	"github.com/stretchr/testify/require"
)

type blockSeries struct {
	present []bool
	cols    [][]float64
}

// someRows makes series with a value in all rows, in none, and in some.
func someRows(rng *rand.Rand, rows int) []bool {
	chance := []float64{0, 1, 0.5, 0.01, 0.99}[rng.IntN(5)]
	if chance == 1 {
		return nil
	}
	present := make([]bool, rows)
	for r := range present {
		present[r] = rng.Float64() < chance
	}
	return present
}

// randomSamples makes series of all kinds.
func randomSamples(rng *rand.Rand, rows, series int) []blockSeries {
	all := make([]blockSeries, series)
	for i := range all {
		s := &all[i]
		s.present = someRows(rng, rows)
		s.cols = make([][]float64, 1)
		for r := range rows {
			if s.present != nil && !s.present[r] {
				continue
			}
			v := math.Round(rng.NormFloat64()*100) / 10
			switch i % 7 {
			case 0:
				v = rng.NormFloat64()
			case 1:
				v = float64(i)
			case 2:
				v = math.Inf(1)
			}
			s.cols[0] = append(s.cols[0], v)
		}
	}
	return all
}

// randomSteps makes series of steps: of noise, of rest, of what no samples come to.
func randomSteps(rng *rand.Rand, rows, series int) []blockSeries {
	counts := make([]int, rows)
	for i := range counts {
		counts[i] = 9 + rng.IntN(3)
	}
	all := make([]blockSeries, series)
	for i := range all {
		s := &all[i]
		s.present = someRows(rng, rows)
		s.cols = make([][]float64, 4)
		for r := range rows {
			if s.present != nil && !s.present[r] {
				continue
			}
			low, high, sum, count := math.Inf(1), math.Inf(-1), 0.0, counts[r]
			if i%5 == 4 {
				count = 1 + rng.IntN(20)
			}
			for range count {
				v := math.Round(rng.NormFloat64() * 100)
				switch i % 8 {
				case 0:
					v = float64(i)
				case 1:
					v = max(0, v-100)
				case 2:
					v = float64(r / 10)
				case 3:
					v /= 3
				case 4:
					v = float64(r/10%2) * v
				}
				low, high, sum = min(low, v), max(high, v), sum+v
			}
			n := float64(count)
			if i%11 == 10 { // nothing that a series of samples gives
				low, high, n = math.Round(rng.NormFloat64()), math.Round(rng.NormFloat64()), float64(rng.IntN(3))
			}
			for k, v := range []float64{low, high, sum, n} {
				s.cols[k] = append(s.cols[k], v)
			}
		}
	}
	return all
}

func packBlock(rows int, kind chunk.Kind, all []blockSeries) []byte {
	var b chunk.Builder
	b.Reset(rows, kind)
	for _, s := range all {
		b.Add(s.present, s.cols...)
	}
	block, _ := b.Append(nil)
	return block
}

func requireBlock(t *testing.T, rows int, kind chunk.Kind, all []blockSeries) {
	t.Helper()
	data := packBlock(rows, kind, all)
	require.Equal(t, data, packBlock(rows, kind, all), "the same values give the same bytes")
	var b chunk.Block
	require.NoError(t, b.Open(data))
	require.Equal(t, []int{rows, len(all)}, []int{b.Rows, b.Series})
	require.Equal(t, kind, b.Kind)
	var d chunk.Decoder
	var c chunk.Column
	for i, s := range all {
		for want := range uint(1 << kind.Columns()) {
			ok, err := d.Column(&b, i, want, &c)
			require.NoError(t, err)
			require.Equal(t, len(s.cols[0]) > 0, ok)
			require.Equal(t, ok, b.Has(i))
			if !ok {
				continue
			}
			var index []int32
			for r, p := range s.present {
				if p {
					index = append(index, int32(r))
				}
			}
			if s.present != nil && len(index) < rows {
				require.Equal(t, index, c.Index)
			} else {
				require.Nil(t, c.Index)
			}
			for k, col := range s.cols {
				if want&(1<<k) == 0 {
					require.Nil(t, c.Values[k])
					continue
				}
				require.Equal(t, bitsOf(col), bitsOf(c.Values[k]), "series %d, column %d of %b", i, k, want)
			}
		}
		last, has := b.Last(&d, i)
		require.Equal(t, kind == chunk.Samples && len(s.cols[0]) > 0, has)
		if has {
			require.Equal(t, math.Float64bits(s.cols[0][len(s.cols[0])-1]), math.Float64bits(last))
		}
	}
	ok, err := d.Column(&b, len(all), 1, &c)
	require.False(t, ok, "past the end")
	require.NoError(t, err)
}

func TestBlocksComeBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, size := range []struct{ rows, series int }{{1, 1}, {3, 0}, {50, 16}, {200, 17}, {300, 256}, {9, 1024}} {
		requireBlock(t, size.rows, chunk.Samples, randomSamples(rng, size.rows, size.series))
		requireBlock(t, size.rows, chunk.Steps, randomSteps(rng, size.rows, size.series))
	}
}

// followers makes a series of counts and series that follow it, some of them
// exactly.
func followers(rng *rand.Rand, rows int, rests bool) []blockSeries {
	all := make([]blockSeries, 6)
	total := 0.0
	for r := range rows {
		ops := math.Round(1000 + 300*rng.NormFloat64())
		if rests && r/20%5 > 0 {
			ops = 0
		}
		total += 30 * ops
		for i, v := range []float64{ops, math.Round(ops * 8192 * (1 + 0.01*rng.NormFloat64())), ops / 4, total, ops, math.Round(rng.NormFloat64())} {
			if len(all[i].cols) == 0 {
				all[i].cols = make([][]float64, 1)
			}
			all[i].cols[0] = append(all[i].cols[0], v)
		}
	}
	return all
}

func TestASeriesThatFollowsAnotherTakesFewerBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 8))
	for _, rests := range []bool{false, true} {
		const rows = 2000
		all := followers(rng, rows, rests)
		requireBlock(t, rows, chunk.Samples, all)
		alone := 0
		for i := range all {
			alone += len(packBlock(rows, chunk.Samples, all[i:i+1]))
		}
		require.Less(t, len(packBlock(rows, chunk.Samples, all)), alone*4/5)
		// not every series of a block has a value in every row
		all[0].present = make([]bool, rows)
		all[0].present[7] = true
		all[0].cols[0] = all[0].cols[0][7:8]
		requireBlock(t, rows, chunk.Samples, all)
	}
}

func TestSumsAreThoseOfTheColumn(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 8))
	const rows = 100
	for name, c := range map[string]struct {
		kind chunk.Kind
		all  []blockSeries
	}{
		"samples": {chunk.Samples, randomSamples(rng, rows, 60)},
		"steps":   {chunk.Steps, randomSteps(rng, rows, 60)},
	} {
		t.Run(name, func(t *testing.T) {
			var b chunk.Block
			require.NoError(t, b.Open(packBlock(rows, c.kind, c.all)))
			var d chunk.Decoder
			var s chunk.Sums
			same := 0
			for _, bounds := range [][]int32{{0, rows}, {0, 10, 20, 30, 100}, {7, 7, 8, 50}, {5}, {}, {100, 100}} {
				for i, series := range c.all {
					ok, err := d.Sums(&b, i, bounds, &s)
					require.NoError(t, err)
					require.Equal(t, len(series.cols[0]) > 0, ok)
					if !ok {
						continue
					}
					requireSums(t, c.kind, &series, bounds, &s)
					if s.Same {
						same++
					}
				}
			}
			require.Positive(t, same)
		})
	}
}

// requireSums compares sums with those that the columns add up to.
func requireSums(t *testing.T, kind chunk.Kind, series *blockSeries, bounds []int32, s *chunk.Sums) {
	t.Helper()
	require.Len(t, s.Sum, max(0, len(bounds)-1))
	for k := range s.Sum {
		sum, count, at := 0.0, 0.0, 0
		for row := range bounds[k+1] {
			if series.present != nil && !series.present[row] {
				continue
			}
			v, n := series.cols[0][at], 1.0
			if kind == chunk.Steps {
				v, n = series.cols[chunk.StepSum][at], series.cols[chunk.StepCount][at]
			}
			if row >= bounds[k] {
				sum, count = sum+v, count+n
				if s.Same {
					require.InDelta(t, s.Value*n, v, 1e-9)
				}
			}
			at++
		}
		if s.Count != nil {
			require.Equal(t, count, s.Count[k])
		} else {
			require.Equal(t, count, float64(bounds[k+1]-bounds[k]))
		}
		switch {
		case s.Same, math.IsInf(sum, 0), math.IsNaN(sum):
		default:
			require.InDelta(t, sum, s.Sum[k], 1e-9*math.Max(1, math.Abs(sum)))
		}
	}
}

func TestStepsOfASeriesThatRestsTakeFewBytes(t *testing.T) {
	const rows, series = 288, 256
	column := func(v float64) []float64 {
		c := make([]float64, rows)
		for i := range c {
			c[i] = v
		}
		return c
	}
	all := make([]blockSeries, series)
	for i := range all {
		v := float64(i % 50)
		all[i].cols = [][]float64{column(v), column(v), column(10 * v), column(10)}
	}
	requireBlock(t, rows, chunk.Steps, all)
	require.Less(t, len(packBlock(rows, chunk.Steps, all)), 6*series, "size and checksums included")
}

func TestAFlippedBitCostsOneShard(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 9))
	const series, shard = 80, 16
	data := packBlock(100, chunk.Samples, randomSamples(rng, 100, series))
	var d chunk.Decoder
	var c chunk.Column
	heads := 0
	for range 300 {
		broken := append([]byte(nil), data...)
		bit := rng.IntN(8 * len(data))
		broken[bit/8] ^= 1 << (bit % 8)
		var b chunk.Block
		if err := b.Open(broken); err != nil {
			require.ErrorIs(t, err, chunk.ErrCorrupt)
			heads++
			continue
		}
		hurt := map[int]bool{}
		for i := range series {
			if _, err := d.Column(&b, i, 1, &c); err != nil {
				require.ErrorIs(t, err, chunk.ErrCorrupt)
				hurt[i/shard] = true
			}
		}
		require.Len(t, hurt, 1, "bit %d", bit)
	}
	require.Less(t, heads, 30)
}

func TestTimes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var e chunk.Encoder
	var d chunk.Decoder
	for name, f := range map[string]func(i int) int64{
		"even":        func(i int) int64 { return 1_772_000_000_000_000_000 + int64(i)*30_000_000_000 },
		"jitter":      func(i int) int64 { return (1_772_000_000_000 + int64(i)*30_000 + int64(rng.IntN(30))) * 1_000_000 },
		"backwards":   func(i int) int64 { return -int64(i) * 1_000_000 },
		"far apart":   func(i int) int64 { return int64(i%2*2-1) * (math.MaxInt64 - 5) },
		"all of time": func(int) int64 { return int64(rng.Uint64()) },
	} {
		for _, n := range []int{1, 2, 3, 100, 2880} {
			want := make([]int64, n)
			for i := range want {
				want[i] = f(i)
			}
			b := e.Times(nil, want)
			got := make([]int64, n)
			rest, err := d.Times(got, append(b, "rest"...))
			require.NoError(t, err, name)
			require.Equal(t, want, got, name)
			require.Equal(t, "rest", string(rest))
			if name == "jitter" && n == 2880 {
				require.Less(t, len(b), n*2, "a byte or so for each")
			}
			for cut := range min(len(b), 20) {
				_, err := d.Times(got, b[:cut])
				require.ErrorIs(t, err, chunk.ErrCorrupt)
			}
		}
	}
}

func TestTheTablesOfTheCodesNeverChange(t *testing.T) {
	require.Equal(t, uint64(0x5e9821a6a2487c87), chunk.TableSum(), "what is written with other tables cannot be read")
}

func FuzzBlockHostile(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 1))
	f.Add(packBlock(20, chunk.Samples, randomSamples(rng, 20, 20)))
	f.Add(packBlock(30, chunk.Steps, randomSteps(rng, 30, 12)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var (
			b chunk.Block
			d chunk.Decoder
			c chunk.Column
			s chunk.Sums
		)
		if err := b.Open(data); err != nil {
			require.ErrorIs(t, err, chunk.ErrCorrupt)
			return
		}
		for i := range b.Series {
			if _, err := d.Column(&b, i, 1<<b.Kind.Columns()-1, &c); err != nil {
				require.ErrorIs(t, err, chunk.ErrCorrupt)
			}
			if _, err := d.Sums(&b, i, []int32{0, int32(b.Rows)}, &s); err != nil {
				require.ErrorIs(t, err, chunk.ErrCorrupt)
			}
		}
	})
}

// valuesOf makes values of bytes: 64-bit patterns, or small decimals.
func valuesOf(b []byte, how uint8) []float64 {
	var v []float64
	switch how % 4 {
	case 0:
		for ; len(b) >= 8; b = b[8:] {
			v = append(v, math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
	case 1:
		for _, x := range b {
			v = append(v, float64(int8(x)))
		}
	default:
		for ; len(b) >= 2; b = b[2:] {
			v = append(v, float64(int16(binary.LittleEndian.Uint16(b)))/math.Pow10(int(how%4)))
		}
	}
	return v
}

func FuzzBlockRoundTrip(f *testing.F) {
	f.Add([]byte("\x05\x00\x00\x00\x00\x09\x09\x09\x00\x00"), uint8(1), uint8(2), false)
	f.Add([]byte("\x01\x03\x04\x02\x05\x05\x0a\x02\x01\x03\x04\x02"), uint8(1), uint8(1), true)
	f.Fuzz(func(t *testing.T, b []byte, how, series uint8, steps bool) {
		v := valuesOf(b, how)
		kind := chunk.Samples
		if steps {
			kind = chunk.Steps
		}
		n := int(series)%16 + 1
		rows := len(v) / n / kind.Columns()
		if rows == 0 || rows > 300 {
			return
		}
		all := make([]blockSeries, n)
		for i := range all {
			for range kind.Columns() {
				all[i].cols, v = append(all[i].cols, v[:rows]), v[rows:]
			}
		}
		requireBlock(t, rows, kind, all)
	})
}

// FuzzPartsHostile reads two series of a block whose checksums somebody made
// good. The second may follow the first. What can be read is packed and read again.
func FuzzPartsHostile(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 2))
	var b chunk.Block
	for _, rests := range []bool{true, false} {
		require.NoError(f, b.Open(packBlock(200, chunk.Samples, followers(rng, 200, rests))))
		for i := range 4 {
			f.Add(append(slices.Clone(b.Part(0)), b.Part(i)...), uint16(len(b.Part(0))), uint16(200), false)
		}
	}
	require.NoError(f, b.Open(packBlock(40, chunk.Steps, randomSteps(rng, 40, 16))))
	for i := range 15 {
		f.Add(append(slices.Clone(b.Part(i)), b.Part(i+1)...), uint16(len(b.Part(i))), uint16(40), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, cut, rows uint16, steps bool) {
		kind := chunk.Samples
		if steps {
			kind = chunk.Steps
		}
		n := int(rows)%chunk.MaxValues + 1
		counts := make([]int64, n)
		for i := range counts {
			counts[i] = 10
		}
		at := min(int(cut), len(data))
		b := chunk.Unchecked(n, kind, counts, data[:at], data[at:])
		var d chunk.Decoder
		var c chunk.Column
		var s chunk.Sums
		for i := range 2 {
			ok, err := d.Column(b, i, 1<<kind.Columns()-1, &c)
			if err != nil {
				require.ErrorIs(t, err, chunk.ErrCorrupt)
			}
			if _, err := d.Sums(b, i, []int32{0, int32(n / 2), int32(n)}, &s); err != nil {
				require.ErrorIs(t, err, chunk.ErrCorrupt)
			}
			if !ok || err != nil {
				continue
			}
			series := blockSeries{}
			for _, v := range c.Values {
				series.cols = append(series.cols, slices.Clone(v))
			}
			if c.Index != nil {
				series.present = make([]bool, n)
				for _, row := range c.Index {
					series.present[row] = true
				}
			}
			requireBlock(t, n, kind, []blockSeries{series})
		}
	})
}

func FuzzTimesHostile(f *testing.F) {
	var e chunk.Encoder
	f.Add(e.Times(nil, []int64{1, 31, 60, 90}), uint16(4))
	f.Add(e.Times(nil, []int64{math.MinInt64, math.MaxInt64}), uint16(2))
	f.Fuzz(func(t *testing.T, data []byte, n uint16) {
		var d chunk.Decoder
		at := make([]int64, int(n)%(chunk.MaxValues+2))
		if _, err := d.Times(at, data); err != nil {
			require.ErrorIs(t, err, chunk.ErrCorrupt)
			return
		}
		again := make([]int64, len(at))
		_, err := d.Times(again, e.Times(nil, at))
		require.NoError(t, err)
		require.Equal(t, at, again)
	})
}
