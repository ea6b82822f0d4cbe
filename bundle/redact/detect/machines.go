package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with serial numbers in paths of management controllers and in product
// data.

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
