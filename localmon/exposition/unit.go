package exposition

import (
	"strings"

	"darksite/localmon"
)

// A unit stands in the line OpenMetrics has for it where the metric's name ends
// with it, as OpenMetrics asks for. Else it is told in the text for people, which
// every reader takes:
//
//	# UNIT node_memory_MemFree_bytes bytes
//	# HELP purefa_array_utilisation unit: percent
const (
	unitLine = "# UNIT "
	helpLine = "# HELP "
	typeLine = "# TYPE "
	unitHelp = "unit: "
)

// maxUnits bounds how many metrics of one text may have a unit.
const maxUnits = 1 << 16

// told reads the unit of a metric family from a line of a text; ok is false for
// every other line, and for units that are no words.
func told(line string) (family string, u localmon.Unit, ok bool) {
	rest, isUnit := strings.CutPrefix(line, unitLine)
	if !isUnit {
		if rest, ok = strings.CutPrefix(line, helpLine); !ok {
			return "", "", false
		}
	}
	family, word, _ := strings.Cut(rest, " ")
	if !isUnit {
		if word, ok = strings.CutPrefix(word, unitHelp); !ok {
			return "", "", false
		}
	}
	u = localmon.Unit(word)
	return family, u, name(family, true) && u != localmon.UnitNone && u.Valid()
}

// keepUnit notes the unit of a family, within a bound.
func keepUnit(units map[string]localmon.Unit, family string, u localmon.Unit) error {
	if _, known := units[family]; !known && len(units) == maxUnits {
		return syntaxf("more than %d metrics with a unit", maxUnits)
	}
	units[family] = u
	return nil
}

// unitIn is the unit of the samples of a metric. A counter's samples, and the sum
// of a histogram, have a longer name than the family.
func unitIn(units map[string]localmon.Unit, metric string) localmon.Unit {
	for _, end := range []string{"", "_total", "_sum"} {
		if family, ok := strings.CutSuffix(metric, end); ok {
			if u, ok := units[family]; ok {
				return u
			}
		}
	}
	return localmon.UnitNone
}

// describe reads a line that is no sample.
func (p *Parser) describe(line []byte) error {
	if family, u, ok := told(string(line)); ok {
		return keepUnit(p.units, family, u)
	}
	return nil
}

// appendDescription writes what OpenMetrics says of a metric before its samples.
func appendDescription(b []byte, family, metric string, u localmon.Unit) []byte {
	if k := KindOf(metric); k != Untyped {
		b = append(b, typeLine+family+" "+string(k)+"\n"...)
	}
	written := u
	if u == localmon.UnitTimestamp && u.Says(family) {
		written = localmon.UnitSeconds // the name says that it is a moment
	}
	switch {
	case written.Says(family):
		b = append(b, unitLine+family+" "+string(written)+"\n"...)
	case u != localmon.UnitNone && u != localmon.UnitOf(metric, ""):
		b = append(b, helpLine+family+" "+unitHelp+string(u)+"\n"...)
	}
	return b
}
