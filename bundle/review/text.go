package review

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// textWidth is the widest line of Text except for what cannot be broken.
const textWidth = 80

// Text renders a summary for a terminal or a printer: what must be looked at
// one by one first, then the shapes, then the lists. It cuts no list.
func Text(w io.Writer, s Summary) error {
	p := &printer{w: bufio.NewWriter(w)}
	p.head(s)
	p.attention(s)
	p.shapes(s)
	p.lists(s)
	if p.err == nil {
		p.err = p.w.Flush()
	}
	if p.err != nil {
		return fmt.Errorf("print review of bundle %s: %w", s.BID, p.err)
	}
	return nil
}

// printer keeps the first error.
type printer struct {
	w   *bufio.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) section(title string) {
	p.f("\n%s\n%s\n", title, strings.Repeat("-", utf8.RuneCountInString(title)))
}

// wrapped prints text broken at blanks; a word that is too long is broken
// anywhere, because what stands here must be seen whole.
func (p *printer) wrapped(indent int, text string) {
	pad, room := strings.Repeat(" ", indent), textWidth-indent
	row := ""
	flush := func() {
		if row != "" {
			p.f("%s%s\n", pad, row)
			row = ""
		}
	}
	for word := range strings.FieldsSeq(text) {
		if row != "" && utf8.RuneCountInString(row)+1+utf8.RuneCountInString(word) > room {
			flush()
		}
		for utf8.RuneCountInString(word) > room {
			cut := 0
			for range room {
				_, size := utf8.DecodeRuneInString(word[cut:])
				cut += size
			}
			p.f("%s%s\n", pad, word[:cut])
			word = word[cut:]
		}
		if row != "" {
			row += " "
		}
		row += word
	}
	flush()
}

func (p *printer) head(s Summary) {
	p.f("REVIEW OF BUNDLE %s\n\n", s.BID)
	p.f("manifest     %s\n", s.Manifest)
	if len(s.ManifestWords) > 0 {
		p.wrapped(13, strings.Join(s.ManifestWords, " "))
	}
	p.f("made         %s by %s (key %s)\n", s.Created, s.Collector.Principal, s.Collector.KeyID)
	p.f("case         %s\n", or(s.Case, "none"))
	p.f("marking      %s\n", or(s.Marking, "none"))
	p.f("rules        %s version %d\n", s.Rules.ID, s.Rules.Version)
	p.f("policy       %s version %d\n", s.Policy.ID, s.Policy.Version)
	p.f("content      %s, %s, %s in %s\n", plural(s.Files, "file"), plural(s.Bytes, "byte"), plural(s.Lines, "line"), plural(int64(len(s.Shapes)), "shape"))
	d := s.Difference
	if d.Against == "" {
		p.f("compared     with nothing: no bundle was approved before\n")
	} else {
		p.f("compared     with %s: %d files new, %d changed, %d the same, %d gone;\n", d.Against, len(d.New), len(d.Changed), d.Same, len(d.Gone))
		p.f("             new: %s\n", plural(d.NewShapes, "shape"))
	}
	p.section("Who will be able to read it")
	for _, r := range s.Recipients {
		p.f("%s\n    %s\n", or(r.Name, "(name not known)"), r.Fingerprint)
		if len(r.Words) > 0 {
			p.wrapped(4, strings.Join(r.Words, " "))
		}
	}
}

