package exposition

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"darksite/localmon"
)

// Options of a parser.
type Options struct {
	// Target is whose samples these are where the text names no target. A text
	// that names another one is refused.
	Target string
}

// Parser reads samples of one format.
type Parser struct {
	in     *bufio.Reader
	format Format
	target string
	line   int64
	offset int64
	ended  bool // the text said that it ends
	keys   map[string]named
	known  int // bytes of the keys' spellings
	fields [][]byte
	count  int                      // columns of CSV
	units  map[string]localmon.Unit // of metric families of OpenMetrics
}

// named is a series as the text tells it.
type named struct {
	key  localmon.SeriesKey
	unit localmon.Unit
}

// NewParser reads from r.
func NewParser(r io.Reader, f Format, o Options) *Parser {
	return &Parser{in: bufio.NewReaderSize(r, MaxLine), format: f, target: o.Target, keys: map[string]named{}, units: map[string]localmon.Unit{}}
}

// Line is the number of the line read last.
func (p *Parser) Line() int64 { return p.line }

// Offset counts the bytes of the lines read so far.
func (p *Parser) Offset() int64 { return p.offset }

// Whole reports, after the last sample, whether the text says of itself that it
// ends there. CSV has no word for that: a CSV text that came to its end is
// whole.
func (p *Parser) Whole() bool { return p.ended }

// Samples reads one sample after the other. An error is an *Error, comes once
// and ends the sequence.
func (p *Parser) Samples() iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		for {
			line, err := p.next()
			if err == io.EOF {
				return
			}
			var (
				s  Sample
				ok bool
			)
			if err == nil {
				s, ok, err = p.parse(line)
			}
			if err != nil {
				yield(Sample{}, &Error{max(1, p.line), err})
				return
			}
			if ok && !yield(s, nil) {
				return
			}
		}
	}
}

// next reads one line without its end. Only "# EOF" may lack its line feed.
func (p *Parser) next() ([]byte, error) {
	line, err := p.in.ReadSlice('\n')
	if err == io.EOF && len(line) == 0 {
		return nil, p.end()
	}
	p.line++
	p.offset += int64(len(line))
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, syntaxf("the line has more than %d bytes", MaxLine)
	case err == io.EOF && p.format == OpenMetrics && string(line) == eof:
	case err == io.EOF:
		return nil, syntaxf("the last line has no line feed: the file was cut in the middle of it")
	case err != nil:
		return nil, fmt.Errorf("read: %w", err)
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), nil
}

const eof = "# EOF"

func (p *Parser) end() error {
	if p.format == CSV {
		if p.line == 0 {
			return syntaxf("the file is empty; want the columns %s", header)
		}
		p.ended = true
	}
	return io.EOF
}

func (p *Parser) parse(line []byte) (Sample, bool, error) {
	if p.format == CSV {
		return p.csvLine(line)
	}
	switch {
	case string(line) == eof:
		if p.ended {
			return Sample{}, false, syntaxf("a second %q", eof)
		}
		p.ended = true
		return Sample{}, false, nil
	case p.ended:
		return Sample{}, false, syntaxf("text after %q", eof)
	case len(line) == 0:
		return Sample{}, false, nil
	case line[0] == '#':
		return Sample{}, false, p.describe(line)
	}
	s, err := p.openMetricsLine(line)
	return s, err == nil, err
}

// csvLine reads a line of CSV; the first holds the names of the columns.
func (p *Parser) csvLine(line []byte) (s Sample, ok bool, err error) {
	if p.line == 1 {
		if p.count = columnsOf(line); p.count == 0 {
			return s, false, syntaxf("the first line is %s, want %s", short(line), header)
		}
		return s, false, nil
	}
	head, at, value := columns(line)
	n, ok := p.keys[string(head)]
	if !ok {
		if err := p.split(line); err != nil {
			return s, false, err
		}
		if len(p.fields) != p.count {
			return s, false, syntaxf("%d columns, want %d as in the first line", len(p.fields), p.count)
		}
		if n, err = p.csvKey(p.fields); err != nil {
			return s, false, err
		}
		at, value = p.fields[p.count-2], p.fields[p.count-1]
		p.remember(head, n)
	}
	s.Key, s.Unit = n.key, n.unit
	if s.At, err = parseTime(at); err != nil {
		return s, false, err
	}
	s.Value, err = parseValue(value, CSV)
	return s, err == nil, err
}

