package labs

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"

	"darksite/runbooks"
)

// Drawn is what a seed chose, by name.
type Drawn map[string]string

// Fill puts what was drawn in the place of {name}.
func (d Drawn) Fill(s string) string {
	for _, k := range slices.Sorted(maps.Keys(d)) {
		s = strings.ReplaceAll(s, "{"+k+"}", d[k])
	}
	return s
}

func (d Drawn) text(t runbooks.Text) runbooks.Text {
	return runbooks.Text{EN: d.Fill(t.EN), FR: d.Fill(t.FR)}
}

// Draw is the lab with everything a seed decides filled in. Two names that choose from
// the same list get different members of it while there are any left. Chance is a hash,
// so that the same seed gives the same lab on every machine.
func (l *Lab) Draw(seed uint64) (*Lab, Drawn) {
	d := Drawn{}
	taken := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(l.Choices)) {
		from := slices.DeleteFunc(slices.Clone(l.Choices[name]), func(s string) bool { return taken[s] })
		if len(from) == 0 {
			from = l.Choices[name]
		}
		sum := sha256.Sum256([]byte(l.ID + " " + name + " " + strconv.FormatUint(seed, 10)))
		d[name] = from[binary.BigEndian.Uint64(sum[:8])%uint64(len(from))]
		taken[d[name]] = true
	}
	return l.filled(d), d
}

func (l *Lab) filled(d Drawn) *Lab {
	out := *l
	out.Title, out.Brief, out.First = d.text(l.Title), d.text(l.Brief), d.Fill(l.First)
	out.Faults = nil
	for _, f := range l.Faults {
		out.Faults = append(out.Faults, f.filled(d))
	}
	out.Settings = fillMap(d, l.Settings)
	out.Files = fillMap(d, l.Files)
	out.Hands = nil
	for _, h := range l.Hands {
		out.Hands = append(out.Hands, h.filled(d))
	}
	out.Before = fillCommands(d, l.Before)
	out.Plants, out.Altered = nil, nil
	for _, p := range l.Plants {
		out.Plants = append(out.Plants, Plant{d.Fill(p.Bundle), d.Fill(p.File), d.Fill(p.Text)})
	}
	for _, x := range l.Altered {
		out.Altered = append(out.Altered, Altered{d.Fill(x.Bundle), d.Fill(x.Medium)})
	}
	out.Bundles = nil
	for _, b := range l.Bundles {
		out.Bundles = append(out.Bundles, Bundle{b.Times, fillMap(d, b.Files), d.Fill(b.Case), b.Approved})
	}
	out.Goals = nil
	for _, g := range l.Goals {
		g.Says, g.Missed, g.When = d.text(g.Says), d.text(g.Missed), g.When.drawn(d.Fill)
		out.Goals = append(out.Goals, g)
	}
	forbidden := func(list []Forbidden) (all []Forbidden) {
		for _, f := range list {
			f.Says, f.When = d.text(f.Says), f.When.drawn(d.Fill)
			all = append(all, f)
		}
		return all
	}
	out.Forbid, out.Invariants = forbidden(l.Forbid), forbidden(l.Invariants)
	out.Hints = nil
	for _, h := range l.Hints {
		h.Text = d.text(h.Text)
		if h.When != nil {
			when := h.When.drawn(d.Fill)
			h.When = &when
		}
		out.Hints = append(out.Hints, h)
	}
	out.Solutions = nil
	for _, s := range l.Solutions {
		s.Steps = fillCommands(d, s.Steps)
		out.Solutions = append(out.Solutions, s)
	}
	return &out
}

func (f Fault) filled(d Drawn) Fault {
	f.Array, f.Target, f.Params = d.Fill(f.Array), d.Fill(f.Target), fillMap(d, f.Params)
	return f
}

func (h Hand) filled(d Drawn) Hand {
	h.Says = d.text(h.Says)
	var does []Effect
	for _, e := range h.Does {
		e.On, e.Was, e.Says, e.Set = Match(d.Fill(string(e.On))), Match(d.Fill(string(e.Was))), d.text(e.Says), fillMap(d, e.Set)
		if e.Inject != nil {
			f := e.Inject.filled(d)
			e.Inject = &f
		}
		does = append(does, e)
	}
	h.Does = does
	return h
}

func fillMap(d Drawn, m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	out := map[string]string{}
	for k, v := range m {
		out[k] = d.Fill(v)
	}
	return out
}

func fillCommands(d Drawn, list []Command) []Command {
	var out []Command
	for _, c := range list {
		c.Run, c.Text = d.Fill(c.Run), d.Fill(c.Text)
		c.Type = slices.Clone(c.Type)
		for i, line := range c.Type {
			c.Type[i] = d.Fill(line)
		}
		out = append(out, c)
	}
	return out
}
