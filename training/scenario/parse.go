package scenario

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"darksite/training/sim"
)

// Bounds of what is read.
const (
	maxBytes  = 256 << 10
	maxArrays = 32
	maxEvents = 1000
	maxText   = 200
	maxAt     = 366 * 24 * time.Hour
)

// Error is a mistake in a scenario file.
type Error struct {
	File         string
	Line, Column int // from 1; 0 when the whole file is meant
	Problem      string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// reader keeps the first mistake and lets the rest pass, so that the code
// below reads like the file.
type reader struct {
	file string
	err  error
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{r.file, n.Line, n.Column, fmt.Sprintf(format, args...)}
	}
}

// Parse reads a scenario. The file name is used in errors only.
func Parse(file string, data []byte) (Scenario, error) {
	r := &reader{file: file}
	if len(data) > maxBytes {
		return Scenario{}, &Error{File: file, Problem: fmt.Sprintf("%d bytes; a scenario has at most %d", len(data), maxBytes)}
	}
	if !utf8.Valid(data) {
		return Scenario{}, &Error{File: file, Problem: "not UTF-8 text"}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		return Scenario{}, r.syntax(err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return Scenario{}, &Error{File: file, Problem: "more than one document; remove what follows '---'"}
	}
	s := r.scenario(doc.Content[0])
	if r.err != nil {
		return Scenario{}, r.err
	}
	return s, nil
}

// syntax turns an error of the YAML reader, which tells the line in its text,
// into one of ours.
func (r *reader) syntax(err error) error {
	if errors.Is(err, io.EOF) {
		return &Error{File: r.file, Problem: "the file is empty"}
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if num, problem, ok := strings.Cut(rest, ": "); ok {
			if line, e := strconv.Atoi(num); e == nil {
				return &Error{r.file, line, 1, problem}
			}
		}
	}
	return &Error{File: r.file, Problem: text}
}

// fields reads a mapping, refusing unknown and repeated keys.
func (r *reader) fields(n *yaml.Node, what string, known ...string) map[string]*yaml.Node {
	m := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s is a list of 'key: value' lines", what)
		return m
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode:
			r.fail(k, "a key of %s is one word", what)
		case len(known) > 0 && !slices.Contains(known, k.Value):
			r.fail(k, "%s has no key %q; %s", what, clip(k.Value), suggest(k.Value, known))
		case m[k.Value] != nil:
			r.fail(k, "key %q is here twice", clip(k.Value))
		}
		m[k.Value] = v
	}
	return m
}

// text reads a value of one line.
func (r *reader) text(n *yaml.Node, what string) string {
	if n == nil || r.err != nil {
		return ""
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		r.fail(n, "%s is one value", what)
	case n.Tag == "!!null" || n.Value == "":
		r.fail(n, "%s is empty; give a value or leave the line out", what)
	case len(n.Value) > maxText:
		r.fail(n, "%s is longer than %d bytes", what, maxText)
	case strings.ContainsFunc(n.Value, func(c rune) bool {
		return c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff
	}):
		r.fail(n, "%s has to fit on one line of plain text", what)
	}
	return n.Value
}

// list reads the members of a list.
func (r *reader) list(n *yaml.Node, what string, most int) []*yaml.Node {
	if n == nil || r.err != nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "%s is a list of lines that begin with '- '", what)
		return nil
	}
	if len(n.Content) > most {
		r.fail(n, "%s has %d members; at most %d are read", what, len(n.Content), most)
		return nil
	}
	return n.Content
}

func (r *reader) duration(n *yaml.Node, what string, most time.Duration) time.Duration {
	text := r.text(n, what)
	if n == nil || r.err != nil {
		return 0
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		r.fail(n, "%s %q is not a duration such as 90s, 10m or 1h30m", what, text)
	case d < 0 || d > most:
		r.fail(n, "%s %s is outside 0s to %s", what, text, most)
	case d%time.Millisecond != 0:
		r.fail(n, "%s %s is finer than a millisecond", what, text)
	}
	return d
}

func (r *reader) scenario(n *yaml.Node) Scenario {
	f := r.fields(n, "a scenario", "scenario", "title", "seed", "start", "arrays", "events")
	s := Scenario{Seed: 1}
	if f["scenario"] == nil {
		r.fail(n, "a scenario needs a name: 'scenario: some-name'")
	}
	s.Name = r.text(f["scenario"], "scenario")
	if !plainName(s.Name) {
		r.fail(f["scenario"], "the name of a scenario has small letters, digits and '-' only, got %q", s.Name)
	}
	s.Title = r.text(f["title"], "title")
	if f["title"] == nil {
		r.fail(n, "a scenario needs a title: 'title: What happens, in one line'")
	}
	if t := r.text(f["seed"], "seed"); t != "" {
		var err error
		if s.Seed, err = strconv.ParseUint(t, 10, 64); err != nil {
			r.fail(f["seed"], "seed %q is not a whole number of zero or more", t)
		}
	}
	if t := r.text(f["start"], "start"); t != "" {
		var err error
		if s.Start, err = time.Parse(time.RFC3339, t); err != nil || s.Start.Year() < 2000 || s.Start.Year() > 2200 {
			r.fail(f["start"], "start %q is not a time between 2000 and 2200 such as 2026-03-02T06:00:00Z", t)
		}
		s.Start = s.Start.UTC().Truncate(time.Second)
	}
	s.Arrays = r.arrays(f["arrays"])
	if r.err == nil {
		s.Events = r.events(f["events"], s)
	}
	return s
}

