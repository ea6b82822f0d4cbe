package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/train"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/localmon/live"
	"darksite/runbooks"
	"darksite/training/coach"
	"darksite/training/labmark"
	"darksite/training/labs"
	"darksite/training/labs/content"

	"github.com/spf13/cobra"
)

// Program runs one command of darksite, named by its words, and returns its exit code.
type Program func(ctx context.Context, env *cli.Env, version string, args []string) int

// app is the site that the commands of this package work on, with the program itself: a
// lab is furnished and solved with the commands that a learner would type.
type app struct {
	*site.Site
	program Program
}

// at is the same program in another folder, or by another clock.
func (a *app) at(s *site.Site) *app { return &app{s, a.program} }

// Command is darksite train lab.
func Command(s *site.Site, program Program) *cobra.Command {
	a := &app{s, program}
	c := &cobra.Command{
		Use: "lab", Short: "Practise on simulated arrays with the commands of the kit, and be graded",
		Long: `Practise. A lab is a site folder of its own with simulated arrays on this machine, in
which every command of the kit works. What you do is judged by what it leaves behind.
Time passes as it does outside; train lab wait lets it pass at once. What hands do at
an array or its console is done with train lab do, and train lab look shows a part;
at a question of a runbook both work too: type lab do ... or lab look ...`,
		Example: "  darksite train lab list\n  darksite train lab start l1\n  darksite train lab do locate CH0.BAY3\n  darksite train lab check",
	}
	c.AddCommand(a.labListCommand(), a.labStartCommand(), a.labStatusCommand(), a.labHintCommand(), a.labCheckCommand(),
		a.labResetCommand(), a.labSolveCommand(), a.labDoCommand(), a.labLookCommand(), a.labWaitCommand(), a.labServeCommand())
	return c
}

// labHome is where labs are: around the practice site that the folder is, at --dir, or
// at home. A real site's folder is never it.
func (a *app) labHome() coach.Home {
	if h, ok := coach.HomeOf(a.Dir()); ok {
		return h
	}
	return coach.Home(a.Env.Folder(a.Given, "DARKSITE_TRAINING", ".darksite-training"))
}

func (a *app) findLab(id string) (*labs.Lab, error) {
	all, err := content.Library()
	if err != nil {
		return nil, err
	}
	l, ok := all.Get(id)
	if !ok {
		return nil, cli.WithHint(fmt.Errorf("no lab is called %q", id), "darksite train lab list")
	}
	return l, nil
}

// openLab finds the lab that is going on, for commands about it.
func (a *app) openLab(ctx context.Context) (*app, *labs.Lab, error) {
	home := a.labHome()
	marker, err := coach.ReadMarker(home.Site())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, cli.WithHint(errors.New("no lab is going on"), "darksite train lab list")
	}
	if err != nil {
		return nil, nil, err
	}
	lab, err := a.findLab(marker.Lab)
	if err != nil {
		return nil, nil, err
	}
	if lab.Version != marker.Version {
		return nil, nil, cli.WithHint(fmt.Errorf("lab %s was begun with another version of the kit", lab.ID), "darksite train lab start %s", lab.ID)
	}
	drawn, _ := lab.Draw(marker.Seed)
	client, err := coach.Dial(ctx, marker, a.Env.Now)
	if err != nil {
		return nil, nil, cli.WithHint(err, "darksite train lab start %s   (begins it anew)", lab.ID)
	}
	env := *a.Env
	env.Now = client.Now
	return a.at(&site.Site{Env: &env, Version: a.Version, Given: home.Site(), Practice: &site.Practice{Marker: marker, Arrays: client}}), drawn, nil
}

