package syslog

import (
	"errors"
	"fmt"
	"strings"
)

const bom = "\xef\xbb\xbf"

// What is wrong with a message, for those who want the one form only.
var (
	errPriority  = errors.New("want a priority such as <13>")
	errVersion   = errors.New("want version 1")
	errTime      = errors.New("want a time or -")
	errHeader    = errors.New("want five words of printable ASCII after the version")
	errStructure = errors.New("want structured data or -")
)

// Parse5424 reads a message of RFC 5424 and refuses every other.
func Parse5424(data []byte) (Record, error) {
	r, err := parse5424(unended(data))
	if err != nil {
		return Record{}, fmt.Errorf("read a message of RFC 5424: %w", err)
	}
	return r, nil
}

func parse5424(s string) (Record, error) {
	r := Record{Format: RFC5424}
	var ok bool
	if r.Priority, s, ok = priority(s); !ok {
		return r, errPriority
	}
	if s, ok = strings.CutPrefix(s, "1 "); !ok {
		return r, errVersion
	}
	when, s, _ := strings.Cut(s, " ")
	if when != "-" {
		t, rest, ok := rfc3339(when)
		if !ok || rest != "" {
			return r, errTime
		}
		r.Time = t
	}
	for _, f := range [...]struct {
		to   *string
		most int
	}{{&r.Host, 255}, {&r.App, 48}, {&r.Proc, 128}, {&r.MsgID, 32}} {
		word, rest, found := strings.Cut(s, " ")
		if !found || !visible(word) || len(word) > f.most {
			return r, errHeader
		}
		if s = rest; word != "-" {
			*f.to = word
		}
	}
	var err error
	if r.Data, s, err = structured(s); err != nil {
		return r, err
	}
	if s == "" {
		return r, nil
	}
	if s, ok = strings.CutPrefix(s, " "); !ok {
		return r, errStructure
	}
	r.Text, r.BOM = strings.CutPrefix(s, bom)
	return r, nil
}

// visible reports whether a word is of printable ASCII and not empty.
func visible(word string) bool {
	for i := range len(word) {
		if word[i] <= ' ' || word[i] > '~' {
			return false
		}
	}
	return word != ""
}

// structured reads structured data and returns what follows.
func structured(s string) ([]Element, string, error) {
	if rest, nothing := strings.CutPrefix(s, "-"); nothing {
		return nil, rest, nil
	}
	var all []Element
	for strings.HasPrefix(s, "[") {
		var e Element
		var ok bool
		if e.ID, s, ok = dataName(s[1:]); !ok {
			return nil, s, errStructure
		}
		for strings.HasPrefix(s, " ") {
			var p Param
			if p.Name, s, ok = dataName(s[1:]); !ok || !strings.HasPrefix(s, `="`) {
				return nil, s, errStructure
			}
			if p.Value, s, ok = dataValue(s[2:]); !ok {
				return nil, s, errStructure
			}
			e.Params = append(e.Params, p)
		}
		if s, ok = strings.CutPrefix(s, "]"); !ok {
			return nil, s, errStructure
		}
		all = append(all, e)
	}
	if all == nil {
		return nil, s, errStructure
	}
	return all, s, nil
}

// dataName reads the name of an element or of a value.
func dataName(s string) (name, rest string, ok bool) {
	i := strings.IndexAny(s, ` =]"`)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i:], visible(s[:i])
}

// dataValue reads a value up to the quotation mark that ends it. A backslash
// before anything but a mark, a bracket or a backslash stands for itself, and a
// bracket needs none to be understood.
func dataValue(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if b.Len() == 0 {
				return s[:i], s[i+1:], true
			}
			return b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`"\]`, s[i+1]) >= 0:
			if b.Len() == 0 {
				b.WriteString(s[:i])
			}
			i++
			b.WriteByte(s[i])
		case b.Len() > 0:
			b.WriteByte(c)
		}
	}
	return "", s, false
}

var dataEscapes = strings.NewReplacer(`"`, `\"`, `\`, `\\`, `]`, `\]`)

func (r Record) append5424(b []byte) []byte {
	b = append(b, "1 "...)
	if r.Time.IsZero() {
		b = append(b, '-')
	} else {
		b = appendTime(b, r.Time)
	}
	for _, word := range [...]string{r.Host, r.App, r.Proc, r.MsgID} {
		if word == "" {
			word = "-"
		}
		b = append(append(b, ' '), word...)
	}
	b = append(b, ' ')
	if len(r.Data) == 0 {
		b = append(b, '-')
	}
	for _, e := range r.Data {
		b = append(append(b, '['), e.ID...)
		for _, p := range e.Params {
			b = append(append(b, ' '), p.Name...)
			b = append(append(append(b, `="`...), dataEscapes.Replace(p.Value)...), '"')
		}
		b = append(b, ']')
	}
	if r.Text == "" && !r.BOM {
		return b
	}
	b = append(b, ' ')
	if r.BOM {
		b = append(b, bom...)
	}
	return append(b, r.Text...)
}
