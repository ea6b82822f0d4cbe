package redact

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"darksite/bundle"
	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"
	"darksite/bundle/redact/stranger"
)

// Kind is what a value is; see package pseudonym.
type Kind = pseudonym.Kind

// The kinds a caller can know values of.
const (
	Host       = pseudonym.Host
	User       = pseudonym.User
	Person     = pseudonym.Person
	Domain     = pseudonym.Domain
	Serial     = pseudonym.Serial
	Array      = pseudonym.Array
	Volume     = pseudonym.Volume
	Group      = pseudonym.Group
	Pod        = pseudonym.Pod
	FileSystem = pseudonym.FileSystem
	Name       = pseudonym.Name
	Word       = pseudonym.Word
	Org        = pseudonym.Org
	Secret     = pseudonym.Secret
)

// Mask stands where a secret stood.
const Mask = detect.Mask

// Map leads from stand-ins back to values; see package pseudonym.
type Map = pseudonym.Map

// OpenMap reads a map sealed with [Map.Seal].
var OpenMap = pseudonym.OpenMap

// Known is a value of the site that must go wherever it stands.
type Known struct {
	Kind  Kind
	Value string
}

// Progress is told how far a pass is. It is called from one goroutine at a time.
type Progress func(pass string, bytes, total int64)

// Options configure a gate.
type Options struct {
	Key      []byte   // the site's key of 32 bytes
	Policy   Policy   // the zero value is the default policy
	Known    []Known  // the site's inventory, from the monitor
	Words    []string // the site's word list; phrases are allowed
	Public   []string // names that are told in clear beside the text, and stay in it
	Prior    *Map     // stand-ins of earlier bundles; nil for none
	Links    bool     // keep symbolic links that stay inside the tree; else they are withheld
	Workers  int      // 0 for one per processor
	Progress Progress // may be nil
}

// Gate is the one way out for text. It is safe for use by many goroutines, but
// one [Gate.Tree] runs at a time.
type Gate struct {
	know  *detect.Knowledge
	judge *stranger.Judge // of words that no rule knows, or nil

	rulesOnly *detect.Knowledge // know without the judge

	mint     *pseudonym.Minter
	policy   Policy
	rules    bundle.Versioned
	polVer   bundle.Versioned
	fixed    []detect.Item
	workers  int
	progress Progress
	links    bool
	chunk    int                       // size of chunks, 0 for chunkSize; tests cut finer
	entered  func(string)              // told of every pass by tests, or nil
	rescan   bool                      // the second pass scans in full again; tests compare
	met      func([]byte)              // told of every chunk by tests, or nil
	opened   func(io.Reader) io.Reader // put before every file by tests, or nil

	free int64 // that may be unpacked whatever the ratio, 0 for freeBytes; tests take less

	tree sync.Mutex // held by Tree
	jobs sync.Pool  // of *job

	mu     sync.Mutex // guards what follows
	inv    *detect.Inventory
	kinds  map[string]pseudonym.Kind // of names, one each
	learnt *findings
	text   *worker // for Text
}

// New makes a gate.
func New(o Options) (*Gate, error) {
	mint, err := pseudonym.New(o.Key, o.Prior)
	if err != nil {
		return nil, fmt.Errorf("make redaction gate: %w", err)
	}
	shipped, err := rules.Shipped()
	if err != nil {
		return nil, fmt.Errorf("make redaction gate: %w", err)
	}
	if err := checkSecrets(shipped, o.Policy.Rules); err != nil {
		return nil, fmt.Errorf("make redaction gate: %w", err)
	}
	all := append(slices.Clone(shipped), o.Policy.Rules...)
	know, err := detect.Compile(all, slices.Concat(o.Policy.Keep, o.Public))
	if err != nil {
		return nil, fmt.Errorf("make redaction gate: %w", err)
	}
	if err := checkCases(know, o.Policy.Rules); err != nil {
		return nil, fmt.Errorf("make redaction gate: %w", err)
	}
	judge, err := o.Policy.judge()
	if err != nil {
		return nil, fmt.Errorf("make redaction gate: %w", err)
	}
	g := &Gate{
		rulesOnly: know, know: know, judge: judge, mint: mint, policy: o.Policy, workers: o.Workers, progress: o.Progress, links: o.Links,
		kinds: map[string]pseudonym.Kind{}, learnt: newFindings(),
	}
	if judge != nil {
		g.know = know.Suspecting(judge, o.Policy.level())
	}
	if g.workers < 1 {
		g.workers = runtime.GOMAXPROCS(0)
	}
	if g.rules, err = rulesVersion(); err != nil {
		return nil, fmt.Errorf("make redaction gate: %w", err)
	}
	g.polVer = o.Policy.version(o.Words)
	if err := g.fix(o); err != nil {
		return nil, fmt.Errorf("make redaction gate: %w", err)
	}
	return g, g.refresh()
}

// fix turns what the caller knows into items that are always looked for.
func (g *Gate) fix(o Options) error {
	for _, k := range o.Known {
		v := strings.TrimSpace(k.Value)
		switch {
		case v == "":
			continue
		case k.Kind == pseudonym.None || k.Kind.String() == "unknown":
			return errors.New("a known value has no kind")
		case k.Kind == Secret:
			if len(v) >= 4 {
				g.fixed = append(g.fixed, detect.Item{Text: v, Canon: v, Kind: Secret, Exact: true})
			}
			continue
		}
		g.fixed = append(g.fixed, itemsOf(g.know, value{k.Kind, strings.ToLower(v)}, given)...)
	}
	for _, w := range o.Words {
		if w = strings.TrimSpace(w); len(w) >= leastWord {
			g.fixed = append(g.fixed, wordItems(w)...)
		}
	}
	return nil
}

