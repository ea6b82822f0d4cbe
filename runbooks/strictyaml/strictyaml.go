// Package strictyaml decodes YAML files that people write by hand: the site
// file, rules, runbooks, scenarios. It refuses what it does not know and says
// where: file, line, column, and for a key the nearest one it does know.
//
// [Decode] fills a struct whose fields carry yaml tags. Unlike a plain decoder
// it refuses unknown and repeated keys, a second document, anchors and aliases
// (so that no input grows), values of the wrong type, and files over
// [MaxBytes]. All problems of a file are reported together, up to [MaxErrors].
//
// A type may decode itself by implementing yaml.Unmarshaler; its error is given
// the position of the value. The package is pure.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of one file.
const (
	MaxBytes  = 1 << 20
	MaxDepth  = 32
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
	_, err := DecodeNode(name, data, out)
	return err
}

// DecodeNode is [Decode] and also returns the document, so that a caller can
// place errors of its own with [At].
func DecodeNode(name string, data []byte, out any) (*yaml.Node, error) {
	d := &decoder{file: name}
	if len(data) > MaxBytes {
		return nil, &Error{File: name, Msg: fmt.Sprintf("%d bytes, at most %d", len(data), MaxBytes)}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &Error{File: name, Msg: "the file is empty"}
	} else if err != nil {
		return nil, &Error{File: name, Msg: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		d.fail(&more, "a second document: one file holds one document")
		return nil, errors.Join(d.errs...)
	}
	root := doc.Content[0]
	d.value(root, reflect.ValueOf(out).Elem(), 0)
	return root, errors.Join(d.errs...)
}

// At makes an error at the place of a node reached from root by keys and, for
// sequences, by decimal indexes; it stops at the deepest place that exists.
func At(name string, root *yaml.Node, path []string, format string, args ...any) error {
	at := root
	for _, step := range path {
		next := child(at, step)
		if next == nil {
			break
		}
		at = next
	}
	e := &Error{File: name, Msg: fmt.Sprintf(format, args...)}
	if at != nil {
		e.Line, e.Column = at.Line, at.Column
	}
	return e
}

func child(n *yaml.Node, step string) *yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.SequenceNode {
		for i, c := range n.Content {
			if fmt.Sprint(i) == step {
				return c
			}
		}
		return nil
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == step {
			return n.Content[i+1]
		}
	}
	return nil
}

type decoder struct {
	file string
	errs []error
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	if len(d.errs) < MaxErrors {
		d.errs = append(d.errs, &Error{File: d.file, Line: n.Line, Column: n.Column, Msg: fmt.Sprintf(format, args...)})
	}
}

func (d *decoder) value(n *yaml.Node, v reflect.Value, depth int) {
	if depth > MaxDepth {
		d.fail(n, "nested more than %d levels deep", MaxDepth)
		return
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.fail(n, "anchors and aliases are not used in this file: write the value out")
		return
	}
	if v.CanAddr() {
		if _, ok := v.Addr().Interface().(yaml.Unmarshaler); ok {
			d.scalar(n, v)
			return
		}
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

func (d *decoder) scalar(n *yaml.Node, v reflect.Value) {
	if v.Kind() == reflect.String && n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		d.fail(n, "a value is missing")
		return
	}
	err := n.Decode(v.Addr().Interface())
	var te *yaml.TypeError
	switch {
	case err == nil:
	case errors.As(err, &te):
		d.fail(n, "%q is not %s", n.Value, describe(v.Type()))
	default:
		d.fail(n, "%s", err)
	}
}

func describe(t reflect.Type) string {
	if t.String() == "time.Duration" {
		return "a duration such as 30s or 10m"
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
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, out.Index(i), depth+1)
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
			d.fail(key, "unknown key %q%s", key.Value, Suggest(key.Value, keysOf(v.Type())))
			return
		}
		d.value(item, v.Field(i), depth+1)
	})
}

func (d *decoder) pairs(n *yaml.Node, visit func(key, item *yaml.Node)) {
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			d.fail(key, "a key must be a plain word")
			continue
		}
		if line, ok := seen[key.Value]; ok {
			d.fail(key, "key %q stands twice, first on line %d", key.Value, line)
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

// Suggest returns a phrase that names the known word nearest to the unknown
// one, or lists all known words when none is near.
func Suggest(word string, known []string) string {
	best, dist := "", len(word)/2+2
	for _, k := range known {
		if n := distance(word, k); n < dist {
			best, dist = k, n
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	sorted := slices.Sorted(slices.Values(known))
	return "; known here: " + strings.Join(sorted, ", ")
}

// distance is the edit distance that counts an exchange of neighbours as one
// (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
