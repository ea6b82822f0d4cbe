package course

import (
	"fmt"
	"io"
	"strings"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/book"
)

// PDF prints lessons as a book on A4 in a language: contents with page numbers, a chapter
// each with its check questions, and the answers at the end. Of pictures it has the words;
// the pictures themselves stand in the page that [Manual] writes. The same lessons and
// the same day give the same bytes.
func PDF(w io.Writer, lessons []*Lesson, l runbooks.Lang, made time.Time, version string) error {
	p := &printer{lessons: lessons, lang: l, words: wordsOf(l)}
	t := book.Title{
		Title: p.words.Title, Lang: l, Made: made, Kit: version,
		Under: p.tracks(),
		Bold:  p.say("Read with the kit beside you.", "À lire avec le kit à côté de vous."),
		Words: p.say(
			"Every command here is one of the kit. Try them where the kit runs; a lab has simulated arrays that nobody depends on. The questions are for you alone, and their answers stand at the end.",
			"Chaque commande est une commande du kit. Essayez-les là où le kit fonctionne ; un exercice a des baies simulées dont personne ne dépend. Les questions sont pour vous seul, et leurs réponses sont à la fin."),
	}
	if err := book.Print(w, t, p.whole); err != nil {
		return fmt.Errorf("print the manual: %w", err)
	}
	return nil
}

type printer struct {
	*book.Printer
	lessons []*Lesson
	lang    runbooks.Lang
	words   pageWords
}

func (p *printer) say(en, fr string) string { return runbooks.Text{EN: en, FR: fr}.In(p.lang) }

// tracks are the tracks that the lessons belong to, as the title page names them.
func (p *printer) tracks() (out []string) {
	for i, l := range p.lessons {
		if i == 0 || l.Track != p.lessons[i-1].Track {
			out = append(out, trackName(l.Track, p.lang))
		}
	}
	return out
}

// answersID is the chapter of the answers.
const answersID = "answers"

func (p *printer) whole(to *book.Printer) {
	p.Printer = to
	p.Rows(p.words.Contents, len(p.lessons)+1, func(i int) {
		if i == len(p.lessons) {
			p.Row(p.words.Answers, answersID)
			return
		}
		l := p.lessons[i]
		p.Row(strings.ToUpper(l.ID)+"  "+l.Title.In(p.lang), l.ID)
	})
	for _, l := range p.lessons {
		p.chapter(l)
	}
	p.answers()
}

func (p *printer) chapter(l *Lesson) {
	title := strings.ToUpper(l.ID) + "  " + l.Title.In(p.lang)
	p.Chapter(l.ID, title, title, title)
	facts := fmt.Sprintf("%s · %d %s", trackName(l.Track, p.lang), l.Minutes, p.words.Minutes)
	if l.Lab != "" {
		facts += " · " + p.words.Lab + " " + strings.ToUpper(l.Lab)
	}
	p.Write("", 9, 0, 8, facts)
	p.Write("I", book.Size, 0, 8, p.words.Objective+p.say(": ", " : ")+l.Objective.In(p.lang))
	for _, s := range sections(l.Words[p.lang]) {
		if s.title != "" {
			p.heading(s.title)
		}
		p.Markdown(s.words)
	}
	for i, f := range l.Frames {
		p.Write("", book.Size, 10, 2, fmt.Sprintf("%s %d. %s", p.words.Step, i+1, f.Text.In(p.lang)))
	}
	if len(l.Runbooks) > 0 {
		p.Write("", 9, 0, 4, p.words.Runbooks+p.say(": ", " : ")+strings.Join(l.Runbooks, ", "))
	}
	p.heading(p.words.Check)
	for i, q := range l.Printed(p.lang) {
		p.Keep()
		p.Write("", book.Size, 0, 1, fmt.Sprintf("%d. %s", i+1, q.Stem))
		for _, o := range append(q.Options, q.Partners...) {
			p.Write("", book.Size, 16, 0, o)
		}
		p.Gap(5)
	}
}

func (p *printer) heading(title string) {
	p.Keep()
	p.Gap(4)
	p.Write("B", 11, 0, 2, title)
}

func (p *printer) answers() {
	p.Chapter(answersID, p.words.Answers, p.words.Answers, p.words.Answers)
	for _, l := range p.lessons {
		p.heading(strings.ToUpper(l.ID) + "  " + l.Title.In(p.lang))
		for i, q := range l.Printed(p.lang) {
			p.Write("", book.Size, 0, 1, fmt.Sprintf("%d. %s. %s", i+1, q.Answer, q.Why))
		}
	}
}

// section is what stands below one heading of a lesson.
type section struct{ title, words string }

// sections cuts the words of a lesson at its headings; before the first one there may be
// words as well.
func sections(markdown string) []section {
	out := []section{{}}
	fenced := false
	for line := range strings.Lines(markdown) {
		if strings.TrimSpace(line) == fence {
			fenced = !fenced
		}
		if title, ok := strings.CutPrefix(line, "## "); ok && !fenced {
			out = append(out, section{title: strings.TrimSpace(title)})
			continue
		}
		out[len(out)-1].words += line
	}
	if out[0].words == "" {
		return out[1:]
	}
	return out
}
