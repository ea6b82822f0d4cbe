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

// needle is one spelling of a marking or a keyword.
type needle struct {
	folded  []byte
	capital []byte // if set, what must stand as a whole word in these letters
	found   *Found
	skip    string // file that is not looked at for it
}

// searcher looks every line over for markings, keywords and secrets.
type searcher struct {
	spot    *spotter
	needles []needle
	hits    []int // by needle: where it begins in the line at hand, or -1
	foundM  []Found
	foundK  []Found             // keywords, then words that the policy lets through
	ofSite  int                 // how many of foundK are keywords
	secrets map[string]*secret  // by string
	groups  map[string]*secrets // by what stands before
	before  cutter              // only its form is used
	ours    map[string]bool     // digests of the kit's own that stand in its reports
	order   []*secrets
	folded  []byte
}

// secret is one distinct string that looks like a secret.
type secret struct {
	key, shown string
	count      int64
}

// secrets are those behind the same words.
type secrets struct {
	before  string
	example Place
	all     []*secret
	beyond  int64 // occurrences of strings that are not kept
	sketch  sketch
}

func newSearcher(keywords, loosened []string, ours ...bundle.Digest) *searcher {
	s := &searcher{secrets: map[string]*secret{}, groups: map[string]*secrets{}, ours: map[string]bool{}}
	for _, d := range ours {
		s.ours[string(d)] = true
	}
	words := map[*Found][]needle{}
	all := markings()
	s.foundM = make([]Found, len(all)) // not grown below: needles point into them
	for i, m := range all {
		f := &s.foundM[i]
		*f = Found{What: m.name, Places: []Place{}}
		for _, spelling := range m.spelling {
			words[f] = append(words[f], needle{folded: []byte(spelling), found: f})
		}
		if m.capital != "" {
			words[f] = append(words[f], needle{folded: []byte(strings.ToLower(m.capital)), capital: []byte(m.capital), found: f})
		}
	}
	s.foundK = make([]Found, 0, len(keywords)+len(loosened))
	look := func(list []string, skip string) {
		for _, k := range list {
			if k = strings.TrimSpace(k); k != "" {
				s.foundK = append(s.foundK, Found{What: k, Places: []Place{}})
				f := &s.foundK[len(s.foundK)-1]
				words[f] = append(words[f], needle{folded: []byte(strings.ToLower(k)), found: f, skip: skip})
			}
		}
	}
	look(keywords, "")
	s.ofSite = len(s.foundK)
	look(loosened, redactionReport)
	for i := range s.foundM {
		s.needles = append(s.needles, words[&s.foundM[i]]...)
	}
	for i := range s.foundK {
		s.needles = append(s.needles, words[&s.foundK[i]]...)
	}
	var folded [][]byte
	for _, n := range s.needles {
		folded = append(folded, n.folded)
	}
	s.spot, s.hits = newSpotter(folded), make([]int, len(s.needles))
	return s
}

