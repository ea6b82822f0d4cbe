package runbooks

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sentence says in a language what the predicate expects, so that a person can
// audit a check without reading its file.
func (p Predicate) Sentence(l Lang) string {
	switch {
	case p.Count != nil:
		c := p.Count
		if l == French {
			return fmt.Sprintf("nombre de composants « %s » à l'état %s : %s", c.Type, list(c.Status, " ou "), bound(l, c.Op, float64(c.Value), ""))
		}
		return fmt.Sprintf("number of %s components that are %s: %s", c.Type, list(c.Status, " or "), bound(l, c.Op, float64(c.Value), ""))
	case p.Each != nil:
		if l == French {
			return fmt.Sprintf("chaque composant « %s » est à l'état %s", p.Each.Type, list(p.Each.Status, " ou "))
		}
		return fmt.Sprintf("every %s is %s", p.Each.Type, list(p.Each.Status, " or "))
	case p.Metric != nil:
		return fmt.Sprintf("%s %s", series(p.Metric.Name, p.Metric.Labels), bound(l, p.Metric.Op, p.Metric.Value, p.Metric.Unit))
	case p.Growth != nil:
		g := p.Growth
		if l == French {
			return fmt.Sprintf("la hausse de %s sur %s est %s", series(g.Name, g.Labels), span(g.Window), bound(l, g.Op, g.Value, g.Unit))
		}
		return fmt.Sprintf("the rise of %s over %s is %s", series(g.Name, g.Labels), span(g.Window), bound(l, g.Op, g.Value, g.Unit))
	case p.Alert != nil && p.Alert.Open:
		if l == French {
			return "une alerte « " + p.Alert.Rule + " » est ouverte"
		}
		return "an alert of rule " + p.Alert.Rule + " is open"
	case p.Alert != nil:
		if l == French {
			return "aucune alerte « " + p.Alert.Rule + " » n'est ouverte"
		}
		return "no alert of rule " + p.Alert.Rule + " is open"
	}
	return ""
}

// Describe says in a language what was found.
func (p Predicate) Describe(l Lang, v Verdict) string {
	if v.Result == Unknown {
		if l == French {
			return "inconnu : " + v.Reason
		}
		return "unknown: " + v.Reason
	}
	of := "of"
	if l == French {
		of = "sur"
	}
	names := ""
	if len(v.Found.Names) > 0 {
		names = " (" + shorten(v.Found.Names) + ")"
	}
	switch {
	case p.Count != nil, p.Each != nil:
		return fmt.Sprintf("%.0f %s %d%s", v.Found.Number, of, v.Found.Total, names)
	case p.Metric != nil:
		return quantity(l, v.Found.Number, p.Metric.Unit)
	case p.Growth != nil:
		return quantity(l, v.Found.Number, p.Growth.Unit)
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
	words := map[string][2]string{
		"<": {"below", "moins de"}, "<=": {"at most", "au plus"}, ">": {"above", "plus de"},
		">=": {"at least", "au moins"}, "==": {"exactly", "exactement"}, "!=": {"other than", "différent de"},
	}[op]
	i := 0
	if l == French {
		i = 1
	}
	return words[i] + " " + quantity(l, value, unit)
}

// span writes hours, which both languages abbreviate alike.
func span(d time.Duration) string {
	return strconv.FormatFloat(d.Hours(), 'f', -1, 64) + " h"
}

// units the predicates know, with how their values are written.
func unitSuffix(unit string) (scale float64, suffix string, known bool) {
	switch unit {
	case "":
		return 1, "", true
	case "percent":
		return 1, " %", true
	case "celsius":
		return 1, " °C", true
	case "microseconds":
		return 1, " µs", true
	case "gibibytes":
		return 1 << 30, " GiB", true
	}
	return 1, "", false
}

func validUnit(unit string) bool {
	_, _, ok := unitSuffix(unit)
	return ok
}

func quantity(l Lang, value float64, unit string) string {
	scale, suffix, _ := unitSuffix(unit)
	prec := -1
	if scaled := value / scale; scaled != float64(int64(scaled)) {
		prec = 1
	}
	s := strconv.FormatFloat(value/scale, 'f', prec, 64)
	if l == French {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + suffix
}
