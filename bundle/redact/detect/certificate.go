package detect

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"darksite/bundle/redact/pseudonym"
)

// Part is a piece of a certificate's summary: text that stays (kind none) or the
// canonical form of a value that must go.
type Part struct {
	Kind pseudonym.Kind
	Text string
}

// summaryMark begins the summary that stands where a certificate stood.
const summaryMark = "certificate summary:"

// maxCertificate bounds what is taken for one certificate in text or bytes.
const maxCertificate = 64 << 10

// Summary reads a certificate, or a request for one, and says line by line what a
// diagnosis needs of it: validity, sort and size of the key, signature, names and
// extensions. It reports false for what is neither.
func Summary(der []byte) ([][]Part, bool) {
	if c, err := x509.ParseCertificate(der); err == nil {
		lines := [][]Part{
			say("%s version %d, %s, signed with %s.", summaryMark, c.Version, publicKey(c.PublicKey), c.SignatureAlgorithm),
			say("valid from %s until %s", c.NotBefore.UTC().Format(time.RFC3339), c.NotAfter.UTC().Format(time.RFC3339)),
			append(say("issuer: "), distinguishedParts(c.Issuer)...),
			append(say("subject: "), distinguishedParts(c.Subject)...),
		}
		if c.SerialNumber != nil && c.SerialNumber.Sign() > 0 {
			lines = append(lines, []Part{{Text: "number: "}, {pseudonym.Serial, c.SerialNumber.Text(16)}})
		}
		return append(lines, tailLines(c.DNSNames, c.EmailAddresses, addresses(c), hosts(c), c.Extensions, c.IsCA)...), true
	}
	r, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, false
	}
	lines := [][]Part{
		say("%s request, %s, signed with %s.", summaryMark, publicKey(r.PublicKey), r.SignatureAlgorithm),
		append(say("subject: "), distinguishedParts(r.Subject)...),
	}
	return append(lines, tailLines(r.DNSNames, r.EmailAddresses, nil, nil, r.Extensions, false)...), true
}

func say(format string, args ...any) []Part { return []Part{{Text: fmt.Sprintf(format, args...)}} }

func publicKey(k any) string {
	switch k := k.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA of %d bits", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA on " + k.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "another sort of key"
}

// attributes names the parts of a distinguished name that are not the site's
// invention alone.
var attributes = map[string]struct {
	name string
	kind pseudonym.Kind
}{
	"2.5.4.6": {"C", pseudonym.None}, "2.5.4.10": {"O", pseudonym.Org}, "2.5.4.11": {"OU", pseudonym.Org},
	"2.5.4.7": {"L", pseudonym.Org}, "2.5.4.8": {"ST", pseudonym.Org}, "2.5.4.9": {"STREET", pseudonym.Org},
	"2.5.4.4": {"SN", pseudonym.Person}, "2.5.4.42": {"GN", pseudonym.Person}, "2.5.4.5": {"serialNumber", pseudonym.Serial},
	"0.9.2342.19200300.100.1.1": {"UID", pseudonym.User}, "0.9.2342.19200300.100.1.25": {"DC", pseudonym.Name},
}

func distinguishedParts(n pkix.Name) []Part {
	var out []Part
	for i, a := range n.Names {
		if i > 0 {
			out = append(out, Part{Text: ", "})
		}
		v := strings.TrimSpace(fmt.Sprint(a.Value))
		at, known := attributes[a.Type.String()]
		switch {
		case a.Type.String() == "2.5.4.3":
			out = append(append(out, Part{Text: "CN="}), nameParts(v)...)
		case a.Type.String() == "1.2.840.113549.1.9.1":
			out = append(append(out, Part{Text: "mail="}), nameParts(v)...)
		case known && at.kind == pseudonym.None && len(v) == 2:
			out = append(out, Part{Text: at.name + "=" + v})
		case known && at.kind != pseudonym.None:
			out = append(out, Part{Text: at.name + "="}, Part{at.kind, fold(v)})
		default:
			out = append(out, Part{Text: a.Type.String() + "="}, Part{pseudonym.Name, fold(v)})
		}
	}
	return out
}

