package history

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

// Command is darksite history.
func Command(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "history", Short: "What was measured: series, values, charts, health of the store",
		Example: `  darksite history series
  darksite history query purefa_array_space_utilization --target fa-prod-1 --since 24h --step 5m
  darksite history plot node_load1 --since 1h
  darksite history top purefa_volume_performance_latency_usec -n 5
  darksite history export --out history.txt`,
	}
	c.AddCommand(a.historySeriesCommand(), a.historyQueryCommand(), a.historyTopCommand(), a.historyPlotCommand(),
		a.historyExportCommand(), a.historyImportCommand(), a.historyStatsCommand(), a.historyCheckCommand(), a.historySnapshotCommand(), a.historyRecoverCommand(), a.historyCompactCommand())
	return c
}

// seriesOptions are which series and which time.
type seriesOptions struct {
	Period
	target string
	labels []string
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
	o.Flags(c, "1h")
	cli.SpanFlag(c, &o.step, "step", "width of a step (default: none; plot: a column)")
	c.Flags().StringVar(&o.agg, "agg", "", "avg, min, max, sum, last, rate or p95 of a step")
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
	w, err := o.Span(now, false)
	if err != nil {
		return w, err
	}
	if o.step < 0 {
		return w, cli.Usagef("--step must be positive")
	}
	w.Step, w.Agg = o.step, localmon.Agg(o.agg)
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
		Use: "series [METRIC]", Short: "List series, with their units and when they were seen", Args: cobra.MaximumNArgs(1),
		Long: `List the series of the history. The unit is what the target told with its
metrics, else what the name says.`,
		Example: "  darksite history series\n  darksite history series purefa_array_space_bytes --target fa-prod-1",
		RunE: func(c *cobra.Command, args []string) error {
			sel, err := o.selector(strings.Join(args, ""))
			if err != nil {
				return err
			}
			return a.withHistory(c.Context(), o.file, func(s *sight.Sight) error {
				list, err := s.Series(c.Context(), sel)
				if err != nil {
					return err
				}
				if asJSON {
					return a.Env.JSON(seriesViews(list))
				}
				if len(list) == 0 {
					return a.noSeries(args)
				}
				here := a.Env.Now().Location()
				t := &cli.Table{Header: []string{"LAST", "TARGET", "SERIES [UNIT]"}}
				for _, one := range list {
					name := one.Key.Series()
					if one.Unit != localmon.UnitNone {
						name += " [" + string(one.Unit) + "]"
					}
					t.Add(one.Last.In(here).Format("01-02 15:04:05"), one.Key.Target, name)
				}
				t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
				a.Env.Next("darksite history plot " + list[0].Key.Metric + " --target " + list[0].Key.Target)
				return nil
			})
		},
	}
	o.flags(c, false)
	cli.JSONFlag(c, &asJSON)
	a.completeSeries(c)
	return c
}

// seriesView is one series, as series prints it.
type seriesView struct {
	Target string    `json:"target"`
	Metric string    `json:"metric"`
	Labels string    `json:"labels,omitempty"`
	Unit   string    `json:"unit,omitempty"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
}

func seriesViews(list []localmon.Series) []seriesView {
	out := make([]seriesView, 0, len(list))
	for _, s := range list {
		out = append(out, seriesView{s.Key.Target, s.Key.Metric, s.Key.Labels, string(s.Unit), s.First, s.Last})
	}
	return out
}

func (a *app) noSeries(args []string) error {
	if len(args) == 0 {
		return cli.WithHint(errors.New("nothing was stored yet"), "darksite monitor --once")
	}
	return cli.WithHint(fmt.Errorf("no series fits %q", strings.Join(args, " ")), "darksite history series   (lists all)")
}
