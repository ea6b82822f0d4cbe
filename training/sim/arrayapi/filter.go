package arrayapi

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// A filter is a condition such as
//
//	state='open' and updated>=1700000000000
//	name=('vol1','vol2*') or not(flagged)
//
// Comparisons are = != < > <= >=; a text may hold '*' for any characters and is
// compared without case. A field without a comparison has to be true.

// expr is a condition over the fields of an item.
type expr interface {
	holds(item any) (bool, error)
}

type (
	bothOf   struct{ a, b expr }
	eitherOf struct{ a, b expr }
	negated  struct{ of expr }
	compared struct {
		field, op string
		values    []any // one, or several after = and !=
	}
)

func (e bothOf) holds(item any) (bool, error) {
	if ok, err := e.a.holds(item); err != nil || !ok {
		return false, err
	}
	return e.b.holds(item)
}

func (e eitherOf) holds(item any) (bool, error) {
	if ok, err := e.a.holds(item); err != nil || ok {
		return ok, err
	}
	return e.b.holds(item)
}

func (e negated) holds(item any) (bool, error) {
	ok, err := e.of.holds(item)
	return !ok, err
}

func (e compared) holds(item any) (bool, error) {
	have, ok := lookup(item, e.field)
	if !ok {
		return false, badFilter("Unknown field %q.", e.field)
	}
	if e.op == "!=" {
		for _, v := range e.values {
			if same(have, v) {
				return false, nil
			}
		}
		return true, nil
	}
	for _, v := range e.values {
		if e.one(have, v) {
			return true, nil
		}
	}
	return false, nil
}

func (e compared) one(have, want any) bool {
	if e.op == "=" {
		return same(have, want)
	}
	if have == nil {
		return false // what is not known is neither more nor less
	}
	d := order(have, want)
	switch e.op {
	case "<":
		return d < 0
	case "<=":
		return d <= 0
	case ">":
		return d > 0
	}
	return d >= 0
}

func same(have, want any) bool {
	h, hok := have.(string)
	w, wok := want.(string)
	if hok && wok {
		return glob(strings.ToLower(w), strings.ToLower(h))
	}
	if have == nil || want == nil {
		return have == want
	}
	return fmt.Sprint(have) == fmt.Sprint(want)
}

// glob matches a text against a pattern in which '*' is any run of characters.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(text, p)
		if i < 0 {
			return false
		}
		text = text[i+len(p):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// order compares two values of one kind; values of different kinds by kind,
// null first.
func order(a, b any) int {
	switch x := a.(type) {
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok {
			return strings.Compare(strconv.FormatBool(x), strconv.FormatBool(y))
		}
	}
	return cmp.Compare(rank(a), rank(b))
}

func rank(v any) int {
	switch v.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case float64:
		return 2
	case string:
		return 3
	}
	return 4
}

// badFilter is a mistake in a filter, worded as arrays word theirs.
func badFilter(format string, args ...any) error {
	return apiError{"filter", fmt.Sprintf(format, args...)}
}

// The longest filter and its deepest nesting.
const (
	maxFilter = 4096
	maxDepth  = 32
)

type filterParser struct {
	text  string
	at    int
	depth int
}

func parseFilter(text string) (expr, error) {
	if len(text) > maxFilter {
		return nil, badFilter("Invalid filter: longer than %d characters.", maxFilter)
	}
	p := &filterParser{text: text}
	e, err := p.either()
	if err == nil && p.peek() != "" {
		err = p.fail("an end")
	}
	return e, err
}

func (p *filterParser) fail(want string) error {
	return badFilter("Invalid filter: expected %s at character %d.", want, p.at+1)
}

func (p *filterParser) either() (expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, badFilter("Invalid filter: nested too deeply.")
	}
	defer func() { p.depth-- }()
	e, err := p.both()
	for err == nil && (p.word("or") || p.take("|")) {
		var b expr
		b, err = p.both()
		e = eitherOf{e, b}
	}
	return e, err
}

func (p *filterParser) both() (expr, error) {
	e, err := p.single()
	for err == nil && (p.word("and") || p.take("&")) {
		var b expr
		b, err = p.single()
		e = bothOf{e, b}
	}
	return e, err
}

func (p *filterParser) single() (expr, error) {
	switch {
	case p.word("not"):
		if p.depth++; p.depth > maxDepth {
			return nil, badFilter("Invalid filter: nested too deeply.")
		}
		defer func() { p.depth-- }()
		e, err := p.single()
		return negated{e}, err
	case p.take("("):
		e, err := p.either()
		if err == nil && !p.take(")") {
			err = p.fail("')'")
		}
		return e, err
	}
	field := p.name()
	if field == "" {
		return nil, p.fail("a field")
	}
	for _, op := range []string{"!=", ">=", "<=", "=", "<", ">"} {
		if p.take(op) {
			return p.values(field, op)
		}
	}
	return compared{field, "=", []any{true}}, nil
}

func (p *filterParser) values(field, op string) (expr, error) {
	if (op == "=" || op == "!=") && p.take("(") {
		c := compared{field, op, nil}
		for {
			v, err := p.value()
			if err != nil {
				return nil, err
			}
			c.values = append(c.values, v)
			if p.take(")") {
				return c, nil
			}
			if !p.take(",") {
				return nil, p.fail("',' or ')'")
			}
		}
	}
	v, err := p.value()
	return compared{field, op, []any{v}}, err
}

func (p *filterParser) value() (any, error) {
	p.space()
	if p.at < len(p.text) && (p.text[p.at] == '\'' || p.text[p.at] == '"') {
		end := strings.IndexByte(p.text[p.at+1:], p.text[p.at])
		if end < 0 {
			return nil, p.fail("a closing quote")
		}
		s := p.text[p.at+1 : p.at+1+end]
		p.at += end + 2
		return s, nil
	}
	w := p.name()
	switch w {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if n, err := strconv.ParseFloat(w, 64); err == nil {
		return n, nil
	}
	p.at -= len(w)
	return nil, p.fail("a quoted text, a number, true, false or null")
}

func (p *filterParser) space() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// peek is what is left, without leading spaces.
func (p *filterParser) peek() string { p.space(); return p.text[p.at:] }

func (p *filterParser) take(s string) bool {
	if !strings.HasPrefix(p.peek(), s) {
		return false
	}
	p.at += len(s)
	return true
}

// word takes a word that is not part of a longer name.
func (p *filterParser) word(w string) bool {
	rest := p.peek()
	if len(rest) < len(w) || !strings.EqualFold(rest[:len(w)], w) {
		return false
	}
	if len(rest) > len(w) && nameByte(rest[len(w)]) {
		return false
	}
	p.at += len(w)
	return true
}

// name takes a field name, or a bare number.
func (p *filterParser) name() string {
	rest := p.peek()
	n := 0
	for n < len(rest) && nameByte(rest[n]) {
		n++
	}
	p.at += n
	return rest[:n]
}

func nameByte(c byte) bool {
	return c == '_' || c == '.' || c == '-' || c == '+' ||
		(c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}