func fold(v string) string { return strings.Join(strings.Fields(strings.ToLower(v)), " ") }

// nameParts takes a common name or an alternative name for what it is by its form.
func nameParts(v string) []Part {
	v = fold(v)
	if a, err := netip.ParseAddr(v); err == nil {
		return addressParts(a)
	}
	rest, wild := strings.CutPrefix(v, "*.")
	var head []Part
	if wild {
		head = []Part{{Text: "*."}}
	}
	local, domain, mail := strings.Cut(v, "@")
	switch {
	case rest == "" || rest == "localhost" || rest == "localhost.localdomain":
		return append(head, Part{Text: rest})
	case mail && local != "" && domain != "" && !strings.ContainsAny(v, " /"):
		return []Part{{pseudonym.Email, v}}
	case strings.Contains(rest, " "):
		return append(head, Part{pseudonym.Person, rest})
	case wild && strings.Contains(rest, "."):
		return append(head, Part{pseudonym.Domain, rest})
	case strings.Contains(strings.Trim(rest, "."), ".") && !strings.Contains(rest, ".."):
		return append(head, Part{pseudonym.FQDN, strings.Trim(rest, ".")})
	}
	return append(head, Part{pseudonym.Host, rest})
}

func addressParts(a netip.Addr) []Part {
	a = a.Unmap().WithZone("")
	switch {
	case a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a.Is4() && stays4(a.As4()):
		return []Part{{Text: a.String()}}
	case a.Is4():
		return []Part{{pseudonym.IPv4, a.String()}}
	}
	return []Part{{pseudonym.IPv6, a.String()}}
}

func addresses(c *x509.Certificate) []string {
	var out []string
	for _, ip := range c.IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); ok {
			out = append(out, a.Unmap().String())
		}
	}
	return out
}

// hosts are those of the addresses under which revocation and issuer are found.
func hosts(c *x509.Certificate) []string {
	var out []string
	for _, l := range [][]string{c.OCSPServer, c.IssuingCertificateURL, c.CRLDistributionPoints} {
		for _, u := range l {
			_, rest, _ := strings.Cut(u, "://")
			host, _, _ := strings.Cut(rest, "/")
			host, _, _ = strings.Cut(host, ":")
			if host != "" && strings.Trim(fold(host), "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" {
				out = append(out, host)
			}
		}
	}
	for _, u := range c.URIs {
		if h := u.Hostname(); h != "" {
			out = append(out, h)
		}
	}
	return out
}

func tailLines(dns, mails, ips, hosts []string, ext []pkix.Extension, ca bool) [][]Part {
	var lines [][]Part
	for _, l := range []struct {
		word  string
		names []string
	}{{"also for names: ", dns}, {"also for mail: ", mails}, {"also for addresses: ", ips}, {"looks up: ", hosts}} {
		if len(l.names) == 0 {
			continue
		}
		line := say("%s", l.word)
		for i, n := range l.names {
			if i > 0 {
				line = append(line, Part{Text: ", "})
			}
			line = append(line, nameParts(n)...)
		}
		lines = append(lines, line)
	}
	names := make([]string, 0, len(ext))
	for _, e := range ext {
		names = append(names, extensionName(e.Id))
	}
	if len(names) > 0 {
		lines = append(lines, say("extensions: %s", strings.Join(names, ", ")))
	}
	if ca {
		lines = append(lines, say("may sign others"))
	}
	return lines
}

func extensionName(id asn1.ObjectIdentifier) string {
	switch id.String() {
	case "2.5.29.14":
		return "subjectKeyIdentifier"
	case "2.5.29.15":
		return "keyUsage"
	case "2.5.29.17":
		return "subjectAltName"
	case "2.5.29.19":
		return "basicConstraints"
	case "2.5.29.31":
		return "cRLDistributionPoints"
	case "2.5.29.32":
		return "certificatePolicies"
	case "2.5.29.35":
		return "authorityKeyIdentifier"
	case "2.5.29.37":
		return "extendedKeyUsage"
	case "1.3.6.1.5.5.7.1.1":
		return "authorityInfoAccess"
	}
	return id.String()
}

// EncodeParts writes a line as the value of a finding, DecodeParts reads it.
func EncodeParts(ps []Part) string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteByte(byte(p.Kind) + 1) // a zero byte ends a part
		b.WriteString(strings.ReplaceAll(p.Text, "\x00", ""))
		b.WriteByte(0)
	}
	return b.String()
}

