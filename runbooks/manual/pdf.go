package manual

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/book"
	"darksite/runbooks/search"
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
	p := &printer{Book: b}
	t := book.Title{
		Title: p.title(), Lang: b.Lang, Made: b.Made, Kit: b.Kit,
		Under: []string{p.say("What an admin does when no vendor is on the line", "Ce que fait un administrateur quand aucun fournisseur n'est joignable")},
		Bold:  p.say("On paper nothing is checked.", "Sur papier, rien n'est vérifié."),
		Words: p.say(
			"Where the kit runs, follow a runbook there: it looks at the array before and after each step, knows when data is old, and writes down what was done. Follow this book with a pencil where it does not run. What you cannot see is unknown, and unknown is never a yes.",
			"Là où le kit fonctionne, suivez la procédure avec lui : il regarde la baie avant et après chaque étape, sait quand les données sont anciennes et note ce qui a été fait. Suivez ce livre au crayon là où il ne fonctionne pas. Ce que vous ne voyez pas est inconnu, et inconnu n'est jamais oui."),
	}
	if err := book.Print(w, t, p.whole); err != nil {
		return fmt.Errorf("print the manual: %w", err)
	}
	return nil
}

type printer struct {
	Book
	*book.Printer
}

func (p *printer) say(en, fr string) string { return runbooks.Text{EN: en, FR: fr}.In(p.Lang) }

func (p *printer) title() string {
	if len(p.Books) == 1 {
		return p.Books[0].Title.In(p.Lang)
	}
	return p.say("Runbooks", "Procédures")
}

func (p *printer) whole(to *book.Printer) {
	p.Printer = to
	p.contents()
	for _, b := range p.Books {
		p.chapter(b)
	}
	p.index()
}

func (p *printer) contents() {
	p.Rows(p.say("Contents", "Sommaire"), len(p.Books), func(i int) {
		b := p.Books[i]
		p.Row(fmt.Sprintf("%d  %s  (%s)", i+1, b.Title.In(p.Lang), b.ID), b.ID)
	})
}

func (p *printer) chapter(b *runbooks.Runbook) {
	number := slices.Index(p.Books, b) + 1
	prose := b.Prose[p.Lang]
	p.Chapter(b.ID, fmt.Sprintf("%s v%d · %s", b.ID, b.Version, b.Digest[:12]), prose.Title, fmt.Sprintf("%d  %s", number, prose.Title))
	p.Write("", 9, 0, 8, fmt.Sprintf(p.say("%s v%d · for %s · risk up to %s · %d min · people: %d", "%s v%d · pour %s · risque jusqu'à %s · %d min · personnes : %d"),
		b.ID, b.Version, strings.Join(b.Products, ", "), b.RiskMax, b.Minutes, b.People))
	if b.Withdrawn != "" {
		p.Write("B", book.Size, 0, 6, p.say("WITHDRAWN: ", "RETIRÉE : ")+b.Withdrawn)
	}
	p.Markdown(blanks.Replace(prose.Intro))
	p.Write("", book.Size, 0, 6, p.say("If it is so: ", "Si c'est le cas : ")+b.Impact.In(p.Lang))
	for i, s := range b.Steps {
		p.step(b, i, s)
	}
}

// place is the number of a step as the book prints it.
func place(b *runbooks.Runbook, id string) string {
	return fmt.Sprint(slices.IndexFunc(b.Steps, func(s runbooks.Step) bool { return s.ID == id }) + 1)
}

func (p *printer) step(b *runbooks.Runbook, i int, s runbooks.Step) {
	p.Keep()
	words := b.Prose[p.Lang].Sections[s.ID]
	what := strings.ToUpper(s.Kind.In(p.Lang))
	if s.Kind == runbooks.Action {
		what += " " + string(s.Risk)
	}
	p.Gap(4)
	p.Write("B", 11, 0, 2, fmt.Sprintf("%d. %s  [%s]", i+1, words.Title, what))
	p.Markdown(blanks.Replace(words.Body))
	p.figure(b, s)
	for _, line := range facts(p.Lang, s) {
		p.Write("I", 9, 12, 1, line)
	}
	for _, line := range edges(p.Lang, b, s) {
		p.Write("", 9, 12, 0, line)
	}
	p.Gap(4)
}

// blanks are written in by hand.
var blanks = strings.NewReplacer("{target}", "________", "{component}", "________", "{run}", "________")

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
	type line struct{ text, id string }
	var lines []line
	for _, k := range keys {
		for _, id := range by[k].books {
			lines = append(lines, line{by[k].word + "  ·  " + id, id})
		}
	}
	p.Rows(p.say("Index", "Index"), len(lines), func(i int) { p.Row(lines[i].text, lines[i].id) })
}
