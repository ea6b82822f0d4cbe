package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with what a bare name is a name of: it is told by the key of the
// object or list in which it stands, which can be many lines above.

// maxFrames bounds the objects within objects that are remembered. Those further in
// count as parts of the last.
const maxFrames = 8

// frames are the objects and lists with a telling key that are open, the innermost last.
type frames struct {
	n   uint8
	all [maxFrames]frame
}

// frame is one of them.
type frame struct {
	kind  pseudonym.Kind // of the names in it, None for those that stay
	stays bool           // the names in it stay: a list of parts
	many  bool           // it is a list
	block bool           // it is told by indentation
	depth uint16         // brackets of it that are open, or the column of its key
	item  uint16         // the column of what a block holds, once it is known
}

// maxBrackets is how many brackets are counted. No inventory has so many: what was read
// of the nesting is forgotten.
const maxBrackets = 1<<16 - 1

// nesting is up to where the brackets of a line were counted.
type nesting struct {
	line   int   // where the line begins for which the rest holds, or -1
	at     int   // up to where it was read
	quoted bool  // the place is within a string
	text   bool  // objects in that string are counted
	base   uint8 // frames that were open where it begins
}

// top is the innermost frame, or nil.
func (s *Scanner) top() *frame {
	if s.st.frames.n == 0 {
		return nil
	}
	return &s.st.frames.all[s.st.frames.n-1]
}

// leave forgets the innermost frame. States that mean the same are equal.
func (s *Scanner) leave() {
	f := &s.st.frames
	f.n--
	f.all[f.n] = frame{}
}

// enter remembers a frame that begins at a place of the line at hand; escaped tells that
// it lies within a string, as JSON in JSON does.
func (s *Scanner) enter(f frame, at int, escaped bool) {
	if t := s.top(); t != nil && !t.block {
		s.nested(at)
	}
	w := &s.within
	if t := s.top(); t == nil || t.block {
		*w = nesting{line: s.lo, at: at} // what the line held before encloses no longer
	}
	if escaped && !w.text || w.quoted {
		w.quoted, w.text, w.base = false, true, s.st.frames.n
	}
	if n := s.st.frames.n; n < maxFrames {
		s.st.frames.all[n] = f
		s.st.frames.n++
	}
}

// nested counts the brackets up to a place of the line at hand.
func (s *Scanner) nested(at int) {
	n := &s.within
	if n.line != s.lo {
		if n.line < 0 || n.at != s.lo {
			*n = nesting{at: s.lo} // else it goes on with a segment of a long line
		}
		n.line = s.lo
	}
	t := s.top()
	for ; n.at < at && t != nil && !t.block; n.at++ {
		c := s.buf[n.at]
		if !nests[c] {
			continue
		}
		switch {
		case c == '"' && (n.at == 0 || s.buf[n.at-1] != '\\'):
			if n.text {
				for n.text = false; s.st.frames.n > n.base; {
					s.leave()
				}
				t = s.top()
				continue
			}
			n.quoted = !n.quoted
		case n.quoted:
		case c == '{' || c == '[':
			if t.depth++; t.depth == maxBrackets {
				s.st.frames = frames{}
				return
			}
		case c == '}' || c == ']':
			if t.depth--; t.depth == 0 || t.depth == maxBrackets {
				s.leave()
				t = s.top()
			}
		}
	}
}

// nests are the bytes that nested looks at.
var nests = [256]bool{'"': true, '{': true, '[': true, '}': true, ']': true}

// enclosing is the frame a name at a place is the name of, rather than of a thing
// within it; framed tells that there is a frame at all.
func (s *Scanner) enclosing(lo int) (f *frame, framed bool) {
	if s.st.frames.n == 0 {
		return nil, false
	}
	s.nested(lo)
	t := s.top()
	switch {
	case t == nil:
		return nil, false
	case t.block:
		if keyColumn(s.buf[s.lo:lo]) == int(t.item) && t.item > 0 {
			return t, true
		}
	case t.depth == 1, t.depth == 2 && (t.many || t.kind == pseudonym.User): // user.target.name
		return t, true
	}
	return nil, true
}

