package metricsexp

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// page collects series by metric and writes them with their descriptions.
type page struct {
	families map[string][]string // metric -> rendered series
	repeat   bool                // the fault that lets series come twice
}

// add adds one series. Labels are name, value pairs, in the order of their
// names.
func (p *page) add(metric string, value float64, labels ...string) {
	var b strings.Builder
	b.WriteString(metric)
	open := byte('{')
	for i := 0; i < len(labels); i += 2 {
		b.WriteByte(open)
		open = ','
		b.WriteString(labels[i])
		b.WriteString(`="`)
		b.WriteString(escape.Replace(labels[i+1]))
		b.WriteByte('"')
	}
	if len(labels) > 0 {
		b.WriteByte('}')
	}
	b.WriteByte(' ')
	b.WriteString(strconv.FormatFloat(value, 'g', -1, 64))
	b.WriteByte('\n')
	p.families[metric] = append(p.families[metric], b.String())
}

// dimension is one value of a family that is told apart by the label dimension.
type dimension struct {
	name  string
	value int64
}

// each adds a family. No label of an object comes before dimension by name.
func (p *page) each(metric string, values []dimension, labels ...string) {
	for _, d := range values {
		p.add(metric, float64(d.value), append([]string{"dimension", d.name}, labels...)...)
	}
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// text is the page with metrics and series in order. All metrics of an array
// are gauges.
func (p *page) text(openMetrics bool) []byte {
	var names []string
	for name := range p.families {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	for _, name := range names {
		b.WriteString("# HELP " + name + " Simulated array: " + strings.ReplaceAll(strings.TrimPrefix(name, "purefa_"), "_", " ") + ".\n")
		b.WriteString("# TYPE " + name + " gauge\n")
		lines := p.families[name]
		slices.Sort(lines)
		for i, line := range lines {
			b.WriteString(line)
			if p.repeat && i%3 == 0 {
				b.WriteString(line)
			}
		}
	}
	if openMetrics {
		b.WriteString("# EOF\n")
	}
	return b.Bytes()
}
