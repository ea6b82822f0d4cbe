package exam

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"darksite/runbooks"
)

// MaxGIFT bounds a file that is read.
const MaxGIFT = 4 << 20

// FromGIFT reads items in one language; the words in the other are empty, and [Lint]
// asks for them. Items without a note of ours get an ID made of the title and their kind
// from the form of the answers. What no item can be (essays, short answers, gaps, plain
// descriptions) is an error with its line.
func FromGIFT(text string, l runbooks.Lang) ([]*Item, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("read items from GIFT: not UTF-8 text")
	}
	if len(text) > MaxGIFT {
		return nil, fmt.Errorf("read items from GIFT: %d bytes, at most %d", len(text), MaxGIFT)
	}
	var items []*Item
	var errs []error
	for _, block := range giftBlocks(text) {
		it, err := block.item(l)
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", block.line, err))
			continue
		}
		items = append(items, it)
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("read items from GIFT: %w", errors.Join(errs[:min(len(errs), 20)]...))
	}
	return items, nil
}

// giftBlock is one question: the format parts them by empty lines.
type giftBlock struct {
	line int
	note string
	text string
}

func giftBlocks(text string) (out []giftBlock) {
	var b giftBlock
	flush := func() {
		if b.text != "" {
			out = append(out, b)
		}
		b = giftBlock{}
	}
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		bare := strings.TrimSpace(line)
		switch {
		case bare == "":
			flush()
		case strings.HasPrefix(bare, strings.TrimSpace(giftNote)):
			b.note = strings.TrimSpace(strings.TrimPrefix(bare, strings.TrimSpace(giftNote)))
		case strings.HasPrefix(bare, "//"), strings.HasPrefix(bare, "$CATEGORY"):
		default:
			if b.text == "" {
				b.line = i + 1
			}
			b.text += bare + "\n"
		}
	}
	flush()
	return out
}

func (b giftBlock) item(l runbooks.Lang) (*Item, error) {
	stem, answers, err := b.parts()
	if err != nil {
		return nil, err
	}
	it := &Item{Difficulty: 2}
	if rest, ok := strings.CutPrefix(stem, "::"); ok {
		title, rest, ok := cutPlain(rest, "::")
		if !ok {
			return nil, errors.New("the title does not end: two colons stand before it and behind it")
		}
		it.ID, stem = idOf(unescape(title)), rest
	}
	stem = strings.TrimSpace(stem)
	for _, mark := range []string{"[plain]", "[markdown]", "[html]", "[moodle]"} {
		if rest, ok := strings.CutPrefix(stem, mark); ok {
			stem = rest
			break
		}
	}
	put(&it.Stem, l, unescape(stem))
	if it.Stem.In(l) == "" {
		return nil, errors.New("no question before the answers")
	}
	if err := it.answersFrom(answers, l); err != nil {
		return nil, err
	}
	return it, it.takeNote(b.note)
}

// idOf makes an ID of a title: its letters and digits, with a dash between words.
func idOf(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "-")
}

// parts cuts stem and answers at the braces.
func (b giftBlock) parts() (stem, answers string, err error) {
	stem, rest, ok := cutPlain(b.text, "{")
	if !ok {
		return "", "", errors.New("no answers in braces: descriptions are not used")
	}
	answers, tail, ok := cutPlain(rest, "}")
	if !ok {
		return "", "", errors.New("the braces do not close")
	}
	if strings.TrimSpace(tail) != "" {
		return "", "", errors.New("words after the answers: gaps to fill are not used")
	}
	return stem, strings.TrimSpace(answers), nil
}

// cutPlain cuts at the first mark that no backslash is before.
func cutPlain(s, mark string) (before, after string, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if strings.HasPrefix(s[i:], mark) {
			return s[:i], s[i+len(mark):], true
		}
	}
	return s, "", false
}

func unescape(s string) string {
	var b strings.Builder
	s = strings.TrimSpace(s)
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] == 'n' {
				b.WriteByte('\n')
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.TrimSpace(b.String())
}

func put(t *runbooks.Text, l runbooks.Lang, words string) {
	if l == runbooks.French {
		t.FR = words
		return
	}
	t.EN = words
}

func inOne(l runbooks.Lang, words string) *runbooks.Text {
	var t runbooks.Text
	put(&t, l, words)
	return &t
}

// answersFrom reads what stands in the braces.
func (it *Item) answersFrom(s string, l runbooks.Lang) error {
	s, general, hasWhy := cutPlain(s, "####")
	if hasWhy {
		it.Why = inOne(l, unescape(general))
	}
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return errors.New("no answers: essays are not used")
	case s[0] == '#':
		it.Kind = Numeric
		return it.numberFrom(s[1:])
	case s[0] != '=' && s[0] != '~':
		return fmt.Errorf("answers begin with = or ~ or #, not %q: true-or-false items are not used, give three options", s[:1])
	}
	for s != "" {
		mark := s[0]
		one, rest := nextAnswer(s[1:])
		o, err := optionFrom(mark, one, len(it.Options), l)
		if err != nil {
			return err
		}
		it.Options = append(it.Options, o.Option)
		it.kindFrom(o)
		s = rest
	}
	if it.Kind == "" {
		it.Kind = Single
	}
	switch it.Kind {
	case Single:
		switch n := len(it.keys()); {
		case n == len(it.Options):
			return errors.New("every answer is right: short answers are not used")
		case n != 1:
			return fmt.Errorf("%d answers are right: want one, or points for several", n)
		}
	case Match:
		if slices.ContainsFunc(it.Options, func(o Option) bool { return o.Partner == nil }) {
			return errors.New("some answers have a partner behind -> and some have none")
		}
	}
	return nil
}

