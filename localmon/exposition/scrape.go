package exposition

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"mime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"darksite/localmon"
)

// Dialect is which of the two texts an exporter serves. They differ in the unit
// of times, and in how a text ends.
type Dialect uint8

// The dialects.
const (
	// Text004 is the older text of Prometheus: times count milliseconds, and
	// nothing says where the text ends.
	Text004 Dialect = iota
	// OpenMetrics10 counts seconds and ends with "# EOF".
	OpenMetrics10
)

// The media types of the dialects, as a server names them.
const (
	text004Type     = "text/plain; version=0.0.4; charset=utf-8"
	openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
)

// ContentType is the media type of the dialect.
func (d Dialect) ContentType() string {
	if d == OpenMetrics10 {
		return openMetricsType
	}
	return text004Type
}

// DialectOf tells the dialect from the media type a server gives. Whatever is
// not OpenMetrics is read as the older text, as other readers do.
func DialectOf(contentType string) Dialect {
	if media, _, err := mime.ParseMediaType(contentType); err == nil && media == "application/openmetrics-text" {
		return OpenMetrics10
	}
	return Text004
}

// Scraped is one sample as an exporter serves it, with the names as they came.
type Scraped struct {
	Metric string
	Labels []localmon.Label
	Unit   localmon.Unit // empty where the page says none, as the older text never does
	Value  float64
	At     time.Time // zero where the exporter names none, which is the usual case
}

// LineError is one line that could not be read. The lines after it can.
type LineError struct {
	Line   int64  // counted from 1
	Begins string // the first bytes of the line, for those that ask what was lost
	Err    error
}

// Error names the line and what is wrong with it.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives the cause, which wraps ErrSyntax.
func (e *LineError) Unwrap() error { return e.Err }

// Scraper reads the text an exporter serves: what is now, without times, as
// against a [Parser], which reads what was.
type Scraper struct {
	in      *bufio.Reader
	dialect Dialect
	line    int64
	ended   bool
	units   map[string]localmon.Unit // of metric families
}

// NewScraper reads from r.
func NewScraper(r io.Reader, d Dialect) *Scraper {
	return &Scraper{in: bufio.NewReaderSize(r, MaxLine), dialect: d, units: map[string]localmon.Unit{}}
}

// Whole reports, after the last sample, whether the text came to its end. The
// older text has no word for that: one that was read to the end of its last
// line is whole.
func (s *Scraper) Whole() bool { return s.ended }

// Line is the number of the line read last.
func (s *Scraper) Line() int64 { return s.line }

// Samples reads one sample after the other. A *[LineError] is about one line,
// and the sequence goes on after it; any other error is the reader's and the
// last. Nothing is read beyond "# EOF" of OpenMetrics.
func (s *Scraper) Samples() iter.Seq2[Scraped, error] {
	return func(yield func(Scraped, error) bool) {
		for !s.ended {
			line, err := s.next()
			if err == io.EOF {
				return
			}
			var bad *LineError
			if err != nil && !errors.As(err, &bad) {
				yield(Scraped{}, err)
				return
			}
			var one Scraped
			ok := false
			if err == nil {
				one, ok, err = s.parse(line)
			}
			if (ok || err != nil) && !yield(one, err) {
				return
			}
		}
	}
}

// beginning is how much of a bad line is told.
const beginning = 64

func (s *Scraper) wrong(line []byte, err error) error {
	return &LineError{Line: s.line, Begins: string(line[:min(len(line), beginning)]), Err: err}
}

// next reads one line without its end. What goes beyond MaxLine is thrown away
// unread, however long it is.
func (s *Scraper) next() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	if err == io.EOF && len(line) == 0 {
		s.ended = s.dialect == Text004
		return nil, io.EOF
	}
	s.line++
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		bad := s.wrong(line, syntaxf("the line has more than %d bytes", MaxLine))
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = s.in.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		return nil, bad
	case err == io.EOF && string(bytes.TrimSpace(line)) == eof:
	case err == io.EOF:
		return nil, s.wrong(line, syntaxf("the last line has no line feed: the text was cut in the middle of it"))
	case err != nil:
		return nil, fmt.Errorf("read: %w", err)
	}
	return bytes.Trim(line, " \t\r\n"), nil
}

// parse reads one line; ok says that it holds a sample.
func (s *Scraper) parse(line []byte) (one Scraped, ok bool, err error) {
	switch {
	case len(line) == 0:
		return one, false, nil
	case line[0] == '#':
		s.ended = s.dialect == OpenMetrics10 && string(line) == eof
		if family, u, ok := told(string(line)); ok && s.dialect == OpenMetrics10 && len(s.units) < maxUnits {
			s.units[family] = u
		}
		return one, false, nil
	case !utf8.Valid(line):
		return one, false, s.wrong(line, syntaxf("the line is not UTF-8"))
	}
	if one, err = s.sample(string(line)); err != nil {
		return Scraped{}, false, s.wrong(line, err)
	}
	return one, true, nil
}

