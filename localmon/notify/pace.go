package notify

import (
	"math/rand/v2"
	"time"
)

const (
	firstWait = 5 * time.Second
	lastWait  = 5 * time.Minute
	maxBurst  = 5 // messages at once before the pace holds
)

// backoff is how long to wait after so many failures in a row. A fifth of it is
// chance, so that ways that failed together do not come back together.
func backoff(failures int) time.Duration {
	wait := lastWait
	if shift := failures - 1; shift < 16 {
		wait = min(firstWait<<max(shift, 0), lastWait)
	}
	return wait - wait/5 + rand.N(wait/5)
}

// pace lets a few messages through at once and then so many an hour.
type pace struct {
	every time.Duration // zero: no limit
	burst int
	used  int       // of the burst
	since time.Time // when the oldest used one was, as far as it was not given back
}

func newPace(perHour int) pace {
	if perHour <= 0 {
		return pace{}
	}
	return pace{every: time.Hour / time.Duration(perHour), burst: min(perHour, maxBurst)}
}

// take lets one message through, or says how long to wait.
func (p *pace) take(now time.Time) time.Duration {
	if p.every == 0 {
		return 0
	}
	if now.Before(p.since) {
		p.since = now // the clock was set back: the wait begins again and grows no longer
	}
	if back := int(now.Sub(p.since) / p.every); back > 0 {
		p.used, p.since = max(p.used-back, 0), p.since.Add(time.Duration(back)*p.every)
	}
	if p.used == p.burst {
		return p.every - now.Sub(p.since)
	}
	if p.used == 0 {
		p.since = now
	}
	p.used++
	return 0
}