// DecodeParts reads what [EncodeParts] wrote.
func DecodeParts(s string) []Part {
	var out []Part
	for p := range strings.SplitSeq(s, "\x00") {
		if p != "" {
			out = append(out, Part{pseudonym.Kind(p[0] - 1), p[1:]})
		}
	}
	return out
}

// certificateLabel tells the marks of what can be summed up.
func certificateLabel(label []byte) bool {
	switch string(bytes.TrimSpace(label)) {
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return true
	}
	return false
}

// certificateBelow reads the certificate whose BEGIN mark stands on the line at
// hand, when its END mark is in reach, and keeps its summary for the lines of its
// body.
func (s *Scanner) certificateBelow() {
	s.summary = nil
	rest := s.buf[min(s.hi+1, len(s.buf)):]
	rest = rest[:min(len(rest), maxCertificate)]
	end := bytes.Index(rest, pemEnd)
	if end < 0 {
		return
	}
	rest = rest[:bytes.LastIndexByte(rest[:end], '\n')+1]
	var text []byte
	lines := 0
	for l := range bytes.Lines(rest) {
		l = bytes.TrimSpace(l)
		if i := bytes.LastIndexByte(l, ' '); i >= 0 {
			l = l[i+1:]
		}
		text = append(text, bytes.Trim(l, `"',`)...)
		lines++
	}
	sum, ok := summaryOf(text)
	if !ok || lines == 0 {
		return
	}
	for i, l := range sum {
		if i >= lines { // no more lines than there were
			s.summary[lines-1] += EncodeParts([]Part{{Text: "; "}}) + EncodeParts(l)
			continue
		}
		s.summary = append(s.summary, EncodeParts(l))
	}
	for len(s.summary) < lines {
		s.summary = append(s.summary, "")
	}
}

func summaryOf(text []byte) ([][]Part, bool) {
	raw := bytes.TrimRight(text, "=")
	der := make([]byte, base64.RawStdEncoding.DecodedLen(len(raw)))
	n, err := base64.RawStdEncoding.Decode(der, raw)
	if err != nil {
		return nil, false
	}
	if sum, ok := Summary(der[:n]); ok {
		return sum, true
	}
	var first asn1.RawValue // trusted certificates carry more behind
	if rest, err := asn1.Unmarshal(der[:n], &first); err == nil && len(rest) > 0 {
		return Summary(first.FullBytes)
	}
	return nil, false
}

// certificateInline puts the summary of a certificate in place of its text in one
// line.
func (s *Scanner) certificateInline(lo, hi int) bool {
	if hi-lo < 64 || hi-lo > maxCertificate || s.buf[lo] != 'M' {
		return false
	}
	text := strings.NewReplacer(`\r`, "", `\n`, "", `\`, "", " ", "").Replace(string(s.buf[lo:hi]))
	sum, ok := summaryOf([]byte(text))
	if !ok {
		return false
	}
	var line []Part
	for i, l := range sum {
		if i > 0 {
			line = append(line, Part{Text: "; "})
		}
		line = append(line, l...)
	}
	s.emitForm(lo, hi, pseudonym.Secret, Certificate, EncodeParts(line), "certificate")
	return true
}
