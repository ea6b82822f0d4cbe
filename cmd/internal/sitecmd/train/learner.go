package train

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/coach"
	"darksite/training/exam"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

// AsFlag is the flag by which a learner names himself.
func AsFlag(c *cobra.Command, as *string) {
	c.Flags().StringVar(as, "as", "", "id of the learner (default: who learned here last, else your login)")
}

// Learner is who learns: the one named, else who learned in this site last or began the
// newest lab, else the login. Site is the folder that keeps the record, which is never
// that of a lab; it is empty where there is no site.
func Learner(s *site.Site, as string) (coach.Learner, error) {
	a := &app{s}
	last, err := a.practiceHome().Learner()
	if err != nil {
		return coach.Learner{}, cli.WithHint(err, "remove learner.json from that folder, and name yourself with --as ID")
	}
	l := coach.Learner{ID: as, Site: a.RealSite(last.Site)}
	if l.ID == "" && l.Site != "" {
		if l.ID, err = certified.RegisterOf(l.Site).Newest(); err != nil {
			return l, cli.WithCode(cli.CodeTampered, err)
		}
	}
	l.ID = cmp.Or(l.ID, last.ID, a.login())
	if !register.ValidLearner(l.ID) {
		return l, cli.WithHint(cli.Usagef("learner %q: want an id of a-z, 0-9, dot and dash, at most 32", cli.Printable(l.ID)), "name yourself with --as ID, the id you have on the roster")
	}
	return l, nil
}

// login is the name under which somebody works on this machine, as far as it is told.
func (a *app) login() string {
	return strings.ToLower(cmp.Or(a.Env.Getenv("LOGNAME"), a.Env.Getenv("USER"), a.Env.Getenv("USERNAME")))
}

// practiceHome is where labs and their results lie when no folder is named.
func (a *app) practiceHome() coach.Home {
	if h, ok := coach.HomeOf(a.Dir()); ok {
		return h
	}
	return coach.Home(a.Env.Folder("", "DARKSITE_TRAINING", ".darksite-training"))
}

// NoteLab writes the result of a lab into the record of the learner, who is told so.
func NoteLab(s *site.Site, l coach.Learner, r coach.Result) error {
	if r.Solved || l.ID == "" {
		return nil
	}
	if l.Site == "" {
		s.Env.Notef(s.Say("kept for %s on this machine alone: no site folder keeps a record", "gardé pour %s sur cette machine seule : aucun dossier de site ne tient de dossier"), l.ID)
		return nil
	}
	if err := certified.RegisterOf(l.Site).Note(l.ID, register.LabEntry(r.Record())); err != nil {
		return fmt.Errorf("the result is kept on this machine and does not keep a certificate current: %w", err)
	}
	s.Env.Notef(s.Say("written down for %s", "noté pour %s"), l.ID)
	return nil
}

// here is a learner of this site.
func (a *app) here(id string) coach.Learner { return coach.Learner{ID: id, Site: a.RealSite("")} }

// labsDone are the results of labs of a learner, oldest first: those of the site's
// record, and those begun for it that are kept where labs are done and never came there.
func (a *app) labsDone(who coach.Learner) ([]exam.LabResult, error) {
	var out []exam.LabResult
	if who.Site != "" {
		p, err := certified.RegisterOf(who.Site).Learner(who.ID)
		if err != nil {
			return nil, err
		}
		out = p.Labs()
	}
	kept, err := a.practiceHome().Results()
	for _, r := range kept {
		if l := r.Record(); !r.Solved && r.Learner == who && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(x, y exam.LabResult) int { return x.At.Compare(y.At) })
	return out, err
}

// bestLabs are the best results of a learner, in hundredths.
func bestLabs(done []exam.LabResult) map[string]int {
	best := map[string]int{}
	for _, l := range done {
		points := percent(l.Score)
		if l.Fatal {
			points = 0
		}
		best[l.Lab] = max(best[l.Lab], points)
	}
	return best
}

// BestOf are the best results of a learner; nothing where nobody says who learns.
func BestOf(s *site.Site, as string) (map[string]int, error) {
	a := &app{s}
	l, err := Learner(a.Site, as)
	if err != nil && as == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	done, err := a.labsDone(l)
	return bestLabs(done), cli.WithCode(cli.CodeTampered, err)
}

// noteLesson writes down that a learner has read a lesson, or checked it. Somebody who
// is not named and nowhere known has read it all the same.
func (a *app) noteLesson(as, what, lesson, rest, lang string) error {
	l, err := Learner(a.Site, as)
	if err != nil && as == "" {
		return nil
	}
	if err != nil || l.Site == "" {
		return err
	}
	err = certified.RegisterOf(l.Site).Note(l.ID, register.Entry{At: a.Env.Now(), What: what, Of: lesson, Rest: rest})
	switch {
	case as == "" && errors.Is(err, fs.ErrPermission):
		a.Env.Notef("not written down: %v", err)
		return nil
	case err != nil:
		return err
	}
	a.Env.Notef(site.InLang(string(a.Lang(lang)), "written down for %s", "noté pour %s"), l.ID)
	return nil
}
