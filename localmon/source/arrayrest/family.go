package arrayrest

import "darksite/localmon"

// Family is one metric whose label dimension is the name of the field the
// value came from.
type Family struct {
	Metric string
	Fields []string
}

// Add emits every field of the family that is there. Labels are name, value
// pairs.
func (m Family) Add(s *localmon.Sampler, f Fields, labels ...string) {
	for _, dimension := range m.Fields {
		if v, ok := f.Num(dimension); ok {
			s.Add(v, m.Metric, append([]string{"dimension", dimension}, labels...)...)
		}
	}
}
