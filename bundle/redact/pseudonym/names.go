package pseudonym

import (
	"fmt"
	"net/netip"
	"strings"
)

// alphabet spells the tails of tokens: no i, l, o, u, so that they are read out
// without mistakes and form no words.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Tail is the number of characters after the dash of a token: six drawn, two check.
const Tail = 8

// name draws a token such as host-k7f3q2ab.
func (m *Minter) name(kind Kind, canonical string, attempt int) string {
	return m.tail(prefixes[kind], m.prf.bits(kind.String(), attempt, canonical))
}

func (m *Minter) tail(prefix string, r uint64) string {
	var b [Tail]byte
	for i := range Tail - 2 {
		b[i] = alphabet[r&31]
		r >>= 5
	}
	c := m.prf.bits("name check", 0, prefix+string(b[:Tail-2]))
	b[Tail-2], b[Tail-1] = alphabet[c&31], alphabet[c>>5&31]
	return prefix + "-" + string(b[:])
}

// OwnsName reports whether a text is a token of this site, or an FQDN or a mail
// address made of such tokens.
func (m *Minter) OwnsName(s string) bool {
	if at := strings.IndexByte(s, '@'); at >= 0 {
		return m.OwnsName(s[:at]) && m.OwnsName(s[at+1:])
	}
	if rest, ok := strings.CutSuffix(s, Suffix); ok {
		for label := range strings.SplitSeq(rest, ".") {
			if !m.ownsToken(label) {
				return false
			}
		}
		return true
	}
	return m.ownsToken(s)
}

func (m *Minter) ownsToken(s string) bool {
	n := len(s) - Tail - 1
	if n < 2 || s[n] != '-' || !BeginsToken(s[:n]) {
		return false
	}
	c := m.prf.bits("name check", 0, s[:n]+s[n+1:len(s)-2])
	return s[len(s)-2] == alphabet[c&31] && s[len(s)-1] == alphabet[c>>5&31]
}

// EndsAsToken reports whether a text ends as a name does that is a token or made of
// tokens. It is a quick question that spares most texts that of [Minter.OwnsName].
func EndsAsToken(s string) bool {
	n := len(s) - Tail - 1
	return n > 0 && s[n] == '-' || strings.HasSuffix(s, Suffix)
}

// BeginsToken reports whether a text is what stands before the dash of tokens of some kind.
func BeginsToken[T string | []byte](s T) bool {
	for _, p := range prefixes {
		if p != "" && p == string(s) {
			return true
		}
	}
	return false
}

// Suffix ends every domain stand-in. RFC 2606 keeps the name from ever being real.
const Suffix = ".invalid"

// fqdn joins the stand-in of the first label, the same as that of the bare
// host, to that of the domain.
func (m *Minter) fqdn(canonical string) (string, error) {
	host, domain, ok := strings.Cut(canonical, ".")
	if !ok {
		return "", fmt.Errorf("not a dotted name in canonical form")
	}
	h, err := m.mint(Host, host)
	if err != nil {
		return "", err
	}
	d, err := m.domain(domain)
	return h + "." + d, err
}

// domain replaces the last two labels by one token, each label before by one of
// its own, so that a domain and those below it stay related.
func (m *Minter) domain(canonical string) (string, error) {
	labels := strings.Split(canonical, ".")
	base := max(len(labels)-2, 0)
	if base > 0 && len(labels[len(labels)-1]) == 2 && isSecondLevel(labels[len(labels)-2]) {
		base-- // example.co.uk
	}
	out, err := m.label(strings.Join(labels[base:], "."))
	for i := base - 1; err == nil && i >= 0; i-- {
		var t string
		t, err = m.label(strings.Join(labels[i:], "."))
		out = t + "." + out
	}
	return out + Suffix, err
}

// isSecondLevel reports whether a label below a country is not itself a name.
func isSecondLevel(l string) bool {
	switch l {
	case "co", "com", "ac", "org", "net", "gov", "edu", "gouv", "or", "ne", "go", "govt", "mil":
		return true
	}
	return false
}

