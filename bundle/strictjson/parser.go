package strictjson

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// parser reads one value by the shape of the Go type. It is loose about spacing
// and escapes because Decode compares the re-encoding afterwards; it is strict
// about keys, kinds and depth because those decide what is allocated.
type parser struct {
	doc    []byte
	pos    int
	depth  int
	shapes shapes
}

func (p *parser) located(err error) error {
	line := 1 + bytes.Count(p.doc[:min(p.pos, len(p.doc))], []byte("\n"))
	return fmt.Errorf("%w: line %d: %w", ErrMalformed, line, err)
}

func (p *parser) space() {
	for p.pos < len(p.doc) && strings.IndexByte(" \n\r\t", p.doc[p.pos]) >= 0 {
		p.pos++
	}
}

// peek skips spacing and returns the next byte, or 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.pos == len(p.doc) {
		return 0
	}
	return p.doc[p.pos]
}

func (p *parser) take(want byte) error {
	if got := p.peek(); got != want {
		return fmt.Errorf("want %q, found %s", want, p.found())
	}
	p.pos++
	return nil
}

func (p *parser) found() string {
	if p.pos >= len(p.doc) {
		return "the end"
	}
	r, _ := utf8.DecodeRune(p.doc[p.pos:])
	return strconv.QuoteRune(r)
}

func (p *parser) value(v reflect.Value, depth int) error {
	switch v.Kind() {
	case reflect.String:
		s, err := p.text()
		if err != nil {
			return err
		}
		v.SetString(s)
		return nil
	case reflect.Bool:
		return p.boolean(v)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return p.number(v)
	}
	if depth == p.depth {
		return fmt.Errorf("deeper than %d levels", p.depth)
	}
	switch v.Kind() {
	case reflect.Slice:
		return p.list(v, depth)
	case reflect.Map:
		return p.mapping(v, depth)
	case reflect.Struct:
		return p.object(v, depth)
	}
	return fmt.Errorf("type %s has no spelling", v.Type())
}

func (p *parser) boolean(v reflect.Value) error {
	p.space()
	for _, b := range []bool{true, false} {
		if word := strconv.FormatBool(b); bytes.HasPrefix(p.doc[p.pos:], []byte(word)) {
			p.pos += len(word)
			v.SetBool(b)
			return nil
		}
	}
	return fmt.Errorf("want true or false, found %s", p.found())
}

func (p *parser) number(v reflect.Value) error {
	p.space()
	end := p.pos
	for end < len(p.doc) && strings.IndexByte("+-.0123456789eE", p.doc[end]) >= 0 {
		end++
	}
	word := string(p.doc[p.pos:end])
	if word == "" {
		return fmt.Errorf("want a whole number, found %s", p.found())
	}
	n, err := strconv.ParseInt(word, 10, v.Type().Bits())
	if err != nil || strconv.FormatInt(n, 10) != word {
		return fmt.Errorf("%.40q is not a whole number of the range in its shortest form", word)
	}
	p.pos = end
	v.SetInt(n)
	return nil
}

// elements reads members parted by commas until the closing bracket.
func (p *parser) elements(open, shut byte, each func(i int) error) error {
	if err := p.take(open); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if p.peek() == shut {
			p.pos++
			return nil
		}
		if i > 0 {
			if err := p.take(','); err != nil {
				return err
			}
		}
		if err := each(i); err != nil {
			return err
		}
	}
}

func (p *parser) list(v reflect.Value, depth int) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	return p.elements('[', ']', func(i int) error {
		v.Grow(1)
		v.SetLen(i + 1)
		if err := p.value(v.Index(i), depth+1); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
		return nil
	})
}

func (p *parser) key() (string, error) {
	key, err := p.text()
	if err != nil {
		return "", err
	}
	return key, p.take(':')
}

func (p *parser) mapping(v reflect.Value, depth int) error {
	t := v.Type()
	if t.Key().Kind() != reflect.String {
		return fmt.Errorf("type %s has no spelling", t)
	}
	v.Set(reflect.MakeMap(t))
	return p.elements('{', '}', func(int) error {
		key, err := p.key()
		if err != nil {
			return err
		}
		k := reflect.ValueOf(key).Convert(t.Key())
		if v.MapIndex(k).IsValid() {
			return fmt.Errorf("key %q stands twice", key)
		}
		elem := reflect.New(t.Elem()).Elem()
		if err := p.value(elem, depth+1); err != nil {
			return fmt.Errorf("%s: %w", strconv.Quote(key), err)
		}
		v.SetMapIndex(k, elem)
		return nil
	})
}

func (p *parser) object(v reflect.Value, depth int) error {
	fields, err := p.shapes.of(v.Type())
	if err != nil {
		return err
	}
	n := 0
	err = p.elements('{', '}', func(i int) error {
		key, err := p.key()
		if err != nil {
			return err
		}
		if i >= len(fields) || fields[i].key != key {
			return misplaced(fields, i, key)
		}
		n++
		if err := p.value(v.Field(fields[i].index), depth+1); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	if err == nil && n < len(fields) {
		return fmt.Errorf("key %q is missing", fields[n].key)
	}
	return err
}

// misplaced says why key cannot stand at place i of an object.
func misplaced(fields []field, i int, key string) error {
	for at, f := range fields {
		switch {
		case f.key == key && at < i:
			return fmt.Errorf("key %q stands twice or too late", key)
		case f.key == key:
			return fmt.Errorf("key %q is missing before %q", fields[i].key, key)
		case strings.EqualFold(f.key, key):
			return fmt.Errorf("key %q differs in case from %q", key, f.key)
		}
	}
	return fmt.Errorf("unknown key %q", key)
}

func (p *parser) text() (string, error) {
	if err := p.take('"'); err != nil {
		return "", err
	}
	rest := p.doc[p.pos:]
	end := bytes.IndexAny(rest, `"\`)
	if end < 0 {
		return "", errors.New("text without an end")
	}
	if rest[end] == '"' { // nothing escaped
		p.pos += end + 1
		return string(rest[:end]), nil
	}
	var b strings.Builder
	for p.pos < len(p.doc) {
		c := p.doc[p.pos]
		p.pos++
		switch c {
		case '"':
			return b.String(), nil
		case '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("text without an end")
}

func (p *parser) escape() (rune, error) {
	if p.pos == len(p.doc) {
		return 0, errors.New("text without an end")
	}
	c := p.doc[p.pos]
	p.pos++
	if i := strings.IndexByte(`"\nrtbf`, c); i >= 0 {
		return rune("\"\\\n\r\t\b\f"[i]), nil
	}
	if c != 'u' || len(p.doc)-p.pos < 4 {
		return 0, fmt.Errorf("unknown escape %q", "\\"+string(rune(c)))
	}
	n, err := strconv.ParseUint(string(p.doc[p.pos:p.pos+4]), 16, 16)
	if err != nil || utf16.IsSurrogate(rune(n)) {
		return 0, fmt.Errorf("escape %q is not one character", "\\u"+string(p.doc[p.pos:p.pos+4]))
	}
	p.pos += 4
	return rune(n), nil
}
