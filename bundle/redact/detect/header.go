package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// header looks at the beginning of a line: syslog headers and shell prompts.
func (s *Scanner) header() {
	b := s.buf[s.lo:s.hi]
	if len(b) < 6 {
		return
	}
	i, said := priority(b)
	if i > 0 && isDigit(b[min(i, len(b)-1)]) {
		s.numbered(i)
	}
	if i == 0 && len(b) > 26 && isDigit(b[0]) && isDigit(b[3]) && b[4] == ' ' && class[b[5]]&fUpper != 0 {
		i = 5 // 2026 Oct  3 09:00:00
	}
	if i == 0 && b[3] == ' ' && class[b[0]]&fUpper != 0 && len(b) > 24 && weekday(b) {
		i = 4 // Sat Oct  3 09:00:00
	}
	if n := monthStamp(b, i); n > 0 {
		if j := bytes.IndexByte(b[n:min(len(b), n+7)], ' '); j > 1 && n+j+1 < len(b) && b[n+j+1] == '[' && upperCase(b[n:n+j]) && bytes.IndexByte(b[n:n+j], '-') < 0 {
			n += j + 1 // the zone
		}
		s.body = s.lo + n
		if n < len(b) && b[n] == '[' {
			s.bracketHost(n)
		}
		s.hostField(n, max(said, usual))
		return
	}
	if n := foreignStamp(b, i); n > 0 {
		s.body = s.lo + n
		s.hostField(n, max(said, usual))
		return
	}
	if n := isoStamp(b, i); n > 0 {
		s.body = s.lo + clockField(b, i+11)
		s.hostField(n, said)
		if said == unsaid && b[i+10] == ' ' {
			s.webServer(n)
		}
		return
	}
	if n := secondsStamp(b, i); n > 0 {
		s.hostField(n, said)
		if i == 0 {
			s.eventHost(n)
		}
		return
	}
	if said == assured && b[i] == '-' && b[i+1] == ' ' { // no time
		s.hostField(i+2, said)
		return
	}
	if i == 0 {
		if b[0] == '[' {
			s.bracketHost(0)
			s.bracketNode(b)
		}
		if b[2] == '/' {
			s.slashedStamp(b)
			s.logonServer(b)
		}
		if class[b[0]]&fUpper != 0 {
			s.levelHost(b)
		}
		if n := bytes.IndexByte(b[:min(len(b), 32)], '('); n > 1 && n+6 < len(b) && b[n+1] == 'i' && b[n+2] == 'd' && isDigit(b[n+3]) {
			s.nodeHost(b, n)
			return
		}
		if n := epochStamp(b); n > 0 {
			s.stampedHosts(n)
			return
		}
		if b[0] == ' ' && b[1] == ' ' {
			if n := bytes.Index(b[:min(len(b), 80)], []byte(": {")); n > 3 {
				s.mapped4(b, n)
			}
		}
		if b[0] == '*' && b[3] == ' ' {
			s.vitalData(b)
		}
		if (b[0] == '*' || isDigit(b[0])) && bytes.Contains(b[:min(len(b), 20)], []byte(" *")) {
			s.crontab(b)
		}
		s.prompt()
	}
}

// crontab emits the account behind the five fields of time in a line of a table of
// what is run by the clock.
func (s *Scanner) crontab(b []byte) {
	i := 0
	for range 5 {
		from := i
		for i < len(b) && (isDigit(b[i]) || b[i] == '*' || b[i] == '/' || b[i] == ',' || b[i] == '-') {
			i++
		}
		if i == from || i >= len(b) || !isSpace(b[i]) {
			return
		}
		for i < len(b) && isSpace(b[i]) {
			i++
		}
	}
	end := nameEnd(b, i, len(b))
	if end+3 < len(b) && end-i > 1 && isSpace(b[end]) && b[end+1] == '/' && isAlnum(b[end+2]) {
		s.account(s.lo+i, s.lo+end)
	}
}

// promise is how much a header says of the field behind its time stamp.
type promise uint8

const (
	unsaid  promise = iota // a host only where a program's tag follows
	usual                  // syslog in files: a host, or a tag at once
	framed                 // behind a priority: a host, but for programs that leave it out
	assured                // RFC 5424: a host or a dash
)

