package sim

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// noise is what a noisy volume works on top of its own part.
type noise struct {
	volume int
	ops    float64
}

// limit holds a volume back.
type limit struct {
	volume int
	ops    float64 // a second
	grown  float64 // how far the wait has grown, 0 to 1
}

// busiest names the volume with the largest part of the load.
func (inv *inventory) busiest() string {
	return slices.MaxFunc(inv.volumes, func(a, b volume) int { return cmp.Compare(a.weight, b.weight) }).name
}

func (inv *inventory) volumeNamed(name string) int {
	return slices.IndexFunc(inv.volumes, func(x volume) bool { return x.name == name })
}

// noisiest is how much more than the array does at the daily peak one volume
// can take: beyond that the others make room.
const noisiest = 1.2

// stressOfNoise works out what each noisy volume takes: enough to have its
// share of all operations. Where the array cannot do so much, the others wait.
func (v View) stressOfNoise(s *stress) {
	for _, e := range v.entries {
		if e.Kind != NoisyVolume || !e.begun(v.at) {
			continue
		}
		share := e.param("share") / 100 * rampOf(e, v.at)
		n := v.inv.volumeNamed(e.Target)
		if share <= 0 || n < 0 {
			continue
		}
		var rest float64
		for i := range v.inv.volumes {
			if i != n {
				rest += v.offered(i, s)
			}
		}
		own, peak := v.offered(n, s), v.options.Size.dimensions().peakIOPS
		want := math.Max(0, share/(1-share)*rest-own)
		take := math.Min(want, noisiest*peak)
		s.noisy = append(s.noisy, noise{n, take})
		s.press += take / peak
		if take < want {
			s.crowd *= (own + take) / (own + want)
		}
	}
}

// rampOf is how far a fault with a ramp has come, and after its repair how far
// it has not yet gone.
func rampOf(e Entry, at time.Time) float64 {
	ramp := e.param("ramp")
	if !e.repaired(at) {
		return math.Min(1, at.Sub(e.At).Seconds()/ramp)
	}
	reached := math.Min(1, e.Until.Sub(e.At).Seconds()/ramp)
	return math.Max(0, reached-at.Sub(e.Until).Seconds()/ramp)
}

func (s *stress) noiseOf(i int) float64 {
	var ops float64
	for _, n := range s.noisy {
		if n.volume == i {
			ops += n.ops
		}
	}
	return ops
}

func (v View) stressOfLimit(s *stress, e Entry) {
	if e.active(v.at) {
		s.limits = append(s.limits, limit{v.inv.volumeNamed(e.Target), e.param("iops"), rampOf(e, v.at)})
	}
}

// A held operation waits this long for each time its volume asks for its limit
// over again, and never longer than the longest.
const (
	heldUsec    = 4000
	longestHeld = 100_000
)

// hold is what a limit lets through of the operations offered, and how long
// one of them waits, in microseconds.
func (s *stress) hold(i int, offered float64) (let float64, usec int64) {
	for _, l := range s.limits {
		if l.volume != i || offered <= l.ops {
			continue
		}
		wait := math.Min(longestHeld, heldUsec*(offered/l.ops-1)) * (0.1 + 0.9*l.grown)
		offered, usec = l.ops, usec+int64(wait)
	}
	return offered, usec
}

// limitOf is the limit a volume is under.
func (v View) limitOf(name string) Opt[int64] {
	for _, e := range v.entries {
		if e.Kind == QoSCap && e.Target == name && e.active(v.at) {
			return Some(int64(e.param("iops")))
		}
	}
	return Opt[int64]{}
}
