package snmp_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/push"
	"darksite/localmon/source/snmp"
	"darksite/training/sim"
	"darksite/training/sim/snmpagent"

	"github.com/gosnmp/gosnmp"
	"github.com/stretchr/testify/require"
)

// receiver is a listener that runs, and what it handed on.
type receiver struct {
	*snmp.Traps
	messages chan push.Message
}

func listen(t testing.TB, change func(*snmp.TrapOptions)) *receiver {
	t.Helper()
	r := &receiver{messages: make(chan push.Message, 1000)}
	o := snmp.TrapOptions{
		Address: "127.0.0.1:0", Communities: []snmp.Secret{"lab", "second"}, Users: []snmp.User{watcher()},
		Handle: func(m push.Message) { r.messages <- m },
		Now:    func() time.Time { return at },
	}
	change(&o)
	var err error
	r.Traps, err = snmp.Listen(o)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	return r
}

func plain(*snmp.TrapOptions) {}

func (r *receiver) next(t testing.TB) push.Message {
	t.Helper()
	select {
	case m := <-r.messages:
		return m
	case <-time.After(10 * time.Second):
		require.FailNow(t, "no message came", "%+v", r.Counts())
		return push.Message{}
	}
}

// settled waits until so many packets came in, and returns the counts.
func (r *receiver) settled(t testing.TB, received uint64) snmp.Counts {
	t.Helper()
	require.Eventually(t, func() bool {
		c := r.Counts()
		return c.Received >= received && c.Dropped+c.Malformed+c.Refused+c.Asked+c.Believed >= received
	}, 10*time.Second, time.Millisecond, "%d packets", received)
	return r.Counts()
}

// sender sends octets to a listener.
func sender(t testing.TB, r *receiver) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.Addr()))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAlertsOfAnArrayArrive(t *testing.T) {
	for name, to := range map[string]snmpagent.Receiver{
		"v2c traps":   {},
		"v2c informs": {Inform: true},
		"v3 traps":    {V3: true},
		"v3 informs":  {V3: true, Inform: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := listen(t, plain)
			g := agent(t).Agent()
			to.Address = r.Addr().String()
			s, err := snmpagent.NewSender(g, to)
			require.NoError(t, err)
			defer s.Close()

			before := g.Array().View()
			id, err := g.Array().Inject(sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY3"})
			require.NoError(t, err)
			g.Array().Advance(30 * time.Second)
			for _, n := range snmpagent.Notices(before, g.Array().View()) {
				require.NoError(t, s.Send(t.Context(), n))
			}
			m := r.next(t)
			require.Equal(t, at, m.At)
			require.Equal(t, push.Trap, m.Channel)
			require.Equal(t, "127.0.0.1", m.From.Addr().String())
			require.Equal(t, "fa-old-1", m.Host)
			require.Equal(t, "critical", m.Severity)
			require.Equal(t, "(drive:ch0.bay3): failure [60]", m.Text)
			require.True(t, m.SentAt.IsZero(), "a trap tells no time of day")
			require.Contains(t, m.Raw, "pureCriticalTrap 1.3.6.1.2.1.1.3.0=")
			require.Contains(t, m.Raw, `1.3.6.1.4.1.40482.3.1.0="Purity//FA"`)
			require.NotContains(t, m.Raw, "lab")
			require.Equal(t, &localmon.ArrayAlert{
				Code: 60, Severity: "critical", State: "open", ComponentType: "drive", Component: "ch0.bay3", Issue: "failure",
				Summary: "(drive:ch0.bay3): failure", Description: "(drive:ch0.bay3): failure Expected: healthy, Actual: failed",
			}, m.Alert)
			again, ok := snmp.Reread(m.Raw)
			require.True(t, ok)
			again.At, again.From = m.At, m.From
			require.Equal(t, m, again, "what the spool keeps is enough to hear it again")
			require.Equal(t, "shelf", r.next(t).Alert.ComponentType)

			before = g.Array().View()
			require.NoError(t, g.Array().Clear(id))
			g.Array().Advance(10 * time.Minute)
			for _, n := range snmpagent.Notices(before, g.Array().View()) {
				require.NoError(t, s.Send(t.Context(), n))
			}
			m = r.next(t)
			require.Equal(t, "closed", m.Alert.State)
			require.Equal(t, "info", m.Severity)
			require.Equal(t, "failure", m.Alert.Issue)
			require.Equal(t, "ch0.bay3", m.Alert.Component)
			r.next(t)
			c := r.Counts()
			require.EqualValues(t, 4, c.Believed)
			require.Zero(t, c.Malformed+c.Refused+c.Dropped)
		})
	}
}

