package coach

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"darksite/runbooks"
	"darksite/training/labs"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"
	"darksite/training/simhost"
)

// ErrNoSuch says that there is no such verb, part or array.
var ErrNoSuch = errors.New("there is no such thing in this lab")

// maxActs bounds what is remembered of hands.
const maxActs = 10_000

// Site is a practice site that is being served.
type Site struct {
	lab  *labs.Lab // drawn
	host *simhost.Host

	mu       sync.Mutex
	began    time.Time // when the learner came; zero before
	settings map[string]string
	leds     map[string]bool // array and part
	events   labs.World
	broken   map[string]bool // invariants
}

// newSite makes the arrays of a drawn lab.
func newSite(lab *labs.Lab, now time.Time) (*Site, error) {
	host, err := simhost.Start(simhost.Options{Scenario: lab.Scenario(now.Add(-lab.Watch.For))})
	if err != nil {
		return nil, fmt.Errorf("lab %s: %w", lab.ID, err)
	}
	s := &Site{lab: lab, host: host, settings: maps.Clone(lab.Settings), leds: map[string]bool{}, broken: map[string]bool{}}
	if s.settings == nil {
		s.settings = map[string]string{}
	}
	return s, nil
}

// begin is the moment the learner comes: what happened before counts for nothing.
func (s *Site) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() {
		s.began = s.host.Now()
	}
}

func (s *Site) note(kind string, fields map[string]string) {
	if len(s.events) < maxActs {
		s.events = append(s.events, labs.Fact{Kind: kind, At: s.since(), Fields: fields})
	}
}

func (s *Site) since() time.Duration {
	if s.began.IsZero() {
		return 0
	}
	return s.host.Now().Sub(s.began)
}

// advance lets time pass, in steps short enough for the invariants of the lab.
func (s *Site) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const step = time.Minute
	if len(s.lab.Invariants) == 0 {
		s.host.Advance(d)
		return
	}
	for ; d > 0; d -= step {
		s.host.Advance(min(d, step))
		s.watch()
	}
}

// watch remembers which invariants are broken at this moment.
func (s *Site) watch() {
	w := s.now()
	for _, i := range s.lab.Invariants {
		if !s.broken[i.ID] && i.When.Holds(w) {
			s.broken[i.ID] = true
			s.note("rule", map[string]string{"name": i.ID})
		}
	}
}

// part is a part of an array as hands find it.
type part struct{ array, name, kind, status string }

// parts lists the parts of all arrays. The list of drives tells the truth about drives.
func (s *Site) parts() []part {
	var all []part
	for _, a := range s.host.Arrays() {
		name := a.Options().Name
		v, ok := a.Look().(sim.View)
		if !ok {
			continue
		}
		for _, d := range v.Drives() {
			all = append(all, part{name, d.Name, "drive", d.Status})
		}
		for _, c := range v.Controllers() {
			all = append(all, part{name, c.Name, "controller", c.Status})
		}
		for _, h := range v.Hardware() {
			if !slices.ContainsFunc(all, func(p part) bool { return p.array == name && p.name == h.Name }) {
				all = append(all, part{name, h.Name, h.Type, h.Status})
			}
		}
	}
	return all
}

// find is a part by name; the array may be left out where there is one.
func (s *Site) find(array, name string) (part, error) {
	if _, err := s.array(array); err != nil {
		return part{}, err
	}
	for _, p := range s.parts() {
		if strings.EqualFold(p.name, name) && (array == "" || p.array == array) {
			return p, nil
		}
	}
	return part{}, fmt.Errorf("part %q: %w", name, ErrNoSuch)
}

func (s *Site) array(name string) (*sim.Array, error) {
	all := s.host.Arrays()
	if name == "" && len(all) == 1 {
		return all[0], nil
	}
	if a := s.host.Array(name); a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("array %q: %w: name one of %s", name, ErrNoSuch, strings.Join(s.arrays(), ", "))
}