// keyColumn is where what follows stands on its line, or -1 when more than space, a list
// dash and a quote or the bracket of an element stands before it.
func keyColumn(before []byte) int {
	n := len(before)
	for i, c := range before {
		if !isSpace(c) && c != '-' && (i < n-1 || c != '"' && c != '\'' && c != '<') {
			return -1
		}
	}
	if n > 0 && !isSpace(before[n-1]) && before[n-1] != '-' {
		n--
	}
	return n
}

// beginsFrame looks at the beginning of a line while frames are open: blocks end where
// the text is not indented further, and objects where the line is not of JSON.
func (s *Scanner) beginsFrame() {
	b := s.buf[s.lo:s.hi]
	n := leading(b)
	if n == len(b) {
		return
	}
	for t := s.top(); t != nil && t.block; t = s.top() {
		listed := b[n] == '-' && n+1 < len(b) && isSpace(b[n+1])
		if n > int(t.depth) || n == int(t.depth) && listed {
			if t.item == 0 {
				at := n
				for at < len(b) && (isSpace(b[at]) || b[at] == '-') {
					at++
				}
				t.item = uint16(min(at, maxBrackets))
			}
			return
		}
		s.leave()
	}
	if s.st.frames.n > 0 && !goesOnJSON(b[n:], n) {
		s.st.frames = frames{}
	}
}

// goesOnJSON reports whether a line within an object of JSON can begin so; at is its
// column.
func goesOnJSON(b []byte, at int) bool {
	switch c := b[0]; c {
	case '{':
		return at > 0 || len(b) == 1
	case '}', '[', ']', '"', '\'', ',', '-':
		return true
	case 't', 'f', 'n', 'T', 'F', 'N', 'u':
		return at > 0 && bytes.IndexByte(b, ' ') < 0
	default:
		return isDigit(c) && bytes.IndexByte(b, ' ') < 0
	}
}

// closeFrames counts the brackets of the line that is done.
func (s *Scanner) closeFrames() {
	if t := s.top(); t != nil && !t.block && (s.within.line == s.lo || bytes.ContainsAny(s.buf[s.lo:s.hi], "{}[]")) {
		s.nested(s.hi)
	}
}

// opens deals with a word that names what the object or list behind it holds.
func (s *Scanner) opens(lo, hi int) {
	if hi == s.hi || !keyEnds[s.buf[hi]] || s.element(lo, hi, pseudonym.None) {
		return
	}
	g, ok := s.separator(hi)
	if !ok || g.quote != 0 || g.sep != ':' && g.sep != '=' {
		return
	}
	if !s.openFrame(lo, g, frame{}) || g.value >= s.hi || s.buf[g.value] != '[' {
		return
	}
	if kind, _ := openedBy(s.buf[lo:hi]); kind != pseudonym.None {
		s.listed(g, func(item gap, end int) {
			if listedName(s.buf[item.value:end], kind) {
				s.parentName(item, end, kind)
			}
		})
	}
}

// listedName reports whether an item of a list is a name: no id that was made up, and no
// path.
func listedName(w []byte, kind pseudonym.Kind) bool {
	if n := len(w) - 36; n > 0 && isUUID(w[n:]) {
		return false
	}
	return nameShape(w) && nameEnd(w, 0, len(w)) == len(w) || kind == pseudonym.Volume && bytes.IndexByte(w, '/') > 1
}

// element opens a frame for an element of XML whose content is on the lines below, as
// blocks are. It reports whether the word is the name of an element.
func (s *Scanner) element(lo, hi int, kind pseudonym.Kind) bool {
	b := s.buf
	if hi == s.hi || b[hi] != '>' || lo == s.lo || b[lo-1] != '<' {
		return false
	}
	if at := keyColumn(b[s.lo:lo]); at >= 0 && hi+1 == s.hi {
		if k, ok := openedBy(b[lo:hi]); ok {
			kind = k
		}
		s.enter(frame{kind: kind, stays: kind == pseudonym.None, block: true, depth: uint16(min(at, maxBrackets))}, hi, false)
	}
	return true
}

// keyEnds are what stands right behind a key.
var keyEnds = [256]bool{'"': true, '\'': true, '\\': true, ':': true, '=': true, '>': true}

