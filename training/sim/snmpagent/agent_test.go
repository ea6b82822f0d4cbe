package snmpagent

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net"
	"slices"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

var lab = User{Name: "watcher", Auth: "SHA-256", AuthPassword: "correct horse", Priv: "AES", PrivPassword: "battery staple"}

func testArray(t testing.TB) *sim.Array {
	t.Helper()
	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 7})
	require.NoError(t, err)
	return a
}

func testAgent(t testing.TB, u User, left ...string) *Agent {
	t.Helper()
	g, err := New(testArray(t), Options{Community: "lab", User: u, Without: left})
	require.NoError(t, err)
	return g
}

// ask2 asks over version 2c.
func ask2(t *testing.T, g *Agent, p pdu) pdu {
	t.Helper()
	out := g.Answer(message2{"lab", p}.encode())
	require.NotNil(t, out)
	_, rest, err := open(out)
	require.NoError(t, err)
	m, err := decode2(rest)
	require.NoError(t, err)
	require.Equal(t, "lab", m.community)
	require.Equal(t, byte(pduResponse), m.kind)
	require.Equal(t, p.id, m.id)
	return m.pdu
}

func names(names ...string) []bind {
	var all []bind
	for _, n := range names {
		all = append(all, bind{must(n), exception(tagNull)})
	}
	return all
}

func TestGet(t *testing.T) {
	g := testAgent(t, User{})
	g.array.Advance(time.Minute)
	p := ask2(t, g, pdu{kind: pduGet, id: 5, binds: names("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.5.0", arrayMIB+".4.1.0", arrayMIB+".4.6.0", arrayMIB+".4.1", arrayMIB+".4.1.7", arrayMIB+".9.0")})
	want := g.array.View().Instant().Array()
	require.Equal(t, "Pure Storage FA-X70R3, Purity//FA 6.6.3", string(p.binds[0].raw))
	require.Equal(t, "fa-prod-1", string(p.binds[1].raw))
	require.Equal(t, integer(want.ReadBytes), p.binds[2].value)
	require.Equal(t, integer(want.WriteUsec), p.binds[3].value)
	require.EqualValues(t, tagNoSuchInstance, p.binds[4].tag)
	require.EqualValues(t, tagNoSuchInstance, p.binds[5].tag)
	require.EqualValues(t, tagNoSuchObject, p.binds[6].tag)
}

func TestWalkEndsAfterTheLastScalar(t *testing.T) {
	g := testAgent(t, User{})
	var seen []string
	at := must("1.3")
	for range 20 {
		p := ask2(t, g, pdu{kind: pduGetNext, id: 1, binds: []bind{{at, exception(tagNull)}}})
		if p.binds[0].tag == tagEndOfView {
			break
		}
		at = p.binds[0].name
		seen = append(seen, at.String())
	}
	require.Len(t, seen, 12)
	require.Equal(t, systemGroup+".1.0", seen[0])
	require.Equal(t, arrayMIB+".4.6.0", seen[11])
}

func TestBulk(t *testing.T) {
	g := testAgent(t, User{})
	p := ask2(t, g, pdu{kind: pduGetBulk, id: 1, first: 1, second: 4, binds: names(sysUpTime, arrayMIB, arrayMIB+".4.5")})
	var got []string
	for _, b := range p.binds {
		got = append(got, fmt.Sprintf("%s %#x", b.name, b.tag))
	}
	require.Equal(t, []string{
		systemGroup + ".4.0 0x4",
		arrayMIB + ".4.1.0 0x2", arrayMIB + ".4.5.0 0x2",
		arrayMIB + ".4.2.0 0x2", arrayMIB + ".4.6.0 0x2",
		arrayMIB + ".4.3.0 0x2", arrayMIB + ".4.6.0 0x82",
		arrayMIB + ".4.4.0 0x2", arrayMIB + ".4.6.0 0x82",
	}, got)
	p = ask2(t, g, pdu{kind: pduGetBulk, id: 1, first: -4, second: math.MaxInt32, binds: names("1.3")})
	require.Len(t, p.binds, 13, "the walk and one end, however much is asked for")
}

func TestRatesStayAtTheLargestInteger32(t *testing.T) {
	g := testAgent(t, User{})
	m := g.moment(g.array.View())
	m.work = func() sim.Performance { return sim.Performance{ReadBytes: 5_000_000_000, WriteBytes: math.MaxInt32} }
	require.Equal(t, integer(math.MaxInt32), g.get(must(arrayMIB+".4.1.0"), m))
	require.Equal(t, integer(math.MaxInt32), g.get(must(arrayMIB+".4.2.0"), m))
}

