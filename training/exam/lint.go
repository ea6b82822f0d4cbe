package exam

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"darksite/runbooks"
)

// Limits are what a bank is held against.
type Limits struct {
	Blueprints []Blueprint
	Known      func(reference string) bool // whether lesson:a4 or runbook:psu-failed exists
	Screens    Screener                    // may be nil when no item shows a screen
}

// Reserve is how many times the items that a form draws an objective must have.
const Reserve = 3

// Finding is one thing wrong with a bank.
type Finding struct {
	Item string // empty for the bank as a whole
	Msg  string
}

func (f Finding) Error() string {
	if f.Item == "" {
		return "bank: " + f.Msg
	}
	return "item " + f.Item + ": " + f.Msg
}

// Lint lists what is wrong with a bank.
func Lint(b *Bank, l Limits) []Finding {
	c := &linter{limits: l, out: LintItems(b.items, l)}
	c.whole(b)
	return c.out
}

// LintItems lists what is wrong with items, each by itself.
func LintItems(items []*Item, l Limits) []Finding {
	c := &linter{limits: l}
	met := map[string]bool{}
	for _, it := range items {
		c.item = it.ID
		if met[it.ID] {
			c.fail("stands twice")
		}
		met[it.ID] = true
		c.check(it)
	}
	return c.out
}

type linter struct {
	limits Limits
	item   string
	out    []Finding
}

func (c *linter) fail(format string, args ...any) {
	c.out = append(c.out, Finding{c.item, fmt.Sprintf(format, args...)})
}

func (c *linter) check(it *Item) {
	if !strings.HasPrefix(it.ID, it.Objective+"-") || strings.Trim(it.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		c.fail("want an ID of a-z, 0-9 and dashes that begins with %s-", it.Objective)
	}
	if it.Difficulty < 1 || it.Difficulty > 3 {
		c.fail("difficulty %d: want 1 to 3", it.Difficulty)
	}
	if c.limits.Known == nil || !c.limits.Known(it.Reference) {
		c.fail("reference %q leads nowhere: want lesson:ID or runbook:ID", it.Reference)
	}
	c.text("stem", it.Stem)
	c.shape(it)
	for i, o := range it.Options {
		c.option(it, i, o)
	}
	if it.Kind == Single {
		c.balanced(it)
	}
}

// forms says for each kind how many options it has and which other fields.
var forms = map[Kind]struct{ least, most int }{
	Single: {3, 5}, Multi: {3, 6}, Order: {3, 7}, Match: {3, 6}, Numeric: {0, 0}, Screen: {0, 0},
}

func (c *linter) shape(it *Item) {
	form, ok := forms[it.Kind]
	if !ok {
		c.fail("kind %q: want one of %v", it.Kind, Kinds())
		return
	}
	if n := len(it.Options); n < form.least || n > form.most {
		c.fail("%d options: a %s item has %d to %d", n, it.Kind, form.least, form.most)
	}
	rights := len(it.keys())
	switch {
	case it.Kind == Single && rights != 1:
		c.fail("%d options are right: want one", rights)
	case it.Kind == Multi && (rights == 0 || rights == len(it.Options)):
		c.fail("%d of %d options are right: want some and not all", rights, len(it.Options))
	case it.Kind != Single && it.Kind != Multi && rights > 0:
		c.fail("only options of single and multi items are right or wrong")
	}
	if (it.Kind == Numeric) != (it.Number != nil) {
		c.fail("a number stands with numeric items, and only there")
	} else if it.Number != nil && it.Number.Tolerance < 0 {
		c.fail("a tolerance below 0")
	}
	c.screen(it)
	if choice := it.Kind == Single || it.Kind == Multi; choice == (it.Why != nil) {
		c.fail("why stands with each option of single and multi items, and once with all others")
	} else if it.Why != nil {
		c.text("why", *it.Why)
	}
}

func (c *linter) screen(it *Item) {
	if (it.Kind == Screen) != (it.Screen != "") {
		c.fail("a screen is named by screen items, and only by them")
		return
	}
	if it.Kind != Screen {
		return
	}
	if c.limits.Screens == nil {
		c.fail("nothing here makes screens")
		return
	}
	for seed := range uint64(20) {
		picture, answer, ok := c.limits.Screens.Screen(it.Screen, seed)
		if !ok {
			c.fail("there is no screen %q", it.Screen)
			return
		}
		if answer == "" || !strings.Contains(picture.EN, answer) || !strings.Contains(picture.FR, answer) {
			c.fail("screen %s with seed %d does not show its answer %q in both languages", it.Screen, seed, answer)
			return
		}
	}
}

