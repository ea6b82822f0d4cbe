package exposition

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"darksite/localmon"
)

// Writer writes samples in one format.
type Writer struct {
	out    *bufio.Writer
	format Format
	begun  bool
	key    localmon.SeriesKey // whose head is rendered
	unit   localmon.Unit
	told   map[string]bool // metric families of OpenMetrics that were described
	head   []byte
	line   []byte
}

// NewWriter writes to w, by way of a buffer: nothing is sure to be there before
// Close.
func NewWriter(w io.Writer, f Format) *Writer {
	return &Writer{out: bufio.NewWriterSize(w, 64<<10), format: f, told: map[string]bool{}}
}

// Write adds one sample. A series or a time that the format cannot express is
// an error that wraps ErrSyntax; nothing is written then, and the writer goes
// on with the next sample.
func (w *Writer) Write(s Sample) error {
	if err := w.begin(); err != nil {
		return err
	}
	if s.At.Before(earliest) || s.At.After(latest) {
		return fmt.Errorf("write a sample of %s: %w", s.Key, syntaxf("its time is before 1678 or after 2262"))
	}
	if s.Key != w.key || s.Unit != w.unit {
		head, err := w.render(s.Key, s.Unit)
		if err != nil {
			return fmt.Errorf("write a sample of %s: %w", s.Key, err)
		}
		w.key, w.unit, w.head = s.Key, s.Unit, head
		if err := w.describe(s.Key.Metric, s.Unit); err != nil {
			return err
		}
	}
	b := append(w.line[:0], w.head...)
	if w.format == CSV {
		b = s.At.UTC().AppendFormat(b, time.RFC3339Nano)
		b = appendValue(append(b, ','), s.Value, CSV)
	} else {
		b = appendValue(b, s.Value, OpenMetrics)
		b = appendSeconds(append(b, ' '), s.At)
	}
	w.line = append(b, '\n')
	_, err := w.out.Write(w.line)
	return err
}

// begin writes what stands before the first sample.
func (w *Writer) begin() (err error) {
	if !w.begun && w.format == CSV {
		_, err = w.out.WriteString(header + "\n")
	}
	w.begun = true
	return err
}

// describe writes what stands before the first sample of a metric.
func (w *Writer) describe(metric string, u localmon.Unit) error {
	family := metric
	if KindOf(metric) == Counter {
		family = strings.TrimSuffix(metric, "_total")
	}
	if w.format == CSV || w.told[metric] || family != metric && w.told[family] {
		return nil
	}
	w.told[metric], w.told[family] = true, true
	_, err := w.out.Write(appendDescription(nil, family, metric, u))
	return err
}

// Close writes the end of the format and empties the buffer. It does not close
// the writer below.
func (w *Writer) Close() error {
	if err := w.begin(); err != nil {
		return err
	}
	if w.format == OpenMetrics {
		if _, err := w.out.WriteString("# EOF\n"); err != nil {
			return err
		}
	}
	return w.out.Flush()
}

// render makes what all lines of a series begin with.
func (w *Writer) render(k localmon.SeriesKey, u localmon.Unit) ([]byte, error) {
	if !u.Valid() {
		return nil, syntaxf("the unit %s is not a word of small letters", short(string(u)))
	}
	labels, err := localmon.ParseLabels(k.Labels)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	if err := checkKey(k, labels); err != nil {
		return nil, err
	}
	if w.format == CSV {
		return csvHead(k, u), nil
	}
	return openMetricsHead(k, labels)
}

func csvHead(k localmon.SeriesKey, u localmon.Unit) []byte {
	var b []byte
	for _, field := range []string{k.Target, k.Metric, k.Labels, string(u)} {
		b = append(appendField(b, field), ',')
	}
	return b
}

func appendField(b []byte, s string) []byte {
	if !strings.ContainsAny(s, "\",\r\n") {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}

// escape spells a value of a label as OpenMetrics does.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func openMetricsHead(k localmon.SeriesKey, labels []localmon.Label) ([]byte, error) {
	b := append([]byte(k.Metric), '{')
	for i, l := range append([]localmon.Label{{Name: TargetLabel, Value: k.Target}}, labels...) {
		if !utf8.ValidString(l.Value) {
			return nil, syntaxf("the label %s is not UTF-8, which OpenMetrics asks for; CSV can hold it", l.Name)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, l.Name...)
		b = append(b, '=', '"')
		b = append(b, escape.Replace(l.Value)...)
		b = append(b, '"')
	}
	return append(b, '}', ' '), nil
}
