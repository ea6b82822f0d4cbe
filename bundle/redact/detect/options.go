package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with command lines of programs that take secrets and names under
// short options.

// programs take secrets and names under short options.
var programs = set("ssh scp sshpass mysql mysqldump mysqladmin curl wget smbclient ldapsearch ldapmodify rsync psql snmpwalk snmpget snmpbulkwalk chown su rpcclient sqlcmd ipmitool pg_dump")

// commandLine deals with the options of programs that take secrets and names
// under short options.
func (s *Scanner) commandLine(lo, hi int, program string) {
	if hi >= s.hi || !isSpace(s.buf[hi]) {
		return
	}
	b, i := s.buf, hi
	for i < s.hi {
		for i < s.hi && isSpace(b[i]) {
			i++
		}
		from := i
		for i < s.hi && !isSpace(b[i]) {
			i++
		}
		arg := b[from:i]
		if len(arg) == 0 || arg[0] == '|' || arg[0] == ';' {
			return
		}
		if arg[0] != '-' {
			continue
		}
		s.option(program, arg, from, i)
	}
}

// option deals with one short option.
func (s *Scanner) option(program string, arg []byte, from, end int) {
	if len(arg) < 2 || arg[1] == '-' {
		return
	}
	glued := len(arg) > 2
	at := from + 2
	next, nextEnd, _ := s.next(end)
	switch {
	case strings.HasPrefix(program, "mysql") && arg[1] == 'p' && glued:
		s.learn(at, end, pseudonym.Secret, "option")
	case strings.HasPrefix(program, "mysql") && arg[1] == 'u' && glued:
		s.account(at, end)
	case strings.HasPrefix(program, "mysql") && arg[1] == 'u' && nextEnd > next:
		s.account(next, nextEnd)
	case program == "sshpass" && arg[1] == 'p':
		if glued {
			s.learn(at, end, pseudonym.Secret, "option")
		} else {
			s.secretArg(end, 0)
		}
	case (program == "ldapsearch" || program == "ldapmodify") && arg[1] == 'w' && !glued:
		s.secretArg(end, 0)
	case strings.HasPrefix(program, "snmp") && (arg[1] == 'c' || arg[1] == 'A' || arg[1] == 'X'):
		if glued {
			s.learn(at, end, pseudonym.Secret, "option")
		} else {
			s.secretArg(end, 0)
		}
	case program == "rpcclient" && arg[1] == 'U' && !glued && nextEnd > next && bytes.IndexByte(s.buf[nextEnd:min(nextEnd+1, s.hi)], '%') < 0:
		s.account(next, nextEnd)
	case (program == "curl" || program == "wget" || program == "smbclient" || program == "rpcclient") && (arg[1] == 'u' || arg[1] == 'U') && !glued:
		s.userColon(end)
	case program == "ipmitool" && arg[1] == 'P' && glued:
		s.learn(at, end, pseudonym.Secret, "option")
	case program == "ipmitool" && arg[1] == 'U' && glued:
		s.account(at, end)
	case (program == "sqlcmd" || program == "ipmitool") && arg[1] == 'P' && !glued:
		s.secretArg(end, 0)
	case (program == "sqlcmd" || program == "ipmitool") && arg[1] == 'U' && !glued && nextEnd > next:
		s.account(next, nextEnd)
	case arg[1] == 'h' && (strings.HasPrefix(program, "mysql") || program == "psql" || program == "pg_dump") || arg[1] == 'S' && program == "sqlcmd" || arg[1] == 'H' && program == "ipmitool":
		if _, n := parseQuad(s.buf[at:end], '.'); glued && n == end-at {
			s.quad(at, end)
		} else if glued {
			s.member(at, end)
		} else {
			s.member(next, nextEnd)
		}
	case (program == "ssh" || program == "psql" || program == "pg_dump") && (arg[1] == 'l' || arg[1] == 'U') && !glued && nextEnd > next:
		s.account(next, nextEnd)
	}
}

// userColon reads user:password or user%password as one argument.
func (s *Scanner) userColon(i int) {
	b := s.buf
	for i < s.hi && (isSpace(b[i]) || b[i] == '"' || b[i] == '\'') {
		i++
	}
	end := i
	for end < s.hi && !isSpace(b[end]) && b[end] != '"' && b[end] != '\'' {
		end++
	}
	sep := bytes.IndexAny(b[i:end], ":%")
	if sep < 0 {
		return
	}
	s.account(i, i+sep)
	if sep+1 < end-i && string(b[i+sep+1:end]) != Mask {
		s.learn(i+sep+1, end, pseudonym.Secret, "option")
	}
}

// databaseLogin reads user/password@database behind the client of a database.
func (s *Scanner) databaseLogin(at int) {
	b := s.buf
	for at < s.hi && isSpace(b[at]) {
		at++
		if at+2 < s.hi && b[at] == '-' {
			for at < s.hi && !isSpace(b[at]) {
				at++
			}
		}
	}
	if at < s.hi && (b[at] == '"' || b[at] == '\'') {
		at++
	}
	user := nameEnd(b, at, s.hi)
	if user-at < 2 || user+2 >= s.hi || b[user] != '/' || b[user+1] == '@' || b[user+1] == ' ' {
		return
	}
	end := user + 1
	for end < s.hi && !isSpace(b[end]) && b[end] != '@' && b[end] != '"' && b[end] != '\'' {
		end++
	}
	s.account(at, user)
	if v := b[user+1 : end]; secretLike(v, gap{quote: '"'}, []byte("password")) {
		s.learn(user+1, end, pseudonym.Secret, "option")
	}
}
