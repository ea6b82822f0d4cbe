package pseudonym_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"darksite/bundle/redact/pseudonym"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

var key = bytes.Repeat([]byte("k"), pseudonym.KeySize)

func minter(t testing.TB) *pseudonym.Minter {
	t.Helper()
	m, err := pseudonym.New(key, nil)
	require.NoError(t, err)
	return m
}

// random makes values of a kind in canonical form.
func random(r *rand.Rand, k pseudonym.Kind) string {
	hexN := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789abcdef"[r.IntN(16)]
		}
		return string(b)
	}
	switch k {
	case pseudonym.IPv4:
		return netip.AddrFrom4([4]byte{byte(1 + r.IntN(126)), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}).String()
	case pseudonym.IPv6:
		var b [16]byte
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		b[0], b[1] = 0x2a, b[1]&3
		return netip.AddrFrom16(b).String()
	case pseudonym.MAC:
		return hexN(12)
	case pseudonym.WWN:
		return "5" + hexN(15)
	case pseudonym.NAA:
		return "6" + hexN(31)
	case pseudonym.Serial:
		return hexN(24)
	case pseudonym.UUID:
		return hexN(8) + "-" + hexN(4) + "-" + hexN(4) + "-" + hexN(4) + "-" + hexN(12)
	case pseudonym.SID:
		return fmt.Sprintf("s-1-5-21-%d-%d-%d-%d", r.Uint32(), r.Uint32(), r.Uint32(), r.IntN(5000))
	case pseudonym.IQN:
		return "iqn.2010-06.com.purestorage:" + hexN(12)
	case pseudonym.NQN:
		return "nqn.2014-08.org.nvmexpress:uuid:" + random(r, pseudonym.UUID)
	case pseudonym.FQDN:
		return "h" + hexN(8) + ".lab.example.com"
	case pseudonym.Email:
		return "u" + hexN(8) + "@example.com"
	}
	return "n" + hexN(9)
}

// TestNeverShared draws many values of each kind: no two share a stand-in, all
// are recognised as ours, and a second minter gives the same in another order.
// PSEUDONYM_VALUES sets how many; make crash takes a million.
func TestNeverShared(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 500
	}
	if v, ok := os.LookupEnv("PSEUDONYM_VALUES"); ok {
		var err error
		n, err = strconv.Atoi(v)
		require.NoError(t, err)
	}
	for k := pseudonym.IPv4; k <= pseudonym.Org; k++ {
		t.Run(k.String(), func(t *testing.T) {
			m := minter(t)
			r := rand.New(rand.NewPCG(7, uint64(k)))
			seen := map[string]string{}
			for range n {
				v := random(r, k)
				tok, err := m.Token(k, v)
				if err != nil || tok == v {
					t.Fatalf("%s: %s, %v", v, tok, err)
				}
				if was, ok := seen[tok]; ok && was != v {
					t.Fatalf("%s and %s share %s", was, v, tok)
				}
				seen[tok] = v
			}
			fresh := minter(t)
			for tok := range seen {
				if k != pseudonym.IQN && k != pseudonym.NQN && !fresh.Owns(k, tok) {
					t.Fatalf("%s is not told as ours", tok)
				}
				if fresh.OwnsName(tok) && !pseudonym.EndsAsToken(tok) {
					t.Fatalf("%s does not end as a token", tok)
				}
			}
		})
	}
}

// TestOrderChangesNothing mints the same small set in two orders.
func TestOrderChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for k := pseudonym.IPv4; k <= pseudonym.Org; k++ {
		var vs []string
		for range 50 {
			vs = append(vs, random(r, k))
		}
		a, b := minter(t), minter(t)
		want := map[string]string{}
		for _, v := range vs {
			tok, err := a.Token(k, v)
			require.NoError(t, err)
			want[v] = tok
		}
		r.Shuffle(len(vs), func(i, j int) { vs[i], vs[j] = vs[j], vs[i] })
		for _, v := range vs {
			tok, err := b.Token(k, v)
			require.NoError(t, err)
			require.Equal(t, want[v], tok, k)
		}
	}
}

