package snmp_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/snmp"
	"darksite/localmon/source/sourcetest"
	"darksite/training/sim"
	"darksite/training/sim/snmpagent"

	"github.com/gosnmp/gosnmp"
	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const mib = "1.3.6.1.4.1.40482"

func watcher() snmp.User {
	return snmp.User{Name: "watcher", Auth: "SHA-256", AuthPassword: "correct horse", Priv: "AES", PrivPassword: "battery staple"}
}

// agent serves a simulated array.
func agent(t testing.TB, without ...string) *snmpagent.Server {
	t.Helper()
	return agentFor(t, watcher(), without...)
}

func agentFor(t testing.TB, u snmp.User, without ...string) *snmpagent.Server {
	t.Helper()
	array, err := sim.New(sim.Options{Name: "fa-old-1", Seed: 7})
	require.NoError(t, err)
	g, err := snmpagent.New(array, snmpagent.Options{
		Community: "lab", Without: without,
		User: snmpagent.User{Name: u.Name, Auth: u.Auth, AuthPassword: string(u.AuthPassword), Priv: u.Priv, PrivPassword: string(u.PrivPassword)},
	})
	require.NoError(t, err)
	s, err := snmpagent.Listen("127.0.0.1:0", g)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func source(t testing.TB, address string, change func(*snmp.Options)) *snmp.Source {
	t.Helper()
	o := snmp.Options{Target: "fa1", Address: address, Community: "lab", Timeout: 5 * time.Second}
	change(&o)
	src, err := snmp.New(o)
	require.NoError(t, err)
	return src
}

func v2c(*snmp.Options) {}

func as(u snmp.User) func(*snmp.Options) {
	return func(o *snmp.Options) { o.Community, o.User = "", &u }
}

// briefly is for agents that will not answer.
func briefly(o *snmp.Options) { o.Timeout, o.Tries = 20*time.Millisecond, 2 }

func TestConformance(t *testing.T) {
	for version, access := range map[string]func(*snmp.Options){"v2c": v2c, "v3": as(watcher())} {
		t.Run(version, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Subject{
				Target: "fa1", Now: at,
				New: func(t *testing.T) localmon.Source { return source(t, agent(t).Address(), access) },
				Partial: func(t *testing.T) localmon.Source {
					return source(t, agent(t, mib+".4.5", "1.3.6.1.2.1.1.5").Address(), access)
				},
				Gone: func(t *testing.T) localmon.Source {
					s := agent(t)
					require.NoError(t, s.Close())
					return source(t, s.Address(), access)
				},
			})
		})
	}
}

func collect(t *testing.T, src *snmp.Source) localmon.Batch {
	t.Helper()
	b, err := src.Collect(t.Context(), at)
	require.NoError(t, err)
	require.NoError(t, sourcetest.Check(b, "fa1", at))
	return b
}

func values(b localmon.Batch) map[string]float64 {
	all := map[string]float64{}
	for _, s := range b.Samples {
		all[strings.TrimSpace(strings.TrimPrefix(s.Key.String(), "fa1 "))] = s.Value
	}
	return all
}

