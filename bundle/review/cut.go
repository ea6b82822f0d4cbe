package review

import (
	"bytes"
	"iter"
	"strings"
)

// The kinds of values. A stand-in has its own prefix as its kind: <host>.
const (
	numKind  = "<num>"
	timeKind = "<time>"
	hexKind  = "<hex>"
	ipKind   = "<ip>"
	uuidKind = "<uuid>"
	verKind  = "<ver>"
	nameKind = "<name>"
	idKind   = "<id>"
	wordKind = "<word>"
	pkgKind  = "<pkg>"
)

// Classes of bytes: letters and digits make words; joints belong to a word when
// a letter or digit follows them.
const (
	clsLetter = 1 << iota
	clsDigit
	clsHex
	clsJoint
	clsBlank
)

var class = classes()

func classes() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80:
			t[c] = clsLetter
		case c >= '0' && c <= '9':
			t[c] = clsDigit | clsHex
		case strings.IndexByte(".:@+-", byte(c)) >= 0:
			t[c] = clsJoint
		case c == ' ' || c == '\t':
			t[c] = clsBlank
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			t[c] |= clsHex
		}
	}
	return t
}

// cutter takes lines apart.
type cutter struct {
	form  []byte
	slots []slotValue
}

type slotValue struct {
	kind  string
	value []byte
	at    int // which place of the form; the members of a list share one
}

// noPlace is the place of a value that stands within another one: it is a token
// and nothing more.
const noPlace = -1

// cut leaves the form of a line in m.form and its values in m.slots. A literal
// < in the line is written << so that a line cannot pretend to hold a value.
func (m *cutter) cut(line []byte) {
	m.form, m.slots = m.form[:0], m.slots[:0]
	blank := true // leading blanks say nothing
	places := 0
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case class[c]&clsBlank != 0:
			if !blank {
				m.form = append(m.form, ' ')
				blank = true
			}
			i++
			continue
		case class[c]&(clsLetter|clsDigit) != 0, (c == '+' || c == '-') && i+1 < len(line) && class[line[i+1]]&clsDigit != 0:
			if end := m.versionAt(line, i); end > 0 {
				m.form = append(m.form, verKind...)
				m.slots = append(m.slots, slotValue{verKind, line[i:end], places})
				places++
				i = end
				break
			}
			if name, end := m.packageAt(line, i); end > 0 {
				if !m.listed() {
					m.form = append(m.form, pkgKind...)
					places++
				}
				m.slots = append(m.slots, slotValue{pkgKind, name, places - 1})
				i = end
				break
			}
			end := wordEnd(line, i)
			word := line[i:end]
			kind := kindOf(word)
			if kind == "" && constant(line, i, end) {
				kind = numKind
			}
			if kind != "" {
				m.form = append(m.form, kind...)
				m.slots = append(m.slots, slotValue{kind, word, places})
				places++
			} else {
				m.form = append(m.form, word...)
			}
			i = end
		case c == '<':
			m.form = append(m.form, '<', '<')
			i++
		case c == '/' && pathEnd(line, i) > 0:
			end := pathEnd(line, i)
			m.path(line[i:end], places)
			places++
			i = end
		default:
			m.form = append(m.form, c)
			i++
		}
		blank = false
	}
	if n := len(m.form); n > 0 && m.form[n-1] == ' ' {
		m.form = m.form[:n-1]
	}
}

// listed reports whether the form ends with a package and a comma: the next
// package belongs to the same list and is one more value of the same place. The
// comma goes, so that a list of any length has one form.
func (m *cutter) listed() bool {
	const list = pkgKind + ", "
	if !bytes.HasSuffix(m.form, []byte(list)) {
		return false
	}
	m.form = m.form[:len(m.form)-len(", ")]
	return true
}

// architectures are what stands behind the colon of a package.
var architectures = []string{"amd64", "all", "arm64", "i386", "armhf", "ppc64el", "s390x", "riscv64", "any", "noarch", "x86_64", "aarch64"}

// maxPackage bounds a package with what stands behind its name.
const maxPackage = 160

// constant reports whether the word from i to end is null, true or false where a
// value stands in JSON or CSV: a field that has a number in one line and nothing
// in the next is one field.
func constant(line []byte, i, end int) bool {
	if w := string(line[i:end]); w != "null" && w != "true" && w != "false" {
		return false
	}
	return i > 0 && bytes.IndexByte([]byte(":,[{"), line[i-1]) >= 0 && (end == len(line) || bytes.IndexByte([]byte(",}]"), line[end]) >= 0)
}