// opener reports whether a word names what objects and lists hold.
func opener(w []byte) bool {
	if !openTails.may(w) {
		return false
	}
	_, ok := openedBy(w)
	return ok
}

// openedBy says what the names are in what a key holds, told by the whole key or by what
// stands behind a separator or a hump in it: attached_volumes.
func openedBy(key []byte) (kind pseudonym.Kind, ok bool) {
	for i := range key {
		if i > 0 && !beginsPart(key, i) {
			continue
		}
		if kind, ok = openers[string(plainKey(key[i:]))]; ok && (i == 0 || !foldEqual(key[i:], "snapshot")) { // how anything was
			return kind, true
		}
	}
	return pseudonym.None, false
}

// beginsPart reports whether a part of a key begins at a place behind its first.
func beginsPart(key []byte, i int) bool {
	switch before := class[key[i-1]]; {
	case before&(fDash|fUnder) != 0:
		return true
	case class[key[i]]&fUpper == 0:
		return false
	default:
		return before&fUpper == 0 || i+1 < len(key) && class[key[i+1]]&fLower != 0 // nfsExports, NFSExports
	}
}

// openFrame opens a frame for the object, list or block behind a key, and reports
// whether there is one. What the key is known to hold goes before what f says.
func (s *Scanner) openFrame(lo int, g gap, f frame) bool {
	b := s.buf
	block := false
	switch {
	case g.value < s.hi && (b[g.value] == '{' || b[g.value] == '['):
		f.many = b[g.value] == '['
	case g.value >= s.hi && g.sep == ':' && !g.keyed && g.quote == 0 && keyColumn(b[s.lo:lo]) >= 0:
		block = true
	default:
		return false
	}
	end := lo
	for end < s.hi && class[b[end]] != 0 {
		end++
	}
	if k, ok := openedBy(b[lo:end]); ok {
		f.kind, f.stays = k, k == pseudonym.None
	}
	if block {
		if t := s.top(); t != nil && !t.block {
			return false
		}
		f.block, f.depth = true, uint16(min(keyColumn(b[s.lo:lo]), maxBrackets))
	}
	s.enter(f, g.value, g.keyed && lo > s.lo+1 && b[lo-2] == '\\')
	return true
}

// plainKey is a key folded, without what joins its words; nil when it is longer than
// those that tell something.
func plainKey(key []byte) []byte {
	if len(key) > longestPlain {
		return nil
	}
	out := make([]byte, 0, longestPlain)
	for _, c := range key {
		if class[c]&(fDash|fUnder) == 0 {
			out = append(out, lower(c))
		}
	}
	return out
}

const longestPlain = 32

// openers are keys of objects and lists, and what the names in them are; those of which
// the names stay have None.
var openers = func() map[string]pseudonym.Kind {
	m := map[string]pseudonym.Kind{}
	for kind, words := range map[pseudonym.Kind]string{
		pseudonym.Volume:     "volume lun virtualdisk vdisk snapshot volumegroup consistencygroup protectiongroup",
		pseudonym.Host:       "storagehost",
		pseudonym.Group:      "hostgroup hostset portgroup initiatorgroup igroup",
		pseudonym.FileSystem: "filesystem share export quotatree qtree",
		pseudonym.Array:      "storagearray storagesystem remotesystem",
		pseudonym.Name:       "storagepool poolgroup initiator",
		pseudonym.None: "port interface controller drive disk bay slot alert event metric field column container package service component fan powersupply sensor rule policy protocol module plugin" +
			" param parameter attribute properties label tag env action step job task trigger state feature license option setting header arg type classes method function image template chart dependency",
	} {
		for w := range bytes.FieldsSeq([]byte(words)) {
			if kind != pseudonym.None { // a part alone is told by what it holds
				m[string(w)] = kind
			}
			switch n := len(w); w[n-1] {
			case 's', 'x':
				m[string(w)] = kind
			case 'y':
				m[string(w[:n-1])+"ies"] = kind
			default:
				m[string(w)+"s"] = kind
			}
		}
	}
	return m
}()

// openTails are how openers end: most words are told from them by that.
var openTails = func() (t tailSet) {
	for w := range openers {
		t.add(w)
	}
	return t
}()