func TestWhoIsNotBelieved(t *testing.T) {
	r := listen(t, func(o *snmp.TrapOptions) {
		u := watcher()
		u.Engines = [][]byte{agent(t).Agent().Engine()}
		o.Users = []snmp.User{u}
	})
	n := snmpagent.Notice{Severity: "info", Subject: "x"}
	trap := func(o snmpagent.Options, seed uint64, v3 bool) []byte {
		array, err := sim.New(sim.Options{Name: "fa-old-1", Seed: seed})
		require.NoError(t, err)
		g, err := snmpagent.New(array, o)
		require.NoError(t, err)
		n.At = array.Now()
		b, err := g.Trap(n, v3)
		require.NoError(t, err)
		return b
	}
	user := func(change func(*snmpagent.User)) snmpagent.Options {
		u := snmpagent.User{Name: "watcher", Auth: "SHA-256", AuthPassword: "correct horse", Priv: "AES", PrivPassword: "battery staple"}
		change(&u)
		return snmpagent.Options{User: u}
	}
	good := trap(user(func(*snmpagent.User) {}), 7, true)
	sent := uint64(0)
	for name, packet := range map[string][]byte{
		"another community":        trap(snmpagent.Options{Community: "public"}, 7, false),
		"part of a community":      trap(snmpagent.Options{Community: "la"}, 7, false),
		"another user":             trap(user(func(u *snmpagent.User) { u.Name = "root" }), 7, true),
		"another password":         trap(user(func(u *snmpagent.User) { u.AuthPassword = "guessed wrong" }), 7, true),
		"another privacy password": trap(user(func(u *snmpagent.User) { u.PrivPassword = "guessed wrong" }), 7, true),
		"without privacy":          trap(user(func(u *snmpagent.User) { u.Priv = "" }), 7, true),
		"without any security":     trap(snmpagent.Options{User: snmpagent.User{Name: "watcher"}}, 7, true),
		"an engine not named":      trap(user(func(*snmpagent.User) {}), 8, true),
		"one octet of it changed":  append(good[:len(good)-1:len(good)-1], good[len(good)-1]^1),
		"version 1":                slices.Replace(trap(snmpagent.Options{Community: "lab"}, 7, false), 5, 6, 0),
	} {
		_, err := sender(t, r).Write(packet)
		require.NoError(t, err, name)
		sent++
		require.Equal(t, sent, r.settled(t, sent).Refused, name)
	}
	require.Empty(t, r.messages)
	_, err := sender(t, r).Write(good)
	require.NoError(t, err)
	r.next(t)
}

func TestOldTrapSentAgain(t *testing.T) {
	r := listen(t, plain)
	g := agent(t).Agent()
	n := snmpagent.Notice{At: g.Array().Now(), Severity: "info", Subject: "x"}
	early, err := g.Trap(n, true)
	require.NoError(t, err)
	c := sender(t, r)
	c.Write(early)
	r.next(t)
	c.Write(early)
	r.next(t) // within the window it cannot be told from a duplicate
	g.Array().Advance(151 * time.Second)
	late, err := g.Trap(n, true)
	require.NoError(t, err)
	c.Write(late)
	r.next(t)
	c.Write(early)
	require.EqualValues(t, 1, r.settled(t, 4).Refused)
	_, err = g.Array().Inject(sim.Fault{Kind: sim.ArrayRestart})
	require.NoError(t, err)
	g.Array().Advance(10 * time.Minute)
	booted, err := g.Trap(n, true)
	require.NoError(t, err)
	c.Write(booted)
	r.next(t)
	c.Write(late)
	require.EqualValues(t, 2, r.settled(t, 6).Refused, "of an earlier boot")
}

