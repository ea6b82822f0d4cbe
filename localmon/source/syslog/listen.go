package syslog

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"darksite/localmon/source/push"
)

// Options say where to listen and what to do with what comes in.
type Options struct {
	UDP, TCP, TLS []string // addresses such as 10.1.0.5:5514; without a host on loopback

	TLSConfig *tls.Config                // needed for TLS; version 1.2 and newer
	Handle    func(push.Message)         // needed; called by one goroutine
	Known     func(addr netip.Addr) bool // senders for which room is kept; nobody when nil
	Now       func() time.Time           // the kit's clock; time.Now when nil

	MessageBytes   int           // 8 KiB when zero
	Connections    int           // in all; 64 when zero
	PerSender      int           // connections of one address; 8 when zero
	Idle           time.Duration // between two messages of a connection; 24 hours when zero
	MessageTime    time.Duration // for one message; 30 seconds when zero
	Rate           int           // messages a second of one address; 100 when zero
	Burst          int           // messages of one address at once; ten times Rate when zero
	UnknownRate    int           // messages a second of all senders that are not known; 2,000 when zero
	HandshakeTime  time.Duration // of TLS; 10 seconds when zero
	WaitingInQueue int           // messages waiting for Handle; 1,024 when zero
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.MessageBytes = cmp.Or(max(o.MessageBytes, 0), 8<<10)
	o.Connections = cmp.Or(max(o.Connections, 0), 64)
	o.PerSender = cmp.Or(max(o.PerSender, 0), 8)
	o.Idle = cmp.Or(max(o.Idle, 0), 24*time.Hour)
	o.MessageTime = cmp.Or(max(o.MessageTime, 0), 30*time.Second)
	o.Rate = cmp.Or(max(o.Rate, 0), 100)
	o.Burst = cmp.Or(max(o.Burst, 0), 10*o.Rate)
	o.UnknownRate = cmp.Or(max(o.UnknownRate, 0), 2000)
	o.HandshakeTime = cmp.Or(max(o.HandshakeTime, 0), 10*time.Second)
	o.WaitingInQueue = cmp.Or(max(o.WaitingInQueue, 0), 1024)
	return o
}

const (
	// drain is for how long Serve reads on what had come in when it is to end.
	drain = 100 * time.Millisecond
	// breath is a pause after an error of the system, and between two questions
	// whether a connection may go on.
	breath = 50 * time.Millisecond
	// maxDatagram is the longest there can be.
	maxDatagram = 64 << 10
	// receiveBuffer is what the system is asked to hold for us in a burst.
	receiveBuffer = 1 << 20
	// CutMark ends the text of a message that was longer, or did not end.
	CutMark = " [cut]"
)

// Counters say what came in since the listener was made.
type Counters struct {
	Received  uint64 // messages handed over
	Cut       uint64 // of those: longer than a message may be, or never ended
	Malformed uint64 // of those: of neither form; and empty ones, which are not handed over
	Dropped   uint64 // datagrams over the rate, or for which there was no room
	Slowed    uint64 // messages a connection had to wait with
	Refused   uint64 // connections over their number, or whose handshake failed
	Late      uint64 // connections ended because a message did not come to its end in time
	Faults    uint64 // errors of the system while receiving
}

// Listener receives messages.
type Listener struct {
	o       Options
	udp     []*net.UDPConn
	tcp     []net.Listener
	tls     []net.Listener
	queue   chan received
	stop    chan struct{} // closed when no more is let in
	stopped sync.Once
	ends    time.Time // when draining is over; set before stop is closed

	mu    sync.Mutex
	pace  *pace
	conns map[net.Conn]netip.Addr

	counters struct {
		received, cut, malformed, dropped, slowed, refused, late, faults atomic.Uint64
	}
}

// received is one message as it came.
type received struct {
	data []byte
	from netip.AddrPort
	at   time.Time
	cut  bool
}

// Listen opens the sockets. Nothing is read before Serve.
func Listen(ctx context.Context, o Options) (*Listener, error) {
	o = o.withDefaults()
	if o.Handle == nil {
		return nil, errors.New("listen for syslog: nobody handles the messages")
	}
	if len(o.TLS) > 0 {
		if o.TLSConfig == nil {
			return nil, errors.New("listen for syslog over TLS: a certificate is needed")
		}
		o.TLSConfig = o.TLSConfig.Clone()
		o.TLSConfig.MinVersion = max(o.TLSConfig.MinVersion, tls.VersionTLS12)
	}
	l := &Listener{
		o: o, queue: make(chan received, o.WaitingInQueue), stop: make(chan struct{}),
		pace: newPace(o, time.Now()), conns: map[net.Conn]netip.Addr{},
	}
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for syslog: %w", err), l.Close())
	}
	return l, nil
}