// priority reads <189>, what may stand between it and a time stamp, and the version
// of RFC 5424. It returns where the time stamp begins.
func priority(b []byte) (at int, said promise) {
	if b[0] != '<' {
		return 0, unsaid
	}
	i := 1
	for i < 5 && isDigit(b[i]) {
		i++
	}
	if b[i] != '>' {
		return 0, unsaid
	}
	i++
	for i+2 < len(b) && (b[i] == ' ' && b[i+1] != '-' || b[i] == ':' && b[i+1] == ' ') {
		i++
	}
	if i+4 < len(b) && b[i+1] == ' ' && isDigit(b[i]) {
		return i + 2, assured
	}
	return i, framed
}

// secondsStamp reads a time as seconds since 1970, with a part of a second or as
// milliseconds, and returns where the next field begins.
func secondsStamp(b []byte, i int) int {
	from := i
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	if n := i - from; n != 10 && n != 13 || b[from] != '1' {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		for i++; i < len(b) && isDigit(b[i]); i++ {
		}
	}
	if i+4 >= len(b) || b[i] != ' ' {
		return 0
	}
	return i + 1
}

// numbered reads the host of "<189>231: sw-acc9: 000123: Oct  3 09:00:00: %..",
// as switches write it that count their messages; at is behind the priority.
func (s *Scanner) numbered(at int) {
	b := s.buf[s.lo:s.hi]
	for at < len(b) && isDigit(b[at]) {
		at++
	}
	if at+2 >= len(b) || b[at] != ':' || b[at+1] != ' ' {
		return
	}
	at += 2
	end := at
	for end < len(b) && class[b[end]] != 0 {
		end++
	}
	if end+2 >= len(b) || end-at < 2 || b[end] != ':' || b[end+1] != ' ' || class[b[at]]&fLetter == 0 || bytes.IndexByte(b[end:min(len(b), end+80)], '%') < 0 {
		return
	}
	s.hostName(at, end, s.fold(b[at:end]))
}

// weekday tells the abbreviation of a day at the beginning of a text.
func weekday(b []byte) bool {
	switch string(b[:3]) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// month is the same of a month.
func month(b []byte) bool {
	switch string(b[:3]) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
		return true
	}
	return false
}

// monthStamp reads "Jun  9 06:06:01 " and "Jun 9 2026 06:06:01 ", with a part of
// a second and a zone, and returns where the next field begins.
func monthStamp(b []byte, i int) int {
	if i+15 >= len(b) || class[b[i]]&fUpper == 0 || b[i+3] != ' ' || !month(b[i:]) {
		return 0
	}
	i += 4
	if b[i] == ' ' {
		i++
	}
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	if i >= len(b) || b[i] != ' ' {
		return 0
	}
	i++
	if i+5 < len(b) && isDigit(b[i]) && isDigit(b[i+3]) && b[i+4] == ' ' {
		i += 5
	}
	n := clockField(b, i)
	if n == 0 || n >= len(b) || b[n] != ' ' {
		return 0
	}
	n++
	if n+5 < len(b) && isDigit(b[n]) && isDigit(b[n+1]) && isDigit(b[n+2]) && isDigit(b[n+3]) && b[n+4] == ' ' {
		n += 5 // the year behind the time
	}
	return n
}

// foreignMonths are abbreviations of months as systems of other languages write them,
// where they differ from the English ones.
var foreignMonths = set("mär mrz okt dez fév avr mai jui aoû déc ene abr ago dic gen mag giu lug set ott maj okt janv. févr. mars avril juin juil. août sept. oct. nov. déc. mrt mei")

// foreignStamp reads a month of another language, a day and a time, as monthStamp does.
func foreignStamp(b []byte, i int) int {
	n := bytes.IndexByte(b[i:min(len(b), i+8)], ' ')
	if n < 3 || i+n+14 >= len(b) || !isDigit(b[i+n+1]) && b[i+n+1] != ' ' {
		return 0
	}
	at := i + n + 1
	for at < len(b) && (isDigit(b[at]) || b[at] == ' ' && at == i+n+1) {
		at++
	}
	if at+9 > len(b) || b[at] != ' ' {
		return 0
	}
	if at = clockField(b, at+1); at == 0 || at >= len(b) || b[at] != ' ' || !foreignMonths.hasFolded(b[i:i+n]) {
		return 0
	}
	return at + 1
}

// clockField reads hh:mm:ss with a part of a second.
func clockField(b []byte, i int) int {
	if i+8 > len(b) || !isDigit(b[i]) || b[i+2] != ':' || b[i+5] != ':' || !isDigit(b[i+7]) {
		return 0
	}
	i += 8
	if i < len(b) && (b[i] == '.' || b[i] == ',') {
		for i++; i < len(b) && isDigit(b[i]); i++ {
		}
	}
	return i
}

