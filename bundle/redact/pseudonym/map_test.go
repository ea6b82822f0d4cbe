package pseudonym_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"darksite/bundle/redact/pseudonym"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// sealed is a plain text as a map on disk is encrypted.
func sealed(t testing.TB, text string, to age.Recipient) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	require.NoError(t, err)
	_, err = io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestAMapOpensWithItsKeyAlone(t *testing.T) {
	id, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	other, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	m := minter(t)
	values := map[string]pseudonym.Entry{}
	r := rand.New(rand.NewPCG(4, 4))
	for k := pseudonym.IPv4; k <= pseudonym.Org; k++ {
		if k == pseudonym.Domain || k == pseudonym.Phone {
			continue
		}
		v := random(r, k)
		tok, err := m.Token(k, v)
		require.NoError(t, err, k)
		values[tok] = pseudonym.Entry{Token: tok, Kind: k, Original: v}
	}
	var b bytes.Buffer
	require.NoError(t, m.Map().Seal(&b, id.Recipient()))
	for _, e := range values {
		require.NotContains(t, b.String(), e.Original)
	}
	back, err := pseudonym.OpenMap(bytes.NewReader(b.Bytes()), id)
	require.NoError(t, err)
	require.Equal(t, m.Map(), back)
	for tok, want := range values {
		got, ok := back.Find(tok)
		require.True(t, ok, tok)
		require.Equal(t, want, got)
	}
	_, err = pseudonym.OpenMap(bytes.NewReader(b.Bytes()), other)
	var wrong *age.NoIdentityMatchError
	require.ErrorAs(t, err, &wrong)
	_, err = pseudonym.OpenMap(bytes.NewReader(b.Bytes()))
	require.Error(t, err)
	for _, n := range []int{0, 10, b.Len() / 2, b.Len() - 1} {
		_, err = pseudonym.OpenMap(bytes.NewReader(b.Bytes()[:n]), id)
		require.Error(t, err, "cut at %d", n)
	}
	for _, at := range []int{b.Len() / 2, b.Len() - 1} {
		bad := bytes.Clone(b.Bytes())
		bad[at] ^= 1
		_, err = pseudonym.OpenMap(bytes.NewReader(bad), id)
		require.Error(t, err, "changed at %d", at)
	}
}

func TestMapsThatAreNone(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	const head = "darksite-pseudonyms/1\n"
	for name, text := range map[string]string{
		"nothing":          "",
		"another format":   "darksite-pseudonyms/2\n",
		"no entry":         head + "host-aaaa web01\n",
		"an unknown kind":  head + `{"t":"host-k7f3q2ab","k":"colour","o":"web01"}` + "\n",
		"an empty token":   head + `{"t":"","k":"host","o":"web01"}` + "\n",
		"two of one token": head + strings.Repeat(`{"t":"host-k7f3q2ab","k":"host","o":"web01"}`+"\n", 2),
		"a line too long":  head + `{"t":"` + strings.Repeat("x", 1<<20) + `"}` + "\n",
		"a line cut off":   head + `{"t":"host-k7f3q2ab","k":"host","o":"we`,
	} {
		_, err := pseudonym.OpenMap(bytes.NewReader(sealed(t, text, id.Recipient())), id)
		require.ErrorContains(t, err, "open pseudonym map", name)
		require.NotContains(t, err.Error(), "web01", name)
	}
}

