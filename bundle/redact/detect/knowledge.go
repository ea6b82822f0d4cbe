package detect

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"
	"darksite/bundle/redact/stranger"
)

// Knowledge is the compiled form of rules and lists. It is immutable and shared
// by all scanners.
type Knowledge struct {
	rules    []rules.Rule
	keys     map[string]int16 // folded key, parts joined by dashes -> rule
	whole    map[string]int16 // keys that must be the whole name
	nouns    map[string]int16
	ends     []ending
	prefixes []prefix
	heads    [256]bool // first bytes of prefixes
	byHead   [256][]prefix
	vocab    *lexicon  // words that mean something; see vocabulary
	patterns []pattern // of the site
	common   *lexicon
	keep     *lexicon
	tails    tailSet // how keys end

	digitKeys   bool    // some key begins with a digit, or nearly so
	secretTails tailSet // how those of secrets end

	judge *stranger.Judge // of words that no rule knows, or nil
	level stranger.Level
}

type ending struct {
	text string
	rule int16
}

type pattern struct {
	re   *regexp.Regexp
	rule int16
}

// addPattern compiles an expression of a site.
func (k *Knowledge) addPattern(i int16, expr string) error {
	if err := rules.CheckPattern(expr); err != nil {
		return fmt.Errorf("rule %s: %w", k.rules[i].ID, err)
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return fmt.Errorf("rule %s: %w", k.rules[i].ID, err)
	}
	k.patterns = append(k.patterns, pattern{re, i})
	return nil
}

// notKeys end like a key and are none: what runs under a name of its cluster, what a
// port belongs to, where a key is kept.
var notKeys = []string{"service-account-name", "service-account", "device-owner", "to-private-key", "to-key", "character-set-server", "intra-system-id", "inter-systems-id", "threat-actor", "remediation-actor"}

// cutAccount is how wide the column of accounts is in lists of processes, with a plus
// at its end where one is longer.
const cutAccount = 8

type prefix struct {
	rules.Prefix
	rule int16
}

// Compile prepares rules for scanning. Words of keep stay wherever they stand.
func Compile(rs []rules.Rule, keep []string) (*Knowledge, error) {
	k := &Knowledge{
		rules: rs, keys: map[string]int16{}, whole: map[string]int16{}, nouns: map[string]int16{},
	}
	for i, r := range rs {
		k.add(int16(i), r)
		for _, p := range r.Patterns {
			if err := k.addPattern(int16(i), p); err != nil {
				return nil, err
			}
		}
	}
	for _, key := range notKeys {
		k.keys[key] = notKey
	}
	slices.SortStableFunc(k.ends, func(a, b ending) int { return len(b.text) - len(a.text) })
	common, err := rules.List("common-words")
	if err != nil {
		return nil, fmt.Errorf("compile rules: %w", err)
	}
	words := maps.Clone(suffixWords)
	for w := range phrases {
		words[w] = true
	}
	for w := range k.nouns {
		words[w] = true
	}
	k.vocab = newLexicon(words)
	k.common = newLexicon(setOf(common))
	accounts, err := rules.List("keep")
	if err != nil {
		return nil, fmt.Errorf("compile rules: %w", err)
	}
	for _, w := range keep {
		accounts = append(accounts, strings.ToLower(w))
	}
	stay := setOf(accounts)
	for _, w := range accounts {
		if len(w) > cutAccount {
			stay[w[:cutAccount-1]+"+"] = true
		}
	}
	k.keep = newLexicon(stay)
	return k, nil
}

func (k *Knowledge) add(i int16, r rules.Rule) {
	for _, key := range slices.Concat(r.Keys, r.Ends) {
		end := strings.TrimPrefix(key[strings.LastIndexByte(key, '-')+1:], "^")
		k.tails.add(end)
		if r.Kind == pseudonym.Secret {
			k.secretTails.add(end)
		}
	}
	for _, key := range r.Keys {
		k.digitKeys = k.digitKeys || hasDigit([]byte(key[:min(2, len(key))]))
		if whole, ok := strings.CutPrefix(key, "^"); ok {
			k.whole[whole] = i
			continue
		}
		k.keys[key] = i
	}
	for _, e := range r.Ends {
		k.ends = append(k.ends, ending{e, i})
	}
	for _, n := range r.Nouns {
		k.nouns[n] = i
	}
	for _, p := range r.Prefixes {
		k.prefixes = append(k.prefixes, prefix{p, i})
		k.heads[p.Text[0]] = true
		k.byHead[p.Text[0]] = append(k.byHead[p.Text[0]], prefix{p, i})
	}
}

