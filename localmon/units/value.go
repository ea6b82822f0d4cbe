package units

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Value prints a value of a unit, which is a word of OpenMetrics such as bytes
// or bytes_per_second, as its like is printed elsewhere: 1.2 GiB/s, 0.34 ms, 41 %,
// 38 °C. Without a unit, or with one that is not known, it is a number of three
// digits and the word. Seconds that are a moment are printed as one, in UTC.
func Value(v float64, unit string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Missing
	}
	switch unit {
	case "":
		return Count(v)
	case "bytes":
		return Bytes(v)
	case "bytes_per_second", "bytes_per_sec":
		return BytesPerSecond(v)
	case "seconds":
		return span(v)
	case "milliseconds", "msec":
		return span(v / 1e3)
	case "microseconds", "usec":
		return span(v / 1e6)
	case "nanoseconds":
		return span(v / 1e9)
	case "timestamp_seconds":
		return moment(v)
	case "percent":
		return Percent(v / 100)
	case "ratio":
		return digits(v)
	case "celsius":
		return digits(v) + " °C"
	case "per_second":
		return PerSecond(v)
	}
	if symbol, ok := symbols[unit]; ok {
		return Count(v) + si(v) + symbol
	}
	if what, ok := strings.CutSuffix(unit, "_per_second"); ok {
		return Count(v) + " " + words(what) + "/s"
	}
	return Count(v) + " " + words(unit)
}

// symbols are those that a decimal multiple stands before, as in 10 Gbit/s.
var symbols = map[string]string{
	"bits": "bit", "bits_per_second": "bit/s", "volt": "V", "volts": "V", "watts": "W", "amperes": "A",
	"hertz": "Hz", "joules": "J", "meters": "m",
}

// si is the blank between a number and its symbol, where no multiple stands
// there already.
func si(v float64) string {
	if strings.Contains(Count(v), " ") {
		return ""
	}
	return " "
}

func words(unit string) string { return strings.ReplaceAll(unit, "_", " ") }

// span prints a latency or, from a minute on, a duration.
func span(seconds float64) string {
	if math.Abs(seconds) < 60 || math.Abs(seconds) > float64(math.MaxInt64/int64(time.Second)) {
		return Latency(seconds)
	}
	return Duration(time.Duration(seconds * float64(time.Second)))
}

// moment prints seconds since 1970, where they are of a year with four digits.
func moment(v float64) string {
	if v < -62135596800 || v >= 253402300800 {
		return strconv.FormatFloat(v, 'g', 6, 64) + " s"
	}
	return time.Unix(int64(math.Floor(v)), 0).UTC().Format(time.DateTime) + "Z"
}