func (s *Site) arrays() (names []string) {
	for _, a := range s.host.Arrays() {
		names = append(names, a.Options().Name)
	}
	return names
}

// Act is something done with hands.
type Act struct {
	Verb   string        `json:"verb"`
	Target string        `json:"target"`
	Array  string        `json:"array"` // may be left out where there is one
	By     string        `json:"by"`
	Lang   runbooks.Lang `json:"lang"`
}

// do does something with hands and says what is to be seen then.
func (s *Site) do(a Act) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.lab.Hands, func(h labs.Hand) bool { return h.Verb == a.Verb })
	if i < 0 {
		return "", fmt.Errorf("verb %q: %w", a.Verb, ErrNoSuch)
	}
	hand := s.lab.Hands[i]
	p, err := s.targetOf(hand, a)
	if err != nil {
		return "", err
	}
	s.note("act", map[string]string{"verb": a.Verb, "target": p.name, "array": p.array, "was": p.status, "type": p.kind, "by": a.By})
	says := runbooks.Text{EN: "Done.", FR: "Fait."}
	for _, e := range hand.Does {
		if e.On != "" && !e.On.Holds(p.name) || e.Was != "" && !e.Was.Holds(p.status) {
			continue
		}
		if err := s.effect(e, p); err != nil {
			return "", err
		}
		if e.Says.EN != "" {
			says = e.Says
		}
		break
	}
	s.watch()
	return s.filled(says.In(a.Lang), p), nil
}

// filled puts in what is only known when hands are there: what they touch, and the
// fingerprints of the certificates that the array had at first and answers with now.
func (s *Site) filled(says string, p part) string {
	pairs := []string{"{target}", p.name}
	if a := s.host.Array(cmp.Or(p.array, p.name)); a != nil {
		first, now := certificates(a)
		pairs = append(pairs, "{first}", grouped(first), "{certificate}", grouped(now))
	}
	return strings.NewReplacer(pairs...).Replace(says)
}

// grouped is a pin as a console shows it: its digits, four by four.
func grouped(pin string) string {
	var groups []string
	for g := range slices.Chunk([]byte(strings.TrimPrefix(pin, "sha256:")), 4) {
		groups = append(groups, string(g))
	}
	return strings.Join(groups, " ")
}

// certificateFact is what [Gather] tells of what pins are to arrays by.
const certificateFact = "certificate"

// certificates are the pins of the certificates an array had at first and has now.
func certificates(a *sim.Array) (first, now string) {
	pin := func(change int) string {
		c, err := arrayapi.Certificate(a.Options(), change)
		if err != nil {
			return "" // the array could not be served either
		}
		return arrayapi.Pin(c)
	}
	return pin(0), pin(a.Look().Protocol().Certificate)
}

// targetOf finds what an act is done to.
func (s *Site) targetOf(hand labs.Hand, a Act) (part, error) {
	switch hand.Target {
	case "":
		if a.Target != "" {
			return part{}, fmt.Errorf("verb %s is done to nothing in particular: %w", a.Verb, ErrNoSuch)
		}
		return part{array: a.Array}, nil
	case "text":
		if strings.TrimSpace(a.Target) == "" {
			return part{}, fmt.Errorf("verb %s: say to what: %w", a.Verb, ErrNoSuch)
		}
		return part{array: a.Array, name: a.Target, kind: "text"}, nil
	}
	p, err := s.find(a.Array, a.Target)
	if err != nil {
		return part{}, err
	}
	if p.kind != hand.Target {
		return part{}, fmt.Errorf("%s is a %s, and %s is for a %s: %w", p.name, p.kind, a.Verb, hand.Target, ErrNoSuch)
	}
	return p, nil
}