// blanks may stand between the parts of a line.
const blanks = " \t"

func trim(s string) string { return strings.TrimLeft(s, blanks) }

// sample reads metric {labels} value time # exemplar.
func (s *Scraper) sample(line string) (one Scraped, err error) {
	n := strings.IndexAny(line, "{ \t")
	if n < 0 {
		return one, syntaxf("%s is not a metric with a value", short(line))
	}
	one.Metric = line[:n]
	rest := trim(line[n:])
	if strings.HasPrefix(rest, "{") {
		if rest, err = one.labels(rest[1:]); err != nil {
			return one, err
		}
	}
	if one.Metric == "" {
		return one, syntaxf("%s names no metric", short(line))
	}
	if len(s.units) > 0 {
		one.Unit = unitIn(s.units, one.Metric)
	}
	if one.Value, rest, err = s.value(rest); err != nil {
		return one, err
	}
	if rest == "" || s.exemplar(rest) {
		return one, nil
	}
	word, rest := cut(rest)
	if one.At, err = s.time(word); err != nil {
		return one, err
	}
	if rest != "" && !s.exemplar(rest) {
		return one, syntaxf("%s after the time", short(rest))
	}
	return one, nil
}

// exemplar reports whether what is left is one; it is passed over.
func (s *Scraper) exemplar(rest string) bool {
	return s.dialect == OpenMetrics10 && strings.HasPrefix(rest, "#")
}

func (s *Scraper) value(rest string) (float64, string, error) {
	word, rest := cut(trim(rest))
	v, err := parseValue([]byte(word), OpenMetrics)
	return v, rest, err
}

// cut takes the first word off.
func cut(s string) (word, rest string) {
	n := strings.IndexAny(s, blanks)
	if n < 0 {
		return s, ""
	}
	return s[:n], trim(s[n:])
}

func (s *Scraper) time(word string) (time.Time, error) {
	if s.dialect == OpenMetrics10 {
		return parseSeconds([]byte(word))
	}
	ms, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return time.Time{}, syntaxf("the time %s is not a number of milliseconds", short(word))
	}
	const most = math.MaxInt64 / int64(time.Millisecond)
	if ms > most || ms < -most {
		return time.Time{}, syntaxf("the time %s is beyond the year 2262", short(word))
	}
	return time.UnixMilli(ms).UTC(), nil
}

// labels reads what stands between the braces and gives what comes after them.
// A name in quotes without a value is the metric's own, see OpenMetrics 2.
func (one *Scraped) labels(rest string) (string, error) {
	for {
		rest = trim(rest)
		if after, ok := strings.CutPrefix(rest, "}"); ok {
			return after, nil
		}
		if len(one.Labels) >= MaxLabels {
			return "", syntaxf("more than %d labels", MaxLabels)
		}
		name, after, quoted, err := labelName(rest)
		if err != nil {
			return "", err
		}
		rest = trim(after)
		if value, ok := strings.CutPrefix(rest, "="); ok {
			if value, ok = strings.CutPrefix(trim(value), `"`); !ok {
				return "", syntaxf("the value of the label %s is not quoted", short(name))
			}
			text, length, ok := quotedText(value)
			if !ok {
				return "", syntaxf("the value of the label %s is not closed", short(name))
			}
			one.Labels = append(one.Labels, localmon.Label{Name: name, Value: text})
			rest = trim(value[length:])
		} else if quoted && one.Metric == "" && len(one.Labels) == 0 {
			one.Metric = name
		} else {
			return "", syntaxf("the label %s has no value", short(name))
		}
		if after, ok := strings.CutPrefix(rest, ","); ok {
			rest = after
		} else if !strings.HasPrefix(rest, "}") {
			return "", syntaxf("want a comma or a brace after the label %s", short(name))
		}
	}
}

func labelName(s string) (name, rest string, quoted bool, err error) {
	if after, ok := strings.CutPrefix(s, `"`); ok {
		text, length, ok := quotedText(after)
		if !ok || text == "" {
			return "", "", false, syntaxf("a name in quotes is empty or not closed")
		}
		return text, after[length:], true, nil
	}
	n := strings.IndexAny(s, "=,}\" \t")
	if n <= 0 {
		return "", "", false, syntaxf("%s is no label: want name=\"value\"", short(s))
	}
	return s[:n], s[n:], false, nil
}

// quotedText reads up to the closing quote. A backslash before anything but
// another, a quote or an n stays as it is, because exporters write Windows
// paths that way and other readers take them.
func quotedText(s string) (text string, length int, ok bool) {
	n := strings.IndexAny(s, `"\`)
	if n >= 0 && s[n] == '"' {
		return s[:n], n + 1, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), i + 1, true
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\"n`, s[i+1]) >= 0:
			if i++; s[i] == 'n' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}
