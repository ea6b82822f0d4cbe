package chunk_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"darksite/localmon/chunk"

	"github.com/stretchr/testify/require"
)

type blockSeries struct {
	present []bool
	cols    [][]float64
}

// randomBlock makes series of all kinds: full, with gaps, with one value, empty.
func randomBlock(rng *rand.Rand, rows, width, series int) []blockSeries {
	all := make([]blockSeries, series)
	for i := range all {
		s := &all[i]
		s.cols = make([][]float64, width)
		chance := []float64{0, 1, 0.5, 0.01, 0.99}[rng.IntN(5)]
		if chance < 1 {
			s.present = make([]bool, rows)
		}
		for r := range rows {
			if s.present != nil {
				if s.present[r] = rng.Float64() < chance; !s.present[r] {
					continue
				}
			}
			for k := range s.cols {
				v := math.Round(rng.NormFloat64()*100) / 10
				if i%7 == 0 {
					v = rng.NormFloat64()
				}
				s.cols[k] = append(s.cols[k], v)
			}
		}
	}
	return all
}

func packBlock(rows, width int, all []blockSeries) []byte {
	var b chunk.Builder
	b.Reset(rows, width)
	for _, s := range all {
		b.Add(s.present, s.cols...)
	}
	block, _ := b.Append(nil)
	return block
}

func TestBlocksComeBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, size := range []struct{ rows, width, series int }{{1, 1, 1}, {3, 1, 0}, {50, 1, 16}, {200, 4, 17}, {300, 1, 256}, {9, 8, 1024}} {
		all := randomBlock(rng, size.rows, size.width, size.series)
		data := packBlock(size.rows, size.width, all)
		var b chunk.Block
		require.NoError(t, b.Open(data))
		require.Equal(t, []int{size.rows, size.width, size.series}, []int{b.Rows, b.Width, b.Series})
		var d chunk.Decoder
		var c chunk.Column
		for i, s := range all {
			ok, err := d.Column(&b, i, 1<<size.width-1, &c)
			require.NoError(t, err)
			require.Equal(t, len(s.cols[0]) > 0, ok)
			require.Equal(t, ok, b.Has(i))
			last, has := b.Last(&d, i)
			require.Equal(t, ok, has)
			if !ok {
				continue
			}
			require.Equal(t, math.Float64bits(s.cols[0][len(s.cols[0])-1]), math.Float64bits(last))
			var index []int32
			for r, p := range s.present {
				if p {
					index = append(index, int32(r))
				}
			}
			if len(index) < size.rows {
				require.Equal(t, index, c.Index)
			}
			for k, col := range s.cols {
				require.Equal(t, bitsOf(col), bitsOf(c.Values[k]))
			}
			// one column alone
			_, err = d.Column(&b, i, 1<<(size.width-1), &c)
			require.NoError(t, err)
			require.Equal(t, bitsOf(s.cols[size.width-1]), bitsOf(c.Values[size.width-1]))
			require.True(t, size.width == 1 || c.Values[0] == nil)
		}
		ok, err := d.Column(&b, size.series, 1, &c)
		require.False(t, ok, "past the end")
		require.NoError(t, err)
	}
}

func TestAFlippedBitCostsOneShard(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 9))
	const series, shard = 80, 16
	data := packBlock(100, 1, randomBlock(rng, 100, 1, series))
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

func FuzzBlockHostile(f *testing.F) {
	rng := rand.New(rand.NewPCG(1, 1))
	f.Add(packBlock(20, 1, randomBlock(rng, 20, 1, 20)))
	f.Add(packBlock(8, 4, randomBlock(rng, 8, 4, 3)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var (
			b chunk.Block
			d chunk.Decoder
			c chunk.Column
		)
		if err := b.Open(data); err != nil {
			require.ErrorIs(t, err, chunk.ErrCorrupt)
			return
		}
		for i := range b.Series {
			if _, err := d.Column(&b, i, 1<<b.Width-1, &c); err != nil {
				require.ErrorIs(t, err, chunk.ErrCorrupt)
			}
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
