package history

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/localmon"
	"darksite/localmon/query"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// mostPrinted is how many series are printed for people at once.
const mostPrinted = 100

func (a *app) historyQueryCommand() *cobra.Command {
	var (
		o             seriesOptions
		asJSON, asCSV bool
	)
	c := &cobra.Command{
		Use: "query METRIC", Short: "Print values", Args: cobra.ExactArgs(1),
		Long: `Print the values of every series that fits, one line each: time (UTC), value,
and the value with its unit. With --step each line is a step: its average, or
what --agg says (avg, min, max, sum, last, rate, or a quantile, p0 to p100); a
step without samples has no line. --across puts the series together step by
step. Values are printed as they are read: a year of 30,000 series takes no more
memory than one.

Steps of whole 5 minutes or hours are answered from the coarser tiers of the
history, which are kept longer; every sample, last, rate and quantiles need the
samples themselves. Where the clock was set back, a remark stands before the
first value after it.`,
		Example: `  darksite history query node_load1 --since 10m
  darksite history query purefa_array_space_utilization --since 24h --step 5m --agg max --json
  darksite history query purefa_volume_performance_latency_usec --since 6h --step 5m --agg p95
  darksite history query purefa_array_performance_throughput_iops --step 1m --across sum
  darksite history query node_load1 --from "2026-03-01 08:00" --to 2026-03-02 --csv`,
		RunE: func(c *cobra.Command, args []string) error {
			sel, err := o.selector(args[0])
			if err != nil {
				return err
			}
			w, err := o.window(a.Env.Now())
			if err != nil {
				return err
			}
			if asJSON && asCSV {
				return cli.Usagef("either --json or --csv")
			}
			return a.withHistory(c.Context(), o.file, func(s *sight.Sight) error {
				out, most := pointPrinter(&textPoints{w: bufio.NewWriter(a.Env.Out), width: a.Env.Width()}), mostPrinted
				switch {
				case asJSON:
					out, most = &jsonPoints{w: bufio.NewWriter(a.Env.Out)}, 0
				case asCSV:
					out, most = &csvPoints{w: csv.NewWriter(a.Env.Out)}, 0
				}
				n, err := o.print(c.Context(), s, sel, w, out, most)
				if err == nil && n == 0 {
					return a.noSeries(args)
				}
				return err
			})
		},
	}
	o.flags(c, true)
	c.Flags().StringVar(&o.across, "across", "", "put all series together: sum, avg, min or max")
	c.Flags().BoolVar(&asCSV, "csv", false, "print CSV: target, metric, labels, unit, time, value")
	cli.JSONFlag(c, &asJSON)
	a.completeSeries(c)
	return c
}

// curve is a series whose points follow, or several that were put together.
type curve struct {
	Target string `json:"target"`
	Metric string `json:"metric"`
	Labels string `json:"labels,omitempty"`
	Unit   string `json:"unit,omitempty"`
	Across string `json:"across,omitempty"` // how Series were put together
	Series int    `json:"series,omitempty"`
}

// name says whose points these are.
func (c *curve) name() string {
	name := c.Target + " " + localmon.SeriesKey{Metric: c.Metric, Labels: c.Labels}.Series()
	if c.Across != "" {
		name = fmt.Sprintf("%s, the %s of %d series", strings.TrimSpace(name), c.Across, c.Series)
	}
	if c.Unit != "" {
		name += ", in " + c.Unit
	}
	return cli.Printable(name)
}

// points is the reading of a curve.
type points struct {
	curve
	all iter.Seq2[localmon.Point, error]
}

// read finds the curves that were asked for. Most bounds them, unless it is zero.
func (o *seriesOptions) read(ctx context.Context, s *sight.Sight, sel localmon.Selector, w localmon.Window, most int) ([]points, error) {
	list, err := s.Series(ctx, sel)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if o.across != "" {
		return []points{o.together(ctx, s, list, sel, w)}, nil
	}
	if most > 0 && len(list) > most {
		return nil, cli.WithHint(cli.Usagef("%d series fit, at most %d at once", len(list), most), "narrow it down with --target and --label name=value; darksite history series lists them\n      or put them together: darksite history query %s --step 5m --across sum\n      or take them all: darksite history query %s --csv", sel.Metric, sel.Metric)
	}
	var out []points
	for _, one := range list {
		k := one.Key
		out = append(out, points{
			curve: curve{Target: k.Target, Metric: k.Metric, Labels: k.Labels, Unit: o.unit(one.Unit)},
			all:   o.points(ctx, s.Reader, k, w),
		})
	}
	return out, nil
}

// unit is what the values of a series count after --agg.
func (o *seriesOptions) unit(u localmon.Unit) string {
	if localmon.Agg(o.agg) == localmon.AggRate {
		u = u.Rate()
	}
	return string(u)
}

// together is the curve of all series that fit.
func (o *seriesOptions) together(ctx context.Context, s *sight.Sight, list []localmon.Series, sel localmon.Selector, w localmon.Window) points {
	unit := list[0].Unit
	for _, one := range list {
		if one.Unit != unit {
			unit = localmon.UnitNone
		}
	}
	r := s.Reader
	if _, ok := quantile(o.agg); ok {
		r = aggregated{s.Reader, o}
	}
	return points{
		curve: curve{Target: o.target, Metric: sel.Metric, Unit: o.unit(unit), Across: o.across, Series: len(list)},
		all:   query.Across(ctx, r, sel, w, localmon.Agg(o.across)),
	}
}

