package history

import (
	"context"
	"fmt"
	"math"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/chart"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/localmon"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// Bounds of a chart, in characters.
const (
	plotHeight  = 12
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
			return a.withHistory(c.Context(), o.series.file, func(s *sight.Sight) error {
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
	span, err := o.series.Span(now, false)
	if err != nil {
		return span, err
	}
	columns := o.width - chart.Margin
	narrowest := chart.Step(span.To.Sub(span.From), columns)
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
	values, seen := chart.Columns(pts, w)
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
	fmt.Fprintln(a.Env.Out, chart.Draw(values, w, p.Unit, o.height))
	last := pts[len(pts)-1]
	say("%d of %d steps of %s have data", seen, len(values), units.Duration(w.Step))
	say("lowest %s, highest %s, newest %s at %s", chart.Said(low, p.Unit), chart.Said(high, p.Unit), chart.Said(last.Value, p.Unit), last.At.In(w.From.Location()).Format("01-02 15:04:05"))
	if back > 0 {
		say("the clock was set back %d times in this span: a column shows what came last", back)
	}
	return nil
}
