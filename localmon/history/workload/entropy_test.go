package workload

import (
	"bytes"
	"encoding/binary"
	"math"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatCanBeSeenHasProbabilityOneInAll(t *testing.T) {
	for _, c := range []struct {
		name                string
		b                   belief
		offset, gain, noise float64
		bounds              func(n float64) (low, high float64)
		from, to, parts     float64
	}{
		{"whole numbers in logarithms, small", belief{-0.3, 0.1}, 1, 1, 0.07, logRounded, 0, 100, 1},
		{"whole numbers in logarithms, large", belief{0.2, 0.01}, 7, 1, 0.04, logRounded, 0, 5000, 1},
		{"per cents that are cut at both ends", belief{10, 9}, 25, 2, 30, func(n float64) (float64, float64) { return rounded(n, 10) }, 0, 100, 10},
		{"roundings without noise", belief{0, 1}, 41, 1. / 3, 0, func(n float64) (float64, float64) { return n - 0.5, n + 0.5 }, 20, 60, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			sum, mean := 0.0, 0.0
			for n := c.from * c.parts; n <= c.to*c.parts; n++ {
				low, high := c.bounds(n / c.parts)
				b := c.b
				p := math.Exp2(-b.see(c.offset, c.gain, c.noise, low, high))
				sum += p
				mean += p * b.mean
				require.LessOrEqual(t, b.variance, c.b.variance, "to see something never makes one know less")
			}
			require.InDelta(t, 1, sum, 1e-4)
			require.InDelta(t, c.b.mean, mean, 1e-3, "what one believes later is on average what one believed before")
		})
	}
}

func TestWhatIsWithinANormalDistributionIsWhatIntegrationSays(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range [][2]float64{{-1, 1}, {0.2, 0.9}, {-inf, -2}, {3, inf}, {-5, -4.5}, {1, 1.02}, {1, 1.005}} {
		var p, first, second float64
		const step = 2e-5
		for x := max(c[0], -12) + step/2; x < min(c[1], 12); x += step {
			d := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) * step
			p, first, second = p+d, first+d*x, second+d*x*x
		}
		gotP, mean, variance := normalWithin(c[0], c[1])
		require.InEpsilon(t, p, gotP, 1e-3, "%v", c)
		require.InDelta(t, first/p, mean, 1e-3, "%v", c)
		require.InDelta(t, second/p-first/p*first/p, variance, 1e-4, "%v", c)
	}
}

// grid is the exact rules of a volume's hidden level, integrated numerically.
type grid struct {
	x, p []float64
}

const cell = 0.012

func newGrid() *grid {
	g := &grid{}
	for x := -2.4; x <= 2.4; x += cell {
		g.x, g.p = append(g.x, x), append(g.p, 0)
	}
	g.p[len(g.p)/2] = 1
	return g
}

func (g *grid) step() {
	next := make([]float64, len(g.p))
	for i, p := range g.p {
		if p < 1e-14 {
			continue
		}
		for k := range next {
			z := (g.x[k] - 0.9*g.x[i]) / 0.15
			if z > -6 && z < 6 {
				next[k] += p * density(z) * cell / 0.15
			}
		}
	}
	g.p = next
}

// see weighs every cell with the likelihood of what was seen.
func (g *grid) see(likelihood func(x float64) float64) (bits float64) {
	sum := 0.0
	for i := range g.p {
		if g.p[i] > 1e-14 {
			g.p[i] *= likelihood(g.x[i])
			sum += g.p[i]
		}
	}
	for i := range g.p {
		g.p[i] /= sum
	}
	return -math.Log2(sum)
}

