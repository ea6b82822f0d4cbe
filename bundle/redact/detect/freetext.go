package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with values of several words: people, places, companies, numbers of
// telephones.

// pathLike tells paths and addresses of pages from names of people and places.
func pathLike(v []byte) bool {
	return bytes.IndexByte(v, '/') >= 0 && bytes.IndexByte(v, ' ') < 0 || bytes.IndexByte(v, '\\') >= 0 || bytes.Contains(v, []byte("://"))
}

// freeText reports whether values of a kind may hold spaces.
func freeText(k pseudonym.Kind) bool {
	return k == pseudonym.Person || k == pseudonym.Org || k == pseudonym.Phone
}

// freeValue emits values that may be several words: people, places, companies.
func (s *Scanner) freeValue(g gap, kind pseudonym.Kind, id string) int {
	b := s.buf
	end := s.hi
	switch {
	case g.quote != 0:
		end, _ = s.closing(g)
	case kind == pseudonym.Person && s.disk(g.value):
		return 0
	case g.sep == '>':
		if i := bytes.IndexByte(b[g.value:s.hi], '<'); i >= 0 {
			end = g.value + i
		}
	default:
		for _, stop := range []string{", ", "; ", "  ", "\t", " (", " <", " |", "&", "\",", "}"} {
			if i := bytes.Index(b[g.value:end], []byte(stop)); i >= 0 {
				end = g.value + i
			}
		}
		if g.sep == '=' {
			for i := g.value; i < end; i++ {
				if isSpace(b[i]) && s.anotherKey(i) {
					end = i
				}
			}
		}
	}
	for i := g.value; g.quote == 0 && i < end; i++ {
		if b[i] == ',' && i+1 < end && !isSpace(b[i+1]) && s.anotherKeyOf(i+1) {
			end = i
		}
	}
	if i := bytes.IndexByte(b[g.value:end], ')'); i >= 0 && bytes.IndexByte(b[g.value:g.value+i], '(') < 0 {
		end = g.value + i
	}
	v := bytes.TrimSpace(b[g.value:end])
	end = g.value + len(bytes.TrimRight(b[g.value:end], " \t"))
	folded := strings.ToLower(string(v))
	if len(v) < 2 || emptyValues.has(folded) || kind != pseudonym.Phone && s.staysName(folded) || bytes.IndexByte(v, '@') >= 0 && bytes.IndexByte(v, ' ') < 0 ||
		kind != pseudonym.Phone && pathLike(v) || b[g.value] == '/' || b[g.value] == '{' || b[g.value] == '[' || b[g.value] == '<' || b[g.value] == '\\' {
		return 0
	}
	switch kind {
	case pseudonym.Phone:
		digits := 0
		for _, c := range v {
			if isDigit(c) {
				digits++
			} else if class[c]&fLetter != 0 {
				return 0
			}
		}
		if digits < 5 {
			return 0
		}
	case pseudonym.Person:
		if i := bytes.LastIndexByte(v, ' '); isDigit(v[0]) || i > 0 && class[v[i+1:][0]]&fLower != 0 && s.k.Common(folded[i+1:]) {
			return 0 // a time, a sentence
		}
		if !personLike(v) && g.quote == 0 && hasDigit(v) && g.sep == '=' || !personLike(v) && (g.sep == ':' && g.quote == 0 && bytes.IndexByte(v, ' ') > 0 || s.k.Common(folded)) || looksLikeValue(v) {
			return 0
		}
	case pseudonym.Org:
		if g.quote == 0 && g.sep == ':' && !s.beginsLine(g.value-2) && class[v[0]]&fUpper == 0 || looksLikeValue(v) || slotPath(v) || ofMachine(v, folded) || ofPart(folded) || constant(v) || signers.has(folded) || s.k.Common(folded) && !(g.quote != 0 && upperCase(v)) {
			return 0
		}
	}
	learn := kind == pseudonym.Person && bytes.IndexByte(v, ' ') > 0 && !s.titleWords(v) || kind == pseudonym.Org && (bytes.IndexByte(v, ' ') > 0 && len(v) > 8)
	s.out = append(s.out, Finding{Start: g.value, End: end, Kind: kind, Rule: id, Learn: learn})
	return end
}

// anotherKeyOf reports whether a key of one or two words and its colon or equals sign
// follow, as in records whose fields a comma ends: Location: Paris,User Name: x.
func (s *Scanner) anotherKeyOf(i int) bool {
	b := s.buf
	for words := 0; words < 3; words++ {
		from := i
		for i < s.hi && class[b[i]]&fWord != 0 {
			i++
		}
		if i == from || i >= s.hi {
			return false
		}
		if b[i] == '=' || b[i] == ':' && i+1 < s.hi && isSpace(b[i+1]) {
			return true
		}
		if b[i] != ' ' {
			return false
		}
		i++
	}
	return false
}

// ofMachine tells the place of a part within its machine from a place on a map: CL1-A,
// director_DF-1D.
func ofMachine(v []byte, folded string) bool {
	return strings.HasSuffix(folded, "motherboard") || len(v) < 6 && hasDigit(v) && upperName(v) && bytes.IndexByte(v, ' ') < 0 || joinedName(v) && partWords.has(folded[:strings.IndexAny(folded, "-_")])
}

// ofPart tells the place of a part of a machine by a word for one in it: Controller A,
// port 2; B3_ISCSI.
func ofPart(folded string) bool {
	for word := range strings.FieldsFuncSeq(folded, func(r rune) bool { return r < 'a' || r > 'z' }) {
		if parts.has(word) {
			return true
		}
	}
	return false
}

// constant tells names of functions and constants, and numbers that tell an object
// apart, from places and companies: do_syscall_64, QUERY_STRING.
func constant(v []byte) bool {
	f := flagsOf(v)
	if f&(fAlpha|fDash|fDot|fHigh) == 0 && len(v) >= 16 && hexOnly(v) {
		return true
	}
	return f&fUnder != 0 && f&(fDash|fDot|fHigh) == 0 && nameEnd(v, 0, len(v)) == len(v) && (f&fUpper == 0 || f&fLower == 0 && f&fDigit == 0 || v[0] == '_')
}

// personLike asks for words that begin with capitals.
func personLike(v []byte) bool {
	words := 0
	for w := range bytes.FieldsSeq(v) {
		if class[w[0]]&(fUpper|fHigh) == 0 || hasDigit(w) {
			return false
		}
		words++
	}
	return words >= 1 && words <= 5 && !bytes.HasPrefix(v, []byte("Windows "))
}

// slotPath tells the place of a part, 0/FT2 or 0/0/CPU0, from a place.
func slotPath(v []byte) bool {
	return isDigit(v[0]) && bytes.IndexByte(v, '/') > 0 && bytes.IndexByte(v, ' ') < 0
}