// columns cuts the line before its last two columns, which hold no comma, and
// takes the quotes of these off. The line of a head that is known needs no more.
func columns(line []byte) (head, at, value []byte) {
	last := bytes.LastIndexByte(line, ',')
	if last < 0 {
		return line, nil, nil
	}
	before := max(0, bytes.LastIndexByte(line[:last], ','))
	return line[:before], bare(line[min(before+1, last):last]), bare(line[last+1:])
}

func bare(s []byte) []byte {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

func (p *Parser) csvKey(f [][]byte) (n named, err error) {
	labels, err := localmon.ParseLabels(string(f[2]))
	if err != nil {
		return n, syntaxf("the labels %s are not name=\"value\", joined by commas", short(f[2]))
	}
	if len(f) == 6 {
		if n.unit = localmon.Unit(f[3]); !n.unit.Valid() {
			return n, syntaxf("the unit %s is not a word of small letters", short(f[3]))
		}
	}
	target, err := p.targetOf(string(f[0]))
	if err != nil {
		return n, err
	}
	n.key, err = seriesOf(target, string(f[1]), labels)
	return n, err
}

// split takes the line apart into fields, see RFC 4180; a field does not go on
// in the next line.
func (p *Parser) split(line []byte) error {
	p.fields = p.fields[:0]
	for rest := line; ; {
		var field []byte
		if len(rest) > 0 && rest[0] == '"' {
			var n int
			if field, n = unquote(rest); n < 0 {
				return syntaxf("a quote is not closed")
			}
			rest = rest[n:]
		} else {
			n := bytes.IndexByte(rest, ',')
			if n < 0 {
				n = len(rest)
			}
			if field, rest = rest[:n], rest[n:]; bytes.IndexByte(field, '"') >= 0 {
				return syntaxf("a quote inside of the field %s", short(field))
			}
		}
		p.fields = append(p.fields, field)
		if len(rest) == 0 {
			return nil
		}
		if rest[0] != ',' {
			return syntaxf("%s after a closed quote", short(rest))
		}
		if rest = rest[1:]; len(p.fields) > p.count {
			return syntaxf("more columns than the %d of the first line", p.count)
		}
	}
}

// unquote reads a quoted field and its length in the line, or -1.
func unquote(s []byte) (field []byte, n int) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '"':
			field = append(field, s[i])
		case i+1 < len(s) && s[i+1] == '"':
			field = append(field, '"')
			i++
		default:
			return field, i + 1
		}
	}
	return nil, -1
}

// openMetricsLine reads metric{labels} value time # exemplar.
func (p *Parser) openMetricsLine(line []byte) (s Sample, err error) {
	n, err := headLength(line)
	if err != nil {
		return s, err
	}
	head, rest := line[:n], line[n:]
	known, ok := p.keys[string(head)]
	if !ok {
		if known.key, err = p.openMetricsKey(head); err != nil {
			return s, err
		}
		known.unit = unitIn(p.units, known.key.Metric)
		p.remember(head, known)
	}
	s.Key, s.Unit = known.key, known.unit
	if rest, ok = bytes.CutPrefix(rest, []byte(" ")); !ok {
		return s, syntaxf("want a space and a value after %s", short(head))
	}
	value, rest, _ := bytes.Cut(rest, []byte(" "))
	if s.Value, err = parseValue(value, OpenMetrics); err != nil {
		return s, err
	}
	at, rest, exemplar := bytes.Cut(rest, []byte(" "))
	if len(at) == 0 || at[0] == '#' {
		return s, syntaxf("a sample of %s without a time: a history cannot place it", short(head))
	}
	if s.At, err = parseSeconds(at); err != nil {
		return s, err
	}
	if exemplar && !bytes.HasPrefix(rest, []byte("# {")) {
		return s, syntaxf("%s after the time", short(rest))
	}
	return s, nil
}

