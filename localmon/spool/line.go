package spool

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// maxLine bounds a line on disk, its end included.
	maxLine = 64 << 10
	// maxWord bounds sender and severity.
	maxWord = 128
	layout  = "2006-01-02T15:04:05.000Z"
	cutMark = "…"

	hexDigits = "0123456789abcdef"
)

// Line is one line of a spool.
type Line struct {
	At       time.Time // arrival by the kit's clock, to the millisecond
	From     string    // who sent it; empty when that is not known
	Severity string    // empty when there is none
	Raw      string    // the text
}

// String renders the line as it stands on disk, without its end.
func (l Line) String() string {
	b := l.encode()
	return string(b[:len(b)-1])
}

// encode writes the line with its end.
func (l Line) encode() []byte {
	b := make([]byte, 0, len(layout)+len(l.From)+len(l.Severity)+len(l.Raw)+len(l.Raw)/8+8)
	b = l.At.UTC().AppendFormat(b, layout)
	b = append(b, ' ')
	b = appendWord(b, l.From)
	b = append(b, ' ')
	b = appendWord(b, l.Severity)
	b = append(b, ' ')
	b = appendText(b, l.Raw, maxLine-1)
	return append(b, '\n')
}

// appendWord writes something that holds no space.
func appendWord(b []byte, s string) []byte {
	if s == "" {
		return append(b, '-')
	}
	return appendText(b, strings.ReplaceAll(s, " ", "_"), len(b)+maxWord)
}

// appendText writes printable text until b would be longer than most. A text
// that is not cut leaves room for the mark that it might have needed.
func appendText(b []byte, s string, most int) []byte {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		plain := (r != utf8.RuneError || size > 1) && unicode.IsPrint(r)
		width := size
		if !plain {
			width = size * len(`\x00`)
		}
		room, last := most-len(b), len(s) == size
		if width > room || !last && width+len(cutMark) > room {
			return append(b, cutMark...)
		}
		if plain {
			b = append(b, s[:size]...)
		} else {
			for i := range size {
				b = append(b, '\\', 'x', hexDigits[s[i]>>4], hexDigits[s[i]&15])
			}
		}
		s = s[size:]
	}
	return b
}

// decode reads a line without its end. What is not in the form of one becomes
// text at the given time.
func decode(s string, before time.Time) Line {
	when, rest, _ := strings.Cut(s, " ")
	from, rest, _ := strings.Cut(rest, " ")
	severity, raw, whole := strings.Cut(rest, " ")
	at, err := time.Parse(layout, when)
	if err != nil || !whole || from == "" || severity == "" {
		return Line{At: before, Raw: string(appendText(nil, s, maxLine))}
	}
	l := Line{At: at, From: from, Severity: severity, Raw: string(appendText(nil, raw, maxLine))}
	if l.From == "-" {
		l.From = ""
	}
	if l.Severity == "-" {
		l.Severity = ""
	}
	return l
}
