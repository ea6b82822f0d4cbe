// Package review makes a frozen bundle readable for the person who must decide
// whether it may leave.
//
// An officer has an hour, not a week, for a million lines. So [Build] reads
// every line of every file once and shows each kind of line once: lines that
// differ only in numbers, times, addresses and stand-ins share one [Shape], with
// a count, an example and some of the distinct values. What must not be missed
// is listed one by one: site keywords, markings, strings that look like secrets,
// every distinct identifying token, files that could not be inspected and files
// whose name and content disagree. Against what was approved before, new files
// and new shapes are told from known ones ([Known]).
//
// A [Summary] is plain data: a terminal, JSON and a page render it alike;
// [Text] renders it at 80 columns. It holds redacted data only, is kept at the
// site and is never part of a bundle.
//
// The package decides nothing and is deterministic: the same bundle gives the
// same summary. It does no I/O but through the fs.FS it is handed.
//
// Limits, each told in the summary when it was met: a line longer than [MaxLine]
// is looked at in pieces of that size; beyond [MaxShapes] shapes and
// [MaxTokens] tokens the rest is counted, not listed, and the officer must read
// the files named. A shape is found by the form of words, not by their meaning.
package review

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"darksite/bundle"
)

// Bounds of a summary.
const (
	MaxLine    = 1 << 20 // bytes looked at as one line
	MaxShapes  = 100_000
	MaxTokens  = 100_000
	MaxHits    = 200  // places listed for each keyword and marking
	MaxSecrets = 1000 // distinct secret-like strings listed
	maxExcerpt = 160  // bytes of a line shown around a hit
)

// Recipient is one holder of a key that can open the bundle.
type Recipient struct {
	Name        string   `json:"name"`
	Fingerprint string   `json:"fingerprint"`
	Words       []string `json:"words"` // fingerprint as words, to compare by ear
}

// NearMiss is something the redactor kept and was not sure of.
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
	Near       []NearMiss // from the redactor
	Known      *Known     // what the last approved bundle had; nil when there is none
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
// Every string is shown once, where it was met first; what stands around it is
// shown once for all of them.
type Secrets struct {
	Before  string   `json:"before"` // what stands before them, values replaced by their kinds
	Strings []string `json:"strings"`
	Count   int64    `json:"count"` // occurrences of all of them
	Example Place    `json:"example"`
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

// Token is an identifying word that is in the bundle: a stand-in, or something
// with digits in it that is no number, time or digest.
type Token struct {
	Value string `json:"value"`
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
	First Place  `json:"first"`
}

// Difference compares with the last approved bundle.
type Difference struct {
	Against   bundle.ID `json:"against"` // empty: there is none, everything is new
	New       []string  `json:"new"`     // paths the other had not
	Changed   []string  `json:"changed"`
	Same      int64     `json:"same"` // files identical to approved ones
	Gone      []string  `json:"gone"`
	NewShapes int64     `json:"new_shapes"`
}

// Summary is what an officer sees.
type Summary struct {
	BID           bundle.ID         `json:"bid"`
	Manifest      bundle.Digest     `json:"manifest_sha256"`
	ManifestWords []string          `json:"manifest_words"` // filled in by the caller, if at all
	Case          string            `json:"case"`
	Created       string            `json:"created_utc"`
	Marking       string            `json:"marking"`
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
	Near          []NearMiss        `json:"near"`
	Shapes        []Shape           `json:"shapes"` // new ones first, then by count
	Tokens        []Token           `json:"tokens"`
	Difference    Difference        `json:"difference"`
	Overflow      []Note            `json:"overflow"` // what was counted and not listed
}

// Known is what a later review compares with. It is kept at the site when a
// bundle is approved.
type Known struct {
	BID    bundle.ID                `json:"bid"`
	Files  map[string]bundle.Digest `json:"files"`  // path to digest
	Shapes []bundle.Digest          `json:"shapes"` // of shapes, sorted
}

// Build reads the whole tree. The error is for a tree that cannot be read or
// that is not the one the manifest names; ctx stops it between two lines.
func Build(ctx context.Context, in Input) (Summary, Known, error) {
	s := Summary{
		BID: in.Manifest.BID, Manifest: in.Digest, Case: in.Manifest.Case, Created: in.Manifest.CreatedUTC,
		Marking: in.Manifest.Marking, Collector: in.Manifest.Collector, Policy: in.Manifest.Policy, Rules: in.Manifest.Rules,
		Withheld: withheld(in.Manifest), Recipients: orEmpty(in.Recipients), Near: orEmpty(in.Near),
		Overflow: []Note{},
	}
	inventory(&s, in.Manifest)
	m := newMiner()
	f := newSearcher(in.Keywords, in.Manifest.Rules.SHA256, in.Manifest.Policy.SHA256)
	for _, e := range in.Manifest.Files {
		lines, err := read(ctx, in.Tree, e, func(place Place, line []byte) {
			m.line(place, line)
			f.line(place, line)
		})
		if err != nil {
			return Summary{}, Known{}, fmt.Errorf("review bundle %s: %w", in.Manifest.BID, err)
		}
		s.Lines += lines
	}
	s.Markings, s.Keywords, s.Secrets = f.result()
	known := Known{BID: in.Manifest.BID, Files: map[string]bundle.Digest{}}
	for _, e := range in.Manifest.Files {
		known.Files[e.Path] = e.SHA256
	}
	s.Shapes = m.shapes()
	s.Tokens = m.tokens()
	s.Overflow = append(s.Overflow, m.overflow()...)
	s.Overflow = append(s.Overflow, f.overflow()...)
	for _, shape := range s.Shapes {
		known.Shapes = append(known.Shapes, shape.digest())
	}
	slices.Sort(known.Shapes)
	known.Shapes = slices.Compact(known.Shapes)
	s.Difference = compare(in.Manifest, in.Known, s.Shapes)
	order(s.Shapes)
	return s, known, nil
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

// read gives every line of a file that an officer could read, without its line
// feed.
func read(ctx context.Context, tree fs.FS, e bundle.Entry, do func(Place, []byte)) (int64, error) {
	if e.Inspected == bundle.InspectedNone || packed(e.Type) {
		return 0, nil
	}
	f, err := tree.Open(e.Path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	raw := &counter{r: f}
	r := bufio.NewReaderSize(decoded(raw, e.Type), MaxLine)
	place := Place{Path: e.Path}
	for {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			place.Line++
			do(place, bytes.TrimRight(line, "\r\n"))
		}
		switch {
		case errors.Is(err, io.EOF):
			if raw.n != e.Size {
				return 0, fmt.Errorf("%s has %d bytes, the manifest has %d", e.Path, raw.n, e.Size)
			}
			return place.Line, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return 0, err
		case ctx.Err() != nil:
			return 0, ctx.Err()
		}
	}
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

func compare(m bundle.Manifest, known *Known, shapes []Shape) Difference {
	d := Difference{New: []string{}, Changed: []string{}, Gone: []string{}}
	if known == nil {
		known = &Known{}
	}
	d.Against = known.BID
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
	for i := range shapes {
		_, old := slices.BinarySearch(known.Shapes, shapes[i].digest())
		shapes[i].New = !old
		if !old {
			d.NewShapes++
		}
	}
	return d
}
