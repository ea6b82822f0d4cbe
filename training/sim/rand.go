package sim

import (
	"encoding/hex"
	"fmt"
	"math"
	"time"
)

// All chance in the model is a function of a 64-bit key and not a stream of
// draws: asking about one volume, or about one instant in the past, must not
// change what any other question is answered.

// mix is the finaliser of the splitmix64 generator (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// key derives the key of a named thing from the key of what it belongs to.
func key(parent uint64, label string) uint64 {
	h := mix(parent)
	for _, c := range []byte(label) {
		h = mix(h ^ uint64(c))
	}
	return h
}

// keyN derives the key of a numbered thing.
func keyN(parent uint64, n int64) uint64 { return mix(mix(parent) ^ uint64(n)) }

// unit maps a key to [0, 1).
func unit(k uint64) float64 { return float64(mix(k)>>11) / (1 << 53) }

// between maps a key to [lo, hi).
func between(k uint64, lo, hi float64) float64 { return lo + (hi-lo)*unit(k) }

// pick chooses one of the values.
func pick[T any](k uint64, from []T) T { return from[int(unit(k)*float64(len(from)))] }

// hexOf returns n hexadecimal digits.
func hexOf(k uint64, n int) string {
	b := make([]byte, 0, n/2+8)
	for i := int64(0); len(b) < (n+1)/2; i++ {
		v := keyN(k, i)
		for s := 56; s >= 0; s -= 8 {
			b = append(b, byte(v>>s))
		}
	}
	return hex.EncodeToString(b)[:n]
}

// uuidOf returns a name in the form of a UUID.
func uuidOf(k uint64) string {
	h := hexOf(k, 32)
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// smooth is value noise in [0, 1]: chance at every multiple of the period, and
// a smooth way between them.
func smooth(k uint64, at time.Time, period time.Duration) float64 {
	ms, p := at.UnixMilli(), period.Milliseconds()
	i := floorDiv(ms, p)
	f := float64(ms-i*p) / float64(p)
	f = f * f * (3 - 2*f)
	a, b := unit(keyN(k, i)), unit(keyN(k, i+1))
	return a + (b-a)*f
}

// ripple sums three speeds of noise into [0, 1].
func ripple(k uint64, at time.Time) float64 {
	return 0.5*smooth(k, at, 7*time.Minute) +
		0.3*smooth(k+1, at, time.Minute) +
		0.2*smooth(k+2, at, 5*time.Second)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// daily is the share of the day's peak offered at an instant: low at night,
// highest in the early afternoon (UTC), lower at week-ends.
func daily(at time.Time) float64 {
	at = at.UTC()
	h := float64(at.Hour()) + float64(at.Minute())/60 + float64(at.Second())/3600
	d := math.Abs(h - 14)
	if d > 12 {
		d = 24 - d
	}
	wave := 0.3 + 0.7*math.Exp(-d*d/28)
	if wd := at.Weekday(); wd == time.Saturday || wd == time.Sunday {
		wave *= 0.55
	}
	return wave
}
