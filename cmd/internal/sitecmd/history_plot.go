package sitecmd

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/localmon"
	"darksite/localmon/units"

	"github.com/guptarohit/asciigraph"
	"github.com/spf13/cobra"
)

// Bounds of a chart, in characters.
const (
	plotHeight  = 12
	plotMargin  = 18 // what the labels of the axes take
	leastWidth  = 40
	mostWidth   = 500
	leastHeight = 3
	mostHeight  = 100
	maxPlotted  = 8 // charts at once
)

type plotOptions struct {
	series        seriesOptions
	width, height int
}

func (a *app) historyPlotCommand() *cobra.Command {
	var o plotOptions
	c := &cobra.Command{
		Use: "plot METRIC", Short: "Draw a chart in the terminal; a gap stays a gap", Args: cobra.ExactArgs(1),
		Long: `Draw a chart for each series that fits, one column a step, and say below it in
words what it shows. A column without samples stays empty, unless the samples of
the series are usually that far apart.`,
		Example: `  darksite history plot node_load1 --since 1h
  darksite history plot purefa_array_space_utilization --target fa-prod-1 --since 24h
  darksite history plot node_network_receive_bytes_total --agg rate --since 6h --height 20
  darksite history plot node_load1 --from 2026-03-01 --to 2026-03-08 --width 120`,
		RunE: func(c *cobra.Command, args []string) error {
			sel, err := o.series.selector(args[0])
			if err != nil {
				return err
			}
			w, err := o.window(a.Env.Now(), a.Env.Width())
			if err != nil {
				return err
			}
			return a.withHistory(c.Context(), o.series.file, func(s *sight) error {
				list, err := o.series.read(c.Context(), s, sel, w, maxPlotted)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					return a.noSeries(args)
				}
				for i, p := range list {
					if i > 0 {
						fmt.Fprintln(a.Env.Out)
					}
					if err := a.plot(c.Context(), p, w, &o); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	o.series.flags(c, true)
	c.Flags().IntVar(&o.width, "width", 0, "columns of the picture (default: the terminal's)")
	c.Flags().IntVar(&o.height, "height", plotHeight, "lines of the chart")
	a.completeSeries(c)
	return c
}

// window is the span and a step that fills the width.
func (o *plotOptions) window(now time.Time, width int) (localmon.Window, error) {
	if o.width == 0 {
		o.width = min(max(width, leastWidth), mostWidth)
	}
	if o.width < leastWidth || o.width > mostWidth {
		return localmon.Window{}, cli.Usagef("--width %d: want %d to %d", o.width, leastWidth, mostWidth)
	}
	if o.height < leastHeight || o.height > mostHeight {
		return localmon.Window{}, cli.Usagef("--height %d: want %d to %d", o.height, leastHeight, mostHeight)
	}
	span, err := o.series.span(now, false)
	if err != nil {
		return span, err
	}
	columns := o.width - plotMargin
	narrowest := columnWidth(span.To.Sub(span.From), columns)
	if o.series.step == 0 {
		o.series.step = narrowest
	}
	w, err := o.series.window(now)
	if err != nil {
		return w, err
	}
	if w.Step < narrowest && int64(w.To.Sub(w.From)/w.Step) > int64(columns) {
		return w, cli.Usagef("--step %s makes %d columns, %d fit: want at least %s, less time or more --width", o.series.step, w.To.Sub(w.From)/w.Step, columns, narrowest)
	}
	// On whole steps, coarser tiers of the history can answer.
	w.From, w.To = w.From.Truncate(w.Step), w.To.Add(w.Step-1).Truncate(w.Step)
	return w, nil
}

// columnWidth is the step that makes a span fit: whole seconds, from 5 minutes
// on whole ones of 5, from an hour on whole hours.
func columnWidth(span time.Duration, columns int) time.Duration {
	step := span/time.Duration(columns-1) + 1
	unit := time.Second
	switch {
	case step > time.Hour-5*time.Minute:
		unit = time.Hour
	case step > 4*time.Minute:
		unit = 5 * time.Minute
	}
	return (step + unit - 1).Truncate(unit)
}

// plot draws one curve and says in words what it shows, so that nobody depends
// on the picture.
func (a *app) plot(ctx context.Context, p points, w localmon.Window, o *plotOptions) error {
	say := func(format string, args ...any) {
		for _, l := range cli.Wrap(fmt.Sprintf(format, args...), o.width) {
			fmt.Fprintln(a.Env.Out, l)
		}
	}
	var (
		pts  []localmon.Point // as many as there are columns, unless the clock jumped
		back int
	)
	for pt, err := range p.all {
		if err != nil {
			return err
		}
		if len(pts) > 0 && pt.At.Before(pts[len(pts)-1].At) {
			back++
		}
		pts = append(pts, pt)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	say("%s", p.name())
	values, seen := columnsOf(pts, w)
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		say("no sample from %s to %s", w.From.Format(time.DateTime), w.To.Format(time.DateTime))
		return nil
	}
	fmt.Fprintln(a.Env.Out, draw(values, w, p.Unit, o.height))
	last := pts[len(pts)-1]
	say("%d of %d steps of %s have data", seen, len(values), units.Duration(w.Step))
	say("lowest %s, highest %s, newest %s at %s", said(low, p.Unit), said(high, p.Unit), said(last.Value, p.Unit), last.At.In(w.From.Location()).Format("01-02 15:04:05"))
	if back > 0 {
		say("the clock was set back %d times in this span: a column shows what came last", back)
	}
	return nil
}

// draw makes the picture: values on the left, times below.
func draw(values []float64, w localmon.Window, unit string, height int) string {
	layout := "15:04"
	if span := w.To.Sub(w.From); span > 48*time.Hour {
		layout = "01-02"
	} else if span < 10*time.Minute {
		layout = "15:04:05"
	}
	finite := make([]float64, len(values))
	for i, v := range values {
		if finite[i] = v; math.IsInf(v, 0) {
			finite[i] = math.NaN() // it has no place on an axis
		}
	}
	picture := asciigraph.Plot(finite, asciigraph.Height(height),
		asciigraph.YAxisValueFormatter(func(v float64) string { return said(v, unit) }),
		asciigraph.XAxisRange(float64(w.From.Unix()), float64(w.From.Add(time.Duration(max(len(values)-1, 1))*w.Step).Unix())),
		asciigraph.XAxisTickCount(max(2, min(6, len(values)/12))),
		asciigraph.XAxisValueFormatter(func(v float64) string { return time.Unix(int64(v), 0).In(w.From.Location()).Format(layout) }))
	lines := strings.Split(picture, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// said is a value for people.
func said(v float64, unit string) string {
	if unit == "" {
		return number(v)
	}
	return units.Value(v, unit)
}

// columnsOf puts points into the columns of a chart and counts the columns that
// have one. Between two points not further apart than is usual for the series
// the earlier value holds; everything else is a gap.
func columnsOf(pts []localmon.Point, w localmon.Window) (values []float64, seen int) {
	values = make([]float64, int(w.To.Sub(w.From)/w.Step))
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
				values[j] = pts[n-1].Value
			}
		}
		if math.IsNaN(values[i]) {
			seen++
		}
		values[i], last = pt.Value, i
	}
	return values, seen
}

// usualGap is twice the median distance of points: what is further apart is a gap.
func usualGap(pts []localmon.Point) time.Duration {
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
