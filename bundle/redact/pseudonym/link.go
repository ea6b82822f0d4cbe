package pseudonym

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Owns reports whether a text in canonical form is a stand-in of this site.
func (m *Minter) Owns(kind Kind, canonical string) bool {
	m.mu.RLock()
	_, known := m.entries[canonical]
	m.mu.RUnlock()
	if known {
		return true
	}
	switch kind {
	case IPv4:
		a, err := parse4(canonical)
		return err == nil && a[0] >= first16
	case IPv6:
		a, err := parse6(canonical)
		return err == nil && m.ownsIPv6(a)
	case MAC:
		b, err := hex.DecodeString(canonical)
		return err == nil && len(b) == 6 && m.ownsMAC([6]byte(b))
	case WWN:
		return m.ownsWWN(canonical)
	case NAA:
		return m.ownsNAA(canonical)
	case SID:
		return m.ownsSID(canonical)
	case UUID:
		return m.ownsUUID(canonical)
	case Serial:
		if len(canonical) == 24 && isHex(canonical) {
			return m.ownsVolumeSerial(canonical)
		}
	}
	return m.OwnsName(canonical)
}

// mac gives the stand-in of 12 hex digits: the maker's half is drawn from the
// maker's half, 14 bits of the other half from the whole, 10 bits are a check.
func (m *Minter) mac(canonical string, attempt int) (string, error) {
	b, err := hex.DecodeString(canonical)
	if err != nil || len(b) != 6 {
		return "", fmt.Errorf("not a MAC in canonical form")
	}
	r := m.prf.bits("mac maker", attempt/32, string(b[:3]))
	out := [6]byte{byte(r>>16)&^3 | 2, byte(r >> 8), byte(r)}
	n := m.prf.bits("mac", attempt, string(b)) & 0x3fff
	out[3], out[4] = byte(n>>6), byte(n<<2)
	c := m.checkMAC(out)
	out[4] |= byte(c >> 8)
	out[5] = byte(c)
	return hex.EncodeToString(out[:]), nil
}

func (m *Minter) checkMAC(b [6]byte) uint16 {
	b[4] &^= 3
	b[5] = 0
	return uint16(m.prf.bits("mac check", 0, string(b[:]))) & 0x3ff
}

func (m *Minter) ownsMAC(b [6]byte) bool {
	return b[0]&3 == 2 && m.checkMAC(b) == uint16(b[4]&3)<<8|uint16(b[5])
}

// wwn gives the stand-in of 16 hex digits. In the formats 1 and 2 the last six
// octets are a MAC and the port number before it stays; else the last octet,
// which counts ports, is turned and what is before it is drawn.
func (m *Minter) wwn(canonical string, attempt int) (string, error) {
	if len(canonical) != 16 || !isHex(canonical) {
		return "", fmt.Errorf("not a WWN in canonical form")
	}
	if canonical[0] == '1' || canonical[0] == '2' {
		tok, err := m.mint(MAC, canonical[4:])
		return canonical[:4] + tok, err
	}
	head, err := m.head(canonical[:14])
	if err != nil {
		return "", err
	}
	tail, err := strconv.ParseUint(canonical[14:], 16, 8)
	if err != nil {
		return "", fmt.Errorf("not a WWN in canonical form: %w", err)
	}
	turn := m.prf.bits("wwn tail", attempt, head)
	return head + fmt.Sprintf("%02x", byte(tail)^byte(turn)), nil
}

// head finds or makes the stand-in of the first 14 digits of a WWN.
func (m *Minter) head(o string) (string, error) {
	if t, ok := m.heads["o"+o]; ok {
		return t, nil
	}
	for attempt := range maxAttempts {
		r := m.prf.bits("wwn head", attempt, o)
		t := o[:1] + fmt.Sprintf("%010x", r&0xff_ffff_ffff)
		t += m.check(t, 3)
		if _, used := m.heads["t"+t]; !used && t != o {
			m.setHead(o, t)
			return t, nil
		}
	}
	return "", ErrFull
}

func (m *Minter) setHead(o, t string) { m.heads["o"+o], m.heads["t"+t] = t, o }

// check gives n hex digits that authenticate a text.
func (m *Minter) check(text string, n int) string {
	return fmt.Sprintf("%016x", m.prf.bits("check", n, text))[:n]
}

func (m *Minter) ownsWWN(c string) bool {
	if len(c) != 16 || !isHex(c) {
		return false
	}
	if c[0] == '1' || c[0] == '2' {
		b, err := hex.DecodeString(c[4:])
		return err == nil && m.ownsMAC([6]byte(b))
	}
	return m.check(c[:11], 3) == c[11:14]
}