// TestFindAsItWasRead finds stand-ins in the dress in which a bundle has them.
func TestFindAsItWasRead(t *testing.T) {
	m := minter(t)
	tok := func(k pseudonym.Kind, v string) string {
		s, err := m.Token(k, v)
		require.NoError(t, err)
		return s
	}
	colons := func(s string) string {
		var parts []string
		for i := 0; i < len(s); i += 2 {
			parts = append(parts, s[i:i+2])
		}
		return strings.Join(parts, ":")
	}
	hexed := func(s string, backward bool) string {
		b := netip.MustParseAddr(s).AsSlice()
		if backward {
			slices.Reverse(b)
		}
		return hex.EncodeToString(b)
	}
	arpa := func(s string) string {
		var parts []string
		end := ".in-addr.arpa"
		if parts = strings.Split(s, "."); strings.Contains(s, ":") {
			parts, end = strings.Split(hexed(s, false), ""), ".ip6.arpa"
		}
		slices.Reverse(parts)
		return strings.Join(parts, ".") + end
	}
	ip, six, mac, wwn, naa := tok(pseudonym.IPv4, "10.8.4.21"), tok(pseudonym.IPv6, "2a02:8071::9"), tok(pseudonym.MAC, "3c5282aa100f"), tok(pseudonym.WWN, "5000144290147a10"), tok(pseudonym.NAA, "624a93701234567890abcdef00011010")
	host, fqdn, sid := tok(pseudonym.Host, "web01"), tok(pseudonym.FQDN, "db7.corp.example"), tok(pseudonym.SID, "s-1-5-21-1-2-3-500")
	all := m.Map()
	for want, forms := range map[string][]string{
		"10.8.4.21":                        {ip, ip + ":443", ip + "/24", "(" + ip + ")", ip + ".", "::ffff:" + ip, "ip-" + strings.ReplaceAll(ip, ".", "-"), "[::ffff:" + ip + "]:22", arpa(ip), arpa(ip) + ".", hexed(ip, false), "0x" + strings.ToUpper(hexed(ip, false)), strings.ToUpper(hexed(ip, true)) + ":01BB"},
		"2a02:8071::9":                     {six, strings.ToUpper(six), "[" + six + "]:443", six + "/64", six + "%eth0", arpa(six)},
		"3c5282aa100f":                     {mac, colons(mac), strings.ToUpper(colons(mac)), strings.ReplaceAll(colons(mac), ":", "-"), mac[:4] + "." + mac[4:8] + "." + mac[8:]},
		"5000144290147a10":                 {wwn, colons(wwn), "0x" + wwn, "nn-0x" + wwn, strings.ToUpper(wwn)},
		"624a93701234567890abcdef00011010": {naa, "naa." + naa, "0x" + naa},
		"web01":                            {host, strings.ToUpper(host), `"` + host + `",`},
		"db7.corp.example":                 {fqdn, fqdn + ".", strings.ToUpper(fqdn)},
		"s-1-5-21-1-2-3-500":               {sid, strings.ToUpper(sid)},
	} {
		for _, form := range forms {
			e, ok := all.Find(form)
			require.True(t, ok, "%s as %s", want, form)
			require.Equal(t, want, e.Original)
		}
	}
	for _, none := range []string{"", " ", "web01", "host-aaaaaaaa", "10.8.4.21", "...", "0x", ":", "masked-secret", ".in-addr.arpa", "1.in-addr.arpa", "1.ip6.arpa", "0a080415", "0xzz"} {
		_, ok := all.Find(none)
		require.False(t, ok, none)
	}
}

// FuzzMap reads any text as the inside of a map: it is refused, or sealed again it
// says the same.
func FuzzMap(f *testing.F) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("darksite-pseudonyms/1\n" + `{"t":"host-k7f3q2ab","k":"host","o":"web01"}` + "\n")
	f.Add("darksite-pseudonyms/1\n" + `{"t":"240.1.2.3","k":"ipv4","o":"10.8.4.21"}` + "\n" + `{"t":"x","k":"word","o":"\u00fc\u2028<>&"}`)
	f.Add("darksite-pseudonyms/1\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := pseudonym.OpenMap(bytes.NewReader(sealed(t, text, id.Recipient())), id)
		if err != nil {
			return
		}
		var b bytes.Buffer
		require.NoError(t, m.Seal(&b, id.Recipient()))
		again, err := pseudonym.OpenMap(&b, id)
		require.NoError(t, err)
		require.Equal(t, m, again)
		for e := range m.All() {
			found, ok := m.Find(e.Token)
			require.True(t, ok)
			require.Equal(t, e, found)
		}
		if _, err := pseudonym.New(key, m); err != nil { // whatever a map holds can be gone on from
			t.Error(err)
		}
	})
}

// FuzzOpenMap reads any bytes as a map on disk.
func FuzzOpenMap(f *testing.F) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed(f, "darksite-pseudonyms/1\n", id.Recipient()))
	f.Add([]byte("age-encryption.org/v1\n-> X25519 x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := pseudonym.OpenMap(bytes.NewReader(b), id)
		if (m == nil) != (err != nil) {
			t.Error("neither a map nor an error")
		}
	})
}