func TestALookIsWhatTheArrayDoes(t *testing.T) {
	s := agent(t)
	array := s.Agent().Array()
	array.Advance(90 * time.Second)
	p := array.View().Instant().Array()
	for version, access := range map[string]func(*snmp.Options){"v2c": v2c, "v3": as(watcher())} {
		t.Run(version, func(t *testing.T) {
			b := collect(t, source(t, s.Address(), access))
			got := values(b)
			require.Greater(t, got["localmon_snmp_uptime_seconds"], 86400.0)
			delete(got, "localmon_snmp_uptime_seconds")
			require.Equal(t, map[string]float64{
				`purefa_array_performance_bandwidth_bytes{dimension="read_bytes_per_sec"}`:  float64(p.ReadBytes),
				`purefa_array_performance_bandwidth_bytes{dimension="write_bytes_per_sec"}`: float64(p.WriteBytes),
				`purefa_array_performance_throughput_iops{dimension="reads_per_sec"}`:       float64(p.Reads),
				`purefa_array_performance_throughput_iops{dimension="writes_per_sec"}`:      float64(p.Writes),
				`purefa_array_performance_latency_usec{dimension="usec_per_read_op"}`:       float64(p.ReadUsec),
				`purefa_array_performance_latency_usec{dimension="usec_per_write_op"}`:      float64(p.WriteUsec),
			}, got)
			require.Equal(t, &localmon.Array{Name: "fa-old-1", Kind: localmon.KindFlashArray, Model: "FA-X70R3", OS: "Purity//FA", Version: "6.6.3"}, b.Info)
			require.Empty(t, b.Partial)
			require.False(t, b.AlertsRead)
		})
	}
}

func TestEveryLevelOfSecurity(t *testing.T) {
	users := []snmp.User{{Name: "watcher"}}
	for _, auth := range []string{"SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"} {
		users = append(users, snmp.User{Name: "watcher", Auth: auth, AuthPassword: "correct horse"})
		for _, priv := range []string{"AES", "AES-192", "AES-256"} {
			users = append(users, snmp.User{Name: "watcher", Auth: auth, AuthPassword: "correct horse", Priv: priv, PrivPassword: "battery staple"})
		}
	}
	for _, u := range users {
		t.Run(u.Auth+" "+u.Priv, func(t *testing.T) {
			require.Len(t, collect(t, source(t, agentFor(t, u).Address(), as(u))).Samples, 7)
		})
	}
}

func TestWrongCommunityIsSilenceInTime(t *testing.T) {
	src := source(t, agent(t).Address(), func(o *snmp.Options) { briefly(o); o.Community = "hunter2" })
	_, err := src.Collect(t.Context(), at)
	require.ErrorIs(t, err, localmon.ErrUnreachable)
	require.ErrorContains(t, err, "SNMP of fa1 (127.0.0.1:")
	require.ErrorContains(t, err, "no answer in 2 tries of 20ms")
	require.ErrorContains(t, err, "an agent is silent to a wrong one")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestAccessThatIsRefused(t *testing.T) {
	s := agent(t)
	for name, c := range map[string]struct {
		change func(*snmp.User)
		want   string
	}{
		"a user nobody knows":      {func(u *snmp.User) { u.Name = "root" }, "token refused: unknown user name; make the user on the target"},
		"a wrong password":         {func(u *snmp.User) { u.AuthPassword = "guessed wrong" }, "token refused: wrong digest; the authentication password"},
		"a wrong hash":             {func(u *snmp.User) { u.Auth = "SHA" }, "token refused: wrong digest"},
		"a wrong privacy password": {func(u *snmp.User) { u.PrivPassword = "guessed wrong" }, "token refused: decryption error; the privacy password"},
		"too little security":      {func(u *snmp.User) { u.Priv, u.PrivPassword = "", "" }, "token refused: unsupported security level; give the user"},
	} {
		t.Run(name, func(t *testing.T) {
			u := watcher()
			c.change(&u)
			b, err := source(t, s.Address(), as(u)).Collect(t.Context(), at)
			require.ErrorIs(t, err, localmon.ErrTokenRefused)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "guessed wrong")
			require.Empty(t, b.Samples)
		})
	}
}

func TestAgentThatIsGoneAndBack(t *testing.T) {
	s := agent(t)
	array := s.Agent().Array()
	src := source(t, s.Address(), as(watcher()))
	collect(t, src)
	_, err := array.Inject(sim.Fault{Kind: sim.ArrayRestart})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = src.Collect(ctx, at)
	require.ErrorIs(t, err, localmon.ErrUnreachable)
	array.Advance(10 * time.Minute)
	require.Equal(t, 360.0, values(collect(t, src))["localmon_snmp_uptime_seconds"], "its boots and its clock are new")
}

