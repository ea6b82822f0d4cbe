package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// playHost reads the host of a result that a tool for configuring hosts writes:
// "changed: [web01] =>" and "fatal: [web01]: UNREACHABLE!", and of its summary:
// "web01   : ok=12   changed=3". The word of the result is at [lo, hi).
func (s *Scanner) playHost(lo, hi int) {
	b := s.buf
	if hi+3 >= s.hi {
		return
	}
	if b[hi] == '=' {
		s.summed(lo)
		return
	}
	if b[hi] == ' ' || b[hi] == '!' {
		s.ranOn(lo, hi)
		return
	}
	if lo != s.lo || b[hi] != ':' || b[hi+1] != ' ' || b[hi+2] != '[' {
		return
	}
	if end := nameEnd(b, hi+3, s.hi); end < s.hi && (b[end] == ']' || b[end] == ' ') && end-hi > 4 {
		s.inventoryHost(hi+3, end)
		if rest, ok := bytes.CutPrefix(b[end:s.hi], []byte(" -> ")); ok {
			at := end + len(" -> ")
			if to := nameEnd(b, at, s.hi); to < s.hi && (rest[to-at] == ']' || rest[to-at] == '(') {
				s.inventoryHost(at, to) // on whose behalf it ran
			}
		}
	}
}

// summed reads the host before " : ok=".
func (s *Scanner) summed(lo int) {
	head := s.buf[s.lo:lo]
	name := bytes.TrimRight(head, " ")
	if len(name) == len(head) || !bytes.HasSuffix(name, []byte{':'}) {
		return
	}
	name = bytes.TrimRight(name[:len(name)-1], " ")
	if len(name) > 1 && nameEnd(name, 0, len(name)) == len(name) {
		s.inventoryHost(s.lo, s.lo+len(name))
	}
}

func (s *Scanner) inventoryHost(lo, hi int) {
	w := s.buf[lo:hi]
	if name := s.fold(w); class[w[0]]&fLetter != 0 && bytes.IndexByte(w, '@') < 0 && !stateWord.has(name) && !s.k.Common(name) {
		s.hostName(lo-s.lo, hi-s.lo, name)
	}
}

// members reads the nodes of a cluster in "Online: [ web01 web02 ]".
func (s *Scanner) members(lo, hi int) {
	b := s.buf
	if hi+4 >= s.hi || string(b[hi:hi+4]) != ": [ " || len(bytes.TrimLeft(b[s.lo:lo], " *\t")) > 0 {
		return
	}
	for at := hi + 4; at < s.hi; at++ {
		end := nameEnd(b, at, s.hi)
		if end == at || end == s.hi || b[end] != ' ' {
			return
		}
		s.inventoryHost(at, end)
		at = end
	}
}

// resourceAt reads the node a resource of a cluster runs on:
// "vip (ocf::heartbeat:IPaddr2): Started web01".
func (s *Scanner) resourceAt(lo, hi int) {
	head := s.buf[s.lo:lo]
	if !bytes.HasSuffix(bytes.TrimRight(head, " \t"), []byte("):")) || !bytes.Contains(head, []byte("ocf:")) && !bytes.Contains(head, []byte("stonith:")) && !bytes.Contains(head, []byte("systemd:")) && !bytes.Contains(head, []byte("lsb:")) {
		return
	}
	if n, end, quote := s.next(hi); end-n > 1 && quote == 0 {
		s.inventoryHost(n, end)
	}
	from := s.lo
	for from < lo && !isAlnum(s.buf[from]) {
		from++ // what marks it as one of a list
	}
	s.resourceName(from, nameEnd(s.buf, from, lo))
}

// resourceSet emits the names of a group or a set of resources: "Resource Group: web",
// "Clone Set: web-clone [web]". The word group or set is at [lo, hi).
func (s *Scanner) resourceSet(lo, hi int) {
	const apart = ": "
	p := s.prev[0]
	if p.hi != lo-1 || !resourceSets.hasFolded(s.buf[p.lo:p.hi]) || class[s.buf[lo]]&fUpper == 0 || !bytes.HasPrefix(s.buf[hi:s.hi], []byte(apart)) {
		return
	}
	at := hi + len(apart)
	end := nameEnd(s.buf, at, s.hi)
	s.resourceName(at, end)
	if end+2 < s.hi && s.buf[end] == ' ' && s.buf[end+1] == '[' {
		s.resourceName(end+2, nameEnd(s.buf, end+2, s.hi))
	}
}

