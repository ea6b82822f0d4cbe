package review

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"darksite/bundle"
)

// Bounds of a summary.
const (
	MaxLine    = 1 << 20 // bytes looked at as one line
	MaxShapes  = 100_000
	MaxTokens  = 100_000 // of stand-ins, addresses and names; as many again of other identifiers
	MaxHits    = 200     // places listed for each keyword and marking
	MaxSecrets = 20_000  // distinct secret-like strings listed
	maxExcerpt = 160     // bytes of a line shown around a hit

	MaxSecretsBehind = 2000 // of them behind the same words
)

// Recipient is one holder of a key that can open the bundle.
type Recipient struct {
	Name        string   `json:"name"`
	Fingerprint string   `json:"fingerprint"`
	Words       []string `json:"words"` // fingerprint as words, to compare by ear
}

// NearMiss is something the redactor kept and was not sure of: at a place, or in
// a whole file, where Line is 0 and Text is how often.
type NearMiss struct {
	Path string `json:"path"`
	Line int64  `json:"line"`
	Text string `json:"text"`
	Why  string `json:"why"`
}

// Input is what a review looks at.
type Input struct {
	Manifest   bundle.Manifest
	Digest     bundle.Digest // of the manifest
	Tree       fs.FS         // frozen tree with meta/ and files/
	Recipients []Recipient
	Keywords   []string   // the site's own words that must not leave
	Loosened   []string   // words the policy lets through that the shipped rules would hide
	Near       []NearMiss // from the redactor
	Known      *Known     // what the last approved bundle had; nil when there is none

	Workers  int                     // 0 for one per processor; the result is the same
	Progress func(done, total int64) // told how many bytes were read; may be nil
}

// Place is a line of a file.
type Place struct {
	Path string `json:"path"`
	Line int64  `json:"line"`
	Text string `json:"text"` // what stands around, made printable
}

// Found is something searched for and where it was found.
type Found struct {
	What   string  `json:"what"`
	Count  int64   `json:"count"`
	Places []Place `json:"places"` // at most MaxHits
}

// Secrets are strings that look like secrets and stand behind the same words.
// Every string is shown once; what stands around it is shown once for all of
// them.
type Secrets struct {
	Before  string   `json:"before"` // what stands before them, values replaced by their kinds
	Strings []string `json:"strings"`
	Marks   []Mark   `json:"marks"` // of Strings
	Count   int64    `json:"count"` // occurrences of all of them
	Example Place    `json:"example"`
	New     bool     `json:"new"` // no approved bundle under the same rules had them
	// Beyond is an estimate of how many more strings there are than can be
	// listed; BeyondCount are their occurrences.
	Beyond      int64 `json:"beyond"`
	BeyondCount int64 `json:"beyond_count"`
}

// Group is some files together.
type Group struct {
	Name  string `json:"name"`
	Files int64  `json:"files"`
	Bytes int64  `json:"bytes"`
}

// Count is how often something was done and in how many files.
type Count struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
	Files int64  `json:"files"`
}

// Note is a remark on one file.
type Note struct {
	Path   string `json:"path"`
	Remark string `json:"remark"`
}

// Difference compares with the last approved bundle.
type Difference struct {
	Against   bundle.ID `json:"against"` // empty: there is none, everything is new
	New       []string  `json:"new"`     // paths the other had not
	Changed   []string  `json:"changed"`
	Same      int64     `json:"same"` // files identical to approved ones
	Gone      []string  `json:"gone"`
	NewShapes int64     `json:"new_shapes"`
	NewTokens int64     `json:"new_tokens"` // and secret-like strings
	// OtherRules says that the last approved bundle was redacted under other
	// rules or another policy: everything counts as new.
	OtherRules bool `json:"other_rules"`
}

// Coverage is how much of the text an officer sees in what form. The extents add
// up to all text of the bundle.
type Coverage struct {
	Whole    Extent `json:"whole"`    // lines that are alone in their kind, shown in full
	Shapes   Extent `json:"shapes"`   // shown once for all lines of their kind
	Folded   Extent `json:"folded"`   // of kinds an approved bundle had, folded
	Blank    Extent `json:"blank"`    // nothing but blanks
	Unlisted Extent `json:"unlisted"` // too many kinds: only counted; read the files named
	Unread   Group  `json:"unread"`   // files whose content is not text
}

// All is the text of the bundle.
func (c Coverage) All() Extent {
	var all Extent
	for _, e := range []Extent{c.Whole, c.Shapes, c.Folded, c.Blank, c.Unlisted} {
		all.add(e)
	}
	return all
}

