package cli

import (
	"fmt"
	"io"
	"time"

	"darksite/localmon/units"
)

// Progress reports long work on Err, one line every few seconds with the share
// done, the rate and the time left; lines, never a repainted screen, so that a
// log and a screen reader can follow. Work shorter than the interval prints
// nothing.
type Progress struct {
	w     io.Writer
	now   func() time.Time
	what  string
	start time.Time
	last  time.Time
}

const progressEvery = 2 * time.Second

// Progress begins a report on what is being done.
func (e *Env) Progress(what string) *Progress {
	t := e.Now()
	return &Progress{w: e.Err, now: e.Now, what: what, start: t, last: t}
}

// Step says that done of total bytes are behind us; total 0 means not known.
func (p *Progress) Step(done, total int64) {
	now := p.now()
	if now.Sub(p.last) < progressEvery {
		return
	}
	p.last = now
	spent := now.Sub(p.start).Seconds()
	rate := float64(done) / max(spent, 0.001)
	if total <= 0 || rate <= 0 {
		fmt.Fprintf(p.w, "%s: %s, %s/s\n", p.what, units.Bytes(float64(done)), units.Bytes(rate))
		return
	}
	left := time.Duration(float64(total-done) / rate * float64(time.Second))
	fmt.Fprintf(p.w, "%s: %d %% of %s, %s/s, %s left\n", p.what, done*100/total, units.Bytes(float64(total)), units.Bytes(rate), units.Duration(left))
}
