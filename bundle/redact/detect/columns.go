package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with tables by place, as commands print them: titles apart by
// spaces, often underlined, and cells below them. A table ends at an empty line,
// or at a line that is no row: one without gaps, or a key and its value.

// columnHeader tells the line of titles. A title counts by the key rules, as a
// whole ("Serial number") or by a word of it. Titles that do not begin with
// capitals, or stand apart by single spaces, wait for an underline.
func (s *Scanner) columnHeader(b []byte) (table, bool) {
	t := table{pending: true}
	var spans [24]span
	n, gaps, capitals, words := 0, 0, 0, 0
	for i := 0; i < len(b); {
		if isSpace(b[i]) {
			i++
			continue
		}
		if n == len(spans) {
			return table{}, false
		}
		from := i
		for i < len(b) && !(isSpace(b[i]) && (i+1 >= len(b) || isSpace(b[i+1]) || b[i] == '\t')) {
			if isSpace(b[i]) {
				words++
			}
			i++
		}
		words++
		if class[b[from]]&fLower == 0 {
			capitals++
		}
		if i < len(b) {
			gaps++
		}
		spans[n] = span{from, i}
		n++
	}
	listed := n == 2 && words == 2 && foldEqual(b[spans[0].lo:spans[0].hi], "name") && foldEqual(b[spans[1].lo:spans[1].hi], "hosts")
	if words < 3 && !listed {
		return table{}, false
	}
	company, name := pseudonym.None, -1
	for i, c := range spans[:n] {
		had := t.n
		company, name = s.titlesIn(b, c, &t, company, name)
		for k := had; k < t.n && i > 0; k++ {
			t.cols[k].prev = uint16(spans[i-1].hi)
		}
	}
	if name >= 0 && company != pseudonym.None {
		t.put(column{at: uint16(name), end: uint16(name + 4), kind: company, rule: noRule})
	}
	if t.n == 0 {
		return table{}, false
	}
	for _, c := range spans[:n] {
		if kind := alongside(company, b[c.lo:c.hi]); name >= 0 && kind != pseudonym.None {
			t.put(column{at: uint16(c.lo), end: uint16(c.hi), kind: kind, rule: noRule})
		}
		if title := b[c.lo:c.hi]; versionTitle(title) {
			t.put(column{at: uint16(c.lo), end: uint16(c.hi), rule: versions})
		}
	}
	t.gaps = uint8(min(gaps, 255))
	if n < 4 && words > 3 && snakes(b) || words == 3 && capitals == n && name >= 0 && company == pseudonym.Host {
		t.gaps, t.pending = 1, false
		return t, true // the titles of an array's own commands, the members of a cluster
	}
	t.pending = !listed && (capitals < n && !(n > 3 && gaps > 2 && words <= n+1) || gaps < 2 && !upperCase(b))
	return t, true
}

// snakes reports whether a line holds only words in small letters, three of them at
// least of parts with an underscore between: node_id node_name stat_current.
func snakes(b []byte) bool {
	joined := 0
	for w := range bytes.FieldsSeq(b) {
		under := false
		for _, c := range w {
			switch f := class[c]; {
			case f&fUnder != 0:
				under = true
			case f&(fLower|fDigit) == 0 && f&fUpper == 0:
				return false
			}
		}
		if under {
			joined++
		}
	}
	return joined > 2 && bytes.Contains(b, []byte("   "))
}

// versions is the rule of columns of versions, below which no address stands.
const versions int16 = -3

// versionTitle tells the title of such a column.
func versionTitle(title []byte) bool {
	n := len(title)
	return n >= 7 && foldEqual(title[n-7:], "version") || n >= 8 && foldEqual(title[n-8:], "firmware") || n == 6 && foldEqual(title, "fw rev") || n == 7 && foldEqual(title, "release")
}

// titles reports quickly whether a line can be one of titles: no digits except
// behind letters, and no signs of other sorts of lines.
func titles(b []byte) bool {
	for i, c := range b {
		switch inTitles[c] {
		case never:
			if i > 0 || c != '!' {
				return false // but for the mark of a remark
			}
		case behindLetters:
			if i == 0 || class[b[i-1]]&(fLetter|fDigit) == 0 {
				return false
			}
		case notTwice:
			if i > 0 && b[i-1] == '.' {
				return false // a key and its value, apart by dots
			}
		}
	}
	return true
}

// Where a byte can stand in a line of titles.
const (
	anywhere = iota
	behindLetters
	notTwice
	never
)

var inTitles = func() (t [256]uint8) {
	for c := range 256 {
		switch b := byte(c); {
		case isDigit(b):
			t[c] = behindLetters
		case b == '.':
			t[c] = notTwice
		case strings.IndexByte(":=\"'{[<;!", b) >= 0, b >= 0x80, b < 0x20 && b != '\t':
			t[c] = never
		}
	}
	return t
}()