// trap2 is a trap of version 2c with the variables given.
func trap2(t testing.TB, kind gosnmp.PDUType, oid string, binds ...gosnmp.SnmpPDU) []byte {
	t.Helper()
	m := &gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: "lab", PDUType: kind, RequestID: 77}
	if oid != "" {
		m.Variables = append(m.Variables, gosnmp.SnmpPDU{Name: ".1.3.6.1.6.3.1.1.4.1.0", Type: gosnmp.ObjectIdentifier, Value: oid})
	}
	m.Variables = append(m.Variables, binds...)
	b, err := m.MarshalMsg()
	require.NoError(t, err)
	return b
}

func text(number, s string) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: "." + mib + ".3." + number, Type: gosnmp.OctetString, Value: s}
}

func TestOtherTrapsAreMessagesToo(t *testing.T) {
	r := listen(t, plain)
	c := sender(t, r)
	for _, x := range []struct{ oid, severity, begins string }{
		{".1.3.6.1.6.3.1.1.5.1", "warning", "coldStart"},
		{".1.3.6.1.6.3.1.1.5.2", "info", "warmStart"},
		{".1.3.6.1.6.3.1.1.5.3", "warning", "linkDown 1.3.6.1.2.1.2.2.1.1.3=3"},
		{".1.3.6.1.6.3.1.1.5.4", "info", "linkUp"},
		{".1.3.6.1.6.3.1.1.5.5", "warning", "authenticationFailure"},
		{".1.3.6.1.4.1.8072.4.0.2", "warning", "trap 1.3.6.1.4.1.8072.4.0.2"},
		{"." + mib + ".2.99", "warning", "trap " + mib + ".2.99"},
	} {
		c.Write(trap2(t, gosnmp.SNMPv2Trap, x.oid, gosnmp.SnmpPDU{Name: ".1.3.6.1.2.1.2.2.1.1.3", Type: gosnmp.Integer, Value: 3}))
		m := r.next(t)
		require.Nil(t, m.Alert)
		require.Equal(t, x.severity, m.Severity, x.oid)
		require.True(t, strings.HasPrefix(m.Text, x.begins), m.Text)
	}
}

func TestWhatASubjectSays(t *testing.T) {
	r := listen(t, plain)
	c := sender(t, r)
	for subject, want := range map[string]localmon.ArrayAlert{
		"(drive:ch0.bay3): failure":                                  {State: "open", ComponentType: "drive", Component: "ch0.bay3", Issue: "failure"},
		"(drive:ch0.bay3): failure: closed":                          {State: "closed", ComponentType: "drive", Component: "ch0.bay3", Issue: "failure"},
		"(drive:ch0.bay3): failure (CLOSED)":                         {State: "closed", ComponentType: "drive", Component: "ch0.bay3", Issue: "failure"},
		"[Resolved] (drive:ch0.bay3): failed":                        {State: "closed", ComponentType: "drive", Component: "ch0.bay3", Issue: "failed"},
		"Cleared: link on ct0.fc2":                                   {State: "closed"},
		"the alert has been resolved":                                {State: "closed"},
		"Alert 12 is closed.":                                        {State: "closed"},
		"link failure cleared":                                       {State: "closed"},
		"(network:ct0.eth4): peer connection closed":                 {State: "open", ComponentType: "network", Component: "ct0.eth4", Issue: "peer connection closed"},
		"server name could not be resolved":                          {State: "open"},
		"unresolved fault":                                           {State: "open"},
		"closed loop control is lost":                                {State: "open"},
		"(service:Name: ldap, Filter: (&(a=1)(b=2))): lookup failed": {State: "open", ComponentType: "service", Component: "Name: ldap, Filter: (&(a=1)(b=2))", Issue: "lookup failed"},
		"no shape at all":                                            {State: "open"},
		"closed":                                                     {State: "open"},
	} {
		c.Write(trap2(t, gosnmp.SNMPv2Trap, "."+mib+".2.51", text("5", subject), text("6", "the body"), text("3", "fa1")))
		m := r.next(t)
		want.Severity, want.Summary, want.Description = "warning", subject, "the body"
		require.Equal(t, &want, m.Alert)
		require.Equal(t, subject, m.Text)
		require.Equal(t, "fa1", m.Host)
	}
	c.Write(trap2(t, gosnmp.SNMPv2Trap, "."+mib+".2.51", text("6", "Severity: warning State: Closed")))
	m := r.next(t)
	require.Equal(t, "closed", m.Alert.State)
	require.Equal(t, "Severity: warning State: Closed", m.Text)
	c.Write(trap2(t, gosnmp.SNMPv2Trap, "."+mib+".2.52"))
	require.Equal(t, "pureCriticalTrap without a subject", r.next(t).Text)
}

