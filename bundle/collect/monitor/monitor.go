// Package monitor collects what the local monitor knows: alerts and every
// change of them as JSON lines, the table of series, and the history as CSV,
// one file for each metric family.
//
// Two spans of history are taken. Average and maximum of each step for the
// longer past (folder trend) first, then samples one by one, as they were
// scraped, for the recent past (folder samples). When the samples would not fit
// into the size budget, their span is made shorter for all series alike and the
// report says so: a fault is seen by comparing curves of one span. The samples
// are in the columns of package exposition, so that a history can import them.
// Times are UTC
// in RFC 3339. A gap in the history is a gap in the file. Where the monitor could not be asked the file is
// missing and the report says why: nothing is filled in.
package monitor

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/collect"
	"darksite/localmon"
	"darksite/localmon/exposition"
	"darksite/localmon/units"
)

// Name is the collector's name and the folder of its files.
const Name = "monitor"

// AlertSource gives the site's alerts and their life.
type AlertSource interface {
	Alerts(ctx context.Context) ([]localmon.Alert, error)
	// Changes gives every change kept, oldest first.
	Changes(ctx context.Context) iter.Seq2[localmon.Change, error]
}

// Options says what to read.
type Options struct {
	History localmon.Reader // nil leaves the history out
	Alerts  AlertSource     // nil leaves alerts out
	Now     time.Time       // end of both spans
	Recent  time.Duration   // samples one by one
	Trend   time.Duration   // average and maximum of each Step
	Step    time.Duration
	Every   time.Duration     // between two samples, as far as known; zero means 30 s
	Select  localmon.Selector // which series; the zero value takes all
}

// Monitor is the collector.
type Monitor struct{ o Options }

// New makes the collector.
func New(o Options) *Monitor {
	o.Every = cmp.Or(o.Every, 30*time.Second)
	return &Monitor{o}
}

// Plan says what is taken.
func (m *Monitor) Plan() collect.Plan {
	return collect.Plan{
		Name: Name,
		What: fmt.Sprintf("alerts and their changes; samples of the last %s; average and maximum of each %s for the last %s", units.Duration(m.o.Recent), units.Duration(m.o.Step), units.Duration(m.o.Trend)),
		Why:  "the curve around the fault, and when it began and ended",
		From: []string{"alerts", "changes of alerts", "series", "samples", "trend"},
	}
}

// rowBytes is about what one row of CSV takes: time, unit and value are at most
// 60 bytes, quotation marks in labels are doubled.
func rowBytes(k localmon.SeriesKey) int64 {
	return int64(60 + len(k.Target) + len(k.Metric) + len(k.Labels) + strings.Count(k.Labels, `"`))
}

// Estimate asks for the table of series and works the rest out from how long
// each series has been kept.
func (m *Monitor) Estimate(ctx context.Context) (collect.Estimate, error) {
	if m.o.History == nil {
		return collect.Estimate{}, errors.New("no history was given")
	}
	series, err := m.o.History.Series(ctx, m.o.Select)
	if err != nil {
		return collect.Estimate{}, fmt.Errorf("list series: %w", err)
	}
	var items []collect.Foreseen
	if m.o.Alerts != nil {
		some, err := m.alertsBytes(ctx)
		if err != nil {
			return collect.Estimate{}, fmt.Errorf("count changes of alerts: %w", err)
		}
		items = append(items, some...)
	}
	items = append(items, collect.Foreseen{Origin: "series of the history", Files: 1, Bytes: m.rows(series, func(localmon.Series) int64 { return 1 })})
	all := families(series)
	for _, f := range all {
		if m.o.Step > 0 {
			n := m.rows(f.series, func(s localmon.Series) int64 { return int64(min(s.Last.Sub(s.First), m.o.Trend)/m.o.Step) + 1 })
			items = append(items, collect.Foreseen{Origin: "trend of " + f.metric, Files: 1, Bytes: n})
		}
	}
	for _, f := range all {
		items = append(items, collect.Foreseen{Origin: "samples of " + f.metric, Files: 1, Bytes: m.samplesBytes(f.series, m.o.Recent)})
	}
	return collect.Sum(items), nil
}

