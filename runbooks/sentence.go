package runbooks

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Sentence says in a language what the predicate expects, so that a person can
// audit a check without reading its file.
func (p Predicate) Sentence(l Lang) string {
	switch {
	case p.Count != nil:
		c := p.Count
		what, which := c.parts().words(l)
		if l == French {
			return fmt.Sprintf("nombre de composants %s à l'état %s : %s", what+which, list(c.Status, " ou "), bound(l, c.Op, float64(c.Value), ""))
		}
		return fmt.Sprintf("number of %s components%s that are %s: %s", what, which, list(c.Status, " or "), bound(l, c.Op, float64(c.Value), ""))
	case p.Each != nil:
		what, which := p.Each.parts().words(l)
		if l == French {
			return fmt.Sprintf("chaque composant %s est à l'état %s", what+which, list(p.Each.Status, " ou "))
		}
		return fmt.Sprintf("every %s is %s", what+which, list(p.Each.Status, " or "))
	case p.Metric != nil:
		return fmt.Sprintf("%s %s", series(p.Metric.Name, p.Metric.Labels), bound(l, p.Metric.Op, p.Metric.Value, p.Metric.Unit))
	case p.Growth != nil:
		g := p.Growth
		if l == French {
			return fmt.Sprintf("la hausse de %s sur %s est %s", series(g.Name, g.Labels), quantity(l, g.Window.Hours(), "hours", -1), bound(l, g.Op, g.Value, g.Unit))
		}
		return fmt.Sprintf("the rise of %s over %s is %s", series(g.Name, g.Labels), quantity(l, g.Window.Hours(), "hours", -1), bound(l, g.Op, g.Value, g.Unit))
	case p.Alert != nil && p.Alert.Open:
		if l == French {
			return "une alerte « " + list(p.Alert.rules(), " ou ") + " » est ouverte"
		}
		return "an alert of rule " + list(p.Alert.rules(), " or ") + " is open"
	case p.Alert != nil:
		if l == French {
			return "aucune alerte « " + list(p.Alert.rules(), " ou ") + " » n'est ouverte"
		}
		return "no alert of rule " + list(p.Alert.rules(), " or ") + " is open"
	case p.Age != nil:
		return p.Age.sentence(l)
	case p.series() != nil:
		return p.series().sentence(l)
	}
	return ""
}

// Describe says in a language what was found.
func (p Predicate) Describe(l Lang, v Verdict) string {
	if v.Result == Unknown {
		if l == French {
			return "inconnu : " + Printable(v.Reason)
		}
		return "unknown: " + Printable(v.Reason)
	}
	of := "of"
	if l == French {
		of = "sur"
	}
	names := ""
	if len(v.Found.Names) > 0 {
		names = " (" + Printable(shorten(v.Found.Names)) + ")"
	}
	switch {
	case p.Count != nil, p.Each != nil:
		return fmt.Sprintf("%.0f %s %d%s", v.Found.Number, of, v.Found.Total, names)
	case p.Metric != nil:
		return measured(l, v.Found.Number, p.Metric.Op, p.Metric.Value, p.Metric.Unit)
	case p.Growth != nil:
		return measured(l, v.Found.Number, p.Growth.Op, p.Growth.Value, p.Growth.Unit)
	case p.Age != nil:
		return p.Age.describe(l, v)
	case p.series() != nil:
		return p.series().describe(l, v)
	default:
		return strconv.Itoa(len(v.Found.Names)) + names
	}
}

// shorten keeps a list of names readable on one line.
func shorten(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(", +%d", len(names)-most)
}

func list(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}

func series(name string, labels map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, labels[k])
	}
	if len(parts) == 0 {
		return name
	}
	return name + " (" + strings.Join(parts, ", ") + ")"
}

func bound(l Lang, op string, value float64, unit string) string {
	words := opWords(op)
	if l == French {
		return words[1] + " " + quantity(l, value, unit, -1)
	}
	return words[0] + " " + quantity(l, value, unit, -1)
}

// opWords gives the words of an operator in English and French, or nothing for
// one that does not exist.
func opWords(op string) [2]string {
	return map[string][2]string{
		"<": {"below", "moins de"}, "<=": {"at most", "au plus"}, ">": {"above", "plus de"},
		">=": {"at least", "au moins"}, "==": {"exactly", "exactement"}, "!=": {"other than", "différent de"},
	}[op]
}

// unitSuffix knows the units of predicates and how their values are written.
func unitSuffix(unit string) (scale float64, suffix string, known bool) {
	switch unit {
	case "":
		return 1, "", true
	case "percent":
		return 1, " %", true
	case "celsius":
		return 1, " °C", true
	case "hours":
		return 1, " h", true
	case "minutes":
		return 1, " min", true
	case "seconds":
		return 1, " s", true
	case "microseconds":
		return 1, " µs", true
	case "bytes": // written in GiB
		return 1 << 30, " GiB", true
	}
	return 1, "", false
}

func validUnit(unit string) bool {
	_, _, ok := unitSuffix(unit)
	return ok
}

// measured writes a found value with one decimal, or with as many as it takes
// for the written value to stand on the same side of the bound.
func measured(l Lang, value float64, op string, limit float64, unit string) string {
	scale, _, _ := unitSuffix(unit)
	for prec := 1; prec < 7; prec++ {
		shown, err := strconv.ParseFloat(strconv.FormatFloat(value/scale, 'f', prec, 64), 64)
		if err == nil && compare(shown, op, limit/scale) == compare(value, op, limit) {
			return quantity(l, value, unit, prec)
		}
	}
	return quantity(l, value, unit, -1)
}

// quantity writes a value with its unit; prec is the number of decimals, -1 as
// many as it has. Whole numbers have none.
func quantity(l Lang, value float64, unit string, prec int) string {
	scale, suffix, _ := unitSuffix(unit)
	value /= scale
	if value == math.Trunc(value) {
		prec = 0
	}
	s := strconv.FormatFloat(value, 'f', prec, 64)
	if l == French {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + suffix
}

// Printable replaces what a terminal would act on or hide by question marks, and
// line ends by spaces: names in a sentence come from arrays, which are not trusted.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case !unicode.IsGraphic(r):
			return '?'
		}
		return r
	}, s)
}
