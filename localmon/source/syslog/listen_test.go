package syslog_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"darksite/localmon/source/push"
	"darksite/localmon/source/syslog"

	"github.com/stretchr/testify/require"
)

// patience is generous; it only has to be finite.
const patience = 20 * time.Second

// rig is a listener that is served.
type rig struct {
	t   *testing.T
	l   *syslog.Listener
	got chan push.Message

	udp, tcp, tls string
	roots         *x509.CertPool
	stop          func()
}

func serve(t *testing.T, o syslog.Options) *rig {
	t.Helper()
	r := &rig{t: t, got: make(chan push.Message, 100_000)}
	if o.Handle == nil {
		o.Handle = func(m push.Message) { r.got <- m }
	}
	o.UDP, o.TCP, o.TLS = []string{":0"}, []string{":0"}, []string{":0"}
	o.TLSConfig, r.roots = certificate(t)
	if o.Rate == 0 {
		o.Rate = 1_000_000
	}
	o.UnknownRate = 1_000_000
	l, err := syslog.Listen(t.Context(), o)
	require.NoError(t, err)
	u, c, s := l.Addrs()
	r.l, r.udp, r.tcp, r.tls = l, u[0].String(), c[0].String(), s[0].String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Serve(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(patience):
			require.Fail(t, "Serve did not return")
		}
	})
	t.Cleanup(r.stop)
	return r
}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kit"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(nil, c, c, public, private)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}, roots
}

func (r *rig) dial(network string) net.Conn {
	r.t.Helper()
	var c net.Conn
	var err error
	switch network {
	case "udp":
		c, err = net.Dial("udp", r.udp)
	case "tcp":
		c, err = net.Dial("tcp", r.tcp)
	default:
		c, err = tls.Dial("tcp", r.tls, &tls.Config{RootCAs: r.roots})
	}
	require.NoError(r.t, err)
	r.t.Cleanup(func() { c.Close() })
	return c
}

func (r *rig) send(c net.Conn, data string) {
	r.t.Helper()
	_, err := io.WriteString(c, data)
	require.NoError(r.t, err)
}

func (r *rig) next() push.Message {
	r.t.Helper()
	select {
	case m := <-r.got:
		return m
	case <-time.After(patience):
		require.FailNow(r.t, "no message came")
		return push.Message{}
	}
}

// texts stops the listener and returns what it handed over and was not yet
// asked for.
func (r *rig) texts() []string {
	r.t.Helper()
	r.stop()
	var all []string
	for len(r.got) > 0 {
		all = append(all, (<-r.got).Text)
	}
	return all
}

// closed waits until the other side has closed the connection.
func (r *rig) closed(c net.Conn) {
	r.t.Helper()
	require.NoError(r.t, c.SetReadDeadline(time.Now().Add(patience)))
	_, err := c.Read(make([]byte, 1))
	require.Error(r.t, err)
	var timeout net.Error
	require.False(r.t, errors.As(err, &timeout) && timeout.Timeout(), "it is still open")
}

func TestADatagramIsAMessage(t *testing.T) {
	r := serve(t, syslog.Options{Now: func() time.Time { return now }})
	c := r.dial("udp")
	r.send(c, sample3164+"\n")
	m := r.next()
	require.Equal(t, now, m.At)
	require.Equal(t, c.LocalAddr().String(), m.From.String())
	require.Equal(t, "fa-prod-1", m.Host)
	require.Equal(t, 60, m.Alert.Code)
	r.send(c, "<13>two\nlines")
	require.Equal(t, "two lines", r.next().Text)
	r.send(c, "")
	r.send(c, "\xff\xad\x00\xbe\xef")
	require.Equal(t, `\xff\xad\x00\xbe\xef`, r.next().Raw)
	r.send(c, "<13>"+strings.Repeat("x", 20_000))
	m = r.next()
	require.True(t, strings.HasSuffix(m.Raw, strings.Repeat("x", 8192-4)+" [cut]"))
	require.True(t, strings.HasSuffix(m.Text, "… [cut]"))
	require.Empty(t, r.texts())
	require.Equal(t, syslog.Counters{Received: 4, Cut: 1, Malformed: 2}, r.l.Counters())
}