// Summary is what an officer sees.
type Summary struct {
	BID           bundle.ID         `json:"bid"`
	Manifest      bundle.Digest     `json:"manifest_sha256"`
	ManifestWords []string          `json:"manifest_words"` // filled in by the caller, if at all
	Case          string            `json:"case"`
	Created       string            `json:"created_utc"`
	Marking       string            `json:"marking"`
	Clear         bool              `json:"clear"` // leaves not encrypted
	Collector     bundle.Principal  `json:"collector"`
	Policy        bundle.Versioned  `json:"policy"`
	Rules         bundle.Versioned  `json:"rules"`
	Files         int64             `json:"files"`
	Bytes         int64             `json:"bytes"`
	Lines         int64             `json:"lines"`
	ByType        []Group           `json:"by_type"`
	BySource      []Group           `json:"by_source"`
	Redactions    []Count           `json:"redactions"` // by rule
	Redacted      []Count           `json:"redacted"`   // by file, most first
	Withheld      []bundle.Omission `json:"withheld"`
	Uninspected   []Note            `json:"uninspected"`
	Disagree      []Note            `json:"disagree"` // name and content say different things
	Recipients    []Recipient       `json:"recipients"`
	Markings      []Found           `json:"markings"`
	Keywords      []Found           `json:"keywords"` // every word of the site, also with no hit
	Secrets       []Secrets         `json:"secrets"`
	Loosened      []Found           `json:"loosened"` // words the policy lets through, with no hit too
	Near          []NearMiss        `json:"near"`
	Shapes        []Shape           `json:"shapes"` // new ones first, then by count
	Tokens        []Token           `json:"tokens"`
	Series        []Series          `json:"series"`
	Coverage      Coverage          `json:"coverage"`
	Difference    Difference        `json:"difference"`
	Overflow      []Note            `json:"overflow"` // what was counted and not listed

	unread Group
}

// Build reads the whole tree. The error is for a tree that cannot be read or
// that is not the one the manifest names; ctx stops it between two lines.
func Build(ctx context.Context, in Input) (Summary, Known, error) {
	s := Summary{
		BID: in.Manifest.BID, Manifest: in.Digest, Case: in.Manifest.Case, Created: in.Manifest.CreatedUTC,
		Marking: in.Manifest.Marking, Clear: in.Manifest.Clear, Collector: in.Manifest.Collector, Policy: in.Manifest.Policy, Rules: in.Manifest.Rules,
		Withheld: withheld(in.Manifest), Recipients: orEmpty(in.Recipients), Near: orEmpty(in.Near),
		Overflow: []Note{},
	}
	inventory(&s, in.Manifest)
	m, f, err := scan(ctx, in, &s)
	if err != nil {
		return Summary{}, Known{}, fmt.Errorf("review bundle %s: %w", in.Manifest.BID, err)
	}
	seen := func(Mark) bool { return false }
	if in.Known.under(in.Manifest) {
		seen = in.Known.has
	}
	s.Markings, s.Keywords, s.Secrets = f.result(seen)
	s.Loosened = orEmpty(f.loosened())
	s.Shapes = m.shapes(seen)
	s.Tokens, s.Series = m.tokens.result(f.secrets)
	s.Overflow = append(append(s.Overflow, m.overflow()...), f.overflow()...)
	s.Coverage = cover(s, m)
	s.Difference = compare(in.Manifest, in.Known)
	s.newness(seen)
	return s, known(&s, in.Manifest, in.Known), nil
}

// newness marks tokens and counts what is new.
func (s *Summary) newness(seen func(Mark) bool) {
	d := &s.Difference
	for i := range s.Tokens {
		if s.Tokens[i].New = !seen(s.Tokens[i].Mark); s.Tokens[i].New {
			d.NewTokens++
		}
	}
	for i := range s.Series {
		if s.Series[i].New = !seen(s.Series[i].Mark); s.Series[i].New {
			d.NewTokens += s.Series[i].Distinct
		}
	}
	for _, g := range s.Secrets {
		if g.New {
			d.NewTokens += int64(len(g.Strings)) + g.Beyond
		}
	}
	for _, one := range s.Shapes {
		if one.New {
			d.NewShapes++
		}
	}
}

// cover measures what the officer sees of the text.
func cover(s Summary, m *miner) Coverage {
	c := Coverage{Blank: m.blank, Unread: Group{Name: "not read"}}
	for _, one := range s.Shapes {
		switch {
		case !one.New:
			c.Folded.add(one.extent())
		case one.Count == 1 && !one.list():
			c.Whole.add(one.extent())
		default:
			c.Shapes.add(one.extent())
		}
	}
	for _, e := range m.missed {
		c.Unlisted.add(*e)
	}
	c.Unread.Files, c.Unread.Bytes = s.unread.Files, s.unread.Bytes
	return c
}

