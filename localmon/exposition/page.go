package exposition

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"darksite/localmon"
)

// Kind is what is known of how the values of a metric go.
type Kind string

// The kinds that are written. A counter's name ends in _total.
const (
	Untyped Kind = ""
	Gauge   Kind = "gauge"
	Counter Kind = "counter"
)

// Family is all samples of one metric, as a page shows them.
type Family struct {
	Metric  string
	Kind    Kind
	Help    string // one line; empty for none
	Samples []FamilySample
}

// FamilySample is one value of a family. Labels are in the canonical spelling of
// [localmon.FormatLabels].
type FamilySample struct {
	Labels string
	Value  float64
}

// WritePage writes what is now, for others to scrape: families in the order of
// their names, samples in the order of their labels, without times. What the
// dialect cannot express is left out and told in the error, after the rest was
// written; so a page is always one that can be read. Whether w failed is told by
// an error that does not wrap ErrSyntax.
func WritePage(w io.Writer, d Dialect, families []Family) error {
	p := &page{out: bufio.NewWriterSize(w, 64<<10), dialect: d}
	sorted := slices.Clone(families)
	slices.SortFunc(sorted, func(a, b Family) int { return cmp.Compare(a.Metric, b.Metric) })
	for i, f := range sorted {
		if i > 0 && sorted[i-1].Metric == f.Metric {
			p.leave("the metric %s is given twice", short(f.Metric))
			continue
		}
		p.family(f)
	}
	if d == OpenMetrics10 {
		p.text(eof + "\n")
	}
	if err := errors.Join(p.failed, p.out.Flush()); err != nil {
		return fmt.Errorf("write a page: %w", err)
	}
	return errors.Join(p.left...)
}

// mostTold bounds what a page tells of what it left out.
const mostTold = 10

type page struct {
	out     *bufio.Writer
	dialect Dialect
	failed  error
	left    []error
	line    []byte
}

func (p *page) text(s string) {
	if _, err := p.out.WriteString(s); err != nil && p.failed == nil {
		p.failed = err
	}
}

func (p *page) leave(format string, args ...any) {
	if len(p.left) < mostTold {
		p.left = append(p.left, syntaxf(format, args...))
	}
}

func (p *page) family(f Family) {
	if !name(f.Metric, true) {
		p.leave("%s is no name of a metric", short(f.Metric))
		return
	}
	if f.Kind == Counter && (!strings.HasSuffix(f.Metric, "_total") || slices.ContainsFunc(f.Samples, func(s FamilySample) bool { return !(s.Value >= 0) })) {
		f.Kind = Untyped // what goes below zero, or is called otherwise, would be refused as a counter
	}
	samples := slices.Clone(f.Samples)
	slices.SortFunc(samples, func(a, b FamilySample) int { return cmp.Compare(a.Labels, b.Labels) })
	begun := false
	for i, s := range samples {
		if i > 0 && samples[i-1].Labels == s.Labels {
			p.leave("the series %s{%s} is given twice", f.Metric, short(s.Labels))
			continue
		}
		head, err := pageHead(f.Metric, s.Labels)
		if err != nil {
			p.leave("%s: %v", f.Metric, err)
			continue
		}
		if !begun {
			p.metadata(f)
			begun = true
		}
		p.line = append(p.line[:0], head...)
		p.line = append(appendValue(p.line, s.Value, OpenMetrics), '\n')
		p.text(string(p.line))
	}
}

// metadata writes what stands before the samples of a family. OpenMetrics names
// a counter without the end of its samples' name.
func (p *page) metadata(f Family) {
	metric, kind := f.Metric, string(f.Kind)
	switch {
	case f.Kind == Counter && p.dialect == OpenMetrics10:
		metric = strings.TrimSuffix(metric, "_total")
	case f.Kind == Untyped && p.dialect == OpenMetrics10:
		kind = "unknown"
	case f.Kind == Untyped:
		kind = "untyped"
	}
	if f.Help != "" {
		p.text("# HELP " + metric + " " + escapeHelp(f.Help, p.dialect) + "\n")
	}
	p.text("# TYPE " + metric + " " + kind + "\n")
}

func escapeHelp(s string, d Dialect) string {
	if d == OpenMetrics10 {
		return escape.Replace(s)
	}
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(s)
}

func pageHead(metric, text string) ([]byte, error) {
	labels, err := localmon.ParseLabels(text)
	if err != nil {
		return nil, err
	}
	b, open := []byte(metric), byte('{')
	for i, l := range labels {
		switch {
		case !name(l.Name, false):
			return nil, fmt.Errorf("%s is no name of a label", short(l.Name))
		case !utf8.ValidString(l.Value):
			return nil, fmt.Errorf("the label %s is not UTF-8", l.Name)
		case i > 0 && labels[i-1].Name == l.Name:
			return nil, fmt.Errorf("the label %s is given twice", l.Name)
		}
		b = append(append(b, open), l.Name...)
		b = append(b, '=', '"')
		open = ','
		b = append(append(b, escape.Replace(l.Value)...), '"')
	}
	if len(labels) > 0 {
		b = append(b, '}')
	}
	return append(b, ' '), nil
}

// KindOf guesses the kind of a metric from its name. All metrics of the vendor's
// exporters and all of the kit's own are gauges; of others only what the naming
// rules promise is believed.
func KindOf(metric string) Kind {
	switch {
	case strings.HasPrefix(metric, "purefa_"), strings.HasPrefix(metric, "purefb_"), strings.HasPrefix(metric, "localmon_"):
		return Gauge
	case strings.HasSuffix(metric, "_total"):
		return Counter
	}
	return Untyped
}
