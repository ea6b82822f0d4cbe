package flashblade

import (
	"cmp"
	"strings"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// The component types this package makes itself; hardware keeps the array's
// own words (ch, fb, fm, xfm, bay, eth, fan, pwr).
const (
	typeBlade      = "blade"
	typeDrive      = "drive"
	typeConnection = "array-connection"
)

// bladeState reads one row of /blades.
func bladeState(p *arrayrest.Parts, f arrayrest.Fields) {
	evacuable(p, f, typeBlade, "")
}

// driveState reads one row of /drives.
func driveState(p *arrayrest.Parts, f arrayrest.Fields) {
	evacuable(p, f, typeDrive, f.Str("type", 64))
}

// evacuable reads a part that holds data and can be emptied.
func evacuable(p *arrayrest.Parts, f arrayrest.Fields, kind, model string) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	status := f.Str("status", 64)
	capacity, known := f.Num("raw_capacity")
	progress, moving := f.Num("progress")
	p.Add(localmon.ComponentState{
		Component: name, Type: kind, Status: status, Health: localmon.JudgeWord(status),
		Detail: arrayrest.Detail(model, arrayrest.Sized(capacity, known, "%.0f bytes"), arrayrest.Sized(progress*100, moving, "%.0f %% done"), f.Str("details", 256)),
	})
}

// hardwareState reads one row of /hardware. Its sensors count as well as its
// status.
func hardwareState(p *arrayrest.Parts, s *localmon.Sampler, f arrayrest.Fields) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	kind, status := f.Str("type", 64), f.Str("status", 64)
	degrees, known := f.Num("temperature")
	own := localmon.ComponentState{
		Component: name, Type: cmp.Or(kind, "hardware"), Status: status, Health: localmon.JudgeWord(status),
		Detail: arrayrest.Detail(f.Str("model", 128), arrayrest.Sized(degrees, known, "%.0f °C"), f.Str("details", 256)),
	}
	p.Add(localmon.WorseOf(own, worstSensor(f)))
	hardwareHealth(s, f, name, kind, status)
}

// maxSensors bounds what is read of one part's sensors.
const maxSensors = 64

// worstSensor gives the state of the sensor that is worst off; the zero state
// when all are well or say nothing.
func worstSensor(f arrayrest.Fields) (worst localmon.ComponentState) {
	readings := f.List("sensor_readings")
	for _, each := range readings[:min(len(readings), maxSensors)] {
		sensor, _ := each.(map[string]any)
		word := arrayrest.Fields(sensor).Str("status", 64)
		health := sensorHealth(word)
		if health == localmon.HealthOK || !health.WorseThan(worst.Health) {
			continue
		}
		degrees, known := arrayrest.Fields(sensor).Num("reading")
		kind := strings.TrimSpace("sensor " + arrayrest.Fields(sensor).Str("name", 64) + " " + arrayrest.Sized(degrees, known, "at %.0f °C"))
		worst = localmon.ComponentState{Type: kind, Status: word, Health: health}
	}
	return worst
}

// sensorHealth turns a sensor's word into the kit's health. A sensor that
// cannot tell is no fault of the part.
func sensorHealth(word string) localmon.Health {
	switch strings.ToLower(word) {
	case "", "unknown", "healthy", "ok":
		return localmon.HealthOK
	case "critical", "unrecoverable":
		return localmon.HealthCritical
	default: // non_critical, and words to come
		return localmon.HealthWarning
	}
}

// connectionState reads one row of /array-connections.
func connectionState(p *arrayrest.Parts, f arrayrest.Fields) {
	name, ok := f.Sub("remote").Name("name")
	if !ok {
		if name, ok = f.Name("management_address"); !ok {
			return
		}
	}
	status := f.Str("status", 64)
	p.Add(localmon.ComponentState{
		Component: name, Type: typeConnection, Status: status, Health: connectionHealth(status), Detail: arrayrest.Detail(f.Str("type", 64), f.Str("version", 64)),
	})
}

// connectionHealth knows the words of connections, which mean nothing
// elsewhere.
func connectionHealth(word string) localmon.Health {
	switch strings.ToLower(word) {
	case "connected":
		return localmon.HealthOK
	case "incompatible":
		return localmon.HealthCritical
	case "":
		return localmon.HealthUnknown
	default: // partially_connected, connecting, and words to come
		return localmon.HealthWarning
	}
}

// believe puts the lists together: every blade and drive is as bad as the worse
// of what its own list and the place it sits in say.
func believe(blades, drives, hardware, connections *arrayrest.Parts) []localmon.ComponentState {
	all := arrayrest.NewParts()
	for key, s := range hardware.All() {
		all.Set(key, s)
	}
	for key, s := range connections.All() {
		all.Set(key, s)
	}
	placed := func(parts *arrayrest.Parts, place string) {
		for key, s := range parts.All() {
			in, _ := hardware.Get(arrayrest.PartKey{Type: place, Name: key.Name})
			all.Set(key, localmon.WorseOf(s, in))
		}
	}
	placed(blades, "fb")
	placed(drives, "bay")
	return all.Sorted()
}
