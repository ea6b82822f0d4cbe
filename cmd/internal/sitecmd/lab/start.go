package lab

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/train"
	"darksite/cmd/internal/siteconf"
	"darksite/training/coach"
	"darksite/training/labmark"
	"darksite/training/labs"
	"darksite/training/simhost"

	"github.com/spf13/cobra"
)

// labStart is a lab that is to begin.
type labStart struct {
	lab  *labs.Lab // not drawn
	seed uint64
	lang string
	home coach.Home
	life time.Duration
	who  coach.Learner
	// serve has the arrays served until they are told to end, and returns once the
	// marker is written. The command does it with a process of its own, tests do it here.
	serve func(ctx context.Context, s labStart) ([]simhost.Served, error)
}

func (a *app) labStartCommand() *cobra.Command {
	var lang, as string
	var seed int64
	c := &cobra.Command{
		Use: "start LAB", Short: "Begin a lab: make its site, serve its arrays, say what is wanted", Args: cobra.ExactArgs(1),
		Long: `Begin a lab in $DARKSITE_TRAINING, else ~/.darksite-training, else --dir. What an earlier
lab left there is removed; a folder that is no lab's is refused. The arrays are served
by a process in the background, on this machine alone, which ends by itself when the
time is over, or with train lab reset. The result goes into the record of the learner.
A lab of support engineers (t-l1) has a practice desk too, for casedesk, which has to
lie beside this program or where the shell finds it.`,
		Example: "  darksite train lab start l1 --as mdurand\n  darksite train lab start l10 --lang fr",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.planLab(args[0], lang, seed)
			if err != nil {
				return err
			}
			if s.who, err = train.Learner(a.Site, as); err != nil {
				return err
			}
			in, err := a.startLab(c.Context(), s)
			if err != nil {
				return err
			}
			in.printBrief(s)
			return nil
		},
	}
	site.LangFlag(c, &lang)
	train.AsFlag(c, &as)
	seedFlag(c, &seed)
	return c
}

func seedFlag(c *cobra.Command, seed *int64) {
	c.Flags().Int64Var(seed, "seed", -1, "draw the parts of the lab from this number (default: from chance)")
}

func (a *app) planLab(id, lang string, seed int64) (labStart, error) {
	lab, err := a.findLab(id)
	if err != nil {
		return labStart{}, err
	}
	if seed < 0 {
		seed = int64(binary.BigEndian.Uint64(site.NewRandomKey()) >> 33)
	}
	// Three times the minutes of the lab: a learner may think, a forgotten lab ends.
	return labStart{
		lab: lab, seed: uint64(seed), lang: string(a.Lang(lang)), home: a.labHome(),
		life: min(3*time.Duration(lab.Minutes)*time.Minute, coach.MaxLife), serve: a.serveBeside,
	}, nil
}

// startLab makes the site of a lab and lets time pass until the learner comes. The app
// it returns works in that site.
func (a *app) startLab(ctx context.Context, s labStart) (*app, error) {
	if err := a.endLab(ctx, s.home); err != nil {
		return nil, err
	}
	for _, d := range []string{string(s.home), s.home.Site(), s.home.Work()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of a lab: %w", err)
		}
	}
	served, err := s.serve(ctx, s)
	if err != nil {
		return nil, err
	}
	marker, err := coach.ReadMarker(s.home.Site())
	if err != nil {
		return nil, err
	}
	client, err := coach.Dial(ctx, marker, a.Env.Now)
	if err != nil {
		return nil, err
	}
	env := *a.Env
	env.Now = client.Now
	in := a.at(&site.Site{Env: &env, Version: a.Version, Given: s.home.Site(), Practice: &site.Practice{Marker: marker, Arrays: client}})
	drawn, _ := s.lab.Draw(s.seed)
	if err := in.furnish(ctx, drawn, served, s.lang); err != nil {
		return nil, err
	}
	if len(drawn.Bundles) > 0 {
		// The journal counts whole seconds: what others signed is to be before the learner.
		if err := client.Advance(ctx, 2*time.Second, time.Second); err != nil {
			return nil, err
		}
	}
	in.Practice.Marker.Began, in.Practice.Marker.Learner = client.Now(), s.who
	err = errors.Join(client.Begin(ctx), in.Practice.Marker.Write(in.Dir()))
	if s.who.ID != "" {
		err = errors.Join(err, s.home.Remember(s.who))
	}
	return in, err
}