func (c *linter) option(it *Item, i int, o Option) {
	what := "option " + o.ID
	if o.ID == "" || strings.Trim(o.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		c.fail("option %d: want an ID of a-z, 0-9 and dashes", i+1)
	}
	same := func(p Option) bool { return p.ID == o.ID || p.Text.EN == o.Text.EN || p.Text.FR == o.Text.FR }
	if slices.ContainsFunc(it.Options[:i], same) {
		c.fail("%s stands twice, by its ID or its words", what)
	}
	c.text(what, o.Text)
	for _, words := range []string{o.Text.EN, o.Text.FR} {
		if catchAll.MatchString(words) {
			c.fail("%s speaks of the other options, which are shown in another order each time", what)
		}
	}
	if choice := it.Kind == Single || it.Kind == Multi; choice != (o.Why != nil) {
		c.fail("%s: each option of single and multi items says why it is right or wrong, and no other", what)
	} else if o.Why != nil {
		c.text("why of "+what, *o.Why)
	}
	if (it.Kind == Match) != (o.Partner != nil) {
		c.fail("%s: partners stand with match items, and only there", what)
	} else if o.Partner != nil {
		c.text("partner of "+what, *o.Partner)
	}
}

var (
	catchAll = regexp.MustCompile(`(?i)\b(all|none|both|any) of (the|these)\b|of the above|\b(toutes|aucune) (de )?(ces|les) (réponses|options|propositions)|ci-dessus`)
	numbers  = regexp.MustCompile(`[0-9]+`)
)

// text holds the two languages against each other.
func (c *linter) text(what string, t runbooks.Text) {
	if strings.TrimSpace(t.EN) == "" || strings.TrimSpace(t.FR) == "" {
		c.fail("%s: want words in English and French", what)
		return
	}
	if t.EN != strings.TrimSpace(t.EN) || t.FR != strings.TrimSpace(t.FR) {
		c.fail("%s: spaces around the words", what)
	}
	en, fr := numbers.FindAllString(t.EN, -1), numbers.FindAllString(t.FR, -1)
	slices.Sort(en)
	slices.Sort(fr)
	if !slices.Equal(en, fr) {
		c.fail("%s: the numbers differ between the languages: %v and %v", what, en, fr)
	}
}

// Longest is how many times the length of the shortest option the longest may have,
// once it has more than shortOption characters.
const (
	longestOption = 3
	shortOption   = 40
)

// balanced refuses options that give themselves away by their length.
func (c *linter) balanced(it *Item) {
	for _, l := range runbooks.Languages() {
		length := func(o Option) int { return utf8.RuneCountInString(o.Text.In(l)) }
		if len(it.Options) == 0 {
			return
		}
		byLength := func(a, b Option) int { return cmp.Compare(length(a), length(b)) }
		short, long := length(slices.MinFunc(it.Options, byLength)), length(slices.MaxFunc(it.Options, byLength))
		if long > shortOption && long > longestOption*short {
			c.fail("options of %d and of %d characters (%s): the length gives the answer away", short, long, l)
		}
	}
}

// whole holds the bank as a whole against the blueprints.
func (c *linter) whole(b *Bank) {
	wanted := map[string]int{}
	for _, p := range c.limits.Blueprints {
		for _, part := range p.Parts {
			wanted[part.Objective] = max(wanted[part.Objective], part.Items)
			if live, want := len(b.live(part.Objective)), Reserve*part.Items; live < want {
				c.fail("objective %s has %d items: a form for %s draws %d, so want %d", part.Objective, live, p.Track, part.Items, want)
			}
		}
	}
	longest, singles := map[runbooks.Lang]int{}, 0
	for _, it := range b.items {
		if _, ok := wanted[it.Objective]; !ok {
			c.fail("item %s: no form asks for the objective %s", it.ID, it.Objective)
		}
		if it.Kind == Single && len(it.Options) > 0 {
			singles++
			for _, l := range runbooks.Languages() {
				if it.rightIsLongest(l) {
					longest[l]++
				}
			}
		}
	}
	for _, l := range runbooks.Languages() {
		if singles >= 20 && longest[l]*2 > singles {
			c.fail("in %d of %d items with one right option that one is the longest (%s): choosing by length would pay", longest[l], singles, l)
		}
	}
}

func (it *Item) rightIsLongest(l runbooks.Lang) bool {
	long := slices.MaxFunc(it.Options, func(a, b Option) int {
		return cmp.Compare(utf8.RuneCountInString(a.Text.In(l)), utf8.RuneCountInString(b.Text.In(l)))
	})
	return long.Right
}
