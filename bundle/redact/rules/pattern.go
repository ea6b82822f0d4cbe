package rules

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Bounds of a pattern.
const (
	maxPattern = 200 // bytes
	maxSteps   = 128 // of the program it compiles to, each taken for every byte of a text
	leastMatch = 3   // characters
)

// PatternError says where in a pattern and why it is refused.
type PatternError struct {
	At  int // byte in the pattern
	Why string
}

// Error is for a person who can mend the pattern.
func (e *PatternError) Error() string { return "pattern refused: " + e.Why }

// structure are the characters that hold JSON, XML and tables together. A pattern
// that takes one of them into its match would break a text that parsed.
const structure = "\"<>{}[]\\,"

// stays are texts of every log that a pattern has no business with, and stand-ins.
var stays = []string{
	"2026-03-02T05:00:00.003Z", "2026-03-02 05:00:00,123 +0100", "Oct  3 08:00:01", "03/Oct/2026:08:00:01 +0000", "20261003T080001Z", "1767225600", "1767225600.123",
	"6.4.10", "v1.28.3-rc2", "kernel 5.14.0-362.8.1.el9_3.x86_64", "openssh-server-8.7p1", "1.3.6.1.4.1.40482.4.1.0", "0x80070005", "ORA-00600", "HTTP/1.1 200 OK",
	"255.255.255.0", "127.0.0.1", "0.0.0.0", "::1", "localhost", "224.0.0.251", "port 443", "pid 4711", "sshd[4711]:", "eth0 ens192 bond0.100 sda1 nvme0n1p2 dm-3 /dev/mapper",
	"CT0.ETH4", "CT1.FC2", "CH0.BAY7", "SH1.PSU0", "/var/log/messages", "/usr/lib/systemd/systemd", "C:\\Windows\\System32", "read_bytes_per_sec 104857600", "latency 0.45 ms", "99.98 %",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "d41d8cd98f00b204e9800998ecf8427e", "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
	"error failed warning critical info debug healthy degraded online offline enabled disabled true false null none", "ERROR FAILED WARNING OK UP DOWN", "root admin SYSTEM nobody daemon",
	"password= user= host: serial_number Authorization: Bearer", "connection from to at on timeout refused reset by peer",
	"masked-secret", "host-k7f3q2ab", "word-k9x6x7bh", "240.1.2.3", "2001:db8:a1b2::c3d4", "dom-k7f3q2ab.invalid",
}

// CheckPattern refuses an expression that would cost too much, match too much or
// break what it is found in. Expressions are RE2, which has no slow ones of the kind
// that try again.
func CheckPattern(expr string) error {
	if len(expr) > maxPattern {
		return &PatternError{maxPattern, fmt.Sprintf("longer than %d bytes; cut it into rules of their own", maxPattern)}
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		var bad *syntax.Error
		if !errors.As(err, &bad) {
			return &PatternError{0, err.Error()}
		}
		return &PatternError{max(0, strings.Index(expr, bad.Expr)), fmt.Sprintf("%s: %s", bad.Code, bad.Expr)}
	}
	if c, at := breaks(parsed, expr); c != 0 {
		return &PatternError{at, fmt.Sprintf("it can take %q into a match, which holds JSON, XML or tables together; name the characters that belong to the value, such as [A-Za-z0-9 -]", c)}
	}
	if n := least(parsed); n < leastMatch {
		return &PatternError{0, fmt.Sprintf("it can match as little as %d characters, so it would match everywhere; at least %d are wanted", n, leastMatch)}
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return &PatternError{0, err.Error()}
	}
	if n := len(prog.Inst); n > maxSteps {
		return &PatternError{max(0, strings.IndexByte(expr, '{')), fmt.Sprintf("it needs up to %d steps for every character, at most %d are allowed; use smaller counts in {}, or + in their place", n, maxSteps)}
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return &PatternError{0, err.Error()}
	}
	for _, s := range stays {
		if m := re.FindString(s); m != "" {
			return &PatternError{0, fmt.Sprintf("it matches %q in %q, which must stay; put what stands before the value in front of it", m, s)}
		}
	}
	return nil
}

// breaks finds a character of structure that a match can hold, and where in the
// expression it comes from, as well as that can be told.
func breaks(re *syntax.Regexp, expr string) (c rune, at int) {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return '"', max(0, strings.IndexByte(expr, '.'))
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r < ' ' || strings.ContainsRune(structure, r) {
				return r, max(0, strings.IndexRune(expr, r))
			}
		}
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for _, r := range structure + "\n\t" {
				if re.Rune[i] <= r && r <= re.Rune[i+1] {
					return r, classAt(expr)
				}
			}
		}
	}
	for _, sub := range re.Sub {
		if c, at := breaks(sub, expr); c != 0 {
			return c, at
		}
	}
	return 0, 0
}

// classAt is where the first set of characters stands that can hold any.
func classAt(expr string) int {
	for _, sign := range []string{"[^", `\S`, `\D`, `\W`, `\s`, "[", `\`} {
		if i := strings.Index(expr, sign); i >= 0 {
			return i
		}
	}
	return 0
}

// least is the fewest characters that an expression matches.
func least(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return least(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * least(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			n += least(sub)
		}
		return n
	case syntax.OpAlternate:
		n = least(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			n = min(n, least(sub))
		}
		return n
	}
	return 0
}
