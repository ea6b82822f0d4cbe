package syslog

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	maxHost = 255
	maxTag  = 64
)

var errEmpty = errors.New("it is empty")

// Parse3164 reads a message of the old form, of which hardly any part is always
// there: what is not recognised is text. Only an empty message is refused.
func Parse3164(data []byte, now time.Time) (Record, error) {
	return parse3164(unended(data), now)
}

func parse3164(s string, now time.Time) (Record, error) {
	r := Record{}
	r.Priority, s, _ = priority(s)
	if s == "" {
		return Record{}, fmt.Errorf("read a message of RFC 3164: %w", errEmpty)
	}
	number, s := sequence(s, now)
	r.MsgID = number
	t, rest, ok := stamp(s, now)
	if !ok {
		r.App, r.Proc, r.Text = tagged(s)
		return r, nil
	}
	r.Time = t
	if rest, named := strings.CutPrefix(rest, ":"); named { // no host name follows
		r.App, r.Proc, r.Text = tagged(strings.TrimPrefix(rest, " "))
		return r, nil
	}
	rest = strings.TrimPrefix(rest, " ")
	if host, after, found := strings.Cut(rest, " "); found && hostName(host) {
		r.Host, rest = host, after
	}
	r.App, r.Proc, r.Text = tagged(rest)
	return r, nil
}

// stamp reads a time that a space, a colon or nothing follows.
func stamp(s string, now time.Time) (time.Time, string, bool) {
	t, rest, ok := rfc3339(s)
	if !ok {
		t, rest, ok = old(s, now)
	}
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != ':' {
		return time.Time{}, s, false
	}
	return t, rest, true
}

// sequence reads the number network equipment puts before a time, as in
// "000123: Mar  2 06:00:00: text".
func sequence(s string, now time.Time) (number, rest string) {
	number, _, ok := strings.Cut(s[:min(len(s), 12)], ":")
	if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
		return "", s
	}
	rest = strings.TrimPrefix(s[len(number)+1:], " ")
	if _, _, ok := stamp(rest, now); !ok {
		return "", s
	}
	return number, rest
}

// hostName reports whether a word can be the name or address of a machine.
func hostName(word string) bool {
	if word == "" || len(word) > maxHost || word[len(word)-1] == ':' && !strings.Contains(word[:len(word)-1], ":") {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && strings.IndexByte("-._:%", c) < 0 {
			return false
		}
	}
	return true
}

// tagged cuts "tag[pid]: text". Without a tag everything is text.
func tagged(s string) (app, proc, text string) {
	i := 0
	for i < len(s) && i <= maxTag && tagByte(s[i]) {
		i++
	}
	if i == 0 || i > maxTag {
		return "", "", s
	}
	app, rest := s[:i], s[i:]
	if strings.HasPrefix(rest, "[") {
		pid, _, ok := strings.Cut(rest[1:min(len(rest), 1+maxTag)], "]")
		if !ok || pid == "" || !visible(pid) || strings.Contains(pid, "[") {
			return "", "", s
		}
		proc, rest = pid, rest[len(pid)+2:]
	}
	if text, ok := strings.CutPrefix(rest, ":"); ok {
		return app, proc, strings.TrimPrefix(text, " ")
	}
	if text, ok := strings.CutPrefix(rest, " "); ok && proc != "" {
		return app, proc, text
	}
	return "", "", s
}

func tagByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("-._/%", c) >= 0
}

func (r Record) append3164(b []byte) []byte {
	if r.MsgID != "" {
		b = append(append(b, r.MsgID...), ": "...)
	}
	if !r.Time.IsZero() {
		b = appendTime(b, r.Time)
		if r.Host == "" {
			b = append(b, ':')
		} else {
			b = append(append(b, ' '), r.Host...)
		}
		b = append(b, ' ')
	}
	if r.App != "" {
		b = append(b, r.App...)
		if r.Proc != "" {
			b = append(append(append(b, '['), r.Proc...), ']')
		}
		b = append(b, ": "...)
	}
	return append(b, r.Text...)
}