func TestOlderSoftwareLacksObjects(t *testing.T) {
	g := testAgent(t, User{}, arrayMIB+".4.5", systemGroup+".5.0")
	p := ask2(t, g, pdu{kind: pduGet, id: 1, binds: names(arrayMIB+".4.5.0", systemGroup+".5.0", arrayMIB+".4.4.0")})
	require.EqualValues(t, tagNoSuchObject, p.binds[0].tag)
	require.EqualValues(t, tagNoSuchObject, p.binds[1].tag)
	require.EqualValues(t, tagInteger, p.binds[2].tag)
}

func TestNothingCanBeSet(t *testing.T) {
	p := ask2(t, testAgent(t, User{}), pdu{kind: pduSet, id: 1, binds: []bind{{must(systemGroup + ".6.0"), text("elsewhere")}}})
	require.EqualValues(t, notWritable, p.first)
	require.EqualValues(t, 1, p.second)
}

func TestSilence(t *testing.T) {
	g := testAgent(t, lab)
	ask := pdu{kind: pduGet, id: 1, binds: names(sysUpTime)}
	for name, packet := range map[string][]byte{
		"another community":       message2{"public", ask}.encode(),
		"a response":              message2{"lab", pdu{kind: pduResponse, id: 1}}.encode(),
		"version 1":               tlv(tagSequence, number(tagInteger, 0), octets("lab"), ask.encode()),
		"no message":              []byte("hello"),
		"nothing":                 nil,
		"one who wants no report": func() []byte { b, _ := message3{model: usmModel, body: scoped("", ask)}.encode(); return b }(),
	} {
		require.Nil(t, g.Answer(packet), name)
	}
	closed, err := New(testArray(t), Options{User: lab})
	require.NoError(t, err)
	require.Nil(t, closed.Answer(message2{"", ask}.encode()), "no community is not the empty community")
}

// report asks over version 3 and returns the number of the report that comes.
func report(t *testing.T, g *Agent, packet []byte) (why uint32, m message3) {
	t.Helper()
	out := g.Answer(packet)
	require.NotNil(t, out)
	_, rest, err := open(out)
	require.NoError(t, err)
	m, err = decode3(rest)
	require.NoError(t, err)
	_, _, p, err := decodeScoped(m.body)
	require.NoError(t, err)
	require.EqualValues(t, pduReport, p.kind)
	require.Len(t, p.binds, 1)
	return p.binds[0].name[len(p.binds[0].name)-2], m
}

func TestReports(t *testing.T) {
	g := testAgent(t, lab)
	boots, now := g.clock(g.array.Now())
	ask := func(u User, change func(*message3)) []byte {
		c, err := newCredentials(u)
		require.NoError(t, err)
		m := message3{id: 4, maxSize: 1500, model: usmModel, flags: flagReportable, engine: g.engine, boots: boots, time: now, user: u.Name, body: scoped(g.engine, pdu{kind: pduGet, id: 1, binds: names(sysUpTime)})}
		change(&m)
		return c.at(g.engine).finish(m, c.flags(), 1)
	}
	with := func(change func(*User)) User { u := lab; change(&u); return u }
	same := func(*message3) {}
	for _, c := range []struct {
		name   string
		packet []byte
		want   uint32
	}{
		{"an engine that is not ours", ask(lab, func(m *message3) { m.engine = "other engine" }), unknownEngine},
		{"a user nobody knows", ask(with(func(u *User) { u.Name = "root" }), same), unknownUser},
		{"less security than the user has", ask(with(func(u *User) { u.Priv = "" }), same), unsupportedLevel},
		{"another password", ask(with(func(u *User) { u.AuthPassword = "guessed wrong" }), same), wrongDigest},
		{"another hash", ask(with(func(u *User) { u.Auth = "SHA" }), same), wrongDigest},
		{"a password for privacy that is another", ask(with(func(u *User) { u.PrivPassword = "guessed wrong" }), same), decryptionError},
		{"a message of the day before", ask(lab, func(m *message3) { m.time -= 86400 }), notInWindow},
		{"a message of another boot", ask(lab, func(m *message3) { m.boots-- }), notInWindow},
	} {
		t.Run(c.name, func(t *testing.T) {
			why, m := report(t, g, c.packet)
			require.Equal(t, c.want, why)
			require.Equal(t, g.engine, m.engine)
			require.EqualValues(t, 4, m.id)
			require.Equal(t, why == notInWindow, m.flags&flagAuth != 0, "only the clock is told under a signature")
		})
	}
	require.NotNil(t, g.Answer(ask(lab, func(m *message3) { m.time -= timeWindow })), "still in the window")
}

