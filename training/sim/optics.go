package sim

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Optics is what the transceiver of a port measures.
type Optics struct {
	Port        Port
	Serial      string
	Temperature float64 // degrees Celsius
	Voltage     float64 // volts
	TxBias      float64 // milliamperes
	TxPower     float64 // milliwatts
	RxPower     float64 // milliwatts
	Lost        bool    // no light comes in
}

// Limits are the limits of one measurement of a transceiver.
type Limits struct{ AlarmLow, WarnLow, WarnHigh, AlarmHigh float64 }

// The limits of the modelled transceivers, as short-wave ones have them.
var (
	TemperatureLimits = Limits{-5, 0, 70, 75}
	VoltageLimits     = Limits{2.97, 3.14, 3.46, 3.63}
	TxBiasLimits      = Limits{2, 3, 11, 12}
	TxPowerLimits     = Limits{0.18, 0.25, 1.26, 1.6}
	RxPowerLimits     = Limits{0.031, 0.063, 1.26, 1.6}
)

// Status says where a measurement lies, in the words of the arrays.
func (l Limits) Status(x float64) string {
	switch {
	case x <= l.AlarmLow:
		return "alarm low"
	case x >= l.AlarmHigh:
		return "alarm high"
	case x <= l.WarnLow:
		return "warn low"
	case x >= l.WarnHigh:
		return "warn high"
	}
	return "ok"
}

// Optics lists the transceivers: one in every FC port, and in every Ethernet
// port that is not of copper.
func (v View) Optics() []Optics {
	var all []Optics
	for _, p := range v.inv.ports {
		if p.Virtual || p.Service == "management" || v.ctl[p.Controller].Mode == "offline" {
			continue
		}
		all = append(all, v.opticsOf(p))
	}
	return all
}

func (v View) opticsOf(p Port) Optics {
	k := key(v.options.Seed, "optics "+v.options.Name+" "+p.Name)
	swing := func(n uint64, spread float64) float64 {
		return 1 + spread*(smooth(k+n, v.at, 11*time.Minute)-0.5)
	}
	o := Optics{
		Port: p, Serial: "AVS" + strings.ToUpper(hexOf(k, 8)),
		Temperature: between(k+1, 33, 44) * swing(11, 0.06),
		Voltage:     3.3 * swing(12, 0.01),
		TxBias:      between(k+2, 6, 8) * swing(13, 0.03),
		TxPower:     between(k+3, 0.5, 0.75) * swing(14, 0.03),
		RxPower:     rxPower(k) * swing(15, 0.04),
	}
	for _, e := range v.entries {
		if !strings.EqualFold(e.Target, p.Name) || !e.active(v.at) {
			continue
		}
		switch e.Kind {
		case SFPDegrade:
			part := math.Min(1, v.at.Sub(e.At).Seconds()/e.param("ramp"))
			o.RxPower *= math.Pow(math.Max(e.param("power"), 1e-4)/rxPower(k), part)
		case LinkFlap:
			if flapDown(e, v.at) {
				o.RxPower, o.Lost = 0, true
			}
		}
	}
	o.Temperature, o.Voltage, o.TxBias = rounded(o.Temperature), rounded(o.Voltage), rounded(o.TxBias)
	o.TxPower, o.RxPower = rounded(o.TxPower), rounded(o.RxPower)
	return o
}

// rxPower is what a healthy transceiver receives.
func rxPower(k uint64) float64 { return between(k+4, 0.4, 0.6) }

// rounded keeps four decimals, as transceivers tell them.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// opticsCourses: the array speaks up when the power is surely below the alarm
// limit. The fall is exponential, so the instant is known from the start.
func (v View) opticsCourses(e Entry) []course {
	k := key(v.options.Seed, "optics "+v.options.Name+" "+e.Target)
	end := math.Max(e.param("power"), 1e-4)
	floor := RxPowerLimits.AlarmLow / 1.03 // below the limit in spite of the noise
	if end > floor {
		return nil
	}
	part := math.Log(floor/rxPower(k)) / math.Log(end/rxPower(k))
	after := time.Duration(part * e.param("ramp") * float64(time.Second)).Truncate(time.Millisecond)
	return []course{raise(e, after, 0, Alert{
		Code: codeOptics, Severity: "warning", ComponentType: "hardware", Component: strings.ToLower(e.Target),
		Issue: "SFP receive power low", Expected: fmt.Sprintf("> %g mW", RxPowerLimits.AlarmLow),
		Actual: fmt.Sprintf("< %g mW", RxPowerLimits.AlarmLow),
	})}
}