// label gives the token of the first label of a domain. It is entered under a
// key of its own, as the domain's stand-in is longer.
func (m *Minter) label(domain string) (string, error) {
	key := labelKey(domain)
	if t, ok := m.tokens[key]; ok {
		return t, nil
	}
	for attempt := range maxAttempts {
		t := m.tail(prefixes[Domain], m.prf.bits("domain", attempt, domain))
		if m.free(t, Domain, domain) {
			m.tokens[key] = t
			m.entries[t] = Entry{Token: t, Kind: Domain, Original: domain}
			return t, nil
		}
	}
	return "", ErrFull
}

func labelKey(domain string) string { return "label " + domain }

func (m *Minter) email(canonical string) (string, error) {
	user, domain, ok := strings.Cut(canonical, "@")
	if !ok {
		return "", fmt.Errorf("not a mail address in canonical form")
	}
	u, err := m.mint(User, user)
	if err != nil {
		return "", err
	}
	if !strings.Contains(domain, ".") {
		h, err := m.mint(Host, domain)
		return u + "@" + h, err
	}
	d, err := m.domain(domain)
	return u + "@" + d, err
}

// authorities are naming authorities of IQN and NQN that name a maker, not a site.
var authorities = map[string]bool{
	"com.purestorage": true, "com.vmware": true, "com.microsoft": true, "com.redhat": true,
	"org.debian": true, "com.ubuntu": true, "com.suse": true, "de.suse": true, "org.linux-iscsi": true,
	"org.open-iscsi": true, "com.emc": true, "com.netapp": true, "com.hp": true, "com.hpe": true,
	"com.ibm": true, "com.dell": true, "com.cisco": true, "com.qlogic": true, "com.broadcom": true,
	"com.citrix": true, "com.oracle": true, "com.sun": true, "org.nvmexpress": true, "com.intel": true,
	"org.freebsd": true, "com.huawei": true, "com.hitachi": true, "com.nutanix": true, "com.synology": true,
	"com.3par": true, "com.equallogic": true, "com.lefthandnetworks": true, "com.nimblestorage": true,
	"com.marvell": true, "com.emulex": true, "com.mellanox": true, "com.nvidia": true, "org.spdk": true, "io.spdk": true,
}

// Authority reports whether a reversed domain is the naming authority of a maker.
func Authority(reversed string) bool { return authorities[reversed] }

// qualified gives the stand-in of an IQN or NQN in lower case: type, date and a
// maker's authority stay, a site's authority and the unit's name are drawn.
func (m *Minter) qualified(kind Kind, canonical string) (string, error) {
	head, unit, hasUnit := strings.Cut(canonical, ":")
	f := strings.SplitN(head, ".", 3)
	if len(f) < 3 {
		return "", fmt.Errorf("not a qualified name in canonical form")
	}
	out := f[0] + "." + f[1] + "."
	switch {
	case authorities[f[2]]:
		out += f[2]
	default:
		d, err := m.domain(reverse(f[2]))
		if err != nil {
			return "", err
		}
		out += reverse(d)
	}
	if !hasUnit {
		return out, nil
	}
	t, err := m.unit(kind, f[2], unit)
	return out + ":" + t, err
}

// unit replaces what stands behind the authority, keeping its sort where the
// authority defines one.
func (m *Minter) unit(kind Kind, authority, unit string) (string, error) {
	switch {
	case authority == "org.nvmexpress" && strings.HasPrefix(unit, "uuid:"):
		t, err := m.mint(UUID, unit[len("uuid:"):])
		return "uuid:" + t, err
	case authority == "com.microsoft" && strings.Contains(unit, "."):
		return m.mint(FQDN, unit)
	case authority == "com.microsoft":
		return m.mint(Host, unit)
	}
	for attempt := range maxAttempts {
		t := m.name(kind, authority+":"+unit, attempt)
		if e, taken := m.entries[t]; !taken || e.Original == unit {
			m.entries[t] = Entry{Token: t, Kind: kind, Original: unit}
			return t, nil
		}
	}
	return "", ErrFull
}

func reverse(domain string) string {
	l := strings.Split(domain, ".")
	for i, j := 0, len(l)-1; i < j; i, j = i+1, j-1 {
		l[i], l[j] = l[j], l[i]
	}
	return strings.Join(l, ".")
}

func parse4(s string) ([4]byte, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return [4]byte{}, fmt.Errorf("not an IPv4 address")
	}
	return a.As4(), nil
}

func parse6(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is6() {
		return netip.Addr{}, fmt.Errorf("not an IPv6 address")
	}
	return a, nil
}
