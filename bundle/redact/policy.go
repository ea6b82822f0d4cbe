package redact

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"darksite/bundle"
	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"
	"darksite/bundle/redact/stranger"
)

// Names in manifests that no policy of a site can take.
const (
	defaultID = "default" // the policy of a site that has none
	shippedID = "shipped" // the rules of this build
)

// rulesVersionNumber counts the sets of shipped rules.
const rulesVersionNumber = 1

// Policy is what a site adds to the shipped rules or takes from them.
type Policy struct {
	ID       string       // empty for the default policy
	Version  int64        // counted by the site
	Rules    []rules.Rule // further rules; their cases are run by New
	Keep     []string     // words that stay; this loosens the policy
	Strict   bool         // a leak refuses the whole tree rather than withhold the file
	Unknown  Unknown      // what becomes of words that no rule and no text of the world knows
	MaxDepth int          // of archives in archives, 0 for 4
	MaxBytes int64        // of text unpacked from one file, 0 for 64 GiB
	MaxRatio int64        // of unpacked to packed bytes, 0 for 1000
}

// Unknown is what becomes of a word that the world's texts do not use and no rule
// knows, where it stands as a name would; see package stranger.
type Unknown string

// The ways with such words: hide those for which much speaks, hide those for which
// something does, let all of them stay.
const (
	HideUnknown  Unknown = "" // the default
	DoubtUnknown Unknown = "doubt"
	KeepUnknown  Unknown = "stay"
)

// Loosened lists what the policy lets through that the default would hide, for
// the officers to see.
func (p Policy) Loosened() []string {
	out := slices.Clone(p.Keep)
	slices.Sort(out)
	out = slices.Compact(out)
	if p.Unknown == KeepUnknown {
		out = append(out, "unknown: stay")
	}
	return out
}

// ParsePolicy reads a policy file: statements of the form "word: rest" (id,
// version, strict, unknown, keep), then, each behind a line of three dashes, rules as package
// rules describes them. The name is used in errors, with line and column.
func ParsePolicy(name, text string) (Policy, error) {
	var p Policy
	if at := notText(text); at >= 0 {
		return Policy{}, fmt.Errorf("%s:%s: not a text in UTF-8; save it as one", name, place(text, at))
	}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	head, rest, more := cutRule(text)
	for n, raw := range strings.Split(head, "\n") {
		l := strings.TrimSpace(raw)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		word, arg, colon := strings.Cut(l, ":")
		err := p.statement(word, strings.TrimSpace(arg))
		if !colon {
			err = errors.New("no colon behind the first word")
		}
		if err != nil {
			return Policy{}, fmt.Errorf("%s:%d:%d: %w", name, n+1, strings.Index(raw, l)+1, err)
		}
	}
	if p.ID == "" {
		return Policy{}, fmt.Errorf("%s:1:1: no id; write a line such as id: lyon", name)
	}
	seen := map[string]bool{}
	for line := strings.Count(head, "\n") + 2; more; {
		var one string
		one, rest, more = cutRule(rest)
		r, err := rules.ParseAt(name, line, one)
		if err != nil {
			return Policy{}, err
		}
		if seen[r.ID] {
			return Policy{}, fmt.Errorf("%s: a second rule named %s", r.Place("id", 0), r.ID)
		}
		seen[r.ID] = true
		line += strings.Count(one, "\n") + 1
		p.Rules = append(p.Rules, r)
	}
	return p, nil
}

// cutRule cuts a text at the first line of three dashes.
func cutRule(text string) (before, after string, found bool) {
	at := 0
	for l := range strings.Lines(text) {
		if strings.TrimSpace(l) == "---" {
			return text[:at], text[at+len(l):], true
		}
		at += len(l)
	}
	return text, "", false
}

// statement takes one line of the head apart.
func (p *Policy) statement(word, arg string) error {
	switch word {
	case "id":
		if !policyID(arg) {
			return fmt.Errorf("id %q: want at most %d small letters, digits and dashes, and neither default nor shipped", arg, maxID)
		}
		p.ID = arg
	case "version":
		v, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || v < 1 {
			return fmt.Errorf("version %q is not a number from 1 up", arg)
		}
		p.Version = v
	case "strict":
		switch arg {
		case "yes", "true":
			p.Strict = true
		case "no", "false":
			p.Strict = false
		default:
			return fmt.Errorf("strict: %q is neither yes nor no", arg)
		}
	case "unknown":
		switch u := Unknown(arg); u {
		case DoubtUnknown, KeepUnknown:
			p.Unknown = u
		case "hide":
			p.Unknown = HideUnknown
		default:
			return fmt.Errorf("unknown: %q is none of hide, doubt, stay", arg)
		}
	case "keep":
		for _, w := range strings.Fields(arg) {
			if !strings.ContainsFunc(w, nameable) {
				return fmt.Errorf("keep: %q is no word", w)
			}
		}
		if p.Keep = append(p.Keep, strings.Fields(arg)...); len(p.Keep) > maxKeep {
			return fmt.Errorf("more than %d words to keep: officers must be able to read them all", maxKeep)
		}
	default:
		return fmt.Errorf("unknown word %q; known are id, version, strict, unknown, keep", word)
	}
	return nil
}

// Bounds of a policy: of its name, which stands in every manifest, and of the words
// it keeps, which officers read one by one.
const (
	maxID   = 40
	maxKeep = 200
)

// policyID reports whether a name can be one of a site's policy.
func policyID(s string) bool {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, odd) && s != defaultID && s != shippedID
}