// packageAt is packageAt, and the name alone behind the words a packager's program
// writes before one: there it needs no architecture.
func (m *cutter) packageAt(line []byte, i int) (name []byte, end int) {
	if name, end = packageAt(line, i); end > 0 || !m.awaits(packageWords) {
		return name, end
	}
	for end = i; end < len(line) && end-i < maxPackage && class[line[end]]&clsBlank == 0; end++ {
		c := line[end]
		if (c < 'a' || c > 'z') && class[c]&clsDigit == 0 && c != '+' && c != '-' && c != '.' {
			return nil, 0
		}
	}
	for end > i && line[end-1] == '.' {
		end-- // a full stop, or three
	}
	if end-i < 2 {
		return nil, 0
	}
	return line[i:end], bracketEnd(line, end)
}

// packageWords begin a line and have a package behind them; behindPackage is what
// stands before a version.
var (
	packageWords  = []string{"Setting up ", "Unpacking ", "Selecting previously unselected package ", "Removing ", "Processing triggers for ", "Purging configuration files for "}
	behindPackage = []string{pkgKind + " ", pkgKind + " " + verKind + " ", pkgKind + " over (", pkgKind + " <<none> "}
)

// awaits reports whether the form so far ends with one of these.
func (m *cutter) awaits(before []string) bool {
	for _, b := range before {
		if b[0] == '<' && bytes.HasSuffix(m.form, []byte(b)) || string(m.form) == b {
			return true
		}
	}
	return false
}

// versionAt is the end of a version behind a package that begins at i, or 0. Only
// there a word such as 2024-0815 is known to be one.
func (m *cutter) versionAt(line []byte, i int) int {
	if class[line[i]]&clsDigit == 0 || !m.awaits(behindPackage) {
		return 0
	}
	end := i
	for end < len(line) && class[line[end]]&clsBlank == 0 && line[end] != ')' && line[end] != ',' {
		end++
	}
	if !isPackageVersion(line[i:end]) {
		return 0
	}
	return end
}

// packageAt finds a package that begins at i: libc6:amd64, with the versions in
// brackets behind it as in libc6:amd64 (2.36-9, automatic), or the name of its
// file, 003-libc6_2.36-9_amd64.deb. It gives the name, which is the value, and the
// end of all of it; end is 0 where no package stands. What it swallows behind the
// name is versions and architectures and nothing else: those name no site.
func packageAt(line []byte, i int) (name []byte, end int) {
	j := i
	for j < len(line) && j-i < maxPackage && (line[j] >= 'a' && line[j] <= 'z' || class[line[j]]&clsDigit != 0 || j > i && (line[j] == '+' || line[j] == '-' || line[j] == '.')) {
		j++
	}
	if j-i < 2 || j >= len(line) {
		return nil, 0
	}
	switch line[j] {
	case ':':
		if end = archEnd(line, j+1); end > 0 {
			return line[i:j], bracketEnd(line, end)
		}
	case '_':
		if end = packageFile(line, j+1); end > 0 {
			return unnumbered(line[i:j]), end
		}
	}
	return nil, 0
}

// archEnd is the end of an architecture that stands at i, or 0.
func archEnd(line []byte, i int) int {
	for _, arch := range architectures {
		if at := i + len(arch); at <= len(line) && string(line[i:at]) == arch && (at == len(line) || class[line[at]]&(clsLetter|clsDigit) == 0) {
			return at
		}
	}
	return 0
}

// bracketEnd is the end of versions in brackets behind a package that ends at
// end, or end where none stand.
func bracketEnd(line []byte, end int) int {
	if end+2 >= len(line) || line[end] != ' ' || line[end+1] != '(' {
		return end
	}
	inside, _, closed := bytes.Cut(line[end+2:min(len(line), end+maxPackage)], []byte(")"))
	if !closed {
		return end
	}
	for piece := range bytes.SplitSeq(inside, []byte(", ")) {
		if string(piece) != "automatic" && !isPackageVersion(piece) {
			return end
		}
	}
	return end + len(" (") + len(inside) + len(")")
}

// packageFile is the end of version_arch.deb that stands at i, or 0.
func packageFile(line []byte, i int) int {
	version, rest, found := bytes.Cut(line[i:min(len(line), i+maxPackage)], []byte("_"))
	if !found || !isPackageVersion(version) {
		return 0
	}
	for _, arch := range architectures {
		if bytes.HasPrefix(rest, []byte(arch+".deb")) {
			return i + len(version) + len("_") + len(arch) + len(".deb")
		}
	}
	return 0
}