// furnish makes the site: keys, people, arrays, history, and what others did before.
func (a *app) furnish(ctx context.Context, lab *labs.Lab, served []simhost.Served, lang string) error {
	quiet := func(command string) error { return a.play(ctx, io.Discard, labs.Command{Run: command}) }
	if err := quiet(`init --code S042 --name "Lyon 3" --no-passphrase`); err != nil {
		return err
	}
	for _, p := range [][2]string{{"mdurand", "collector"}, {"nleroy", "collector"}, {"amartin", "officer"}, {"ppetit", "officer"}} {
		if err := quiet("site people add " + p[0] + ` --name "` + p[0] + `" --role ` + p[1] + " --no-passphrase"); err != nil {
			return err
		}
	}
	if err := a.writeLabSite(served, lang); err != nil {
		return err
	}
	if err := a.writeMachine(); err != nil {
		return err
	}
	if err := a.furnishVendor(ctx, lab); err != nil {
		return err
	}
	if err := quiet("site vendor " + a.Path("run", "vendor-card.txt") + " --yes"); err != nil {
		return err
	}
	enrolled := make(chan error, 1) // the desk is another program, and has its own time
	home, _ := coach.HomeOf(a.Dir())
	go func() { enrolled <- a.enrolSite(ctx, home) }()
	return errors.Join(a.furnishWork(ctx, lab), <-enrolled)
}

// furnishWork lays out what the learner finds: files, history, and what others did.
func (a *app) furnishWork(ctx context.Context, lab *labs.Lab) error {
	for name, text := range lab.Files {
		if err := os.WriteFile(a.Path("work", filepath.Base(name)), []byte(text), 0o600); err != nil {
			return fmt.Errorf("lay out a file of the lab: %w", err)
		}
	}
	if err := a.Practice.Arrays.Watch(ctx); err != nil {
		return err
	}
	if lab.Watch.For > 0 {
		if err := a.Practice.Arrays.Advance(ctx, lab.Watch.For, lab.Watch.Every); err != nil {
			return err
		}
	}
	if err := a.makeBundles(ctx, lab); err != nil {
		return fmt.Errorf("make the bundles of a lab: %w", err)
	}
	for _, c := range lab.Before {
		if err := a.play(ctx, io.Discard, c); err != nil {
			return err
		}
	}
	for _, x := range lab.Altered {
		if err := a.alter(x); err != nil {
			return fmt.Errorf("alter %s of a lab: %w", x.Bundle, err)
		}
	}
	return nil
}

// writeLabSite writes site.yaml and the tokens of the simulated arrays.
func (a *app) writeLabSite(served []simhost.Served, lang string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Written by a lab: the arrays are simulated.\nsite: {code: S042, name: Lyon 3, timezone: UTC, language: %s}\narrays:\n", lang)
	for _, s := range served {
		token := filepath.Join(site.KeysDir, s.Name+".token")
		if err := safefile.Write(a.Path(token), []byte(s.Token+"\n"), 0o600); err != nil {
			return err
		}
		fmt.Fprintf(&b, "  - {name: %s, kind: %s, url: %q, token_file: %s, tls_pin: %q}\n", s.Name, s.Kind, s.URL, token, s.Pin)
	}
	b.WriteString(`monitor: {every: 30s, history_budget: 1GiB, host_name: kit}
contacts:
  - {id: mdurand, name: M. Durand, role: admin, phone: "+33 1 23 45 67 89", mail: m.durand@lyon3.example, certificate: DSA-0031}
  - {id: nleroy, name: N. Leroy, role: secondary, phone: "+33 1 23 45 67 90", mail: n.leroy@lyon3.example, certificate: DSA-0032}
review: {approvals: 2, words: policy/words.txt}
support: {plan: premium, until: 2027-06-30}
`)
	return safefile.Write(a.Path(siteconf.FileName), []byte(b.String()), 0o600)
}

// furnishVendor makes the vendor's card: that of the practice desk, where the lab has one.
func (a *app) furnishVendor(ctx context.Context, lab *labs.Lab) error {
	if !lab.Desk {
		return a.makeVendor()
	}
	home, ok := coach.HomeOf(a.Dir())
	if !ok {
		return fmt.Errorf("make the desk of a lab: %w", labmark.ErrMixed)
	}
	return a.furnishDesk(ctx, home)
}

// makeVendor makes a card of a vendor that is there for practice alone: nobody keeps the
// key that would open a bundle.
func (a *app) makeVendor() error {
	dir, err := os.MkdirTemp(a.Path(site.RunDir), "vendor-")
	if err != nil {
		return fmt.Errorf("make a vendor to practise with: %w", err)
	}
	defer os.RemoveAll(dir)
	recipient, err := keyfile.NewIdentity(filepath.Join(dir, "intake.key"), nil)
	if err != nil {
		return err
	}
	public, err := keyfile.NewSigner(dir, "ruth", nil)
	if err != nil {
		return err
	}
	card, err := roster.Vendor{
		Name: "Practice desk", Version: 1, Intake: []string{recipient},
		People: []roster.Person{{ID: "ruth", Name: "ruth", Role: roster.Replier, Key: public}},
	}.Encode()
	if err != nil {
		return err
	}
	return safefile.Write(a.Path(site.RunDir, "vendor-card.txt"), card, 0o644)
}

