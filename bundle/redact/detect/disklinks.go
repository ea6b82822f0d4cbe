package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with links to disks and the names of disks that hold their identity:
// below /dev/disk, in lists of paths, in pools.

// deviceLink emits what a link to a device leads to: the port of pci-X-fc-0xP-lun-1, the
// disk of wwn-0xN, the target of ip-X-iscsi-iqn.2010-06.com.maker:t-lun-1. It returns
// where the link is read to, or lo where it holds nothing of the sort.
func (s *Scanner) deviceLink(lo, hi int) int {
	b := s.buf
	if i := qualifiedIn(b[lo:hi]); i > 0 {
		at, limit := lo+i, s.hi
		end := at
		for end < limit && (class[b[end]] != 0 || b[end] == ':') {
			end++
		}
		if cut := bytes.LastIndex(b[at:end], []byte("-lun-")); cut > 0 {
			end = at + cut
		}
		keep := s.hi
		s.hi = end
		s.iqn(at)
		s.hi = keep
		return max(hi, end)
	}
	if at := identityAt(b[lo:hi]); at > 0 {
		s.hexRun(lo+at, lo+len(wholeDisk(b[lo:hi])))
		return hi
	}
	if diskLinkName(b[lo:hi]) {
		s.linkName(lo, hi)
		return hi
	}
	i := bytes.Index(b[lo:hi], []byte("-0x"))
	if i < 2 || !linkKinds.hasFolded(b[lo+bytes.LastIndexByte(b[lo:lo+i], '-')+1:lo+i]) {
		return lo
	}
	at := lo + i + len("-0x")
	end := at
	for end < hi && isHexByte(b[end]) {
		end++
	}
	switch {
	case end < hi && isAlnum(b[end]) || s.owns(pseudonym.NAA, digitsOf(b[at:end])):
		return lo
	case end-at == 16:
		s.wwn(at, end)
	case end-at == 32:
		s.naaDigits(at, end, digitsOf(b[at:end]))
	default:
		return lo
	}
	return hi
}

// qualifiedIn finds the name of a storage end behind a dash, iqn. or nqn. and a year, or
// returns 0.
func qualifiedIn(w []byte) int {
	for _, mark := range []string{"-iqn.", "-nqn."} {
		if i := bytes.Index(w, []byte(mark)); i >= 0 && i+len(mark) < len(w) && isDigit(w[i+len(mark)]) {
			return i + 1
		}
	}
	return 0
}

// identityAt finds the identity that ends the name of a link to a disk, as in
// scsi-35000c500..., or returns 0.
func identityAt(w []byte) int {
	w = wholeDisk(w)
	at := bytes.LastIndexByte(w, '-') + 1
	if n := len(w) - at; at < 3 || n != 17 && n != 33 || w[at] != '3' || !hexOnly(w[at:]) {
		return 0
	}
	return at
}

// wholeDisk leaves out the end of the name of a link that tells a part of a disk: -part1.
func wholeDisk(w []byte) []byte {
	if i := bytes.LastIndex(w, []byte("-part")); i > 0 && allDigits(string(w[i+len("-part"):])) {
		return w[:i]
	}
	return w
}

// linkKinds stand before the number of a port or a disk in such links.
var linkKinds = set("wwn fc fcoe sas scsi nvme lun zfcp")

// diskAt tells the name of a disk with its identity behind an @: disk@g624a..., ssd@w2100....
func diskAt(w []byte) bool {
	i := bytes.IndexByte(w, '@')
	if i < 2 || i+18 > len(w) || w[i+1] != 'g' && w[i+1] != 'w' {
		return false
	}
	n := hexDigits(w[i+2:])
	return n == len(w)-i-2 && (n == 16 || n == 32)
}

// target emits the identity in the name of a disk: c0t624A...d0s2, disk@g624a....
func (s *Scanner) target(lo, hi int) bool {
	w := s.buf[lo:hi]
	at := bytes.IndexByte(w, '@') + 2
	if at == 1 {
		at = bytes.IndexByte(w, 't') + 1
	}
	end := at
	for end < len(w) && isHexByte(w[end]) && end-at < 32 {
		end++
	}
	if last := bytes.LastIndexByte(w, 'd'); last-at == 16 && w[0] == 'c' && hexDigits(w[at:last]) == 16 {
		end = last
	}
	if end-at == 16 && (end == len(w) || w[end] == 'd') {
		s.wwn(lo+at, lo+end)
		return true
	}
	if at < 2 || end-at != 32 || end < len(w) && lower(w[end]) != 'd' {
		return false
	}
	if d := digitsOf(w[at:end]); d[0] == '6' && !s.owns(pseudonym.NAA, d) {
		s.out = append(s.out, Finding{Start: lo + at, End: lo + end, Kind: pseudonym.NAA, Value: d, Rule: "naa", Learn: true})
	}
	return true
}

// diskLink reads the serial number at the end of the link of a disk, behind its model:
// /dev/disk/by-id/ata-MODEL_SERIAL-part1.
func (s *Scanner) diskLink(hi int) {
	b := s.buf
	if hi+8 > s.hi || b[hi] != '/' {
		return
	}
	end := hi + 1
	for end < s.hi && class[b[end]] != 0 {
		end++
	}
	s.linkName(hi+1, end)
}

// linkName reads the serial number in the name of such a link, which stands alone in
// what pools of ZFS say of their disks.
func (s *Scanner) linkName(lo, end int) {
	w := wholeDisk(s.buf[lo:end])
	end = lo + len(w)
	if d, ok := bytes.CutPrefix(w, []byte("scsi-2")); ok && len(d) == 32 && hexOnly(d) {
		s.wwn(end-32, end-16)
		s.wwn(end-16, end)
		return
	}
	i := bytes.LastIndexByte(w, '_')
	if kind, _, ok := bytes.Cut(w, []byte{'-'}); !ok || i < 0 || !diskBuses.hasBytes(kind) {
		return
	}
	if serial := w[i+1:]; len(serial) > 5 && hasDigit(serial) && !isUUID(serial) {
		s.learn(lo+i+1, lo+i+1+len(serial), pseudonym.Serial, "serial")
	}
}

// diskLinkName tells the name of a link to a disk, by its bus, model and serial number:
// ata-MODEL_SERIAL.
func diskLinkName(w []byte) bool {
	bus, rest, ok := bytes.Cut(w, []byte{'-'})
	return ok && len(rest) > 8 && diskBuses.hasBytes(bus) && bytes.LastIndexByte(rest, '_') > 2 && rest[0] != '0'
}

var diskBuses = set("ata scsi nvme usb virtio")