// notText is where a text stops being one in UTF-8, or -1.
func notText(text string) int {
	for i, r := range text {
		if r == 0 || r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return -1
}

// place is a byte of a text as line and column, both from 1.
func place(text string, at int) string {
	line := strings.LastIndexByte(text[:at], '\n') + 1
	return fmt.Sprintf("%d:%d", strings.Count(text[:at], "\n")+1, utf8.RuneCountInString(text[line:at])+1)
}

func (p Policy) depth() int {
	if p.MaxDepth > 0 {
		return p.MaxDepth
	}
	return 4
}

func (p Policy) bytes() int64 {
	if p.MaxBytes > 0 {
		return p.MaxBytes
	}
	return 64 << 30
}

func (p Policy) ratio() int64 {
	if p.MaxRatio > 0 {
		return p.MaxRatio
	}
	return 1000
}

// version fixes policy and word list by a digest.
func (p Policy) version(words []string) bundle.Versioned {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %d %t %q %d %d %d\n", p.ID, p.Version, p.Strict, p.Unknown, p.depth(), p.bytes(), p.ratio())
	for _, k := range p.Loosened() {
		fmt.Fprintf(&b, "keep %q\n", k)
	}
	for _, r := range p.Rules {
		fmt.Fprintf(&b, "rule %q %s %q %q %q %q %+v %q %q\n", r.ID, r.Kind, r.Keys, r.Ends, r.Nouns, r.Patterns, r.Prefixes, r.Hits, r.Misses)
	}
	sorted := slices.Sorted(slices.Values(words))
	for _, w := range sorted {
		fmt.Fprintf(&b, "word %q\n", w)
	}
	id := p.ID
	if id == "" {
		id = defaultID
	}
	return bundle.Versioned{ID: id, SHA256: bundle.DigestOf([]byte(b.String())), Version: max(p.Version, 1)}
}

func rulesVersion() (bundle.Versioned, error) {
	b, err := rules.Bytes()
	if err != nil {
		return bundle.Versioned{}, err
	}
	return bundle.Versioned{ID: shippedID, SHA256: bundle.DigestOf(append(b, stranger.Bytes()...)), Version: rulesVersionNumber}, nil
}

// judge is the judge of words that no rule knows, nil where all of them stay.
func (p Policy) judge() (*stranger.Judge, error) {
	switch p.Unknown {
	case KeepUnknown:
		return nil, nil
	case HideUnknown, DoubtUnknown:
		return stranger.Load()
	}
	return nil, fmt.Errorf("policy: unknown: %q is none of hide, doubt, stay", p.Unknown)
}

// level is how much has to speak for a word that no rule knows.
func (p Policy) level() stranger.Level {
	if p.Unknown == DoubtUnknown {
		return stranger.Eager
	}
	return stranger.Usual
}

// maxRules bounds what a site adds: every pattern looks at every line.
const maxRules = 100

// checkSecrets refuses rules of a site that would turn what the shipped ones mask
// for good into a name with a stand-in, which the map leads back from.
func checkSecrets(shipped []rules.Rule, site []rules.Rule) error {
	if len(site) > maxRules {
		return fmt.Errorf("%d rules in the policy, at most %d are allowed", len(site), maxRules)
	}
	know, err := detect.Compile(shipped, nil)
	if err != nil {
		return err
	}
	for _, r := range site {
		if r.Kind == Secret {
			continue
		}
		for i, key := range slices.Concat(r.Keys, r.Ends) {
			if know.KeyKind(strings.TrimPrefix(key, "^")) == Secret {
				at := r.Place("keys", 0)
				if i >= len(r.Keys) {
					at = r.Place("ends", 0)
				}
				return fmt.Errorf("%srule %s: what stands behind %s is a secret and masked for good; a rule of a site cannot make it %s", behind(at), r.ID, key, r.Kind)
			}
		}
		for n, p := range r.Prefixes {
			for _, s := range shipped {
				if s.Kind == Secret && slices.ContainsFunc(s.Prefixes, func(q rules.Prefix) bool {
					return strings.HasPrefix(p.Text, q.Text) || strings.HasPrefix(q.Text, p.Text)
				}) {
					return fmt.Errorf("%srule %s: what begins with %s is a secret and masked for good; a rule of a site cannot make it %s", behind(r.Place("prefix", n)), r.ID, p.Text, r.Kind)
				}
			}
		}
	}
	return nil
}

// checkCases runs the cases of rules against a compiled set.
func checkCases(know *detect.Knowledge, rs []rules.Rule) error {
	none := func(pseudonym.Kind, string) bool { return false }
	s := detect.NewScanner(know, detect.NewInventory(nil, nil), none)
	for _, r := range rs {
		for n, h := range r.Hits {
			if !hits(s, h.Line, h.Text) {
				return fmt.Errorf("%srule %s: %q is not found in %q", behind(r.Place("hit", n)), r.ID, h.Text, h.Line)
			}
		}
		for n, m := range r.Misses {
			if found, _ := s.Scan([]byte(m), detect.State{}); len(s.Known([]byte(m), found)) > 0 {
				return fmt.Errorf("%srule %s: something is found in %q, which must stay", behind(r.Place("miss", n)), r.ID, m)
			}
		}
	}
	return nil
}

// behind puts a place before what is wrong there.
func behind(place string) string {
	if place == "" {
		return ""
	}
	return place + ": "
}

// hits reports whether findings cover exactly a text.
func hits(s *detect.Scanner, line, text string) bool {
	found, _ := s.Scan([]byte(line), detect.State{})
	for _, f := range found {
		if line[f.Start:f.End] == text {
			return true
		}
	}
	return false
}
