// Package units prints and parses the quantities people meet in the kit: sizes,
// shares, rates, latencies and ages. It is the only place that formats
// numbers for people, so that one value looks alike in a table, an alert and
// a bundle.
//
// Printing is for reading: three significant digits, one space before the
// unit, no locale. Parsing is strict and says what it would accept. What was
// printed can be parsed again, to within the digits shown.
//
// The words are symbols, not sentences, and so the same in every language.
package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Missing is printed for a quantity that is not a number.
const Missing = "-"

var (
	binary  = []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	decimal = []string{"", "k", "M", "G", "T", "P", "E"}
)

// Bytes prints a size in powers of 1024, such as 20 GiB.
func Bytes(n float64) string { return scaled(n, 1024, binary) }

// BytesPerSecond prints a throughput, such as 1.25 GiB/s.
func BytesPerSecond(n float64) string {
	if s := Bytes(n); s != Missing {
		return s + "/s"
	}
	return Missing
}

// PerSecond prints a rate of events, such as 12.5 k/s.
func PerSecond(n float64) string {
	s := Count(n)
	switch {
	case s == Missing:
		return s
	case strings.Contains(s, " "):
		return s + "/s"
	}
	return s + " /s"
}

// Count prints a number with a decimal multiple, such as 12.5 k.
func Count(n float64) string { return strings.TrimSuffix(scaled(n, 1000, decimal), " ") }

// Percent prints a share, where 1 is the whole, such as 97.3 %. It never
// rounds up to 100 % or down to 0 % what is not quite there.
func Percent(share float64) string {
	p := share * 100
	switch {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return Missing
	case p < 100 && p > 99.9:
		return "99.9 %"
	case p > 0 && p < 0.1:
		return "<0.1 %"
	}
	return trim(strconv.FormatFloat(p, 'f', 1, 64)) + " %"
}

// Latency prints a short time, such as 0.42 ms or 1.2 s, given in seconds.
func Latency(seconds float64) string {
	switch a := math.Abs(seconds); {
	case math.IsNaN(a) || math.IsInf(a, 0):
		return Missing
	case a == 0:
		return "0 ms"
	case a < 99.95e-6:
		return digits(seconds*1e6) + " µs"
	case a < 0.9995:
		return digits(seconds*1e3) + " ms"
	}
	return digits(seconds) + " s"
}

// scaled prints n in the largest unit that leaves at least one before the point.
func scaled(n, base float64, names []string) string {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return Missing
	}
	i := 0
	// 999.5 would be printed as 1000: it belongs to the next unit
	for i < len(names)-1 && math.Abs(n) >= base-0.5 {
		n /= base
		i++
	}
	return digits(n) + " " + names[i]
}

// digits prints three significant digits, or all before the point.
func digits(n float64) string {
	decimals := 0
	switch a := math.Abs(n); {
	case a == 0:
	case a >= 1e15: // beyond any prefix: all digits would fill a line
		return strconv.FormatFloat(n, 'g', 3, 64)
	case a < 0.9995:
		decimals = min(6, 2-int(math.Floor(math.Log10(a))))
	case a < 9.995:
		decimals = 2
	case a < 99.95:
		decimals = 1
	}
	return trim(strconv.FormatFloat(n, 'f', decimals, 64))
}

// trim takes off zeros after the point, and the sign of a zero.
func trim(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// Duration prints a span or an age with its two largest parts: 420 ms, 42 s,
// 1 min, 6 h 12 m, 3 d 4 h. Parts are cut, not rounded, so that an age is never
// shown older than it is.
func Duration(d time.Duration) string {
	if d < 0 {
		if d == math.MinInt64 {
			d++ // has no positive counterpart
		}
		return "-" + Duration(-d)
	}
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d/time.Microsecond)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < day:
		return twoParts(d, time.Hour, "h", time.Minute, "m")
	}
	return twoParts(d, day, "d", time.Hour, "h")
}

func twoParts(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	if rest := d % big / small; rest > 0 {
		return fmt.Sprintf("%d %s %d %s", d/big, bigName, rest, smallName)
	}
	return fmt.Sprintf("%d %s", d/big, bigName)
}