// withheld makes the omissions of a manifest printable.
func withheld(m bundle.Manifest) []bundle.Omission {
	out := make([]bundle.Omission, len(m.Omitted))
	for i, o := range m.Omitted {
		out[i] = bundle.Omission{
			OrigPath: printable([]byte(o.OrigPath), len(o.OrigPath)),
			Reason:   printable([]byte(o.Reason), len(o.Reason)),
		}
	}
	return out
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// inventory is everything the manifest alone tells.
func inventory(s *Summary, m bundle.Manifest) {
	types, sources := groups{}, groups{}
	rules := map[string]*Count{}
	s.Uninspected, s.Disagree, s.Redacted = []Note{}, []Note{}, []Count{}
	for _, e := range m.Files {
		s.Files++
		s.Bytes += e.Size
		types.add(e.Type, e.Size)
		sources.add(e.Source, e.Size)
		if e.Inspected == bundle.InspectedNone || packed(e.Type) {
			s.unread.Files++
			s.unread.Bytes += e.Size
		}
		switch {
		case e.Inspected != bundle.InspectedFull:
			s.Uninspected = append(s.Uninspected, Note{e.Path, fmt.Sprintf("inspected: %s; %s", e.Inspected, e.Reason)})
		case packed(e.Type):
			s.Uninspected = append(s.Uninspected, Note{e.Path, e.Type + ": the redactor went through what is inside; its lines are not shown here"})
		}
		if why := disagreement(e); why != "" {
			s.Disagree = append(s.Disagree, Note{e.Path, why})
		}
		var sum int64
		for rule, n := range e.Redactions {
			if n == 0 {
				continue
			}
			if rules[rule] == nil {
				rules[rule] = &Count{Name: rule}
			}
			rules[rule].Count += n
			rules[rule].Files++
			sum += n
		}
		if sum > 0 {
			s.Redacted = append(s.Redacted, Count{Name: e.Path, Count: sum, Files: 1})
		}
	}
	s.ByType, s.BySource = types.sorted(), sources.sorted()
	s.Redactions = make([]Count, 0, len(rules))
	for _, c := range rules {
		s.Redactions = append(s.Redactions, *c)
	}
	slices.SortFunc(s.Redactions, byCount)
	slices.SortFunc(s.Redacted, byCount)
}

func byCount(a, b Count) int {
	if a.Count != b.Count {
		if a.Count > b.Count {
			return -1
		}
		return 1
	}
	return strings.Compare(a.Name, b.Name)
}

type groups map[string]*Group

func (g groups) add(name string, size int64) {
	if name == "" {
		name = "(not said)"
	}
	if g[name] == nil {
		g[name] = &Group{Name: name}
	}
	g[name].Files++
	g[name].Bytes += size
}

func (g groups) sorted() []Group {
	out := make([]Group, 0, len(g))
	for _, one := range g {
		out = append(out, *one)
	}
	slices.SortFunc(out, func(a, b Group) int {
		if a.Bytes != b.Bytes {
			if a.Bytes > b.Bytes {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

// disagreement says when a name promises another content than was found. Plain
// text fits every name that promises some kind of text.
func disagreement(e bundle.Entry) string {
	dot := strings.LastIndexByte(e.Path, '.')
	if dot < 0 || strings.Contains(e.Path[dot:], "/") || e.Type == "" {
		return ""
	}
	ext, typ := e.Path[dot+1:], strings.ToLower(e.Type)
	structured := map[string][]string{
		"json": {"json"}, "jsonl": {"json"}, "csv": {"csv"}, "xml": {"xml", "html"}, "html": {"html", "xml"},
		"yaml": {"yaml"}, "yml": {"yaml"},
	}
	if want, ok := structured[ext]; ok {
		for _, w := range append(want, "text", "ini") {
			if strings.Contains(typ, w) {
				return ""
			}
		}
		return fmt.Sprintf("the name says %s, the content is %s", ext, e.Type)
	}
	if packed(e.Type) && strings.Contains(" gz/gzip tgz/gzip zst/zstd tar/tar zip/zip ", " "+ext+"/"+typ+" ") {
		return ""
	}
	if strings.Contains(" exe dll so bin zip gz xz zst 7z rar tar iso img jpg jpeg png gif pdf doc docx xls xlsx db sqlite pcap core ", " "+ext+" ") {
		return fmt.Sprintf("the name promises %s, the content is %s", ext, e.Type)
	}
	return ""
}

func compare(m bundle.Manifest, known *Known) Difference {
	d := Difference{New: []string{}, Changed: []string{}, Gone: []string{}}
	if known == nil {
		known = &Known{}
	}
	d.Against = known.BID
	d.OtherRules = known.BID != "" && !known.under(m)
	digests := map[bundle.Digest]bool{}
	for _, sha := range known.Files {
		digests[sha] = true
	}
	here := map[string]bool{}
	for _, e := range m.Files {
		here[e.Path] = true
		old, was := known.Files[e.Path]
		switch {
		case digests[e.SHA256]:
			d.Same++
		case was && old != e.SHA256:
			d.Changed = append(d.Changed, e.Path)
		default:
			d.New = append(d.New, e.Path)
		}
	}
	for path := range known.Files {
		if !here[path] {
			d.Gone = append(d.Gone, path)
		}
	}
	slices.Sort(d.Gone)
	return d
}