// changeBytes is about what an alert or one change of it takes as text.
const changeBytes = 900

func (m *Monitor) alertsBytes(ctx context.Context) ([]collect.Foreseen, error) {
	open, err := m.o.Alerts.Alerts(ctx)
	if err != nil {
		return nil, err
	}
	changes := int64(0)
	for _, err := range m.o.Alerts.Changes(ctx) {
		if err != nil {
			return nil, err
		}
		changes++
	}
	return []collect.Foreseen{
		{Origin: "alerts of the site", Files: 1, Bytes: changeBytes * int64(len(open))},
		{Origin: "changes of alerts", Files: 1, Bytes: changeBytes * changes},
	}, nil
}

// rows is about what so many rows of each series take.
func (m *Monitor) rows(series []localmon.Series, of func(localmon.Series) int64) int64 {
	var n int64
	for _, s := range series {
		n += rowBytes(s.Key) * of(s)
	}
	return n
}

// samplesBytes is about what the samples of a span take.
func (m *Monitor) samplesBytes(series []localmon.Series, span time.Duration) int64 {
	var n int64
	for _, s := range series {
		from := m.o.Now.Add(-span)
		if s.First.After(from) {
			from = s.First
		}
		if kept := s.Last.Sub(from); kept >= 0 {
			n += rowBytes(s.Key) * (1 + int64(kept/m.o.Every))
		}
	}
	return n
}

// fitting is the longest span, in halves of the wanted one, whose samples fit
// into the budget with a tenth to spare.
func (m *Monitor) fitting(series []localmon.Series, budget int64) time.Duration {
	span := m.o.Recent
	for span > time.Minute && m.samplesBytes(series, span) > budget/10*9 {
		span /= 2
	}
	return span
}

// family is the series of one metric.
type family struct {
	metric string
	series []localmon.Series
}

// families groups series by metric, both in order.
func families(series []localmon.Series) []family {
	sorted := slices.SortedFunc(slices.Values(series), func(a, b localmon.Series) int {
		return cmp.Or(cmp.Compare(a.Key.Metric, b.Key.Metric), a.Key.Compare(b.Key))
	})
	var out []family
	for _, s := range sorted {
		if len(out) == 0 || out[len(out)-1].metric != s.Key.Metric {
			out = append(out, family{metric: s.Key.Metric})
		}
		last := &out[len(out)-1]
		last.series = append(last.series, s)
	}
	return out
}

// Collect takes alerts first, then the table of series, trend and samples.
func (m *Monitor) Collect(ctx context.Context, w *collect.Writer) error {
	if m.o.Alerts != nil {
		if err := m.alerts(ctx, w); err != nil {
			return err
		}
	}
	if m.o.History == nil {
		return nil
	}
	series, err := m.o.History.Series(ctx, m.o.Select)
	if err != nil {
		return fmt.Errorf("list series: %w", err)
	}
	err = add(w, "series.csv", "series of the history", func(out io.Writer) error { return seriesCSV(out, series) })
	if err != nil {
		return err
	}
	all := families(series)
	for _, f := range all {
		if m.o.Step <= 0 {
			break
		}
		err := add(w, "trend/"+f.metric+".csv", "trend of "+f.metric, func(out io.Writer) error { return m.trend(ctx, out, f) })
		if err != nil {
			return err
		}
	}
	span := m.fitting(series, w.Left())
	if span < m.o.Recent {
		w.Omit("samples", fmt.Sprintf("the last %s are taken, not the last %s: the size budget", units.Duration(span), units.Duration(m.o.Recent)))
	}
	for _, f := range all {
		err := add(w, "samples/"+f.metric+".csv", "samples of "+f.metric, func(out io.Writer) error { return m.samples(ctx, out, f, span) })
		if err != nil {
			return err
		}
	}
	return nil
}