// TestSameSeedSameBytes: two agents of the same options give the same answers
// to the same requests, to the byte.
func TestSameSeedSameBytes(t *testing.T) {
	run := func() (all [][]byte) {
		g := testAgent(t, lab)
		_, err := g.array.Inject(sim.Fault{Kind: sim.DriveFail})
		require.NoError(t, err)
		before := g.array.View()
		for i := range int32(4) {
			g.array.Advance(10 * time.Second)
			boots, now := g.clock(g.array.Now())
			all = append(all,
				g.Answer(message2{"lab", pdu{kind: pduGetBulk, id: i, second: 20, binds: names("1.3")}}.encode()),
				g.Answer(g.own.finish(message3{id: i, model: usmModel, engine: g.engine, boots: boots, time: now, user: lab.Name, body: scoped(g.engine, pdu{kind: pduGet, id: i, binds: names(arrayMIB + ".4.1.0")})}, 3, uint64(i))),
			)
		}
		for _, n := range Notices(before, g.array.View()) {
			for _, v3 := range []bool{false, true} {
				b, err := g.Trap(n, v3)
				require.NoError(t, err)
				all = append(all, b)
			}
		}
		return all
	}
	one, two := run(), run()
	require.Len(t, one, 8+4, "two alerts for one drive")
	require.Equal(t, one, two)
	require.False(t, slices.ContainsFunc(one, func(b []byte) bool { return len(b) == 0 }))
}

func TestARestartIsABoot(t *testing.T) {
	g := testAgent(t, User{})
	g.array.Advance(time.Minute)
	boots, seconds := g.clock(g.array.Now())
	require.Greater(t, seconds, int32(86400))
	_, err := g.array.Inject(sim.Fault{Kind: sim.ArrayRestart})
	require.NoError(t, err)
	g.array.Advance(4*time.Minute + 30*time.Second)
	after, seconds := g.clock(g.array.Now())
	require.Equal(t, boots+1, after)
	require.EqualValues(t, 30, seconds)
	p := ask2(t, g, pdu{kind: pduGet, id: 1, binds: names(sysUpTime)})
	require.EqualValues(t, 3000, p.binds[0].num)
}

func TestNotices(t *testing.T) {
	a := testArray(t)
	start := a.View()
	id, err := a.Inject(sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY3"})
	require.NoError(t, err)
	require.Empty(t, Notices(start, a.View()), "it takes the array a moment")
	a.Advance(10 * time.Second)
	open := a.View()
	got := Notices(start, open)
	require.Len(t, got, 2)
	require.Equal(t, Notice{
		At: a.Now().Add(-5 * time.Second), Severity: "critical", Code: 60,
		Subject: "(drive:ch0.bay3): failure", Body: "(drive:ch0.bay3): failure Expected: healthy, Actual: failed",
	}, got[0])
	require.NoError(t, a.Clear(id))
	a.Advance(10 * time.Minute)
	over := Notices(open, a.View())
	require.Len(t, over, 2)
	require.Equal(t, "info", over[0].Severity)
	require.Equal(t, "(drive:ch0.bay3): failure: closed", over[0].Subject)
	before := a.View()
	_, err = a.Inject(sim.Fault{Kind: sim.AlertBlip})
	require.NoError(t, err)
	a.Advance(time.Minute)
	require.Len(t, Notices(before, a.View()), 2, "what opened and closed in between is told as both")
	_, err = testAgent(t, User{}).Trap(Notice{Severity: "hidden"}, false)
	require.ErrorContains(t, err, "info, warning and critical")
}

func TestOptionsThatCannotBe(t *testing.T) {
	a := testArray(t)
	for want, o := range map[string]Options{
		"nobody could ask": {},
		"at least 8":       {User: User{Name: "u", Auth: "SHA", AuthPassword: "short"}},
		"SHA-512":          {User: User{Name: "u", Auth: "MD5", AuthPassword: "long enough"}},
		"AES-256":          {User: User{Name: "u", Auth: "SHA", AuthPassword: "long enough", Priv: "DES", PrivPassword: "long enough"}},
		"1 to 32 octets":   {User: User{Auth: "SHA"}},
		"object name":      {Community: "lab", Without: []string{"x"}},
	} {
		_, err := New(a, o)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "fa-prod-1")
	}
}

