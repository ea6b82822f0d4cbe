package review

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"darksite/bundle"
)

// marking is a protection marking and how it is written. Single words count in
// capitals only and as whole words, because in small letters they are ordinary
// language.
type marking struct {
	name     string
	spelling []string // folded; several words
	capital  string   // one word in capitals
}

// markings are protection markings of several countries, of the EU and of NATO,
// and common handling caveats.
func markings() []marking {
	return []marking{
		{"TOP SECRET", []string{"top secret"}, ""},
		{"TRÈS SECRET", []string{"très secret", "trÈs secret", "tres secret"}, ""},
		{"SECRET", nil, "SECRET"},
		{"CONFIDENTIEL", []string{"confidentiel défense", "confidentiel defense", "confidentiel dÉfense"}, "CONFIDENTIEL"},
		{"CONFIDENTIAL", nil, "CONFIDENTIAL"},
		{"DIFFUSION RESTREINTE", []string{"diffusion restreinte"}, ""},
		{"SPÉCIAL FRANCE", []string{"spécial france", "spÉcial france", "special france"}, ""},
		{"RESTRICTED", nil, "RESTRICTED"},
		{"RESTREINT", []string{"restreint ue", "eu restricted", "nato restricted"}, "RESTREINT"},
		{"OFFICIAL-SENSITIVE", []string{"official-sensitive", "official sensitive", "official: sensitive"}, ""},
		{"VS-NfD", []string{"vs-nfd", "nur für den dienstgebrauch", "nur fÜr den dienstgebrauch"}, ""},
		{"NOFORN", nil, "NOFORN"},
		{"PROTECTED", nil, "PROTECTED"},
		{"CLASSIFIED", nil, "CLASSIFIED"},
	}
}

// needles are the spellings of a marking, ready to be searched for.
type needles struct {
	folded  [][]byte
	capital []byte
}

// searcher looks every line over for markings, keywords and secrets.
type searcher struct {
	markings []needles
	foundM   []Found
	words    [][]byte // folded
	foundK   []Found
	secrets  map[string]*Secrets // by string
	groups   map[string]*Secrets // by what stands before
	before   miner               // only its form is used
	ours     map[string]bool     // digests of the kit's own that stand in its reports
	order    []*Secrets
	missed   int64
	folded   []byte
}

func newSearcher(keywords []string, ours ...bundle.Digest) *searcher {
	s := &searcher{secrets: map[string]*Secrets{}, groups: map[string]*Secrets{}, ours: map[string]bool{}}
	for _, d := range ours {
		s.ours[string(d)] = true
	}
	for _, m := range markings() {
		n := needles{capital: []byte(m.capital)}
		for _, spelling := range m.spelling {
			n.folded = append(n.folded, []byte(spelling))
		}
		s.markings = append(s.markings, n)
		s.foundM = append(s.foundM, Found{What: m.name, Places: []Place{}})
	}
	for _, k := range keywords {
		if k = strings.TrimSpace(k); k != "" {
			s.words = append(s.words, []byte(strings.ToLower(k)))
			s.foundK = append(s.foundK, Found{What: k, Places: []Place{}})
		}
	}
	return s
}

func (s *searcher) line(at Place, line []byte) {
	s.fold(line)
	for i, m := range s.markings {
		hit := -1
		for _, spelling := range m.folded {
			if hit = bytes.Index(s.folded, spelling); hit >= 0 {
				break
			}
		}
		if hit < 0 && len(m.capital) > 0 {
			hit = wholeWord(line, m.capital)
		}
		if hit >= 0 {
			s.foundM[i].add(at, line, hit)
		}
	}
	for i, word := range s.words {
		if hit := bytes.Index(s.folded, word); hit >= 0 {
			s.foundK[i].add(at, line, hit)
		}
	}
	s.secretsOf(at, line)
}