func (a *app) printBrief(s labStart) {
	drawn, _ := s.lab.Draw(s.seed)
	w := a.Env.Out
	fmt.Fprintf(w, "%s\n%s  %s\n", a.Banner(), drawn.ID, a.text(drawn.Title))
	fmt.Fprintln(w)
	for para := range strings.SplitSeq(strings.TrimSpace(a.text(drawn.Brief)), "\n\n") {
		a.Env.Point("", strings.Join(strings.Fields(para), " "))
		fmt.Fprintln(w)
	}
	for _, g := range drawn.Goals {
		a.Env.Point(fmt.Sprintf("%4d  ", g.Weight), a.text(g.Says))
	}
	if s.who.ID != "" {
		a.Env.Notef(a.Say("for %s; another learner begins it with --as ID", "pour %s ; une autre personne le commence avec --as ID"), s.who.ID)
	}
	a.Env.Notef(a.Say("seed %d; the lab ends by itself at %s of your time", "graine %d ; le lab finit de lui-même à %s de votre heure"), s.seed, a.Practice.Marker.Ends.Local().Format("15:04"))
	next := []string{"export DARKSITE_DIR=" + a.Dir()}
	if drawn.Desk {
		next = append(next, "export CASEDESK_DIR="+s.home.Desk())
	}
	a.Env.Next(append(next, strings.ReplaceAll(drawn.First, "{work}", a.Path("work")), "darksite train lab status")...)
}

func (a *app) labSolveCommand() *cobra.Command {
	var lang string
	var seed int64
	c := &cobra.Command{
		Use: "solve LAB", Short: "Begin a lab and play its reference solution before your eyes; it counts for nobody", Args: cobra.ExactArgs(1),
		Example: "  darksite train lab solve l1",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.planLab(args[0], lang, seed)
			if err != nil {
				return err
			}
			in, err := a.startLab(c.Context(), s)
			if err != nil {
				return err
			}
			in.Practice.Marker.Solved = true
			if err := in.Practice.Marker.Write(in.Dir()); err != nil {
				return err
			}
			in.printBrief(s)
			drawn, _ := s.lab.Draw(s.seed)
			for _, step := range drawn.Solutions[0].Steps {
				// A person takes some time for each command, and the journal counts whole seconds.
				if err := in.Practice.Arrays.Advance(c.Context(), 2*time.Second, 30*time.Second); err != nil {
					return err
				}
				if err := in.play(c.Context(), a.Env.Err, step); err != nil {
					return err
				}
			}
			a.Env.Next("darksite train lab check")
			return nil
		},
	}
	site.LangFlag(c, &lang)
	seedFlag(c, &seed)
	return c
}

// ready is the line by which the process of a lab says that its arrays are served.
type ready struct {
	Served []simhost.Served `json:"served"`
}

func (a *app) labServeCommand() *cobra.Command {
	var id, lang string
	var seed uint64
	var life time.Duration
	c := &cobra.Command{
		Use: "serve", Short: "Serve the arrays of a lab; train lab start runs it", Args: cobra.NoArgs, Hidden: true,
		Example: "  darksite train lab serve --lab l1 --seed 7 --life 1h",
		RunE: func(c *cobra.Command, _ []string) error {
			lab, err := a.findLab(id)
			if err != nil {
				return err
			}
			home := coach.Home(a.Given)
			running, err := a.serveLab(labStart{lab: lab, seed: seed, lang: lang, home: home, life: life}, a.Env.Now())
			if err != nil {
				return err
			}
			line, err := json.Marshal(ready{running.Served()})
			if err != nil {
				return errors.Join(err, running.Close())
			}
			fmt.Fprintln(a.Env.Out, string(line))
			running.Run(c.Context(), home.Site(), life)
			return running.Close()
		},
	}
	c.Flags().StringVar(&id, "lab", "", "id of the lab")
	c.Flags().StringVar(&lang, "lang", "en", "language of the lab")
	c.Flags().Uint64Var(&seed, "seed", 0, "seed of the lab")
	c.Flags().DurationVar(&life, "life", time.Hour, "end after this long")
	return c
}

// serveLab serves the arrays and writes the marker into the folder of the site.
func (a *app) serveLab(s labStart, now time.Time) (*coach.Running, error) {
	drawn, _ := s.lab.Draw(s.seed)
	running, err := coach.Start(drawn, now, func(clock func() time.Time) (coach.Watcher, error) { return a.openWatch(s.home.Site(), clock) })
	if err != nil {
		return nil, err
	}
	if err := running.Marker(s.seed, s.lang, now.Add(s.life)).Write(s.home.Site()); err != nil {
		return nil, errors.Join(err, running.Close())
	}
	return running, nil
}