func TestTextFromOutsideFitsOneLine(t *testing.T) {
	r := listen(t, plain)
	c := sender(t, r)
	c.Write(trap2(t, gosnmp.SNMPv2Trap, "."+mib+".2.52",
		text("3.0", "fa1\x00\x00"), text("5.0", "red \x1b[31m\r\nnext \u202egnp.exe \xff\xfe end\n"), text("6.0", strings.Repeat("long\t", 4000)),
		gosnmp.SnmpPDU{Name: "." + mib + ".3.4.0", Type: gosnmp.OctetString, Value: "60"}))
	m := r.next(t)
	require.Equal(t, "fa1", m.Host)
	require.Equal(t, `red \x1b[31m\r\nnext \u202egnp.exe \xff\xfe end`, m.Text)
	require.Zero(t, m.Alert.Code, "a code that is no number is none")
	require.LessOrEqual(t, len(m.Raw), 4100)
	require.LessOrEqual(t, len(m.Alert.Description), 2052)
	require.NotContains(t, m.Raw+m.Text+m.Alert.Summary+m.Alert.Description, "\n")
}

func TestPacketsThatTellNothing(t *testing.T) {
	r := listen(t, plain)
	c := sender(t, r)
	sent := uint64(0)
	for name, packet := range map[string][]byte{
		"nothing":          {},
		"no message":       []byte("hello"),
		"only a beginning": {0x30, 0x82},
		"a length beyond":  {0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
		"a request":        trap2(t, gosnmp.GetRequest, "."+mib+".2.50"),
		"a response":       trap2(t, gosnmp.GetResponse, "."+mib+".2.50"),
		"no trap id":       trap2(t, gosnmp.SNMPv2Trap, ""),
		"the largest":      make([]byte, 65507),
	} {
		c.Write(packet)
		sent++
		require.Equal(t, sent, r.settled(t, sent).Malformed, name)
	}
	require.Empty(t, r.messages)
	c.Write(trap2(t, gosnmp.SNMPv2Trap, "."+mib+".2.50"))
	r.next(t) // and it goes on
}

func TestInformIsReceiptedOnceHandedOn(t *testing.T) {
	r := listen(t, plain)
	c := sender(t, r)
	want := trap2(t, gosnmp.GetResponse, "."+mib+".2.51", text("5", "s"))
	c.Write(trap2(t, gosnmp.InformRequest, "."+mib+".2.51", text("5", "s")))
	buf := make([]byte, 2048)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	n, err := c.Read(buf)
	require.NoError(t, err)
	require.Equal(t, want, buf[:n])
	require.Len(t, r.messages, 1)
	answered := func() bool { return r.Counts().Answered == 1 } // counted when it is on its way
	require.Eventually(t, answered, 10*time.Second, time.Millisecond)
}

func TestInformWithWhatCannotBeWrittenBack(t *testing.T) {
	r := listen(t, plain)
	c := sender(t, r)
	packet := trap2(t, gosnmp.InformRequest, "."+mib+".2.51", gosnmp.SnmpPDU{Name: ".1.3.6", Type: gosnmp.OctetString, Value: "x"})
	packet[len(packet)-3] = 0x45 // a type that went out of use
	c.Write(packet)
	buf := make([]byte, 2048)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	n, err := c.Read(buf)
	require.NoError(t, err)
	require.Equal(t, trap2(t, gosnmp.GetResponse, ""), buf[:n], "a receipt all the same")
}

func TestListenerThatStartedAnewIsToldAsBefore(t *testing.T) {
	g := agent(t).Agent()
	n := snmpagent.Notice{At: g.Array().Now(), Severity: "info", Subject: "x"}
	address := "127.0.0.1:0"
	var s *snmpagent.Sender
	for start := range 2 {
		got := make(chan push.Message, 1)
		l, err := snmp.Listen(snmp.TrapOptions{
			Address: address, Users: []snmp.User{watcher()}, Engine: []byte("this site"),
			Handle: func(m push.Message) { got <- m },
			Now:    func() time.Time { return at.Add(time.Duration(start) * time.Hour) },
		})
		require.NoError(t, err)
		address = l.Addr().String()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		if s == nil {
			s, err = snmpagent.NewSender(g, snmpagent.Receiver{Address: address, V3: true, Inform: true, Wait: 5 * time.Second})
			require.NoError(t, err)
			defer s.Close()
		}
		require.NoError(t, s.Send(t.Context(), n))
		require.Len(t, got, 1)
		// First the engine is asked for; after the restart also its new boots.
		require.EqualValues(t, 1+start, l.Counts().Asked)
		cancel()
		require.NoError(t, <-done)
	}
}

func TestInformFromOneNotBelievedHasNoReceipt(t *testing.T) {
	r := listen(t, func(o *snmp.TrapOptions) { o.Communities = []snmp.Secret{"other"} })
	g := agent(t).Agent()
	n := snmpagent.Notice{At: g.Array().Now(), Severity: "info", Subject: "x"}
	s, err := snmpagent.NewSender(g, snmpagent.Receiver{Address: r.Addr().String(), Inform: true, Wait: 10 * time.Millisecond})
	require.NoError(t, err)
	defer s.Close()
	require.ErrorContains(t, s.Send(t.Context(), n), "no receipt after 3 tries")

	stranger := watcher()
	stranger.AuthPassword = "guessed wrong"
	g = agentFor(t, stranger).Agent()
	s3, err := snmpagent.NewSender(g, snmpagent.Receiver{Address: r.Addr().String(), V3: true, Inform: true})
	require.NoError(t, err)
	defer s3.Close()
	require.ErrorContains(t, s3.Send(t.Context(), n), "report 5", "and over version 3 it is told why")
	require.Empty(t, r.messages)
}

func TestRatesBoundWhatIsTaken(t *testing.T) {
	r := listen(t, func(o *snmp.TrapOptions) {
		o.Sender, o.All = snmp.Rate{PerSecond: 1, Burst: 3}, snmp.Rate{PerSecond: 1, Burst: 100}
	})
	c := sender(t, r)
	for range 10 {
		c.Write(trap2(t, gosnmp.SNMPv2Trap, "."+mib+".2.50"))
	}
	got := r.settled(t, 10)
	require.Equal(t, snmp.Counts{Received: 10, Dropped: 7, Believed: 3}, got)
}

func TestListenerOptionsThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*snmp.TrapOptions){
		"name a community or a user": func(o *snmp.TrapOptions) { o.Communities = nil },
		"nobody to hand messages to": func(o *snmp.TrapOptions) { o.Handle = nil },
		"1 to 127 octets":            func(o *snmp.TrapOptions) { o.Communities = []snmp.Secret{""} },
		"is there twice":             func(o *snmp.TrapOptions) { o.Users = []snmp.User{watcher(), watcher()} },
		"engine id 01":               func(o *snmp.TrapOptions) { o.Engine = []byte{1} },
		"privacy needs":              func(o *snmp.TrapOptions) { o.Users = []snmp.User{{Name: "u", Priv: "AES"}} },
		"300":                        func(o *snmp.TrapOptions) { o.Address = "127.0.0.1:300000" },
	} {
		o := snmp.TrapOptions{Address: "127.0.0.1:0", Communities: []snmp.Secret{"hunter2"}, Handle: func(push.Message) {}}
		change(&o)
		_, err := snmp.Listen(o)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "listen for SNMP traps")
		require.NotContains(t, err.Error(), "hunter2")
	}
	taken := listen(t, plain)
	_, err := snmp.Listen(snmp.TrapOptions{Address: taken.Addr().String(), Communities: []snmp.Secret{"lab"}, Handle: func(push.Message) {}})
	require.ErrorContains(t, err, "address already in use")
}