func (l *Listener) open(ctx context.Context) error {
	probes := net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4}
	config := net.ListenConfig{KeepAliveConfig: probes}
	for _, a := range l.o.UDP {
		address, err := plain(a)
		if err != nil {
			return err
		}
		c, err := config.ListenPacket(ctx, "udp", address)
		if err != nil {
			return err
		}
		u := c.(*net.UDPConn)
		l.udp = append(l.udp, u)
		if err := u.SetReadBuffer(receiveBuffer); err != nil {
			return fmt.Errorf("receive on %s: %w", address, err)
		}
	}
	for _, s := range []struct {
		addresses []string
		to        *[]net.Listener
	}{{l.o.TCP, &l.tcp}, {l.o.TLS, &l.tls}} {
		for _, a := range s.addresses {
			address, err := plain(a)
			if err != nil {
				return err
			}
			c, err := config.Listen(ctx, "tcp", address)
			if err != nil {
				return err
			}
			*s.to = append(*s.to, c)
		}
	}
	return nil
}

// plain is an address by number. Nothing is looked up.
func plain(address string) (string, error) {
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return "", fmt.Errorf("address %q: want an IP address and a port, such as 10.1.0.5:5514", address)
	}
	return a.String(), nil
}

// Addrs are the addresses listened at, in the order of the options.
func (l *Listener) Addrs() (udp, tcp, tls []netip.AddrPort) {
	for _, c := range l.udp {
		udp = append(udp, addrPort(c.LocalAddr()))
	}
	for _, c := range l.tcp {
		tcp = append(tcp, addrPort(c.Addr()))
	}
	for _, c := range l.tls {
		tls = append(tls, addrPort(c.Addr()))
	}
	return udp, tcp, tls
}

// addrPort is the address of a socket of ours, which is always one by number.
func addrPort(a net.Addr) netip.AddrPort {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// Counters returns what came in so far.
func (l *Listener) Counters() Counters {
	c := &l.counters
	return Counters{
		Received: c.received.Load(), Cut: c.cut.Load(), Malformed: c.malformed.Load(), Dropped: c.dropped.Load(),
		Slowed: c.slowed.Load(), Refused: c.refused.Load(), Late: c.late.Load(), Faults: c.faults.Load(),
	}
}

// Serve receives until ctx ends, hands over what came in by then, and closes
// the sockets. It is called once.
func (l *Listener) Serve(ctx context.Context) error {
	var readers, handler sync.WaitGroup
	handler.Go(l.handle)
	for _, c := range l.udp {
		readers.Go(func() { l.datagrams(c) })
	}
	for _, s := range l.tcp {
		readers.Go(func() { l.accept(s, nil, &readers) })
	}
	for _, s := range l.tls {
		readers.Go(func() { l.accept(s, l.o.TLSConfig, &readers) })
	}
	<-ctx.Done()
	l.end()
	readers.Wait()
	close(l.queue)
	handler.Wait()
	return l.Close()
}

// end lets nobody in any more and gives readers a moment for what is there.
func (l *Listener) end() {
	l.stopped.Do(func() {
		l.mu.Lock()
		l.ends = time.Now().Add(drain)
		close(l.stop)
		l.mu.Unlock()
	})
	for _, s := range append(l.tcp[:len(l.tcp):len(l.tcp)], l.tls...) {
		_ = s.Close() // no more are let in; what was accepted goes on
	}
	for _, c := range l.udp {
		_ = c.SetReadDeadline(l.ends)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.SetReadDeadline(l.ends)
	}
}

// Close closes the sockets of a listener that is not served, or no longer.
func (l *Listener) Close() error {
	var errs []error
	for _, c := range l.udp {
		errs = append(errs, c.Close())
	}
	for _, s := range append(l.tcp[:len(l.tcp):len(l.tcp)], l.tls...) {
		errs = append(errs, s.Close())
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, net.ErrClosed) })
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the sockets of syslog: %w", err)
	}
	return nil
}

