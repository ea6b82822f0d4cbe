package units_test

import (
	"math"
	"testing"

	"darksite/localmon/units"

	"github.com/stretchr/testify/require"
)

func TestValue(t *testing.T) {
	for _, c := range []struct {
		v          float64
		unit, want string
	}{
		{1.2 * (1 << 30), "bytes_per_second", "1.2 GiB/s"},
		{1.2 * (1 << 30), "bytes", "1.2 GiB"},
		{340, "usec", "0.34 ms"},
		{42, "microseconds", "42 µs"},
		{12.3, "msec", "12.3 ms"},
		{90, "seconds", "1 min"},
		{3.5, "seconds", "3.5 s"},
		{1772323200, "timestamp_seconds", "2026-03-01 00:00:00Z"},
		{1e300, "timestamp_seconds", "1e+300 s"},
		{41, "percent", "41 %"},
		{4.53, "ratio", "4.53"},
		{38, "celsius", "38 °C"},
		{12.05, "volt", "12.1 V"},
		{10e9, "bits_per_second", "10 Gbit/s"},
		{900, "bits_per_second", "900 bit/s"},
		{12500, "iops", "12.5 k iops"},
		{0.25, "errors_per_second", "0.25 errors/s"},
		{7, "per_second", "7 /s"},
		{1234567, "", "1.23 M"},
		{3, "light_years", "3 light years"},
		{math.NaN(), "bytes", "-"},
		{math.Inf(-1), "", "-"},
	} {
		require.Equal(t, c.want, units.Value(c.v, c.unit), c.unit)
	}
}
