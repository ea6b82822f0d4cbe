package detect

import (
	"bytes"
	"strings"
)

// This file deals with what stands between a key and its value, and where the value
// ends.

// gap is what stands between a key and its value.
type gap struct {
	value int  // where the value begins
	sep   byte // '=', ':', '>' for XML content, '"' for a quoted word beside, ' '
	quote byte // that encloses the value, or 0
	slant int  // backslashes before that quote
	keyed bool // the key itself stood in quotes
	prose bool // the value begins a sentence
}

// separator reads what follows a key.
func (s *Scanner) separator(hi int) (gap, bool) {
	b, i := s.buf, hi
	g := gap{}
	i = s.seeThrough(i)
	for i < s.hi && b[i] == '\\' {
		i++
	}
	if i < s.hi && (b[i] == '"' || b[i] == '\'') {
		g.keyed = true
		i++
	}
	if i < s.hi && b[i] == ']' {
		i++
	}
	i = s.qualifier(i)
	spaces := i
	for i < s.hi && (isSpace(b[i]) || b[i] == '.' && i+1 < s.hi && (b[i+1] == '.' || isSpace(b[i+1]))) {
		i++
	}
	i = s.seeThrough(i)
	if i+1 < s.hi && b[i] == '#' && (b[i+1] == ':' || isSpace(b[i+1])) { // or Serial#  : X
		for i++; i < s.hi && isSpace(b[i]); i++ { // Serial #: X
		}
	}
	switch {
	case i < s.hi && (b[i] == '=' || b[i] == ':'):
		g.sep = b[i]
		i++
		if i < s.hi && g.sep == ':' && b[i] == ':' {
			if i+1 == s.hi || b[i+1] != ' ' || hi == s.lo {
				return g, false // scope::name
			}
			i++ // a value in base64, as LDIF writes it
		}
		for i < s.hi && (b[i] == '=' || b[i] == '>') {
			i++
		}
	case i > spaces && i+11 < s.hi && b[i] == ',' && string(b[i:i+11]) == ", String , ":
		g.sep = '=' // as agents of SAP write it
		i += len(", String ,")
	case i < s.hi && b[i] == '-' && i+1 < s.hi && b[i+1] == '>':
		g.sep = '='
		i += 2
	case i < s.hi && b[i] == '>' && i == hi:
		g.sep = '>'
		for i++; i < s.hi && b[i] == ' '; i++ {
		}
		g.value = i
		return g, i < s.hi
	case i-spaces > 3 && i < s.hi && bytes.Contains(b[spaces:i], []byte("...")), i > spaces && i < s.hi && b[i] == '|' && s.cellKey(spaces):
		g.sep = ':' // a key and its value apart by dots, or in two cells
		if b[i] == '|' || b[i] == '.' {
			i++
		}
	case i > spaces:
		g.sep = ' '
	default:
		return g, false
	}
	apart := i
	for i < s.hi && isSpace(b[i]) {
		i++
	}
	if g.sep == '=' && i+8 < s.hi && b[i] == 'S' && string(b[i:i+8]) == "STRING: " {
		i += 8 // the type of a value of SNMP
	} else if i > apart && g.sep == '=' && s.anotherKey(i) && apart < s.hi && i < s.hi {
		return g, false // an empty value before the next key
	}
	i = s.seeThrough(i)
	slash := i
	for i < s.hi && b[i] == '\\' {
		i++
	}
	if i < s.hi && (b[i] == '"' || b[i] == '\'' || b[i] == '`') {
		g.quote, g.slant = b[i], i-slash
		i++
	} else {
		i = slash
	}
	g.value = i
	return g, true
}

// qualifier jumps over what a key adds of itself in brackets before its colon:
// Serial Number (system): X, name-label ( RW): X.
func (s *Scanner) qualifier(at int) int {
	b, i := s.buf, at
	if i < s.hi && b[i] == ' ' {
		i++
	}
	if i >= s.hi || b[i] != '(' {
		return at
	}
	for i++; i < s.hi && i-at < 16 && (class[b[i]]&fLetter != 0 || b[i] == ' ' || b[i] == '/'); i++ {
	}
	end := i + 1
	if i >= s.hi || b[i] != ')' {
		return at
	}
	for i = end; i < s.hi && b[i] == ' '; i++ {
	}
	if i < s.hi && (b[i] == ':' || b[i] == '=') {
		return end
	}
	return at
}

