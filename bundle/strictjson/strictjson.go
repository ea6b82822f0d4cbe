// Package strictjson is the one spelling of JSON that signed documents of the
// kit are written in.
//
// [Encode] writes a Go value, [Decode] reads it back and refuses every other
// spelling: what Decode accepts, Encode writes again to the same bytes. So two
// parsers can never see two different documents under one signature, and no
// place is left where a document could carry something a reader does not see.
//
// The spelling: UTF-8 without byte order mark; one value and one line feed;
// indented by two spaces; keys sorted by their bytes, each once, in exact case,
// all of them present and no others; whole numbers from -2^63 to 2^63-1; no
// null, no fractions, no exponents. Strings escape the quotation mark, the
// backslash and every character that a terminal would act on or hide (controls,
// line separators, direction marks; the list is fixed, see [Encode]) and
// nothing else, so a document may be shown with a pager as it is.
//
// Go types: structs whose exported fields have a json tag with a plain name,
// slices, maps with string keys, strings, bools and signed integers, and named
// types of these. An absent slice or map is written as an empty one; empty ones
// are read as empty, never nil. Other types fail in Encode and Decode alike.
//
// Limits: document and value are held in memory, and the size of the document is
// bounded by [Limits]. The package does no I/O and checks no meaning.
package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits bound a document before anything is believed of it. A zero field
// stands for the default.
type Limits struct {
	Bytes int // size of the document; default 64 MiB
	Depth int // objects and lists inside each other; default 8
}

const (
	defaultBytes = 64 << 20
	defaultDepth = 8
)

// ErrMalformed is wrapped by every refusal of Decode.
var ErrMalformed = errors.New("malformed document")

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = defaultBytes
	}
	if l.Depth == 0 {
		l.Depth = defaultDepth
	}
	return l
}

// Encode writes v. Escaped with a backslash are: " and \, line feed, carriage
// return, tab, backspace and form feed by their letter, and as \u and four
// lower-case hex digits all other characters of U+0000-001F, U+007F-009F,
// U+061C, U+200B-200F, U+2028-202E, U+2060-206F and U+FEFF.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := encode(&b, v); err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	return b.Bytes(), nil
}

// encode writes v and the line feed behind it.
func encode(out sink, v any) error {
	e := encoder{sink: out, shapes: shapes{}}
	if err := e.value(reflect.ValueOf(v), 0); err != nil {
		return err
	}
	return e.WriteByte('\n')
}

// sink takes what is written; neither kind of it returns an error.
type sink interface {
	WriteByte(c byte) error
	WriteString(s string) (int, error)
	WriteRune(r rune) (int, error)
}

// matcher compares what is written with a document, so that Decode needs no
// second copy of it.
type matcher struct {
	doc    []byte
	pos    int
	differ bool
}

func (m *matcher) WriteString(s string) (int, error) {
	if m.differ {
		return len(s), nil
	}
	rest := m.doc[m.pos:]
	n := 0
	for n < len(s) && n < len(rest) && s[n] == rest[n] {
		n++
	}
	m.pos += n
	m.differ = n < len(s)
	return len(s), nil
}

func (m *matcher) WriteByte(c byte) error {
	if !m.differ && m.pos < len(m.doc) && m.doc[m.pos] == c {
		m.pos++
		return nil
	}
	m.differ = true
	return nil
}

func (m *matcher) WriteRune(r rune) (int, error) { return m.WriteString(string(r)) }

type encoder struct {
	sink
	shapes shapes
}

func (e *encoder) line(depth int) {
	e.WriteByte('\n')
	for range depth {
		e.WriteString("  ")
	}
}

func (e *encoder) value(v reflect.Value, depth int) error {
	switch v.Kind() {
	case reflect.String:
		return e.text(v.String())
	case reflect.Bool:
		e.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Slice:
		return e.list(v, depth)
	case reflect.Map:
		return e.mapping(v, depth)
	case reflect.Struct:
		return e.object(v, depth)
	default:
		return fmt.Errorf("type %s has no spelling", kindOf(v))
	}
	return nil
}

func kindOf(v reflect.Value) string {
	if !v.IsValid() {
		return "nil"
	}
	return v.Type().String()
}

func (e *encoder) list(v reflect.Value, depth int) error {
	e.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			e.WriteByte(',')
		}
		e.line(depth + 1)
		if err := e.value(v.Index(i), depth+1); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	if v.Len() > 0 {
		e.line(depth)
	}
	e.WriteByte(']')
	return nil
}

