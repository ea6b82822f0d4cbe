package review

import (
	"cmp"
	"slices"
	"strconv"
)

// Token is an identifying word that is in the bundle: a stand-in, or something
// with digits in it that is no number, time or digest.
type Token struct {
	Value string `json:"value"`
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
	First Place  `json:"first"`
	New   bool   `json:"new"` // not in an approved bundle under the same rules
	Mark  Mark   `json:"mark"`
}

// Series is many identifiers of one make, such as job-1, job-2 and so on, shown
// together. Stand-ins, addresses and names are never put into a series.
type Series struct {
	Make     string   `json:"make"` // digits as 9; letters and digits mixed as x and their number
	Kind     string   `json:"kind"`
	Distinct int64    `json:"distinct"` // an estimate
	Count    int64    `json:"count"`
	Samples  []string `json:"samples"` // the first ones in order
	Last     string   `json:"last"`
	New      bool     `json:"new"` // of a make that no approved bundle had
	Mark     Mark     `json:"mark"`
}

// How many identifiers of one make there must be for them to be a series.
const (
	seriesOfNumbers = 20  // that differ in digits only
	seriesOfMixed   = 200 // that differ in letters too
	seriesOfUUIDs   = 50
	maxMakes        = 10_000
)

// folds reports whether tokens of a kind may make a series.
func folds(kind string) bool { return kind == idKind || kind == uuidKind }

// makeOf is the make of an identifier and how many of it make a series: a run of
// digits becomes 9; a run in which letters and digits change often becomes x and
// its length.
func makeOf(value []byte, kind string) (name string, enough int) {
	if kind == uuidKind {
		return "uuid", seriesOfUUIDs
	}
	var out []byte
	enough = seriesOfNumbers
	for i := 0; i < len(value); {
		end, turns := i, 0
		for end < len(value) && class[value[end]]&(clsLetter|clsDigit) != 0 && value[end] != '_' {
			if end > i && class[value[end]]&clsDigit != class[value[end-1]]&clsDigit {
				turns++
			}
			end++
		}
		switch run := value[i:end]; {
		case len(run) == 0:
			out = append(out, value[i])
			end = i + 1
		case turns > 2:
			out = strconv.AppendInt(append(out, 'x'), int64(len(run)), 10)
			enough = seriesOfMixed
		default:
			for j, c := range run {
				if class[c]&clsDigit == 0 {
					out = append(out, c)
				} else if j == 0 || class[run[j-1]]&clsDigit == 0 {
					out = append(out, '9')
				}
			}
		}
		i = end
	}
	return string(out), enough
}

type token struct {
	value []byte // as it stands; long ones only their digest
	kind  string
	count int64
	at    Place
}

// tokens are the identifying words of a part of the bundle.
type tokens struct {
	byKey  map[string]*token
	order  []*token
	folded int // tokens in order that may make a series
	makes  map[string]*making
	missed map[string]int64 // occurrences not kept, by file
}

// making is what is counted of a make once tokens of it are no longer kept.
type making struct {
	kind   string
	count  int64
	sketch sketch
}

func newTokens() tokens {
	return tokens{byKey: map[string]*token{}, makes: map[string]*making{}, missed: map[string]int64{}}
}

func (t *tokens) note(at Place, v slotValue, count int64) {
	switch v.kind {
	case numKind, timeKind, hexKind, verKind, pathKind:
		return // a path is listed by its parts
	}
	if have := t.byKey[string(v.value)]; have != nil { // the common case, without a copy
		have.count += count
		return
	}
	name := key(v.value)
	if have := t.byKey[name]; have != nil {
		have.count += count
		return
	}
	fold := folds(v.kind)
	if fold && t.folded >= MaxTokens {
		name, _ := makeOf(v.value, v.kind)
		t.made(name, v.kind, count).sketch.add(fingerprint(v.value))
		return
	}
	if !fold && len(t.order)-t.folded >= MaxTokens {
		t.missed[at.Path] += count
		return
	}
	if fold {
		t.folded++
	}
	one := &token{value: []byte(name), kind: v.kind, count: count, at: Place{Path: at.Path, Line: at.Line}}
	if len(v.value) > maxKey {
		one.value = append([]byte(printable(v.value, 160)+" "), name...)
	}
	t.byKey[name] = one
	t.order = append(t.order, one)
}

func (t *tokens) made(name, kind string, count int64) *making {
	m := t.makes[name]
	if m == nil {
		if len(t.makes) >= maxMakes {
			name = "(others)"
		}
		if m = t.makes[name]; m == nil {
			m = &making{kind: kind}
			t.makes[name] = m
		}
	}
	m.count += count
	return m
}

// merge adds the tokens of the next part, whose line 1 is line base+1 of its file.
func (t *tokens) merge(o *tokens, base int64) {
	for _, one := range o.order {
		at := one.at
		at.Line += base
		t.note(at, slotValue{kind: one.kind, value: one.value}, one.count)
	}
	for name, m := range o.makes {
		t.made(name, m.kind, m.count).sketch.merge(&m.sketch)
	}
	for path, n := range o.missed {
		t.missed[path] += n
	}
}

// result tells single tokens from series; both are sorted. A token that is
// listed as a secret is not listed twice.
func (t *tokens) result(listed map[string]*secret) ([]Token, []Series) {
	type group struct {
		all    []*token
		enough int
	}
	groups := map[string]*group{}
	single := []Token{}
	for _, one := range t.order {
		if listed[string(one.value)] != nil {
			continue
		}
		if !folds(one.kind) {
			single = append(single, one.shown())
			continue
		}
		name, enough := makeOf(one.value, one.kind)
		if groups[name] == nil {
			groups[name] = &group{enough: enough}
		}
		groups[name].all = append(groups[name].all, one)
	}
	series := []Series{}
	for name, g := range groups {
		if t.makes[name] != nil || len(g.all) >= g.enough {
			series = append(series, seriesOf(name, g.all, t.makes[name]))
			continue
		}
		for _, one := range g.all {
			single = append(single, one.shown())
		}
	}
	for name, over := range t.makes {
		if groups[name] == nil {
			series = append(series, seriesOf(name, nil, over))
		}
	}
	slices.SortFunc(single, func(a, b Token) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value)) })
	slices.SortFunc(series, func(a, b Series) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Make, b.Make)) })
	return single, series
}

func seriesOf(name string, all []*token, over *making) Series {
	s := Series{Make: printable([]byte(name), 80), Samples: []string{}}
	slices.SortFunc(all, func(a, b *token) int {
		return cmp.Or(cmp.Compare(len(a.value), len(b.value)), slices.Compare(a.value, b.value))
	})
	for i, one := range all {
		s.Kind = one.kind
		s.Count += one.count
		if i < maxSamples-1 {
			s.Samples = append(s.Samples, printable(one.value, maxSample))
		}
		s.Last = printable(one.value, maxSample)
	}
	s.Distinct = int64(len(all))
	if over != nil {
		s.Kind, s.Count, s.Distinct = over.kind, s.Count+over.count, s.Distinct+over.sketch.estimate()
	}
	s.Mark = markOf("series", s.Kind+" "+name)
	return s
}

func (t *token) shown() Token {
	return Token{Value: printable(t.value, 200+maxKey), Kind: t.kind, Count: t.count, First: t.at, Mark: markOf("token", string(t.value))}
}
