package syslog

import (
	"fmt"
	"time"
)

// Format is the form of a message.
type Format uint8

// The forms.
const (
	RFC3164 Format = iota // the old one, and everything that is no other
	RFC5424
)

// NoPriority is the priority of a message that tells none.
const NoPriority = -1

// Record is one syslog message, read. Texts are as they were sent, byte for
// byte: they may hold anything.
type Record struct {
	Format   Format
	Priority int       // 8*facility + severity, or NoPriority
	Time     time.Time // in UTC; zero where there is none
	Host     string
	App      string // the program; in the old form its tag
	Proc     string
	MsgID    string // RFC 5424, and the sequence number of network equipment
	Data     []Element
	BOM      bool // the text is marked as UTF-8
	Text     string
}

// Element is one element of structured data.
type Element struct {
	ID     string
	Params []Param
}

// Param is a named value of an [Element].
type Param struct{ Name, Value string }

// Parse reads a message. now settles year and zone of the old time.
func Parse(data []byte, now time.Time) (Record, error) {
	s := unended(data)
	if r, err := parse5424(s); err == nil {
		return r, nil
	}
	return parse3164(s, now)
}

// Encode writes the record in its own form. What Parse read is read again as
// the same.
func (r Record) Encode() []byte {
	var b []byte
	if r.Priority != NoPriority {
		b = fmt.Appendf(b, "<%d>", r.Priority)
	}
	if r.Format == RFC5424 {
		return r.append5424(b)
	}
	return r.append3164(b)
}

// priority reads "<n>" and returns what follows; false where there is none.
func priority(s string) (int, string, bool) {
	if len(s) < 3 || s[0] != '<' {
		return NoPriority, s, false
	}
	n := 0
	for i := 1; i < len(s) && i <= 4; i++ {
		switch c := s[i]; {
		case c == '>' && i > 1 && n <= 191:
			return n, s[i+1:], true
		case c < '0' || c > '9':
			return NoPriority, s, false
		default:
			n = 10*n + int(c-'0')
		}
	}
	return NoPriority, s, false
}

// unended is a message without the end that its frame left on it.
func unended(data []byte) string {
	n := len(data)
	for n > 0 && (data[n-1] == '\n' || data[n-1] == '\r' || data[n-1] == 0) {
		n--
	}
	return string(data[:n])
}
