package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// maxColumns bounds the columns of a table that are looked at.
const maxColumns = 8

// State is what one chunk must know of the chunk before. States compare with ==,
// so that a chunk scanned on a guess can be told from one that must be scanned
// again.
type State struct {
	pem    pemState
	block  block
	table  table
	frames frames

	members bool  // of a zone or alias are listed below it
	unique  uint8 // lines for which the UUID of an object counts as beside its name
}

type pemState uint8

const (
	pemNone pemState = iota
	pemSecret
	pemPublic
)

// block is a secret that goes on below its key.
type block struct {
	on     bool
	next   bool // only the next line, wherever it begins (a continued command)
	quoted byte // the next line up to this quote
	marked bool // the next line behind a mark of continuation, if it has one
	indent int  // of the key; the block ends at a line not deeper
}

// table is a header seen, whose columns name what stands below.
type table struct {
	n       uint8
	delim   byte  // 0 for columns by place
	gaps    uint8 // between the titles of columns by place
	pending bool  // the titles need an underline to be believed
	width   uint16
	cols    [maxColumns]column
}

type column struct {
	at   uint16 // place, or number of the field
	end  uint16 // of the title
	prev uint16 // end of the title before it
	kind pseudonym.Kind
	rule int16
}

// pairing remembers the last name or value of a pair such as
// {"name": "DB_PASSWORD", "value": "x"}, in either order.
type pairing struct {
	rule  int16 // of the name seen
	named int   // where it stood

	key    byte // how the key of the name begins, and how long it is
	keyLen int
	value  span // the value seen
	at     int  // where it stood
}

// pairReach is how far apart the two halves of a pair may stand.
const pairReach = 400

// namePair deals with a key that holds the name of another: name, key, id.
func (s *Scanner) namePair(lo, hi int) {
	g, ok := s.separator(hi)
	if !ok || g.value >= s.hi {
		return
	}
	b := s.buf
	if g.sep == '>' && lo > s.lo && b[lo-1] == '/' {
		return // the end of an element
	}
	if g.quote == 0 && !g.keyed && hi-lo == len("name") && lower(b[lo]) == 'n' && g.sep != '>' && s.nameInText(g, lo, hi) || g.sep == ' ' {
		return
	}
	end := s.hi
	switch {
	case g.quote != 0:
		end, _ = s.closing(g)
	case g.sep == '>':
		if i := bytes.IndexByte(b[g.value:s.hi], '<'); i >= 0 {
			end = g.value + i
		}
	default:
		end = s.bareEnd(lo, g, b[lo:hi])
	}
	switch lower(b[lo]) {
	case 'c':
		if kind := componentKind(b[max(s.lo, lo-typeReach):lo]); kind != pseudonym.None && g.quote != 0 {
			s.parentName(g, end, kind)
		}
		return
	case 'v', 'd':
		s.pairValue(g, end)
		return
	case 'l':
		if g.quote != 0 && g.keyed {
			s.nameInObject(g, lo, hi, end)
		}
		return
	case 'u':
		if g.keyed && isUUID(b[g.value:end]) {
			s.st.unique = 2
		}
		return
	}
	named := lower(b[lo]) == 'n' && s.nameInObject(g, lo, hi, end)
	if end-g.value > 64 {
		return
	}
	if !named && g.quote != 0 && g.keyed && hi-lo == len("name") && lower(b[lo]) == 'n' && (s.st.unique > 0 || uuidAhead(b[end:s.hi])) {
		s.uniqueName(g.value, end)
	}
	rule := s.keyRule(b[g.value:end])
	if rule < 0 {
		if s.near.key == b[lo] && hi-lo == s.near.keyLen {
			s.near.named = 0 // another pair has begun
		}
		return
	}
	kind := s.k.kind(rule)
	if kind != pseudonym.Secret && (end-g.value < 3 || s.k.Common(strings.ToLower(string(b[g.value:end]))) && kind != pseudonym.User && kind != pseudonym.Host) {
		return
	}
	s.near.rule, s.near.named, s.near.key, s.near.keyLen = rule, g.value, b[lo], hi-lo
	if v := s.near.value; v.hi > v.lo && v.hi <= g.value && g.value-s.near.at < pairReach && bytes.IndexByte(b[v.hi:g.value], '}') < 0 {
		s.pairFinding(v, rule)
	}
	if g.quote == 0 || end+1 >= s.hi {
		return
	}
	if open := bytes.IndexAny(b[end+1:s.hi], "<>"); open >= 0 && b[end+1+open] == '>' { // <entry key="password">x</entry>
		from := end + 1 + open + 1
		if i := bytes.IndexByte(b[from:s.hi], '<'); i > 0 {
			s.pairFinding(span{from, from + i}, rule)
		}
	}
}

