package wayout

import (
	"context"
	"fmt"
	"sync"

	"darksite/bundle/collect"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"
)

func (a *app) foresee(ctx context.Context, o collectOptions) error {
	g, err := a.gather(ctx, &o)
	if err != nil {
		return err
	}
	defer g.closeAll()
	list, err := collect.Foresee(ctx, g.profile, g.collectors)
	if err != nil {
		return err
	}
	next := "darksite bundle collect --as ID"
	if o.clear {
		next += " --clear   (it leaves NOT ENCRYPTED)"
	}
	return a.printPreview(g.profile, list, o.each, o.asJSON, next)
}

func (a *app) printPreview(p collect.Profile, list []collect.Preview, each, asJSON bool, next string) error {
	if asJSON {
		return a.Env.JSON(list)
	}
	a.printForeseen(p, list)
	if each {
		a.printEach(list)
	} else {
		a.printMissing(list)
	}
	a.Env.Next(next)
	return nil
}

// lineBytes is about how long a line of a bundle is: what officers have before
// them is lines.
const lineBytes = 80

func (a *app) printForeseen(p collect.Profile, list []collect.Preview) {
	t := &cli.Table{Header: []string{"SOURCE", "ABOUT", "FILES", "AT MOST", "IN", "WHAT, AND WHY"}}
	files, size := 0, int64(0)
	for _, one := range list {
		files, size = files+one.Estimate.Files, size+one.AtMost()
		what := one.Plan.What + ": " + one.Plan.Why
		if one.Problem != "" {
			what += " (cannot be estimated: " + one.Problem + ")"
		}
		t.Add(one.Plan.Name, units.Bytes(float64(one.Estimate.Bytes)), fmt.Sprint(one.Estimate.Files), units.Bytes(float64(one.Budget.Bytes)), units.Duration(one.Budget.Time), what)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	size = min(size, p.Total)
	fmt.Fprintf(a.Env.Out, "\nprofile %s: about %s in %d files, some %d lines\n", p.Name, units.Bytes(float64(size)), files, size/lineBytes)
	bound := units.Bytes(float64(p.Total))
	if p.Time > 0 {
		bound += " in " + units.Duration(p.Time)
	}
	fmt.Fprintf(a.Env.Out, "at most %s before redaction; nothing was taken yet\n", bound)
}

// printEach prints a line for each item, with what cannot be had among them.
func (a *app) printEach(list []collect.Preview) {
	t := &cli.Table{Header: []string{"SOURCE", "ABOUT", "FROM"}}
	for _, one := range list {
		for _, it := range one.Estimate.Items {
			about, from := units.Bytes(float64(it.Bytes)), it.Origin
			if it.Problem != "" {
				about, from = "none", it.Origin+": "+it.Problem
			}
			t.Add(one.Plan.Name, about, from)
		}
	}
	fmt.Fprintln(a.Env.Out)
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
}

// printMissing says what cannot be had, items with one reason together.
func (a *app) printMissing(list []collect.Preview) {
	t := &cli.Table{Header: []string{"SOURCE", "CANNOT BE HAD", "WHY"}}
	for _, one := range list {
		var reasons []string
		items := map[string][]string{}
		for _, it := range one.Missing() {
			if items[it.Problem] == nil {
				reasons = append(reasons, it.Problem)
			}
			items[it.Problem] = append(items[it.Problem], it.Origin)
		}
		for _, why := range reasons {
			names := items[why]
			what := names[0]
			if more := len(names) - 1; more > 0 {
				why += fmt.Sprintf(" (and %d more, see --each)", more)
			}
			t.Add(one.Plan.Name, clipped(what), why)
		}
	}
	if t.Len() == 0 {
		return
	}
	fmt.Fprintln(a.Env.Out)
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
}

// clipped keeps a column narrow; --each has the whole.
func clipped(s string) string {
	const most = 32
	if r := []rune(s); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return s
}

// watched are the collectors with a line of progress every few seconds: how much
// of what is expected was taken, how fast, and how long it takes still.
func (a *app) watched(ctx context.Context, g *gathering) ([]collect.Collector, error) {
	list, err := collect.Foresee(ctx, g.profile, g.collectors)
	if err != nil {
		return nil, err
	}
	expected := int64(0)
	for _, one := range list {
		expected += one.AtMost()
	}
	expected = min(expected, g.profile.Total)
	var mu sync.Mutex // a collector that was left behind may still speak
	taken := make([]int64, len(g.collectors))
	progress := a.Env.Progress("collected")
	out := make([]collect.Collector, len(g.collectors))
	for i, c := range g.collectors {
		out[i] = collect.Watch(c, func(n int64) {
			mu.Lock()
			defer mu.Unlock()
			taken[i] = n
			sum, of := int64(0), expected
			for _, n := range taken {
				sum += n
			}
			if sum > of {
				of = 0 // more than was foreseen: how long it takes is not known
			}
			progress.Step(sum, of)
		})
	}
	return out, nil
}