func (e *encoder) mapping(v reflect.Value, depth int) error {
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("type %s has no spelling", v.Type())
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	e.WriteByte('{')
	for i, k := range keys {
		if err := e.member(i, k.String(), v.MapIndex(k), depth); err != nil {
			return err
		}
	}
	if len(keys) > 0 {
		e.line(depth)
	}
	e.WriteByte('}')
	return nil
}

func (e *encoder) object(v reflect.Value, depth int) error {
	fields, err := e.shapes.of(v.Type())
	if err != nil {
		return err
	}
	e.WriteByte('{')
	for i, f := range fields {
		if err := e.member(i, f.key, v.Field(f.index), depth); err != nil {
			return err
		}
	}
	if len(fields) > 0 {
		e.line(depth)
	}
	e.WriteByte('}')
	return nil
}

func (e *encoder) member(i int, key string, v reflect.Value, depth int) error {
	if i > 0 {
		e.WriteByte(',')
	}
	e.line(depth + 1)
	if err := e.text(key); err != nil {
		return err
	}
	e.WriteString(": ")
	if err := e.value(v, depth+1); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func (e *encoder) text(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("text %q is not UTF-8", s)
	}
	e.WriteByte('"')
	for _, r := range s {
		if letter, ok := shortEscape(r); ok {
			e.WriteByte('\\')
			e.WriteByte(letter)
		} else if hidden(r) {
			e.WriteString(fmt.Sprintf(`\u%04x`, r))
		} else {
			e.WriteRune(r)
		}
	}
	e.WriteByte('"')
	return nil
}

func shortEscape(r rune) (byte, bool) {
	switch r {
	case '"', '\\':
		return byte(r), true
	case '\n':
		return 'n', true
	case '\r':
		return 'r', true
	case '\t':
		return 't', true
	case '\b':
		return 'b', true
	case '\f':
		return 'f', true
	}
	return 0, false
}

// hidden is a fixed list, not a question to the Unicode tables, so that a newer
// Go release does not change the spelling of an old document.
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0x61c, r >= 0x200b && r <= 0x200f,
		r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff:
		return true
	}
	return false
}

type field struct {
	key   string
	index int
}

// shapes remembers the fields of the structs met in one call.
type shapes map[reflect.Type][]field

// of lists the fields of a struct in the order of their keys.
func (s shapes) of(t reflect.Type) ([]field, error) {
	if known, ok := s[t]; ok {
		return known, nil
	}
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous || key == "" || key == "-" || options != "" {
			return nil, fmt.Errorf("field %s of %s needs a plain json name", f.Name, t)
		}
		out = append(out, field{key, i})
	}
	slices.SortFunc(out, func(a, b field) int { return strings.Compare(a.key, b.key) })
	for i := 1; i < len(out); i++ {
		if out[i].key == out[i-1].key {
			return nil, fmt.Errorf("%s has two fields named %s", t, out[i].key)
		}
	}
	s[t] = out
	return out, nil
}

// Decode reads a document into a T. The error says where it stands, as line and
// path, and what was wanted there.
func Decode[T any](doc []byte, l Limits) (T, error) {
	var v, zero T
	l = l.withDefaults()
	if len(doc) > l.Bytes {
		return zero, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(doc), l.Bytes)
	}
	if bytes.HasPrefix(doc, []byte("\xef\xbb\xbf")) {
		return zero, fmt.Errorf("%w: begins with a byte order mark", ErrMalformed)
	}
	if !utf8.Valid(doc) {
		return zero, fmt.Errorf("%w: not UTF-8", ErrMalformed)
	}
	p := parser{doc: doc, depth: l.Depth, shapes: shapes{}}
	if err := p.value(reflect.ValueOf(&v).Elem(), 0); err != nil {
		return zero, p.located(err)
	}
	p.space()
	if p.pos != len(doc) {
		return zero, p.located(errors.New("something follows the one value"))
	}
	m := matcher{doc: doc}
	if err := encode(&m, v); err != nil {
		return zero, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m.differ || m.pos != len(doc) {
		p.pos = m.pos
		return zero, p.located(errors.New("not in the one spelling (order of keys, spacing, escapes or numbers)"))
	}
	return v, nil
}
