package manual

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"darksite/runbooks"
	"darksite/runbooks/render"
	"darksite/runbooks/search"

	"codeberg.org/go-pdf/fpdf"
)

// Measures, in points.
const (
	left, right, top, bottom = 62.0, 56.0, 64.0, 64.0
	pageWidth                = 595.28
	textWidth                = pageWidth - left - right
	size                     = 10.0
	lineHeight               = 13.5
	rowsAPage                = 44 // of contents and index
)

// Book is what a manual is made of.
type Book struct {
	Books []*runbooks.Runbook // in the order of the chapters
	Lang  runbooks.Lang
	Made  time.Time // the day on the title page
	Kit   string    // version of the kit
}

// PDF prints the book.
func PDF(w io.Writer, b Book) error {
	// The first time round only tells on which pages things stand.
	first := newPrinter(b, nil)
	first.whole()
	p := newPrinter(b, first.pages)
	p.whole()
	if err := p.doc.Output(w); err != nil {
		return fmt.Errorf("print the manual: %w", err)
	}
	return nil
}

type printer struct {
	Book
	doc   *fpdf.Fpdf
	latin func(string) string
	pages map[string]int // where the chapters begin, by id
	known map[string]int // of the first time round
	head  string
}

func newPrinter(b Book, known map[string]int) *printer {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", SizeStr: "A4"})
	doc.SetCreationDate(b.Made.UTC())
	doc.SetModificationDate(b.Made.UTC())
	doc.SetCatalogSort(true)
	doc.SetProducer("darksite", false)
	doc.SetLang(string(b.Lang))
	doc.SetMargins(left, top, right)
	doc.SetAutoPageBreak(true, bottom)
	p := &printer{Book: b, doc: doc, latin: doc.UnicodeTranslatorFromDescriptor(""), pages: map[string]int{}, known: known}
	doc.SetTitle(p.title(), true)
	doc.SetHeaderFunc(func() {
		if doc.PageNo() == 1 {
			return
		}
		doc.SetFont("Helvetica", "", 8)
		doc.Text(left, top-24, p.plain(p.head))
		number := fmt.Sprint(doc.PageNo())
		doc.Text(pageWidth-right-doc.GetStringWidth(number), top-24, number)
		doc.SetFont("Helvetica", "", size)
	})
	return p
}

func (p *printer) say(en, fr string) string { return runbooks.Text{EN: en, FR: fr}.In(p.Lang) }

func (p *printer) title() string {
	if len(p.Books) == 1 {
		return p.Books[0].Title.In(p.Lang)
	}
	return p.say("Runbooks", "Procédures")
}

