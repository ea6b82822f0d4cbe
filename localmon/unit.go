package localmon

import (
	"slices"
	"strings"
)

// Unit says what the values of a series count, in the words of OpenMetrics:
// bytes, seconds, celsius, bytes_per_second. Empty is not known, or a plain
// number. Package units prints values with their unit.
type Unit string

// The units that names are read for, beside the plain words of [UnitOf].
const (
	UnitNone      Unit = ""
	UnitBytes     Unit = "bytes"
	UnitByteRate  Unit = "bytes_per_second"
	UnitBitRate   Unit = "bits_per_second"
	UnitSeconds   Unit = "seconds"
	UnitTimestamp Unit = "timestamp_seconds" // a moment: seconds since 1970
	UnitPercent   Unit = "percent"
	UnitRatio     Unit = "ratio"
)

// maxUnit bounds the word of a unit, in bytes.
const maxUnit = 64

// Valid reports whether the unit is empty or one word of small letters, digits
// and underscores, as it can stand at the end of a metric's name.
func (u Unit) Valid() bool {
	if len(u) > maxUnit {
		return false
	}
	for i := range len(u) {
		if c := u[i]; c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// Rate is the unit of the increase per second of values of this unit.
func (u Unit) Rate() Unit {
	switch u {
	case UnitNone:
		return "per_second"
	case UnitSeconds:
		return UnitRatio
	}
	return u + "_per_second"
}

// suffixes are the units that the last words of a metric's name say, longer
// ones first.
var suffixes = []Unit{
	"bytes_per_second", "bytes_per_sec", "bits_per_second", "timestamp_seconds",
	"bytes", "bits", "seconds", "milliseconds", "microseconds", "nanoseconds", "msec", "usec",
	"percent", "ratio", "celsius", "volts", "volt", "watts", "amperes", "hertz", "joules", "meters", "iops",
}

// UnitOf reads the unit of a series from its name, and from what is known of the
// vendor's names: those say bytes where the array counts bytes per second. It
// says nothing rather than guess. Labels are in the spelling of [FormatLabels].
func UnitOf(metric, labels string) Unit {
	if u, ok := known(metric, labels); ok {
		return u
	}
	metric = strings.TrimSuffix(strings.TrimSuffix(metric, "_total"), "_sum")
	i := slices.IndexFunc(suffixes, func(u Unit) bool { return hasWord(metric, string(u)) })
	if i < 0 {
		return UnitNone
	}
	return suffixes[i]
}

// hasWord reports whether a name ends with a word after an underscore.
func hasWord(name, word string) bool {
	rest, ok := strings.CutSuffix(name, word)
	return ok && strings.HasSuffix(rest, "_")
}

// Says reports whether the name of a metric ends with the unit, so that
// OpenMetrics lets the unit stand beside it. A counter's _total does not count.
func (u Unit) Says(metric string) bool {
	return u != UnitNone && hasWord(strings.TrimSuffix(metric, "_total"), string(u))
}

// known is what some names count that their last word does not say.
func known(metric, labels string) (Unit, bool) {
	switch metric {
	case "node_boot_time_seconds", "process_start_time_seconds":
		return UnitTimestamp, true
	case "node_network_speed_bytes":
		return UnitByteRate, true
	}
	if !strings.HasPrefix(metric, "purefa_") && !strings.HasPrefix(metric, "purefb_") {
		return UnitNone, false
	}
	switch {
	case strings.HasSuffix(metric, "_speed_bandwidth_bytes"):
		return UnitBitRate, true // the array's own value, under the exporter's name
	case strings.HasSuffix(metric, "_bandwidth_bytes"):
		return UnitByteRate, true
	case strings.HasSuffix(metric, "_throughput_pkts"):
		return "packets_per_second", true
	case strings.HasSuffix(metric, "_performance_errors"):
		return "errors_per_second", true
	case strings.HasSuffix(metric, "_utilization"):
		return UnitPercent, true
	case strings.HasSuffix(metric, "_qos_iops_limit"):
		return "iops", true
	case strings.HasSuffix(metric, "_space_bytes"):
		// two ratios stand among the bytes
		return UnitRatio, strings.Contains(labels, `space="total_reduction"`) || strings.Contains(labels, `space="thin_provisioning"`)
	}
	return UnitNone, false
}