// readyWithin is how long the process of a lab may take until its arrays are served.
const readyWithin = 20 * time.Second

// serveBeside starts a process of its own that outlives this one, for as long as the lab
// may last.
func (a *app) serveBeside(ctx context.Context, s labStart) ([]simhost.Served, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("name this program: %w", err)
	}
	child := exec.Command(self, "train", "lab", "serve", "--dir", string(s.home), "--lab", s.lab.ID, //nolint:noctx // it is to outlive this command
		"--seed", strconv.FormatUint(s.seed, 10), "--lang", s.lang, "--life", s.life.String())
	child.Args[0] = os.Args[0]
	detach(child)
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("serve the arrays of a lab: %w", err)
	}
	defer out.Close()
	child.Stdout = in
	err = child.Start()
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("serve the arrays of a lab: %w", err)
	}
	waiting, enough := context.WithTimeout(ctx, readyWithin)
	defer enough()
	context.AfterFunc(waiting, func() { _ = out.Close() }) // a second closing is no harm
	var r ready
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the arrays of the lab are not served: %w", err), child.Process.Kill(), child.Wait())
	}
	return r.Served, child.Process.Release()
}

var errPlayed = errors.New("a command of the lab did not end as it should")

// play runs one command as a learner would type it, in the folder of the lab, and shows
// it and what it prints.
func (a *app) play(ctx context.Context, show io.Writer, c labs.Command) error {
	if c.File != "" {
		if !filepath.IsLocal(c.File) {
			return fmt.Errorf("%w: file %s lies outside the folder", errPlayed, c.File)
		}
		fmt.Fprintf(show, "\n$ cat > $DARKSITE_DIR/%s\n%s\n", c.File, c.Text)
		if err := os.MkdirAll(filepath.Dir(a.Path(filepath.FromSlash(c.File))), 0o700); err != nil {
			return fmt.Errorf("write a file of the lab: %w", err)
		}
		return os.WriteFile(a.Path(filepath.FromSlash(c.File)), []byte(c.Text), 0o600)
	}
	line, err := a.named(ctx, c.Run)
	if err != nil {
		return err
	}
	if desk, ok := strings.CutPrefix(line, "casedesk "); ok {
		return a.playDesk(ctx, show, desk, c)
	}
	fmt.Fprintf(show, "\n$ darksite %s\n", line)
	var said strings.Builder
	env := &cli.Env{
		In: strings.NewReader(linesOf(c)), Out: io.MultiWriter(show, &said), Err: io.MultiWriter(show, &said), Now: a.Env.Now,
		Getenv: func(k string) string {
			if k == "DARKSITE_DIR" {
				return a.Dir()
			}
			return a.Env.Getenv(k)
		},
	}
	if code := a.program(ctx, env, a.Version, splitWords(line)); code != c.Code {
		return fmt.Errorf("%w: darksite %s: exit code %d, want %d: %s", errPlayed, line, code, c.Code, said.String())
	}
	return nil
}

// named puts the newest case, run and bundle in the place of their names, the folder work
// in that of {work}, and in that of {first:ARRAY} and {now:ARRAY} the pins of what an array
// answered with at first and answers with now.
func (a *app) named(ctx context.Context, line string) (string, error) {
	if !strings.Contains(line, "{") {
		return line, nil
	}
	world, err := a.labWorld(ctx)
	if err != nil {
		return "", err
	}
	line = strings.ReplaceAll(line, "{work}", a.Path("work"))
	for _, kind := range []string{"case", "run", "bundle"} {
		if of := world.Of(kind); len(of) > 0 {
			line = strings.ReplaceAll(line, "{"+kind+"}", of[len(of)-1].Fields[kind])
		}
	}
	for _, c := range world.Of("certificate") {
		line = strings.ReplaceAll(line, "{first:"+c.Fields["array"]+"}", c.Fields["first"])
		line = strings.ReplaceAll(line, "{now:"+c.Fields["array"]+"}", c.Fields["now"])
	}
	if i := strings.Index(line, "{"); i >= 0 {
		return "", fmt.Errorf("%w: darksite %s: nothing there is called %s", errPlayed, line, line[i:])
	}
	return line, nil
}

// splitWords parts a command as a shell does, with double quotes alone.
func splitWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

// writeMachine makes the machine of a lab up.
func (a *app) writeMachine() error {
	now := a.Env.Now()
	for name, text := range coach.Machine() {
		file := a.Path(site.MachineDir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return fmt.Errorf("make the machine of a lab up: %w", err)
		}
		if err := safefile.Write(file, []byte(text), 0o600); err != nil {
			return err
		}
		if err := os.Chtimes(file, now, now); err != nil {
			return fmt.Errorf("make the machine of a lab up: %w", err)
		}
	}
	return nil
}