func TestGrammar(t *testing.T) {
	m := minter(t)
	tok := func(k pseudonym.Kind, v string) string {
		s, err := m.Token(k, v)
		require.NoError(t, err)
		return s
	}
	a, err := netip.ParseAddr(tok(pseudonym.IPv4, "10.20.30.40"))
	require.NoError(t, err)
	require.True(t, netip.MustParsePrefix("240.0.0.0/4").Contains(a))
	require.True(t, strings.HasSuffix(tok(pseudonym.IPv4, "10.20.30.0"), ".0"), "a network stays one")
	require.True(t, strings.HasSuffix(tok(pseudonym.IPv4, "10.20.30.255"), ".255"))
	b, err := netip.ParseAddr(tok(pseudonym.IPv6, "2a02:8071::17"))
	require.NoError(t, err)
	require.True(t, netip.MustParsePrefix("2001:db8::/32").Contains(b))
	mac := tok(pseudonym.MAC, "3c5282aa100f")
	require.Contains(t, "26ae", mac[1:2], "locally administered, one station")
	require.Equal(t, mac[:6], tok(pseudonym.MAC, "3c5282bb0000")[:6], "one maker")
	w := tok(pseudonym.WWN, "524a9371af4e8200")
	require.Equal(t, "5", w[:1])
	require.Equal(t, w[:14], tok(pseudonym.WWN, "524a9371af4e8201")[:14], "ports of one node")
	require.Equal(t, "2100"+mac, tok(pseudonym.WWN, "21003c5282aa100f"), "a WWN made from a MAC")
	naa := tok(pseudonym.NAA, "624a93706c1b16ce1c034d1c00013918")
	require.Equal(t, "624a9370"+tok(pseudonym.Serial, "6c1b16ce1c034d1c00013918"), naa)
	require.True(t, strings.HasSuffix(tok(pseudonym.FQDN, "web07.corp.example.com"), tok(pseudonym.Domain, "example.com")))
	require.True(t, strings.HasPrefix(tok(pseudonym.FQDN, "web07.corp.example.com"), tok(pseudonym.Host, "web07")+"."))
	require.True(t, strings.HasPrefix(tok(pseudonym.SID, "s-1-5-21-1-2-3-1105"), "s-1-5-21-"))
	require.True(t, strings.HasSuffix(tok(pseudonym.SID, "s-1-5-21-1-2-3-1105"), "-1105"))
}

// TestReserved keeps stand-ins away from what the input holds already.
func TestReserved(t *testing.T) {
	first, err := minter(t).Token(pseudonym.IPv4, "10.1.2.3")
	require.NoError(t, err)
	m := minter(t)
	m.Reserve(first)
	second, err := m.Token(pseudonym.IPv4, "10.1.2.3")
	require.NoError(t, err)
	require.NotEqual(t, first, second)
}

func TestMapRoundTrip(t *testing.T) {
	m := minter(t)
	for _, v := range []struct {
		k pseudonym.Kind
		v string
	}{{pseudonym.IPv4, "10.1.2.3"}, {pseudonym.FQDN, "web07.corp.example.com"}, {pseudonym.WWN, "524a9371af4e8200"}, {pseudonym.User, "kweiss"}} {
		_, err := m.Token(v.k, v.v)
		require.NoError(t, err)
	}
	id, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, m.Map().Seal(&b, id.Recipient()))
	back, err := pseudonym.OpenMap(&b, id)
	require.NoError(t, err)
	require.Equal(t, m.Map(), back)
	again, err := pseudonym.New(key, back)
	require.NoError(t, err)
	for e := range back.All() {
		if e.Kind == pseudonym.Domain {
			continue
		}
		tok, err := again.Token(e.Kind, e.Original)
		require.NoError(t, err)
		require.Equal(t, e.Token, tok)
	}
	_, err = pseudonym.OpenMap(strings.NewReader("no map"), id)
	require.Error(t, err)
	_, err = pseudonym.New(key[:5], nil)
	require.Error(t, err)
}
