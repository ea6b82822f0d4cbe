package units_test

import (
	"math"
	"testing"
	"time"

	"darksite/localmon/units"

	"github.com/stretchr/testify/require"
)

func TestPrint(t *testing.T) {
	for _, c := range []struct{ want, got string }{
		{"0 B", units.Bytes(0)},
		{"1 B", units.Bytes(1)},
		{"1023 B", units.Bytes(1023)},
		{"1 KiB", units.Bytes(1024)},
		{"1 MiB", units.Bytes(1024*1024 - 1)},
		{"1.5 KiB", units.Bytes(1536)},
		{"20 GiB", units.Bytes(20 << 30)},
		{"-1.5 KiB", units.Bytes(-1536)},
		{"16 EiB", units.Bytes(math.MaxUint64)},
		{"-", units.Bytes(math.NaN())},
		{"1.25 GiB/s", units.BytesPerSecond(1.25 * (1 << 30))},
		{"-", units.BytesPerSecond(math.Inf(1))},
		{"12.5 k/s", units.PerSecond(12500)},
		{"7 /s", units.PerSecond(7)},
		{"-", units.PerSecond(math.NaN())},
		{"0.05", units.Count(0.05)},
		{"999", units.Count(999.4)},
		{"1 k", units.Count(999.6)},
		{"1.23 M", units.Count(1_234_567)},
		{"97.3 %", units.Percent(0.973)},
		{"99.9 %", units.Percent(0.99999)},
		{"100 %", units.Percent(1)},
		{"<0.1 %", units.Percent(0.00001)},
		{"0 %", units.Percent(0)},
		{"-", units.Percent(math.NaN())},
		{"0.42 ms", units.Latency(0.00042)},
		{"42 µs", units.Latency(0.000042)},
		{"12.3 ms", units.Latency(0.01234)},
		{"1 s", units.Latency(0.9999)},
		{"1.2 s", units.Latency(1.2)},
		{"0 ms", units.Latency(0)},
		{"0 s", units.Duration(0)},
		{"420 ms", units.Duration(420 * time.Millisecond)},
		{"42 s", units.Duration(42*time.Second + 900*time.Millisecond)},
		{"1 min", units.Duration(119 * time.Second)},
		{"6 h 12 m", units.Duration(6*time.Hour + 12*time.Minute + 59*time.Second)},
		{"2 h", units.Duration(2 * time.Hour)},
		{"3 d 4 h", units.Duration(76 * time.Hour)},
		{"-1 min", units.Duration(-time.Minute)},
		{"-106751 d 23 h", units.Duration(math.MinInt64)},
	} {
		require.Equal(t, c.want, c.got)
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]int64{
		"20GiB": 20 << 30, "1.5 TB": 1_500_000_000_000, "512": 512, "0": 0, " 3 kib ": 3 << 10, "7B": 7,
	} {
		got, err := units.ParseBytes(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"", "GiB", "10K", "-1MB", "1e3", "0x10", "NaN", "Inf", "99999EB", "1 2MB", "1.2.3"} {
		_, err := units.ParseBytes(in)
		require.ErrorContains(t, err, "size", in)
	}
	for in, want := range map[string]float64{"95%": 0.95, "0.5": 0.5, "120 %": 1.2, "1": 1} {
		got, err := units.ParsePercent(in)
		require.NoError(t, err, in)
		require.InDelta(t, want, got, 1e-12, in)
	}
	for _, in := range []string{"95", "", "%", "x%"} {
		_, err := units.ParsePercent(in)
		require.Error(t, err, in)
	}
	for in, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "10m": 10 * time.Minute, "1 min": time.Minute, "6 h 12 m": 372 * time.Minute,
		"6h12m": 372 * time.Minute, "90d": 90 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "1.5h": 90 * time.Minute, "-5m": -5 * time.Minute,
	} {
		got, err := units.ParseDuration(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"", "-", "5", "h", "5 parsecs", "1..2s", "9999999w", "5m3"} {
		_, err := units.ParseDuration(in)
		require.ErrorContains(t, err, "duration", in)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"20GiB", "6 h 12 m", "95%", "-", "1.5 TB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := units.ParseBytes(s); err == nil {
			back, err := units.ParseBytes(units.Bytes(float64(n)))
			require.NoError(t, err)
			require.InEpsilon(t, float64(n)+1, float64(back)+1, 0.01)
		}
		if d, err := units.ParseDuration(s); err == nil && d >= time.Millisecond {
			back, err := units.ParseDuration(units.Duration(d))
			require.NoError(t, err)
			require.LessOrEqual(t, back, d)
			require.Greater(t, back, d/2-1)
		}
		_, _ = units.ParsePercent(s)
	})
}