// headLength finds the end of metric{labels}: a brace inside of quotes is none.
func headLength(line []byte) (int, error) {
	n := bytes.IndexAny(line, "{ ")
	if n <= 0 {
		return 0, syntaxf("%s is not a metric with value and time", short(line))
	}
	if line[n] == ' ' {
		return n, nil
	}
	quoted := false
	for i := n + 1; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '}' && !quoted:
			return i + 1, nil
		}
	}
	return 0, syntaxf("the labels of %s are not closed", short(line[:n]))
}

func (p *Parser) openMetricsKey(head []byte) (k localmon.SeriesKey, err error) {
	metric, text, braces := strings.Cut(string(head), "{")
	var labels []localmon.Label
	if braces {
		if labels, err = parseLabels(strings.TrimSuffix(text, "}")); err != nil {
			return k, err
		}
	}
	own, targets, target := labels[:0], 0, ""
	for _, l := range labels {
		if l.Name == TargetLabel {
			target = l.Value
			targets++
			continue
		}
		own = append(own, l)
	}
	if targets > 1 {
		return k, syntaxf("the label %s is given twice", TargetLabel)
	}
	if target, err = p.targetOf(target); err != nil {
		return k, err
	}
	return seriesOf(target, metric, own)
}

// parseLabels reads what stands between the braces. A comma may end it.
func parseLabels(rest string) (labels []localmon.Label, err error) {
	for rest != "" {
		if len(labels) > MaxLabels {
			return nil, syntaxf("more than %d labels", MaxLabels)
		}
		n, after, ok := strings.Cut(rest, `="`)
		if !ok {
			return nil, syntaxf("%s is no label: want name=\"value\"", short(rest))
		}
		value, length, err := unescape(after)
		if err != nil {
			return nil, err
		}
		labels = append(labels, localmon.Label{Name: n, Value: value})
		if rest = after[length:]; rest == "" {
			break
		}
		if rest, ok = strings.CutPrefix(rest, ","); !ok {
			return nil, syntaxf("want a comma after the label %s", short(n))
		}
	}
	return labels, nil
}

// unescape reads the value of a label up to its closing quote.
func unescape(s string) (value string, length int, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			if value = b.String(); !utf8.ValidString(value) {
				return "", 0, syntaxf("the value of a label is not UTF-8")
			}
			return value, i + 1, nil
		case '\\':
			i++
			switch {
			case i < len(s) && s[i] == 'n':
				b.WriteByte('\n')
			case i < len(s) && (s[i] == '\\' || s[i] == '"'):
				b.WriteByte(s[i])
			default:
				return "", 0, syntaxf(`a backslash in the value of a label must come before \, " or n`)
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, syntaxf("the value of a label is not closed")
}

// targetOf decides between what the text says and what Options say.
func (p *Parser) targetOf(said string) (string, error) {
	switch {
	case said == "" && p.target == "":
		return "", fmt.Errorf("%w: %w", ErrSyntax, ErrNoTarget)
	case said == "":
		return p.target, nil
	case p.target != "" && said != p.target:
		return "", syntaxf("the sample is of the target %s, not of %q", short(said), p.target)
	}
	return said, nil
}

// mostKnown bounds the spellings that are remembered, in bytes.
const mostKnown = 8 << 20

// remember keeps the key of a spelling, so that labels are read once.
func (p *Parser) remember(head []byte, n named) {
	const each = 200 // about what an entry takes beside its texts
	if p.known += 2*len(head) + each; p.known > mostKnown {
		clear(p.keys)
		p.known = 2*len(head) + each
	}
	p.keys[string(head)] = n
}