// unnumbered is a name without the number that an unpacking program puts before
// it: 003-libc6.
func unnumbered(name []byte) []byte {
	n := 0
	for n < len(name) && class[name[n]]&clsDigit != 0 {
		n++
	}
	if n > 0 && n+2 < len(name) && name[n] == '-' {
		return name[n+1:]
	}
	return name
}

// versionWords are what packagers write into versions, and nobody else.
var versionWords = []string{"dfsg", "deb", "ds", "git", "really", "repack", "ubuntu", "build", "nmu", "svn", "rc", "beta"}

// isPackageVersion accepts 2:1.5.2-2+b1 and 1.0+dfsg-3~deb12u1: a digit first and,
// but for the words of packagers, at least as many digits as letters, so that no
// word hides in it.
func isPackageVersion(w []byte) bool {
	if len(w) == 0 || len(w) > 40 || class[w[0]]&clsDigit == 0 {
		return false
	}
	letters, digits := 0, 0
	for _, word := range versionWords {
		letters -= len(word) * bytes.Count(w, []byte(word))
	}
	for _, c := range w {
		switch k := class[c]; {
		case k&clsDigit != 0:
			digits++
		case c == '_' || c >= 0x80 || c == '@':
			return false
		case k&clsLetter != 0:
			letters++
		case k&clsJoint == 0 && c != '~' && c != '%':
			return false
		}
	}
	return digits >= letters
}

// wordEnd finds the end of the word that begins at i. A colon joins only what
// can be part of a time or of an address: two digits, or groups of at most four
// hexadecimal digits.
func wordEnd(line []byte, i int) int {
	at := func(j int) uint8 {
		if j < len(line) {
			return class[line[j]]
		}
		return 0
	}
	end, group, hex := i+1, 1, at(i)&clsHex != 0 // group: bytes since the last colon
	for ; ; end++ {
		k := at(end)
		switch {
		case k&(clsLetter|clsDigit) != 0:
			hex = hex && k&clsHex != 0
		case k&clsJoint == 0:
			return end
		case line[end] != ':':
			hex = false
			if at(end+1)&(clsLetter|clsDigit) == 0 {
				return end
			}
		case at(end-1)&clsDigit != 0 && at(end+1)&clsDigit != 0:
			group, hex = -1, true
		case hex && group <= 4 && end+2 < len(line) && line[end+1] == ':' && at(end+2)&clsHex != 0:
			end++
			group, hex = -1, true
		case hex && group <= 4 && at(end+1)&clsHex != 0:
			group, hex = -1, true
		default:
			return end
		}
		group++
	}
}

// kindOf says what kind of value a word is, or "" for a word that stays.
func kindOf(w []byte) string {
	var digits, hexes, dots, colons, dashes, ats, others int
	for _, c := range w {
		k := class[c]
		if k&clsDigit != 0 {
			digits++
		}
		if k&clsHex != 0 {
			hexes++
		}
		switch c {
		case '.':
			dots++
		case ':':
			colons++
		case '-', '+':
			dashes++
		case '@':
			ats++
		default:
			if k&clsHex == 0 {
				others++
			}
		}
	}
	if kind := standIn(w); kind != "" {
		return kind
	}
	if ats > 0 && ats < len(w) || hasSuffix(w, ".invalid") {
		return nameKind
	}
	if digits == 0 {
		return ""
	}
	switch {
	case isUUID(w):
		return uuidKind
	case isNumber(w):
		return numKind
	case isTime(w, digits, colons):
		return timeKind
	case dots == 3 && colons <= 1 && digits+dots+colons == len(w):
		return ipKind // with or without a port
	case others == 0 && colons >= 2 && dots == 0 && dashes == 0 && hexes+colons == len(w):
		return ipKind // or a hardware address: both identify
	case len(w) > 2 && w[0] == '0' && (w[1] == 'x' || w[1] == 'X') && hexes == len(w)-1:
		return hexKind
	case hexes >= 8 && hexes+dashes == len(w):
		return hexKind
	case dots > 0 && colons == 0 && isVersion(w, digits):
		return verKind
	}
	return idKind
}

// standIn recognises the names the redactor gives: a prefix that tells the
// kind, a dash and eight letters or digits without i, l, o and u.
func standIn(w []byte) string {
	const tail = 8
	if len(w) < tail+3 || len(w) > tail+7 || w[len(w)-tail-1] != '-' {
		return ""
	}
	for _, c := range w[len(w)-tail:] {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') || c == 'i' || c == 'l' || c == 'o' || c == 'u' {
			return ""
		}
	}
	return standIns[string(w[:len(w)-tail-1])] // "" for any other word
}

