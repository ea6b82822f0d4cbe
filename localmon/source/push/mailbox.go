package push

import (
	"sync"
	"time"
)

// defaultMailbox is how many messages a mailbox holds unless told otherwise.
const defaultMailbox = 1000

// Mailbox holds what came for one target until the next look at it. It may be
// used by any number of goroutines.
type Mailbox struct {
	limit int
	wake  chan struct{}

	mu      sync.Mutex
	queue   []Message
	counts  map[tally]int
	dropped int
	last    time.Time
	asked   bool
}

// tally is what messages are counted by.
type tally struct {
	channel  Channel
	severity string
}

// mail is what was taken out of a mailbox.
type mail struct {
	messages []Message // about alerts, oldest first, without their Raw
	counts   map[tally]int
	dropped  int
	last     time.Time // when the newest message ever came; zero before the first
}

// NewMailbox makes a mailbox for so many messages about alerts; 1,000 when
// limit is not above zero.
func NewMailbox(limit int) *Mailbox {
	if limit <= 0 {
		limit = defaultMailbox
	}
	return &Mailbox{limit: limit, wake: make(chan struct{}, 1), counts: map[tally]int{}}
}

// Wake has something in it when something came, or a look was asked for, since it
// was last received from.
func (b *Mailbox) Wake() <-chan struct{} { return b.wake }

// Put counts a message and, when it is about an alert, queues it. Where the
// mailbox is full the oldest goes and is counted.
func (b *Mailbox) Put(m Message) {
	b.mu.Lock()
	b.counts[tally{m.Channel, m.Severity}.known()]++
	if m.At.After(b.last) {
		b.last = m.At
	}
	if m.Alert != nil {
		m.Raw = "" // stays in the spool; here it would be most of the memory
		b.queue = append(b.queue, m)
		b.trim()
	}
	b.mu.Unlock()
	b.rouse()
}

// Ask wishes for a look although nothing came, as somebody does who has just
// changed a part and waits to see that it is well.
func (b *Mailbox) Ask() {
	b.mu.Lock()
	b.asked = true
	b.mu.Unlock()
	b.rouse()
}

// Asked reports whether a look was wished for since it was last called.
func (b *Mailbox) Asked() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	asked := b.asked
	b.asked = false
	return asked
}

// rouse puts something into Wake unless it has something in it.
func (b *Mailbox) rouse() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// known keeps the set of counters closed whatever a sender makes up. An
// unknown severity is a warning, as everywhere.
func (t tally) known() tally {
	if t.channel != Trap {
		t.channel = Syslog
	}
	if t.severity != Critical && t.severity != Info {
		t.severity = Warning
	}
	return t
}

func (b *Mailbox) trim() {
	over := len(b.queue) - b.limit
	if over <= 0 {
		return
	}
	b.dropped += over
	kept := copy(b.queue, b.queue[over:])
	clear(b.queue[kept:])
	b.queue = b.queue[:kept]
}

// take empties the mailbox.
func (b *Mailbox) take() mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := mail{b.queue, b.counts, b.dropped, b.last}
	b.queue, b.counts, b.dropped = nil, map[tally]int{}, 0
	return m
}

// waiting reports whether a message about an alert is in the mailbox.
func (b *Mailbox) waiting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue) > 0
}

// keep puts messages back in front of those that came since, for the next look.
func (b *Mailbox) keep(messages []Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue = append(messages[:len(messages):len(messages)], b.queue...)
	b.trim()
}