// kindFrom settles the kind by what one answer shows.
func (it *Item) kindFrom(o giftOption) {
	switch {
	case o.Partner != nil:
		it.Kind = Match
	case o.weighed:
		it.Kind = Multi
	}
}

// nextAnswer cuts one answer off, before the next mark.
func nextAnswer(s string) (one, rest string) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '=', '~':
			return s[:i], s[i:]
		}
	}
	return s, ""
}

type giftOption struct {
	Option
	weighed bool
}

func optionFrom(mark byte, s string, n int, l runbooks.Lang) (giftOption, error) {
	o := giftOption{Option: Option{ID: string(rune('a' + n%26)), Right: mark == '='}}
	s = strings.TrimSpace(s)
	if after, ok := strings.CutPrefix(s, "%"); ok {
		share, rest, ok := strings.Cut(after, "%")
		points, err := strconv.ParseFloat(share, 64)
		if !ok || err != nil {
			return o, fmt.Errorf("points %q: want a share such as %%50%%", share)
		}
		o.weighed, o.Right, s = true, points > 0, rest
	}
	s, why, ok := cutPlain(s, "#")
	if ok {
		o.Why = inOne(l, unescape(why))
	}
	s, partner, ok := cutPlain(s, "->")
	if ok {
		o.Partner, o.Right = inOne(l, unescape(partner)), false
	}
	put(&o.Text, l, unescape(s))
	if o.Text.In(l) == "" {
		return o, errors.New("an answer without words")
	}
	return o, nil
}

// numberFrom reads value:tolerance or low..high.
func (it *Item) numberFrom(s string) error {
	s, why, ok := cutPlain(s, "#")
	if ok && it.Why == nil {
		return fmt.Errorf("several numbers or a remark on one (%q) are not used: write the reason behind ####", strings.TrimSpace(why))
	}
	first, second, parted := strings.Cut(strings.TrimSpace(s), ":")
	if low, high, ok := strings.Cut(first, ".."); ok && !parted {
		lo, err1 := strconv.ParseFloat(low, 64)
		hi, err2 := strconv.ParseFloat(high, 64)
		if err1 != nil || err2 != nil || hi < lo {
			return fmt.Errorf("%q: want low..high", s)
		}
		it.Number = &Number{Value: (lo + hi) / 2, Tolerance: (hi - lo) / 2}
		return nil
	}
	it.Number = &Number{}
	var err1, err2 error
	it.Number.Value, err1 = strconv.ParseFloat(first, 64)
	if parted {
		it.Number.Tolerance, err2 = strconv.ParseFloat(second, 64)
	}
	if err1 != nil || err2 != nil {
		return fmt.Errorf("%q: want a number, or number:tolerance", s)
	}
	return nil
}

// takeNote reads what our comment says of the item.
func (it *Item) takeNote(note string) error {
	for _, word := range strings.Fields(note) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "id":
			it.ID = value
			it.Objective, _, _ = strings.Cut(value, "-")
		case "kind":
			if err := it.become(Kind(value)); err != nil {
				return err
			}
		case "difficulty":
			n, err := strconv.Atoi(value)
			if err != nil {
				return fmt.Errorf("difficulty %q: want a number", value)
			}
			it.Difficulty = n
		case "reference":
			it.Reference = value
		case "unit":
			if it.Number != nil {
				it.Number.Unit = value
			}
		case "safety":
			it.Safety = true
		case "retired":
			it.Retired = true
		case "options":
			ids := strings.Split(value, ",")
			if len(ids) != len(it.Options) {
				return fmt.Errorf("%d options are named and %d stand here", len(ids), len(it.Options))
			}
			for i := range it.Options {
				it.Options[i].ID = ids[i]
			}
		default:
			return fmt.Errorf("%q: not a word of the comment before an item", key)
		}
	}
	return nil
}

// become turns what the format could only say as another kind back into its own.
func (it *Item) become(k Kind) error {
	if k == it.Kind {
		return nil
	}
	if k != Order || it.Kind != Match {
		return fmt.Errorf("it is called a %s item and its answers are those of a %s item", k, it.Kind)
	}
	for i := range it.Options {
		place := it.Options[i].Partner
		if want := strconv.Itoa(i + 1); place == nil || place.EN+place.FR != want {
			return fmt.Errorf("the things of an order item are matched with their places, this one with %s", want)
		}
		it.Options[i].Partner = nil
	}
	it.Kind = Order
	return nil
}
