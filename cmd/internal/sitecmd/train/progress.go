package train

import (
	"fmt"
	"strconv"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/certificate"
	lessons "darksite/training/course"
	"darksite/training/exam"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

// progressRow is a lesson and how far somebody is with it.
type progressRow struct {
	Lesson  string `json:"lesson"`
	Title   string `json:"title"`
	Read    string `json:"read,omitempty"`    // day
	Checked string `json:"checked,omitempty"` // right/asked
	Lab     string `json:"lab,omitempty"`
	Score   *int   `json:"lab_percent,omitempty"` // the best; nothing when it was not done
}

// progressView is what train progress prints of one learner.
type progressView struct {
	Learner string        `json:"learner"`
	Track   string        `json:"track"`
	Lessons []progressRow `json:"lessons"`
	Next    string        `json:"next_lesson,omitempty"`
}

func (a *app) trainProgressCommand() *cobra.Command {
	var lang, track string
	var asJSON bool
	c := &cobra.Command{
		Use: "progress [LEARNER]", Short: "How far somebody is, and what comes next", Args: cobra.MaximumNArgs(1),
		Long: `Show which lessons somebody has read, how many of their questions were right, and the
labs done. Without LEARNER list everybody. A lesson counts as read when it was shown or
its questions were answered; it can be left and taken up again at any time.`,
		Example: "  darksite train progress mdurand --track admin\n  darksite train lesson a0 --quiz --as mdurand",
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := a.Config(); err != nil {
				return err
			}
			if len(args) == 0 {
				return a.listLearners(asJSON)
			}
			chosen, err := a.lessonsOf(defaultTrack(track))
			if err != nil {
				return err
			}
			p, err := certified.Register(a.Site).Learner(args[0])
			if err != nil {
				return cli.WithCode(cli.CodeUsage, err)
			}
			v := progressOf(p, chosen, defaultTrack(track), a, lang)
			if asJSON {
				return a.Env.JSON(v)
			}
			a.printProgress(v)
			return nil
		},
	}
	site.LangFlag(c, &lang)
	TrackFlag(c, &track)
	cli.JSONFlag(c, &asJSON)
	return c
}

func defaultTrack(track string) string {
	if track == "" {
		return string(certificate.Admin)
	}
	return track
}

func progressOf(p register.Progress, chosen []*lessons.Lesson, track string, a *app, lang string) progressView {
	v := progressView{Learner: p.Learner, Track: track, Lessons: []progressRow{}}
	labs := bestLabs(p.Labs())
	for _, l := range chosen {
		row := progressRow{Lesson: l.ID, Title: l.Title.In(a.Lang(lang)), Lab: l.Lab}
		if e, ok := p.Has(register.Read, l.ID); ok {
			row.Read = e.At.Format("2006-01-02")
		}
		if e, ok := p.Has(register.Checked, l.ID); ok {
			row.Checked = e.Rest
		}
		if best, ok := labs[l.Lab]; ok && l.Lab != "" {
			row.Score = &best
		}
		if v.Next == "" && row.Checked == "" {
			v.Next = l.ID
		}
		v.Lessons = append(v.Lessons, row)
	}
	return v
}

func (a *app) printProgress(v progressView) {
	t := &cli.Table{Header: []string{"LESSON", "READ", "CHECKED", "LAB", "TITLE"}}
	done := 0
	for _, r := range v.Lessons {
		lab := cli.OrDash(r.Lab)
		if r.Score != nil {
			lab += fmt.Sprintf(" %d %%", *r.Score)
		}
		if r.Checked != "" {
			done++
		}
		t.Add(r.Lesson, cli.OrDash(r.Read), cli.OrDash(r.Checked), lab, r.Title)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	a.Env.Notef("%s: %d of %d lessons of track %s are read and checked", v.Learner, done, len(v.Lessons), v.Track)
	if v.Next != "" {
		a.Env.Next("darksite train lesson " + v.Next + " --quiz --as " + v.Learner)
		return
	}
	a.Env.Next("darksite train exam practice --track "+v.Track, "darksite train exam start --track "+v.Track+" --as "+v.Learner+" --supervisor ID")
}

// learnerRow is one learner in short.
type learnerRow struct {
	Learner string `json:"learner"`
	Checked int    `json:"lessons_checked"`
	Labs    int    `json:"labs_done"`
	Last    string `json:"last_day"`
}

func (a *app) listLearners(asJSON bool) error {
	all, err := certified.Register(a.Site).Learners()
	if err != nil {
		return cli.WithCode(cli.CodeTampered, err)
	}
	rows := []learnerRow{}
	for _, p := range all {
		r := learnerRow{Learner: p.Learner}
		labs := map[string]bool{}
		for _, e := range p.Entries {
			r.Last = e.At.Format("2006-01-02")
			switch e.What {
			case register.Checked:
				r.Checked++
			case register.Lab:
				labs[e.Of] = true
			}
		}
		r.Labs = len(labs)
		rows = append(rows, r)
	}
	if asJSON {
		return a.Env.JSON(rows)
	}
	if len(rows) == 0 {
		a.Env.Notef("nobody has learned here yet")
		a.Env.Next("darksite train lesson a0 --quiz --as ID")
		return nil
	}
	t := &cli.Table{Header: []string{"LEARNER", "LESSONS", "LABS", "LAST"}}
	for _, r := range rows {
		t.Add(r.Learner, strconv.Itoa(r.Checked), strconv.Itoa(r.Labs), r.Last)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	a.Env.Next("darksite train progress " + rows[0].Learner)
	return nil
}

// quiz asks the questions of a lesson and says at once what was right and why.
func (a *app) quiz(l *lessons.Lesson, learner, lang string) error {
	q := a.questioner(lang, nil)
	fmt.Fprintln(a.Env.Out, l.Title.In(q.lang))
	right := 0
	for i := range l.Questions {
		question := exam.Ask(&l.Questions[i], "", quizSeed)
		q.show(fmt.Sprintf(q.say("Question %d of %d", "Question %d sur %d"), i+1, len(l.Questions)), question, quizSeed, "")
		given, _, _, err := q.read(question, false)
		if err != nil {
			return err
		}
		ok, err := exam.Mark(question.Item, given, "")
		if err != nil {
			return err
		}
		if ok {
			right++
		}
		q.because(question, given, ok, quizSeed)
	}
	result := fmt.Sprintf("%d/%d", right, len(l.Questions))
	fmt.Fprintf(a.Env.Out, "%s %s\n", result, q.say("right", "justes"))
	return a.noteLesson(learner, register.Checked, l.ID, result, lang)
}

// quizSeed puts options into another order than on paper.
const quizSeed = 2
