package exposition

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// nanPrefix begins a NaN that is not the usual one, in CSV: its bits follow, in
// sixteen hexadecimal digits.
const nanPrefix = "NaN:"

var usualNaN = math.Float64bits(math.NaN())

// appendValue writes a value so that it reads back to the bit, but for the bits
// of a NaN, which only CSV keeps.
func appendValue(b []byte, v float64, f Format) []byte {
	switch {
	case math.IsNaN(v) && f == CSV && math.Float64bits(v) != usualNaN:
		b = append(b, nanPrefix...)
		bits := strconv.FormatUint(math.Float64bits(v), 16)
		for range 16 - len(bits) {
			b = append(b, '0')
		}
		return append(b, bits...)
	case math.IsNaN(v):
		return append(b, "NaN"...)
	case math.IsInf(v, 1):
		return append(b, "+Inf"...)
	case math.IsInf(v, -1):
		return append(b, "-Inf"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// parseValue reads a decimal number, an infinity or NaN. The spellings that
// strconv knows beyond OpenMetrics, hexadecimal and underscores, are refused.
func parseValue(s []byte, f Format) (float64, error) {
	if rest, ok := bytes.CutPrefix(s, []byte(nanPrefix)); ok && f == CSV {
		bits, err := strconv.ParseUint(string(rest), 16, 64)
		v := math.Float64frombits(bits)
		if err != nil || len(rest) != 16 || !math.IsNaN(v) {
			return 0, syntaxf("%s are not the bits of a NaN", short(s))
		}
		return v, nil
	}
	if len(s) == 0 {
		return 0, syntaxf("no value")
	}
	if bytes.ContainsAny(s, "xXpP_") {
		return 0, syntaxf("the value %s is not a decimal number", short(s))
	}
	v, err := strconv.ParseFloat(string(s), 64)
	switch {
	case err != nil && math.IsInf(v, 0):
		return 0, syntaxf("the value %s is larger than a number of 64 bits can be", short(s))
	case err != nil:
		return 0, syntaxf("the value %s is not a number", short(s))
	}
	return v, nil
}

const nanoDigits = 9

// appendSeconds writes a time as seconds since the epoch, to the nanosecond and
// without zeros at the end.
func appendSeconds(b []byte, at time.Time) []byte {
	n := at.UnixNano()
	u := uint64(n)
	if n < 0 {
		b, u = append(b, '-'), -u
	}
	b = strconv.AppendUint(b, u/1e9, 10)
	if u %= 1e9; u == 0 {
		return b
	}
	fraction := strconv.FormatUint(1e9+u, 10) // its first digit keeps the zeros after it
	return append(append(b, '.'), bytes.TrimRight([]byte(fraction[1:]), "0")...)
}

// parseSeconds reads seconds since the epoch: a decimal number with fraction or
// exponent, exactly, what is below a nanosecond cut off.
func parseSeconds(s []byte) (time.Time, error) {
	digits, point, negative, ok := decimal(s)
	if !ok {
		return time.Time{}, syntaxf("the time %s is not a number of seconds", short(s))
	}
	places := point + nanoDigits // digits that count whole nanoseconds
	if places > 19 {
		return time.Time{}, outside(s)
	}
	var u uint64
	for i := range places {
		u *= 10 // at most 19 digits: no overflow
		if i < len(digits) {
			u += uint64(digits[i] - '0')
		}
	}
	switch {
	case u > math.MaxInt64:
		return time.Time{}, outside(s)
	case negative:
		return time.Unix(0, -int64(u)).UTC(), nil
	}
	return time.Unix(0, int64(u)).UTC(), nil
}

func outside(s []byte) error {
	return syntaxf("the time %s is beyond the year 2262: OpenMetrics counts seconds, not milliseconds", short(s))
}

// decimal takes a number apart: its digits without zeros in front, and where the
// point stands among them.
func decimal(s []byte) (digits []byte, point int, negative, ok bool) {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	mantissa, exponent, hasExponent := s, []byte(nil), false
	if i := bytes.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent, hasExponent = s[:i], s[i+1:], true
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	if len(whole)+len(fraction) == 0 || !allDigits(whole) || !allDigits(fraction) {
		return nil, 0, false, false
	}
	point = len(whole)
	if hasExponent {
		e, err := strconv.ParseInt(string(exponent), 10, 16)
		if err != nil {
			return nil, 0, false, false
		}
		point += int(e)
	}
	digits = append(append(make([]byte, 0, len(mantissa)), whole...), fraction...)
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
		point--
	}
	if len(digits) == 0 {
		point = 0
	}
	return digits, point, negative, true
}

func allDigits(s []byte) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// parseTime reads a time of RFC 3339.
func parseTime(s []byte) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, string(s))
	switch {
	case err != nil || bytes.IndexByte(s, ',') >= 0: // Go takes a comma before the fraction
		return time.Time{}, syntaxf("the time %s is not one of RFC 3339, such as 2025-11-22T14:00:00Z", short(s))
	case at.Before(earliest) || at.After(latest):
		return time.Time{}, syntaxf("the time %s is before 1678 or after 2262", short(s))
	}
	return at.UTC(), nil
}