// plain is text as the fonts of the pages have it.
func (p *printer) plain(s string) string {
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

func (p *printer) whole() {
	p.titlePage()
	p.contents()
	for _, b := range p.Books {
		p.chapter(b)
	}
	p.index()
}

func (p *printer) write(style string, points, indent, gap float64, s string) {
	p.doc.SetFont("Helvetica", style, points)
	p.doc.SetX(left + indent)
	p.doc.MultiCell(textWidth-indent, points*lineHeight/size, p.plain(s), "", "L", false)
	p.doc.Ln(gap)
}

func (p *printer) titlePage() {
	p.doc.AddPage()
	p.doc.SetY(220)
	p.write("B", 24, 0, 10, p.title())
	p.write("", 12, 0, 4, p.say("What an admin does when no vendor is on the line", "Ce que fait un administrateur quand aucun fournisseur n'est joignable"))
	p.write("", size, 0, 30, fmt.Sprintf("%s · %s", p.Made.UTC().Format(time.DateOnly), p.Kit))
	p.write("B", size, 0, 4, p.say("On paper nothing is checked.", "Sur papier, rien n'est vérifié."))
	p.write("", size, 0, 0, p.say(
		"Where the kit runs, follow a runbook there: it looks at the array before and after each step, knows when data is old, and writes down what was done. Follow this book with a pencil where it does not run. What you cannot see is unknown, and unknown is never a yes.",
		"Là où le kit fonctionne, suivez la procédure avec lui : il regarde la baie avant et après chaque étape, sait quand les données sont anciennes et note ce qui a été fait. Suivez ce livre au crayon là où il ne fonctionne pas. Ce que vous ne voyez pas est inconnu, et inconnu n'est jamais oui."))
}

// row is a line of contents or index with its page at the right.
func (p *printer) row(text string, page int, link string) {
	number := ""
	if page > 0 {
		number = fmt.Sprint(page)
	}
	p.doc.SetFont("Helvetica", "", size)
	y := p.doc.GetY()
	shown := p.plain(text)
	for p.doc.GetStringWidth(shown) > textWidth-40 && len(shown) > 4 {
		shown = shown[:len(shown)-1]
	}
	p.doc.Text(left, y, shown)
	p.doc.Text(pageWidth-right-p.doc.GetStringWidth(number), y, number)
	if page > 0 && link != "" {
		l := p.doc.AddLink()
		p.doc.SetLink(l, 0, page)
		p.doc.Link(left, y-size, textWidth, lineHeight, l)
	}
	p.doc.SetY(y + lineHeight*1.15)
}

// rows prints a heading and its rows, as many on a page as fit.
func (p *printer) rows(title string, n int, row func(i int)) {
	p.head = title
	for i := 0; i < max(n, 1); i++ {
		if i%rowsAPage == 0 {
			p.doc.AddPage()
			p.write("B", 16, 0, 10, title)
			p.doc.SetY(p.doc.GetY() + size)
		}
		if i < n {
			row(i)
		}
	}
}

func (p *printer) contents() {
	p.rows(p.say("Contents", "Sommaire"), len(p.Books), func(i int) {
		b := p.Books[i]
		p.row(fmt.Sprintf("%d  %s  (%s)", i+1, b.Title.In(p.Lang), b.ID), p.known[b.ID], b.ID)
	})
}

func (p *printer) chapter(b *runbooks.Runbook) {
	number := slices.Index(p.Books, b) + 1
	p.head = fmt.Sprintf("%s v%d · %s", b.ID, b.Version, b.Digest[:12])
	p.doc.AddPage()
	p.pages[b.ID] = p.doc.PageNo()
	prose := b.Prose[p.Lang]
	p.doc.Bookmark(p.plain(prose.Title), 0, -1)
	p.write("B", 16, 0, 4, fmt.Sprintf("%d  %s", number, prose.Title))
	p.write("", 9, 0, 8, fmt.Sprintf(p.say("%s v%d · for %s · risk up to %s · %d min · people: %d", "%s v%d · pour %s · risque jusqu'à %s · %d min · personnes : %d"),
		b.ID, b.Version, strings.Join(b.Products, ", "), b.RiskMax, b.Minutes, b.People))
	if b.Withdrawn != "" {
		p.write("B", size, 0, 6, p.say("WITHDRAWN: ", "RETIRÉE : ")+b.Withdrawn)
	}
	p.body(prose.Intro)
	p.write("", size, 0, 6, p.say("If it is so: ", "Si c'est le cas : ")+b.Impact.In(p.Lang))
	for i, s := range b.Steps {
		p.step(b, i, s)
	}
}

// place is the number of a step as the book prints it.
func place(b *runbooks.Runbook, id string) string {
	return fmt.Sprint(slices.IndexFunc(b.Steps, func(s runbooks.Step) bool { return s.ID == id }) + 1)
}

func (p *printer) step(b *runbooks.Runbook, i int, s runbooks.Step) {
	if p.doc.GetY() > 700 { // a heading does not stand alone at the foot
		p.doc.AddPage()
	}
	words := b.Prose[p.Lang].Sections[s.ID]
	what := strings.ToUpper(string(s.Kind))
	if s.Kind == runbooks.Action {
		what += " " + string(s.Risk)
	}
	p.doc.Ln(4)
	p.write("B", 11, 0, 2, fmt.Sprintf("%d. %s  [%s]", i+1, words.Title, what))
	p.body(words.Body)
	for _, line := range facts(p.Lang, s) {
		p.write("I", 9, 12, 1, line)
	}
	for _, line := range edges(p.Lang, b, s) {
		p.write("", 9, 12, 0, line)
	}
	p.doc.Ln(4)
}

// blanks are written in by hand.
var blanks = strings.NewReplacer("{target}", "________", "{component}", "________", "{run}", "________")

// body prints Markdown: each paragraph, item and warning of it hangs by its mark.
func (p *printer) body(markdown string) {
	for _, line := range strings.Split(render.Text(blanks.Replace(markdown), 100_000), "\n") {
		style, indent := "", 0.0
		switch {
		case strings.HasPrefix(line, "!"):
			style = "B"
		case line != strings.TrimLeft(line, " ") || strings.HasPrefix(line, "- "):
			indent = 10
		}
		if line == "" {
			p.doc.Ln(4)
			continue
		}
		p.write(style, size, indent, 1, strings.TrimLeft(line, " "))
	}
	p.doc.Ln(3)
}

// facts are what the kit would check, do or hold at a step.
func facts(l runbooks.Lang, s runbooks.Step) []string {
	say := func(en, fr string) string { return runbooks.Text{EN: en, FR: fr}.In(l) }
	var out []string
	for _, q := range []struct {
		what string
		p    *runbooks.Predicate
	}{{say("expected: ", "attendu : "), s.Expect}, {say("before: ", "avant : "), s.Before}, {say("after: ", "après : "), s.After}} {
		if q.p != nil {
			out = append(out, q.what+q.p.Sentence(l))
		}
	}
	if s.Undo != nil {
		out = append(out, say("way back: ", "retour : ")+blanks.Replace(s.Undo.In(l)))
	}
	if s.Do != nil {
		out = append(out, say("the kit may: ", "le kit peut : ")+blanks.Replace(s.Do.Sentence(l)))
	}
	for _, h := range s.Hold {
		out = append(out, say("meanwhile: ", "en attendant : ")+blanks.Replace(h.In(l)))
	}
	return out
}

// edges say where each result of a step leads, with a box to tick.
func edges(l runbooks.Lang, b *runbooks.Runbook, s runbooks.Step) []string {
	to := runbooks.Text{EN: "go to", FR: "aller à"}.In(l)
	var out []string
	if s.Kind == runbooks.Read || s.Kind == runbooks.Collect || s.Kind == runbooks.Escalate {
		next := s.On[s.Results()[0]]
		return []string{fmt.Sprintf("[  ] %s %s", to, place(b, next))}
	}
	for _, result := range s.Results() {
		shown := result
		if i := slices.IndexFunc(s.Choices, func(c runbooks.Choice) bool { return c.ID == result }); i >= 0 {
			shown = s.Choices[i].Text.In(l)
		}
		out = append(out, fmt.Sprintf("[  ] %s: %s %s", blanks.Replace(shown), to, place(b, s.On[result])))
	}
	for _, w := range s.When {
		out = append(out, fmt.Sprintf("[  ] %s %s = %s: %s %s", runbooks.Text{EN: "step", FR: "étape"}.In(l), place(b, w.Step), w.Is, to, place(b, w.Then)))
	}
	if s.Else != "" {
		out = append(out, fmt.Sprintf("[  ] %s: %s %s", runbooks.Text{EN: "else", FR: "sinon"}.In(l), to, place(b, s.Else)))
	}
	if s.Kind == runbooks.End {
		out = append(out, runbooks.Text{EN: "end: ", FR: "fin : "}.In(l)+string(s.Outcome))
	}
	return out
}

// entry is one word of the index with the runbooks it leads to.
type entry struct {
	word  string
	books []string
}

// index lists the words of search and the rules, without regard to accents.
func (p *printer) index() {
	by := map[string]*entry{}
	add := func(word, id string) {
		key := strings.Join(search.Words(word), " ")
		if key == "" {
			return
		}
		if by[key] == nil {
			by[key] = &entry{word: word}
		}
		if !slices.Contains(by[key].books, id) {
			by[key].books = append(by[key].books, id)
		}
	}
	for _, b := range p.Books {
		for _, w := range b.Symptoms {
			add(w, b.ID)
		}
		for _, t := range b.Triggers {
			add(t.Rule, b.ID)
		}
	}
	var keys []string
	for k := range by {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	type line struct {
		text string
		page int
		id   string
	}
	var lines []line
	for _, k := range keys {
		for _, id := range by[k].books {
			lines = append(lines, line{by[k].word + "  ·  " + id, p.known[id], id})
		}
	}
	p.rows(p.say("Index", "Index"), len(lines), func(i int) { p.row(lines[i].text, lines[i].page, lines[i].id) })
}