// cellKey tells a key in a table of two cells: | Serial Number | X |.
func (s *Scanner) cellKey(at int) bool {
	line := s.buf[s.lo:s.hi]
	i := leading(line)
	if at := at - s.lo; at+1 < len(line) && i > 0 && line[i] != '|' && bytes.Count(line, []byte{'|'}) == 1 && bytes.HasPrefix(bytes.TrimLeft(line[at:], " "), []byte("| ")) {
		return true //  Service Tag | 7XQ1138
	}
	return i < len(line) && line[i] == '|' && bytes.Count(line, []byte{'|'}) == 3 && bytes.IndexByte(line[i+1:at-s.lo], '|') < 0
}

// seeThrough jumps over terminal colours.
func (s *Scanner) seeThrough(i int) int {
	for i < s.hi && s.buf[i] == 0x1b {
		n := s.skipANSI(i)
		if n <= i {
			break
		}
		i = n
	}
	return i
}

// closing finds the quote that ends a value: the same quote behind the same
// number of backslashes, or the end of the line.
func (s *Scanner) closing(g gap) (end int, closed bool) {
	b := s.buf
	for i := g.value; i < s.hi; i++ {
		if b[i] != g.quote {
			continue
		}
		n := 0
		for i-n-1 >= g.value && b[i-n-1] == '\\' {
			n++
		}
		if n == g.slant || g.slant == 0 && n%2 == 0 || g.slant > 0 && n < g.slant {
			return i - min(n, g.slant), true
		}
		if g.quote == '\'' && g.slant == 0 && n > 0 && (i+1 == s.hi || !isAlnum(b[i+1])) {
			return i, true // no escapes inside single quotes, as shells have it
		}
	}
	return s.hi, false
}

// bareEnd finds where a value without quotes ends. A key that begins its line
// with a colon behind it (YAML, headers) has the rest of the line; any other
// value ends at a space or at what ends an item of its surroundings.
func (s *Scanner) bareEnd(lo int, g gap, key []byte) int {
	b := s.buf
	rest := b[g.value:s.hi]
	if g.sep == ':' && !g.keyed && s.beginsLine(lo) && !bytes.Contains(rest, []byte(", ")) && !bytes.Contains(rest, []byte("; ")) {
		end := s.hi
		if i := bytes.Index(rest, []byte(" #")); i > 0 {
			end = g.value + i
		}
		for end > g.value && isSpace(b[end-1]) {
			end--
		}
		return end
	}
	if fold := strings.ToLower(string(key)); fold == "cookie" || fold == "set-cookie" {
		for i := g.value; i < s.hi; i++ {
			if b[i] == '"' || b[i] == '\'' {
				return i
			}
		}
		return s.hi
	}
	stop := " \t\"'"
	query := lo > s.lo && (b[lo-1] == '?' || b[lo-1] == '&' || b[lo-1] == ';')
	switch {
	case query:
		stop += "&;#"
		if b[lo-1] == ';' {
			stop += "?" // of a path, before the query
		}
	case g.keyed:
		stop += ",}]"
	}
	end := g.value
	for end < s.hi && strings.IndexByte(stop, b[end]) < 0 && b[end] != 0x1b {
		if (b[end] == '&' || b[end] == ';' || b[end] == ',' || b[end] == '|' || b[end] == '^') && s.anotherKey(end+1) {
			break
		}
		if b[end] == '\\' && end+1 < s.hi && (b[end+1] == '"' || b[end+1] == 'n' && (end+2 == s.hi || b[end+2] != '\'') && g.keyed) {
			break
		}
		end++
	}
	for end > g.value && strings.IndexByte(",;)]}>", b[end-1]) >= 0 && bytes.IndexByte(b[g.value:end], opening(b[end-1])) < 0 {
		end--
	}
	if end-g.value > 1 && b[end-1] == '.' && end == s.hi {
		end--
	}
	return end
}

func opening(c byte) byte {
	switch c {
	case ')':
		return '('
	case ']':
		return '['
	case '}':
		return '{'
	case '>':
		return '<'
	}
	return 0
}

// anotherKey reports whether key= or key: or nothing follows, so that a ; or , or & before it
// ends an item.
func (s *Scanner) anotherKey(i int) bool {
	b := s.buf
	for i < s.hi && isSpace(b[i]) {
		i++
	}
	if i == s.hi {
		return true
	}
	from := i
	for i < s.hi && class[b[i]] != 0 {
		i++
	}
	return i > from && i < s.hi && (b[i] == '=' || b[i] == ':' && i+1 < s.hi && isSpace(b[i+1]))
}

// beginsLine reports whether only space, a list dash or a comment mark stands
// before a key on its line.
func (s *Scanner) beginsLine(lo int) bool {
	for _, c := range s.buf[s.lo:lo] {
		if !isSpace(c) && c != '-' && c != '#' && c != '/' && c != '<' && c != '>' && c != '"' && c != '\'' {
			return false
		}
	}
	return true
}
