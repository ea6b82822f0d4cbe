package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with what hypervisors say: files of guests in the folders that have
// their names, the stores those lie in, paths to disks over Fibre Channel.

// guestFiles end the names of files that a guest has, in a folder of its name.
var guestFiles = set("vmx vmxf vmdk vmsd vmsn vmtx vmem vswp nvram hlog vdi vhd vhdx avhdx vbox qcow2 vmcx vmrs")

// guestFile tells the name of such a file.
func guestFile(w []byte) bool {
	i := bytes.LastIndexByte(w, '.')
	return i > 1 && len(w)-i <= 6 && guestFiles.hasFolded(w[i+1:])
}

// guest reads the file of a guest, its folder and its store: /vmfs/volumes/store/x/x.vmx
// and [store] x/x.vmdk. The file's own name may go on behind the guest's.
func (s *Scanner) guest(lo, hi int) {
	b := s.buf
	if n := jobStamp(b[lo:hi]); n > 0 {
		s.label(lo, lo+n)
		return
	}
	if lo-2 < s.lo || b[lo-1] != '/' {
		return
	}
	end := lo - 1
	from := end
	for from > s.lo && b[from-1] != '/' && b[from-1] != ']' && b[from-1] != '"' && b[from-1] != '\'' && b[from-1] != '=' && (b[from-1] != ' ' || from-2 < s.lo || b[from-2] != ']') {
		from--
	}
	folder := b[from:end]
	if n := end - from; n < 2 || n > 80 || from == s.lo || b[from-1] != '/' && bytes.IndexByte(folder, ' ') >= 0 || isUUID(folder) || volumeID(folder) {
		return
	}
	if len(folder) <= hi-lo && bytes.EqualFold(b[lo:lo+len(folder)], folder) {
		s.guestName(lo, lo+len(folder))
		s.guestName(from, end)
	}
	switch {
	case b[from-1] == ' ':
		if open := bytes.LastIndexByte(b[s.lo:from-2], '['); open >= 0 && from-2-(s.lo+open) < 64 {
			s.store(s.lo+open+1, from-2)
		}
	case b[from-1] == '/':
		const stores = "/vmfs/volumes/"
		if i := bytes.LastIndex(b[s.lo:from], []byte(stores)); i >= 0 {
			s.store(s.lo+i+len(stores), from-1)
		}
	}
}

// guestName emits the name of a guest, which is that of a host.
func (s *Scanner) guestName(lo, hi int) {
	name := s.fold(s.buf[lo:hi])
	if s.staysName(name) || s.k.Common(name) || s.wordy(name) {
		return
	}
	s.parts(lo, hi, pseudonym.Host, "host", name)
}

// store emits the name of a store of guests, unless a number stands for it.
func (s *Scanner) store(lo, hi int) {
	if hi-lo < 2 || hi-lo > 64 {
		return
	}
	w := s.buf[lo:hi]
	if volumeID(w) || bytes.IndexByte(w, '/') >= 0 || looksLikeValue(w) {
		return
	}
	if name := s.fold(w); !s.staysName(name) && !s.k.Common(name) {
		s.parts(lo, hi, pseudonym.Volume, "volume", name)
	}
}

// heartbeat reads the store of "HBX: 3041: 'store': HB at offset".
func (s *Scanner) heartbeat(hi int) {
	rest := s.buf[hi:s.hi]
	lo := bytes.IndexByte(rest, '\'')
	if lo < 0 || lo > 16 {
		return
	}
	if end := bytes.IndexByte(rest[lo+1:], '\''); end > 0 {
		s.store(hi+lo+1, hi+lo+1+end)
	}
}

// volumeID tells the identity of a store: 5f1a22b0-77c0d1aa-3e51-0025b5a1001f.
func volumeID(w []byte) bool {
	return len(w) == 35 && w[8] == '-' && w[17] == '-' && w[22] == '-' && hexDigits(w) == 32
}

// storeBehind reads the name of a store behind its identity, as events give it.
func (s *Scanner) storeBehind(hi int) {
	n, end, quote := s.next(hi)
	if w := s.buf[n:end]; end > n && quote != ' ' && (nameShape(w) || upperCase(w)) && !stateWord.hasFolded(w) {
		s.store(n, end)
	}
}

// fibrePath reads the ends of paths to a disk: fc.NODE:PORT-fc.NODE:PORT. It returns
// where they end.
func (s *Scanner) fibrePath(lo int) int {
	b, i := s.buf, lo
	for i+19 <= s.hi && foldEqual(b[i:i+3], "fc.") {
		end := s.worldName(i + 3)
		if end == 0 {
			return i
		}
		if end < s.hi && b[end] == ':' {
			if port := s.worldName(end + 1); port > 0 {
				end = port
			}
		}
		i = end
		if i+1 >= s.hi || b[i] != '-' || lower(b[i+1]) != 'f' {
			break
		}
		i++
	}
	return i
}

// worldName emits sixteen hex digits as a name of a port or node and returns where
// they end, or 0 where there are not so many or more.
func (s *Scanner) worldName(lo int) int {
	end := lo + 16
	if end > s.hi || end < s.hi && isAlnum(s.buf[end]) {
		return 0
	}
	w := s.buf[lo:end]
	if hexDigits(w) != 16 {
		return 0
	}
	if d := digitsOf(w); !s.owns(pseudonym.WWN, d) {
		s.out = append(s.out, Finding{Start: lo, End: end, Kind: pseudonym.WWN, Value: d, Rule: "wwn", Learn: true})
	}
	return end
}

// jobStamp is the length of the name of a job before the time it was started at, as some
// programs that back up call what they run: Lyon-Full.2026-01-24_08.06.37_03. It is 0 for
// anything else.
func jobStamp(w []byte) int {
	const stamp = ".2026-01-24_08.06.37_03"
	n := len(w) - len(stamp)
	if n < 3 {
		return 0
	}
	for i, c := range []byte(stamp) {
		if is := w[n+i]; isDigit(c) != isDigit(is) || !isDigit(c) && c != is {
			return 0
		}
	}
	return n
}
