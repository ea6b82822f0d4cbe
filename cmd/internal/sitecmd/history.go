package sitecmd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"
	"darksite/localmon/units"

	"github.com/guptarohit/asciigraph"
	"github.com/spf13/cobra"
)

func (a *app) historyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "history", Short: "What was measured: series, values, charts, health of the store",
		Example: `  darksite history series
  darksite history query purefa_array_space_utilization --target fa-prod-1 --since 24h --step 5m
  darksite history plot node_load1 --since 1h
  darksite history top purefa_volume_performance_latency_usec -n 5
  darksite history export --out history.txt`,
	}
	c.AddCommand(a.historySeriesCommand(), a.historyQueryCommand(), a.historyTopCommand(), a.historyPlotCommand(),
		a.historyExportCommand(), a.historyImportCommand(), a.historyStatsCommand(), a.historyCheckCommand(), a.historyRecoverCommand(), a.historyCompactCommand())
	return c
}

// pick is which series and which time.
type seriesOptions struct {
	target string
	labels []string
	since  time.Duration
	step   time.Duration
	agg    string
	across string // only query puts series together
	file   string
}

func (o *seriesOptions) flags(c *cobra.Command, timed bool) {
	c.Flags().StringVar(&o.target, "target", "", "array or machine, as in site.yaml")
	c.Flags().StringArrayVar(&o.labels, "label", nil, "name=value a series must have; may be given again")
	c.Flags().StringVar(&o.file, "file", "", fileHelp)
	if !timed {
		return
	}
	c.Flags().DurationVar(&o.since, "since", time.Hour, "how far back")
	c.Flags().DurationVar(&o.step, "step", 0, "width of a step (default: every sample; plot: as wide as a column)")
	c.Flags().StringVar(&o.agg, "agg", "", "avg, min, max, sum, last, rate or a quantile such as p95 for each step (default avg)")
}

func (o *seriesOptions) selector(metric string) (localmon.Selector, error) {
	s := localmon.Selector{Target: o.target, Metric: metric}
	for _, l := range o.labels {
		name, value, ok := strings.Cut(l, "=")
		if !ok || name == "" {
			return s, cli.Usagef("--label %q: want name=value", l)
		}
		s.Labels = append(s.Labels, localmon.Label{Name: name, Value: value})
	}
	return s, nil
}

// window is the span asked for; step 0 takes every sample.
func (o *seriesOptions) window(now time.Time) (localmon.Window, error) {
	if o.since <= 0 || o.step < 0 {
		return localmon.Window{}, cli.Usagef("--since and --step must be positive")
	}
	w := localmon.Window{From: now.Add(-o.since), To: now.Add(time.Second), Step: o.step, Agg: localmon.Agg(o.agg)}
	switch w.Agg {
	case localmon.AggNone:
		if w.Step > 0 {
			w.Agg = localmon.AggAvg
		}
	case localmon.AggAvg, localmon.AggMin, localmon.AggMax, localmon.AggSum, localmon.AggLast, localmon.AggRate:
		if w.Step == 0 {
			return w, cli.Usagef("--agg %s needs --step", o.agg)
		}
	default:
		if _, ok := quantile(o.agg); !ok {
			return w, cli.Usagef("--agg %q: want avg, min, max, sum, last or rate, or a quantile such as p95", o.agg)
		}
		if w.Step == 0 {
			return w, cli.Usagef("--agg %s needs --step", o.agg)
		}
	}
	return w, o.checkAcross(w)
}

func (a *app) historySeriesCommand() *cobra.Command {
	var o seriesOptions
	var asJSON bool
	c := &cobra.Command{
		Use: "series [METRIC]", Short: "List series, with when they were seen", Args: cobra.MaximumNArgs(1),
		Example: "  darksite history series\n  darksite history series purefa_array_space_bytes --target fa-prod-1",
		RunE: func(c *cobra.Command, args []string) error {
			sel, err := o.selector(strings.Join(args, ""))
			if err != nil {
				return err
			}
			return a.withHistory(c.Context(), o.file, func(s *sight) error {
				list, err := s.Series(c.Context(), sel)
				if err != nil {
					return err
				}
				if asJSON {
					return a.env.JSON(seriesViews(list))
				}
				if len(list) == 0 {
					return a.noSeries(args)
				}
				t := &cli.Table{Header: []string{"LAST", "TARGET", "SERIES"}}
				for _, one := range list {
					t.Add(one.Last.Format("01-02 15:04:05"), one.Key.Target, seriesName(one.Key))
				}
				t.Print(a.env.Out, a.env.Width(), a.env.Color())
				a.env.Next("darksite history plot " + list[0].Key.Metric + " --target " + list[0].Key.Target)
				return nil
			})
		},
	}
	o.flags(c, false)
	cli.JSONFlag(c, &asJSON)
	return c
}