// handle hands over what waits, one after the other.
func (l *Listener) handle() {
	for r := range l.queue {
		m, ok := Decode(r.data, r.from, r.at)
		if !ok {
			l.counters.malformed.Add(1)
		}
		if len(r.data) == 0 {
			continue
		}
		if r.cut {
			l.counters.cut.Add(1)
			m.Text += CutMark
			m.Raw += CutMark
		}
		l.counters.received.Add(1)
		l.o.Handle(m)
	}
}

// admit asks whether a message of the sender may come in now.
func (l *Listener) admit(from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace.admit(from, time.Now())
}

// datagrams reads one UDP socket.
func (l *Listener) datagrams(c *net.UDPConn) {
	buffer := make([]byte, maxDatagram)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buffer)
		if err != nil {
			if l.over(err) {
				return
			}
			continue
		}
		if !l.admit(from.Addr()) {
			l.counters.dropped.Add(1)
			continue
		}
		r := received{
			data: bytes.Clone(buffer[:min(n, l.o.MessageBytes)]), from: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()),
			at: l.o.Now(), cut: n > l.o.MessageBytes,
		}
		select {
		case l.queue <- r:
		default:
			l.counters.dropped.Add(1)
		}
	}
}

// over reports whether a socket has come to its end. Any other error is the
// system's, is counted and has a pause, because it will be there again at once.
func (l *Listener) over(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return true
	}
	select {
	case <-l.stop:
		return true
	case <-time.After(breath):
	}
	l.counters.faults.Add(1)
	return false
}

// accept lets connections in.
func (l *Listener) accept(s net.Listener, config *tls.Config, readers *sync.WaitGroup) {
	for {
		c, err := s.Accept()
		if err != nil {
			if l.over(err) {
				return
			}
			continue
		}
		from := addrPort(c.RemoteAddr())
		if !l.enter(c, from.Addr()) {
			l.counters.refused.Add(1)
			_ = c.Close()
			continue
		}
		readers.Go(func() {
			defer l.leave(c)
			l.connection(c, config, from)
		})
	}
}

func (l *Listener) enter(c net.Conn, from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := 0
	for _, other := range l.conns {
		if other == from {
			same++
		}
	}
	if same >= l.o.PerSender || len(l.conns) >= l.o.Connections {
		return false
	}
	l.conns[c] = from
	return true
}

func (l *Listener) leave(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	_ = c.Close()
}

// allow gives the connection so much time for what it reads next.
func (l *Listener) allow(c net.Conn, d time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := time.Now().Add(d)
	select {
	case <-l.stop:
		until = l.ends
	default:
	}
	return c.SetReadDeadline(until)
}

// connection reads messages until the sender ends it or its time is over.
func (l *Listener) connection(c net.Conn, config *tls.Config, from netip.AddrPort) {
	if config != nil {
		if c = l.handshake(c, config); c == nil {
			l.counters.refused.Add(1)
			return
		}
	}
	f := frames{in: bufio.NewReader(c), most: l.o.MessageBytes}
	for {
		if l.allow(c, l.o.Idle) != nil || f.begin() != nil || l.allow(c, l.o.MessageTime) != nil {
			return
		}
		at := l.o.Now()
		data, cut, err := f.next()
		if len(data) > 0 {
			l.wait(from.Addr())
			l.queue <- received{data: data, from: from, at: at, cut: cut}
		}
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				l.late()
			}
			return
		}
	}
}

// handshake begins TLS; nil when it fails.
func (l *Listener) handshake(c net.Conn, config *tls.Config) net.Conn {
	secure := tls.Server(c, config)
	if l.allow(c, l.o.HandshakeTime) != nil || secure.SetWriteDeadline(time.Now().Add(l.o.HandshakeTime)) != nil {
		return nil
	}
	if secure.Handshake() != nil { //nolint:noctx // its deadline is set, and shortened when Serve ends
		return nil
	}
	return secure
}

// late counts a message that did not end, unless it was not given the time.
func (l *Listener) late() {
	select {
	case <-l.stop:
	default:
		l.counters.late.Add(1)
	}
}

// wait holds a connection back until its sender may speak again: the sender is
// slowed down and nothing is lost. When Serve ends there is no more waiting.
func (l *Listener) wait(from netip.Addr) {
	if l.admit(from) {
		return
	}
	l.counters.slowed.Add(1)
	t := time.NewTicker(breath)
	defer t.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-t.C:
			if l.admit(from) {
				return
			}
		}
	}
}
