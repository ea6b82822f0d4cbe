package syslog

import (
	"bufio"
	"io"
	"net/netip"
	"time"
)

// Frames reads every message of a stream, for the fuzz target.
func Frames(r io.Reader, most int) (messages [][]byte, cuts int) {
	f := frames{in: bufio.NewReader(r), most: most}
	for f.begin() == nil {
		data, cut, err := f.next()
		if len(data) > 0 {
			messages = append(messages, data)
		}
		if cut {
			cuts++
		}
		if err != nil {
			break
		}
	}
	return messages, cuts
}

// Pace is the pace of a listener, for tests of its own.
type Pace struct{ p *pace }

// NewPace makes one.
func NewPace(o Options, now time.Time) Pace { return Pace{newPace(o.withDefaults(), now)} }

// Admit asks it.
func (p Pace) Admit(from netip.Addr, now time.Time) bool { return p.p.admit(from, now) }

// Senders is how many it remembers.
func (p Pace) Senders() int { return len(p.p.senders) }