// componentKind is what an alert is about, by the type of the component it says before
// its name: "component_type":"volume","component_name":.
func componentKind(b []byte) pseudonym.Kind {
	i := bytes.LastIndex(b, []byte("_type"))
	if i < 0 {
		return pseudonym.None
	}
	word := bytes.TrimLeft(b[i+len("_type"):], `\": `)
	n := 0
	for n < len(word) && class[word[n]] != 0 {
		n++
	}
	return KindOfFile(string(word[:n]) + "s")
}

// typeReach is how far before a name the type of its object may stand.
const typeReach = 48

// typeBefore is what an object is that says so before its name: "type":"user","name":.
func typeBefore(b []byte) pseudonym.Kind {
	b = bytes.TrimRight(b, `\"`)
	b = bytes.TrimRight(b, " ")
	rest, ok := bytes.CutSuffix(b, []byte{','})
	i := bytes.LastIndex(rest, []byte(`"type`))
	if !ok || i < 0 {
		return pseudonym.None
	}
	switch value := string(bytes.Trim(rest[i+len(`"type`):], `\": `)); strings.ToLower(value) {
	case "user", "account":
		return pseudonym.User
	case "host", "server", "virtualmachine", "node":
		return pseudonym.Host
	case "volume":
		return pseudonym.Volume
	}
	return pseudonym.None
}

// uuidAhead tells the key of a UUID right behind a name.
func uuidAhead(b []byte) bool {
	return bytes.HasPrefix(b, []byte(`","uuid":`)) || bytes.HasPrefix(b, []byte(`", "uuid":`))
}

// uniqueName emits the name of an object that has a UUID beside it, as the interfaces
// of arrays and hypervisors write what a site has made.
func (s *Scanner) uniqueName(lo, end int) {
	w := s.buf[lo:end]
	if name := s.fold(w); len(w) > 3 && nameShape(w) && nameEnd(w, 0, len(w)) == len(w) && !isUUID(w) && bytes.IndexByte(w, '.') < 0 && !s.wordy(name) && !s.staysName(name) && !looksLikeValue(w) {
		s.parts(lo, end, pseudonym.Name, "name", name)
	}
}

// pairValue deals with the value half.
func (s *Scanner) pairValue(g gap, end int) {
	s.near.value, s.near.at = span{g.value, end}, g.value
	if s.near.named > 0 && g.value-s.near.named < pairReach && bytes.IndexByte(s.buf[s.near.named:g.value], '}') < 0 {
		s.pairFinding(s.near.value, s.near.rule)
	}
}

func (s *Scanner) pairFinding(v span, rule int16) {
	w := s.buf[v.lo:v.hi]
	kind := s.k.kind(rule)
	g := gap{value: v.lo, sep: ':', quote: '"', keyed: true}
	if kind == pseudonym.Secret {
		if secretLike(w, g, []byte("password")) {
			s.out = append(s.out, Finding{Start: v.lo, End: v.hi, Kind: kind, Rule: s.k.rules[rule].ID, Learn: learnable(w)})
		}
		return
	}
	if kind == pseudonym.User && personLike(w) && bytes.IndexByte(w, ' ') > 0 && bytes.IndexByte(w, '\\') < 0 {
		s.learn(v.lo, v.hi, pseudonym.Person, s.k.rules[rule].ID)
		return
	}
	if !freeText(kind) && kind != pseudonym.IPv4 {
		s.nameAt(v.lo, v.hi, kind, s.k.rules[rule].ID, g)
	}
}