// upperCase reports whether a line has no small letters.
func upperCase(b []byte) bool {
	for _, c := range b {
		if class[c]&fLower != 0 {
			return false
		}
	}
	return true
}

// titlesIn finds the titles in one stretch of words without a gap.
func (s *Scanner) titlesIn(b []byte, c span, t *table, company pseudonym.Kind, name int) (pseudonym.Kind, int) {
	var words [12]span
	n := 0
	for i := c.lo; i < c.hi && n < len(words); {
		for i < c.hi && isSpace(b[i]) {
			i++
		}
		from := i
		for i < c.hi && !isSpace(b[i]) {
			i++
		}
		words[n] = span{from, i}
		n++
	}
	for i := 0; i < n; {
		took := 1
		most := min(3, n-i)
		if bytes.IndexByte(b[words[i].lo:words[i].hi], '_') > 0 {
			most = 1 // its words are joined already
		}
		for k := most; k > 0; k-- {
			lo, hi := words[i].lo, words[i+k-1].hi
			title := strings.ToLower(string(bytes.TrimRight(b[lo:hi], ".#: ")))
			if k == 1 {
				company = companyOf(title, company)
				if title == "name" && t.n == 0 && name < 0 && (lo == leading(b) && (n == 1 || i == 0) || company == pseudonym.Host || i == 1 && foldEqual(b[words[0].lo:words[0].hi], "id")) {
					name = lo
				}
			}
			if k == 1 && i+1 < n && counted.hasFolded(b[words[i+1].lo:words[i+1].hi]) {
				continue // Login Time, User Count
			}
			if kind, rule := s.titleKind(title, k, lo == leading(b)); kind != pseudonym.None {
				t.put(column{at: uint16(lo), end: uint16(hi), kind: kind, rule: rule})
				took = k
				break
			}
		}
		i += took
	}
	return company, name
}

// counted make a title of what is counted or timed of a thing rather than its name.
var counted = set("os time date count counts shell status state class at since type")

func leading(b []byte) int {
	for i, c := range b {
		if !isSpace(c) {
			return i
		}
	}
	return len(b)
}

// put adds a column and remembers where the title before it ends.
func (t *table) put(c column) {
	if int(t.n) == len(t.cols) {
		return
	}
	t.cols[t.n] = c
	t.n++
}

// companyOf says of what things a table speaks whose first title is only Name.
func companyOf(title string, have pseudonym.Kind) pseudonym.Kind {
	switch title {
	case "serial", "provisioned", "volumes", "lun", "capacity":
		return pseudonym.Volume
	case "property", "refer", "mountpoint":
		if have == pseudonym.None {
			return pseudonym.FileSystem // of datasets
		}
	case "size":
		if have == pseudonym.None {
			return pseudonym.Volume
		}
	case "wwn", "iqn", "nqn", "personality", "hgroup", "nodeid":
		return pseudonym.Host
	case "hosts":
		return pseudonym.Group
	case "mediator":
		return pseudonym.Pod
	case "cpuusage(%)", "memoryassigned(m)":
		return pseudonym.Host // what runs on a hypervisor
	case "vdisk_uid", "account":
		if have == pseudonym.None {
			return pseudonym.Volume
		}
	case "roles":
		if have == pseudonym.None {
			return pseudonym.Host // nodes of a cluster
		}
	case "locked":
		if have == pseudonym.None {
			return pseudonym.User
		}
	case "purity", "model":
		if have == pseudonym.None {
			return pseudonym.Array
		}
	}
	return have
}

// alongside is what stands below a title that names its cells only in a table of
// things of a kind: where volumes come from, the hosts of a group.
func alongside(company pseudonym.Kind, title []byte) pseudonym.Kind {
	switch {
	case company == pseudonym.Volume && foldEqual(title, "source"):
		return pseudonym.Volume
	case company == pseudonym.Group && foldEqual(title, "hosts"):
		return pseudonym.Host
	case foldEqual(title, "targets"):
		return pseudonym.Array
	}
	return pseudonym.None
}

// columnTitles are titles beyond the keys of the rules.
var columnTitles = map[string]pseudonym.Kind{
	"neighbor device": pseudonym.Host, "ap name": pseudonym.Host, "system id": pseudonym.Host, "neighbor name": pseudonym.Host,
	"remote system": pseudonym.Host, "chassis name": pseudonym.Host, "sysname": pseudonym.Host, "switch name": pseudonym.Host,
	"vm name": pseudonym.Host, "guest": pseudonym.Host, "ssh user": pseudonym.User, "logged in": pseudonym.User,
	"vserver": pseudonym.Array, "svm": pseudonym.Array, "datastore": pseudonym.Volume,
	"claim": pseudonym.Volume, "zone name": pseudonym.Name, "alias name": pseudonym.Name,
}

