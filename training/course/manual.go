package course

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"darksite/runbooks"
	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/yuin/goldmark"
)

//go:embed manual.html.tmpl
var manualPage string

// Manual writes lessons as one HTML page in a language. It needs nothing beside it: no
// picture, style or script is fetched. It is made for paper as well: each lesson begins
// a page, and the answers to the check questions stand at the end.
func Manual(w io.Writer, lessons []*Lesson, l runbooks.Lang, version string) error {
	page := manual{Lang: string(l), Version: version, W: wordsOf(l)}
	for _, lesson := range lessons {
		body, err := chapterOf(lesson, l)
		if err != nil {
			return fmt.Errorf("print lesson %s: %w", lesson.ID, err)
		}
		page.Chapters = append(page.Chapters, body)
	}
	t, err := template.New("manual").Parse(manualPage)
	if err != nil {
		return fmt.Errorf("print manual: %w", err)
	}
	if err := t.Execute(w, page); err != nil {
		return fmt.Errorf("print manual: %w", err)
	}
	return nil
}

type manual struct {
	Lang     string
	Version  string
	W        pageWords
	Chapters []chapter
}

type chapter struct {
	ID, Track, Title, Objective string
	Minutes                     int
	Lab                         string
	Runbooks                    []string
	Body                        template.HTML
	Frames                      []picture
	Questions                   []Printed
}

type picture struct {
	Step int
	SVG  template.HTML
	Text string
}

// Printed is a check question as it stands on paper or on a screen.
type Printed struct {
	Stem     string
	Options  []string // with their letters
	Partners []string // of what is matched, with their numbers
	Answer   string
	Why      string
}

// pageWords are the words of the page itself.
type pageWords struct {
	Title, Contents, Objective, Minutes, Lab, Runbooks, Check, Answers, Step, Version string
}

func wordsOf(l runbooks.Lang) pageWords {
	if l == runbooks.French {
		return pageWords{
			"Manuel de formation", "Sommaire", "Objectif", "minutes", "Exercice", "Procédures", "Vérifiez-vous",
			"Réponses", "Étape", "Version",
		}
	}
	return pageWords{"Training manual", "Contents", "Objective", "minutes", "Lab", "Runbooks", "Check yourself", "Answers", "Step", "Version"}
}

func chapterOf(l *Lesson, lang runbooks.Lang) (chapter, error) {
	var body bytes.Buffer
	if err := goldmark.Convert([]byte(unbroken(l.Words[lang], lang)), &body); err != nil {
		return chapter{}, err
	}
	// The title of the lesson is a heading of the second level on the page.
	below := strings.NewReplacer("<h2>", "<h3>", "</h2>", "</h3>").Replace(body.String())
	c := chapter{
		ID: l.ID, Track: trackName(l.Track, lang), Title: unbroken(l.Title.In(lang), lang), Objective: unbroken(l.Objective.In(lang), lang), Minutes: l.Minutes,
		Lab: strings.ToUpper(l.Lab), Runbooks: l.Runbooks,
		Body: template.HTML(below), //nolint:gosec // raw HTML is left out by the converter
	}
	for i, f := range l.Frames {
		c.Frames = append(c.Frames, picture{i + 1, template.HTML(f.SVG), unbroken(f.Text.In(lang), lang)}) //nolint:gosec // Lint allows nothing in it that runs or fetches
	}
	c.Questions = l.Printed(lang)
	for i := range c.Questions {
		c.Questions[i].Stem = unbroken(c.Questions[i].Stem, lang)
	}
	return c, nil
}

// unbroken keeps the marks before which French puts a space on the line of their word.
func unbroken(text string, lang runbooks.Lang) string {
	if lang != runbooks.French {
		return text
	}
	const space = "\u00a0"
	return strings.NewReplacer(" ?", space+"?", " !", space+"!", " :", space+":", " ;", space+";", " »", space+"»", "« ", "«"+space).Replace(text)
}

// Printed are the check questions in a language, their options by letter.
func (l *Lesson) Printed(lang runbooks.Lang) (out []Printed) {
	for i := range l.Questions {
		out = append(out, onPaper(&l.Questions[i], lang))
	}
	return out
}

func trackName(t certificate.Track, l runbooks.Lang) string {
	names := map[certificate.Track]runbooks.Text{
		certificate.Admin:   {EN: "Administrator", FR: "Administrateur"},
		certificate.Officer: {EN: "Security officer", FR: "Officier de sécurité"},
		certificate.TSE:     {EN: "Support engineer", FR: "Ingénieur de support"},
	}
	return names[t].In(l)
}

// paperSeed decides the order of options on paper, the same in each print.
const paperSeed = 1

// onPaper is a question as it is printed, its options by letter, its partners by number.
func onPaper(it *exam.Item, l runbooks.Lang) Printed {
	q := exam.Ask(it, "", paperSeed)
	p := Printed{Stem: it.Stem.In(l)}
	letter := map[string]string{}
	for i, o := range q.Shown {
		letter[o.ID] = string(rune('a' + i))
		p.Options = append(p.Options, letter[o.ID]+") "+o.Text.In(l))
	}
	number := map[string]string{}
	for i, o := range q.Targets {
		number[o.ID] = strconv.Itoa(i + 1)
		p.Partners = append(p.Partners, number[o.ID]+") "+o.Partner.In(l))
	}
	var answer []string
	for _, o := range it.Options {
		switch {
		case o.Right:
			answer = append(answer, letter[o.ID])
			p.Why = strings.TrimSpace(p.Why + " " + o.Why.In(l))
		case it.Kind == exam.Order:
			answer = append(answer, letter[o.ID])
		case it.Kind == exam.Match:
			answer = append(answer, letter[o.ID]+number[o.ID])
		}
	}
	if it.Number != nil {
		answer = []string{strings.TrimSpace(fmt.Sprintf("%g %s", it.Number.Value, it.Number.Unit))}
	}
	if it.Why != nil {
		p.Why = it.Why.In(l)
	}
	if it.Kind == exam.Single || it.Kind == exam.Multi {
		slices.Sort(answer)
	}
	p.Answer = strings.Join(answer, ", ")
	return p
}
