package redact

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"darksite/bundle"
	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"
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
	MaxDepth int          // of archives in archives, 0 for 4
	MaxBytes int64        // of text unpacked from one file, 0 for 64 GiB
	MaxRatio int64        // of unpacked to packed bytes, 0 for 1000
}

// Loosened lists what the policy lets through that the default would hide, for
// the officers to see.
func (p Policy) Loosened() []string {
	out := slices.Clone(p.Keep)
	slices.Sort(out)
	return out
}

// ParsePolicy reads a policy file: statements of the form "word: rest" (id,
// version, strict, keep), then, each behind a line of three dashes, rules as package
// rules describes them. The name is used in errors, with line and column.
func ParsePolicy(name, text string) (Policy, error) {
	var p Policy
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return Policy{}, fmt.Errorf("%s: not a text in UTF-8", name)
	}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	head, rest, more := cutRule(text)
	for n, l := range strings.Split(head, "\n") {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		word, arg, _ := strings.Cut(l, ":")
		if err := p.statement(word, strings.TrimSpace(arg)); err != nil {
			return Policy{}, fmt.Errorf("%s:%d: %w", name, n+1, err)
		}
	}
	if p.ID == "" {
		return Policy{}, fmt.Errorf("%s: no id", name)
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
			return Policy{}, fmt.Errorf("%s:%d: a second rule named %s", name, line, r.ID)
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
	case "keep":
		p.Keep = append(p.Keep, strings.Fields(arg)...)
	default:
		return fmt.Errorf("unknown word %q; known are id, version, strict, keep", word)
	}
	return nil
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
	fmt.Fprintf(&b, "%q %d %t %d %d %d\n", p.ID, p.Version, p.Strict, p.depth(), p.bytes(), p.ratio())
	for _, k := range p.Loosened() {
		fmt.Fprintf(&b, "keep %q\n", k)
	}
	for _, r := range p.Rules {
		fmt.Fprintf(&b, "rule %+v\n", r)
	}
	sorted := slices.Sorted(slices.Values(words))
	for _, w := range sorted {
		fmt.Fprintf(&b, "word %q\n", w)
	}
	id := p.ID
	if id == "" {
		id = "default"
	}
	return bundle.Versioned{ID: id, SHA256: bundle.DigestOf([]byte(b.String())), Version: max(p.Version, 1)}
}

func rulesVersion() (bundle.Versioned, error) {
	b, err := rules.Bytes()
	if err != nil {
		return bundle.Versioned{}, err
	}
	return bundle.Versioned{ID: "shipped", SHA256: bundle.DigestOf(b), Version: rulesVersionNumber}, nil
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
		for _, key := range slices.Concat(r.Keys, r.Ends) {
			if know.KeyKind(strings.TrimPrefix(key, "^")) == Secret {
				return fmt.Errorf("rule %s: what stands behind %s is a secret and masked for good; a rule of a site cannot make it %s", r.ID, key, r.Kind)
			}
		}
		for _, p := range r.Prefixes {
			for _, s := range shipped {
				if s.Kind == Secret && slices.ContainsFunc(s.Prefixes, func(q rules.Prefix) bool {
					return strings.HasPrefix(p.Text, q.Text) || strings.HasPrefix(q.Text, p.Text)
				}) {
					return fmt.Errorf("rule %s: what begins with %s is a secret and masked for good; a rule of a site cannot make it %s", r.ID, p.Text, r.Kind)
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
		for _, h := range r.Hits {
			if !hits(s, h.Line, h.Text) {
				return fmt.Errorf("rule %s: %q is not found in %q", r.ID, h.Text, h.Line)
			}
		}
		for _, m := range r.Misses {
			if found, _ := s.Scan([]byte(m), detect.State{}); len(s.Known([]byte(m), found)) > 0 {
				return fmt.Errorf("rule %s: something is found in %q, which must stay", r.ID, m)
			}
		}
	}
	return nil
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
