package exam

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"darksite/runbooks"
)

// The GIFT format is that of Moodle's documentation: a title between double colons, the
// stem, and in braces the answers, "=" before what is right and "~" before what is not.
// What the format cannot say (ID, kind, difficulty, reference, IDs of options) stands in
// a comment that begins with giftNote; other programs pass it over.
const giftNote = "//darksite "

var giftEscape = strings.NewReplacer(`\`, `\\`, `~`, `\~`, `=`, `\=`, `#`, `\#`, `{`, `\{`, `}`, `\}`, `:`, `\:`, `->`, `-\>`, "\n", `\n`)

// ToGIFT writes items in one language. Items that show a screen are left out: they hold
// no picture of their own. Their IDs are returned.
func ToGIFT(w io.Writer, items []*Item, l runbooks.Lang) (left []string, err error) {
	var b strings.Builder
	fmt.Fprintf(&b, "// %d items, language %s\n", len(items), l)
	for _, it := range items {
		if it.Kind == Screen {
			left = append(left, it.ID)
			continue
		}
		b.WriteString("\n" + giftNote + noteOf(it) + "\n")
		fmt.Fprintf(&b, "::%s:: [plain]%s {", giftEscape.Replace(it.ID), giftEscape.Replace(it.Stem.In(l)))
		giftAnswers(&b, it, l)
		b.WriteString("}\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return nil, fmt.Errorf("write items as GIFT: %w", err)
	}
	return left, nil
}

func noteOf(it *Item) string {
	ids := make([]string, len(it.Options))
	for i, o := range it.Options {
		ids[i] = o.ID
	}
	note := fmt.Sprintf("id=%s kind=%s difficulty=%d reference=%s", it.ID, it.Kind, it.Difficulty, it.Reference)
	if len(ids) > 0 {
		note += " options=" + strings.Join(ids, ",")
	}
	if it.Number != nil && it.Number.Unit != "" {
		note += " unit=" + it.Number.Unit
	}
	if it.Safety {
		note += " safety"
	}
	if it.Retired {
		note += " retired"
	}
	return note
}

func giftAnswers(b *strings.Builder, it *Item, l runbooks.Lang) {
	line := func(mark, text string, why *runbooks.Text) {
		b.WriteString("\n\t" + mark + text)
		if why != nil {
			b.WriteString(" #" + giftEscape.Replace(why.In(l)))
		}
	}
	for i, o := range it.Options {
		text := giftEscape.Replace(o.Text.In(l))
		if strings.HasPrefix(text, "%") { // it would be read as points
			text = `\` + text
		}
		switch it.Kind {
		case Single:
			line(map[bool]string{true: "=", false: "~"}[o.Right], text, o.Why)
		case Multi:
			line("~%"+weight(it, o)+"%", text, o.Why)
		case Match:
			line("=", text+" -> "+giftEscape.Replace(o.Partner.In(l)), nil)
		case Order: // the format has no order: each thing is matched with its place
			line("=", text+" -> "+strconv.Itoa(i+1), nil)
		}
	}
	if it.Number != nil {
		b.WriteString("\n\t#" + decimal(it.Number.Value) + ":" + decimal(it.Number.Tolerance))
	}
	if it.Why != nil {
		b.WriteString("\n\t####" + giftEscape.Replace(it.Why.In(l)))
	}
	b.WriteString("\n")
}

// weight is the share of the points that choosing an option of a multi item gives.
func weight(it *Item, o Option) string {
	if !o.Right {
		return "-100"
	}
	return strconv.FormatFloat(100/float64(len(it.keys())), 'f', 5, 64)
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
