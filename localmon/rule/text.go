package rule

import (
	"fmt"
	"iter"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const maxText = 240

// clean makes a text of the target fit for a line: no control characters, no
// direction marks, single spaces, at most max characters.
func clean(s string, limit int) string {
	s = strings.ToValidUTF8(s, "?")
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit-3]) + "..."
	}
	return s
}

var arrayPart = regexp.MustCompile(`(?i)^(ct|ch|sh)[0-9]{1,3}(\.[a-z0-9_.]{1,24})?$`)

// canon is the one spelling of a component's name.
func canon(name string) string {
	name = clean(name, maxText)
	if arrayPart.MatchString(name) {
		return strings.ToUpper(name)
	}
	return name
}

// whole is what a part belongs to: the shelf of a bay, the controller of a port.
func whole(component string) (string, bool) {
	if !arrayPart.MatchString(component) {
		return "", false
	}
	w, _, ok := strings.Cut(component, ".")
	return w, ok
}

// wholes are everything a part belongs to, the nearest first: a port of a
// fabric module belongs to the module and to the chassis.
func wholes(component string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !arrayPart.MatchString(component) {
			return
		}
		for {
			i := strings.LastIndexByte(component, '.')
			if i < 0 {
				return
			}
			if component = component[:i]; !yield(component) {
				return
			}
		}
	}
}

// holds reports whether the component w is a whole of which c is a part.
func holds(w, c string) bool {
	return w != "" && len(c) > len(w)+1 && strings.HasPrefix(c, w) && c[len(w)] == '.'
}

// fill puts values in the place of placeholders. One without a value is left
// out, with the blank or colon that led to it at the end of the sentence.
func fill(summary string, values map[string]string) string {
	out := placeholder.ReplaceAllStringFunc(summary, func(m string) string { return values[m[1:len(m)-1]] })
	return strings.TrimRight(clean(out, 300), ": ")
}

// written renders a value with its unit.
func written(v float64, unit string) string {
	switch unit {
	case "percent":
		return trim(v, 1) + " %"
	case "ratio":
		return trim(100*v, 1) + " %"
	case "usec":
		return trim(v/1000, 2) + " ms"
	case "celsius":
		return trim(v, 1) + " °C"
	case "seconds":
		return span(time.Duration(v * float64(time.Second)))
	case "per_second":
		return trim(v, 1) + "/s"
	case "bytes":
		for _, u := range []struct {
			size float64
			name string
		}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
			if math.Abs(v) >= u.size {
				return trim(v/u.size, 1) + " " + u.name
			}
		}
		return trim(v, 0) + " B"
	}
	return trim(v, 2)
}

func trim(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// span renders a duration for a sentence.
func span(d time.Duration) string {
	switch {
	case d >= 72*time.Hour:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	default:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
}

// stamp renders a time for a sentence; what the site's clock said, in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
