package metricsexp

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"darksite/training/sim"
)

// page is the array at one instant, and what is told of it: series by metric. It
// is used over and over for the room it has.
type page struct {
	view     sim.View
	work     *sim.Window
	repeat   bool // the fault that lets series come twice
	families map[string]*family
	labels   []string // room for those of one series
	out      []byte   // the whole page
}

func emptyPage() any { return &page{families: map[string]*family{}} }

func (p *page) begin(v sim.View, repeat bool) {
	p.view, p.work, p.repeat = v, v.Instant(), repeat
	for _, f := range p.families {
		f.text, f.series = f.text[:0], 0
	}
}

// family is the series of one metric, as they are written.
type family struct {
	text   []byte
	series int
}

func (p *page) family(metric string) *family {
	f, known := p.families[metric]
	if !known {
		f = &family{}
		p.families[metric] = f
	}
	return f
}

// add adds one series. Labels are name, value pairs, in the order of their
// names.
func (p *page) add(metric string, value float64, labels ...string) {
	p.write(p.family(metric), metric, value, labels)
}

func (p *page) write(f *family, metric string, value float64, labels []string) {
	begin := len(f.text)
	f.text = append(f.text, metric...)
	open := byte('{')
	for i := 0; i < len(labels); i += 2 {
		f.text = append(f.text, open)
		open = ','
		f.text = append(f.text, labels[i]...)
		f.text = append(f.text, `="`...)
		f.text = append(f.text, escape.Replace(labels[i+1])...)
		f.text = append(f.text, '"')
	}
	if len(labels) > 0 {
		f.text = append(f.text, '}')
	}
	f.text = append(f.text, ' ')
	f.text = strconv.AppendFloat(f.text, value, 'g', -1, 64)
	f.text = append(f.text, '\n')
	if p.repeat && f.series%3 == 0 {
		f.text = append(f.text, f.text[begin:]...)
	}
	f.series++
}

// dimension is one value of a family that is told apart by the label dimension.
type dimension struct {
	name  string
	value int64
}

// each adds a family. No label of an object comes before dimension by name.
func (p *page) each(metric string, values []dimension, labels ...string) {
	f := p.family(metric)
	for _, d := range values {
		p.labels = append(append(p.labels[:0], "dimension", d.name), labels...)
		p.write(f, metric, float64(d.value), p.labels)
	}
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// text is the page with the metrics in order, and the series of each in that of
// the array's own lists. All metrics of an array are gauges. The text is good
// until the page begins anew.
func (p *page) text(openMetrics bool) []byte {
	p.out = p.out[:0]
	for _, name := range slices.Sorted(maps.Keys(p.families)) {
		f := p.families[name]
		if f.series == 0 {
			continue
		}
		p.out = append(p.out, "# HELP "+name+" Simulated array: "+strings.ReplaceAll(strings.TrimPrefix(name, "purefa_"), "_", " ")+".\n"...)
		p.out = append(p.out, "# TYPE "+name+" gauge\n"...)
		p.out = append(p.out, f.text...)
	}
	if openMetrics {
		p.out = append(p.out, "# EOF\n"...)
	}
	return p.out
}