// parentName emits the name of an object whose key or file says what it is.
func (s *Scanner) parentName(g gap, end int, kind pseudonym.Kind) {
	if v := s.buf[g.value:end]; kind == pseudonym.User && bytes.Count(v, []byte{' '}) == 1 && personLike(v) && !s.k.Common(s.fold(v[:bytes.IndexByte(v, ' ')])) {
		s.learn(g.value, end, pseudonym.Person, "person")
		return
	}
	if kind == pseudonym.Secret || kind == pseudonym.MAC || kind == pseudonym.WWN || kind == pseudonym.IPv4 || freeText(kind) || bytes.IndexByte(s.buf[g.value:end], ' ') >= 0 {
		return
	}
	rule := kind.String()
	s.nameAt(g.value, end, kind, rule, gap{value: g.value, sep: ':', quote: g.quote, keyed: true})
}

// closeLine keeps what the next line must know of the one at hand.
func (s *Scanner) closeLine() {
	if s.st.unique > 0 {
		s.st.unique--
	}
	s.closeFrames()
}

// metric says what the name label of an exporter's line is a name of.
func (s *Scanner) metric() {
	b := s.buf[s.lo:s.hi]
	if len(b) < 10 || b[0] != 'p' || string(b[:5]) != "puref" || b[6] != '_' {
		return
	}
	word, _, _ := strings.Cut(string(b[7:min(len(b), 40)]), "_")
	switch word {
	case "volume", "host", "pod", "directory", "bucket", "file", "array":
		s.enter(frame{kind: metricKinds[word]}, s.lo, false)
	}
}

var metricKinds = map[string]pseudonym.Kind{
	"volume": pseudonym.Volume, "host": pseudonym.Host, "pod": pseudonym.Pod, "directory": pseudonym.FileSystem,
	"bucket": pseudonym.Volume, "file": pseudonym.FileSystem, "array": pseudonym.Array,
}

// KindOfFile says what the bare names in a file are, told by the file's own
// name: the items of volumes.json are volumes.
func KindOfFile(name string) pseudonym.Kind {
	base := strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	base, _, _ = strings.Cut(base, ".")
	for _, k := range []struct {
		stem string
		kind pseudonym.Kind
	}{
		{"host_groups", pseudonym.Group},
		{"host-groups", pseudonym.Group},
		{"hosts", pseudonym.Host},
		{"volume_groups", pseudonym.Volume},
		{"volume-groups", pseudonym.Volume},
		{"volumes", pseudonym.Volume},
		{"volume", pseudonym.Volume},
		{"pods", pseudonym.Pod},
		{"pod", pseudonym.Pod},
		{"arrays", pseudonym.Array},
		{"filesystems", pseudonym.FileSystem},
		{"file-systems", pseudonym.FileSystem},
		{"file_systems", pseudonym.FileSystem},
		{"directories", pseudonym.FileSystem},
		{"buckets", pseudonym.Volume},
		{"object_store_accounts", pseudonym.User},
		{"nfs_export_policies", pseudonym.FileSystem},
		{"protection-groups", pseudonym.Volume},
		{"protection_groups", pseudonym.Volume},
		{"admins", pseudonym.User},
		{"array_", pseudonym.Array},
		{"array-", pseudonym.Array},
	} {
		if strings.HasPrefix(base, k.stem) {
			return k.kind
		}
	}
	return pseudonym.None
}

// pendSecret begins a block when a secret's key ends its line.
func (s *Scanner) pendSecret(lo, hi int, g gap, option bool) {
	if g.sep == ':' && g.quote == 0 && s.beginsLine(lo) && !g.keyed {
		s.pendBlock(lo)
	}
}

func (s *Scanner) pendBlock(lo int) {
	s.st.block = block{on: true, indent: s.indent(lo)}
}

