// Package rules holds what the redactor knows of the world as data: small files,
// each with one rule and the lines that rule must hit and must not hit.
//
// A rule file is text, one statement a line, blank lines and # comments aside:
//
//	id: secret-key                  a name, used in counts and reports
//	kind: secret                    a kind of package pseudonym
//	why: one sentence
//	keys: password passwd api-key   names of keys whose value is of the kind
//	ends: password passwd           the same, glued to the end of a longer word
//	prefix: ghp_ 36 word            values that begin so, with at least so many
//	                                characters of an alphabet behind (word, hex, base64, dash);
//	                                of names and numbers also digit, capital, location
//	nouns: user username            words before a value in running text
//	pattern: PRJ-[0-9]{4,8}         a regular expression (RE2) for what has no key;
//	                                rules of a site only, the shipped ones need none;
//	                                bounded and looked at by [CheckPattern]
//	hit: password=q7Kd -> q7Kd      a line and what must be found in it
//	miss: password_length=12        a line in which the rule must find nothing
//
// Keys are written in lower case, parts joined by dashes; db_password,
// dbPassword and "DB Password" end in the key password. A key after ^ must be the
// whole name. [Shipped] gives the rules of this build; a test runs every case, so
// a rule that fails its own cases does not build. [Parse] reads the rules of a
// site, which are run when the gate is made.
package rules

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

//go:embed data
var data embed.FS

// Rule is one rule file.
type Rule struct {
	ID       string
	Kind     pseudonym.Kind
	Why      string
	Keys     []string // ^ before a key that must be the whole name
	Ends     []string
	Nouns    []string
	Prefixes []Prefix
	Patterns []string // RE2; see [CheckPattern]
	Hits     []Hit
	Misses   []string

	places map[string][]string // of the statements, by their first word
}

// Place is where the statement that gave a value stands, as file, line and column:
// the nth with this first word, or the last before it. It is empty for a rule that
// was not read from a file.
func (r Rule) Place(word string, nth int) string {
	all := r.places[word]
	if len(all) == 0 {
		return ""
	}
	return all[min(nth, len(all)-1)]
}

// Prefix is a format of values known by how they begin.
type Prefix struct {
	Text     string
	Min      int    // characters that must follow; of kinds other than secrets, exactly so many
	Alphabet string // word, hex, base64, dash, digit, capital or location
}

// Hit is a line and a text that must be found in it.
type Hit struct {
	Line, Text string
}

// Shipped returns the rules of this build in the order of their ids.
func Shipped() ([]Rule, error) {
	names, err := fs.Glob(data, "data/*.rule")
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	var out []Rule
	for _, n := range names {
		b, err := data.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("read rule: %w", err)
		}
		r, err := Parse(n, string(b))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// List reads an embedded word list, one entry a line.
func List(name string) ([]string, error) {
	b, err := data.ReadFile("data/" + name + ".txt")
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	var out []string
	for l := range strings.Lines(string(b)) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, strings.Fields(l)...)
		}
	}
	return out, nil
}

// Bytes returns everything the rules consist of, for a digest.
func Bytes() ([]byte, error) {
	var out []byte
	err := fs.WalkDir(data, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := data.ReadFile(p)
		out = append(append(append(out, p...), '\n'), b...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return out, nil
}

// Parse reads one rule. The name is used in errors, which give the line and, in a
// pattern, the column.
func Parse(name, text string) (Rule, error) { return ParseAt(name, 1, text) }

// ParseAt reads a rule that begins at a line of a file.
func ParseAt(name string, first int, text string) (Rule, error) {
	r := Rule{places: map[string][]string{}}
	n := first
	for raw := range strings.SplitSeq(text, "\n") {
		at := n
		n++
		l := strings.TrimSpace(raw)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		word, rest, ok := strings.Cut(l, ":")
		if !ok {
			return r, fmt.Errorf("%s:%d:%d: no colon behind the first word", name, at, strings.Index(raw, l)+1)
		}
		rest = strings.TrimSpace(rest)
		if err := r.statement(word, rest); err != nil {
			column := strings.Index(raw, l) + 1
			if bad := (*PatternError)(nil); errors.As(err, &bad) {
				column = strings.LastIndex(raw, rest) + bad.At + 1
			}
			return r, fmt.Errorf("%s:%d:%d: %w", name, at, column, err)
		}
		r.places[word] = append(r.places[word], fmt.Sprintf("%s:%d:%d", name, at, strings.Index(raw, l)+1))
	}
	return r, r.check(fmt.Sprintf("%s:%d:1", name, first))
}

// statement takes one line apart.
func (r *Rule) statement(word, rest string) error {
	switch word {
	case "id":
		r.ID = rest
	case "why":
		r.Why = rest
	case "kind":
		k, ok := pseudonym.ParseKind(rest)
		if !ok {
			return fmt.Errorf("unknown kind %q", rest)
		}
		r.Kind = k
	case "keys":
		r.Keys = append(r.Keys, strings.Fields(rest)...)
	case "ends":
		r.Ends = append(r.Ends, strings.Fields(rest)...)
	case "nouns":
		r.Nouns = append(r.Nouns, strings.Fields(rest)...)
	case "pattern":
		r.Patterns = append(r.Patterns, rest)
		return CheckPattern(rest)
	case "prefix":
		return r.prefix(strings.Fields(rest))
	case "hit":
		line, text, ok := strings.Cut(rest, " -> ")
		if !ok || text == "" {
			return errors.New("a hit is written as: line -> text")
		}
		r.Hits = append(r.Hits, Hit{unescape(line), unescape(text)})
	case "miss":
		r.Misses = append(r.Misses, unescape(rest))
	default:
		return fmt.Errorf("unknown word %q; known are id, kind, why, keys, ends, nouns, prefix, pattern, hit, miss", word)
	}
	return nil
}

func (r *Rule) prefix(f []string) error {
	if len(f) != 3 {
		return errors.New("a prefix is written as: text least-length alphabet")
	}
	n, err := strconv.Atoi(f[1])
	if err != nil || n < 4 {
		return fmt.Errorf("prefix %s: least length %q is not a number of 4 or more", f[0], f[1])
	}
	switch f[2] {
	case "word", "hex", "base64", "dash", "digit", "capital", "location":
	default:
		return fmt.Errorf("prefix %s: unknown alphabet %q", f[0], f[2])
	}
	r.Prefixes = append(r.Prefixes, Prefix{f[0], n, f[2]})
	return nil
}

// check refuses a rule that is not complete or has no cases.
func (r *Rule) check(name string) error {
	switch {
	case r.ID == "":
		return fmt.Errorf("%s: no id", name)
	case r.Kind == pseudonym.None:
		return fmt.Errorf("%s: no kind", name)
	case len(r.Hits) == 0 || len(r.Misses) == 0:
		return fmt.Errorf("%s: rule %s: a rule needs at least one hit and one miss", name, r.ID)
	case len(r.Patterns) > 0 && !r.Kind.IsName() && r.Kind != pseudonym.Secret:
		return fmt.Errorf("%s: rule %s: what a pattern finds has no grammar, so its kind must be secret or a sort of name, not %s", name, r.ID, r.Kind)
	}
	return nil
}

// unescape lets a case hold line ends and tabs, and break up a text that a
// secret scanner would take for a live one.
func unescape(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\e`, "\x1b", `\\`, `\`, `{+}`, "").Replace(s)
}