// familyNAA is the constant beginning of the NAA names of the array family's
// volumes; what follows is the volume's serial.
const familyNAA = "624a9370"

// naa gives the stand-in of 32 hex digits.
func (m *Minter) naa(canonical string, attempt int) (string, error) {
	if len(canonical) != 32 || !isHex(canonical) {
		return "", fmt.Errorf("not an NAA name in canonical form")
	}
	if serial, ok := strings.CutPrefix(canonical, familyNAA); ok {
		tok, err := m.mint(Serial, serial)
		return familyNAA + tok, err
	}
	if serial, ok := VolumeOfNGUID(canonical); ok {
		tok, err := m.mint(Serial, serial)
		if err != nil {
			return "", err
		}
		return "00" + tok[:14] + familyOUI + tok[14:], nil
	}
	s := m.prf.sum("naa", attempt, canonical)
	t := canonical[:1] + hex.EncodeToString(s[:])[:27]
	return t + m.check(t, 4), nil
}

func (m *Minter) ownsNAA(c string) bool {
	if len(c) != 32 || !isHex(c) {
		return false
	}
	if serial, ok := strings.CutPrefix(c, familyNAA); ok {
		return m.ownsVolumeSerial(serial)
	}
	if serial, ok := VolumeOfNGUID(c); ok {
		return m.ownsVolumeSerial(serial)
	}
	return m.check(c[:28], 4) == c[28:]
}

// familyOUI is the maker's number in the middle of an NGUID.
const familyOUI = "24a937"

// VolumeOfNGUID takes the serial number of a volume out of the name under which
// NVMe shows it: 00, the first 14 digits, the maker, the other ten.
func VolumeOfNGUID(c string) (serial string, ok bool) {
	if len(c) != 32 || c[:2] != "00" || c[16:22] != familyOUI {
		return "", false
	}
	return c[2:16] + c[22:], true
}

// volumeSerial gives the stand-in of 24 hex digits: the first 16 name the array,
// the last 8 count its volumes.
func (m *Minter) volumeSerial(canonical string, attempt int) (string, error) {
	r := m.prf.bits("volume serial", attempt, canonical[:16])
	head := fmt.Sprintf("%012x", r&0xffff_ffff_ffff)
	head += m.check(head, 4)
	n, err := strconv.ParseUint(canonical[16:], 16, 32)
	if err != nil {
		return "", fmt.Errorf("not a volume serial in canonical form: %w", err)
	}
	turn := uint32(m.prf.bits("volume number", 0, head))
	return head + fmt.Sprintf("%08x", uint32(n)^turn), nil
}

func (m *Minter) ownsVolumeSerial(c string) bool {
	return len(c) == 24 && isHex(c) && m.check(c[:12], 4) == c[12:16]
}

// sid gives the stand-in of S-1-5-21-a-b-c[-rid]: the domain's three numbers
// are drawn, the last number, which counts accounts, stays.
func (m *Minter) sid(canonical string, attempt int) (string, error) {
	f := strings.Split(canonical, "-")
	if len(f) < 7 {
		return "", fmt.Errorf("not a domain SID in canonical form")
	}
	r := m.prf.bits("sid", attempt, strings.Join(f[4:7], "-"))
	a, b := uint32(r>>32), uint32(r)
	out := []string{"s", "1", "5", "21", utoa(a), utoa(b), utoa(m.checkSID(utoa(a), utoa(b)))}
	return strings.Join(append(out, f[7:]...), "-"), nil
}

func (m *Minter) checkSID(a, b string) uint32 {
	return uint32(m.prf.bits("sid check", 0, a+"-"+b))
}

func (m *Minter) ownsSID(c string) bool {
	f := strings.Split(c, "-")
	return len(f) >= 7 && f[6] == utoa(m.checkSID(f[4], f[5]))
}

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// uuid gives a UUID of version 8 whose last group carries the check.
func (m *Minter) uuid(canonical string, attempt int) (string, error) {
	s := m.prf.sum("uuid", attempt, canonical)
	s[6] = s[6]&0x0f | 0x80
	s[8] = s[8]&0x3f | 0x80
	h := hex.EncodeToString(s[:14])
	h += m.check(h, 4)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}

func (m *Minter) ownsUUID(c string) bool {
	h := strings.ReplaceAll(c, "-", "")
	return len(h) == 32 && isHex(h) && h[12] == '8' && m.check(h[:28], 4) == h[28:]
}