// indent is the column of a key, list dashes before it counted as space.
func (s *Scanner) indent(lo int) int { return lo - s.lo }

// multiline deals with lines inside a PEM block or a secret that goes on below
// its key. It reports whether the line is done with.
func (s *Scanner) multiline() bool {
	if s.pem() {
		return true
	}
	if !s.st.block.on {
		return false
	}
	b := s.buf[s.lo:s.hi]
	depth := 0
	for depth < len(b) && isSpace(b[depth]) {
		depth++
	}
	if depth == len(b) {
		return false
	}
	if s.st.block.marked || s.st.block.quoted != 0 {
		s.goesOn()
		return false
	}
	if s.st.block.next {
		s.st.block = block{}
		end := depth
		for end < len(b) && !isSpace(b[end]) {
			end++
		}
		s.learn(s.lo+depth, s.lo+end, pseudonym.Secret, "secret")
		return false
	}
	listed := b[depth] == '-' && depth+1 < len(b) && isSpace(b[depth+1])
	if depth <= s.st.block.indent && !(listed && depth == s.st.block.indent) {
		s.st.block = block{}
		return false
	}
	from := depth
	if listed {
		for from++; from < len(b) && isSpace(b[from]); from++ {
		}
	}
	if !listed && keyAhead(b[depth:]) {
		s.st.block = block{} // a mapping below: its keys speak for themselves
		return false
	}
	v := b[from:]
	if q := v[0]; len(v) > 2 && (q == '"' || q == '\'') && v[len(v)-1] == q {
		from++
		v = v[1 : len(v)-1]
	}
	if string(v) != Mask {
		s.out = append(s.out, Finding{Start: s.lo + from, End: s.lo + from + len(v), Kind: pseudonym.Secret, Rule: "secret", Learn: learnable(v)})
	}
	return true
}

// keyAhead reports whether a line begins with "key: ".
func keyAhead(b []byte) bool {
	i := 0
	for i < len(b) && (class[b[i]]&(fLetter|fDigit|fDash|fUnder|fDot) != 0) {
		i++
	}
	return i > 0 && i < len(b) && b[i] == ':' && (i+1 == len(b) || isSpace(b[i+1]))
}

// continuations mark a record that was cut where lines may not be longer.
var continuations = [][]byte{[]byte("continued]"), []byte("continued)"), []byte("continuation]"), []byte("cont'd]"), []byte("(cont.)")}

// goesOn deals with the rest of a secret that was cut at the end of the line
// before: behind a mark of continuation, or up to the quote that was left open.
func (s *Scanner) goesOn() {
	b, was := s.buf[s.lo:s.hi], s.st.block
	s.st.block = block{}
	from, end := 0, -1
	head := b[:min(len(b), 300)]
	for _, m := range continuations {
		if i := bytes.Index(head, m); i >= 0 {
			from = i + len(m)
			for from < len(b) && (isSpace(b[from]) || b[from] == ':') {
				from++
			}
			end = from
			for end < len(b) && !isSpace(b[end]) && b[end] != '"' {
				end++
			}
			break
		}
	}
	if was.quoted != 0 && end < 0 {
		for from < len(b) && isSpace(b[from]) {
			from++
		}
		if i := bytes.IndexByte(b[from:], was.quoted); i > 0 && i < 200 && bytes.IndexByte(b[from:from+i], '=') < 0 && bytes.Count(b[from:from+i], []byte{' '}) < 3 {
			end = from + i
		}
	}
	if end > from && string(b[from:end]) != Mask {
		s.emit(s.lo+from, s.lo+end, pseudonym.Secret, "secret")
	}
}

// mayGoOn remembers a secret that the end of the line may have cut.
func (s *Scanner) mayGoOn() {
	if len(s.out) == 0 || s.st.block.on {
		return
	}
	f := s.out[len(s.out)-1]
	if f.End == s.hi && f.Kind == pseudonym.Secret && f.Form == Plain && f.Start >= s.lo && s.st.pem == pemNone {
		s.st.block = block{on: true, marked: true}
	}
}
