// Package strictyaml decodes YAML files that people write by hand: the site
// file, rules, runbooks, scenarios. It refuses what it does not know and says
// where: file, line, column, and for a key the nearest one it does know.
//
// [Decode] fills a struct whose fields carry yaml tags. Unlike a plain decoder
// it refuses unknown and repeated keys, a second document, anchors, aliases and
// tags (so that no input grows and nothing is written in code), values that are
// missing, of the wrong type or cut to fit, text that is not UTF-8, and files
// over [MaxBytes]. All problems of a file are reported together, up to
// [MaxErrors].
//
// Durations are written as Go writes them, and with days in front: 90s, 1h30m,
// 14d. A type reads itself from one value by implementing
// encoding.TextUnmarshaler; its error is given the position of the value.
//
// What only the meaning of a file shows is checked by the caller, who says it
// at the [Place] that [Read] returns:
//
//	at, err := strictyaml.Read(name, data, &f)
//	...
//	for i, a := range f.Arrays {
//		at.Key("arrays").Item(i).Key("kind").Word("kind", a.Kind, kinds)
//	}
//	return at.Err()
//
// The package is pure.
package strictyaml

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds of one file.
const (
	MaxBytes  = 1 << 20
	MaxDepth  = 32
	MaxItems  = 10_000 // of one list
	MaxErrors = 20
)

// Error is one problem at one place.
type Error struct {
	File   string
	Line   int // from 1; 0 when the place is the whole file
	Column int
	Msg    string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}

// Decode reads data into out, a non-nil pointer to a struct. name is the file
// name used in errors. The error joins one [Error] per problem.
func Decode(name string, data []byte, out any) error {
	_, err := Read(name, data, out)
	return err
}

// Read is [Decode] and also returns the place of the whole document.
func Read(name string, data []byte, out any) (Place, error) {
	d := &decoder{file: name}
	if len(data) > MaxBytes {
		return Place{}, &Error{File: name, Msg: fmt.Sprintf("%d bytes, at most %d", len(data), MaxBytes)}
	}
	if !utf8.Valid(data) {
		return Place{}, &Error{File: name, Msg: "not UTF-8 text"}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		return Place{}, syntax(name, err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		d.fail(&more, "a second document: one file holds one document")
		return Place{}, d.err()
	}
	root := doc.Content[0]
	d.value(root, reflect.ValueOf(out).Elem(), 0)
	return Place{file: d, node: root}, d.err()
}

// syntax takes the line out of the text in which the YAML reader tells it.
func syntax(name string, err error) error {
	if errors.Is(err, io.EOF) {
		return &Error{File: name, Msg: "the file is empty"}
	}
	e := &Error{File: name, Msg: strings.TrimPrefix(err.Error(), "yaml: ")}
	if n, _ := fmt.Sscanf(e.Msg, "line %d:", &e.Line); n == 1 {
		_, e.Msg, _ = strings.Cut(e.Msg, ": ")
		e.Column = 1
	}
	return e
}

type decoder struct {
	file string
	errs []error
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	if d.full() {
		return
	}
	d.errs = append(d.errs, &Error{File: d.file, Line: n.Line, Column: n.Column, Msg: fmt.Sprintf(format, args...)})
	if d.full() {
		d.errs = append(d.errs, &Error{File: d.file, Msg: "there may be more: mend these first"})
	}
}

// full says that enough was found: looking for more only costs.
func (d *decoder) full() bool { return len(d.errs) >= MaxErrors }

func (d *decoder) err() error { return errors.Join(d.errs...) }

func (d *decoder) value(n *yaml.Node, v reflect.Value, depth int) {
	if depth > MaxDepth {
		d.fail(n, "nested more than %d levels deep", MaxDepth)
		return
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fail(n, "anchors and aliases are not used in this file: write the value out")
		return
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(n, "tags such as %s are not used in this file: write the plain value", clip(n.Tag))
		return
	case v.Addr().Type().Implements(textType):
		d.scalar(n, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), depth)
	case reflect.Struct:
		d.structure(n, v, depth)
	case reflect.Slice:
		d.sequence(n, v, depth)
	case reflect.Map:
		d.mapping(n, v, depth)
	default:
		d.scalar(n, v)
	}
}

