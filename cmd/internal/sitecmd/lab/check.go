package lab

import (
	"fmt"
	"strconv"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/train"
	"darksite/training/coach"
	"darksite/training/labs"

	"github.com/spf13/cobra"
)

// graded is what check prints.
type graded struct {
	Result coach.Result `json:"result"`
	Passed bool         `json:"passed"`
	Goals  []gradedGoal `json:"goals"`
	Done   []gradedDone `json:"forbidden"`
}

type gradedGoal struct {
	ID      string `json:"id"`
	Weight  int    `json:"weight"`
	Reached bool   `json:"reached"`
	Says    string `json:"says"`
	Missed  string `json:"missed,omitempty"`
}

type gradedDone struct {
	ID      string `json:"id"`
	Fatal   bool   `json:"fatal"`
	Penalty int    `json:"penalty"`
	Says    string `json:"says"`
}

func (a *app) labCheckCommand() *cobra.Command {
	var asJSON, end bool
	var as string
	c := &cobra.Command{
		Use: "check", Short: "Grade what was done, say what was missed and why, keep the result", Args: cobra.NoArgs,
		Long: `Grade the lab by the state it was left in. The result is kept with the digest of that
state, in the record of the learner who began it, where it counts for an examination and
keeps a certificate current. As the answer says what was missed, a second check of the same lab does not
count: begin it anew, and the seed draws other parts.`,
		Example: "  darksite train lab check\n  darksite train lab check --end",
		RunE: func(c *cobra.Command, _ []string) error {
			in, lab, err := a.openLab(c.Context())
			if err != nil {
				return err
			}
			world, err := in.labWorld(c.Context())
			if err != nil {
				return err
			}
			if as != "" && as != in.Practice.Marker.ID {
				return cli.WithHint(cli.Usagef("the lab was begun by %s, whose result it is", cli.OrDash(in.Practice.Marker.ID)), "darksite train lab start %s --as %s", lab.ID, cli.Printable(as))
			}
			g := in.grade(lab, world, a.Env.Now())
			if err := in.closeCheck(a.labHome(), g); err != nil {
				return err
			}
			if asJSON {
				err = a.Env.JSON(g)
			} else {
				in.printGraded(lab, g)
			}
			if err == nil && end {
				err = in.Practice.Arrays.End(c.Context())
			}
			if err == nil && !g.Passed {
				err = cli.ErrAttention
			}
			return err
		},
	}
	cli.JSONFlag(c, &asJSON)
	c.Flags().StringVar(&as, "as", "", "id of the learner, who must be the one who began it")
	c.Flags().BoolVar(&end, "end", false, "end the simulated arrays as well")
	return c
}

func (a *app) grade(lab *labs.Lab, world labs.World, now time.Time) graded {
	m := a.Practice.Marker
	v := labs.Grade(lab, world, a.hintCost(lab))
	g := graded{Passed: v.Passed(), Goals: []gradedGoal{}, Done: []gradedDone{}, Result: coach.Result{
		Lab: lab.ID, Kind: lab.Kind, Seed: m.Seed, At: now.UTC().Truncate(time.Second), Points: v.Points, Fatal: v.Fatal, Hints: v.Hints, Solved: m.Solved, Digest: v.Digest,
		Learner: m.Learner,
	}}
	for _, r := range v.Goals {
		one := gradedGoal{ID: r.ID, Weight: r.Weight, Reached: r.Got, Says: a.text(r.Says)}
		if !r.Got {
			one.Missed = a.text(r.Missed)
		}
		g.Goals = append(g.Goals, one)
	}
	for _, d := range v.Done {
		g.Done = append(g.Done, gradedDone{d.ID, d.Fatal, d.Penalty, a.text(d.Says)})
	}
	return g
}

// closeCheck keeps the result and remembers that the answers were told.
func (a *app) closeCheck(home coach.Home, g graded) error {
	if err := home.Keep(g.Result); err != nil {
		return err
	}
	a.Practice.Marker.Solved = true
	if err := a.Practice.Marker.Write(a.Dir()); err != nil {
		return err
	}
	return train.NoteLab(a.Site, a.Practice.Marker.Learner, g.Result)
}

func (a *app) printGraded(lab *labs.Lab, g graded) {
	w := a.Env.Out
	fmt.Fprintf(w, "%s  %s\n", lab.ID, a.text(lab.Title))
	for _, r := range g.Goals {
		mark := fmt.Sprintf("%4d/%-3d  ", 0, r.Weight)
		if r.Reached {
			mark = fmt.Sprintf("%4d/%-3d  ", r.Weight, r.Weight)
		}
		a.Env.Point(mark, r.Says)
		if !r.Reached {
			a.Env.Point("          "+a.Say("missed: ", "manqué : "), r.Missed)
		}
	}
	for _, d := range g.Done {
		mark := fmt.Sprintf("%4d      ", -d.Penalty)
		if d.Fatal {
			mark = a.Say("FATAL     ", "FATAL     ")
		}
		a.Env.Point(mark, d.Says)
	}
	if g.Result.Hints > 0 {
		a.Env.Point(fmt.Sprintf("%4d      ", -g.Result.Hints), a.Say("hints", "indices"))
	}
	verdict := a.Say("not passed", "non réussi")
	if g.Passed {
		verdict = a.Say("passed", "réussi")
	}
	fmt.Fprintf(w, "%4d/100  %s\n", g.Result.Points, verdict)
	if g.Result.Solved {
		a.Env.Notef("%s", a.Say("the way was shown before: this result does not count", "la solution a été montrée avant : ce résultat ne compte pas"))
	}
	a.Env.Notef(a.Say("seed %s, state %s", "graine %s, état %s"), strconv.FormatUint(g.Result.Seed, 10), g.Result.Digest[:16])
	var next []string
	if id := a.Practice.Marker.ID; id != "" && a.Practice.Marker.Site != "" {
		next = append(next, "darksite train status "+id)
	}
	a.Env.Next(append(next, "darksite train lab start "+lab.ID+"   ("+a.Say("once more, with other parts", "encore une fois, avec d'autres pièces")+")", "darksite train lab reset")...)
}
