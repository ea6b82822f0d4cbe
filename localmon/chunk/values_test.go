package chunk_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"darksite/localmon/chunk"

	"github.com/stretchr/testify/require"
)

func bitsOf(v []float64) []uint64 {
	u := make([]uint64, len(v))
	for i, x := range v {
		u[i] = math.Float64bits(x)
	}
	return u
}

// requireValues encodes, decodes and compares.
func requireValues(t *testing.T, v []float64) []byte {
	t.Helper()
	var enc chunk.Encoder
	var dec chunk.Decoder
	stream := enc.Values(nil, v)
	require.Equal(t, stream, enc.Values(nil, v), "the same values give the same bytes")
	got := make([]float64, len(v))
	require.NoError(t, dec.Values(got, stream))
	require.Equal(t, bitsOf(v), bitsOf(got))
	return stream
}

func TestValuesComeBackBitForBit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	walk := 0.0
	kinds := map[string]func(i int) float64{
		"zero":                   func(int) float64 { return 0 },
		"negative zero":          func(int) float64 { return math.Copysign(0, -1) },
		"one":                    func(int) float64 { return 1 },
		"third":                  func(int) float64 { return 1.0 / 3 },
		"ramp":                   func(i int) float64 { return float64(i * 7) },
		"parabola":               func(i int) float64 { return float64(i * i) },
		"noise":                  func(int) float64 { return math.Round(1000*rng.NormFloat64()) / 10 },
		"walk":                   func(int) float64 { walk += math.Round(100 * rng.NormFloat64()); return walk },
		"bursts":                 func(i int) float64 { return float64(i/40%3/2) * math.Round(rng.Float64()*1e4) },
		"steps":                  func(i int) float64 { return float64(i / 10 * (1 << 20)) },
		"quotients":              func(int) float64 { return rng.NormFloat64() },
		"float32":                func(int) float64 { return float64(rng.Float32()) },
		"any bits":               func(int) float64 { return math.Float64frombits(rng.Uint64()) },
		"not numbers":            func(i int) float64 { return math.Float64frombits(0x7ff8_0000_0000_0000 + uint64(i)) },
		"infinities":             func(i int) float64 { return math.Inf(i%2*2 - 1) },
		"one odd":                func(i int) float64 { return []float64{5, math.NaN()}[min(1, i%100/99)] },
		"zeros of both":          func(i int) float64 { return math.Copysign(0, float64(i%2*2-1)) },
		"largest decimal":        func(i int) float64 { return float64((1<<50 - 1) * (i%2*2 - 1)) },
		"past decimals":          func(i int) float64 { return float64((1 << 50) * (i%2*2 - 1)) },
		"fine and large":         func(i int) float64 { return []float64{1e-9, 1e14}[i%2] },
		"extremes":               func(i int) float64 { return []float64{math.MaxFloat64, math.SmallestNonzeroFloat64, -1}[i%3] },
		"tenths":                 func(i int) float64 { return float64(i%17) / 10 },
		"integers, late decimal": func(i int) float64 { return []float64{4, 4.125}[min(1, i/90)] },
		"ratios":                 func(int) float64 { return float64(1e6+rng.IntN(1e6)) / float64(900+rng.IntN(200)) },
		"share of a total":       func(int) float64 { return 100 * float64(rng.IntN(7e8)) / 7e8 },
		"ratios below zero":      func(i int) float64 { return -float64(i%7) / float64(i%11+1) },
		"ratios of all sizes": func(i int) float64 {
			return []float64{1 << 45, 0x1p-24, -7.0 / 3, 1<<49 + 3}[i%4]
		},
		"rest, then noise":   func(i int) float64 { return float64(max(0, i-50)) * math.Round(rng.NormFloat64()*9) },
		"far offset, factor": func(i int) float64 { return -123456789 - float64(rng.IntN(50))*4096 },
	}
	for name, f := range kinds {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 2, 3, 4, 5, 8, 9, 17, 64, 100, 257, 2880, chunk.MaxValues} {
				v := make([]float64, n)
				for i := range v {
					v[i] = f(i)
				}
				requireValues(t, v)
			}
		})
	}
}

func TestQuotientsOfWholeNumbersTakeLessThanTheirBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	v := make([]float64, 2880)
	for i := range v {
		ops := 900 + rng.IntN(200)
		v[i] = float64(ops*8192+rng.IntN(1e5)) / float64(ops)
	}
	require.Less(t, len(requireValues(t, v)), 4*len(v))
}

func TestDamagedStreamsAreErrors(t *testing.T) {
	var enc chunk.Encoder
	var dec chunk.Decoder
	rng := rand.New(rand.NewPCG(3, 4))
	v := make([]float64, 300)
	for i := range v {
		v[i] = float64(i/30%2) * math.Round(100+10*rng.NormFloat64())
	}
	stream := enc.Values(nil, v)
	out := make([]float64, len(v))
	for n := range stream {
		require.ErrorIs(t, dec.Values(out, stream[:n]), chunk.ErrCorrupt, "cut at %d", n)
	}
	require.ErrorIs(t, dec.Values(out, append(stream, 0)), chunk.ErrCorrupt)
	require.ErrorIs(t, dec.Values(out[:299], stream), chunk.ErrCorrupt)
	require.ErrorIs(t, dec.Values(nil, stream), chunk.ErrCorrupt)
	require.ErrorIs(t, dec.Values(make([]float64, chunk.MaxValues+1), stream), chunk.ErrCorrupt)
	require.Panics(t, func() { enc.Values(nil, nil) })
	require.Panics(t, func() { enc.Values(nil, make([]float64, chunk.MaxValues+1)) })
}

func FuzzValuesRoundTrip(f *testing.F) {
	f.Add([]byte("12345678abcdefgh"), uint8(0))
	f.Add([]byte{1, 0, 2, 0, 3, 0, 5, 0, 5, 0, 5, 0, 0, 0, 0, 0}, uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, width uint8) {
		v := valuesOf(b, width)
		if len(v) > 0 && len(v) <= chunk.MaxValues {
			requireValues(t, v)
		}
	})
}

func FuzzValuesHostile(f *testing.F) {
	var enc chunk.Encoder
	for i, c := range columns(2, 200) {
		if i%3 == 0 {
			f.Add(enc.Values(nil, c), uint16(len(c)))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, n uint16) {
		var dec chunk.Decoder
		out := make([]float64, int(n)%(chunk.MaxValues+2))
		err := dec.Values(out, b)
		if err != nil {
			require.ErrorIs(t, err, chunk.ErrCorrupt)
			return
		}
		// what was read can be written and read again
		stream := enc.Values(nil, out)
		again := make([]float64, len(out))
		require.NoError(t, dec.Values(again, stream), "%x", b)
		require.Equal(t, bitsOf(out), bitsOf(again))
	})
}

func TestRescaledMantissasAreTheSameValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 20000 {
		m, e := rng.Int64N(1<<rng.IntN(50)+1)-rng.Int64N(1<<rng.IntN(50)+1), uint8(rng.IntN(10))
		digits := uint8(rng.IntN(int(chunk.MaxExponent-e) + 1))
		finer, ok := chunk.Rescale(m, digits)
		if !ok {
			require.Greater(t, math.Abs(float64(m))*math.Pow10(int(digits)), float64(1<<49))
			continue
		}
		require.Equal(t, math.Float64bits(chunk.Float(m, e)), math.Float64bits(chunk.Float(finer, e+digits)), "%d at %d by %d", m, e, digits)
	}
	_, ok := chunk.Rescale(1, chunk.MaxExponent+1)
	require.False(t, ok)
}
