package scenario

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"darksite/runbooks/strictyaml"
	"darksite/training/sim"
)

// Bounds of what is read.
const (
	maxArrays = 32
	maxEvents = 1000
	maxText   = 200
	maxAt     = 366 * 24 * time.Hour
)

// Parse reads a scenario. The file name is used in errors only; the error joins
// one [strictyaml.Error] per mistake.
func Parse(name string, data []byte) (Scenario, error) {
	f := file{Seed: 1, Arrays: []Array{{defaultArray, sim.FlashArray, sim.Small}}}
	at, err := strictyaml.Read(name, data, &f)
	if err != nil {
		return Scenario{}, err
	}
	s := Scenario{Name: f.Scenario, Title: f.Title, Seed: f.Seed, Start: f.Start.UTC().Truncate(time.Second), Arrays: f.Arrays}
	if !plainName(s.Name) {
		at.Key("scenario").Fail("a scenario needs a name of small letters, digits and '-', got %q", s.Name)
	}
	if s.Title == "" {
		at.Key("title").Fail("a scenario needs a title: 'title: What happens, in one line'")
	}
	checkLine(at.Key("title"), s.Title)
	if y := s.Start.Year(); !s.Start.IsZero() && (y < 2000 || y > 2200) {
		at.Key("start").Fail("start lies outside the years 2000 to 2200")
	}
	for i, a := range s.Arrays {
		s.Arrays[i].Kind, s.Arrays[i].Size = cmp.Or(a.Kind, sim.FlashArray), cmp.Or(a.Size, sim.Small)
	}
	checkArrays(at.Key("arrays"), s.Arrays)
	events := readEvents(at.Key("events"), f.Events, s.Arrays)
	if err := at.Err(); err != nil {
		return Scenario{}, err
	}
	s.Events = plan(at.Key("arrays"), s, events)
	if err := at.Err(); err != nil {
		return Scenario{}, err
	}
	return s, nil
}

func plainName(s string) bool {
	return s != "" && len(s) <= maxText && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
	})
}

func checkLine(at strictyaml.Place, s string) {
	unseen := func(c rune) bool {
		return c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff
	}
	if len(s) > maxText || strings.ContainsFunc(s, unseen) {
		at.Fail("want one line of plain text, at most %d bytes", maxText)
	}
}

func checkSpan(at strictyaml.Place, d time.Duration) {
	if d < 0 || d > maxAt || d%time.Millisecond != 0 {
		at.Fail("%s: want a time from 0s to 366d, no finer than a millisecond", d)
	}
}

func checkArrays(at strictyaml.Place, arrays []Array) {
	if n := len(arrays); n < 1 || n > maxArrays {
		at.Fail("%d arrays: a scenario has 1 to %d; leave 'arrays' out for one small array", n, maxArrays)
		return
	}
	for i, a := range arrays {
		if a.Name == "" {
			at.Item(i).Fail("an array needs a name")
		}
		at.Item(i).Key("kind").Word("kind", string(a.Kind), kinds())
		if slices.ContainsFunc(arrays[:i], func(b Array) bool { return strings.EqualFold(b.Name, a.Name) }) {
			at.Item(i).Key("name").Fail("array %q is here twice", a.Name)
		}
	}
}

func kinds() (names []string) {
	for _, f := range sim.Families() {
		names = append(names, string(f))
	}
	return names
}

// placed is an event and where it stands in the file.
type placed struct {
	Event
	at strictyaml.Place
}

func readEvents(at strictyaml.Place, given []fileEvent, arrays []Array) []placed {
	if len(given) > maxEvents {
		at.Fail("%d events, at most %d", len(given), maxEvents)
		return nil
	}
	var events []placed
	for i, g := range given {
		at := at.Item(i)
		if g.At == nil || g.Fault == "" {
			at.Fail("an event needs 'at' and 'fault'")
			continue
		}
		if g.Array == "" && len(arrays) == 1 {
			g.Array = arrays[0].Name
		}
		e := placed{g.event(), at}
		e.check(arrays)
		events = append(events, e)
	}
	return events
}

func (e placed) check(arrays []Array) {
	checkSpan(e.at.Key("at"), e.At)
	checkSpan(e.at.Key("duration"), e.Fault.Duration)
	checkLine(e.at.Key("target"), e.Fault.Target)
	checkLine(e.at.Key("id"), e.Fault.ID)
	for k, v := range e.Fault.Params {
		checkLine(e.at.Key("params").Key(k), v)
	}
	if e.Array == "" {
		e.at.Fail("an event needs 'array' where the scenario has more than one")
	} else if !slices.ContainsFunc(arrays, func(a Array) bool { return a.Name == e.Array }) {
		e.at.Key("array").Fail("the scenario has no array %q", e.Array)
	}
	if _, ok := sim.Describe(e.Fault.Kind); !ok {
		var kinds []string
		for _, i := range sim.Catalogue() {
			kinds = append(kinds, string(i.Kind))
		}
		e.at.Key("fault").Word("fault", string(e.Fault.Kind), kinds)
	} else if err := e.Fault.Check(); err != nil {
		e.at.Fail("%s", err)
	}
}

// plan puts the events in order and tries them on arrays of their own, so that
// a target that does not exist is found here, with its line.
func plan(at strictyaml.Place, s Scenario, events []placed) []Event {
	trial := map[string]*sim.Array{}
	for i, a := range s.Arrays {
		made, err := s.build(a)
		if err != nil {
			at.Item(i).Fail("%s", err)
			return nil
		}
		trial[a.Name] = made
	}
	slices.SortStableFunc(events, func(a, b placed) int { return cmp.Compare(a.At, b.At) })
	var out []Event
	for _, e := range events {
		if err := e.inject(trial[e.Array]); err != nil {
			e.at.Fail("%s", err)
		}
		out = append(out, e.Event)
	}
	return out
}
