package snmpagent

import (
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNumbersAreAsShortAsTheyGo(t *testing.T) {
	for n, want := range map[int64]string{
		0: "020100", 1: "020101", 127: "02017f", 128: "02020080", 255: "020200ff", 256: "02020100",
		-1: "0201ff", -128: "020180", -129: "0202ff7f",
		math.MaxInt32: "02047fffffff", math.MinInt32: "020480000000", math.MaxUint32: "020500ffffffff",
		math.MinInt64: "02088000000000000000",
	} {
		b := number(tagInteger, n)
		require.Equal(t, want, hex.EncodeToString(b))
		back, err := signed(b[2:])
		require.NoError(t, err)
		require.Equal(t, n, back)
	}
}

func TestNamesOfObjects(t *testing.T) {
	for name, want := range map[string]string{
		"1.3.6.1.2.1.1.3.0":     "06082b06010201010300",
		"1.3.6.1.4.1.40482.4.1": "060a2b0601040182bc220401",
		"0.0":                   "060100",
		"2.999":                 "06028837",
		"1.3.4294967295":        "06062b8fffffff7f",
	} {
		o, err := parseOID(name)
		require.NoError(t, err)
		require.Equal(t, want, hex.EncodeToString(o.encode()), name)
		back, err := decodeOID(o.encode()[2:])
		require.NoError(t, err)
		require.Equal(t, name, back.String())
	}
	for _, bad := range []string{"", "1", "3.1", "1.40", "1.3.x", "1.3.4294967296", "1..3", "1.3."} {
		_, err := parseOID(bad)
		require.ErrorContains(t, err, "object name", bad)
	}
	for _, bad := range []string{"", "2b80", "2b8001", "2b90ffffff7f", "2bffffffffffffffffff7f"} {
		b, err := hex.DecodeString(bad)
		require.NoError(t, err)
		_, err = decodeOID(b)
		require.ErrorIs(t, err, errBER, bad)
	}
}

func TestMessagesThatAreNone(t *testing.T) {
	good := message2{"public", pdu{kind: pduGet, id: 7, binds: []bind{{must(sysUpTime), exception(tagNull)}}}}.encode()
	_, rest, err := open(good)
	require.NoError(t, err)
	_, err = decode2(rest)
	require.NoError(t, err)
	for i := range good {
		_, rest, err := open(good[:i])
		if err == nil {
			_, err = decode2(rest)
		}
		require.ErrorIs(t, err, errBER, "the first %d octets", i)
	}
	_, _, err = open(append(slices.Clone(good), 0))
	require.ErrorIs(t, err, errBER, "something follows")
}

// TestKeysOfAPassword holds the making of keys against the samples of RFC 3414,
// A.3.2: the password maplesyrup and an engine of eleven zeros and a two.
func TestKeysOfAPassword(t *testing.T) {
	c, err := newCredentials(User{Name: "u", Auth: "SHA", AuthPassword: "maplesyrup"})
	require.NoError(t, err)
	require.Equal(t, "9fb5cc0381497b3793528939ff788d5d79145211", hex.EncodeToString(c.proof))
	engine := "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
	require.Equal(t, "6695febc9288e36282235fc7151f128497b38f3f", hex.EncodeToString(c.at(engine).sign))
}

func TestSealedIsUnsealed(t *testing.T) {
	for priv := range keyBytes {
		c, err := newCredentials(User{Name: "u", Auth: "SHA", AuthPassword: "maplesyrup", Priv: priv, PrivPassword: "pancakes"})
		require.NoError(t, err)
		k := c.at("engine")
		body := scoped("engine", pdu{kind: pduGet, id: 3, binds: []bind{{must(sysUpTime), text("a text of more than sixteen octets")}}})
		packet := k.finish(message3{id: 9, maxSize: 1500, model: usmModel, engine: "engine", boots: 4, time: 5, user: "u", body: body}, flagAuth|flagPriv, 77)
		_, rest, err := open(packet)
		require.NoError(t, err)
		m, err := decode3(rest)
		require.NoError(t, err)
		require.NotContains(t, string(packet), "sixteen")
		require.True(t, k.genuine(packet, m))
		plain, err := k.unseal(m)
		require.NoError(t, err)
		require.Equal(t, body, plain)
		require.False(t, k.genuine(packet, m), "the code is wiped by now")
	}
}

// FuzzMessage: what can be read is encoded so that it reads the same again.
func FuzzMessage(f *testing.F) {
	f.Add(message2{"public", pdu{kind: pduGet, id: 7, binds: []bind{{must(sysUpTime), exception(tagNull)}}}}.encode())
	f.Add(message2{"", pdu{kind: pduGetBulk, id: -7, first: 1, second: 99, binds: []bind{
		{must("1.3"), integer(-5)}, {must("2.999.4294967295"), ticks(1 << 31)}, {must("0.0"), objectName(must(arrayMIB))}, {must("1.3"), text("x")},
	}}}.encode())
	plain, _ := message3{id: 1, maxSize: 1500, flags: flagReportable, model: usmModel, body: scoped("", pdu{kind: pduGet})}.encode()
	f.Add(plain)
	sealed, _ := message3{id: 1, maxSize: 1500, flags: 3, model: usmModel, engine: "engine", user: "u", mac: make([]byte, 12), salt: make([]byte, 8), body: []byte("sealed"), sealed: true}.encode()
	f.Add(sealed)
	f.Fuzz(func(t *testing.T, packet []byte) {
		version, rest, err := open(packet)
		if err != nil {
			return
		}
		switch version {
		case version2c:
			m, err := decode2(rest)
			if err != nil {
				return
			}
			_, rest, err := open(m.encode())
			require.NoError(t, err)
			back, err := decode2(rest)
			require.NoError(t, err)
			require.Equal(t, m, back)
		case version3:
			m, err := decode3(rest)
			if err != nil {
				return
			}
			again, _ := m.encode()
			_, rest, err := open(again)
			require.NoError(t, err)
			back, err := decode3(rest)
			require.NoError(t, err)
			require.Equal(t, m, back)
		}
	})
}

// FuzzAnswer: whatever is asked, the answer is bounded and can be read.
func FuzzAnswer(f *testing.F) {
	g := testAgent(f, User{})
	f.Add(message2{"lab", pdu{kind: pduGetBulk, id: 1, second: math.MaxInt32, binds: []bind{{must("1.3"), exception(tagNull)}}}}.encode())
	f.Add(message2{"lab", pdu{kind: pduSet, id: 1, binds: []bind{{must(sysUpTime), integer(1)}}}}.encode())
	f.Fuzz(func(t *testing.T, packet []byte) {
		out := g.Answer(packet)
		require.LessOrEqual(t, len(out), 65507)
		if out != nil {
			_, _, err := open(out)
			require.NoError(t, err)
		}
	})
}
