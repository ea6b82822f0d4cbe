package history

import (
	"context"
	"slices"
	"strings"
	"time"

	"darksite/cmd/internal/sitecmd/sight"
	"darksite/localmon"

	"github.com/spf13/cobra"
)

// completionTime is how long a shell waits for names before it offers none.
const completionTime = 2 * time.Second

// completeSeries lets the shell offer what the history knows: metrics for the
// argument and --metric, targets, labels, and the words of other flags.
func (a *app) completeSeries(c *cobra.Command) {
	if c.Flags().Lookup("metric") == nil {
		c.ValidArgsFunction = func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.offer(c, nil, begun, metricOf)
		}
	}
	for flag, words := range map[string]func(localmon.Series) []string{"target": targetOf, "label": labelsOf, "metric": metricOf} {
		a.completeFlag(c, flag, func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			return a.offer(c, args, begun, words)
		})
	}
	for flag, words := range map[string]string{
		"agg": "avg min max sum last rate p50 p90 p95 p99", "across": "sum avg min max", "by": "avg max min", "format": "openmetrics csv",
	} {
		a.completeFlag(c, flag, cobra.FixedCompletions(strings.Fields(words), cobra.ShellCompDirectiveNoFileComp))
	}
}

// completeFlag registers a completion, where the command has the flag.
func (a *app) completeFlag(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if c.Flags().Lookup(flag) == nil {
		return
	}
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err) // only when it is registered twice
	}
}

func metricOf(s localmon.Series) []string { return []string{s.Key.Metric} }
func targetOf(s localmon.Series) []string { return []string{s.Key.Target} }

func labelsOf(s localmon.Series) []string {
	labels, err := localmon.ParseLabels(s.Key.Labels)
	if err != nil {
		return nil
	}
	var words []string
	for _, l := range labels {
		words = append(words, l.Name+"="+l.Value)
	}
	return words
}

// offer lists the words of the series that fit the target and metric named so
// far. What cannot be read offers nothing: a shell has no place for errors.
func (a *app) offer(c *cobra.Command, args []string, begun string, words func(localmon.Series) []string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(cmdContext(c)), completionTime)
	defer cancel()
	sel := localmon.Selector{Metric: strings.Join(args[:min(1, len(args))], "")}
	file, _ := c.Flags().GetString("file") // every command that completes has it
	if target, err := c.Flags().GetString("target"); err == nil && target != begun {
		sel.Target = target
	}
	var offers []string
	err := a.withHistory(ctx, file, func(s *sight.Sight) error {
		list, err := s.Series(ctx, sel)
		for _, one := range list {
			for _, w := range words(one) {
				if strings.HasPrefix(w, begun) {
					offers = append(offers, w)
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	slices.Sort(offers)
	return slices.Compact(offers), cobra.ShellCompDirectiveNoFileComp
}

func cmdContext(c *cobra.Command) context.Context {
	if ctx := c.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