func (s *searcher) line(at Place, line []byte) {
	s.fold(line)
	if s.spot.find(s.folded, s.hits) {
		var last *Found // a line counts once for all spellings
		for i, n := range s.needles {
			hit := s.hits[i]
			if hit >= 0 && n.capital != nil {
				hit = wholeWord(line, n.capital)
			}
			if hit >= 0 && n.found != last && (n.skip == "" || n.skip != at.Path) {
				n.found.add(at, line, hit)
				last = n.found
			}
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
	if one := s.secrets[name]; one != nil {
		one.count++
		return
	}
	s.before.cut(line[max(0, hit-beforeSecret):hit])
	at.Text = excerpt(line, hit)
	s.keep(printable(s.before.form, 4*beforeSecret), at, secret{name, printable(run, maxKey), 1})
}

// keep enters a string that is not known yet.
func (s *searcher) keep(before string, at Place, one secret) {
	g := s.groups[before]
	if g == nil {
		g = &secrets{before: before, example: at}
		s.groups[before] = g
		s.order = append(s.order, g)
	}
	if len(g.all) >= MaxSecretsBehind || len(s.secrets) >= MaxSecrets {
		g.beyond += one.count
		g.sketch.add(fingerprint([]byte(one.key)))
		return
	}
	s.secrets[one.key] = &one
	g.all = append(g.all, &one)
}

// merge adds what was found in the next part, whose line 1 is line base+1 of its
// file.
func (s *searcher) merge(o *searcher, base int64) {
	moved := func(at Place) Place {
		at.Line += base
		return at
	}
	for _, pair := range []struct{ to, from []Found }{{s.foundM, o.foundM}, {s.foundK, o.foundK}} {
		for i := range pair.to {
			pair.to[i].Count += pair.from[i].Count
			for _, at := range pair.from[i].Places {
				if len(pair.to[i].Places) < MaxHits {
					pair.to[i].Places = append(pair.to[i].Places, moved(at))
				}
			}
		}
	}
	for _, g := range o.order {
		for _, one := range g.all {
			if have := s.secrets[one.key]; have != nil {
				have.count += one.count
				continue
			}
			s.keep(g.before, moved(g.example), *one)
		}
		if g.beyond > 0 {
			if s.groups[g.before] == nil {
				s.groups[g.before] = &secrets{before: g.before, example: moved(g.example)}
				s.order = append(s.order, s.groups[g.before])
			}
			s.groups[g.before].beyond += g.beyond
			s.groups[g.before].sketch.merge(&g.sketch)
		}
	}
}

// redactionReport is the file in which the words stand that a policy lets through.
const redactionReport = "meta/redaction.json"

// loosened returns the words that the policy lets through, in the order given.
func (s *searcher) loosened() []Found { return s.foundK[s.ofSite:] }

// result returns markings that were found, every keyword, and secrets in the
// order met: new ones and then those that an approved bundle had.
func (s *searcher) result(seen func(Mark) bool) (marks, keywords []Found, found []Secrets) {
	marks, found = []Found{}, []Secrets{}
	for _, f := range s.foundM {
		if f.Count > 0 {
			marks = append(marks, f)
		}
	}
	var old []Secrets
	for _, g := range s.order {
		parts := map[bool]*Secrets{}
		for _, one := range g.all {
			mark := markOf("secret", one.key)
			fresh := !seen(mark)
			if parts[fresh] == nil {
				parts[fresh] = &Secrets{Before: g.before, Strings: []string{}, Marks: []Mark{}, Example: g.example, New: fresh}
			}
			p := parts[fresh]
			p.Strings, p.Marks, p.Count = append(p.Strings, one.shown), append(p.Marks, mark), p.Count+one.count
		}
		if g.beyond > 0 {
			if parts[true] == nil {
				parts[true] = &Secrets{Before: g.before, Strings: []string{}, Marks: []Mark{}, Example: g.example, New: true}
			}
			parts[true].Beyond, parts[true].BeyondCount = g.sketch.estimate(), g.beyond
			parts[true].Count += g.beyond
		}
		if p := parts[true]; p != nil {
			found = append(found, *p)
		}
		if p := parts[false]; p != nil {
			old = append(old, *p)
		}
	}
	keywords = orEmpty(slices.Clone(s.foundK[:s.ofSite]))
	slices.SortStableFunc(keywords, func(a, b Found) int { return cmp.Compare(b.Count, a.Count) })
	return marks, keywords, append(found, old...)
}

func (s *searcher) overflow() []Note {
	var out []Note
	for _, g := range s.order {
		if g.beyond > 0 {
			out = append(out, Note{g.example.Path, fmt.Sprintf("about %d strings that look like secrets behind %q are not listed (%d occurrences): hide them by a pattern or read the files", g.sketch.estimate(), g.before, g.beyond)})
		}
	}
	return out
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