// titleKind is the kind of the cells below a title of a number of words. Plain
// plurals head counts.
func (s *Scanner) titleKind(title string, words int, first bool) (pseudonym.Kind, int16) {
	if k, ok := columnTitles[title]; ok {
		return k, noRule
	}
	if words == 1 {
		if k, ok := headerWords[title]; ok {
			return k, noRule
		}
		switch title {
		case "sn", "hostname", "username", "serialnum", "serialno":
		default:
			if !strings.ContainsAny(title, "-_") {
				return pseudonym.None, noRule
			}
		}
	}
	if one, other, two := strings.Cut(title, " "); two && one == other || strings.HasSuffix(title, "s") && !strings.HasSuffix(title, "ss") {
		return pseudonym.None, noRule
	}
	if strings.HasSuffix(title, "session id") {
		return pseudonym.None, noRule // a number in what switches list
	}
	r := s.keyRule([]byte(title))
	switch k := s.k.kind(r); k {
	case pseudonym.Host, pseudonym.User, pseudonym.Serial, pseudonym.Array, pseudonym.Volume, pseudonym.Pod, pseudonym.Group,
		pseudonym.FileSystem, pseudonym.MAC, pseudonym.WWN, pseudonym.Secret, pseudonym.Name:
		return k, r
	}
	return pseudonym.None, noRule
}

// underline reports whether a line only underlines the one above it, and how
// many runs it has.
func underline(b []byte) (runs int, ok bool) {
	run := 0
	for _, c := range b {
		switch c {
		case '-', '=', '~':
			if run++; run == 3 {
				runs++
			}
		case ' ', '\t', '+', '|':
			run = 0
		default:
			return 0, false
		}
	}
	return runs, runs > 0
}

// underlined makes the runs of an underline the bounds of the columns above.
func (t *table) underlined(b []byte, runs int) {
	t.pending = false
	if runs < 2 {
		return
	}
	t.gaps = uint8(min(runs-1, 255))
	for i := range t.cols[:t.n] {
		c := &t.cols[i]
		lo, hi := int(c.at), int(c.at)
		for lo > 0 && lo <= len(b) && !isSpace(b[lo-1]) {
			lo--
		}
		for hi < len(b) && !isSpace(b[hi]) {
			hi++
		}
		if hi > lo {
			c.at, c.end = uint16(lo), uint16(hi)
		}
	}
}

// row reports whether a line can be a row of a table by place.
func (t *table) row(b []byte) bool {
	cells, words := 0, 0
	for i := 0; i < len(b); {
		if isSpace(b[i]) {
			i++
			continue
		}
		from := i
		for i < len(b) && !isSpace(b[i]) {
			i++
		}
		words++
		if words <= 2 && (b[from] == ':' || b[from] == '=' || b[i-1] == ':') {
			return false
		}
		if from == 0 || from > 1 && isSpace(b[from-2]) || b[from-1] == '\t' {
			cells++
		}
	}
	if words == 1 {
		return true // a cell too long for its column; the rest is below
	}
	return cells >= 2 || t.gaps < 2 && words >= 3
}

// columns reads a row of a table by place: a cell belongs to the title above it,
// which it may begin before or end behind.
func (s *Scanner) columns(b []byte) {
	t := &s.st.table
	if !t.row(b) {
		s.st.table = table{}
		return
	}
	if !hasDigit(b) && upperCase(b) {
		return // more titles
	}
	for _, c := range t.cols[:t.n] {
		if c.rule == versions {
			continue
		}
		lo, hi, ok := cellBelow(b, int(c.at), int(c.end), int(c.prev))
		if ok && (c.kind == pseudonym.Host || c.kind == pseudonym.User) && hi+1 < int(c.end) && hi+1 < len(b) && !isSpace(b[hi+1]) {
			continue // several words in one cell
		}
		if w := b[lo:hi]; ok && (c.kind == pseudonym.Host || c.kind == pseudonym.User) && capitalised(w) && s.k.Common(s.fold(w)) {
			continue // a state
		}
		if ok {
			s.cell(s.lo+lo, s.lo+hi, c)
		}
	}
}

// cellBelow finds the one word that stands below a title. One that begins below
// the title before it, which ends at prev, is that one's.
func cellBelow(b []byte, at, end, prev int) (lo, hi int, ok bool) {
	if at >= len(b) {
		return 0, 0, false
	}
	lo = at
	if !isSpace(b[at]) {
		for lo > 0 && !isSpace(b[lo-1]) {
			lo--
		}
		if lo >= prev {
			return lo, wordEnd(b, lo), true
		}
		lo = wordEnd(b, at)
	}
	for lo < len(b) && lo < end && isSpace(b[lo]) {
		lo++
	}
	if lo >= len(b) || lo >= end {
		return 0, 0, false
	}
	return lo, wordEnd(b, lo), true
}

func wordEnd(b []byte, i int) int {
	for i < len(b) && !isSpace(b[i]) {
		i++
	}
	return i
}
