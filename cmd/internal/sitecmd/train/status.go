package train

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle/roster"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/certificate"
	lessons "darksite/training/course"
	"darksite/training/exam"
	"darksite/training/labs"
	labcontent "darksite/training/labs/content"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

// learnerStatus is how far somebody is, from the first lesson to a certificate that is
// kept current.
type learnerStatus struct {
	Learner     string          `json:"learner"`
	Track       string          `json:"track"`
	Checked     int             `json:"lessons_checked"`
	Lessons     int             `json:"lessons"`
	LabsPassed  int             `json:"labs_passed"`
	Labs        int             `json:"labs"`
	Exam        *examRow        `json:"exam"`        // the newest; null before the first
	Certificate *certified.View `json:"certificate"` // the one that counts longest, else the newest; null where there is none
	Next        []string        `json:"next"`

	lesson string   // the first that is not checked
	kinds  []string // a lab of each kind an examination wants and that was not passed
}

// siteStatus is the training of a site.
type siteStatus struct {
	Learners []learnerStatus    `json:"learners"`
	Coverage []site.Finding     `json:"coverage"` // as site check says it
	Ends     []certified.Ending `json:"certified"`
}

func (a *app) trainStatusCommand() *cobra.Command {
	var track, bank string
	var asJSON bool
	c := &cobra.Command{
		Use: "status [LEARNER]", Short: "Lessons, labs, examination and certificate, and what comes next", Args: cobra.MaximumNArgs(1),
		Long: `Show how far somebody is: lessons checked, labs passed, the newest examination, the
certificate with its practice, and what comes next. Without LEARNER show everybody of the
roster and everybody who has learned here, and whether the site has enough certified
admins. Exit 3 for the site when it has not.`,
		Example: "  darksite train status\n  darksite train status mdurand --json",
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := a.Config(); err != nil {
				return err
			}
			if len(args) == 1 {
				return a.oneStatus(args[0], track, bank, asJSON)
			}
			return a.allStatus(track, bank, asJSON)
		},
	}
	TrackFlag(c, &track)
	bankFlag(c, &bank)
	cli.JSONFlag(c, &asJSON)
	return c
}

// schooling is all that a status is made of.
type schooling struct {
	papers certified.Papers
	course *lessons.Course
	labs   []*labs.Lab
	exams  []examRow
}

func (a *app) schooling(bank string) (s schooling, err error) {
	if s.papers, err = certified.Read(a.Site); err != nil {
		return s, err
	}
	if s.course, err = a.lessons(); err != nil {
		return s, err
	}
	all, err := labcontent.Library()
	if err != nil {
		return s, err
	}
	s.labs = all.All()
	s.exams, err = a.examRows(bank)
	return s, err
}

