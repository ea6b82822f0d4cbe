package redact

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"

	"github.com/stretchr/testify/require"
)

// TestAddressesHaveOneSpelling reads addresses as they should be spelled and as they
// should not, and spells what was read.
func TestAddressesHaveOneSpelling(t *testing.T) {
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"usual", "10.1.22.254", true},
		{"least", "0.0.0.1", true},
		{"greatest", "255.255.255.255", true},
		{"zeros in front", "10.01.2.3", false},
		{"two zeros", "10.00.2.3", false},
		{"octet too great", "10.1.2.256", false},
		{"three octets", "10.1.2", false},
		{"five octets", "10.1.2.3.4", false},
		{"nothing between dots", "10..2.3", false},
		{"dot at the end", "10.1.2.", false},
		{"dot in front", ".1.2.3", false},
		{"letters", "10.1.2.x", false},
		{"dashes", "10-1-2-3", false},
		{"nothing", "", false},
	} {
		addr, ok := parsePlain4(c.text)
		require.Equal(t, c.ok, ok, c.name)
		if ok {
			require.Equal(t, c.text, string(appendPlain4(nil, addr)), c.name)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		text := netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}).String()
		addr, ok := parsePlain4([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, text, string(appendPlain4(nil, addr)))
	}
}

// TestAnAddressToldLaterIsToldStill notes an address by its form and by its surroundings,
// in both orders.
func TestAnAddressToldLaterIsToldStill(t *testing.T) {
	const text = "10.1.2.3"
	v := value{pseudonym.IPv4, text}
	for _, rules := range [][]string{{"fqdn", "ipv4"}, {"ipv4", "fqdn"}, {"ipv4", "ipv4"}} {
		f := newFindings()
		for _, rule := range rules {
			f.note(&detect.Finding{End: len(text), Kind: v.kind, Rule: rule, Learn: true}, []byte(text))
		}
		require.Equal(t, map[value]uint8{v: isLearnt | isTold}, f.values, rules)
	}
}