func (s *Site) effect(e labs.Effect, p part) error {
	fill := func(t string) string { return strings.ReplaceAll(t, "{target}", p.name) }
	if e.Clear != "" {
		if err := s.clear(fill(e.Clear)); err != nil {
			return err
		}
	}
	if e.Inject != nil {
		f := e.Inject.Sim()
		f.Target = fill(f.Target)
		a, err := s.array(cmp.Or(e.Inject.Array, p.array, s.arrays()[0]))
		if err != nil {
			return err
		}
		// A second pull of the same drive changes nothing more.
		if err := a.Check(f); err == nil {
			if _, err := a.Inject(f); err != nil {
				return fmt.Errorf("lab %s: %w", s.lab.ID, err)
			}
		}
	}
	for k, v := range e.Set {
		s.settings[fill(k)] = fill(v)
	}
	if e.LED != "" {
		s.leds[p.array+" "+p.name] = e.LED == "on"
	}
	return nil
}

// clear repairs every fault with an id, on whichever array.
func (s *Site) clear(id string) error {
	for _, a := range s.host.Arrays() {
		if err := a.Clear(id); err != nil && !errors.Is(err, sim.ErrNoFault) {
			return fmt.Errorf("lab %s: %w", s.lab.ID, err)
		}
	}
	return nil
}

// look says what somebody sees who stands before a part.
func (s *Site) look(a Act) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(a.Array, a.Target)
	if err != nil {
		return "", err
	}
	s.note("look", map[string]string{"target": p.name})
	on := func(yes bool) string {
		if yes {
			return runbooks.Text{EN: "ON", FR: "ALLUMÉ"}.In(a.Lang)
		}
		return runbooks.Text{EN: "off", FR: "éteint"}.In(a.Lang)
	}
	fault := !slices.Contains([]string{"healthy", "ok", "ready", "empty"}, p.status)
	return fmt.Sprintf(runbooks.Text{
		EN: "%s %s (%s): fault light %s, locate light %s.", FR: "%s %s (%s) : voyant de défaut %s, voyant de repérage %s.",
	}.In(a.Lang), p.array, p.name, p.kind, on(fault), on(s.leds[p.array+" "+p.name])), nil
}

// world is all that the simulator and the hands know.
func (s *Site) world() labs.World {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(slices.Clone(s.events), s.now()...)
}

// now is what is so at this moment.
func (s *Site) now() labs.World {
	at := s.since()
	var w labs.World
	fact := func(kind string, fields map[string]string) {
		w = append(w, labs.Fact{Kind: kind, At: at, Fields: fields})
	}
	for _, k := range slices.Sorted(maps.Keys(s.settings)) {
		fact("setting", map[string]string{"name": k, "value": s.settings[k]})
	}
	for _, p := range s.parts() {
		led := "off"
		if s.leds[p.array+" "+p.name] {
			led = "on"
		}
		fact("part", map[string]string{"array": p.array, "name": p.name, "type": p.kind, "status": p.status, "led": led})
	}
	for _, a := range s.host.Arrays() {
		if v, ok := a.Look().(sim.View); ok {
			fact("array", arrayFields(v))
		}
		first, now := certificates(a)
		fact(certificateFact, map[string]string{"array": a.Options().Name, "first": first, "now": now})
	}
	acted := s.host.Acted()
	for _, name := range slices.Sorted(maps.Keys(acted)) {
		for _, call := range slices.Sorted(maps.Keys(acted[name])) {
			fact("call", map[string]string{"array": name, "call": call})
		}
	}
	return w
}

func arrayFields(v sim.View) map[string]string {
	p, lag := v.Protocol(), time.Duration(0)
	for _, l := range v.Instant().Links() {
		lag = max(lag, l.Lag)
	}
	down := "no"
	if p.Unreachable || p.TokenRefused || len(p.Rules) > 0 {
		down = "yes"
	}
	used := 100 * float64(v.Space().Physical()) / float64(v.Identity().Capacity)
	return map[string]string{
		"name": v.Identity().Name, "used": strconv.FormatFloat(used, 'f', 1, 64), "down": down,
		"lag": strconv.Itoa(int(lag / time.Second)),
	}
}
