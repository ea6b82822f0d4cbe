package history

import (
	"strconv"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/chart"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/localmon"
	"darksite/localmon/query"

	"github.com/spf13/cobra"
)

// ranked is one series of top, as it prints it.
type ranked struct {
	Target string     `json:"target"`
	Metric string     `json:"metric"`
	Labels string     `json:"labels,omitempty"`
	Unit   string     `json:"unit,omitempty"`
	Value  jsonNumber `json:"value"`
	Points int        `json:"points"`
}

func (a *app) historyTopCommand() *cobra.Command {
	var (
		o      seriesOptions
		n      int
		by     string
		asJSON bool
	)
	c := &cobra.Command{
		Use: "top METRIC", Short: "The series with the highest average, or peak, of a metric", Args: cobra.ExactArgs(1),
		Long: `Rank the series of a metric by their average, highest or lowest value over a
time. Over more than six hours they are ranked by steps of five minutes, over
more than two weeks by steps of an hour, each of the same weight.`,
		Example: `  darksite history top purefa_volume_performance_latency_usec
  darksite history top purefa_volume_performance_latency_usec -n 3 --by max --since 24h --label dimension=usec_per_read_op`,
		RunE: func(c *cobra.Command, args []string) error {
			sel, err := o.selector(args[0])
			if err != nil {
				return err
			}
			if n < 1 {
				return cli.Usagef("-n %d: want at least one", n)
			}
			agg := localmon.Agg(by)
			if agg != localmon.AggAvg && agg != localmon.AggMax && agg != localmon.AggMin {
				return cli.Usagef("--by %q: want avg, max or min", by)
			}
			w, err := o.Span(a.Env.Now(), false)
			if err != nil {
				return err
			}
			w = rankWindow(w)
			return a.withHistory(c.Context(), o.file, func(s *sight.Sight) error {
				list, err := query.Top(c.Context(), s, sel, w, agg, n)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					return cli.WithHint(a.noSeries(args), "darksite history top %s --since 24h   (or another metric: darksite history series)", args[0])
				}
				return a.printTop(list, by, asJSON)
			})
		},
	}
	c.Flags().StringVar(&o.target, "target", "", "array or machine, as in site.yaml")
	c.Flags().StringArrayVar(&o.labels, "label", nil, "name=value a series must have; may be given again")
	o.Flags(c, "1h")
	c.Flags().StringVar(&o.file, "file", "", fileHelp)
	c.Flags().IntVarP(&n, "number", "n", 10, "how many series")
	c.Flags().StringVar(&by, "by", string(localmon.AggAvg), "avg, max or min of a series")
	cli.JSONFlag(c, &asJSON)
	a.completeSeries(c)
	return c
}

// rankWindow chooses steps that a history answers from its coarser tiers.
func rankWindow(w localmon.Window) localmon.Window {
	switch since := w.To.Sub(w.From); {
	case since > 14*24*time.Hour:
		w.Step = time.Hour
	case since > 6*time.Hour+time.Second:
		w.Step = 5 * time.Minute
	default:
		return w
	}
	w.From, w.To = w.From.Truncate(w.Step), w.To.Add(w.Step-1).Truncate(w.Step)
	return w
}

func (a *app) printTop(list []query.Ranked, by string, asJSON bool) error {
	if asJSON {
		out := make([]ranked, 0, len(list))
		for _, r := range list {
			out = append(out, ranked{r.Key.Target, r.Key.Metric, r.Key.Labels, string(r.Unit), jsonNumber(r.Value), r.Points})
		}
		return a.Env.JSON(out)
	}
	t := &cli.Table{Header: []string{"#", map[string]string{"avg": "AVERAGE", "max": "HIGHEST", "min": "LOWEST"}[by], "TARGET", "SERIES"}}
	for i, r := range list {
		t.Add(strconv.Itoa(i+1), chart.Said(r.Value, string(r.Unit)), r.Key.Target, r.Key.Series())
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	a.Env.Next("darksite history plot " + list[0].Key.Metric + " --target " + list[0].Key.Target)
	return nil
}
