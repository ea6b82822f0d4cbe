package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var byteFactors = map[string]float64{
	"": 1, "B": 1,
	"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40, "PIB": 1 << 50, "EIB": 1 << 60,
	"KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "EB": 1e18,
}

// ParseBytes reads a size such as 20GiB, 1.5 TB or 512 in bytes. KiB and its
// kin count in 1024, KB in 1000; case does not matter; a bare K is refused
// because people mean both by it.
func ParseBytes(s string) (int64, error) {
	n, unit, err := split(s)
	factor, ok := byteFactors[strings.ToUpper(unit)]
	if err != nil || !ok || n < 0 {
		return 0, fmt.Errorf("size %q: want a number and B, KiB, MiB, GiB, TiB, KB, MB, GB or TB, such as 20GiB", s)
	}
	if n*factor >= math.MaxInt64 {
		return 0, fmt.Errorf("size %q: too large", s)
	}
	return int64(math.Round(n * factor)), nil
}

// ParsePercent reads 95%, 95 % or 0.95 as the share 0.95. A number above one
// needs the sign, so that 95 is not taken for 95 times the whole.
func ParsePercent(s string) (float64, error) {
	n, unit, err := split(s)
	switch {
	case err == nil && unit == "%":
		return n / 100, nil
	case err == nil && unit == "" && math.Abs(n) <= 1:
		return n, nil
	}
	return 0, fmt.Errorf("share %q: want a per cent such as 95%% or a share such as 0.95", s)
}

var durationFactors = map[string]time.Duration{
	"ns": 1, "us": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond, "ms": time.Millisecond,
	"s": time.Second, "m": time.Minute, "min": time.Minute, "h": time.Hour,
	"d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

// ParseDuration reads 30s, 10m, 1 min, 6 h 12 m, 90d, 2w. A day is 24 hours.
// Every number needs its unit.
func ParseDuration(s string) (time.Duration, error) {
	wrong := fmt.Errorf("duration %q: want numbers with ms, s, m, h, d or w, such as 90s, 6h12m or 30d", s)
	rest := strings.TrimSpace(s)
	negative := strings.HasPrefix(rest, "-")
	rest = strings.TrimPrefix(rest, "-")
	if rest == "" {
		return 0, wrong
	}
	var sum float64
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if end <= 0 {
			return 0, wrong
		}
		n, err := strconv.ParseFloat(rest[:end], 64)
		if err != nil {
			return 0, wrong
		}
		rest = strings.TrimLeft(rest[end:], " ")
		end = strings.IndexAny(rest, "0123456789. ")
		if end < 0 {
			end = len(rest)
		}
		factor, ok := durationFactors[rest[:end]]
		if !ok {
			return 0, wrong
		}
		sum += n * float64(factor)
		rest = strings.TrimLeft(rest[end:], " ")
	}
	if sum >= math.MaxInt64 {
		return 0, fmt.Errorf("duration %q: longer than 292 years", s)
	}
	d := time.Duration(math.Round(sum))
	if negative {
		d = -d
	}
	return d, nil
}

// split parts a number from the unit behind it. NaN, infinities and hexadecimal
// are not numbers here.
func split(s string) (n float64, unit string, err error) {
	s = strings.TrimSpace(s)
	end := strings.LastIndexAny(s, "0123456789.") + 1
	for i, r := range s[:end] {
		if !strings.ContainsRune("0123456789.", r) && !(i == 0 && r == '-') {
			return 0, "", fmt.Errorf("not a number: %q", s)
		}
	}
	n, err = strconv.ParseFloat(s[:end], 64)
	return n, strings.TrimSpace(s[end:]), err
}
