// Package statement is the grammar of every text a person signs: labels,
// approvals, replies, checkpoints.
//
// A statement is lines of "key: value", each ended by one line feed, in an
// order the schema of the statement fixes. It is meant to be read with a pager
// and signed with stock ssh-keygen, so there is exactly one spelling: what
// [Decode] accepts, [Encode] writes back to the same bytes.
//
// Keys are lower-case ASCII letters, digits and underscores. Values are
// printable Unicode without control, format or line separator characters; they
// neither begin nor end with a space and may be empty (then the line is "key:").
// Use a [Reader] to take the fields in order; it keeps the first error.
package statement

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of any statement. They bound memory before a signature is checked.
const (
	MaxBytes = 64 << 10
	MaxLines = 1024
	MaxKey   = 40
)

// ErrMalformed is wrapped by every error of Decode and Reader.
var ErrMalformed = errors.New("malformed statement")

// Line is one field.
type Line struct{ Key, Value string }

// Encode writes the lines. It fails when a key or value is not allowed.
func Encode(lines []Line) ([]byte, error) {
	if len(lines) > MaxLines {
		return nil, fmt.Errorf("%w: %d lines, at most %d", ErrMalformed, len(lines), MaxLines)
	}
	var b bytes.Buffer
	for i, l := range lines {
		if err := check(l); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrMalformed, i+1, err)
		}
		b.WriteString(l.Key)
		b.WriteByte(':')
		if l.Value != "" {
			b.WriteByte(' ')
			b.WriteString(l.Value)
		}
		b.WriteByte('\n')
	}
	if b.Len() > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, b.Len(), MaxBytes)
	}
	return b.Bytes(), nil
}

// Decode reads a statement and refuses every other spelling of it.
func Decode(text []byte) ([]Line, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(text), MaxBytes)
	}
	if len(text) == 0 || text[len(text)-1] != '\n' {
		return nil, fmt.Errorf("%w: does not end with a line feed", ErrMalformed)
	}
	rows := strings.Split(string(text[:len(text)-1]), "\n")
	if len(rows) > MaxLines {
		return nil, fmt.Errorf("%w: %d lines, at most %d", ErrMalformed, len(rows), MaxLines)
	}
	lines := make([]Line, len(rows))
	for i, row := range rows {
		key, value, ok := strings.Cut(row, ":")
		if !ok {
			return nil, fmt.Errorf("%w: line %d: want \"key: value\"", ErrMalformed, i+1)
		}
		if value != "" {
			if value, ok = strings.CutPrefix(value, " "); !ok || value == "" {
				return nil, fmt.Errorf("%w: line %d: want one space after the colon", ErrMalformed, i+1)
			}
		}
		lines[i] = Line{key, value}
		if err := check(lines[i]); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrMalformed, i+1, err)
		}
	}
	return lines, nil
}

func check(l Line) error {
	if l.Key == "" || len(l.Key) > MaxKey {
		return errors.New("key is empty or too long")
	}
	for _, c := range []byte(l.Key) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return fmt.Errorf("key %q: only a-z, 0-9 and _", l.Key)
		}
	}
	if !utf8.ValidString(l.Value) {
		return fmt.Errorf("value of %s is not UTF-8", l.Key)
	}
	if strings.HasPrefix(l.Value, " ") || strings.HasSuffix(l.Value, " ") {
		return fmt.Errorf("value of %s begins or ends with a space", l.Key)
	}
	for _, r := range l.Value {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("value of %s holds %U, which cannot be shown", l.Key, r)
		}
	}
	return nil
}

// Reader takes fields in a fixed order. After the first error every call
// returns a zero value; [Reader.Done] reports the error.
type Reader struct {
	lines []Line
	pos   int
	err   error
}

// NewReader decodes text for reading.
func NewReader(text []byte) *Reader {
	lines, err := Decode(text)
	return &Reader{lines: lines, err: err}
}

// Text takes the next field, which must have this key.
func (r *Reader) Text(key string) string {
	if r.err != nil {
		return ""
	}
	if r.pos == len(r.lines) {
		r.err = fmt.Errorf("%w: field %s is missing at the end", ErrMalformed, key)
		return ""
	}
	if got := r.lines[r.pos].Key; got != key {
		r.err = fmt.Errorf("%w: line %d is %s, want %s", ErrMalformed, r.pos+1, got, key)
		return ""
	}
	r.pos++
	return r.lines[r.pos-1].Value
}

// Const takes the next field, which must have this key and this value.
func (r *Reader) Const(key, want string) {
	if got := r.Text(key); r.err == nil && got != want {
		r.err = fmt.Errorf("%w: %s is %q, want %q", ErrMalformed, key, got, want)
	}
}

// Int takes a whole number from 0 to 2^63-1 in its shortest spelling.
func (r *Reader) Int(key string) int64 {
	s := r.Text(key)
	if r.err != nil {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		r.err = fmt.Errorf("%w: %s: %q is not a whole number", ErrMalformed, key, s)
		return 0
	}
	return n
}

// Words takes a field that is a list of words parted by single spaces; an
// empty value is an empty list.
func (r *Reader) Words(key string) []string {
	s := r.Text(key)
	if r.err != nil || s == "" {
		return nil
	}
	words := strings.Split(s, " ")
	for _, w := range words {
		if w == "" {
			r.err = fmt.Errorf("%w: %s: words must be parted by one space", ErrMalformed, key)
			return nil
		}
	}
	return words
}

// Repeat takes every directly following field with this key.
func (r *Reader) Repeat(key string) []string {
	var out []string
	for r.err == nil && r.pos < len(r.lines) && r.lines[r.pos].Key == key {
		out = append(out, r.Text(key))
	}
	return out
}

// Fail records an error found by the caller in a value, unless one is there.
func (r *Reader) Fail(key string, err error) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s: %w", ErrMalformed, key, err)
	}
}

// Done reports the first error, or that fields are left over.
func (r *Reader) Done() error {
	if r.err != nil {
		return r.err
	}
	if r.pos != len(r.lines) {
		return fmt.Errorf("%w: line %d: unexpected field %s", ErrMalformed, r.pos+1, r.lines[r.pos].Key)
	}
	return nil
}
