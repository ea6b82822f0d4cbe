// Package collect takes diagnostic data into a staging folder, under budgets of
// time and size, and records what was taken, from where, and what was not.
//
// A [Collector] takes one kind of thing: the facts of a host, its logs, the
// history of the monitor. It says what it takes and why before it takes
// anything ([Collector.Plan], [Preview]), and hands what it finds to a
// [Writer]. [Run] lets collectors work one after the other; a collector that
// fails, hangs or runs out of budget costs its own data and no other's, and the
// loss is recorded item by item in the [Result].
//
// Before anything is taken, [Foresee] says item by item what would be, from where
// and how much, and what cannot be had: a program that is not installed, a file
// that may not be read, an array that does not answer.
//
// Promises: nothing but regular files is ever opened, no link is followed out
// of the folder a collector was given, programs are started without a shell
// from a short positive list, a text that is cut is cut at a line end, and a
// file is in the staging folder whole or not at all.
//
// What is staged is raw: it has not met the redactor and must not leave the
// folder. A run that is killed leaves no [ReportName], and without it nobody takes
// the folder for a collection. Collectors live in sub-packages and take everything they read from,
// so that tests need no real machine; [Document] is the collector of a text
// that is already in memory.
package collect

import (
	"context"
	"errors"
	"time"
)

// Plan says what a collector takes, before it takes it.
type Plan struct {
	Name string   `json:"name"` // a-z, 0-9 and -; also the folder of its files
	What string   `json:"what"` // one line
	Why  string   `json:"why"`  // one line: what support does with it
	From []string `json:"from"` // paths, programs or endpoints
}

// Estimate is what a collector expects to take if no budget stops it.
type Estimate struct {
	Files int        `json:"files"`
	Bytes int64      `json:"bytes"`
	Exact bool       `json:"exact"` // false: a guess, programs and endpoints were not asked
	Items []Foreseen `json:"items"` // the same one by one, and what cannot be had
}

// Foreseen is one item as a collector expects it before it takes anything.
type Foreseen struct {
	Origin  string `json:"origin"`
	Files   int    `json:"files"` // an array is one item and many files
	Bytes   int64  `json:"bytes"`
	Exact   bool   `json:"exact"`
	Problem string `json:"problem"` // why it cannot be had; empty where it can
}

// Sum is the estimate of these items. What cannot be had counts for nothing.
func Sum(items []Foreseen) Estimate {
	e := Estimate{Exact: true, Items: make([]Foreseen, 0, len(items))}
	for _, it := range items {
		it.Origin, it.Problem = shown(it.Origin), shown(it.Problem)
		e.Items = append(e.Items, it)
		if it.Problem == "" {
			e.Files += it.Files
			e.Bytes += it.Bytes
			e.Exact = e.Exact && it.Exact
		}
	}
	return e
}

// Collector takes one kind of thing.
//
// Collect adds files to w until it is done, ctx ends or w refuses. What could
// not be read goes to [Writer.Fail] and does not end the work; the error
// returned is for what ended it. Collect is called once and must return soon
// after ctx ends: a collector that does not is left behind and its writer
// closed.
type Collector interface {
	Plan() Plan
	Estimate(ctx context.Context) (Estimate, error)
	Collect(ctx context.Context, w *Writer) error
}

// Errors a collector decides on.
var (
	// ErrBudget says that the size budget is used up: the collector should end.
	ErrBudget = errors.New("size budget used up")
	// ErrClosed says that the runner has given up on the collector.
	ErrClosed = errors.New("collector was stopped")
)

// State says how it went with one collector or one item.
type State string

// The states. Partial: something is missing. Timeout: stopped by the time
// budget, what was taken before is kept.
const (
	OK        State = "ok"
	Truncated State = "truncated"
	Partial   State = "partial"
	Failed    State = "failed"
	Timeout   State = "timeout"
)

// Item is one file in the staging folder.
type Item struct {
	Path   string `json:"path"` // below the staging folder
	Origin string `json:"origin"`
	Source string `json:"source"` // name of the collector
	Size   int64  `json:"size"`
	State  State  `json:"state"`  // ok or truncated
	Reason string `json:"reason"` // why it was cut
}

// Omission is something that was meant to be taken and was not.
type Omission struct {
	Origin string `json:"origin"`
	Source string `json:"source"`
	Reason string `json:"reason"`
}

// Outcome is how it went with one collector.
type Outcome struct {
	Name   string        `json:"name"`
	State  State         `json:"state"`
	Reason string        `json:"reason"`
	Files  int           `json:"files"`
	Bytes  int64         `json:"bytes"`
	Took   time.Duration `json:"took_ns"`
}

// Result is everything a run took and missed.
type Result struct {
	Collectors []Outcome  `json:"collectors"`
	Items      []Item     `json:"items"`
	Omitted    []Omission `json:"omitted"`
	Profile    string     `json:"profile"`
}

// Bytes adds up the items.
func (r Result) Bytes() int64 {
	var n int64
	for _, it := range r.Items {
		n += it.Size
	}
	return n
}

// Complete reports whether every collector got everything.
func (r Result) Complete() bool {
	for _, c := range r.Collectors {
		if c.State != OK {
			return false
		}
	}
	return true
}