// isoStamp reads 2026-11-22T13:46:11.123+01:00 and 2026-11-22 13:46:11,123.
func isoStamp(b []byte, i int) int {
	if i+19 >= len(b) || !isDigit(b[i]) || b[i+4] != '-' || b[i+7] != '-' || b[i+10] != 'T' && b[i+10] != ' ' {
		return 0
	}
	n := clockField(b, i+11)
	if n == 0 {
		return 0
	}
	for n < len(b) && b[n] != ' ' {
		n++
	}
	if n < len(b) && b[i+10] == ' ' && n+6 < len(b) && (b[n+1] == '+' || b[n+1] == '-') && isDigit(b[n+2]) {
		for n++; n < len(b) && b[n] != ' '; n++ {
		}
	}
	if n+1 >= len(b) {
		return 0
	}
	return n + 1
}

// hostField emits the field behind a time stamp when a program's tag follows, or
// where the format promises a host there, unless it ends in a colon.
func (s *Scanner) hostField(at int, said promise) {
	b := s.buf[s.lo:s.hi]
	for at < len(b) && b[at] == ' ' {
		at++
	}
	if at >= len(b) {
		return
	}
	end := min(s.cut.end(s.lo+at), s.hi) - s.lo
	w := b[at:end]
	if len(w) < 2 || end >= len(b) {
		return
	}
	if said != assured && facility(w) && b[end] == ' ' { // user.info host tag:
		s.hostField(end+1, max(said, framed))
		return
	}
	if mailNumber(w) {
		return
	}
	name := s.fold(w)
	if n := end + 1 + len(w); (b[end] == '/' || b[end] == ' ' && said != unsaid && len(w) > 3 || b[end] == ':' && n+1 < len(b) && b[n+1] == ':') && n < len(b) {
		from := end + 1
		if b[end] == ':' {
			from++
		}
		if from+len(w) <= len(b) && string(b[from:from+len(w)]) == string(w) && (b[end] != ' ' || from+len(w) < len(b) && b[from+len(w)] == ' ' && !s.staysName(name)) { // host/host, host: host:, host host
			for _, lo := range []int{at, from} {
				if slotName(name) && b[end] == '/' { // a machine like others, though cards are called so
					s.out = append(s.out, Finding{Start: s.lo + lo, End: s.lo + lo + len(w), Kind: pseudonym.Host, Value: name, Rule: "syslog-host", Learn: len(w) > 4})
					continue
				}
				s.hostName(lo, lo+len(w), name)
			}
			return
		}
	}
	if said == usual && b[end] == ':' && end+1 < len(b) && b[end+1] == ' ' && numberedMachine(w) && !slotName(name) {
		s.hostName(at, end, name) // of a program that does not say which it is
		return
	}
	if b[end] != ' ' || levels.has(name) || looksLikeValue(w) || allDigits(name) || class[w[0]]&(fLetter|fDigit|fHigh) == 0 {
		return
	}
	rest := b[end+1:]
	if s.staysName(name) {
		if (said == assured || said != unsaid && processAhead(rest)) && lettersOnly(name) && !notHost.has(name) && s.k.Keeps(name) {
			s.out = append(s.out, Finding{Start: s.lo + at, End: s.lo + end, Kind: pseudonym.Host, Value: name, Rule: "syslog-host"})
		}
		return
	}
	if said == assured || s.hostBefore(w, name, rest, said) {
		s.hostName(at, end, name)
	}
}

// mailNumber tells the number of a mail, as exim writes it behind the time: six signs of
// the second, six of the process, which begin with zeros, and two.
func mailNumber(w []byte) bool {
	return len(w) == 16 && w[0] == '1' && string(w[6:9]) == "-00" && w[13] == '-' && flagsOf(w)&(fDot|fUnder|fAt) == 0
}

// notHost are words that stay everywhere and name no host where one is promised; of
// the others, accounts that every system has, backup and mail are hosts' names too.
var notHost = set("root none unknown null nil true false yes no on off default any all na localhost system")

// hostBefore decides on a field behind a time stamp by its own spelling and by what
// follows it.
func (s *Scanner) hostBefore(w []byte, name string, rest []byte, said promise) bool {
	switch {
	case tagAhead(rest):
		if i := bytes.IndexByte(rest, ':'); i > 3 && rest[i-1] != ']' && levels.hasFolded(rest[:i]) && !nameShape(w) {
			return false // a program, and the level of what it says
		}
		return said != unsaid || !s.k.Common(name) || hasDigit(w) || processAhead(rest)
	case said == unsaid:
		return topics(rest) && !s.k.Common(name)
	case len(rest) > 0 && restOfHost(rest):
		return name != "last"
	case s.k.Common(name):
		return false
	}
	return said == framed && bytes.IndexByte(w, '@') < 0 || joinedName(w) && !partWords.has(name[:strings.IndexAny(name, "-_")])
}

