package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with serial numbers in paths of management controllers and in links
// of disks.

// resource reads the serial number by which management controllers name a system or a
// drive in their paths: /redfish/v1/Systems/7XQ1138R2/Storage.
func (s *Scanner) resource(lo, hi int) {
	b := s.buf
	if lo == s.lo || b[lo-1] != '/' || hi+8 > s.hi || b[hi] != '/' {
		return
	}
	if end := nameEnd(b, hi+1, s.hi); end > hi+7 && serialLike(b[hi+1:end]) {
		s.learn(hi+1, end, pseudonym.Serial, "serial")
	}
}

// vitalData reads a line of the vital product data of AIX: *SE IBM,03106BDCA, *SU
// 0004AC1380A1, *WN C0507601DBFE.
func (s *Scanner) vitalData(b []byte) {
	from := s.lo + 4
	if i := bytes.IndexByte(b[4:], ','); i > 0 && i < 5 {
		from += i + 1 // the maker
	}
	end := nameEnd(s.buf, from, s.hi)
	if w := s.buf[from:max(from, end)]; len(w) < 5 || !hasDigit(w) || !upperName(w) {
		return
	}
	switch string(b[1:3]) {
	case "SE", "PI", "SN", "YS":
		s.learn(from, end, pseudonym.Serial, "serial")
	case "SU", "NA":
		s.digitsAt(from, pseudonym.MAC)
	case "WN", "ZA":
		if end-from == 12 && hexOnly(s.buf[from:end]) {
			s.learn(from, end, pseudonym.Serial, "serial") // the upper half of a name
			return
		}
		s.digitsAt(from, pseudonym.WWN)
	}
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
	w := s.buf[lo:end]
	if i := bytes.Index(w, []byte("-part")); i > 0 {
		w = w[:i]
	}
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