// add streams what write produces. A source that fails costs its own file only.
func add(w *collect.Writer, name, origin string, write func(io.Writer) error) error {
	pr, pw := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buffered := bufio.NewWriterSize(pw, 64<<10)
		err := write(buffered)
		if err == nil {
			err = buffered.Flush()
		}
		_ = pw.CloseWithError(err) // always nil
	}()
	err := w.Add(name, origin, pr)
	_ = pr.Close() // always nil; ends write when Add gave up early
	<-ended
	if err == nil || errors.Is(err, collect.ErrBudget) || errors.Is(err, collect.ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	w.Fail(origin, err)
	return nil
}

func (m *Monitor) alerts(ctx context.Context, w *collect.Writer) error {
	err := add(w, "alerts.jsonl", "alerts of the site", func(out io.Writer) error {
		all, err := m.o.Alerts.Alerts(ctx)
		if err != nil {
			return err
		}
		return lines(out, slices.Values(all))
	})
	if err != nil {
		return err
	}
	return add(w, "changes.jsonl", "changes of alerts", func(out io.Writer) error {
		var failed error
		err := lines(out, func(yield func(localmon.Change) bool) {
			for c, err := range m.o.Alerts.Changes(ctx) {
				if failed = err; err != nil || !yield(c) {
					return
				}
			}
		})
		return errors.Join(failed, err)
	})
}

func lines[T any](out io.Writer, all iter.Seq[T]) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for v := range all {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

func seriesCSV(out io.Writer, series []localmon.Series) error {
	c := csv.NewWriter(out)
	rows := [][]string{{"target", "metric", "labels", "unit", "first", "last"}}
	for _, s := range series {
		rows = append(rows, []string{s.Key.Target, s.Key.Metric, s.Key.Labels, string(s.Unit), stamp(s.First), stamp(s.Last)})
	}
	slices.SortFunc(rows[1:], slices.Compare)
	return c.WriteAll(rows)
}

// samples writes what a history can import.
func (m *Monitor) samples(ctx context.Context, out io.Writer, f family, span time.Duration) error {
	w := exposition.NewWriter(out, exposition.CSV)
	window := localmon.Window{From: m.o.Now.Add(-span), To: m.o.Now}
	for _, s := range f.series {
		for p, err := range m.o.History.Range(ctx, s.Key, window) {
			if err != nil {
				return fmt.Errorf("read %s: %w", s.Key, err)
			}
			if err := w.Write(exposition.Sample{Key: s.Key, Unit: s.Unit, At: p.At, Value: p.Value}); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

func (m *Monitor) trend(ctx context.Context, out io.Writer, f family) error {
	c := csv.NewWriter(out)
	if err := c.Write([]string{"at", "target", "labels", "avg", "max"}); err != nil {
		return err
	}
	window := localmon.Window{From: m.o.Now.Add(-m.o.Trend), To: m.o.Now, Step: m.o.Step}
	for _, s := range f.series {
		if err := m.trendOf(ctx, c, s.Key, window); err != nil {
			return fmt.Errorf("read %s: %w", s.Key, err)
		}
	}
	c.Flush()
	return c.Error()
}

// trendOf reads the maxima into memory before the averages: a store may not
// allow one goroutine two open readings, and a trend has few points.
func (m *Monitor) trendOf(ctx context.Context, c *csv.Writer, key localmon.SeriesKey, window localmon.Window) error {
	peaks := map[int64]float64{}
	window.Agg = localmon.AggMax
	for p, err := range m.o.History.Range(ctx, key, window) {
		if err != nil {
			return err
		}
		peaks[p.At.Unix()] = p.Value
	}
	window.Agg = localmon.AggAvg
	for p, err := range m.o.History.Range(ctx, key, window) {
		if err != nil {
			return err
		}
		peak := ""
		if v, ok := peaks[p.At.Unix()]; ok {
			peak = number(v)
		}
		if err := c.Write([]string{stamp(p.At), key.Target, key.Labels, number(p.Value), peak}); err != nil {
			return err
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