// labWorld is all that the lab is judged by.
func (a *app) labWorld(ctx context.Context) (labs.World, error) {
	world, began, err := a.Practice.Arrays.World(ctx)
	if err != nil {
		return nil, err
	}
	kept := coach.Kept{Pins: map[string]string{}}
	conf, err := a.Config()
	if err != nil {
		return nil, err
	}
	for _, ar := range conf.Arrays {
		kept.Pins[ar.Name] = ar.TLSPin
	}
	file, store, err := a.OpenCases()
	if err != nil {
		return nil, err
	}
	kept.Cases, err = store.List()
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	err = sight.With(ctx, a.Site, func(s *sight.Sight) (err error) {
		kept.Alerts, err = s.Alerts(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if kept.Desk, err = a.deskEvents(ctx); err != nil {
		return nil, err
	}
	return coach.Gather(a.Dir(), world, began, kept)
}

func (a *app) text(t runbooks.Text) string {
	return t.In(runbooks.Lang(a.PracticeLang()))
}

func (a *app) labListCommand() *cobra.Command {
	var lang, track, as string
	var asJSON bool
	type row struct {
		ID      string `json:"id"`
		Track   string `json:"track"`
		Kind    string `json:"kind"`
		Minutes int    `json:"minutes"`
		Title   string `json:"title"`
		Best    *int   `json:"best"` // of 100; null where it was never graded
	}
	c := &cobra.Command{
		Use: "list", Short: "List the labs, with the learner's best result", Args: cobra.NoArgs,
		Example: "  darksite train lab list --lang fr",
		RunE: func(*cobra.Command, []string) error {
			all, err := content.Library()
			if err != nil {
				return err
			}
			best, err := train.BestOf(a.Site, as)
			if err != nil {
				return err
			}
			rows := []row{}
			t := &cli.Table{Header: []string{"LAB", "TRACK", "KIND", "MIN", "BEST", "TITLE"}}
			for _, l := range all.All() {
				if track != "" && string(l.Track) != track {
					continue
				}
				r := row{l.ID, string(l.Track), string(l.Kind), l.Minutes, l.Title.In(a.Lang(lang)), nil}
				shown := "-"
				if n, ok := best[l.ID]; ok {
					r.Best, shown = &n, strconv.Itoa(n)
				}
				rows = append(rows, r)
				t.Add(r.ID, r.Track, r.Kind, strconv.Itoa(r.Minutes), shown, r.Title)
			}
			if asJSON {
				return a.Env.JSON(rows)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			if len(rows) > 0 {
				a.Env.Next("darksite train lab start " + rows[0].ID)
			}
			return nil
		},
	}
	site.LangFlag(c, &lang)
	train.AsFlag(c, &as)
	train.TrackFlag(c, &track)
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) labStatusCommand() *cobra.Command {
	var asJSON bool
	type goal struct {
		ID      string `json:"id"`
		Weight  int    `json:"weight"`
		Reached bool   `json:"reached"`
		Says    string `json:"says"`
	}
	type status struct {
		Lab   string    `json:"lab"`
		Now   time.Time `json:"now"`
		Ends  time.Time `json:"ends"`
		Hints int       `json:"hints"`
		Goals []goal    `json:"goals"`
	}
	c := &cobra.Command{
		Use: "status", Short: "Say what is wanted in this lab and what of it is reached", Args: cobra.NoArgs,
		Example: "  darksite train lab status",
		RunE: func(c *cobra.Command, _ []string) error {
			in, lab, err := a.openLab(c.Context())
			if err != nil {
				return err
			}
			world, err := in.labWorld(c.Context())
			if err != nil {
				return err
			}
			v := labs.Grade(lab, world, in.hintCost(lab))
			s := status{Lab: lab.ID, Now: in.Env.Now(), Ends: in.Practice.Marker.Ends, Hints: v.Hints}
			for _, g := range v.Goals {
				s.Goals = append(s.Goals, goal{g.ID, g.Weight, g.Got, in.text(g.Says)})
			}
			if asJSON {
				return a.Env.JSON(s)
			}
			fmt.Fprintf(a.Env.Out, "%s  %s\n", lab.ID, in.text(lab.Title))
			t := &cli.Table{Header: []string{in.Say("POINTS", "POINTS"), in.Say("STATE", "ÉTAT"), in.Say("WANTED", "ATTENDU")}}
			for _, g := range s.Goals {
				state := in.Say("open", "à faire")
				if g.Reached {
					state = in.Say("reached", "atteint")
				}
				t.Add(strconv.Itoa(g.Weight), state, g.Says)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			a.Env.Notef(in.Say("hints cost %d points so far; it is %s in the lab, which ends at %s of your time", "les indices ont coûté %d points ; il est %s dans le lab, qui finit à %s de votre heure"),
				s.Hints, s.Now.UTC().Format("15:04"), s.Ends.Local().Format("15:04"))
			a.Env.Next("darksite train lab do   ("+in.Say("lists what hands can do", "liste ce que les mains peuvent faire")+")", "darksite train lab hint", "darksite train lab check")
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// hintCost is what the hints given so far cost.
func (a *app) hintCost(lab *labs.Lab) (n int) {
	for _, i := range a.Practice.Marker.Hints {
		if i >= 0 && i < len(lab.Hints) {
			n += lab.Hints[i].Cost
		}
	}
	return n
}

func (a *app) labHintCommand() *cobra.Command {
	return &cobra.Command{
		Use: "hint", Short: "Give the hint that helps now, for points", Args: cobra.NoArgs,
		Example: "  darksite train lab hint",
		RunE: func(c *cobra.Command, _ []string) error {
			in, lab, err := a.openLab(c.Context())
			if err != nil {
				return err
			}
			world, err := in.labWorld(c.Context())
			if err != nil {
				return err
			}
			at, ok := lab.Next(world, in.Practice.Marker.Hints)
			if !ok {
				a.Env.Notef("%s", in.Say("there is no further hint for where you stand", "il n'y a plus d'indice pour votre situation"))
				a.Env.Next("darksite train lab status")
				return nil
			}
			in.Practice.Marker.Hints = append(in.Practice.Marker.Hints, at)
			if err := in.Practice.Marker.Write(in.Dir()); err != nil {
				return err
			}
			for _, line := range cli.Wrap(in.text(lab.Hints[at].Text), a.Env.Width()) {
				fmt.Fprintln(a.Env.Out, line)
			}
			a.Env.Notef(in.Say("this hint costs %d points", "cet indice coûte %d points"), lab.Hints[at].Cost)
			return nil
		},
	}
}

func (a *app) labDoCommand() *cobra.Command {
	var array string
	c := &cobra.Command{
		Use: "do [VERB [TARGET]]", Short: "Do something with hands at a simulated array; alone, list what there is", Args: cobra.MaximumNArgs(2),
		Example: "  darksite train lab do\n  darksite train lab do locate CH0.BAY3",
		RunE: func(c *cobra.Command, args []string) error {
			in, lab, err := a.openLab(c.Context())
			if err != nil {
				return err
			}
			if len(args) == 0 {
				in.printHands(lab)
				return nil
			}
			return in.Hand(c.Context(), array, args)
		},
	}
	c.Flags().StringVar(&array, "array", "", "the array, where the lab has more than one")
	return c
}

func (a *app) printHands(lab *labs.Lab) {
	if len(lab.Hands) == 0 {
		a.Env.Notef("%s", a.Say("there is nothing for hands to do in this lab", "il n'y a rien à faire de ses mains dans ce lab"))
		return
	}
	t := &cli.Table{Header: []string{a.Say("VERB", "VERBE"), a.Say("TARGET", "CIBLE"), a.Say("WHAT IT DOES", "CE QUE CELA FAIT")}}
	for _, h := range lab.Hands {
		target := h.Target
		switch target {
		case "":
			target = "-"
		case "text":
			target = a.Say("a name", "un nom")
		}
		t.Add(h.Verb, target, a.text(h.Says))
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
}

func (a *app) labLookCommand() *cobra.Command {
	var array string
	c := &cobra.Command{
		Use: "look PART", Short: "See what somebody sees who stands before a part", Args: cobra.ExactArgs(1),
		Example: "  darksite train lab look CH0.BAY3",
		RunE: func(c *cobra.Command, args []string) error {
			in, _, err := a.openLab(c.Context())
			if err != nil {
				return err
			}
			return in.LookAt(c.Context(), array, args[0])
		},
	}
	c.Flags().StringVar(&array, "array", "", "the array, where the lab has more than one")
	return c
}

func (a *app) labWaitCommand() *cobra.Command {
	return &cobra.Command{
		Use: "wait DURATION", Short: "Let time pass at once; the site is watched meanwhile", Args: cobra.ExactArgs(1),
		Example: "  darksite train lab wait 30m",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := time.ParseDuration(args[0])
			if err != nil || d < time.Second || d > 14*24*time.Hour {
				return cli.Usagef("%q: say how long, from 1s to 336h, such as 30m", args[0])
			}
			in, _, err := a.openLab(c.Context())
			if err != nil {
				return err
			}
			if err := in.Practice.Arrays.Advance(c.Context(), d, site.WatchEvery(d)); err != nil {
				return err
			}
			a.Env.Notef(in.Say("it is %s in the lab", "il est %s dans le lab"), in.Env.Now().UTC().Format("2006-01-02 15:04"))
			a.Env.Next("darksite alerts list", "darksite status")
			return nil
		},
	}
}

// labWatch is the monitor of a practice site: it looks when it is told to, and answers
// commands as any monitor does.
type labWatch struct {
	in    *app
	m     *watch.Monitor
	stop  context.CancelFunc
	ended chan error
}

// openWatch opens the monitor of the practice site in a folder.
func (a *app) openWatch(folder string, now func() time.Time) (coach.Watcher, error) {
	env := *a.Env
	env.Now, env.Err = now, io.Discard // nobody reads what it would narrate
	in := a.at(&site.Site{Env: &env, Version: a.Version, Given: folder, Practice: &site.Practice{}})
	m, err := watch.Open(in.Site)
	if err != nil {
		return nil, err
	}
	l, err := live.Listen(in.Path(site.RunDir, site.MonitorSocket))
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &labWatch{in, m, stop, make(chan error, 1)}
	go func() { w.ended <- watch.LiveServer(in.Site, m).Serve(ctx, l) }()
	return w, nil
}

// Look looks once at everything. A target in trouble is what labs are about, and what was
// seen of it is stored; that nothing could be stored is an error.
func (w *labWatch) Look(ctx context.Context) error {
	if err := watch.Reload(w.in.Site, w.m); err != nil {
		return err
	}
	s, err := w.m.Daemon.Once(ctx)
	if ctx.Err() != nil {
		return err
	}
	return watch.Unkept(s.Monitor.Trouble)
}

// Close ends it.
func (w *labWatch) Close() error {
	w.stop()
	return errors.Join(<-w.ended, w.m.Close())
}

func (a *app) labResetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "reset", Short: "End the lab and remove its folder; results are kept", Args: cobra.NoArgs,
		Example: "  darksite train lab reset",
		RunE: func(c *cobra.Command, _ []string) error {
			home := a.labHome()
			if err := a.endLab(c.Context(), home); err != nil {
				return err
			}
			a.Env.Notef("%s is empty again", home.Site())
			a.Env.Next("darksite train lab list")
			return nil
		},
	}
}

// endLab ends the arrays of a lab, if they are still served, and removes its folder.
func (a *app) endLab(ctx context.Context, home coach.Home) error {
	if marker, err := coach.ReadMarker(home.Site()); err == nil {
		client, err := coach.Dial(ctx, marker, a.Env.Now)
		if err == nil {
			err = client.End(ctx)
		}
		if err != nil && !errors.Is(err, coach.ErrOver) {
			return err
		}
	}
	err := home.Vacate()
	if errors.Is(err, labmark.ErrMixed) {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "name another folder with --dir   (the lab lies in its folder %s)", filepath.Base(home.Site()))
	}
	return err
}
