package flasharray

import (
	"cmp"
	"strings"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// The component types this package makes itself; hardware keeps the array's
// own words (drive_bay, nvram_bay, cooling, power_supply, temp_sensor, ...).
const (
	typeDrive       = "drive"
	typeController  = "controller"
	typeTransceiver = "transceiver"
	typeReplicaLink = "replica-link"
)

// drive reads one row of /drives.
func driveState(p *arrayrest.Parts, s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	status, kind, protocol := f.Str("status", 64), f.Str("type", 64), f.Str("protocol", 64)
	capacity, known := f.Num("capacity")
	p.Add(localmon.ComponentState{
		Component: name, Type: typeDrive, Status: status, Health: localmon.JudgeWord(status),
		Detail: arrayrest.Detail(kind, protocol, arrayrest.Sized(capacity, known, "%.0f bytes"), f.Str("details", 256)),
	})
	if known {
		s.Add(capacity, "purefa_drive_capacity_bytes", "component_name", name, "component_type", kind,
			"component_status", status, "component_protocol", protocol)
	}
}

// controller reads one row of /controllers. Its mode counts as well as its
// status, and the worse of the two is the word that is kept: a controller that
// is ready but not present serves nothing.
func controllerState(p *arrayrest.Parts, s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	status, mode, model, version := f.Str("status", 64), f.Str("mode", 64), f.Str("model", 128), f.Str("version", 128)
	word := status
	serves := mode == "" || strings.EqualFold(mode, "primary") || strings.EqualFold(mode, "secondary")
	if !serves && localmon.JudgeWord(mode).WorseThan(localmon.JudgeWord(status)) {
		word = mode
	}
	p.Add(localmon.ComponentState{
		Component: name, Type: typeController, Status: word, Health: localmon.JudgeWord(word), Detail: arrayrest.Detail(mode, model, version),
	})
	labels := []string{"mode", mode, "model", model, "name", name, "status", status, "type", f.Str("type", 64), "version", version}
	s.Add(1, "purefa_hw_controller_info", labels...)
	if since := f.Time("mode_since"); !since.IsZero() {
		s.Add(float64(since.UnixMilli())/1000, "purefa_hw_controller_mode_since_timestamp_seconds", labels...)
	}
}

// hardware reads one row of /hardware.
func hardwareState(p *arrayrest.Parts, s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	kind, status := f.Str("type", 64), f.Str("status", 64)
	degrees, hasDegrees := f.Num("temperature")
	volts, hasVolts := f.Num("voltage")
	p.Add(localmon.ComponentState{
		Component: name, Type: cmp.Or(kind, "hardware"), Status: status, Health: localmon.JudgeWord(status),
		Detail: arrayrest.Detail(f.Str("model", 128), arrayrest.Sized(degrees, hasDegrees, "%.0f °C"), arrayrest.Sized(volts, hasVolts, "%.0f V"), f.Str("details", 256)),
	})
	s.Add(1, "purefa_hw_component_status", "component_name", name, "component_type", kind, "component_status", status)
	if hasDegrees && degrees > 0 {
		s.Add(degrees, "purefa_hw_component_temperature_celsius", "component_name", name, "component_type", kind)
	}
	if hasVolts && volts > 0 {
		s.Add(volts, "purefa_hw_component_voltage_volt", "component_name", name, "component_type", kind)
	}
}

// replicaLinkState reads one row of /pod-replica-links/lag. Links have no
// names; they are known by the pod they copy.
func replicaLinkState(p *arrayrest.Parts, s *localmon.Sampler, f arrayrest.Fields) {
	replicaLag(s, f)
	pod, ok := f.Sub("local_pod").Name("name")
	if !ok {
		return
	}
	status := f.Str("status", 64)
	p.Add(localmon.ComponentState{
		Component: pod, Type: typeReplicaLink, Status: status, Health: replicaLinkHealth(status),
		Detail: arrayrest.Detail(f.Str("direction", 32), f.Sub("remote_pod").Str("name", arrayrest.MaxName), remoteOf(f)),
	})
}

// replicaLinkHealth knows the words of links, which mean nothing elsewhere. A
// link that was paused or whose pod was demoted is as somebody wants it.
func replicaLinkHealth(word string) localmon.Health {
	switch strings.ToLower(word) {
	case "replicating", "baselining", "paused", "quiescing", "quiesced":
		return localmon.HealthOK
	case "unhealthy":
		return localmon.HealthCritical
	case "":
		return localmon.HealthUnknown
	default:
		return localmon.HealthWarning
	}
}

// notListed is the one status word of the kit's own: a controller that
// /hardware knows and the list of controllers does not.
const notListed = "not listed"

// believe puts the lists together: every drive and controller is as bad as the
// worse of what its own list and /hardware say of it. Others stand alone.
func believe(drives, controllers, hardware *arrayrest.Parts, controllersRead bool, others ...*arrayrest.Parts) []localmon.ComponentState {
	all := arrayrest.NewParts()
	for _, parts := range others {
		for key, s := range parts.All() {
			all.Set(key, s)
		}
	}
	for key, s := range drives.All() {
		for _, bay := range []string{"drive_bay", "nvram_bay"} {
			place, _ := hardware.Get(arrayrest.PartKey{Type: bay, Name: key.Name})
			s = localmon.WorseOf(s, place)
		}
		all.Set(key, s)
	}
	for key, s := range hardware.All() {
		if _, listed := controllers.Get(key); key.Type == typeController && controllersRead && !listed {
			s.Detail = arrayrest.Detail(s.Detail, "the hardware list says "+cmp.Or(s.Status, "nothing"))
			s.Status, s.Health = notListed, localmon.HealthCritical
		}
		all.Set(key, s)
	}
	for key, s := range controllers.All() {
		place, _ := hardware.Get(key)
		all.Set(key, localmon.WorseOf(s, place))
	}
	return all.Sorted()
}