// topics tells what routers write in front of a message, part and level with a comma
// between: firewall,info and system,error,critical.
func topics(rest []byte) bool {
	i := 0
	for i < len(rest) && i < 40 && (class[rest[i]]&fLower != 0 || rest[i] == ',') {
		i++
	}
	if i < 6 || i >= len(rest) || rest[i] != ' ' {
		return false
	}
	_, level, ok := bytes.Cut(rest[:i], []byte{','})
	level, _, _ = bytes.Cut(level, []byte{','})
	return ok && len(level) > 3 && levels.hasBytes(level)
}

// facility tells local7.notice and the like, which some senders write before the host.
func facility(w []byte) bool {
	i := bytes.IndexByte(w, '.')
	return i > 2 && i < 9 && facilities.hasFolded(w[:i]) && levels.hasFolded(w[i+1:])
}

var facilities = set("kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit local0 local1 local2 local3 local4 local5 local6 local7")

// bracketHost reads the node of "[node-02: process: event:error]" as filers
// write it.
func (s *Scanner) bracketHost(at int) {
	b := s.buf[s.lo:s.hi]
	end := bytes.IndexByte(b[at:], ']')
	if end < 0 {
		return
	}
	inside := b[at+1 : at+end]
	name, _, ok := bytes.Cut(inside, []byte{':'})
	i := bytes.LastIndexByte(inside, ':')
	if !ok || len(name) < 3 || !levels.hasBytes(inside[i+1:]) && string(inside[i+1:]) != "emergency" || !nameShape(name) && bytes.IndexByte(name, '.') < 0 {
		return
	}
	for _, c := range name {
		if class[c] == 0 || c == '@' {
			return
		}
	}
	s.hostName(at+1, at+1+len(name), strings.ToLower(string(name)))
}

// restOfHost tells messages without a tag.
func restOfHost(rest []byte) bool {
	for _, p := range []string{"last message repeated", "message repeated", "-- MARK --", "- - ", "syslogd 1.", "exiting on signal"} {
		if bytes.HasPrefix(rest, []byte(p)) {
			return true
		}
	}
	if bytes.HasPrefix(rest, []byte("CEF:")) || bytes.HasPrefix(rest, []byte("LEEF:")) {
		return true
	}
	if i := bytes.IndexByte(rest[:min(len(rest), 64)], ' '); i > 1 && i+2 < len(rest) && (rest[i+1] == '{' || rest[i+1] == '-' && rest[i+2] == ':') {
		return true // a tag, and at once what it says
	}
	if len(rest) > 7 && rest[0] == '1' && rest[1] == ',' && rest[6] == '/' && isDigit(rest[5]) {
		return true // the record of a firewall
	}
	if len(rest) > 3 && (rest[0] == '%' || rest[0] == ':' && rest[1] == ' ' && rest[2] == '%') {
		return true // %FACILITY-LEVEL-NAME
	}
	if i := bytes.IndexByte(rest, ' '); i > 0 && i < 9 && levels.hasBytes(bytes.ToLower(rest[:i])) && tagAhead(rest[i+1:]) {
		return true // the level before the tag
	}
	// RFC 5424: app, process, message id
	f := bytes.Fields(rest[:min(len(rest), 120)])
	return len(f) >= 3 && (string(f[1]) == "-" || allDigits(string(f[1]))) && len(f[0]) < 48
}

// processAhead tells "sshd[123]:", which leaves no doubt that a host stands before
// it.
func processAhead(b []byte) bool {
	i := 0
	for i < len(b) && i < 48 && (class[b[i]] != 0 || b[i] == '/' && i > 0) {
		i++
	}
	return i > 1 && i+2 < len(b) && b[i] == '[' && isDigit(b[i+1])
}