func TestListenerThatIsNotRunIsClosed(t *testing.T) {
	l, err := snmp.Listen(snmp.TrapOptions{Address: "127.0.0.1:0", Communities: []snmp.Secret{"lab"}, Handle: func(push.Message) {}})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.ErrorContains(t, l.Run(t.Context()), "closed")
}

var from = netip.MustParseAddrPort("192.0.2.7:40000")

// FuzzTrap: whatever arrives, it is counted as exactly one thing and what is
// handed on is bounded and of one line.
func FuzzTrap(f *testing.F) {
	g := agent(f).Agent()
	n := snmpagent.Notice{At: g.Array().Now(), Severity: "critical", Code: 60, Subject: "(drive:ch0.bay3): failure", Body: "body"}
	for _, v3 := range []bool{false, true} {
		b, err := g.Trap(n, v3)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add(trap2(f, gosnmp.InformRequest, "."+mib+".2.51", text("5", "s"), gosnmp.SnmpPDU{Name: ".1.3", Type: gosnmp.Counter64, Value: uint64(1)}))
	f.Add(trap2(f, gosnmp.SNMPv2Trap, ".1.3.6.1.6.3.1.1.5.3", gosnmp.SnmpPDU{Name: ".1.3", Type: gosnmp.IPAddress, Value: "192.0.2.1"}))
	var got []push.Message
	o := snmp.TrapOptions{
		Communities: []snmp.Secret{"lab"}, Users: []snmp.User{watcher(), {Name: "open"}},
		Engine: []byte("an engine"), Sender: snmp.Rate{PerSecond: 1e12, Burst: 1e12}, All: snmp.Rate{PerSecond: 1e12, Burst: 1e12},
		Handle: func(m push.Message) { got = append(got, m) },
		Now:    func() time.Time { return at },
	}
	probe := append([]byte{0x30, 0x3a, 2, 1, 3, 0x30, 0x0f, 2, 2, 0x4a, 0x69, 2, 3, 0, 0xff, 0xe3, 4, 1, 4, 2, 1, 3, 4, 0x10, 0x30, 0x0e, 4, 0, 2, 1, 0, 2, 1, 0, 4, 0, 4, 0, 4, 0, 0x30, 0x12, 4, 0, 4, 0, 0xa0, 0x0c}, 2, 2, 0x37, 0xf0, 2, 1, 0, 2, 1, 0, 0x30, 0)
	f.Add(probe)
	take, counts, err := snmp.Taker(o)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, packet []byte) {
		got = got[:0]
		whole, was := slices.Clone(packet), counts()
		answer := take(packet, from)
		require.Equal(t, whole, packet, "what came is not changed")
		c := counts()
		require.Equal(t, was.Received+1, c.Received)
		require.Equal(t, c.Received, c.Malformed+c.Refused+c.Asked+c.Believed, fmt.Sprint(c))
		require.Len(t, got, int(c.Believed-was.Believed))
		require.LessOrEqual(t, len(answer), 2*len(packet)+512)
		for _, m := range got {
			require.LessOrEqual(t, len(m.Raw), 4200)
			require.LessOrEqual(t, len(m.Text), 600)
			require.NotContains(t, m.Raw+m.Text+m.Host, "\n")
		}
	})
}