func TestClockOfTheAgentThatJumps(t *testing.T) {
	s := agent(t)
	src := source(t, s.Address(), as(watcher()))
	collect(t, src)
	s.Agent().Array().Advance(3 * time.Hour) // far outside the window of 150 s
	collect(t, src)
}

func TestNothingListens(t *testing.T) {
	s := agent(t)
	require.NoError(t, s.Close())
	_, err := source(t, s.Address(), v2c).Collect(t.Context(), at)
	require.ErrorIs(t, err, localmon.ErrUnreachable)
	require.ErrorContains(t, err, "nothing listens at the port")
}

func TestALookEndsWithItsContext(t *testing.T) {
	s := agent(t)
	_, err := s.Agent().Array().Inject(sim.Fault{Kind: sim.Slow, Params: map[string]string{"path": "snmp", "stall": "10m"}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err = source(t, s.Address(), func(o *snmp.Options) { o.Timeout = time.Hour }).Collect(ctx, at)
	require.ErrorIs(t, err, localmon.ErrUnreachable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// scripted is an agent of version 2c that answers as a test tells it.
func scripted(t *testing.T, answer func(conn *net.UDPConn, from *net.UDPAddr, asked *gosnmp.SnmpPacket)) string {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, from, err := conn.ReadFromUDP(buf)
			if err != nil {
				return
			}
			m, err := (&gosnmp.GoSNMP{Version: gosnmp.Version2c}).SnmpDecodePacket(slices.Clone(buf[:n]))
			if err == nil {
				answer(conn, from, m)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String()
}

// good is the answer of an agent that has everything.
func good(asked *gosnmp.SnmpPacket) *gosnmp.SnmpPacket {
	out := &gosnmp.SnmpPacket{Version: gosnmp.Version2c, Community: asked.Community, PDUType: gosnmp.GetResponse, RequestID: asked.RequestID}
	for i, v := range asked.Variables {
		switch {
		case strings.HasPrefix(v.Name, "."+mib):
			v.Type, v.Value = gosnmp.Integer, 100+i
		case strings.HasSuffix(v.Name, ".3.0"):
			v.Type, v.Value = gosnmp.TimeTicks, uint32(4200)
		default:
			v.Type, v.Value = gosnmp.OctetString, "Pure Storage MercuryB, Purity//FA 6.5.6"
		}
		out.Variables = append(out.Variables, v)
	}
	return out
}

func send(conn *net.UDPConn, to *net.UDPAddr, m *gosnmp.SnmpPacket) {
	b, err := m.MarshalMsg()
	if err == nil {
		conn.WriteToUDP(b, to)
	}
}

// value answers with one object changed.
func value(t *testing.T, name string, change func(*gosnmp.SnmpPDU)) localmon.Batch {
	t.Helper()
	address := scripted(t, func(conn *net.UDPConn, from *net.UDPAddr, asked *gosnmp.SnmpPacket) {
		m := good(asked)
		for i := range m.Variables {
			if m.Variables[i].Name == "."+name {
				change(&m.Variables[i])
			}
		}
		send(conn, from, m)
	})
	return collect(t, source(t, address, v2c))
}

func TestNumbersBeyondInteger32(t *testing.T) {
	const key = `purefa_array_performance_bandwidth_bytes{dimension="read_bytes_per_sec"}`
	for name, c := range map[string]struct {
		said int
		want float64
	}{
		"a negative number is the unsigned one": {-1794967296, 2_500_000_000},
		"minus one is the largest":              {-1, 4294967295},
		"the cap is kept as it came":            {math.MaxInt32, 2147483647},
		"zero is zero":                          {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := value(t, mib+".4.1.0", func(v *gosnmp.SnmpPDU) { v.Value = c.said })
			require.Equal(t, c.want, values(b)[key])
			require.Empty(t, b.Partial)
		})
	}
}

func TestWhatIsMissingIsNeverZero(t *testing.T) {
	for name, c := range map[string]struct {
		typ   gosnmp.Asn1BER
		value any
		want  string
	}{
		"noSuchObject":   {gosnmp.NoSuchObject, nil, "the agent has no such object"},
		"noSuchInstance": {gosnmp.NoSuchInstance, nil, "the agent has no such object"},
		"null":           {gosnmp.Null, nil, "the agent gave no value"},
		"a text":         {gosnmp.OctetString, "12", "a value of type 0x4, where Integer was expected"},
		"a counter":      {gosnmp.Counter32, uint32(12), "a value of type 0x41, where Integer was expected"},
	} {
		t.Run(name, func(t *testing.T) {
			b := value(t, mib+".4.6.0", func(v *gosnmp.SnmpPDU) { v.Type, v.Value = c.typ, c.value })
			require.Len(t, b.Samples, 6)
			require.Len(t, b.Partial, 1)
			require.Equal(t, mib+".4.6.0", b.Partial[0].Endpoint)
			require.EqualError(t, b.Partial[0].Err, c.want)
			require.NotContains(t, values(b), `purefa_array_performance_latency_usec{dimension="usec_per_write_op"}`)
		})
	}
	t.Run("an answer without it", func(t *testing.T) {
		b := value(t, mib+".4.6.0", func(v *gosnmp.SnmpPDU) { v.Name = "." + mib + ".4.7.0" })
		require.EqualError(t, b.Partial[0].Err, "the answer does not hold it")
	})
	t.Run("up time of a wrong type", func(t *testing.T) {
		b := value(t, "1.3.6.1.2.1.1.3.0", func(v *gosnmp.SnmpPDU) { v.Type, v.Value = gosnmp.Integer, 5 })
		require.NotContains(t, values(b), "localmon_snmp_uptime_seconds")
		require.Equal(t, "1.3.6.1.2.1.1.3.0", b.Partial[0].Endpoint)
	})
}

func TestOneObjectInErrorDropsNoOther(t *testing.T) {
	address := scripted(t, func(conn *net.UDPConn, from *net.UDPAddr, asked *gosnmp.SnmpPacket) {
		m := good(asked)
		for i, v := range m.Variables {
			if v.Name == "."+mib+".4.5.0" || v.Name == "."+mib+".4.2.0" {
				m.Error, m.ErrorIndex = gosnmp.GenErr, uint8(i+1)
				break
			}
		}
		send(conn, from, m)
	})
	b := collect(t, source(t, address, v2c))
	require.Len(t, b.Samples, 5)
	require.Equal(t, mib+".4.2.0", b.Partial[0].Endpoint)
	require.ErrorContains(t, b.Partial[1].Err, "GenErr")
}

func TestSomethingElseThanAnArray(t *testing.T) {
	b := value(t, "1.3.6.1.2.1.1.1.0", func(v *gosnmp.SnmpPDU) { v.Value = "switch\x1b[31m\r\nred " })
	require.Equal(t, &localmon.Array{Name: "Pure Storage MercuryB, Purity//FA 6.5.6", Kind: localmon.KindFlashArray}, b.Info)

	address := scripted(t, func(conn *net.UDPConn, from *net.UDPAddr, asked *gosnmp.SnmpPacket) {
		m := good(asked)
		for i := range m.Variables {
			m.Variables[i].Type, m.Variables[i].Value = gosnmp.NoSuchObject, nil
		}
		send(conn, from, m)
	})
	b, err := source(t, address, v2c).Collect(t.Context(), at)
	require.ErrorIs(t, err, snmp.ErrNoData)
	require.ErrorContains(t, err, "none of the 9 objects has a value")
	require.Len(t, b.Partial, 9)
	require.Empty(t, b.Samples)
}

// TestWhatIsNoAnswerIsPassedOver sends something else first and the answer
// after it: the look must take the answer.
func TestWhatIsNoAnswerIsPassedOver(t *testing.T) {
	changed := func(change func(*gosnmp.SnmpPacket)) func(*testing.T, *net.UDPConn, *net.UDPAddr, *gosnmp.SnmpPacket) {
		return func(_ *testing.T, conn *net.UDPConn, from *net.UDPAddr, asked *gosnmp.SnmpPacket) {
			m := good(asked)
			for i := range m.Variables {
				if m.Variables[i].Type == gosnmp.Integer {
					m.Variables[i].Value = 666
				}
			}
			change(m)
			send(conn, from, m)
		}
	}
	octets := func(b []byte) func(*testing.T, *net.UDPConn, *net.UDPAddr, *gosnmp.SnmpPacket) {
		return func(_ *testing.T, conn *net.UDPConn, from *net.UDPAddr, _ *gosnmp.SnmpPacket) {
			conn.WriteToUDP(b, from)
		}
	}
	junk := map[string]func(*testing.T, *net.UDPConn, *net.UDPAddr, *gosnmp.SnmpPacket){
		"the number of another request": changed(func(m *gosnmp.SnmpPacket) { m.RequestID++ }),
		"the number zero":               changed(func(m *gosnmp.SnmpPacket) { m.RequestID = 0 }),
		"another community":             changed(func(m *gosnmp.SnmpPacket) { m.Community = "public" }),
		"another version":               changed(func(m *gosnmp.SnmpPacket) { m.Version = gosnmp.Version1 }),
		"a request":                     changed(func(m *gosnmp.SnmpPacket) { m.PDUType = gosnmp.GetRequest }),
		"no message":                    octets([]byte("hello")),
		"nothing":                       octets(nil),
		"half a message":                octets([]byte{0x30, 0x82, 0x01, 0x00, 2, 1, 1}),
		"more than an agent says":       octets(make([]byte, 40_000)),
		"another address": func(t *testing.T, _ *net.UDPConn, from *net.UDPAddr, asked *gosnmp.SnmpPacket) {
			other, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
			if err != nil {
				t.Error(err)
				return
			}
			defer other.Close()
			changed(func(*gosnmp.SnmpPacket) {})(t, other, from, asked)
		},
	}
	for name, first := range junk {
		t.Run(name, func(t *testing.T) {
			address := scripted(t, func(conn *net.UDPConn, from *net.UDPAddr, asked *gosnmp.SnmpPacket) {
				first(t, conn, from, asked)
				send(conn, from, good(asked))
			})
			for k, v := range values(collect(t, source(t, address, func(o *snmp.Options) { o.Tries = 1 }))) {
				require.NotEqual(t, 666.0, v, k)
			}
		})
	}
	t.Run("nothing but junk", func(t *testing.T) {
		address := scripted(t, func(conn *net.UDPConn, from *net.UDPAddr, _ *gosnmp.SnmpPacket) {
			conn.WriteToUDP([]byte("hello"), from)
		})
		_, err := source(t, address, briefly).Collect(t.Context(), at)
		require.ErrorIs(t, err, snmp.ErrNoData)
		require.ErrorContains(t, err, "what came was not an SNMP message")
	})
	t.Run("no end of junk", func(t *testing.T) {
		address := scripted(t, func(conn *net.UDPConn, from *net.UDPAddr, _ *gosnmp.SnmpPacket) {
			for range 200 {
				conn.WriteToUDP([]byte("hello"), from)
			}
		})
		_, err := source(t, address, func(o *snmp.Options) { o.Tries = 3 }).Collect(t.Context(), at)
		require.ErrorIs(t, err, snmp.ErrNoData)
		require.ErrorContains(t, err, "among 64 packets")
	})
}

// between puts somebody between a source and an agent of version 3, who gets
// every request and its answer and says what the source is given.
func between(t *testing.T, agent string, says func(request, answer []byte) [][]byte) string {
	t.Helper()
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	back, err := net.Dial("udp", agent)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		request, answer := make([]byte, 64<<10), make([]byte, 64<<10)
		for {
			n, from, err := front.ReadFromUDP(request)
			if err != nil {
				return
			}
			back.Write(request[:n])
			back.SetReadDeadline(time.Now().Add(10 * time.Second))
			m, err := back.Read(answer)
			if err != nil {
				return
			}
			for _, packet := range says(request[:n], answer[:m]) {
				front.WriteToUDP(packet, from)
			}
		}
	}()
	t.Cleanup(func() { front.Close(); back.Close(); <-done })
	return front.LocalAddr().String()
}

func TestWhoDoesNotKnowThePasswordCannotAnswer(t *testing.T) {
	s := agent(t)
	engine := string(s.Agent().Engine())
	forged := func(name string, kind gosnmp.PDUType) func(request, answer []byte) []byte {
		return func(request, _ []byte) []byte {
			m := &gosnmp.SnmpPacket{
				Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgID: snmp.MessageID(request), PDUType: kind,
				SecurityParameters: &gosnmp.UsmSecurityParameters{AuthoritativeEngineID: engine, UserName: "watcher", AuthoritativeEngineBoots: 1 << 30, AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv},
				Variables:          []gosnmp.SnmpPDU{{Name: name, Type: gosnmp.Integer, Value: 666}},
			}
			b, err := m.MarshalMsg()
			if err != nil {
				panic(err)
			}
			return b
		}
	}
	for name, junk := range map[string]func(request, answer []byte) []byte{
		"the answer with one octet changed": func(_, answer []byte) []byte {
			return append(slices.Clone(answer[:len(answer)-1]), answer[len(answer)-1]^1)
		},
		"the answer cut":                       func(_, answer []byte) []byte { return answer[:len(answer)/2] },
		"the request sent back":                func(request, _ []byte) []byte { return request },
		"an answer without a signature":        forged("."+mib+".4.1.0", gosnmp.GetResponse),
		"a clock that nobody signed":           forged(".1.3.6.1.6.3.15.1.1.2.0", gosnmp.Report),
		"a report of something that is no use": forged(".1.3.6.1.6.3.11.2.1.3.0", gosnmp.Report),
	} {
		t.Run(name, func(t *testing.T) {
			address := between(t, s.Address(), func(request, answer []byte) [][]byte {
				if strings.Contains(string(request), "watcher") { // not when the engine is asked for
					return [][]byte{junk(request, answer), answer}
				}
				return [][]byte{answer}
			})
			src := source(t, address, func(o *snmp.Options) { as(watcher())(o); o.Tries = 1 })
			for range 2 {
				b := collect(t, src)
				require.Empty(t, b.Partial)
				require.NotContains(t, slices.Collect(maps.Values(values(b))), 666.0)
			}
		})
	}
	t.Run("an answer of the look before", func(t *testing.T) {
		var before [][]byte
		address := between(t, s.Address(), func(_, answer []byte) [][]byte {
			out := append(slices.Clone(before), answer)
			before = append(before, slices.Clone(answer))
			return out
		})
		src := source(t, address, func(o *snmp.Options) { as(watcher())(o); o.Tries = 1 })
		for range 3 {
			s.Agent().Array().Advance(time.Second)
			up := values(collect(t, src))["localmon_snmp_uptime_seconds"]
			v, err := source(t, s.Address(), v2c).Collect(t.Context(), at)
			require.NoError(t, err)
			require.Equal(t, values(v)["localmon_snmp_uptime_seconds"], up)
		}
	})
}

// FuzzAnswer: whatever an agent says, the batch keeps the rules.
func FuzzAnswer(f *testing.F) {
	asked := &gosnmp.SnmpPacket{Community: "lab", Variables: []gosnmp.SnmpPDU{{Name: ".1.3.6.1.2.1.1.1.0"}, {Name: ".1.3.6.1.2.1.1.3.0"}, {Name: "." + mib + ".4.1.0"}, {Name: "." + mib + ".4.6.0"}}}
	seed, err := good(asked).MarshalMsg()
	require.NoError(f, err)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, packet []byte) {
		b, err := snmp.Interpret(packet, "fa1", at)
		if err != nil {
			return
		}
		require.NoError(t, sourcetest.Check(b, "fa1", at))
		usable := len(b.Samples)
		if b.Info != nil {
			require.NotContains(t, b.Info.Name+b.Info.Model+b.Info.Version, "\n")
			usable += 2
		}
		require.LessOrEqual(t, len(b.Partial), 9)
		require.GreaterOrEqual(t, usable+len(b.Partial), 7, "what is not there is listed")
	})
}

func TestOptionsThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*snmp.Options){
		"a target needs a name":             func(o *snmp.Options) { o.Target = "" },
		"use a host or host:port":           func(o *snmp.Options) { o.Address = "https://fa1/" },
		`address "fa1:0"`:                   func(o *snmp.Options) { o.Address = "fa1:0" },
		`address ""`:                        func(o *snmp.Options) { o.Address = "" },
		"either a community":                func(o *snmp.Options) { o.Community = "" },
		"1 to 127 octets":                   func(o *snmp.Options) { o.Community = snmp.Secret(strings.Repeat("x", 128)) },
		"a name has 1 to 32 octets":         as(snmp.User{}),
		"privacy needs authentication":      as(snmp.User{Name: "u", Priv: "AES"}),
		"use SHA, SHA-224":                  as(snmp.User{Name: "u", Auth: "MD5", AuthPassword: "hunter2222"}),
		"use AES, AES-192":                  as(snmp.User{Name: "u", Auth: "SHA", AuthPassword: "hunter2222", Priv: "DES", PrivPassword: "hunter2222"}),
		"the authentication password has":   as(snmp.User{Name: "u", Auth: "SHA", AuthPassword: "hunter2"}),
		"the privacy password has fewer":    as(snmp.User{Name: "u", Auth: "SHA", AuthPassword: "hunter2222", Priv: "AES", PrivPassword: "hunter2"}),
		"the community spans lines":         func(o *snmp.Options) { o.Community = "hunter2\n" },
		"the authentication password spans": as(snmp.User{Name: "u", Auth: "SHA", AuthPassword: "hunter2222\n"}),
		"engine id 0102: it has 5 to 32":    as(snmp.User{Name: "u", Engines: [][]byte{{1, 2}}}),
	} {
		o := snmp.Options{Target: "fa1", Address: "192.0.2.1", Community: "hunter2"}
		change(&o)
		_, err := snmp.New(o)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, address := range []string{"192.0.2.1", "192.0.2.1:1161", "fa1.example", "2001:db8::1", "[2001:db8::1]:161"} {
		_, err := snmp.New(snmp.Options{Target: "fa1", Address: address, Community: "x"})
		require.NoError(t, err, address)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	u := watcher()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		out := fmt.Sprintf(format, snmp.Options{Community: "hunter2", User: &u}) + fmt.Sprintf(format, u) +
			fmt.Sprintf(format, snmp.TrapOptions{Communities: []snmp.Secret{"hunter2"}, Users: []snmp.User{u}})
		require.NotContains(t, out, "hunter2")
		require.NotContains(t, out, "correct horse")
		require.NotContains(t, out, "battery staple")
	}
}

func BenchmarkPoll(b *testing.B) {
	for version, access := range map[string]func(*snmp.Options){"v2c": v2c, "v3": as(watcher())} {
		b.Run(version, func(b *testing.B) {
			src := source(b, agent(b).Address(), access)
			b.ReportAllocs()
			for b.Loop() {
				_, err := src.Collect(b.Context(), at)
				require.NoError(b, err)
			}
		})
	}
}