func plainName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
	})
}

func (r *reader) arrays(n *yaml.Node) []Array {
	if n == nil {
		return []Array{{defaultArray, sim.Small}}
	}
	var as []Array
	for _, m := range r.list(n, "arrays", maxArrays) {
		f := r.fields(m, "an array", "name", "size")
		if f["name"] == nil {
			r.fail(m, "an array needs a name")
		}
		a := Array{Name: r.text(f["name"], "name"), Size: sim.Small}
		if t := r.text(f["size"], "size"); t != "" {
			a.Size = sim.Size(t)
		}
		if slices.ContainsFunc(as, func(b Array) bool { return strings.EqualFold(b.Name, a.Name) }) {
			r.fail(m, "array %q is here twice", a.Name)
		}
		if r.err == nil {
			if _, err := sim.New(sim.Options{Name: a.Name, Size: a.Size}); err != nil {
				r.fail(m, "%s", err)
			}
		}
		as = append(as, a)
	}
	if r.err == nil && len(as) == 0 {
		r.fail(n, "a scenario without an array has nothing to show; leave 'arrays' out for one small array")
	}
	return as
}

// events reads the events and plans them on trial arrays, so that a target
// that does not exist is found here, with its line.
func (r *reader) events(n *yaml.Node, s Scenario) []Event {
	nodes := r.list(n, "events", maxEvents)
	type placed struct {
		Event
		node *yaml.Node
	}
	var all []placed
	for _, m := range nodes {
		e := r.event(m, s)
		if r.err != nil {
			return nil
		}
		all = append(all, placed{e, m})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.At, b.At) })
	trial := s
	trial.Events = nil
	arrays, err := trial.Build()
	if err != nil {
		r.fail(n, "%s", err)
		return nil
	}
	var es []Event
	for _, p := range all {
		i := slices.IndexFunc(s.Arrays, func(a Array) bool { return a.Name == p.Array })
		f := p.Fault
		f.At = arrays[i].Options().Start.Add(p.At)
		if _, err := arrays[i].Inject(f); err != nil {
			r.fail(p.node, "%s", err)
			return nil
		}
		es = append(es, p.Event)
	}
	return es
}

func (r *reader) event(m *yaml.Node, s Scenario) Event {
	f := r.fields(m, "an event", "at", "array", "fault", "target", "duration", "params", "id")
	for _, k := range []string{"at", "fault"} {
		if f[k] == nil {
			r.fail(m, "an event needs '%s'", k)
		}
	}
	e := Event{At: r.duration(f["at"], "at", maxAt)}
	e.Fault = sim.Fault{
		ID: r.text(f["id"], "id"), Kind: sim.Kind(r.text(f["fault"], "fault")),
		Target: r.text(f["target"], "target"), Duration: r.duration(f["duration"], "duration", maxAt),
	}
	switch e.Array = r.text(f["array"], "array"); {
	case e.Array == "" && len(s.Arrays) == 1:
		e.Array = s.Arrays[0].Name
	case e.Array == "":
		r.fail(m, "an event needs 'array' where the scenario has more than one")
	case !slices.ContainsFunc(s.Arrays, func(a Array) bool { return a.Name == e.Array }):
		r.fail(f["array"], "the scenario has no array %q", e.Array)
	}
	if p := f["params"]; p != nil {
		given := r.fields(p, "params")
		for _, k := range slices.Sorted(maps.Keys(given)) {
			if e.Fault.Params == nil {
				e.Fault.Params = map[string]string{}
			}
			e.Fault.Params[k] = r.text(given[k], "parameter "+clip(k))
		}
	}
	if r.err != nil {
		return e
	}
	if _, ok := sim.Describe(e.Fault.Kind); !ok {
		var kinds []string
		for _, i := range sim.Catalogue() {
			kinds = append(kinds, string(i.Kind))
		}
		r.fail(f["fault"], "there is no fault %q; %s", e.Fault.Kind, suggest(string(e.Fault.Kind), kinds))
	} else if err := e.Fault.Check(); err != nil {
		r.fail(m, "%s", err)
	}
	return e
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// suggest names the known word nearest to what was written, or all of them.
func suggest(got string, known []string) string {
	best, far := "", 3
	if len(got) <= 40 {
		for _, k := range known {
			if d := distance(got, k); d < far {
				best, far = k, d
			}
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "use one of " + strings.Join(known, ", ")
}

// distance is the number of letters to change, add or drop (Levenshtein 1965).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
