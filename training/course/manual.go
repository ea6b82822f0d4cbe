package course

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
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
	Questions                   []printed
}

type picture struct {
	Step int
	SVG  template.HTML
	Text string
}

// printed is a check question on paper.
type printed struct {
	Stem    string
	Options []string // with their letters
	Answer  string
	Why     string
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
	if err := goldmark.Convert([]byte(l.Words[lang]), &body); err != nil {
		return chapter{}, err
	}
	c := chapter{
		ID: l.ID, Track: trackName(l.Track, lang), Title: l.Title.In(lang), Objective: l.Objective.In(lang), Minutes: l.Minutes,
		Lab: strings.ToUpper(l.Lab), Runbooks: l.Runbooks,
		Body: template.HTML(body.String()), //nolint:gosec // raw HTML is left out by the converter
	}
	for i, f := range l.Frames {
		c.Frames = append(c.Frames, picture{i + 1, template.HTML(f.SVG), f.Text.In(lang)}) //nolint:gosec // Lint allows nothing in it that runs or fetches
	}
	for i := range l.Questions {
		c.Questions = append(c.Questions, onPaper(&l.Questions[i], lang))
	}
	return c, nil
}

func trackName(t certificate.Track, l runbooks.Lang) string {
	names := map[certificate.Track]runbooks.Text{
		certificate.Admin:   {EN: "Administrator", FR: "Administrateur"},
		certificate.Officer: {EN: "Security officer", FR: "Officier de sécurité"},
		certificate.TSE:     {EN: "Support engineer", FR: "Ingénieur de support"},
	}
	return names[t].In(l)
}

// onPaper is a question as it is printed, its options by letter.
func onPaper(it *exam.Item, l runbooks.Lang) printed {
	p := printed{Stem: it.Stem.In(l)}
	var answer []string
	for i, o := range it.Options {
		letter := string(rune('a' + i))
		p.Options = append(p.Options, letter+") "+o.Text.In(l))
		if o.Right {
			answer = append(answer, letter)
			p.Why = strings.TrimSpace(p.Why + " " + o.Why.In(l))
		}
		if o.Partner != nil {
			answer = append(answer, letter+" – "+o.Partner.In(l))
		}
	}
	if it.Kind == exam.Order {
		answer = p.Options
	}
	if it.Number != nil {
		answer = []string{strings.TrimSpace(fmt.Sprintf("%g %s", it.Number.Value, it.Number.Unit))}
	}
	if it.Why != nil {
		p.Why = it.Why.In(l)
	}
	p.Answer = strings.Join(answer, ", ")
	return p
}