// learnersOf are everybody of the roster and everybody who has learned here, by id.
func (s schooling) learnersOf() (ids []string) {
	for _, p := range s.papers.People.Roster.People {
		ids = append(ids, p.ID)
	}
	for _, l := range s.papers.Learners {
		ids = append(ids, l.Learner)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// trackOf is the track somebody is on: as asked, else that of the newest examination or
// certificate, else what fits the role.
func (s schooling) trackOf(id, asked string) certificate.Track {
	if asked != "" {
		return certificate.Track(asked)
	}
	for _, e := range slices.Backward(s.exams) {
		if e.Candidate == id {
			return certificate.Track(e.Track)
		}
	}
	for _, c := range slices.Backward(s.papers.Kept) {
		if s.papers.Holder(c) == id {
			return c.Track
		}
	}
	if p, ok := s.papers.People.Roster.Person(id); ok && p.Role == roster.Officer {
		return certificate.Officer
	}
	return certificate.Admin
}

// status is how far somebody is on a track; done are the labs.
func (s schooling) status(p register.Progress, track certificate.Track, done []exam.LabResult) (learnerStatus, error) {
	out := learnerStatus{Learner: p.Learner, Track: string(track)}
	for _, l := range s.course.Lessons(track) {
		out.Lessons++
		if _, ok := p.Has(register.Checked, l.ID); ok {
			out.Checked++
		} else if out.lesson == "" {
			out.lesson = l.ID
		}
	}
	best := bestLabs(done)
	missing := slices.Clone(exam.Of(track).Labs)
	for _, l := range s.labs {
		if l.Track != track {
			continue
		}
		out.Labs++
		if best[l.ID] >= percent(exam.CutLab) {
			out.LabsPassed++
			missing = slices.DeleteFunc(missing, func(k exam.LabKind) bool { return k == l.Kind })
		}
	}
	for _, k := range missing {
		if i := slices.IndexFunc(s.labs, func(l *labs.Lab) bool { return l.Track == track && l.Kind == k }); i >= 0 {
			out.kinds = append(out.kinds, s.labs[i].ID)
		}
	}
	for _, e := range s.exams {
		if e.Candidate == p.Learner && e.Track == string(track) {
			out.Exam = &e
		}
	}
	var kept []certificate.Signed
	for _, c := range s.papers.Kept {
		if s.papers.Holder(c) == p.Learner && c.Track == track {
			kept = append(kept, c)
		}
	}
	if len(kept) > 0 {
		counts := func(c certificate.Signed) int {
			if s.papers.Verify(c).OK() {
				return 1
			}
			return 0
		}
		v, err := s.papers.View(slices.MaxFunc(kept, func(x, y certificate.Signed) int {
			return cmp.Or(cmp.Compare(counts(x), counts(y)), y.Until.Until(x.Until))
		}))
		if err != nil {
			return out, err
		}
		out.Certificate = &v
	}
	out.Next = out.next(s)
	return out, nil
}

// practiceSoon is how many days before practice lapses a lab is proposed.
const practiceSoon = 30

// next is what comes next for somebody.
func (l learnerStatus) next(s schooling) []string {
	as := " --as " + l.Learner
	practise := "darksite train lab start l1" + as
	if i := slices.IndexFunc(s.labs, func(x *labs.Lab) bool { return string(x.Track) == l.Track }); i >= 0 {
		practise = "darksite train lab start " + s.labs[i].ID + as
	}
	sit := "darksite train exam start --track " + l.Track + as + " --supervisor ID"
	switch c, e := l.Certificate, l.Exam; {
	case e != nil && e.State == "open":
		return e.next()
	case e != nil && e.State == "passed" && !s.papers.IssuedFor(e.Session):
		return []string{"darksite train certificate issue " + e.Session + " --as " + e.Supervisor}
	case c != nil && c.Verdict.OK() && c.Verdict.DaysLeft <= certificate.RenewWithin && !c.Provisional:
		return []string{"darksite train exam start --renew --track " + l.Track + as + " --supervisor ID"}
	case c != nil && c.Verdict.OK() && c.PracticeFor < practiceSoon:
		return []string{practise}
	case c != nil && c.Verdict.OK() && c.Provisional:
		return []string{"darksite bundle collect --as ID   (the record travels to the vendor)"}
	case c != nil && c.Verdict.OK():
		return []string{}
	case l.lesson != "":
		return []string{"darksite train lesson " + l.lesson + as, "darksite train lesson " + l.lesson + " --quiz" + as}
	case len(l.kinds) > 0:
		return []string{"darksite train lab start " + l.kinds[0] + as}
	}
	return []string{"darksite train exam practice --track " + l.Track, sit}
}

func (a *app) statusOf(s schooling, id, track string) (learnerStatus, error) {
	p, err := certified.Register(a.Site).Learner(id)
	if err != nil {
		return learnerStatus{}, cli.WithCode(cli.CodeUsage, err)
	}
	done, err := a.labsDone(a.here(id))
	if err != nil {
		return learnerStatus{}, cli.WithCode(cli.CodeTampered, err)
	}
	return s.status(p, s.trackOf(id, track), done)
}

func (a *app) oneStatus(id, track, bank string, asJSON bool) error {
	if _, err := a.lessonsOf(track); err != nil {
		return err
	}
	s, err := a.schooling(bank)
	if err != nil {
		return err
	}
	l, err := a.statusOf(s, id, track)
	if err != nil {
		return err
	}
	if asJSON {
		return a.Env.JSON(l)
	}
	a.Env.Fact("learner", l.Learner+", track "+l.Track)
	a.Env.Fact("lessons", fmt.Sprintf("%d of %d checked", l.Checked, l.Lessons))
	a.Env.Fact("labs", fmt.Sprintf("%d of %d passed", l.LabsPassed, l.Labs))
	a.Env.Fact("examination", l.examWords())
	a.Env.Fact("certificate", l.certificateWords())
	if c := l.Certificate; c != nil && c.Verdict.OK() {
		a.Env.Fact("practice", practiceWords(c))
	}
	if len(l.Next) == 0 {
		a.Env.Fact("next", "nothing now")
	}
	a.Env.Next(append(slices.Clone(l.Next), "darksite train progress "+l.Learner+" --track "+l.Track)...)
	return nil
}

func (l learnerStatus) examWords() string {
	if l.Exam == nil {
		return "none yet"
	}
	return l.Exam.Session + ", " + l.Exam.Began + ": " + l.Exam.words()
}

func (l learnerStatus) certificateWords() string {
	if l.Certificate == nil {
		return "none yet"
	}
	return l.Certificate.ID + ": " + stateWords(*l.Certificate)
}

// practiceWords say how long the practice of a holder stays current.
func practiceWords(c *certified.View) string {
	if c.PracticeFor < 0 {
		return fmt.Sprintf("lapsed %s ago: do a lab", cli.Counted(-c.PracticeFor, "day"))
	}
	return fmt.Sprintf("current for %s, and from each lab passed for %d", cli.Counted(c.PracticeFor, "day"), certificate.PracticeEvery)
}

func (a *app) allStatus(track, bank string, asJSON bool) error {
	if _, err := a.lessonsOf(track); err != nil {
		return err
	}
	s, err := a.schooling(bank)
	if err != nil {
		return err
	}
	v := siteStatus{Learners: []learnerStatus{}, Coverage: certified.Findings(a.Site), Ends: append([]certified.Ending{}, s.papers.Ends()...)}
	for _, id := range s.learnersOf() {
		l, err := a.statusOf(s, id, track)
		if err != nil {
			return err
		}
		v.Learners = append(v.Learners, l)
	}
	if asJSON {
		err = a.Env.JSON(v)
	} else {
		a.printStatus(v)
	}
	if err == nil && slices.ContainsFunc(v.Coverage, func(f site.Finding) bool { return f.State != "OK" }) {
		err = cli.ErrAttention
	}
	return err
}

func (a *app) printStatus(v siteStatus) {
	t := &cli.Table{Header: []string{"LEARNER", "TRACK", "LESSONS", "LABS", "EXAM", "CERTIFICATE", "PRACTICE"}}
	for _, l := range v.Learners {
		sat, counts, practice := "-", "-", "-"
		if l.Exam != nil {
			sat = l.Exam.State
		}
		if c := l.Certificate; c != nil {
			counts = string(c.Verdict.Reason)
			if c.Verdict.OK() {
				counts, practice = "until "+c.Until, cli.Counted(c.PracticeFor, "day")
				if c.PracticeFor < 0 {
					practice = "LAPSED"
				}
			}
		}
		t.Add(l.Learner, l.Track, fmt.Sprintf("%d/%d", l.Checked, l.Lessons), fmt.Sprintf("%d/%d", l.LabsPassed, l.Labs), sat, counts, practice)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	for _, f := range v.Coverage {
		a.Env.Point(fmt.Sprintf("%-5s", f.State), f.What)
	}
	a.Env.Next(a.nextOfSite(v)...)
}

// nextOfSite is what comes next for whoever learned here last, else for the first admin,
// and what the site lacks.
func (a *app) nextOfSite(v siteStatus) []string {
	if len(v.Learners) == 0 {
		return []string{"darksite site people add ID --name NAME --role collector", "darksite train lesson a0 --as ID"}
	}
	i := -1
	if who, err := Learner(a.Site, ""); err == nil {
		i = slices.IndexFunc(v.Learners, func(l learnerStatus) bool { return l.Learner == who.ID })
	}
	if i < 0 {
		i = max(0, slices.IndexFunc(v.Learners, func(l learnerStatus) bool { return l.Track == string(certificate.Admin) }))
	}
	next := append(slices.Clone(v.Learners[i].Next), "darksite train status "+v.Learners[i].Learner)
	for _, f := range v.Coverage {
		if f.Next != "" && !slices.Contains(next, f.Next) && !strings.HasSuffix(f.Next, "--as ID --supervisor ID") {
			next = append(next, f.Next)
		}
	}
	return next
}
