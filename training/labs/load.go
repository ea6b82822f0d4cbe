package labs

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/runbooks/strictyaml"
	"darksite/training/scenario"
	"darksite/training/sim"
)

// maxFile bounds one lab.yaml.
const maxFile = 256 << 10

// Library is a set of labs without a mistake.
type Library struct{ labs []*Lab }

// All are the labs, admins' first, each track in its order.
func (l *Library) All() []*Lab { return slices.Clone(l.labs) }

// Get returns the lab with this ID, in any case.
func (l *Library) Get(id string) (*Lab, bool) {
	i := slices.IndexFunc(l.labs, func(x *Lab) bool { return strings.EqualFold(x.ID, id) })
	if i < 0 {
		return nil, false
	}
	return l.labs[i], true
}

// Load reads every folder of fsys as a lab. Any mistake refuses all.
func Load(fsys fs.FS) (*Library, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("load labs: %w", err)
	}
	out := &Library{}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		name := path.Join(e.Name(), "lab.yaml")
		data, err := fs.ReadFile(fsys, name)
		if err == nil && len(data) > maxFile {
			err = fmt.Errorf("it has %d bytes, at most %d", len(data), maxFile)
		}
		if err != nil {
			return nil, fmt.Errorf("load lab %s: %w", e.Name(), err)
		}
		l, err := Parse(name, data)
		if err != nil {
			return nil, fmt.Errorf("load lab %s: %w", e.Name(), err)
		}
		if l.ID != e.Name() {
			return nil, fmt.Errorf("load lab %s: a lab and its folder have the same name, here %q", e.Name(), l.ID)
		}
		out.labs = append(out.labs, l)
	}
	slices.SortFunc(out.labs, func(a, b *Lab) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.number(), b.number()))
	})
	return out, nil
}

func (l *Lab) rank() int { return strings.Index("lst", l.ID[:1]) }

func (l *Lab) number() int {
	n, err := strconv.Atoi(l.ID[strings.LastIndexByte(l.ID, 'l')+1:])
	if err != nil {
		return 0
	}
	return n
}

// Parse reads a lab. The name is used in errors only.
func Parse(name string, data []byte) (*Lab, error) {
	l := &Lab{}
	at, err := strictyaml.Read(name, data, l)
	if err != nil {
		return nil, err
	}
	l.lint(at)
	if err := at.Err(); err != nil {
		return nil, err
	}
	return l, nil
}

// Scenario is what the simulator plays, the lab being a drawn one.
func (l *Lab) Scenario(start time.Time) scenario.Scenario {
	s := scenario.Scenario{Name: l.ID, Title: l.Title.EN, Seed: l.Seed, Start: start, Arrays: slices.Clone(l.Arrays)}
	for i, a := range s.Arrays {
		s.Arrays[i].Kind, s.Arrays[i].Size = cmp.Or(a.Kind, sim.FlashArray), cmp.Or(a.Size, sim.Small)
	}
	for _, f := range l.Faults {
		s.Events = append(s.Events, scenario.Event{At: f.At, Array: cmp.Or(f.Array, s.Arrays[0].Name), Fault: f.Sim()})
	}
	slices.SortStableFunc(s.Events, func(a, b scenario.Event) int { return cmp.Compare(a.At, b.At) })
	return s
}

// Sim is the fault as the simulator takes it.
func (f Fault) Sim() sim.Fault {
	return sim.Fault{ID: f.ID, Kind: sim.Kind(f.Fault), Target: f.Target, Duration: f.Duration, Params: f.Params}
}