var resourceSets = set("resource clone promotable bundle")

// fencing begins what the resources are called that switch nodes off.
var fencing = set("stonith fence fencing")

// resourceName emits the name of a resource of a cluster.
func (s *Scanner) resourceName(lo, hi int) {
	if hi-lo < 3 || looksLikeValue(s.buf[lo:hi]) || fencing.has(firstPart(s.fold(s.buf[lo:hi]))) {
		return
	}
	if name := s.fold(s.buf[lo:hi]); !s.staysName(name) && !s.k.Common(name) && !s.wordy(name) {
		s.parts(lo, hi, pseudonym.Name, "label", name)
	}
}

// checkedHost reads the host that a monitor speaks of: "SERVICE ALERT: web01;Disk;",
// and whom it told: "HOST NOTIFICATION: jdoe;web01;DOWN".
func (s *Scanner) checkedHost(lo, hi int) {
	b, p := s.buf, s.prev[0]
	if hi+3 >= s.hi || b[hi] != ':' || p.hi != lo-1 || !foldEqual(b[p.lo:p.hi], "service") && !foldEqual(b[p.lo:p.hi], "host") || !upperCase(b[lo:hi]) {
		return
	}
	at := hi + 2
	end := nameEnd(b, at, s.hi)
	if end == s.hi || b[end] != ';' {
		return
	}
	if hi-lo == len("notification") {
		s.account(at, end)
		at = end + 1
		if end = nameEnd(b, at, s.hi); end == s.hi || b[end] != ';' {
			return
		}
	}
	s.inventoryHost(at, end)
}

// daemonBefore reads the daemon of a backup, which has the name of its machine, between
// a time and the number of its job: "03-Jun 04:12 web01-sd JobId 12:".
func (s *Scanner) daemonBefore(lo int) {
	p := s.prev[0]
	head := s.buf[s.lo:max(s.lo, p.lo)]
	if p.hi != lo-1 || len(head) != len("03-Jun 04:12 ") || head[2] != '-' || head[9] != ':' {
		return
	}
	if name := s.fold(s.buf[p.lo:p.hi]); !backupDaemons.has(name) {
		s.inventoryHost(p.lo, p.hi)
	}
}

// backupDaemons are what daemons of backups are called where nobody names them.
var backupDaemons = set("bacula-dir bacula-sd bacula-fd bareos-dir bareos-sd bareos-fd")

// mapped4 emits the host of an inventory whose line gives its address in an object:
// "  qz01: {ip: 192.0.2.7, user: ubuntu}". The name ends at a place.
func (s *Scanner) mapped4(b []byte, end int) {
	from := leading(b)
	v := b[end+len(": {"):]
	if i := bytes.IndexByte(v, ' '); i > 0 && i < 12 && v[i-1] == ':' && quadAhead(v[i+1:]) && nameEnd(b, from, end) == end && flagsOf(b[from:end])&fDot == 0 && nameShape(b[from:end]) {
		s.hostName(from, end, s.fold(b[from:end]))
	}
}

// drawnFrom are the signs that clusters of containers draw the ends of names from: without
// vowels and what looks like them, so that no word comes out.
const drawnFrom = "bcdfghjklmnpqrstvwxz2456789"

// replica tells the name of what a cluster of containers started from a template:
// cart-6f8f85c4fb-7bhvf, with the mark of the template and what was drawn, and agent-x46tw,
// where only the latter is there and holds a digit among its first four.
func replica(w []byte) bool {
	n := len(w) - 6
	if n < 3 || w[n] != '-' || strings.Trim(string(w[n+1:]), drawnFrom) != "" {
		return false
	}
	head := w[:n]
	if i := bytes.LastIndexByte(head, '-'); i > 0 && len(head)-i-1 >= 8 && len(head)-i-1 <= 10 && hasDigit(head[i+1:]) && strings.Trim(string(head[i+1:]), drawnFrom) == "" {
		return true
	}
	return hasDigit(w[n+1:n+5]) && !hasDigit(head) && lettersIn(w[n+1:]) > 1
}

func lettersIn(w []byte) (n int) {
	for _, c := range w {
		if class[c]&fLetter != 0 {
			n++
		}
	}
	return n
}