// standIns are the kinds of stand-ins by prefix.
var standIns = map[string]string{
	"dom": "<dom>", "host": "<host>", "user": "<user>", "person": "<person>", "tel": "<tel>", "sn": "<sn>", "array": "<array>",
	"vol": "<vol>", "grp": "<grp>", "pod": "<pod>", "fs": "<fs>", "name": "<name>", "word": "<word>", "org": "<org>", "iqn": "<iqn>", "nqn": "<nqn>",
}

func hasSuffix(w []byte, suffix string) bool {
	return len(w) > len(suffix) && string(w[len(w)-len(suffix):]) == suffix
}

// isVersion accepts 6.4.10, 5.36.0-7+deb12u2 and the like: a digit first, and at
// least as many digits as letters.
func isVersion(w []byte, digits int) bool {
	letters := 0
	for _, c := range w {
		switch k := class[c]; {
		case c == '_' || c >= 0x80:
			return false
		case k&clsLetter != 0:
			letters++
		}
	}
	return class[w[0]]&clsDigit != 0 && len(w) <= 40 && digits >= letters
}

// isUUID accepts 8-4-4-4-12 hexadecimal digits.
func isUUID(w []byte) bool {
	if len(w) != 36 {
		return false
	}
	for i, c := range w {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && class[c]&clsHex == 0 {
			return false
		}
	}
	return true
}

// isNumber accepts a sign, digits, one point, an exponent and a unit of at most
// three letters or a percent sign: 12, -3.5e+06, 10ms, 4KiB, 99%.
func isNumber(w []byte) bool {
	i := 0
	if i < len(w) && (w[i] == '+' || w[i] == '-') {
		i++
	}
	start := i
	point := false
	for i < len(w) && (w[i] >= '0' && w[i] <= '9' || w[i] == '.' && !point) {
		point = point || w[i] == '.'
		i++
	}
	if i == start || w[i-1] == '.' {
		return false
	}
	if i+1 < len(w) && (w[i] == 'e' || w[i] == 'E') {
		j := i + 1
		if w[j] == '+' || w[j] == '-' {
			j++
		}
		from := j
		for j < len(w) && w[j] >= '0' && w[j] <= '9' {
			j++
		}
		if j > from {
			i = j
		}
	}
	unit := w[i:]
	if len(unit) > 3 {
		return false
	}
	for _, c := range unit {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '%' {
			return false
		}
	}
	return true
}

// isTime accepts 08:15:30, 08:15:30.123456, 2026-03-02, 2026-03-02T08:15:30Z,
// 2026-03-02T08:15:30+01:00 and what is near them: digits in groups of two or
// four, parted by -, :, T and a point.
func isTime(w []byte, digits, colons int) bool {
	if digits < 4 || w[0] < '0' || w[0] > '9' {
		return false
	}
	date := len(w) >= 8 && digits >= 8 && len(w) > 4 && w[4] == '-'
	clock := colons == 2 && len(w) >= 7
	if !date && !clock {
		return false
	}
	letters := 0
	for _, c := range w {
		switch {
		case c >= '0' && c <= '9', c == '-', c == ':', c == '.', c == '+':
		case c == 'T', c == 'Z', c == 't', c == 'z':
			letters++
		default:
			return false
		}
	}
	if letters > 2 {
		return false
	}
	group := 0
	for i, c := range w {
		if c >= '0' && c <= '9' {
			group++
			continue
		}
		if group > 4 && i < 11 { // a date or clock has no long groups in front
			return false
		}
		group = 0
	}
	return true
}

// word is a literal word of a form, with the number of values before it.
type word struct{ from, to, slots int }

// words gives every literal word of a form.
func words(form string) iter.Seq[word] {
	return func(yield func(word) bool) {
		slots := 0
		for i := 0; i < len(form); {
			switch {
			case form[i] == '<' && i+1 < len(form) && form[i+1] == '<':
				i += 2
			case form[i] == '<':
				end := strings.IndexByte(form[i:], '>')
				if end < 0 {
					return
				}
				slots++
				i += end + 1
			case class[form[i]]&clsLetter != 0:
				end := i + 1
				for end < len(form) && class[form[end]]&(clsLetter|clsDigit|clsJoint) != 0 {
					end++
				}
				if !yield(word{i, end, slots}) {
					return
				}
				i = end
			default:
				i++
			}
		}
	}
}
