package flasharray

import (
	"cmp"
	"slices"
	"strings"

	"darksite/localmon"
)

// The component types this package makes itself; hardware keeps the array's
// own words (drive_bay, nvram_bay, cooling, power_supply, temp_sensor, ...).
const (
	typeDrive      = "drive"
	typeController = "controller"
)

// parts holds the states of one batch by type and name without case.
type parts struct {
	states map[partKey]localmon.ComponentState
}

type partKey struct{ kind, name string }

func newParts() *parts { return &parts{states: map[partKey]localmon.ComponentState{}} }

// add keeps the worse where the array lists a part twice.
func (p *parts) add(s localmon.ComponentState) {
	key := partKey{s.Type, strings.ToLower(s.Component)}
	if have, ok := p.states[key]; ok && badness(have.Health) >= badness(s.Health) {
		return
	}
	p.states[key] = s
}

func (p *parts) sorted() []localmon.ComponentState {
	var all []localmon.ComponentState
	for _, s := range p.states {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b localmon.ComponentState) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Component, b.Component))
	})
	return all
}

// drive reads one row of /drives.
func (p *parts) drive(s *localmon.Sampler, f fields) {
	name, ok := f.name("name")
	if !ok {
		return
	}
	status, kind, protocol := f.str("status", 64), f.str("type", 64), f.str("protocol", 64)
	capacity, known := f.num("capacity")
	p.add(localmon.ComponentState{
		Component: name, Type: typeDrive, Status: status, Health: judge(status),
		Detail: detail(kind, protocol, sized(capacity, known, "%.0f bytes"), f.str("details", 256)),
	})
	if known {
		s.Add(capacity, "purefa_drive_capacity_bytes", "component_name", name, "component_type", kind,
			"component_status", status, "component_protocol", protocol)
	}
}

// controller reads one row of /controllers. Its mode counts as well as its
// status, and the worse of the two is the word that is kept: a controller that
// is ready but not present serves nothing.
func (p *parts) controller(s *localmon.Sampler, f fields) {
	name, ok := f.name("name")
	if !ok {
		return
	}
	status, mode, model, version := f.str("status", 64), f.str("mode", 64), f.str("model", 128), f.str("version", 128)
	word := status
	serves := mode == "" || strings.EqualFold(mode, "primary") || strings.EqualFold(mode, "secondary")
	if !serves && worse(judge(status), judge(mode)) != judge(status) {
		word = mode
	}
	p.add(localmon.ComponentState{
		Component: name, Type: typeController, Status: word, Health: judge(word), Detail: detail(mode, model, version),
	})
	labels := []string{"mode", mode, "model", model, "name", name, "status", status, "type", f.str("type", 64), "version", version}
	s.Add(1, "purefa_hw_controller_info", labels...)
	if since := f.time("mode_since"); !since.IsZero() {
		s.Add(float64(since.UnixMilli())/1000, "purefa_hw_controller_mode_since_timestamp_seconds", labels...)
	}
}

// hardware reads one row of /hardware.
func (p *parts) hardware(s *localmon.Sampler, f fields) {
	name, ok := f.name("name")
	if !ok {
		return
	}
	kind, status := f.str("type", 64), f.str("status", 64)
	degrees, hasDegrees := f.num("temperature")
	volts, hasVolts := f.num("voltage")
	p.add(localmon.ComponentState{
		Component: name, Type: cmp.Or(kind, "hardware"), Status: status, Health: judge(status),
		Detail: detail(f.str("model", 128), sized(degrees, hasDegrees, "%.0f °C"), sized(volts, hasVolts, "%.0f V"), f.str("details", 256)),
	})
	s.Add(1, "purefa_hw_component_status", "component_name", name, "component_type", kind, "component_status", status)
	if hasDegrees && degrees > 0 {
		s.Add(degrees, "purefa_hw_component_temperature_celsius", "component_name", name, "component_type", kind)
	}
	if hasVolts && volts > 0 {
		s.Add(volts, "purefa_hw_component_voltage_volt", "component_name", name, "component_type", kind)
	}
}

// notListed is the one status word of the kit's own: a controller that
// /hardware knows and the list of controllers does not.
const notListed = "not listed"

// believe puts the three lists together: every drive and controller is as bad
// as the worse of what its own list and /hardware say of it.
func believe(drives, controllers, hardware *parts, controllersRead bool) []localmon.ComponentState {
	all := newParts()
	for key, s := range drives.states {
		for _, bay := range []string{"drive_bay", "nvram_bay"} {
			s = worseOf(s, hardware.states[partKey{bay, key.name}])
		}
		all.states[key] = s
	}
	for key, s := range hardware.states {
		if _, listed := controllers.states[key]; key.kind == typeController && controllersRead && !listed {
			s.Detail = detail(s.Detail, "the hardware list says "+cmp.Or(s.Status, "nothing"))
			s.Status, s.Health = notListed, localmon.HealthCritical
		}
		all.states[key] = s
	}
	for key, s := range controllers.states {
		all.states[key] = worseOf(s, hardware.states[key])
	}
	return all.sorted()
}

// worseOf is own, or own with the word and health that /hardware gives where
// those are worse, so that word and health always belong together. A place
// without a word says nothing of what is in it, and neither does one whose lamp
// is lit or whose firmware is renewed.
func worseOf(own, place localmon.ComponentState) localmon.ComponentState {
	word := strings.ToLower(place.Status)
	if word == "" || word == "identifying" || word == "updating" || worse(own.Health, place.Health) == own.Health {
		return own
	}
	own.Detail = detail(own.Detail, "the word is of its "+place.Type+", its own list says "+cmp.Or(own.Status, "nothing"))
	own.Status, own.Health = place.Status, place.Health
	return own
}
