package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// Stats are the figures of a history, and where its times jump.
type Stats struct {
	history.Stats
	Jumps     []Jump `json:"clock_jumps"`       // the newest ones, oldest first
	JumpCount int    `json:"clock_jumps_total"` // of all targets
}

// Jump is one place where times do not go on as time does.
type Jump struct {
	Target   string    `json:"target"`
	Before   time.Time `json:"before"`
	After    time.Time `json:"after"`
	Moved    float64   `json:"moved_seconds"` // negative is back
	Measured bool      `json:"measured"`      // else seen from the times alone
}

// mostJumps is how many jumps of the clock are told one by one.
const mostJumps = 10

// StatsOf are the figures of an open history.
func StatsOf(ctx context.Context, db *history.DB) (Stats, error) {
	st := Stats{Jumps: []Jump{}}
	var err error
	if st.Stats, err = db.Stats(ctx); err != nil {
		return st, err
	}
	type numbered struct {
		seq uint64
		Jump
	}
	var all []numbered
	for _, t := range st.Targets {
		jumps, err := db.Jumps(t.Target)
		if err != nil {
			return st, err
		}
		st.JumpCount += len(jumps)
		for _, j := range jumps[max(0, len(jumps)-mostJumps):] {
			all = append(all, numbered{j.Seq, Jump{t.Target, j.Before, j.After, j.By.Seconds(), j.Measured}})
		}
	}
	slices.SortFunc(all, func(x, y numbered) int { return cmp.Compare(x.seq, y.seq) })
	for _, j := range all[max(0, len(all)-mostJumps):] {
		st.Jumps = append(st.Jumps, j.Jump)
	}
	return st, nil
}

func (a *app) historyStatsCommand() *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use: "stats", Short: "How much the history holds and takes, and where the clock jumped", Args: cobra.NoArgs,
		Long: `Tell how much the history holds of each target: series, those of the newest
look, looks not sealed into compressed days yet, sealed days and those of them
that still have their samples; then where the kit's clock was set, or the past
was brought in: there a time may come twice. Works while the monitor runs.`,
		Example: "  darksite history stats\n  darksite history stats --file carried/history.db --json",
		RunE: func(c *cobra.Command, _ []string) error {
			st, err := a.storeStats(c.Context(), file)
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(st)
			}
			a.printStats(st)
			return nil
		},
	}
	c.Flags().StringVar(&file, "file", "", fileHelp)
	cli.JSONFlag(c, &asJSON)
	return c
}

// storeStats asks the monitor while one runs: a copy of a large file to count
// what is in it would be waste.
func (a *app) storeStats(ctx context.Context, file string) (st Stats, err error) {
	if file == "" {
		if _, err := a.Config(); err != nil {
			return st, err
		}
		s, err := sight.Open(ctx, a.Site)
		if err != nil {
			return st, err
		}
		if s.Client != nil {
			return st, errors.Join(s.Client.Stats(ctx, &st), s.Close())
		}
		if err := s.Close(); err != nil {
			return st, err
		}
	}
	db, done, err := a.openHistory(ctx, file)
	if err != nil {
		return st, err
	}
	st, err = StatsOf(ctx, db)
	return st, errors.Join(err, done())
}

func (a *app) printStats(st Stats) {
	out := a.Env.Out
	fmt.Fprintf(out, "file %s, in use %s", units.Bytes(float64(st.Bytes)), units.Bytes(float64(st.Used)))
	if st.Budget > 0 {
		fmt.Fprintf(out, ", budget %s", units.Bytes(float64(st.Budget)))
	}
	fmt.Fprintln(out)
	t := &cli.Table{Header: []string{"TARGET", "SERIES", "NOW", "UNSEALED", "SEALED", "SAMPLES", "OLDEST"}}
	for _, ts := range st.Targets {
		oldest := "-" // nothing is sealed yet
		if !ts.Oldest.IsZero() {
			oldest = ts.Oldest.In(a.Env.Now().Location()).Format("2006-01-02 15:04")
		}
		t.Add(ts.Target, strconv.Itoa(ts.Series), strconv.Itoa(ts.Present), strconv.Itoa(ts.Log), strconv.Itoa(ts.Sealed), strconv.Itoa(ts.Raw), oldest)
	}
	t.Print(out, a.Env.Width(), a.Env.Color())
	if st.Damaged > 0 {
		a.Env.Notef("%d values could not be read; darksite history check names them", st.Damaged)
	}
	if st.JumpCount == 0 {
		return
	}
	fmt.Fprintf(out, "\nthe clock was set, or the past was brought in, %d times; the newest:\n", st.JumpCount)
	jumps := &cli.Table{Header: []string{"TARGET", "FROM", "TO", "MOVED"}}
	for _, j := range st.Jumps {
		here := a.Env.Now().Location()
		jumps.Add(j.Target, j.Before.In(here).Format(time.DateTime), j.After.In(here).Format(time.DateTime), Moved(j))
	}
	jumps.Print(out, a.Env.Width(), a.Env.Color())
}

// Moved says by how much the clock was set.
func Moved(j Jump) string {
	by := units.Duration(time.Duration(j.Moved * float64(time.Second)))
	if j.Moved > 0 {
		by = "+" + by
	}
	if !j.Measured {
		by = "about " + by
	}
	return by
}