func BenchmarkTrap(b *testing.B) {
	g := agent(b).Agent()
	n := snmpagent.Notice{At: g.Array().Now(), Severity: "critical", Code: 60, Subject: "(drive:ch0.bay3): failure", Body: "(drive:ch0.bay3): failure Expected: healthy, Actual: failed"}
	for version, v3 := range map[string]bool{"v2c": false, "v3": true} {
		packet, err := g.Trap(n, v3)
		require.NoError(b, err)
		b.Run(version, func(b *testing.B) {
			take, counts, err := snmp.Taker(snmp.TrapOptions{
				Communities: []snmp.Secret{"lab"}, Users: []snmp.User{watcher()}, Handle: func(push.Message) {},
				Sender: snmp.Rate{PerSecond: 1e12, Burst: 1e12}, All: snmp.Rate{PerSecond: 1e12, Burst: 1e12},
			})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				take(packet, from)
			}
			require.Equal(b, counts().Received, counts().Believed)
		})
	}
	b.Run("of an unknown engine and a wrong password", func(b *testing.B) {
		u := watcher()
		u.AuthPassword = "guessed wrong"
		packet, err := agentFor(b, u).Agent().Trap(n, true)
		require.NoError(b, err)
		take, _, err := snmp.Taker(snmp.TrapOptions{Users: []snmp.User{watcher()}, Handle: func(push.Message) {}, Sender: snmp.Rate{PerSecond: 1e12, Burst: 1e12}, All: snmp.Rate{PerSecond: 1e12, Burst: 1e12}})
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			take(packet, from)
		}
	})
}
