package exposition

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"darksite/localmon"
)

// Format names one of the two spellings.
type Format string

// The formats. Their values are what people type.
const (
	OpenMetrics Format = "openmetrics"
	CSV         Format = "csv"
)

// TargetLabel is the label that holds the target of a series in OpenMetrics. No
// series may have a label of this name of its own.
const TargetLabel = "darksite_target"

// Limits of one line, for both directions.
const (
	MaxLine   = 64 << 10 // bytes, with the line feed
	MaxLabels = 64       // of one series, beside the target
	MaxName   = 256      // bytes of the name of a target, metric or label
	// MaxText bounds the labels of a series in their canonical spelling, so that
	// no other spelling of them makes a line longer than MaxLine.
	MaxText = 24 << 10
)

// ErrSyntax is what every error about the content of a text wraps.
var ErrSyntax = errors.New("not in the format")

// ErrNoTarget says that a sample names no target and Options name none either.
// It comes with ErrSyntax.
var ErrNoTarget = errors.New("the sample names no target, and none was given for those that do not")

// Error says where a text could not be read.
type Error struct {
	Line int64 // counted from 1
	Err  error
}

// Error names the line and what is wrong with it.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Sample is one value of one series at one time. OpenMetrics knows one unit for
// all series of a metric: the unit of the first sample is taken for it.
type Sample struct {
	Key   localmon.SeriesKey
	Unit  localmon.Unit // empty when the text says none
	At    time.Time
	Value float64
}

// The columns of CSV. The unit may be missing in what others write.
const (
	header   = "target,metric,labels,unit,time,value"
	unitless = "target,metric,labels,time,value"
)

// columnsOf is how many columns the first line of a text names; zero when it is
// not the first line of CSV.
func columnsOf(first []byte) int {
	switch string(first) {
	case header:
		return 6
	case unitless:
		return 5
	}
	return 0
}

// Detect tells the format from the first bytes of a text: CSV begins with the
// names of its columns.
func Detect(first []byte) Format {
	line, _, _ := bytes.Cut(first, []byte("\n"))
	if columnsOf(bytes.TrimSuffix(line, []byte("\r"))) > 0 {
		return CSV
	}
	return OpenMetrics
}

// The times that nanoseconds in 64 bits can hold, which is what a history keeps.
var (
	earliest = time.Unix(0, -math.MaxInt64)
	latest   = time.Unix(0, math.MaxInt64)
)

func syntaxf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrSyntax, fmt.Sprintf(format, args...))
}

// short keeps a piece of foreign text from filling an error.
func short[T string | []byte](s T) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%q and more", string(s[:most]))
	}
	return fmt.Sprintf("%q", string(s))
}

func letter(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }

// name reports whether s is the name of a label, or of a metric when colons are
// allowed.
func name[T string | []byte](s T, colons bool) bool {
	if len(s) == 0 || len(s) > MaxName {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(letter(c) || c == ':' && colons || '0' <= c && c <= '9' && i > 0) {
			return false
		}
	}
	return true
}

// checkTarget says what is wrong with the name of a target.
func checkTarget(s string) error {
	switch {
	case s == "":
		return syntaxf("no target is named")
	case len(s) > MaxName:
		return syntaxf("the target %s has more than %d bytes", short(s), MaxName)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return syntaxf("the target %s has bytes that are no plain text", short(s))
	}
	return nil
}

// seriesOf makes a key of checked parts.
func seriesOf(target, metric string, labels []localmon.Label) (localmon.SeriesKey, error) {
	k := localmon.SeriesKey{Target: target, Metric: metric, Labels: localmon.JoinLabels(labels)}
	return k, checkKey(k, labels)
}

// checkKey says what of a key cannot be written, or must not be read.
func checkKey(k localmon.SeriesKey, labels []localmon.Label) error {
	if err := checkTarget(k.Target); err != nil {
		return err
	}
	if !name(k.Metric, true) {
		return syntaxf("%s is no name of a metric", short(k.Metric))
	}
	if len(labels) > MaxLabels || len(k.Labels) > MaxText {
		return syntaxf("%d labels of %d bytes, at most %d of %d are allowed", len(labels), len(k.Labels), MaxLabels, MaxText)
	}
	seen := make(map[string]bool, len(labels))
	for _, l := range labels {
		switch {
		case !name(l.Name, false):
			return syntaxf("%s is no name of a label", short(l.Name))
		case l.Name == TargetLabel:
			return syntaxf("the label %s is kept for the target", TargetLabel)
		case seen[l.Name]:
			return syntaxf("the label %s is given twice", l.Name)
		}
		seen[l.Name] = true
	}
	return nil
}