// refresh builds the inventory from what is fixed and what was learnt, settles
// one kind for each name and mints every stand-in in sorted order.
func (g *Gate) refresh() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, it := range g.fixed {
		g.settleKind(it.Canon, it.Kind)
	}
	for v := range g.learnt.values {
		g.settleKind(v.canon, v.kind)
	}
	g.dropHalfKnown()
	items := slices.Clone(g.fixed)
	for _, v := range g.learnt.sorted(isLearnt) {
		by := guessed
		if g.learnt.values[v]&isTold != 0 {
			by = told
		}
		items = append(items, itemsOf(g.know, v, by)...)
	}
	for i := range items {
		if k, ok := g.kinds[items[i].Canon]; ok && items[i].Kind.IsName() && items[i].Kind != pseudonym.Domain {
			items[i].Kind = k
		}
	}
	addrs := map[string]bool{}
	for v := range g.learnt.values {
		if v.kind == pseudonym.IPv4 {
			addrs[v.canon] = true
		}
	}
	g.inv = detect.NewInventory(items, addrs)
	g.text = nil
	for a := range g.learnt.alien {
		g.mint.Reserve(a)
	}
	for _, v := range g.learnt.sorted(0) {
		if v.kind == Secret {
			continue
		}
		if _, err := g.mint.Token(g.kindOf(v.kind, v.canon), v.canon); err != nil {
			return err
		}
	}
	return nil
}

// dropHalfKnown forgets strangers that are a known name and everyday words beside it, as
// db7-ct0 where db7 is a host: the name goes wherever it stands, and what is left of the
// word still tells what it is of. It forgets those as well that merely have the letters of
// a known name somewhere inside, and what programs are called.
func (g *Gate) dropHalfKnown() {
	if g.judge == nil {
		return
	}
	known := map[string]bool{}
	for _, it := range g.fixed {
		known[strings.ToLower(it.Text)] = true
	}
	for v, m := range g.learnt.values {
		if m&isTold != 0 && v.kind.IsName() {
			known[v.canon] = true
		}
	}
	for v, m := range g.learnt.values {
		if m == isLearnt && v.kind == Name && g.kinds[v.canon] == Name && (g.learnt.programs[v.canon] || halfKnown(v.canon, known, g.judge) || holdsInside(v.canon, known)) {
			delete(g.learnt.values, v)
		}
	}
}

// halfKnown reports whether a word is a known name with everyday words at its ends.
func halfKnown(word string, known map[string]bool, j *stranger.Judge) bool {
	ends := []int{-1}
	for i := range len(word) {
		if word[i] == '-' || word[i] == '_' {
			ends = append(ends, i)
		}
	}
	ends = append(ends, len(word))
	for i, from := range ends[:len(ends)-1] {
		for _, to := range ends[i+1:] {
			if known[word[from+1:to]] && to-from-1 < len(word) && j.Everyday(word[:from+1]) && j.Everyday(word[to:]) {
				return true
			}
		}
	}
	return false
}

// leastInside is the least length of a name whose letters inside a word are no chance.
const leastInside = 4

// holdsInside reports whether a known name lies in the midst of the letters of a word.
func holdsInside(word string, known map[string]bool) bool {
	for from := 1; from+leastInside < len(word); from++ {
		for to := from + leastInside; to < len(word); to++ {
			if known[word[from:to]] && alnum(word[from-1]) && alnum(word[to]) {
				return true
			}
		}
	}
	return false
}

// settleKind keeps the first kind in order of rank for a name.
func (g *Gate) settleKind(canon string, k pseudonym.Kind) {
	switch k {
	case pseudonym.FQDN:
		host, _, _ := strings.Cut(canon, ".")
		if !g.know.Common(host) {
			g.settleKind(host, Host)
		}
		return
	case pseudonym.Email:
		local, _, _ := strings.Cut(canon, "@")
		g.settleKind(local, User)
		return
	}
	if !settles(k) {
		return
	}
	if have, ok := g.kinds[canon]; !ok || kindRank(k) < kindRank(have) {
		g.kinds[canon] = k
	}
}

// settles reports whether names of a kind can be seen under another kind too.
func settles(k pseudonym.Kind) bool {
	switch k {
	case Host, User, Array, Volume, Group, Pod, FileSystem, Name, Word, Org, Person, Serial:
		return true
	}
	return false
}

// kindRank decides which of two kinds a name is taken for.
func kindRank(k pseudonym.Kind) int {
	return slices.Index([]pseudonym.Kind{Word, Host, Array, User, Serial, Volume, Pod, FileSystem, Group, Person, Org, Name}, k)
}

// kindOf is the one kind under which a name gets its stand-in.
func (g *Gate) kindOf(k pseudonym.Kind, canon string) pseudonym.Kind {
	if (k == pseudonym.FQDN || k == pseudonym.Domain) && strings.IndexByte(canon, '.') >= 0 {
		return g.inv.NameKind(canon)
	}
	if !settles(k) {
		return k
	}
	if one, ok := g.kinds[canon]; ok {
		return one
	}
	return k
}

// Rules names the rules of this build and fixes their bytes.
func (g *Gate) Rules() bundle.Versioned { return g.rules }

// Policy names the policy in force, word list included, and fixes its bytes.
func (g *Gate) Policy() bundle.Versioned { return g.polVer }

// Map returns all stand-ins given so far.
func (g *Gate) Map() *Map { return g.mint.Map() }

// Text redacts a short text, such as a title or a line of a form, with what the
// gate knows at the time.
func (g *Gate) Text(s string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.text == nil {
		g.text = g.newWorker()
	}
	out, err := g.text.redactText([]byte(s))
	if err != nil {
		return Mask // nothing is let through on a doubt
	}
	return string(out)
}