var (
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
)

func (d *decoder) scalar(n *yaml.Node, v reflect.Value) {
	switch {
	case n.Kind != yaml.ScalarNode:
		d.fail(n, "want one value: %s", describe(v.Type()))
		return
	case n.Tag == "!!null":
		d.fail(n, "a value is missing")
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok && v.Type() != timeType {
		if err := u.UnmarshalText([]byte(n.Value)); err != nil {
			d.fail(n, "%s", err)
		}
		return
	}
	if !scan(n, v) {
		d.fail(n, "%q is not %s", clip(n.Value), describe(v.Type()))
	}
}

// scan reads one value and reports whether it fits as it is written: the YAML
// reader alone would cut 1.5 to a whole 1, and take any of its forms of time.
func scan(n *yaml.Node, v reflect.Value) bool {
	var err error
	switch t := v.Type(); {
	case t == durationType:
		var d time.Duration
		d, err = parseDuration(n.Value)
		v.SetInt(int64(d))
	case t == timeType:
		err = v.Addr().Interface().(*time.Time).UnmarshalText([]byte(n.Value))
	case (v.CanInt() || v.CanUint()) && n.Tag == "!!float":
		return false
	default:
		err = n.Decode(v.Addr().Interface())
	}
	return err == nil && (!v.CanFloat() || !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0))
}

// parseDuration reads what time.ParseDuration does, with whole days in front.
func parseDuration(s string) (time.Duration, error) {
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 16) // up to 179 years, which fit
	if err != nil {
		return 0, err
	}
	var d time.Duration
	if rest != "" {
		d, err = time.ParseDuration(rest)
	}
	if d < 0 || d >= 24*time.Hour {
		return 0, errors.New("want less than a day behind the days")
	}
	return time.Duration(n)*24*time.Hour + d, err
}

func describe(t reflect.Type) string {
	switch t {
	case durationType:
		return "a duration such as 30s, 10m or 14d"
	case timeType:
		return "a time such as 2026-03-02T06:00:00Z"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "text"
}

func (d *decoder) sequence(n *yaml.Node, v reflect.Value, depth int) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, "want a list")
		return
	}
	if len(n.Content) > MaxItems {
		d.fail(n, "%d members, at most %d", len(n.Content), MaxItems)
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i := 0; i < len(n.Content) && !d.full(); i++ {
		d.value(n.Content[i], out.Index(i), depth+1)
	}
	v.Set(out)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, depth int) {
	if n.Kind != yaml.MappingNode || v.Type().Key().Kind() != reflect.String {
		d.fail(n, "want keys and values")
		return
	}
	out := reflect.MakeMapWithSize(v.Type(), len(n.Content)/2)
	d.pairs(n, func(key, item *yaml.Node) {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.value(item, elem, depth+1)
		out.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), elem)
	})
	v.Set(out)
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, depth int) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, "want keys and values: %s", strings.Join(keysOf(v.Type()), ", "))
		return
	}
	d.pairs(n, func(key, item *yaml.Node) {
		i := fieldOf(v.Type(), key.Value)
		if i < 0 {
			d.fail(key, "unknown key %q%s", clip(key.Value), Suggest(key.Value, keysOf(v.Type())))
			return
		}
		d.value(item, v.Field(i), depth+1)
	})
}

func (d *decoder) pairs(n *yaml.Node, visit func(key, item *yaml.Node)) {
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content) && !d.full(); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || key.Anchor != "" || key.Style&yaml.TaggedStyle != 0 {
			d.fail(key, "a key must be a plain word")
			continue
		}
		if line, ok := seen[key.Value]; ok {
			d.fail(key, "key %q stands twice, first on line %d", clip(key.Value), line)
			continue
		}
		seen[key.Value] = key.Line
		visit(key, n.Content[i+1])
	}
}

func fieldOf(t reflect.Type, key string) int {
	for i := range t.NumField() {
		if name := tagName(t.Field(i)); name != "" && name == key {
			return i
		}
	}
	return -1
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if name := tagName(t.Field(i)); name != "" {
			keys = append(keys, name)
		}
	}
	return keys
}

func tagName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "-" || !f.IsExported() {
		return ""
	}
	return name
}