func TestFramesOfAStream(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	cases := map[string]struct {
		in   string
		want []string
		cuts int
	}{
		"lines":                              {"<13>a: one\n<13>a: two\r\n<13>a: three\x00<13>a: four", []string{"one", "two", "three", "four"}, 0},
		"counts":                             {"10 <13>a: one11 <13>a: t\nwo9 <13>a: x\n", []string{"one", "t wo", "x"}, 0},
		"both, one after the other":          {"10 <13>a: one<13>a: two\n12 <13>a: three\n\n\x00<13>a: four\n", []string{"one", "two", "three", "four"}, 0},
		"lines that begin with a number":     {"45 drives\n2026 was a year\n7\n0 <13>x\n12345678901 <13>x\n", []string{"45 drives", "2026 was a year", "7", "0 <13>x", "12345678901 <13>x"}, 0},
		"a line of ten million bytes":        {"<13>a: " + long + "\n<13>a: next\n", []string{"", "next"}, 1},
		"a count of ten million bytes":       {fmt.Sprintf("%d <13>a: %s10 <13>a: two", len(long)+7, long), []string{"", "two"}, 1},
		"a line without an end":              {"<13>a: " + long, []string{""}, 1},
		"a count that promises too much":     {"9999999999 <13>a: one", []string{"one [cut]"}, 1},
		"nothing but ends of lines":          {"\n\r\n\x00\x00\n", nil, 0},
		"bytes that are no text":             {"\xff\xfe\x01\n\x7f\x80\n", []string{`\xff\xfe\x01`, `\x7f\x80`}, 0},
		"a text that is not UTF-8":           {"<13>a: \xc3(\n", []string{`\xc3(`}, 0},
		"a greeting of another protocol":     {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", []string{"GET / HTTP/1.1", "x"}, 0},
		"a handshake nobody asked for":       {"\x16\x03\x01\x02\n", []string{`\x16\x03\x01\x02`}, 0},
		"a count and a digit that go on too": {"5 5 <13>a: x\n", []string{"5 5 <13>a: x"}, 0},
	}
	for _, network := range []string{"tcp", "tls"} {
		for name, c := range cases {
			t.Run(name+" over "+network, func(t *testing.T) {
				t.Parallel()
				r := serve(t, syslog.Options{})
				conn := r.dial(network)
				r.send(conn, c.in)
				require.NoError(t, conn.(interface{ CloseWrite() error }).CloseWrite())
				r.closed(conn)
				got := r.texts()
				require.Len(t, got, len(c.want))
				for i, want := range c.want {
					if want == "" { // one of those that are too long
						require.True(t, strings.HasPrefix(got[i], "xxxx") && strings.HasSuffix(got[i], "… [cut]"), got[i])
						continue
					}
					require.Equal(t, want, got[i])
				}
				require.EqualValues(t, c.cuts, r.l.Counters().Cut)
			})
		}
	}
}

func TestAMessageMayComeInPieces(t *testing.T) {
	r := serve(t, syslog.Options{})
	c := r.dial("tcp")
	require.NoError(t, c.(*net.TCPConn).SetNoDelay(true))
	for _, b := range []byte("<13>a: one\n11 <13>a: t\nwo<13>a: three\n") {
		r.send(c, string(b))
	}
	require.Equal(t, []string{"one", "t wo", "three"}, []string{r.next().Text, r.next().Text, r.next().Text})
}

func TestASlowDripIsEnded(t *testing.T) {
	r := serve(t, syslog.Options{MessageTime: 200 * time.Millisecond})
	c := r.dial("tcp")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 1000 { // bounded; it ends when the other side has closed
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	m := r.next()
	require.True(t, strings.HasPrefix(m.Text, "xx") && strings.HasSuffix(m.Text, "x [cut]"), m.Text)
	r.closed(c)
	<-ended
	require.Equal(t, syslog.Counters{Received: 1, Cut: 1, Malformed: 1, Late: 1}, r.l.Counters())
}

func TestASilentConnectionIsEndedAndASlowOneIsNot(t *testing.T) {
	r := serve(t, syslog.Options{Idle: 500 * time.Millisecond})
	r.closed(r.dial("tcp"))
	c := r.dial("tcp")
	r.send(c, "<13>a: half")
	half := r.dial("tls")
	r.send(half, "\n\n") // ends of lines are no message
	r.closed(half)
	r.send(c, " and half\n")
	require.Equal(t, "half and half", r.next().Text)
	require.Zero(t, r.l.Counters().Late)
}

func TestAHandshakeThatDoesNotEndIsEnded(t *testing.T) {
	r := serve(t, syslog.Options{HandshakeTime: 100 * time.Millisecond})
	silent, err := net.Dial("tcp", r.tls)
	require.NoError(t, err)
	defer silent.Close()
	r.closed(silent)
	plain, err := net.Dial("tcp", r.tls)
	require.NoError(t, err)
	defer plain.Close()
	r.send(plain, "<13>in clear\n")
	require.NoError(t, plain.SetReadDeadline(time.Now().Add(patience)))
	_, err = io.Copy(io.Discard, plain) // an alert of TLS, and the end
	require.NoError(t, ignoreReset(err))
	r.send(r.dial("tls"), "<13>a: sealed\n")
	require.Equal(t, "sealed", r.next().Text)
	require.EqualValues(t, 2, r.l.Counters().Refused)
}

func ignoreReset(err error) error {
	if err != nil && strings.Contains(err.Error(), "connection reset") {
		return nil
	}
	return err
}

func TestConnectionsAreCounted(t *testing.T) {
	r := serve(t, syslog.Options{Connections: 3, PerSender: 2})
	first, second := r.dial("tcp"), r.dial("tls")
	for i, c := range []net.Conn{first, second} {
		r.send(c, fmt.Sprintf("<13>a: %d\n", i))
		r.next()
	}
	r.closed(r.dial("tcp")) // a third of one address
	from := func(last byte) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}}
		c, err := d.Dial("tcp", r.tcp)
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}
	other := from(2)
	r.send(other, "<13>a: other\n")
	require.Equal(t, "other", r.next().Text)
	r.closed(from(3)) // a fourth in all
	require.EqualValues(t, 2, r.l.Counters().Refused)
	require.NoError(t, first.Close())
	for attempt := 0; ; attempt++ { // until the listener has noticed
		require.Less(t, attempt, 1000, "there is no room again")
		c := from(3)
		if _, err := io.WriteString(c, "<13>a: room again\n"); err == nil {
			select {
			case m := <-r.got:
				require.Equal(t, "room again", m.Text)
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
		require.NoError(t, c.Close())
	}
}

func TestAFloodOfDatagramsIsDroppedAndCounted(t *testing.T) {
	r := serve(t, syslog.Options{Rate: 1, Burst: 50})
	c := r.dial("udp")
	const sent = 5000
	for range sent {
		r.send(c, "<13>a: flood")
	}
	for range 50 {
		r.next()
	}
	got := len(r.texts())
	require.Less(t, got, 30, "one a second after the first fifty")
	counters := r.l.Counters()
	require.NotZero(t, counters.Dropped)
	require.LessOrEqual(t, counters.Received+counters.Dropped, uint64(sent), "the system may have dropped some itself")
}

func TestAFloodOverAConnectionIsSlowedAndLosesNothing(t *testing.T) {
	r := serve(t, syslog.Options{Rate: 200, Burst: 50})
	c := r.dial("tcp")
	r.send(c, strings.Repeat("<13>a: flood\n", 150))
	for range 150 {
		r.next()
	}
	require.NotZero(t, r.l.Counters().Slowed)
	require.Zero(t, r.l.Counters().Dropped)
}

func TestWhatWaitsForTheHandlerIsBounded(t *testing.T) {
	hold := make(chan struct{})
	handled := make(chan push.Message, 100_000)
	r := serve(t, syslog.Options{WaitingInQueue: 10, Handle: func(m push.Message) { <-hold; handled <- m }})
	u, c := r.dial("udp"), r.dial("tcp")
	for range 200 {
		r.send(u, "<13>a: datagram")
	}
	require.Eventually(t, func() bool { return r.l.Counters().Dropped > 0 }, patience, time.Millisecond)
	r.send(c, strings.Repeat("<13>a: stream\n", 100))
	close(hold)
	require.NoError(t, c.(*net.TCPConn).CloseWrite())
	r.closed(c)
	r.stop()
	streams := 0
	for len(handled) > 0 {
		if m := <-handled; m.Text == "stream" {
			streams++
		}
	}
	require.Equal(t, 100, streams, "a connection waits, and loses nothing")
	require.LessOrEqual(t, r.l.Counters().Received, uint64(100+200))
}

func TestMemoryIsBounded(t *testing.T) {
	r := serve(t, syslog.Options{Connections: 20, PerSender: 20})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	conns := make([]net.Conn, 20)
	for i := range conns {
		conns[i] = r.dial("tcp")
	}
	block := strings.Repeat("x", 64<<10)
	for range 16 { // 1 MiB into each, and no end of a line
		for _, c := range conns {
			r.send(c, block)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20))
	runtime.KeepAlive(conns)
}

func TestWhatCameInIsHandedOverAtTheEnd(t *testing.T) {
	gate := make(chan struct{})
	handled := make(chan push.Message, 1000)
	r := serve(t, syslog.Options{Handle: func(m push.Message) { <-gate; handled <- m }})
	u, c, s := r.dial("udp"), r.dial("tcp"), r.dial("tls")
	for i := range 20 {
		r.send(u, fmt.Sprintf("<13>a: udp %d", i))
		r.send(c, fmt.Sprintf("<13>a: tcp %d\n", i))
		r.send(s, fmt.Sprintf("<13>a: tls %d\n", i))
	}
	r.send(c, "<13>a: no end")
	time.AfterFunc(10*time.Millisecond, func() { close(gate) })
	r.stop()
	var got []string
	for len(handled) > 0 {
		got = append(got, (<-handled).Text)
	}
	for _, way := range []string{"udp", "tcp", "tls"} {
		for i := range 20 {
			require.Contains(t, got, fmt.Sprintf("%s %d", way, i))
		}
	}
	require.Contains(t, got, "no end [cut]")
	require.Len(t, got, 61)
	_, err := net.Dial("tcp", r.tcp)
	require.Error(t, err)
}

func TestWhatCannotBeListenedAt(t *testing.T) {
	handle := func(push.Message) {}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for want, o := range map[string]syslog.Options{
		"nobody handles":          {UDP: []string{":0"}},
		"a certificate is needed": {TLS: []string{":0"}, Handle: handle},
		"want an IP address":      {TCP: []string{"localhost:514"}, Handle: handle},
		"udp 192.0.2.77:5514":     {UDP: []string{"192.0.2.77:5514"}, Handle: handle},
		"address already in use":  {UDP: []string{":0"}, TCP: []string{taken.Addr().String()}, Handle: handle},
	} {
		_, err := syslog.Listen(t.Context(), o)
		require.ErrorContains(t, err, "listen for syslog", want)
		require.ErrorContains(t, err, want)
	}
	l, err := syslog.Listen(t.Context(), syslog.Options{UDP: []string{":0"}, TCP: []string{"[::1]:0"}, Handle: handle})
	if err != nil {
		t.Skip("this machine has no IPv6: ", err)
	}
	u, _, _ := l.Addrs()
	require.True(t, u[0].Addr().IsLoopback(), "no host means loopback")
	require.NoError(t, l.Close())
	require.NoError(t, l.Close(), "closing twice is closing once")
}

func TestPaceKeepsRoomForKnownSenders(t *testing.T) {
	array := netip.MustParseAddr("10.1.0.10")
	at := now
	p := syslog.NewPace(syslog.Options{Rate: 10, Burst: 20, UnknownRate: 100, Known: func(a netip.Addr) bool { return a == array }}, at)
	admitted := 0
	for i := range 100_000 { // forged senders, each new
		if p.Admit(netip.AddrFrom4([4]byte{172, byte(i >> 16), byte(i >> 8), byte(i)}), at.Add(time.Duration(i)*10*time.Microsecond)) {
			admitted++
		}
	}
	require.LessOrEqual(t, admitted, 200+100, "two hundred at once and a hundred in the second it took")
	require.LessOrEqual(t, p.Senders(), 1024)
	at = at.Add(time.Second)
	ok := 0
	for range 30 {
		if p.Admit(array, at) {
			ok++
		}
	}
	require.Equal(t, 20, ok)
	require.True(t, p.Admit(netip.MustParseAddr("::ffff:10.1.0.10"), at.Add(time.Second)), "and ten a second from then on")
	for i := range 2000 {
		p.Admit(netip.AddrFrom4([4]byte{172, 16, byte(i >> 8), byte(i)}), at.Add(time.Hour+time.Duration(i)*time.Millisecond))
	}
	require.LessOrEqual(t, p.Senders(), 1025, "those that have been silent are forgotten")
}

// TestAnotherSender lets the logger of util-linux send what it can.
func TestAnotherSender(t *testing.T) {
	logger, err := exec.LookPath("logger")
	if err != nil {
		t.Skip("logger of util-linux is not installed")
	}
	if version, err := exec.CommandContext(t.Context(), logger, "--version").Output(); err != nil || !bytes.Contains(version, []byte("util-linux")) {
		t.Skip("logger is not the one of util-linux")
	}
	for _, form := range []string{"--rfc5424", "--rfc3164", "--rfc5424=notime,nohost"} {
		for _, way := range [][]string{{"--udp"}, {"--tcp"}, {"--tcp", "--octet-count"}} {
			t.Run(form+" "+strings.Join(way, " "), func(t *testing.T) {
				r := serve(t, syslog.Options{})
				address := r.udp
				if way[0] == "--tcp" {
					address = r.tcp
				}
				host, port, err := net.SplitHostPort(address)
				require.NoError(t, err)
				args := slices.Concat(way, []string{form, "-n", host, "-P", port, "-t", "purity.alert", "--id=4711", "-p", "local0.crit"})
				if strings.Contains(form, "5424") {
					args = append(args, "--sd-id", "alert@99999", "--sd-param", `code="60"`, "--msgid", "ALERT")
				}
				args = append(args, "--", "(drive:ch0.bay3): failure [60] Expected: healthy, Actual: failed")
				out, err := exec.CommandContext(t.Context(), logger, args...).CombinedOutput()
				require.NoError(t, err, "%s", out)
				m := r.next()
				require.Equal(t, "(drive:ch0.bay3): failure [60] Expected: healthy, Actual: failed", m.Text)
				require.Equal(t, "critical", m.Severity)
				require.NotNil(t, m.Alert)
				require.Equal(t, "ch0.bay3", m.Alert.Component)
				require.Equal(t, 60, m.Alert.Code)
				if strings.Contains(form, "notime") {
					require.True(t, m.SentAt.IsZero())
					require.Empty(t, m.Host)
				} else {
					require.WithinDuration(t, time.Now(), m.SentAt, time.Hour)
					require.NotEmpty(t, m.Host)
				}
				require.Empty(t, r.texts())
				require.Equal(t, syslog.Counters{Received: 1}, r.l.Counters())
			})
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("10 <13>a: one<13>a: two\n12 <13>a: three\n"))
	f.Add([]byte("9999999999 <x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 64
		whole, cuts := syslog.Frames(bytes.NewReader(data), most)
		pieces, cutsToo := syslog.Frames(iotest.OneByteReader(bytes.NewReader(data)), most)
		require.Equal(t, whole, pieces, "how the bytes come does not matter")
		require.Equal(t, cuts, cutsToo)
		for _, m := range whole {
			require.LessOrEqual(t, len(m), most)
		}
		if bytes.ContainsAny(data, "<\r") {
			return
		}
		var lines [][]byte
		for _, line := range bytes.FieldsFunc(data, func(r rune) bool { return r == '\n' || r == 0 }) {
			lines = append(lines, line[:min(len(line), most)])
		}
		require.Equal(t, lines, whole, "without a count every line is a message")
	})
}

func BenchmarkStream(b *testing.B) {
	got := make(chan struct{}, 4096)
	l, err := syslog.Listen(b.Context(), syslog.Options{
		TCP: []string{":0"}, Rate: 1 << 30, UnknownRate: 1 << 30, Handle: func(push.Message) { got <- struct{}{} },
	})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	served := make(chan error, 1)
	go func() { served <- l.Serve(ctx) }()
	_, tcp, _ := l.Addrs()
	c, err := net.Dial("tcp", tcp[0].String())
	require.NoError(b, err)
	line := sample3164 + "\n"
	block := []byte(strings.Repeat(line, 100))
	b.SetBytes(int64(len(block)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(block); err != nil {
			b.Fatal(err)
		}
		for range 100 {
			<-got
		}
	}
	require.NoError(b, c.Close())
	cancel()
	require.NoError(b, <-served)
}
