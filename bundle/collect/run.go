package collect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// grace is how long a collector may take to notice that its time is over.
const grace = 2 * time.Second

// ReportName is where [Run] leaves its result in the staging folder, so that
// the report of what was taken meets the redactor too.
const ReportName = "meta/collect.json"

// Options says how to run collectors.
type Options struct {
	Staging string // empty folder with mode 0700; files/ and meta/ are made in it
	Profile Profile
	Now     func() time.Time // for the time each collector took
	// Progress, if set, is called before each collector and after the last.
	Progress func(name string, done, of int)
}

// Run lets the collectors work one after the other into the staging folder. A
// collector that fails is recorded in the result and the others go on; the
// error is for what makes the whole staging folder worthless: it cannot be
// written, a collector has no proper name, or ctx ended.
func Run(ctx context.Context, o Options, collectors []Collector) (Result, error) {
	if err := checkNames(collectors); err != nil {
		return Result{}, err
	}
	root, err := os.OpenRoot(o.Staging)
	if err != nil {
		return Result{}, fmt.Errorf("open staging folder: %w", err)
	}
	defer root.Close()
	res := Result{Profile: o.Profile.Name, Collectors: []Outcome{}, Items: []Item{}, Omitted: []Omission{}}
	total := o.Profile.Total
	whole := ctx
	if o.Profile.Time > 0 {
		var cancel context.CancelFunc
		whole, cancel = context.WithTimeout(ctx, o.Profile.Time)
		defer cancel()
	}
	for i, c := range collectors {
		name := c.Plan().Name
		if o.Progress != nil {
			o.Progress(name, i, len(collectors))
		}
		budget := o.Profile.For(name)
		budget.Bytes = min(budget.Bytes, total)
		if whole.Err() != nil && ctx.Err() == nil {
			res.Collectors = append(res.Collectors, Outcome{Name: name, State: Timeout, Reason: fmt.Sprintf("not begun: the %s for the whole collection are over", o.Profile.Time)})
			continue
		}
		one, err := runOne(whole, root, o.Now, budget, c)
		if ctx.Err() != nil {
			return Result{}, fmt.Errorf("collect %s: %w", name, ctx.Err())
		}
		if err != nil {
			return Result{}, err
		}
		if last := &one.Collectors[0]; whole.Err() != nil && last.State == Timeout {
			last.Reason = fmt.Sprintf("stopped at the end of the %s for the whole collection", o.Profile.Time)
		}
		res.Collectors = append(res.Collectors, one.Collectors...)
		res.Items = append(res.Items, one.Items...)
		res.Omitted = append(res.Omitted, one.Omitted...)
		total -= one.Bytes()
	}
	if o.Progress != nil {
		o.Progress("", len(collectors), len(collectors))
	}
	if err := root.RemoveAll(spoolDir); err != nil {
		return Result{}, fmt.Errorf("clear the staging folder: %w", err)
	}
	return res, writeReport(root, res)
}

func writeReport(root *os.Root, res Result) error {
	text, err := json.MarshalIndent(res, "", "  ")
	if err != nil {
		return fmt.Errorf("write the report of the collection: %w", err)
	}
	if err := root.MkdirAll("meta", 0o700); err != nil {
		return fmt.Errorf("write the report of the collection: %w", err)
	}
	if err := root.WriteFile(ReportName, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the report of the collection: %w", err)
	}
	return nil
}

func checkNames(collectors []Collector) error {
	seen := map[string]bool{}
	for _, c := range collectors {
		name := c.Plan().Name
		if name == "" || len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return fmt.Errorf("collector name %q: want at most 32 of a-z, 0-9 and -", name)
		}
		if seen[name] {
			return fmt.Errorf("collector %s stands twice", name)
		}
		seen[name] = true
	}
	return nil
}

// runOne runs one collector and waits for it no longer than its time and grace.
func runOne(ctx context.Context, root *os.Root, now func() time.Time, b Budget, c Collector) (Result, error) {
	name := c.Plan().Name
	w, err := newWriter(root, name, b.Bytes)
	if err != nil {
		return Result{}, err
	}
	began := now()
	timed, cancel := context.WithTimeout(ctx, b.Time)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Collect(timed, w) }()
	hung := false
	select {
	case err = <-done:
	case <-timed.Done():
		select {
		case err = <-done:
		case <-time.After(grace):
			hung, err = true, timed.Err()
		}
	}
	w.close()
	w.mu.Lock() // a collector left behind may still be in a call
	defer w.mu.Unlock()
	if w.broken != nil {
		return Result{}, w.broken
	}
	res := Result{Items: w.items, Omitted: w.lost}
	out := Outcome{Name: name, Files: len(w.items), Bytes: res.Bytes(), Took: now().Sub(began)}
	out.State, out.Reason = judge(err, timed.Err(), hung, b, w)
	out.Reason = shown(out.Reason)
	res.Collectors = []Outcome{out}
	return res, nil
}

func judge(err, timed error, hung bool, b Budget, w *Writer) (State, string) {
	cut := false
	for _, it := range w.items {
		cut = cut || it.State == Truncated
	}
	switch {
	case hung:
		return Timeout, fmt.Sprintf("did not stop after %s and was left behind", b.Time)
	case timed != nil:
		return Timeout, fmt.Sprintf("stopped after %s", b.Time)
	case errors.Is(err, ErrBudget):
		return Partial, fmt.Sprintf("stopped at its size budget of %d bytes", b.Bytes)
	case err != nil && len(w.items) == 0:
		return Failed, err.Error()
	case err != nil:
		return Partial, err.Error()
	case w.failed:
		return Partial, "some items could not be taken"
	case cut:
		return Partial, "some items were cut"
	default:
		return OK, ""
	}
}

// Preview is one line of a dry run.
type Preview struct {
	Plan     Plan     `json:"plan"`
	Estimate Estimate `json:"estimate"`
	Budget   Budget   `json:"budget"`
	Problem  string   `json:"problem"` // why nothing could be estimated
}

// foreseeTime bounds how long one collector may look around.
const foreseeTime = 30 * time.Second

// AtMost is how much of the estimate the budget lets through.
func (p Preview) AtMost() int64 { return min(p.Estimate.Bytes, p.Budget.Bytes) }

// Missing are the items that cannot be had, with the reason.
func (p Preview) Missing() []Foreseen {
	var out []Foreseen
	for _, it := range p.Estimate.Items {
		if it.Problem != "" {
			out = append(out, it)
		}
	}
	return out
}

// Foresee says what [Run] would take: what, from where, how much, item by item,
// with what cannot be had. It writes nothing.
func Foresee(ctx context.Context, p Profile, collectors []Collector) ([]Preview, error) {
	if err := checkNames(collectors); err != nil {
		return nil, err
	}
	out := make([]Preview, 0, len(collectors))
	for _, c := range collectors {
		line := Preview{Plan: c.Plan(), Budget: p.For(c.Plan().Name)}
		timed, cancel := context.WithTimeout(ctx, foreseeTime)
		var err error
		line.Estimate, err = c.Estimate(timed)
		cancel()
		if err != nil {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("estimate %s: %w", line.Plan.Name, ctx.Err())
			}
			line.Problem = shown(err.Error())
		}
		if line.Plan.From == nil {
			line.Plan.From = []string{}
		}
		if line.Estimate.Items == nil {
			line.Estimate.Items = []Foreseen{}
		}
		out = append(out, line)
	}
	return out, nil
}