// tagAhead tells "sshd[123]:", "kernel:", "sshd(pam_unix)[123]:", "CRON[1]:".
func tagAhead(b []byte) bool {
	for i, c := range b[:min(len(b), 64)] {
		switch {
		case c == ':':
			return i > 0 && (i+1 == len(b) || b[i+1] == ' ' || i > 1 && b[i-1] == ']')
		case c == '[':
			return i > 0 && bytes.IndexByte(b[:min(len(b), 100)], ']') > i
		case c == ' ': // crmd [123] (do_log)
			for i > 1 && i < 24 && i+4 < len(b) && b[i+1] == ' ' {
				i++ // filled up
			}
			return i > 1 && i+3 < len(b) && b[i+1] == '[' && isDigit(b[i+2]) && bytes.IndexByte(b[:min(len(b), i+12)], ']') > 0
		case c == '=', c == '"', c == ',':
			return false
		}
	}
	return false
}

var levels = set("subdebug ddebug supercritical info warn warning error err debug notice trace fatal critical crit alert emerg panic severe fine finer finest verbose utc gmt cet cest est edt pst pdt am pm i w e d f v")

func (s *Scanner) hostName(at, end int, name string) {
	if s.noHost(name) {
		return
	}
	lo, hi := s.lo+at, s.lo+end
	for hi > lo && class[s.buf[hi-1]]&fDot != 0 {
		hi--
		name = name[:len(name)-1]
	}
	if strings.IndexByte(name, '.') > 0 {
		s.emitName(lo, hi, name, "syslog-host")
		return
	}
	s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.Host, Value: name, Rule: "syslog-host", Learn: !s.k.Common(name) && len(name) >= 3})
}

// epochStamp reads the labels and times before a host in the logs of clusters:
// "- 1131566461 2005.11.09 ".
func epochStamp(b []byte) int {
	i := bytes.IndexByte(b[:min(len(b), 13)], ' ')
	if i < 1 || i+23 > len(b) {
		return 0
	}
	j := i + 1
	for j < len(b) && isDigit(b[j]) {
		j++
	}
	if j-i != 11 || b[j] != ' ' || !isDigit(b[j+1]) || b[j+5] != '.' || b[j+8] != '.' || b[j+11] != ' ' {
		return 0
	}
	return j + 12
}

// stampedHosts reads the host behind such a beginning, and again behind the
// month stamp that follows.
func (s *Scanner) stampedHosts(at int) {
	b := s.buf[s.lo:s.hi]
	end := at
	for end < len(b) && class[b[end]] != 0 {
		end++
	}
	if end >= len(b) || b[end] != ' ' {
		return
	}
	n := monthStamp(b, end+1)
	if n == 0 {
		return
	}
	s.hostName(at, end, s.fold(b[at:end]))
	s.hostField(n, usual)
}

// sorts are what examples call an array of a sort in its prompt.
var sorts = set("filer cluster netapp ontap")

// bracketNode reads the node of a line that begins with its time, level and logger in
// brackets, as search engines write it: [2026-11-22T13:46:11,123][WARN ][o.e.c] [node-1].
func (s *Scanner) bracketNode(b []byte) {
	if len(b) < 40 || b[11] != 'T' || b[24] != ']' || b[25] != '[' {
		return
	}
	i := bytes.Index(b[26:], []byte("] ["))
	if i < 0 || bytes.Count(b[26:26+i], []byte{'['}) != 1 {
		return
	}
	lo := 26 + i + len("] [")
	end := nameEnd(b, lo, len(b))
	if end-lo < 3 || end >= len(b) || b[end] != ']' || bytes.IndexByte(b[lo:end], '@') >= 0 {
		return
	}
	if name := s.fold(b[lo:end]); class[b[lo]]&fLetter != 0 && !s.k.Common(name) {
		s.hostName(lo, end, name)
	}
}

// numberedMachine tells letters with a number of two or three digits behind them, as
// machines are named and programs hardly are.
func numberedMachine(w []byte) bool {
	n := len(w)
	for n > 0 && isDigit(w[n-1]) {
		n--
	}
	if d := len(w) - n; d < 2 || d > 3 || n < 3 {
		return false
	}
	return flagsOf(w[:n])&(fDigit|fDot|fAt|fUnder|fHigh) == 0 && (w[n-1] != '-' || !hasDigit(w[:n]))
}

// nodeHost reads the host before the number of its node, with which lines of several
// nodes begin: filer-3(id3): 2026-11-22T13:46:11. The number is in a bracket at n.
func (s *Scanner) nodeHost(b []byte, n int) {
	i := n + len("(id")
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	if name := b[:n]; i+2 < len(b) && b[i] == ')' && b[i+1] == ':' && nameEnd(b, 0, n) == n && class[name[0]]&fLetter != 0 {
		s.hostName(0, n, s.fold(name))
	}
}
