package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/localmon/exposition"

	"github.com/spf13/cobra"
)

type exportOptions struct {
	series seriesOptions
	metric string
	format string
	out    string
}

func (a *app) historyExportCommand() *cobra.Command {
	var o exportOptions
	c := &cobra.Command{
		Use: "export", Short: "Write samples as OpenMetrics text or CSV, for other programs", Args: cobra.NoArgs,
		Long: `Write the samples themselves, every one unless a time is given, to stdout or to
a file that is there whole or not at all. Works while the monitor runs, and with
--file on any copy of a history. What is damaged is left out and named; the rest
is written, and the exit code is then 5.

An import of the text elsewhere gives the same series, units and samples, to the
bit, but for this: where the clock was set back an import puts samples in order
of their times, and of two of one series and millisecond takes the first; and
OpenMetrics knows one NaN, and one unit for all series of a metric, where CSV
keeps every one.`,
		Example: `  darksite history export --out history.txt
  darksite history export --format csv --metric node_load1 --since 24h
  darksite history export --target fa-prod-1 --from 2026-03-01 --to 2026-04-01 --out march.txt
  darksite history export --file carried/history.db --format csv --out carried.csv
  darksite history export | zstd > history.txt.zst`,
		RunE: func(c *cobra.Command, _ []string) error {
			format, err := formatOf(o.format)
			if err != nil {
				return err
			}
			sel, err := o.series.selector(o.metric)
			if err != nil {
				return err
			}
			w, err := o.series.Span(a.Env.Now(), true)
			if err != nil {
				return err
			}
			return a.withHistory(c.Context(), o.series.file, func(s *sight.Sight) error {
				return a.export(c.Context(), s, sel, w, format, &o)
			})
		},
	}
	o.series.flags(c, false)
	c.Flags().StringVar(&o.metric, "metric", "", "only this metric")
	c.Flags().StringVar(&o.format, "format", string(exposition.OpenMetrics), "openmetrics or csv")
	c.Flags().StringVar(&o.out, "out", "", "file to write (default stdout)")
	o.series.Flags(c, "everything")
	a.completeSeries(c)
	return c
}

func formatOf(name string) (exposition.Format, error) {
	switch f := exposition.Format(name); f {
	case exposition.OpenMetrics, exposition.CSV:
		return f, nil
	default:
		return "", cli.Usagef("--format %q: want %s or %s", name, exposition.OpenMetrics, exposition.CSV)
	}
}

// export writes the series that are picked to where the options say.
func (a *app) export(ctx context.Context, s *sight.Sight, sel localmon.Selector, w localmon.Window, format exposition.Format, o *exportOptions) error {
	list, err := s.Series(ctx, sel)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return cli.WithHint(errors.New("no series to export"), "darksite history series   (lists all)")
	}
	// OpenMetrics wants what belongs to a metric together.
	slices.SortStableFunc(list, func(x, y localmon.Series) int { return cmp.Compare(x.Key.Metric, y.Key.Metric) })
	if o.out == "" {
		e := exporting{app: a, sight: s, format: format, out: exposition.NewWriter(a.Env.Out, format)}
		return e.run(ctx, list, w)
	}
	if err := a.replaceable(o); err != nil {
		return err
	}
	f, err := safefile.Create(o.out, 0o600)
	if err != nil {
		return err
	}
	defer f.Abort()
	e := exporting{app: a, sight: s, format: format, out: exposition.NewWriter(f, format), file: f, progress: a.Env.Progress("exporting")}
	hurt := e.run(ctx, list, w)
	if hurt != nil && cli.Code(hurt) != cli.CodeTampered {
		return hurt
	}
	if err := f.Commit(); err != nil {
		return err
	}
	a.Env.Notef("%s: %d samples of %d series", o.out, e.samples, e.series)
	if hurt == nil {
		a.Env.Next("darksite history import " + o.out + "   (at another site)")
	}
	return hurt
}

// replaceable refuses to put an export in place of a history or of something
// that is no file.
func (a *app) replaceable(o *exportOptions) error {
	info, err := os.Stat(o.out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", o.out, err)
	}
	if !info.Mode().IsRegular() {
		return cli.Usagef("--out %s: not a file", o.out)
	}
	for _, source := range []string{a.Path(site.HistoryFile), a.Path(site.SiteDBFile), o.series.file} {
		if is, err := os.Stat(source); err == nil && os.SameFile(info, is) {
			return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("--out %s would replace what the site keeps", o.out)), "name another file")
		}
	}
	return nil
}

// exporting is one export under way.
type exporting struct {
	*app
	sight    *sight.Sight
	format   exposition.Format
	out      *exposition.Writer
	file     io.Seeker // to see how much was written; nil for stdout
	progress *cli.Progress
	samples  int64
	series   int
	hurt     []error
}

// run writes every series. What cannot be read or expressed is named, and the
// rest is written.
func (e *exporting) run(ctx context.Context, list []localmon.Series, w localmon.Window) error {
	if e.format == exposition.OpenMetrics {
		oneUnit(list)
	}
	for i, one := range list {
		if err := e.one(ctx, one, w); err != nil {
			return err
		}
		e.step(int64(i+1), int64(len(list)))
	}
	if err := e.out.Close(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if len(e.hurt) == 0 {
		return nil
	}
	for _, err := range e.hurt[:min(len(e.hurt), mostNamed)] {
		e.Env.Notef("%s", cli.Printable(err.Error()))
	}
	return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%d of %d series could not be exported whole; all else was", len(e.hurt), len(list))),
		"darksite history check   (names every damaged value)")
}

// oneUnit gives the series of each metric, which stand together in the list, one
// unit: the one they share, else what the name says.
func oneUnit(list []localmon.Series) {
	for len(list) > 0 {
		metric, n, u := list[0].Key.Metric, 0, list[0].Unit
		for ; n < len(list) && list[n].Key.Metric == metric; n++ {
			if list[n].Unit != u {
				u = localmon.UnitOf(metric, "")
			}
		}
		for i := range n {
			list[i].Unit = u
		}
		list = list[n:]
	}
}

// mostNamed is how many troubles are told one by one.
const mostNamed = 10

// one writes a series. An error ends the export; the trouble of a series alone
// is noted.
func (e *exporting) one(ctx context.Context, s localmon.Series, w localmon.Window) error {
	wrote := false
	for p, err := range e.sight.Range(ctx, s.Key, w) {
		if err == nil {
			if err = e.out.Write(exposition.Sample{Key: s.Key, Unit: s.Unit, At: p.At, Value: p.Value}); err == nil {
				e.samples++
				wrote = true
				continue
			}
			if !errors.Is(err, exposition.ErrSyntax) {
				return fmt.Errorf("export: %w", err)
			}
		} else if ctx.Err() != nil || e.gone(ctx) {
			return err
		}
		e.hurt = append(e.hurt, err)
		break
	}
	if wrote {
		e.series++
	}
	return nil
}

// gone reports whether the monitor that was asked is no longer there.
func (e *exporting) gone(ctx context.Context) bool {
	_, err := e.sight.Monitor(ctx)
	return err != nil
}

// step tells the progress; how long the whole will be is judged by the series.
func (e *exporting) step(done, total int64) {
	if e.progress == nil {
		return
	}
	written, err := e.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return
	}
	e.progress.Step(written, int64(float64(written)*float64(total)/float64(done)))
}

// base is the name of a file as it is told to people.
func base(path string) string { return cli.Printable(filepath.Base(path)) }