// openHistory opens the history for reading, or a copy of it while a monitor
// holds it; or the copy that is named.
func (a *app) openHistory(ctx context.Context, file string) (*history.DB, func() error, error) {
	if file != "" {
		db, err := history.OpenReadOnly(file, history.Options{})
		if err != nil {
			return nil, nil, sight.WayOutOfCopy(file, err)
		}
		return db, db.Close, nil
	}
	if _, err := a.Config(); err != nil {
		return nil, nil, err
	}
	db, err := history.OpenReadOnly(a.Path(site.HistoryFile), history.Options{})
	if err == nil {
		return db, db.Close, nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, a.noSeries(nil)
	}
	if !errors.Is(err, boltfile.ErrBusy) {
		return nil, nil, sight.WayOut(a.Path(site.HistoryFile), err)
	}
	s, serr := sight.Open(ctx, a.Site)
	if serr != nil || s.Client == nil {
		return nil, nil, errors.Join(err, serr)
	}
	defer s.Close()
	f, err := os.CreateTemp("", "darksite-history-*.db")
	if err != nil {
		return nil, nil, fmt.Errorf("copy the history: %w", err)
	}
	_, err = s.Client.CopyHistory(ctx, f)
	if err = errors.Join(err, f.Close()); err == nil {
		db, err = history.OpenReadOnly(f.Name(), history.Options{})
	}
	if err != nil {
		return nil, nil, errors.Join(err, os.Remove(f.Name()))
	}
	return db, func() error { return errors.Join(db.Close(), os.Remove(f.Name())) }, nil
}

func (a *app) historyCheckCommand() *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use: "check", Short: "Check every value against its checksum", Args: cobra.NoArgs,
		Example: "  darksite history check\n  darksite history check --file carried/history.db",
		Long:    "Check every value of the history. What is damaged is named; the rest stays\nreadable. Exit 5 when anything is damaged. Works while the monitor runs.",
		RunE: func(c *cobra.Command, _ []string) error {
			db, done, err := a.openHistory(c.Context(), file)
			if err != nil {
				return err
			}
			damage, err := db.Check(c.Context())
			if err = errors.Join(err, done()); err != nil {
				return err
			}
			if file == "" {
				a.NoteCheck(damage)
			}
			places := []string{}
			for _, d := range damage {
				places = append(places, fmt.Sprint(d))
			}
			if err := a.printFindings(places, asJSON); err != nil {
				return err
			}
			if len(damage) > 0 {
				return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%d values are damaged", len(damage))), "%s", a.afterCheck(file))
			}
			a.Env.Notef("every value is whole")
			return nil
		},
	}
	c.Flags().StringVar(&file, "file", "", fileHelp)
	cli.JSONFlag(c, &asJSON)
	return c
}

// afterCheck says what can be done about a history that is damaged.
func (a *app) afterCheck(file string) string {
	if file == "" {
		return sight.WaysOut(a.Path(site.HistoryFile))
	}
	return fmt.Sprintf("darksite history export%s --format csv --out saved.csv   (writes what can be read)", fileFlag(file))
}

// printFindings prints a line for each finding, or all of them as JSON.
func (a *app) printFindings(lines []string, asJSON bool) error {
	if asJSON {
		return a.Env.JSON(lines)
	}
	for _, l := range lines {
		fmt.Fprintln(a.Env.Out, cli.Printable(l))
	}
	return nil
}

func (a *app) historySnapshotCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "snapshot FILE", Short: "Write a consistent copy of the history, while the monitor goes on", Args: cobra.ExactArgs(1),
		Long: `Write a copy of the history as it is at this moment. FILE is there whole or not
at all; one that is there is not replaced. Every history command but compact
reads such a copy with --file.`,
		Example: "  darksite history snapshot /mnt/backup/history-2026-03-01.db\n  darksite history plot node_load1 --file /mnt/backup/history-2026-03-01.db",
		RunE: func(c *cobra.Command, args []string) error {
			return a.snapshot(c.Context(), file, args[0])
		},
	}
	c.Flags().StringVar(&file, "file", "", fileHelp)
	return c
}

func (a *app) snapshot(ctx context.Context, file, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is there already; it was left as it is", to)), "name another file")
	}
	return a.withHistory(ctx, file, func(s *sight.Sight) error {
		if s.Client == nil && s.History == nil {
			return a.noSeries(nil)
		}
		f, err := safefile.Create(to, 0o600)
		if err != nil {
			return err
		}
		defer f.Abort()
		n, err := s.CopyHistory(ctx, f)
		if err != nil {
			return err
		}
		if err := f.Commit(); err != nil {
			return err
		}
		a.Env.Notef("%s: %s", to, units.Bytes(float64(n)))
		a.Env.Next("darksite history check --file " + to)
		return nil
	})
}

func (a *app) historyCompactCommand() *cobra.Command {
	return &cobra.Command{
		Use: "compact", Short: "Give free pages of the file back to the disk", Args: cobra.NoArgs,
		Long:    "Rewrite the history without its free pages; the monitor must not run. The copy\nis checked before it takes the place of the file.",
		Example: "  darksite history compact",
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := a.Config(); err != nil {
				return err
			}
			if _, err := os.Stat(a.Path(site.HistoryFile)); err != nil {
				return a.noSeries(nil)
			}
			before, after, err := history.Compact(c.Context(), a.Path(site.HistoryFile), history.Options{Holder: "darksite history compact", Since: a.Env.Now()})
			if err != nil {
				return sight.WayOut(a.Path(site.HistoryFile), err)
			}
			a.Env.Notef("the file took %s and takes %s", units.Bytes(float64(before)), units.Bytes(float64(after)))
			return nil
		},
	}
}
