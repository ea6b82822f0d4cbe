package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file reads what agents of SNMP said: walks by name, whose keys carry an
// index behind a dot and whose values carry a type, walks by number, and records
// of simulators, which have bars between number, type and value.

// namedObjects are objects by number whose values name a device, a person, a
// place or a part.
var namedObjects = []struct {
	oid  string
	kind pseudonym.Kind
}{
	{"1.3.6.1.2.1.1.4.0", pseudonym.Person},
	{"1.3.6.1.2.1.1.5.0", pseudonym.Host},
	{"1.3.6.1.2.1.1.6.0", pseudonym.Org},
	{"1.3.6.1.2.1.47.1.1.1.1.11.", pseudonym.Serial},
	{"1.0.8802.1.1.2.1.4.1.1.9.", pseudonym.Host},
	{"1.3.6.1.4.1.9.9.23.1.2.1.1.6.", pseudonym.Host},
	// serial numbers of machines, their disks and units, by their makers' MIBs
	{"1.3.6.1.2.1.43.5.1.1.17.", pseudonym.Serial},                  // Printer-MIB
	{"1.3.6.1.4.1.9.3.6.3.0", pseudonym.Serial},                     // OLD-CISCO-CHASSIS-MIB
	{"1.3.6.1.4.1.232.2.2.2.1.0", pseudonym.Serial},                 // CPQSINFO-MIB
	{"1.3.6.1.4.1.318.1.1.1.1.2.3.0", pseudonym.Serial},             // PowerNet-MIB
	{"1.3.6.1.4.1.674.10892.5.1.3.2.0", pseudonym.Serial},           // IDRAC-MIB
	{"1.3.6.1.4.1.674.10892.5.5.1.20.130.4.1.7.", pseudonym.Serial}, // the same, disks
	{"1.3.6.1.4.1.789.1.1.9.0", pseudonym.Serial},                   // NETWORK-APPLIANCE-MIB
	{"1.3.6.1.4.1.1588.2.1.1.1.1.10.0", pseudonym.Serial},           // SW-MIB
	{"1.3.6.1.4.1.2636.3.1.3.0", pseudonym.Serial},                  // JUNIPER-MIB
	{"1.3.6.1.4.1.6027.3.10.1.2.2.1.12.", pseudonym.Serial},         // F10-S-SERIES-CHASSIS-MIB
	{"1.3.6.1.4.1.6574.1.5.2.0", pseudonym.Serial},                  // SYNOLOGY-SYSTEM-MIB
	{"1.3.6.1.4.1.12356.100.1.1.1.0", pseudonym.Serial},             // FORTINET-CORE-MIB
	{"1.3.6.1.4.1.25461.2.1.2.1.3.0", pseudonym.Serial},             // PAN-COMMON-MIB
}

// walked reads a line that begins with the number of an object.
func (s *Scanner) walked(b []byte) {
	i := 0
	if bytes.HasPrefix(b, []byte("iso.")) {
		i = len("iso")
	}
	for i < len(b) && (isDigit(b[i]) || b[i] == '.') {
		i++
	}
	oid := strings.TrimPrefix(strings.Replace(string(b[:i]), "iso.", "1.", 1), ".")
	at, hex := valueOf(b, i)
	if at == 0 {
		return
	}
	if hex {
		s.hexValue(s.lo + at)
		return
	}
	for _, o := range namedObjects {
		if oid != o.oid && !(o.oid[len(o.oid)-1] == '.' && strings.HasPrefix(oid, o.oid)) {
			continue
		}
		g := gap{value: s.lo + at, sep: ':', keyed: o.kind != pseudonym.Serial}
		if s.buf[g.value] == '"' {
			g.quote = '"'
			g.value++
		}
		if freeText(o.kind) {
			s.freeAll(g, o.kind)
		} else {
			s.nameAt(g.value, s.hi, o.kind, o.kind.String(), g)
		}
		return
	}
}

// valueOf finds the value of a line of a walk behind the number that ends at i,
// and whether it is written as hex.
func valueOf(b []byte, i int) (at int, hex bool) {
	switch rest := b[i:]; {
	case bytes.HasPrefix(rest, []byte(" = STRING: ")):
		at = i + len(" = STRING: ")
	case bytes.HasPrefix(rest, []byte("|4|")):
		at = i + len("|4|")
	case bytes.HasPrefix(rest, []byte("|4x|")):
		at, hex = i+len("|4x|"), true
	}
	if at >= len(b) {
		return 0, false
	}
	return at, hex
}

// freeAll emits all of a value as free text.
func (s *Scanner) freeAll(g gap, kind pseudonym.Kind) {
	end := s.hi
	if g.quote != 0 {
		end, _ = s.closing(g)
	}
	for end > g.value && isSpace(s.buf[end-1]) {
		end--
	}
	v := s.buf[g.value:end]
	folded := s.fold(v)
	if len(v) < 3 || emptyValues.has(folded) || s.staysName(folded) || looksLikeValue(v) {
		return
	}
	s.out = append(s.out, Finding{Start: g.value, End: end, Kind: kind, Rule: kind.String(), Learn: bytes.IndexByte(v, ' ') > 0 && len(v) > 8})
}

// hexValue reads a MAC or WWN as pairs of hex digits, with spaces between or
// without, that is all of a value.
func (s *Scanner) hexValue(at int) {
	b := s.buf
	end, digits := at, 0
	for end < s.hi && (isHexByte(b[end]) || b[end] == ' ' && end > at && isHexByte(b[end-1])) {
		if b[end] != ' ' {
			digits++
		}
		end++
	}
	for end > at && b[end-1] == ' ' {
		end--
	}
	switch {
	case end < s.hi && !isSpace(b[end]) && b[end] != '"':
	case digits == 12:
		s.mac(at, end)
	case digits == 16 && strings.IndexByte("125", b[at]) >= 0 && b[at+1] == '0':
		s.wwn(at, end)
	}
}

// indexed cuts the index off the name of an object, sysName.0, so that the name
// can be a key.
func indexed(w []byte, acc flags) []byte {
	if acc&fDot == 0 {
		return w
	}
	i := bytes.IndexByte(w, '.')
	if i < 3 {
		return w
	}
	for _, c := range w[i:] {
		if c != '.' && !isDigit(c) {
			return w
		}
	}
	return w[:i]
}
