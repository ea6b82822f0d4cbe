package train

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	runbookcontent "darksite/runbooks/content"
	"darksite/runbooks/render"
	"darksite/training/certificate"
	lessons "darksite/training/course"
	"darksite/training/course/content"
	labcontent "darksite/training/labs/content"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

// Command is darksite train. What is practised in comes from outside, for a lab
// uses every other command.
func Command(s *site.Site, lab *cobra.Command) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "train", Short: "Learn: lessons for admins, security officers and support engineers",
		Long: `Learn, practise, and be certified, in this order:

  1. lessons of some minutes, each with three questions   train lesson, train lesson --quiz
  2. labs on simulated arrays, graded                     train lab start
  3. an examination, opened and closed by somebody else   train exam practice, train exam start
  4. the certificate of the site, then the vendor's       train certificate issue

train status says at each point what comes next. Nothing of it needs a network or a real
array. Every lesson, lab and question is there in English and in French: --lang fr.`,
		Example: "  darksite train status\n  darksite train lesson a0 --as mdurand\n  darksite train lesson a4 --lang fr\n  darksite train manual --out manual.html",
	}
	c.AddCommand(a.trainListCommand(), a.trainLessonCommand(), a.trainManualCommand())
	c.AddCommand(a.trainBankCommand())
	c.AddCommand(a.trainStatusCommand(), a.trainProgressCommand(), a.trainExamCommand(), a.trainCertificateCommand())
	c.AddCommand(lab)
	return c
}

// lessons are those of this kit, held against its runbooks and labs.
func (a *app) lessons() (*lessons.Course, error) {
	books, err := runbookcontent.Library()
	if err != nil {
		return nil, err
	}
	practised, err := labcontent.Library()
	if err != nil {
		return nil, err
	}
	return content.Course(lessons.Limits{
		Runbook: func(id string) bool { _, ok := books.Get(id); return ok },
		Lab:     func(id string) bool { _, ok := practised.Get(id); return ok },
	})
}

// lessonRow is one line of the list.
type lessonRow struct {
	ID      string `json:"id"`
	Track   string `json:"track"`
	Minutes int    `json:"minutes"`
	Title   string `json:"title"`
}

func (a *app) trainListCommand() *cobra.Command {
	var lang, track string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the lessons, in the order in which they are taken", Args: cobra.NoArgs,
		Example: "  darksite train list --track officer --lang fr",
		RunE: func(*cobra.Command, []string) error {
			chosen, err := a.lessonsOf(track)
			if err != nil {
				return err
			}
			rows := []lessonRow{}
			for _, l := range chosen {
				rows = append(rows, lessonRow{l.ID, string(l.Track), l.Minutes, l.Title.In(a.Lang(lang))})
			}
			if asJSON {
				return a.Env.JSON(rows)
			}
			t := &cli.Table{Header: []string{"LESSON", "TRACK", "MIN", "TITLE"}}
			for _, r := range rows {
				t.Add(r.ID, r.Track, strconv.Itoa(r.Minutes), r.Title)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			a.Env.Next("darksite train lesson " + rows[0].ID)
			return nil
		},
	}
	site.LangFlag(c, &lang)
	TrackFlag(c, &track)
	cli.JSONFlag(c, &asJSON)
	return c
}

// TrackFlag gives a command the flag for the track of lessons, labs and examinations.
func TrackFlag(c *cobra.Command, track *string) {
	c.Flags().StringVar(track, "track", "", "only the lessons for admin, officer or tse (support engineer)")
}

// lessonsOf are the lessons of a track, or all.
func (a *app) lessonsOf(track string) ([]*lessons.Lesson, error) {
	if track != "" && !slices.Contains(certificate.Tracks(), certificate.Track(track)) {
		return nil, cli.Usagef("--track %q: want one of %v", track, certificate.Tracks())
	}
	all, err := a.lessons()
	if err != nil {
		return nil, err
	}
	return all.Lessons(certificate.Track(track)), nil
}

// lessonOptions say how a lesson is taken.
type lessonOptions struct {
	lang, learner string
	answers, quiz bool
}

func (a *app) trainLessonCommand() *cobra.Command {
	var o lessonOptions
	c := &cobra.Command{
		Use: "lesson ID", Short: "Read a lesson, with three questions to check yourself", Args: cobra.ExactArgs(1),
		Long: `Read a lesson. With --quiz answer its questions and be told at once what was right, and
why. In a site folder it is written down that you have read or checked it, for the
learner named with --as, else who learned here last; train status shows that.`,
		Example: "  darksite train lesson a4 --lang fr --as mdurand\n  darksite train lesson a4 --quiz --as mdurand\n  darksite train lesson a4 --answers",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.takeLesson(args[0], o)
		},
	}
	site.LangFlag(c, &o.lang)
	c.Flags().BoolVar(&o.answers, "answers", false, "the answers to its questions, with the reason of each")
	c.Flags().BoolVar(&o.quiz, "quiz", false, "ask its questions")
	AsFlag(c, &o.learner)
	return c
}

