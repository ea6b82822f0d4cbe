package book

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"darksite/runbooks"
	"darksite/runbooks/render"

	"codeberg.org/go-pdf/fpdf"
)

// Measures, in points.
const (
	left, right, top, bottom = 62.0, 56.0, 64.0, 64.0
	pageWidth                = 595.28
	pageHeight               = 841.89
	textWidth                = pageWidth - left - right
	lineHeight               = 13.5
	rowsAPage                = 44  // of contents and index
	foot                     = 700 // below it no heading stands
)

// Size is that of the words of a chapter, in points.
const Size = 10.0

// Title is what the first page and the properties of the file say.
type Title struct {
	Title string
	Under []string // lines below it
	Lang  runbooks.Lang
	Made  time.Time // the day that is printed
	Kit   string    // version of the kit
	Bold  string    // a word of warning
	Words string    // what it means
}

// Printer prints a book page by page.
type Printer struct {
	title Title
	doc   *fpdf.Fpdf
	latin func(string) string
	pages map[string]int // where the chapters begin, by id
	known map[string]int // of the first time round
	head  string
}

// Print prints a book: its title page, and what whole prints behind it.
func Print(w io.Writer, t Title, whole func(*Printer)) error {
	first := newPrinter(t, nil)
	whole(first)
	p := newPrinter(t, first.pages)
	whole(p)
	if err := p.doc.Output(w); err != nil {
		return fmt.Errorf("print a book: %w", err)
	}
	return nil
}

func newPrinter(t Title, known map[string]int) *Printer {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", SizeStr: "A4"})
	doc.SetCreationDate(t.Made.UTC())
	doc.SetModificationDate(t.Made.UTC())
	doc.SetCatalogSort(true)
	doc.SetProducer("darksite", false)
	doc.SetLang(string(t.Lang))
	doc.SetMargins(left, top, right)
	doc.SetAutoPageBreak(true, bottom)
	doc.SetTitle(t.Title, true)
	p := &Printer{title: t, doc: doc, latin: doc.UnicodeTranslatorFromDescriptor(""), pages: map[string]int{}, known: known}
	doc.SetHeaderFunc(func() {
		if doc.PageNo() == 1 {
			return
		}
		doc.SetFont("Helvetica", "", 8)
		doc.Text(left, top-24, p.plain(p.head))
		number := fmt.Sprint(doc.PageNo())
		doc.Text(pageWidth-right-doc.GetStringWidth(number), top-24, number)
		doc.SetFont("Helvetica", "", Size)
	})
	p.titlePage()
	return p
}

// plain is text as the fonts of the pages have it.
func (p *Printer) plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u202f':
			return ' '
		case r == '→':
			return '>'
		case r > 0xff && !strings.ContainsRune("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ", r), r != '\n' && !unicode.IsGraphic(r):
			return '?'
		}
		return r
	}, s)
	return p.latin(s)
}

func (p *Printer) titlePage() {
	p.doc.AddPage()
	p.doc.SetY(220)
	p.Write("B", 24, 0, 10, p.title.Title)
	for _, line := range p.title.Under {
		p.Write("", 12, 0, 4, line)
	}
	p.Write("", Size, 0, 30, fmt.Sprintf("%s · %s", p.title.Made.UTC().Format(time.DateOnly), p.title.Kit))
	p.Write("B", Size, 0, 4, p.title.Bold)
	p.Write("", Size, 0, 0, p.title.Words)
}

// Write prints a paragraph in a style (B bold, I italic), with an indent before it and a
// gap behind it. What stands between backticks is set in the face of commands.
func (p *Printer) Write(style string, points, indent, gap float64, s string) {
	for line := range strings.SplitSeq(s, "\n") {
		p.flow(style, points, indent, line)
	}
	p.doc.Ln(gap)
}

// code prints a line as it is, in the face of commands.
func (p *Printer) code(points, indent, gap float64, s string) {
	p.doc.SetFont("Courier", "", points)
	p.doc.SetX(left + indent)
	p.doc.MultiCell(textWidth-indent, points*lineHeight/Size, p.plain(s), "", "L", false)
	p.doc.Ln(gap)
}

// Gap leaves so many points empty.
func (p *Printer) Gap(points float64) { p.doc.Ln(points) }

// Keep begins a page where little of this one is left: a heading does not stand alone at
// the foot.
func (p *Printer) Keep() {
	if p.doc.GetY() > foot {
		p.doc.AddPage()
	}
}

// Chapter begins a page with a heading, under an id that rows lead to.
func (p *Printer) Chapter(id, head, bookmark, title string) {
	p.head = head
	p.doc.AddPage()
	p.pages[id] = p.doc.PageNo()
	p.doc.Bookmark(p.plain(bookmark), 0, -1)
	p.Write("B", 16, 0, 4, title)
}

// Row is a line of contents or index with the page of a chapter at the right.
func (p *Printer) Row(text, id string) {
	page, number := p.known[id], ""
	if page > 0 {
		number = fmt.Sprint(page)
	}
	p.doc.SetFont("Helvetica", "", Size)
	y := p.doc.GetY()
	shown := p.plain(text)
	for p.doc.GetStringWidth(shown) > textWidth-40 && len(shown) > 4 {
		shown = shown[:len(shown)-1]
	}
	p.doc.Text(left, y, shown)
	p.doc.Text(pageWidth-right-p.doc.GetStringWidth(number), y, number)
	if page > 0 {
		l := p.doc.AddLink()
		p.doc.SetLink(l, 0, page)
		p.doc.Link(left, y-Size, textWidth, lineHeight, l)
	}
	p.doc.SetY(y + lineHeight*1.15)
}

// Rows prints a heading and its rows, as many on a page as fit.
func (p *Printer) Rows(title string, n int, row func(i int)) {
	p.head = title
	for i := 0; i < max(n, 1); i++ {
		if i%rowsAPage == 0 {
			p.doc.AddPage()
			p.Write("B", 16, 0, 10, title)
			p.doc.SetY(p.doc.GetY() + Size)
		}
		if i < n {
			row(i)
		}
	}
}

// Markdown prints small Markdown: each paragraph, item and warning hangs by its mark, a
// line of code is in a font of its own.
func (p *Printer) Markdown(markdown string) {
	for _, line := range strings.Split(render.Text(markdown, 100_000), "\n") {
		bare := strings.TrimLeft(line, " ")
		switch {
		case line == "":
			p.doc.Ln(4)
		case strings.HasPrefix(line, "!"):
			p.Write("B", Size, 0, 1, bare)
		case len(line)-len(bare) >= 4:
			p.code(8.5, 10, 1, bare)
		case line != bare || strings.HasPrefix(line, "- "):
			p.Write("", Size, 10, 1, bare)
		default:
			p.Write("", Size, 0, 1, bare)
		}
	}
	p.doc.Ln(3)
}