// aggregated is a reader that knows every --agg.
type aggregated struct {
	localmon.Reader
	o *seriesOptions
}

func (r aggregated) Range(ctx context.Context, key localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Point, error] {
	return r.o.points(ctx, r.Reader, key, w)
}

// print prints every curve and returns how many there are.
func (o *seriesOptions) print(ctx context.Context, s *sight.Sight, sel localmon.Selector, w localmon.Window, out pointPrinter, most int) (int, error) {
	list, err := o.read(ctx, s, sel, w, most)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	for _, p := range list {
		if err := printCurve(p, out); err != nil {
			return 0, err
		}
	}
	return len(list), out.close()
}

func printCurve(p points, out pointPrinter) error {
	if err := out.begin(&p.curve); err != nil {
		return err
	}
	var last time.Time
	for pt, err := range p.all {
		if err == nil {
			err = out.point(pt, pt.At.Before(last))
		}
		if err != nil {
			return err
		}
		last = pt.At
	}
	return out.end()
}

// pointPrinter writes curves one after the other; nothing of one is kept. Back
// says that the clock was set back before the point.
type pointPrinter interface {
	begin(c *curve) error
	point(p localmon.Point, back bool) error
	end() error
	close() error
}

// textPoints prints for people, and for tools that take a line apart at blanks.
type textPoints struct {
	w      *bufio.Writer
	width  int
	unit   string
	curves int
	points int
}

func (t *textPoints) begin(c *curve) error {
	if t.curves++; t.curves > 1 {
		fmt.Fprintln(t.w)
	}
	t.unit, t.points = c.Unit, 0
	for _, line := range cli.Wrap(c.name(), t.width-2) {
		if _, err := fmt.Fprintf(t.w, "# %s\n", line); err != nil {
			return err
		}
	}
	return nil
}

func (t *textPoints) point(p localmon.Point, back bool) error {
	t.points++
	if back {
		fmt.Fprintln(t.w, "# here the clock was set back, or the past was brought in")
	}
	line := p.At.UTC().Format(time.RFC3339) + " " + strconv.FormatFloat(p.Value, 'g', -1, 64)
	if t.unit != "" {
		line += "  " + units.Value(p.Value, t.unit)
	}
	_, err := fmt.Fprintln(t.w, line)
	return err
}

func (t *textPoints) end() error {
	if t.points == 0 {
		fmt.Fprintln(t.w, "# no sample in this span")
	}
	return t.w.Flush()
}

func (t *textPoints) close() error { return t.w.Flush() }

// csvPoints prints for a spreadsheet, in the columns of an export.
type csvPoints struct {
	w      *csv.Writer
	curve  curve
	curves int
}

func (p *csvPoints) begin(c *curve) error {
	p.curve = *c
	if p.curves++; p.curves > 1 {
		return nil
	}
	return p.w.Write([]string{"target", "metric", "labels", "unit", "time", "value"})
}

func (p *csvPoints) point(pt localmon.Point, _ bool) error {
	c := &p.curve
	return p.w.Write([]string{c.Target, c.Metric, c.Labels, c.Unit, pt.At.UTC().Format(time.RFC3339Nano), strconv.FormatFloat(pt.Value, 'g', -1, 64)})
}

func (p *csvPoints) end() error {
	p.w.Flush()
	return p.w.Error()
}

func (p *csvPoints) close() error { return p.end() }

// jsonPoints prints one list of curves. An answer that was cut is no JSON.
type jsonPoints struct {
	w      *bufio.Writer
	curves int
	points int
}

func (j *jsonPoints) begin(c *curve) error {
	head, err := json.MarshalIndent(c, "  ", "  ")
	if err != nil {
		return err
	}
	before := ",\n  "
	if j.curves++; j.curves == 1 {
		before = "[\n  "
	}
	j.points = 0
	_, err = io.WriteString(j.w, before+strings.TrimSuffix(string(head), "\n  }")+",\n    \"points\": [")
	return err
}

func (j *jsonPoints) point(p localmon.Point, back bool) error {
	value, err := jsonNumber(p.Value).MarshalJSON()
	if err != nil {
		return err
	}
	before, after := ",\n", "}"
	if j.points++; j.points == 1 {
		before = "\n"
	}
	if back {
		after = `, "clock_set_back": true}`
	}
	_, err = fmt.Fprintf(j.w, `%s      {"at": "%s", "value": %s%s`, before, p.At.Format(time.RFC3339Nano), value, after)
	return err
}

func (j *jsonPoints) end() error {
	after := "\n    ]\n  }"
	if j.points == 0 {
		after = "]\n  }"
	}
	_, err := io.WriteString(j.w, after)
	return err
}

func (j *jsonPoints) close() error {
	if _, err := io.WriteString(j.w, "\n]\n"); err != nil {
		return err
	}
	return j.w.Flush()
}