// TestBitsOfAVolumeAreThoseOfTheExactRules integrates what a volume's counts
// and latencies say, by the rules that make them and without approximation.
func TestBitsOfAVolumeAreThoseOfTheExactRules(t *testing.T) {
	if testing.Short() {
		t.Skip("integrates for seconds")
	}
	const scrapes = 300
	within := func(x, mean, noise float64) float64 {
		p, _, _ := normalWithin((x-0.5-mean)/noise, (x+0.5-mean)/noise)
		return p
	}
	for _, c := range []struct {
		name string
		mean float64
	}{{"one operation now and then", 1.5}, {"some", 40}, {"thousands", 4000}, {"so many that latencies rise", 40000}} {
		t.Run(c.name, func(t *testing.T) {
			s := Default()
			s.Volumes, s.Busy = 1, true
			a := New(s)
			a.vols[0].mean = c.mean
			a.Measure()
			g, exact, rest := newGrid(), 0.0, 0.0
			p := a.vols[0]
			for range scrapes {
				daily := s.daily(a.n)
				_, v := a.Next()
				g.step()
				for _, o := range []struct{ seen, share, noise float64 }{{v[0], 0.7, 0.03}, {v[1], 0.3, 0.02}} {
					exact += g.see(func(x float64) float64 {
						load := p.mean * daily * math.Exp(x)
						return within(o.seen, load*o.share, load*o.noise)
					})
				}
				for _, o := range []struct{ seen, usual, noise float64 }{{v[4], 250, 0.08}, {v[5], 150, 0.06}} {
					exact += g.see(func(x float64) float64 {
						usec := o.usual * (1 + p.mean*daily*math.Exp(x)/60000)
						low, high := logRounded(o.seen)
						q, _, _ := normalWithin((low-math.Log(usec))/o.noise, (high-math.Log(usec))/o.noise)
						return q
					})
				}
				for k := range 2 {
					if v[k] > 0 {
						rest -= math.Log2(within(v[2+k], v[k]*p.size, 0.02*v[k]*p.size))
					}
				}
				rest += surpriseLog((v[0]*v[4]+v[1]*v[5])/1000, 0.05, math.Round(1000*v[6]))
			}
			got := a.Bits().Volumes
			t.Logf("%.3f bits a scrape, by the exact rules %.3f", got/scrapes, (exact+rest)/scrapes)
			require.InEpsilon(t, exact+rest, got, 0.002)
		})
	}
}

func TestBitsOfADriveAreThoseOfItsRules(t *testing.T) {
	s := Default()
	s.Volumes = 0
	a := New(s)
	a.Measure()
	const scrapes = 50_000
	for range scrapes {
		a.Next()
	}
	// temperature moves by one with 1/90, errors with 1/20000; busy is a normal
	// of 6 per cent in tenths
	h := func(p float64) float64 { return -p*math.Log2(p) - (1-p)*math.Log2(1-p) }
	want := h(1./90) + 1./90 + h(1./20000) + math.Log2(60*math.Sqrt(2*math.Pi*math.E))
	require.InDelta(t, want, a.Bits().Drives/scrapes, 0.05)
	require.Zero(t, a.Bits().Ports, "without load there is nothing on the ports")
}

func TestNoCompressorGetsBelowTheEntropy(t *testing.T) {
	s := Default()
	s.Volumes = 100
	const scrapes = 1000
	a := New(s)
	a.Measure()
	columns := make([][]float64, len(a.Keys()))
	for range scrapes {
		_, values := a.Next()
		for i, v := range values {
			columns[i] = append(columns[i], v)
		}
	}
	var packed []byte
	for _, column := range columns {
		packed = appendColumn(packed, column)
	}
	bits := a.Bits()
	floor := (bits.Total() - bits.Times) / 8
	tried := 0
	for _, c := range [][]string{{"xz", "-9e", "-c"}, {"zstd", "--ultra", "-22", "-c"}} {
		if _, err := exec.LookPath(c[0]); err != nil {
			continue
		}
		tried++
		cmd := exec.Command(c[0], c[1:]...)
		cmd.Stdin = bytes.NewReader(packed)
		out, err := cmd.Output()
		require.NoError(t, err)
		t.Logf("%s: %.4f B/sample, entropy %.4f", c[0], float64(len(out))/float64(scrapes*len(columns)), floor/float64(scrapes*len(columns)))
		require.Greater(t, float64(len(out)), floor, c[0])
		require.Less(t, float64(len(out)), 2*floor, "an entropy that %s misses by so much is not that of these samples", c[0])
	}
	if tried == 0 {
		t.Skip("neither xz nor zstd is here")
	}
}

// appendColumn packs a series in the plainest way that leaves a compressor its
// chance: differences of decimals as varints, and what is no decimal as it is.
func appendColumn(b []byte, column []float64) []byte {
	for scale := 1.0; scale <= 1000; scale *= 10 {
		ok := true
		for _, v := range column {
			ok = ok && math.Round(v*scale)/scale == v
		}
		if ok {
			last := int64(0)
			for _, v := range column {
				n := int64(math.Round(v * scale))
				b = binary.AppendVarint(b, n-last)
				last = n
			}
			return b
		}
	}
	for _, v := range column {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

func TestMeasuringChangesNothing(t *testing.T) {
	for _, s := range []Shape{Default(), Unsteady()} {
		a, b := New(s), New(s)
		b.Measure()
		for range 30 {
			at, x := a.Next()
			bt, y := b.Next()
			require.Equal(t, at, bt)
			require.Equal(t, x, y)
			require.Equal(t, a.Absent(), b.Absent())
		}
		require.Zero(t, a.Bits().Total())
		require.Positive(t, b.Bits().Total())
	}
}
