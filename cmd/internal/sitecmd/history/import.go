package history

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/localmon/backfill"
	"darksite/localmon/exposition"
	"darksite/localmon/history"

	"github.com/spf13/cobra"
)

type importOptions struct {
	format, target string
	file           string
	asJSON         bool
}

// imported is what became of one file, as import prints it.
type imported struct {
	File    string   `json:"file"`
	Targets []string `json:"targets"`
	Series  int      `json:"series"`
	Samples int64    `json:"samples"`
	Whole   bool     `json:"whole"` // the file says of itself that it ends
	backfill.Result
}

func (a *app) historyImportCommand() *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use: "import FILE...", Short: "Bring samples of the past along, from OpenMetrics text or CSV", Args: cobra.MinimumNArgs(1),
		Long: `Read samples and store them in the history of the site, while no monitor runs,
or with --file in any other history, which is made when it is not there: so a
folder of samples from a bundle becomes a history to ask and to plot.
FILE may be - for stdin; its format is seen from its first line.

A file is read to its end before anything of it is stored: a damaged one is
refused, with the line, and leaves the history as it was. What the history has
already is left out, so that an import may be repeated, and goes on where an
interrupted one ended. Samples need a time. Those that name no target (the label
darksite_target, the first column of CSV) are taken for --target.`,
		Example: `  darksite history import history.txt
  darksite history import --target fa-prod-1 prometheus-dump.txt
  darksite history import --format csv january.csv february.csv
  darksite history import --file case.db files/monitor/samples/*.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if o.format != "" {
				if _, err := formatOf(o.format); err != nil {
					return err
				}
			}
			return a.importAll(c.Context(), args, o)
		},
	}
	c.Flags().StringVar(&o.format, "format", "", "openmetrics or csv (default: as the first line says)")
	c.Flags().StringVar(&o.target, "target", "", "target of samples that name none")
	c.Flags().StringVar(&o.file, "file", "", "bring the samples into this history")
	cli.JSONFlag(c, &o.asJSON)
	a.completeFlag(c, "format", cobra.FixedCompletions([]string{"openmetrics", "csv"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (a *app) importAll(ctx context.Context, files []string, o importOptions) (err error) {
	path, budget, err := a.into(o.file)
	if err != nil {
		return err
	}
	_, err = os.Lstat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	for _, f := range files { // a wrong name is told before hours of work
		if f == "-" {
			continue
		}
		if info, err := os.Stat(f); err != nil {
			return fmt.Errorf("import: %w", err)
		} else if info.IsDir() {
			return cli.Usagef("%s is a folder", f)
		}
	}
	db, err := history.Open(path, history.Options{Budget: budget, Holder: "darksite history import", Since: a.Env.Now()})
	if err != nil {
		return sight.WayOut(path, err)
	}
	var done []imported
	defer func() {
		err = errors.Join(err, db.Close())
		if fresh && err != nil && !anyStored(done) {
			err = errors.Join(err, os.Remove(path)) // nothing came of it
		}
	}()
	for _, f := range files {
		one, err := a.importOne(ctx, db, filepath.Dir(path), f, o)
		done = append(done, one)
		if err != nil {
			return err
		}
		if !o.asJSON {
			a.tellImported(one)
		}
	}
	if o.asJSON {
		return a.Env.JSON(done)
	}
	a.Env.Next("darksite history stats"+fileFlag(o.file), "darksite history series"+fileFlag(o.file))
	return nil
}

// anyStored reports whether anything went into the history.
func anyStored(done []imported) bool {
	return slices.ContainsFunc(done, func(one imported) bool { return one.Stored > 0 })
}

// into is the history that samples are brought into, and its budget: a file that
// is named has none.
func (a *app) into(file string) (path string, budget int64, err error) {
	if file != "" {
		return file, 0, nil
	}
	conf, err := a.Config()
	if err != nil {
		return "", 0, err
	}
	return a.Path(site.HistoryFile), int64(conf.Monitor.HistoryBudget), nil
}

func (a *app) importOne(ctx context.Context, db *history.DB, dir, file string, o importOptions) (one imported, err error) {
	one.File = file
	in, size, err := a.source(file)
	if err != nil {
		return one, err
	}
	defer in.Close()
	s := backfill.NewSorter(dir, 0)
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := a.readSamples(ctx, in, size, s, o, &one); err != nil {
		err = fmt.Errorf("import %s: %w; nothing of it was stored", file, err)
		if errors.Is(err, exposition.ErrNoTarget) {
			return one, cli.WithHint(err, "darksite history import%s --target NAME %s   (whose samples are they?)", fileFlag(o.file), file)
		}
		return one, cli.WithHint(err, "mend the line or export the file anew, and import it again; what is there already is not stored twice")
	}
	progress := a.Env.Progress("storing " + base(file))
	one.Result, err = backfill.Import(ctx, db, s, backfill.Options{Now: a.Env.Now(), Progress: func(done, total int64) {
		progress.Step(int64(float64(size)*float64(done)/float64(max(total, 1))), size)
	}})
	if err != nil {
		reached := "nothing was stored"
		if one.Batches > 0 {
			reached = fmt.Sprintf("%d samples were stored and stay, up to %s", one.Stored, one.Last.Format("2006-01-02 15:04:05 MST"))
		}
		a.Env.Notef("import %s: %s", file, reached)
		return one, cli.WithHint(fmt.Errorf("import %s: %w", file, err), "darksite history import%s %s   (goes on where this one ended)", fileFlag(o.file), file)
	}
	return one, nil
}

// source opens a file, or stdin, of which the size is not known.
func (a *app) source(file string) (io.ReadCloser, int64, error) {
	if file == "-" {
		return io.NopCloser(a.Env.In), 0, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, fmt.Errorf("import: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("import: %w", err), f.Close())
	}
	return f, info.Size(), nil
}

// readSamples reads the text to its end, into the sorter.
func (a *app) readSamples(ctx context.Context, r io.Reader, size int64, s *backfill.Sorter, o importOptions, one *imported) error {
	in := bufio.NewReader(r)
	format := exposition.Format(o.format)
	if format == "" {
		first, err := in.Peek(64)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		format = exposition.Detect(first)
	}
	progress := a.Env.Progress("reading " + base(one.File))
	p := exposition.NewParser(in, format, exposition.Options{Target: o.target})
	for sample, err := range p.Samples() {
		if err == nil {
			err = s.Add(sample.Key, sample.Unit, localmon.Point{At: sample.At, Value: sample.Value})
		}
		if err != nil {
			return err
		}
		if last := len(one.Targets) - 1; last < 0 || one.Targets[last] != sample.Key.Target {
			if !slices.Contains(one.Targets, sample.Key.Target) {
				one.Targets = append(one.Targets, sample.Key.Target)
			}
		}
		if p.Line()%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress.Step(p.Offset(), size)
		}
	}
	if s.Len() == 0 {
		return errors.New("it holds no sample")
	}
	one.Samples, one.Series, one.Whole = s.Len(), s.Series(), p.Whole()
	if !one.Whole {
		a.Env.Notef("%s has no line \"# EOF\": it may have been cut; what it holds is imported", one.File)
	}
	return ctx.Err()
}

func (a *app) tellImported(one imported) {
	a.Env.Notef("%s: %d samples of %d series from %s to %s: %d stored in %d looks, %d were there already", one.File, one.Samples, one.Series,
		one.First.Format("2006-01-02 15:04"), one.Last.Format("2006-01-02 15:04"), one.Stored, one.Batches, one.Present)
	if one.Repeated > 0 {
		a.Env.Notef("%s: %d samples came twice in it; the first of each counts", one.File, one.Repeated)
	}
	if one.Summarized > 0 {
		a.Env.Notef("%s: %d samples are of a time of which the history has only coarser steps; they were left out", one.File, one.Summarized)
	}
}