func (a *app) takeLesson(id string, o lessonOptions) error {
	all, err := a.lessons()
	if err != nil {
		return err
	}
	l, ok := all.Lesson(id)
	if !ok {
		return cli.WithHint(fmt.Errorf("no lesson is called %q", id), "darksite train list")
	}
	as := ""
	if o.learner != "" {
		if a.RealSite("") == "" { // there is nowhere to write it down
			if _, err := a.Config(); err != nil {
				return err
			}
		}
		if _, err := Learner(a.Site, o.learner); err != nil {
			return err
		}
		as = " --as " + o.learner
	}
	switch {
	case o.answers && o.quiz:
		return cli.Usagef("--answers or --quiz: one of the two")
	case o.answers:
		a.printAnswers(l, a.Lang(o.lang))
	case o.quiz:
		if err := a.quiz(l, o.learner, o.lang); err != nil {
			return err
		}
	default:
		a.printLesson(l, a.Lang(o.lang))
		if err := a.noteLesson(o.learner, register.Read, l.ID, "", o.lang); err != nil {
			return err
		}
		next := []string{"darksite train lesson " + l.ID + " --quiz" + as, "darksite train lesson " + l.ID + " --answers"}
		if l.Lab != "" {
			next = append(next, "darksite train lab start "+l.Lab)
		}
		a.Env.Next(next...)
		return nil
	}
	if next, ok := all.Next(l.ID); ok {
		a.Env.Next("darksite train lesson " + next.ID + as)
	} else {
		a.Env.Next("darksite train exam practice --track " + string(l.Track))
	}
	return nil
}

func (a *app) printLesson(l *lessons.Lesson, lang runbooks.Lang) {
	w, width := a.Env.Out, a.Env.Width()
	fmt.Fprintf(w, "%s\n%s  %d min\n\n%s\n\n", l.Title.In(lang), l.ID, l.Minutes, render.Text(l.Objective.In(lang), width))
	fmt.Fprintln(w, render.Text(l.Words[lang], width))
	if len(l.Frames) > 0 {
		fmt.Fprintf(w, "\n%s\n", runbooks.Text{EN: "Step by step", FR: "Pas à pas"}.In(lang))
	}
	for i, f := range l.Frames {
		a.Env.Point(fmt.Sprintf("%d. ", i+1), f.Text.In(lang))
	}
	fmt.Fprintf(w, "\n%s\n", runbooks.Text{EN: "Check yourself", FR: "Vérifiez-vous"}.In(lang))
	for i, q := range l.Printed(lang) {
		a.Env.Point(fmt.Sprintf("%d. ", i+1), q.Stem)
		for _, o := range slices.Concat(q.Options, q.Partners) {
			a.Env.Point("   ", o)
		}
	}
}

func (a *app) printAnswers(l *lessons.Lesson, lang runbooks.Lang) {
	fmt.Fprintln(a.Env.Out, l.Title.In(lang))
	for i, q := range l.Printed(lang) {
		a.Env.Point(fmt.Sprintf("%d. ", i+1), q.Stem)
		a.Env.Point("   ", q.Answer+". "+q.Why)
	}
}

func (a *app) trainManualCommand() *cobra.Command {
	var lang, track, out, pdf string
	c := &cobra.Command{
		Use: "manual", Short: "Print the lessons as one page of HTML, or as a PDF", Args: cobra.NoArgs,
		Long: `Print the lessons, or those of one track, with contents, questions and answers: as one
HTML page with pictures, which fetches nothing and begins a page of paper with each
lesson, or as a PDF of A4 pages with page numbers, or as both.`,
		Example: "  darksite train manual --out manual.html\n  darksite train manual --track officer --lang fr --pdf manuel.pdf",
		RunE: func(*cobra.Command, []string) error {
			switch {
			case out == "" && pdf == "":
				return cli.Usagef("name the file with --out FILE.html or --pdf FILE.pdf")
			case out != "" && !strings.EqualFold(filepath.Ext(out), ".html"):
				return cli.Usagef("--out %q: name it FILE.html", out)
			case pdf != "" && !strings.EqualFold(filepath.Ext(pdf), ".pdf"):
				return cli.Usagef("--pdf %q: name it FILE.pdf", pdf)
			}
			chosen, err := a.lessonsOf(track)
			if err != nil {
				return err
			}
			l := a.Lang(lang)
			if err := a.printed(out, func(w io.Writer) error { return lessons.Manual(w, chosen, l, a.Version) }); err != nil {
				return err
			}
			return a.printed(pdf, func(w io.Writer) error { return lessons.PDF(w, chosen, l, a.Env.Now(), "darksite "+a.Version) })
		},
	}
	site.LangFlag(c, &lang)
	TrackFlag(c, &track)
	c.Flags().StringVar(&out, "out", "", "HTML file to write, FILE.html")
	c.Flags().StringVar(&pdf, "pdf", "", "PDF file to write, FILE.pdf")
	return c
}

// printed writes what is printed into a file, where one is named.
func (a *app) printed(file string, into func(io.Writer) error) error {
	if file == "" {
		return nil
	}
	var page bytes.Buffer
	if err := into(&page); err != nil {
		return err
	}
	if err := safefile.Write(file, page.Bytes(), 0o644); err != nil {
		return fmt.Errorf("print the manual: %w", err)
	}
	fmt.Fprintln(a.Env.Out, file)
	return nil
}