// seriesView is one series, as series prints it.
type seriesView struct {
	Target string    `json:"target"`
	Metric string    `json:"metric"`
	Labels string    `json:"labels,omitempty"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
}

func seriesViews(list []localmon.Series) []seriesView {
	out := make([]seriesView, 0, len(list))
	for _, s := range list {
		out = append(out, seriesView{s.Key.Target, s.Key.Metric, s.Key.Labels, s.First, s.Last})
	}
	return out
}

func seriesName(k localmon.SeriesKey) string {
	if k.Labels == "" {
		return k.Metric
	}
	return k.Metric + "{" + k.Labels + "}"
}

func (a *app) noSeries(args []string) error {
	if len(args) == 0 {
		return cli.WithHint(errors.New("nothing was stored yet"), "darksite monitor --once")
	}
	return cli.WithHint(fmt.Errorf("no series fits %q", strings.Join(args, " ")), "darksite history series   (lists all)")
}

// points is one series with its values, as query prints it.
type points struct {
	Target string  `json:"target"`
	Metric string  `json:"metric"`
	Labels string  `json:"labels,omitempty"`
	Across string  `json:"across,omitempty"` // how Series were put together
	Series int     `json:"series,omitempty"`
	Points []point `json:"points"`
}

type point struct {
	At    time.Time  `json:"at"`
	Value jsonNumber `json:"value"`
}

func (a *app) read(ctx context.Context, s *sight, sel localmon.Selector, w localmon.Window, o *seriesOptions, most int) ([]points, error) {
	if o.across != "" {
		return o.readAcross(ctx, s, sel, w)
	}
	list, err := s.Series(ctx, sel)
	if err != nil {
		return nil, err
	}
	if len(list) > most {
		return nil, cli.WithHint(cli.Usagef("%d series fit, at most %d at once", len(list), most), "narrow it down with --target and --label name=value; darksite history series lists them")
	}
	var out []points
	for _, one := range list {
		p := points{Target: one.Key.Target, Metric: one.Key.Metric, Labels: one.Key.Labels, Points: []point{}}
		for pt, err := range o.points(ctx, s, one.Key, w) {
			if err != nil {
				return nil, err
			}
			p.Points = append(p.Points, point{pt.At, jsonNumber(pt.Value)})
		}
		out = append(out, p)
	}
	return out, nil
}

const maxSeriesAtOnce = 100

func (a *app) historyQueryCommand() *cobra.Command {
	var o seriesOptions
	var asJSON bool
	c := &cobra.Command{
		Use: "query METRIC", Short: "Print values", Args: cobra.ExactArgs(1),
		Example: "  darksite history query node_load1 --since 10m\n  darksite history query purefa_array_space_utilization --since 24h --step 5m --agg max --json\n" +
			"  darksite history query purefa_volume_performance_latency_usec --since 6h --step 5m --agg p95\n" +
			"  darksite history query purefa_array_performance_throughput_iops --step 1m --across sum",
		RunE: func(c *cobra.Command, args []string) error {
			sel, err := o.selector(args[0])
			if err != nil {
				return err
			}
			w, err := o.window(a.env.Now())
			if err != nil {
				return err
			}
			return a.withHistory(c.Context(), o.file, func(s *sight) error {
				list, err := a.read(c.Context(), s, sel, w, &o, maxSeriesAtOnce)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					return a.noSeries(args)
				}
				if asJSON {
					return a.env.JSON(list)
				}
				a.printPoints(list)
				return nil
			})
		},
	}
	o.flags(c, true)
	c.Flags().StringVar(&o.across, "across", "", "put all series together, step by step: sum, avg, min or max")
	cli.JSONFlag(c, &asJSON)
	return c
}

// name says whose points these are.
func (p *points) name() string {
	if p.Across != "" {
		return strings.TrimSpace(fmt.Sprintf("%s %s, the %s of %d series", p.Target, p.Metric, p.Across, p.Series))
	}
	return p.Target + " " + seriesName(localmon.SeriesKey{Metric: p.Metric, Labels: p.Labels})
}

func (a *app) printPoints(list []points) {
	for i, p := range list {
		if i > 0 {
			fmt.Fprintln(a.env.Out)
		}
		fmt.Fprintf(a.env.Out, "# %s\n", cli.Printable(p.name()))
		for _, pt := range p.Points {
			fmt.Fprintf(a.env.Out, "%s %s\n", pt.At.UTC().Format(time.RFC3339), strconv.FormatFloat(float64(pt.Value), 'g', -1, 64))
		}
		if len(p.Points) == 0 {
			fmt.Fprintln(a.env.Out, "# no sample in this span")
		}
	}
}

const (
	plotHeight  = 12
	plotMargin  = 14 // what the labels of the axis take
	maxPlotted  = 8
	leastColumn = 10
)

func (a *app) historyPlotCommand() *cobra.Command {
	var o seriesOptions
	c := &cobra.Command{
		Use: "plot METRIC", Short: "Draw a chart in the terminal; a gap stays a gap", Args: cobra.ExactArgs(1),
		Example: "  darksite history plot node_load1 --since 1h\n  darksite history plot purefa_array_space_utilization --target fa-prod-1 --since 24h",
		RunE: func(c *cobra.Command, args []string) error {
			sel, err := o.selector(args[0])
			if err != nil {
				return err
			}
			columns := max(leastColumn, a.env.Width()-plotMargin)
			if o.step == 0 {
				o.step = max(time.Second, (o.since / time.Duration(columns)).Truncate(time.Second))
			}
			w, err := o.window(a.env.Now())
			if err != nil {
				return err
			}
			return a.withHistory(c.Context(), o.file, func(s *sight) error {
				list, err := a.read(c.Context(), s, sel, w, &o, maxPlotted)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					return a.noSeries(args)
				}
				for _, p := range list {
					a.plot(p, w)
				}
				return nil
			})
		},
	}
	o.flags(c, true)
	return c
}

// plot draws one series, one column a step, and says in words what it shows, so
// that nobody depends on the picture.
func (a *app) plot(p points, w localmon.Window) {
	out := a.env.Out
	fmt.Fprintf(out, "%s %s\n", p.Target, cli.Printable(seriesName(localmon.SeriesKey{Metric: p.Metric, Labels: p.Labels})))
	values, seen := columnsOf(p.Points, w)
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	if seen == 0 {
		fmt.Fprintf(out, "no sample since %s\n", w.From.Format(time.DateTime))
		return
	}
	fmt.Fprintln(out, asciigraph.Plot(values, asciigraph.Height(plotHeight), asciigraph.Precision(2)))
	last := p.Points[len(p.Points)-1]
	fmt.Fprintf(out, "%s to %s, %d of %d steps of %s have data\n", w.From.Format("01-02 15:04"), w.To.Format("01-02 15:04"), seen, len(values), units.Duration(w.Step))
	fmt.Fprintf(out, "lowest %s, highest %s, newest %s at %s\n", number(low), number(high), number(float64(last.Value)), last.At.Format("15:04:05"))
}

// columnsOf puts points into the columns of a chart and counts the columns that
// have one. Between two points not further apart than is usual for the series
// the earlier value holds; everything else is a gap.
func columnsOf(pts []point, w localmon.Window) (values []float64, seen int) {
	values = make([]float64, int(w.To.Sub(w.From)/w.Step)+1)
	for i := range values {
		values[i] = math.NaN()
	}
	usual, last := usualGap(pts), -1
	for n, pt := range pts {
		i := int(pt.At.Sub(w.From) / w.Step)
		if i < 0 || i >= len(values) {
			continue
		}
		if last >= 0 && pt.At.Sub(pts[n-1].At) <= usual {
			for j := last + 1; j < i; j++ {
				values[j] = float64(pts[n-1].Value)
			}
		}
		if math.IsNaN(values[i]) {
			seen++
		}
		values[i], last = float64(pt.Value), i
	}
	return values, seen
}

// usualGap is twice the median distance of points: what is further apart is a gap.
func usualGap(pts []point) time.Duration {
	if len(pts) < 2 {
		return 0
	}
	gaps := make([]time.Duration, 0, len(pts)-1)
	for i := 1; i < len(pts); i++ {
		gaps = append(gaps, pts[i].At.Sub(pts[i-1].At))
	}
	slices.Sort(gaps)
	return 2 * gaps[len(gaps)/2]
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func (a *app) historyStatsCommand() *cobra.Command {
	var file string
	var asJSON bool
	c := &cobra.Command{
		Use: "stats", Short: "How much the history holds and takes", Args: cobra.NoArgs,
		Example: "  darksite history stats",
		RunE: func(c *cobra.Command, _ []string) error {
			db, done, err := a.openHistory(c.Context(), file)
			if err != nil {
				return err
			}
			st, err := db.Stats(c.Context())
			if err = errors.Join(err, done()); err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(st)
			}
			fmt.Fprintf(a.env.Out, "file %s, in use %s\n", units.Bytes(float64(st.Bytes)), units.Bytes(float64(st.Used)))
			t := &cli.Table{Header: []string{"TARGET", "SERIES", "NOW", "UNSEALED", "SEALED", "OLDEST"}}
			for _, ts := range st.Targets {
				oldest := "-" // nothing is sealed yet
				if !ts.Oldest.IsZero() {
					oldest = ts.Oldest.Format("2006-01-02 15:04")
				}
				t.Add(ts.Target, strconv.Itoa(ts.Series), strconv.Itoa(ts.Present), strconv.Itoa(ts.Log), strconv.Itoa(ts.Sealed), oldest)
			}
			t.Print(a.env.Out, a.env.Width(), a.env.Color())
			return nil
		},
	}
	c.Flags().StringVar(&file, "file", "", fileHelp)
	cli.JSONFlag(c, &asJSON)
	return c
}

// openHistory opens the history for reading, or a copy of it while a monitor
// holds it; or the copy that is named.
func (a *app) openHistory(ctx context.Context, file string) (*history.DB, func() error, error) {
	if file != "" {
		db, err := history.OpenReadOnly(file, history.Options{})
		if err != nil {
			return nil, nil, wayOutOfCopy(file, err)
		}
		return db, db.Close, nil
	}
	if _, err := a.config(); err != nil {
		return nil, nil, err
	}
	db, err := history.OpenReadOnly(a.path(historyFile), history.Options{})
	if err == nil {
		return db, db.Close, nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, a.noSeries(nil)
	}
	if !errors.Is(err, boltfile.ErrBusy) {
		return nil, nil, wayOut(a.path(historyFile), err)
	}
	s, serr := a.sight(ctx)
	if serr != nil || s.client == nil {
		return nil, nil, errors.Join(err, serr)
	}
	defer s.close()
	f, err := os.CreateTemp("", "darksite-history-*.db")
	if err != nil {
		return nil, nil, fmt.Errorf("copy the history: %w", err)
	}
	_, err = s.client.CopyHistory(ctx, f)
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
		Long:    "Check every value of the history. What is damaged is named; the rest stays readable.\nExit 5 when anything is damaged. Works while the monitor runs.",
		RunE: func(c *cobra.Command, _ []string) error {
			db, done, err := a.openHistory(c.Context(), file)
			if err != nil {
				return err
			}
			damage, err := db.Check(c.Context())
			if err = errors.Join(err, done()); err != nil {
				return err
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
			a.env.Notef("every value is whole")
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
		return waysOut(a.path(historyFile))
	}
	return fmt.Sprintf("darksite history export%s --format csv --out saved.csv   (writes what can be read)", fileFlag(file))
}

// printFindings prints a line for each finding, or all of them as JSON.
func (a *app) printFindings(lines []string, asJSON bool) error {
	if asJSON {
		return a.env.JSON(lines)
	}
	for _, l := range lines {
		fmt.Fprintln(a.env.Out, cli.Printable(l))
	}
	return nil
}

func (a *app) historyCompactCommand() *cobra.Command {
	return &cobra.Command{
		Use: "compact", Short: "Give free pages of the file back to the disk; the monitor must not run", Args: cobra.NoArgs,
		Example: "  darksite history compact",
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := a.config(); err != nil {
				return err
			}
			if _, err := os.Stat(a.path(historyFile)); err != nil {
				return a.noSeries(nil)
			}
			before, after, err := history.Compact(c.Context(), a.path(historyFile), history.Options{Holder: "darksite history compact", Since: a.env.Now()})
			if err != nil {
				return wayOut(a.path(historyFile), err)
			}
			a.env.Notef("the file took %s and takes %s", units.Bytes(float64(before)), units.Bytes(float64(after)))
			return nil
		},
	}
}