// attention is everything to be read one by one.
func (p *printer) attention(s Summary) {
	p.section("Keywords of the site")
	if len(s.Keywords) == 0 {
		p.f("The site has no list of keywords.\n")
	}
	for _, k := range s.Keywords {
		p.found(k)
	}
	p.section("Markings found in the text")
	if len(s.Markings) == 0 {
		p.f("None.\n")
	}
	for _, m := range s.Markings {
		p.found(m)
	}
	p.section("Strings that look like secrets")
	if len(s.Secrets) == 0 {
		p.f("None.\n")
	}
	for _, g := range s.Secrets {
		p.f("%s, %s, first %s:%d\n", plural(int64(len(g.Strings)), "string"), plural(g.Count, "time"), g.Example.Path, g.Example.Line)
		p.wrapped(4, strings.Join(g.Strings, " "))
		p.f("  such as\n")
		p.wrapped(6, g.Example.Text)
	}
	p.section("What the redactor was not sure of")
	if len(s.Near) == 0 {
		p.f("Nothing.\n")
	}
	for _, n := range s.Near {
		p.f("%s:%d: %s\n", n.Path, n.Line, n.Why)
		p.wrapped(4, n.Text)
	}
	p.section("What could not be inspected and is in the bundle")
	p.notes(s.Uninspected, "Nothing.")
	p.section("Files whose name and content disagree")
	p.notes(s.Disagree, "None.")
	p.section("What was withheld or could not be taken")
	if len(s.Withheld) == 0 {
		p.f("Nothing.\n")
	}
	for _, o := range s.Withheld {
		p.wrapped(0, o.OrigPath)
		p.wrapped(4, o.Reason)
	}
	if len(s.Overflow) > 0 {
		p.section("Counted and not listed: read these files")
		p.notes(s.Overflow, "")
	}
}

func (p *printer) found(f Found) {
	p.f("%-30s %s\n", f.What, plural(f.Count, "time"))
	for _, at := range f.Places {
		p.f("  %s:%d\n", at.Path, at.Line)
		p.wrapped(6, at.Text)
	}
	if rest := f.Count - int64(len(f.Places)); rest > 0 {
		p.f("  and %d more\n", rest)
	}
}

func (p *printer) notes(notes []Note, none string) {
	if len(notes) == 0 && none != "" {
		p.f("%s\n", none)
	}
	for _, n := range notes {
		p.f("%s\n", or(n.Path, "(the whole bundle)"))
		p.wrapped(4, n.Remark)
	}
}

func (p *printer) shapes(s Summary) {
	p.section("Every kind of line, once")
	if s.Difference.Against != "" {
		p.f("What %s had not is marked with +.\n", s.Difference.Against)
	}
	file := ""
	for _, one := range s.Shapes {
		mark := " "
		if one.New && s.Difference.Against != "" {
			mark = "+"
		}
		if one.Count == 1 {
			if header := mark + " single lines of " + one.Example.Path; header != file {
				file = header
				p.f("%s\n", header)
			}
			p.wrapped(4, fmt.Sprintf("%d: %s", one.Example.Line, one.Example.Text))
			continue
		}
		file = ""
		p.f("%s %s, %s, first %s:%d\n", mark, plural(one.Count, "line"), plural(one.Files, "file"), one.Example.Path, one.Example.Line)
		p.wrapped(4, one.Example.Text)
		for _, slot := range one.Slots {
			if len(slot.Samples) < 2 {
				continue
			}
			more := ""
			if slot.More {
				more = " …"
			}
			p.wrapped(8, slot.Kind+" "+strings.Join(slot.Samples, " ")+more)
		}
	}
}

func (p *printer) lists(s Summary) {
	p.section("Every identifying token, once")
	kind := ""
	var row []string
	flush := func() {
		if len(row) > 0 {
			p.f("%s\n", kind)
			p.wrapped(4, strings.Join(row, " "))
		}
		row = row[:0]
	}
	for _, t := range s.Tokens {
		if t.Kind != kind {
			flush()
			kind = t.Kind
		}
		row = append(row, t.Value)
	}
	flush()
	p.section("Redactions by rule")
	for _, c := range s.Redactions {
		p.f("%10d  in %5d files  %s\n", c.Count, c.Files, c.Name)
	}
	p.section("Redactions by file")
	for _, c := range s.Redacted {
		p.f("%10d  %s\n", c.Count, c.Name)
	}
	p.section("Files by collector")
	p.groups(s.BySource)
	p.section("Files by type of content")
	p.groups(s.ByType)
	if s.Difference.Against != "" {
		p.section("Files that are new or changed")
		for _, path := range s.Difference.New {
			p.f("new      %s\n", path)
		}
		for _, path := range s.Difference.Changed {
			p.f("changed  %s\n", path)
		}
	}
}

func (p *printer) groups(all []Group) {
	for _, g := range all {
		p.f("%8d files  %14d bytes  %s\n", g.Files, g.Bytes, g.Name)
	}
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
