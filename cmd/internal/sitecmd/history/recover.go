package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"

	"github.com/spf13/cobra"
)

type recoverOptions struct {
	rollBack, startBeside bool
	yes, asJSON           bool
}

func (a *app) historyRecoverCommand() *cobra.Command {
	var o recoverOptions
	c := &cobra.Command{
		Use: "recover", Short: "Ways out of a damaged history; nothing is ever overwritten", Args: cobra.NoArgs,
		Long: `Without a flag say what is wrong with the history and which ways out there are.

--roll-back goes back by one commit, which is often all that a failing disk has
lost. It works on a copy, checks every value of that, says what would be lost,
asks, and keeps the damaged file beside.

--start-beside gives the file another name, so that the monitor begins a new one.
The old one stays readable with --file: export what it has, and import it.

The monitor must not run.`,
		Example: "  darksite history recover\n  darksite history recover --roll-back\n  darksite history recover --start-beside --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			if o.rollBack && o.startBeside {
				return cli.Usagef("either --roll-back or --start-beside")
			}
			if _, err := a.Config(); err != nil {
				return err
			}
			return a.recoverHistory(c.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.rollBack, "roll-back", false, "go back by one commit, if the state before it is whole")
	c.Flags().BoolVar(&o.startBeside, "start-beside", false, "set the file aside and begin a new one")
	c.Flags().BoolVar(&o.yes, "yes", false, "do it without asking")
	cli.JSONFlag(c, &o.asJSON)
	return c
}

// recovery is what recover found and did, as it prints it.
type recovery struct {
	File    string    `json:"file"`
	Found   []string  `json:"found"`            // what is wrong; empty when nothing is
	Did     string    `json:"did,omitempty"`    // roll-back or start-beside
	Aside   string    `json:"aside,omitempty"`  // where the old file is now
	LastSeq uint64    `json:"last,omitempty"`   // newest batch after a roll-back
	Newest  time.Time `json:"newest,omitzero"`  // when it was taken
	Was     uint64    `json:"before,omitempty"` // newest batch before it; zero when that cannot be read
}

func (a *app) recoverHistory(ctx context.Context, o recoverOptions) error {
	path := a.Path(site.HistoryFile)
	r := recovery{File: path, Found: []string{}}
	if err := diagnose(ctx, path, &r); err != nil {
		return err
	}
	if len(r.Found) == 0 {
		if o.rollBack || o.startBeside {
			return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("recover %s: every value is whole; nothing was changed", path)), "darksite monitor   (goes on with it)")
		}
		if o.asJSON {
			return a.Env.JSON(r)
		}
		a.Env.Notef("every value is whole; there is nothing to recover")
		return nil
	}
	for _, line := range r.Found[:min(len(r.Found), mostNamed)] {
		a.Env.Notef("%s", cli.Printable(line))
	}
	switch {
	case o.rollBack:
		return a.rollBack(ctx, o, r)
	case o.startBeside:
		return a.startBeside(o, r)
	}
	if o.asJSON {
		if err := a.Env.JSON(r); err != nil {
			return err
		}
	}
	return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("recover %s: %d findings; nothing was changed", path, len(r.Found))), "%s", sight.WaysOut(path))
}

// diagnose says what is wrong with a history. Its error is a reason not to
// look at all.
func diagnose(ctx context.Context, path string, r *recovery) error {
	db, err := history.OpenReadOnly(path, history.Options{})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cli.WithHint(fmt.Errorf("recover %s: there is no history yet", path), "darksite monitor --once")
	case errors.Is(err, boltfile.ErrDamaged), errors.Is(err, boltfile.ErrForeign), errors.Is(err, boltfile.ErrNewer):
		r.Found = append(r.Found, err.Error())
		return nil
	case err != nil:
		return sight.WayOut(path, err)
	}
	damage, err := db.Check(ctx)
	for _, d := range damage {
		r.Found = append(r.Found, fmt.Sprint(d))
	}
	return errors.Join(err, db.Close())
}

// rollBack goes back by one commit.
func (a *app) rollBack(ctx context.Context, o recoverOptions, r recovery) error {
	made, err := history.RollBack(ctx, r.File)
	if err != nil {
		if errors.Is(err, boltfile.ErrBusy) {
			return sight.WayOut(r.File, err)
		}
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%w; nothing was changed", err)),
			"darksite history export --file %s --format csv --out saved.csv   (writes all that can be read)\n      darksite history recover --start-beside", r.File)
	}
	if err := a.Env.Agree(o.yes, "go back by one commit? "+lost(made), "you have read what is lost",
		cli.WithHint(fmt.Errorf("recover %s: nothing was changed", r.File), "%s", sight.WaysOut(r.File))); err != nil {
		return errors.Join(err, made.Discard())
	}
	r.Did, r.Aside = "roll-back", a.asideName(r.File, "damaged")
	r.LastSeq, r.Newest, r.Was = made.LastSeq, made.Newest, made.Was
	if err := made.Take(r.Aside); err != nil {
		return err
	}
	if o.asJSON {
		return a.Env.JSON(r)
	}
	a.Env.Notef("%s is back by one commit, and every value of it is whole; %s", r.File, lost(made))
	a.Env.Notef("the damaged file is kept as %s", r.Aside)
	a.Env.Next("darksite doctor   (is the disk well?)", "darksite monitor")
	return nil
}

// lost says what a roll-back costs.
func lost(r *history.RolledBack) string {
	ends := "it ends with no batch"
	if r.LastSeq > 0 {
		ends = fmt.Sprintf("it ends with batch %d", r.LastSeq)
	}
	if !r.Newest.IsZero() {
		ends += " of " + r.Newest.UTC().Format("2006-01-02 15:04:05 MST")
	}
	switch {
	case r.Was == 0:
		return ends + "; what came after is lost"
	case r.Was > r.LastSeq:
		return fmt.Sprintf("%s; %d batch after it is lost", ends, r.Was-r.LastSeq)
	}
	return ends + "; no batch is lost"
}

// startBeside sets the file aside.
func (a *app) startBeside(o recoverOptions, r recovery) error {
	if err := a.Env.Agree(o.yes, "set it aside, so that a new history begins?", "the old file may be called otherwise",
		cli.WithHint(fmt.Errorf("recover %s: nothing was changed", r.File), "%s", sight.WaysOut(r.File))); err != nil {
		return err
	}
	r.Did, r.Aside = "start-beside", a.asideName(r.File, "aside")
	if err := history.SetAside(r.File, r.Aside); err != nil {
		return sight.WayOut(r.File, err)
	}
	if o.asJSON {
		return a.Env.JSON(r)
	}
	a.Env.Notef("the old history is kept as %s; the next look begins a new one", r.Aside)
	a.Env.Next("darksite monitor", fmt.Sprintf("darksite history export --file %s --format csv --out saved.csv   (what can be read of the old one)", r.Aside))
	return nil
}

// asideName is a name beside path that is not taken.
func (a *app) asideName(path, why string) string {
	name := fmt.Sprintf("%s.%s-%s", path, why, a.Env.Now().UTC().Format("20060102-150405"))
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		name = fmt.Sprintf("%s.%d", name, n)
	}
}