func TestOnlyLoopback(t *testing.T) {
	g := testAgent(t, User{})
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:1161"} {
		_, err := Listen(address, g)
		require.ErrorContains(t, err, "loopback only", address)
		_, err = NewSender(g, Receiver{Address: address})
		require.ErrorContains(t, err, "loopback only", address)
	}
	_, err := NewSender(g, Receiver{Address: "127.0.0.1:1", V3: true})
	require.ErrorContains(t, err, "has none")
}

// serve serves an agent and gives a client's socket.
func serve(t *testing.T, g *Agent) (*Server, *net.UDPConn) {
	t.Helper()
	s, err := Listen("127.0.0.1:0", g)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	c, err := net.Dial("udp", s.Address())
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return s, c.(*net.UDPConn)
}

func TestFaultsOfTheInterface(t *testing.T) {
	g := testAgent(t, User{})
	s, c := serve(t, g)
	ask := message2{"lab", pdu{kind: pduGet, id: 1, binds: names(sysUpTime)}}.encode()
	buf := make([]byte, 2048)
	answered := func(patience time.Duration) bool {
		_, err := c.Write(ask)
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
		_, err = c.Read(buf)
		return err == nil
	}
	require.True(t, answered(10*time.Second))
	id, err := g.array.Inject(sim.Fault{Kind: sim.Slow, Params: map[string]string{"path": "volumes", "stall": "10m"}})
	require.NoError(t, err)
	require.True(t, answered(10*time.Second), "another endpoint is slow")
	require.NoError(t, g.array.Clear(id))
	_, err = g.array.Inject(sim.Fault{Kind: sim.ArrayRestart})
	require.NoError(t, err)
	require.False(t, answered(50*time.Millisecond), "nothing answers while it restarts")
	g.array.Advance(10 * time.Minute)
	require.True(t, answered(10*time.Second))
	_, err = g.array.Inject(sim.Fault{Kind: sim.Slow, Params: map[string]string{"path": "snmp", "stall": "10m"}})
	require.NoError(t, err)
	require.False(t, answered(50*time.Millisecond))
	require.NoError(t, s.Close(), "a stall does not hold the end up")
}

func TestSenderSaysWhatWentWrong(t *testing.T) {
	g := testAgent(t, lab)
	n := Notice{At: g.array.Now(), Severity: "warning", Code: 45, Subject: "s", Body: "b"}
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer silent.Close()
	for _, v3 := range []bool{false, true} {
		s, err := NewSender(g, Receiver{Address: silent.LocalAddr().String(), V3: v3, Inform: true, Wait: 5 * time.Millisecond})
		require.NoError(t, err)
		require.ErrorContains(t, s.Send(t.Context(), n), "no receipt after 3 tries")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.Send(ctx, n), context.Canceled)
		require.NoError(t, s.Close())
	}
	other, err := New(testArray(t), Options{User: User{Name: "someone", Auth: "SHA", AuthPassword: "else entirely"}})
	require.NoError(t, err)
	at, _ := serve(t, other)
	s, err := NewSender(g, Receiver{Address: at.Address(), V3: true, Inform: true})
	require.NoError(t, err)
	defer s.Close()
	require.ErrorContains(t, s.Send(t.Context(), n), "report 3")
}

func TestTrapOnTheWire(t *testing.T) {
	g := testAgent(t, lab)
	n := Notice{At: g.array.Now(), Severity: "warning", Code: 45, Subject: "the subject", Body: "the body"}
	plain, err := g.Trap(n, false)
	require.NoError(t, err)
	_, rest, err := open(plain)
	require.NoError(t, err)
	m, err := decode2(rest)
	require.NoError(t, err)
	require.Equal(t, arrayMIB+".2.51", m.binds[1].oid.String())
	var texts [][]byte
	for _, b := range m.binds[2:] {
		texts = append(texts, append(b.raw, fmt.Sprintf("%d", b.num)...))
	}
	require.Equal(t, "Purity//FA0|6.6.30|fa-prod-10|45|the subject0|the body0", string(bytes.Join(texts, []byte("|"))))
	sealed, err := g.Trap(n, true)
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "the subject")
}
