package scenario

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Encode writes a scenario in the one form Parse reads back to an equal
// scenario: every key that has a value, in the order of the package comment.
func (s Scenario) Encode() ([]byte, error) {
	top := mapping{}
	top.text("scenario", s.Name)
	top.text("title", s.Title)
	top.bare("seed", fmt.Sprint(s.Seed))
	if !s.Start.IsZero() {
		top.text("start", s.Start.UTC().Format(time.RFC3339))
	}
	var arrays, events []*yaml.Node
	for _, a := range s.Arrays {
		m := mapping{}
		m.text("name", a.Name)
		m.text("size", string(a.Size))
		arrays = append(arrays, m.node(yaml.FlowStyle))
	}
	top.list("arrays", arrays)
	for _, e := range s.Events {
		events = append(events, e.node())
	}
	if len(events) > 0 {
		top.list("events", events)
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(top.node(0)); err != nil {
		return nil, fmt.Errorf("encode scenario %s: %w", s.Name, err)
	}
	return b.Bytes(), nil
}

func (e Event) node() *yaml.Node {
	m := mapping{}
	m.text("at", e.At.String())
	m.text("array", e.Array)
	m.text("fault", string(e.Fault.Kind))
	m.text("target", e.Fault.Target)
	if e.Fault.Duration > 0 {
		m.text("duration", e.Fault.Duration.String())
	}
	if len(e.Fault.Params) > 0 {
		p := mapping{}
		for _, k := range slices.Sorted(maps.Keys(e.Fault.Params)) {
			p.text(k, e.Fault.Params[k])
		}
		m.add("params", p.node(yaml.FlowStyle))
	}
	m.text("id", e.Fault.ID)
	return m.node(0)
}

// mapping is the content of a YAML mapping in the making.
type mapping struct{ content []*yaml.Node }

func (m *mapping) add(k string, v *yaml.Node) {
	key := &yaml.Node{}
	key.SetString(k)
	m.content = append(m.content, key, v)
}

// text adds a text, quoted where YAML would take it for something else; an
// empty one is left out.
func (m *mapping) text(k, v string) {
	if v == "" {
		return
	}
	n := &yaml.Node{}
	n.SetString(v)
	m.add(k, n)
}

func (m *mapping) bare(k, v string) { m.add(k, &yaml.Node{Kind: yaml.ScalarNode, Value: v}) }

func (m *mapping) list(k string, members []*yaml.Node) {
	m.add(k, &yaml.Node{Kind: yaml.SequenceNode, Content: members})
}

func (m *mapping) node(style yaml.Style) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Style: style, Content: m.content}
}