// fold lowers the line into s.folded. Plain ASCII, the common case, is done by
// bytes and keeps every offset; lines with other letters are lowered as text,
// where an offset may differ by some bytes.
func (s *searcher) fold(line []byte) {
	s.folded = s.folded[:0]
	for _, c := range line {
		if c >= utf8.RuneSelf {
			s.folded = append(s.folded[:0], bytes.ToLower(line)...)
			return
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		s.folded = append(s.folded, c)
	}
}

func (f *Found) add(at Place, line []byte, hit int) {
	f.Count++
	if len(f.Places) < MaxHits {
		at.Text = excerpt(line, hit)
		f.Places = append(f.Places, at)
	}
}

// wholeWord finds word where no letter or digit touches it.
func wholeWord(line, word []byte) int {
	for from := 0; ; {
		i := bytes.Index(line[from:], word)
		if i < 0 {
			return -1
		}
		start, end := from+i, from+i+len(word)
		before := start == 0 || class[line[start-1]]&(clsLetter|clsDigit) == 0
		after := end == len(line) || class[line[end]]&(clsLetter|clsDigit) == 0
		if before && after {
			return start
		}
		from = end
	}
}

// What looks like a secret: a run of at least 20 letters, digits and the signs
// of base64 whose characters are spread and mixed as in random text. Digests and
// random keys are above the bounds; file names, metric names, package names and
// CamelCase are below. UUIDs are among the tokens.
const (
	minSecret = 20
	spread    = 3.3  // bits for each character
	spreadMix = 3.9  // the same where letters of both cases make up for digits
	turns     = 0.33 // share of neighbours of different sort: small, capital, digit
)

func (s *searcher) secretsOf(at Place, line []byte) {
	for i := 0; i < len(line); {
		end := i
		for end < len(line) && secretByte(line[end]) {
			end++
		}
		if end-i >= minSecret {
			s.secretsIn(at, line, i, end)
		}
		i = end + 1
	}
}

// secretsIn looks at a run as a whole, as base64 is written, and then at its
// parts between the signs that also part the words of names.
func (s *searcher) secretsIn(at Place, line []byte, from, to int) {
	if run := line[from:to]; run[0] != '/' && mixed(run) && secretLike(run) {
		s.secret(at, line, from, run)
		return
	}
	for i := from; i < to; {
		end := i
		for end < to && line[end] != '/' && line[end] != '-' && line[end] != '_' {
			end++
		}
		if part := line[i:end]; len(part) >= minSecret && secretLike(part) {
			s.secret(at, line, i, part)
		}
		i = end + 1
	}
}

// mixed reports whether a run has small letters, capitals and digits.
func mixed(run []byte) bool {
	small, capital, digit := sorts(run)
	return small >= 3 && capital >= 3 && digit >= 1
}

func sorts(run []byte) (small, capital, digit int) {
	for _, c := range run {
		switch {
		case c >= '0' && c <= '9':
			digit++
		case c >= 'A' && c <= 'Z':
			capital++
		case c >= 'a' && c <= 'z':
			small++
		}
	}
	return small, capital, digit
}

func secretLike(run []byte) bool {
	small, capital, digit := sorts(run)
	few := digit >= 3 && small+capital >= 3
	if !few && !mixed(run) || isUUID(run) || turning(run) < turns {
		return false
	}
	h := entropy(run)
	return few && h >= spread || mixed(run) && h >= spreadMix
}

// turning is the share of neighbours that are of different sort.
func turning(run []byte) float64 {
	sort := func(c byte) int {
		switch {
		case c >= '0' && c <= '9':
			return 1
		case c >= 'A' && c <= 'Z':
			return 2
		case c >= 'a' && c <= 'z':
			return 3
		}
		return 0
	}
	n, pairs := 0, 0
	for i := 1; i < len(run); i++ {
		a, b := sort(run[i-1]), sort(run[i])
		if a == 0 || b == 0 {
			continue
		}
		pairs++
		if a != b {
			n++
		}
	}
	return float64(n) / float64(max(pairs, 1))
}

func secretByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '+' || c == '/' || c == '=' || c == '_' || c == '-'
}

func entropy(run []byte) float64 {
	var seen [256]int
	for _, c := range run {
		seen[c]++
	}
	h, n := 0.0, float64(len(run))
	for _, k := range seen {
		if k > 0 {
			p := float64(k) / n
			h -= p * math.Log2(p)
		}
	}
	return h
}

// beforeSecret is how many bytes in front of a string tell strings of one sort
// from those of another.
const beforeSecret = 24

func (s *searcher) secret(at Place, line []byte, hit int, run []byte) {
	name := key(run)
	if s.ours[name] {
		return
	}
	if g := s.secrets[name]; g != nil {
		g.Count++
		return
	}
	if len(s.secrets) == MaxSecrets {
		s.missed++
		return
	}
	s.before.form, s.before.slots = s.before.form[:0], s.before.slots[:0]
	s.before.cut(line[max(0, hit-beforeSecret):hit])
	before := printable(s.before.form, 4*beforeSecret)
	g := s.groups[before]
	if g == nil {
		g = &Secrets{Before: before, Example: Place{at.Path, at.Line, excerpt(line, hit)}}
		s.groups[before] = g
		s.order = append(s.order, g)
	}
	s.secrets[name] = g
	g.Strings = append(g.Strings, printable(run, 120))
	g.Count++
}

// result returns markings that were found, every keyword, and secrets in the
// order met.
func (s *searcher) result() (marks, keywords []Found, secrets []Secrets) {
	marks, secrets = []Found{}, []Secrets{}
	for _, f := range s.foundM {
		if f.Count > 0 {
			marks = append(marks, f)
		}
	}
	for _, g := range s.order {
		secrets = append(secrets, *g)
	}
	keywords = orEmpty(s.foundK)
	slices.SortStableFunc(keywords, func(a, b Found) int { return cmp.Compare(b.Count, a.Count) })
	return marks, keywords, secrets
}

func (s *searcher) overflow() []Note {
	if s.missed == 0 {
		return nil
	}
	return []Note{{"", fmt.Sprintf("%d more occurrences of secret-like strings are not listed", s.missed)}}
}

// excerpt shows what stands around byte hit of a line.
func excerpt(line []byte, hit int) string {
	hit = min(hit, len(line))
	from := max(0, hit-maxExcerpt/3)
	to := min(len(line), from+maxExcerpt)
	text := printable(line[from:to], maxExcerpt)
	if from > 0 {
		text = "…" + text
	}
	if to < len(line) && !strings.HasSuffix(text, "…") {
		text += "…"
	}
	return text
}

// around shows what stands around value, which is a part of line.
func around(line, value []byte) string { return excerpt(line, max(0, bytes.Index(line, value))) }

// printable shows at most limit bytes of text that cannot act on a terminal:
// whatever is not printable becomes an escape such as \x1b.
func printable(text []byte, limit int) string {
	cut := len(text) > limit
	if cut {
		text = text[:limit]
		for len(text) > 0 && !utf8.RuneStart(text[len(text)-1]) {
			text = text[:len(text)-1]
		}
		if r, _ := utf8.DecodeLastRune(text); r == utf8.RuneError && len(text) > 0 {
			text = text[:len(text)-1]
		}
	}
	plain := true
	for _, c := range text {
		if c < ' ' || c >= 0x7f {
			plain = false
			break
		}
	}
	if plain && !cut {
		return string(text)
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[size:]
	}
	if cut {
		b.WriteString("…")
	}
	return b.String()
}
