package flasharray

import (
	"strings"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// maxLanes bounds what is read of one transceiver; the widest have eight.
const maxLanes = 16

// transceiverState reads one row of /network-interfaces/port-details: the
// transceiver is as bad as the worst it measures. Where no light comes in the
// power received says nothing, and where none goes out neither does the power
// sent: a port that nobody cabled and one that is switched off are in order,
// and whether a port should have a link is said by the port.
func transceiverState(p *arrayrest.Parts, f arrayrest.Fields) {
	name, ok := f.Name("name")
	if !ok {
		return
	}
	s := localmon.ComponentState{Component: name, Type: typeTransceiver}
	judge := func(field, unit string, ignore func(lane int, value float64) bool) {
		for lane, m := range lanes(f, field) {
			value, known := m.Num("measurement")
			word := m.Str("status", 32)
			if known && ignore(lane, value) {
				word = "ok"
			}
			if health := opticsHealth(word); s.Status == "" && word != "" || health.WorseThan(s.Health) && word != "" {
				s.Status, s.Health = word, health
				s.Detail = strings.ReplaceAll(field, "_", " ") + arrayrest.Sized(value, known, " %.4g "+unit)
			}
		}
	}
	always := func(int, float64) bool { return false }
	dark := flags(f, "rx_los")
	judge("rx_power", "mW", func(lane int, _ float64) bool { return lane < len(dark) && dark[lane] })
	judge("tx_power", "mW", func(_ int, value float64) bool { return value <= 0 })
	judge("tx_bias", "mA", func(_ int, value float64) bool { return value <= 0 })
	judge("temperature", "°C", always)
	judge("voltage", "V", always)
	for _, fault := range flags(f, "tx_fault") {
		if fault {
			s.Status, s.Health, s.Detail = "tx fault", localmon.HealthCritical, "the transmitter reports a fault"
		}
	}
	p.Add(s)
}

// opticsHealth knows the words of measurements.
func opticsHealth(word string) localmon.Health {
	switch strings.ToLower(word) {
	case "ok":
		return localmon.HealthOK
	case "alarm low", "alarm high":
		return localmon.HealthCritical
	case "":
		return localmon.HealthUnknown
	default: // warn low, warn high, and words to come
		return localmon.HealthWarning
	}
}

// lanes are the measurements of one kind, one a lane.
func lanes(f arrayrest.Fields, name string) []arrayrest.Fields {
	var all []arrayrest.Fields
	list := f.List(name)
	for _, each := range list[:min(len(list), maxLanes)] {
		one, _ := each.(map[string]any)
		all = append(all, one)
	}
	return all
}

// flags are the signals of one kind, one a lane.
func flags(f arrayrest.Fields, name string) []bool {
	var all []bool
	for _, one := range lanes(f, name) {
		set, _ := one.Flag("flag")
		all = append(all, set)
	}
	return all
}
