package snmp

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// line makes text from outside fit for one line: what does not print is
// written out, such as \n or \x1b, and what is longer than limit octets is
// cut.
func line(raw []byte, limit int) string {
	s := strings.TrimRight(string(raw[:min(len(raw), 4*limit)]), "\x00\r\n\t ")
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		part := s[i : i+n]
		if r == utf8.RuneError && n == 1 || !strconv.IsPrint(r) {
			part = strings.Trim(strconv.Quote(part), `"`)
		}
		if b.Len()+len(part) > limit {
			return b.String() + "…"
		}
		b.WriteString(part)
		i += n
	}
	if len(raw) > 4*limit {
		b.WriteString("…")
	}
	return b.String()
}