func setOf(words []string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// Rules returns the rules the findings' numbers refer to.
func (k *Knowledge) Rules() []rules.Rule { return k.rules }

// Common reports whether a folded word is an ordinary one of logs, which names
// something only where a key or a quote says so.
func (k *Knowledge) Common(folded string) bool { return len(folded) < 3 || k.common.has(folded) }

// Keeps reports whether a folded word stays everywhere.
func (k *Knowledge) Keeps(folded string) bool { return k.keep.has(folded) }

// isKey reports whether a folded name is one of a key: what is called like it stands
// beside itself everywhere.
func (k *Knowledge) isKey(folded string) bool {
	if hasDigit([]byte(folded)) {
		return false // user1 is a name as well
	}
	dashed := strings.ReplaceAll(folded, "_", "-")
	_, ok := k.keys[dashed]
	if !ok {
		_, ok = k.whole[dashed]
	}
	return ok
}

// KeyKind is the kind of what stands behind a key, [pseudonym.None] where the rules
// do not know it.
func (k *Knowledge) KeyKind(key string) pseudonym.Kind { return k.kind(k.keyRule([]byte(key))) }

const noRule int16 = -1

// keyRule finds the rule of a key such as db_password, dbPassword or
// "Serial Number" (with the words before it in front), or noRule.
func (k *Knowledge) keyRule(key []byte) int16 {
	if !k.tails.may(key) {
		return k.modified(key)
	}
	var parts [12]string
	n := splitKey(key, parts[:])
	if n == 0 {
		return noRule
	}
	if r, ok := k.whole[strings.Join(parts[:n], "-")]; ok {
		return r
	}
	for from := max(0, n-4); from < n; from++ {
		if r, ok := k.keys[strings.Join(parts[from:n], "-")]; ok {
			return r
		}
	}
	if n >= 3 && allDigits(parts[n-2]) { // user.account.0.name
		if r, ok := k.keys[parts[n-3]+"-"+parts[n-1]]; ok {
			return r
		}
	}
	last := parts[n-1]
	for _, e := range k.ends {
		if len(last) > len(e.text) && strings.HasSuffix(last, e.text) {
			return e.rule
		}
	}
	return k.modified(key)
}

// modified finds the rule of a secret's key that says of which of several it is the
// key: AWS_SECRET_KEY_OLD, password2, db.password.1.
func (k *Knowledge) modified(key []byte) int16 {
	n := len(key)
	if n < 5 {
		return noRule
	}
	if isDigit(key[n-1]) {
		if n--; isDigit(key[n-1]) {
			return noRule
		}
	} else {
		i := n - 1
		for i > 2 && n-i <= longestModifier+1 && class[key[i]]&(fLetter|fDigit) != 0 {
			i--
		}
		var space [longestModifier]byte
		if n-i-1 > longestModifier || class[key[i]]&(fDash|fUnder|fDot) == 0 || !modifiers[string(foldInto(space[:0], key[i+1:]))] {
			return noRule
		}
		n = i
	}
	for n > 0 && class[key[n-1]]&(fDigit|fLetter|fHigh) == 0 {
		n--
	}
	if n < 3 || !k.secretTails.may(key[:n]) {
		return noRule
	}
	if r := k.keyRule(key[:n]); k.kind(r) == pseudonym.Secret {
		return r
	}
	return noRule
}

// modifiers end keys behind what they are keys of.
var modifiers = map[string]bool{
	"old": true, "new": true, "prev": true, "previous": true, "current": true, "bak": true, "backup": true, "tmp": true, "prod": true, "dev": true,
	"test": true, "stage": true, "staging": true, "primary": true, "secondary": true, "default": true, "plain": true, "b64": true, "base64": true,
	"encoded": true, "encrypted": true, "value": true, "again": true, "confirm": true, "live": true,
}

const longestModifier = len("encrypted")

// splitKey cuts a key into folded parts at separators and humps, keeping the
// last parts when there are more than fit.
func splitKey(key []byte, parts []string) int {
	n, from := 0, -1
	flush := func(to int) {
		if from < 0 {
			return
		}
		if n == len(parts) {
			copy(parts, parts[1:])
			n--
		}
		parts[n] = strings.ToLower(string(key[from:to]))
		n++
		from = -1
	}
	for i, c := range key {
		f := class[c]
		switch {
		case f&(fDigit|fLetter|fHigh) == 0:
			flush(i)
		case from >= 0 && f&fUpper != 0 && class[key[i-1]]&(fLower|fDigit) != 0:
			flush(i)
			from = i
		case from >= 0 && f&fUpper != 0 && i+1 < len(key) && class[key[i+1]]&fLower != 0 && class[key[i-1]]&fUpper != 0:
			flush(i)
			from = i
		case from < 0:
			from = i
		}
	}
	flush(len(key))
	return n
}

// kind is the kind of a rule's values.
func (k *Knowledge) kind(r int16) pseudonym.Kind {
	if r < 0 {
		return pseudonym.None
	}
	return k.rules[r].Kind
}
