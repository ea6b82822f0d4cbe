package sim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind names a kind of fault.
type Kind string

// The kinds of fault. What each does over time stands in the catalogue; see
// [Catalogue].
const (
	DriveFail      Kind = "drive_fail"
	DriveMissing   Kind = "drive_missing"
	NVRAMFail      Kind = "nvram_fail"
	ControllerFail Kind = "controller_fail"
	FanSlow        Kind = "fan_slow"
	TempHigh       Kind = "temp_high"
	PSULoss        Kind = "psu_loss"
	PortErrors     Kind = "port_errors"
	LinkFlap       Kind = "link_flap"
	ArrayRestart   Kind = "array_restart"

	DriveUnadmitted Kind = "drive_unadmitted"
	DrivePathLost   Kind = "drive_path_lost"
	SASCable        Kind = "sas_cable"
	CPUFail         Kind = "cpu_fail"
	Failover        Kind = "failover"
	SFPDegrade      Kind = "sfp_degrade"
	Upgrade         Kind = "upgrade"

	CapacityFill Kind = "capacity_fill"
	Bottleneck   Kind = "bottleneck"
	NoisyVolume  Kind = "noisy_volume"
	QoSCap       Kind = "qos_cap"

	ReplicationLag Kind = "replication_lag"
	MediatorDown   Kind = "mediator_down"

	AlertBurst Kind = "alert_burst"
	AlertBlip  Kind = "alert_blip"

	ExpireSession  Kind = "expire_session"
	TokenRefused   Kind = "token_refused"
	HTTP500        Kind = "http_500"
	Slow           Kind = "slow"
	TruncatedJSON  Kind = "truncated_json"
	DuplicateItems Kind = "duplicate_items"
	CertChange     Kind = "cert_change"
	ClockSkew      Kind = "clock_skew"
	WrongVersion   Kind = "wrong_version"
	Partial207     Kind = "partial_207"
	CounterNull    Kind = "counter_null"
	EndlessBody    Kind = "endless_body"
	DeepJSON       Kind = "deep_json"
	HugeString     Kind = "huge_string"
	SlowDrip       Kind = "slow_drip"
	Redirect       Kind = "redirect"
)

// Fault is something that goes wrong at a time. The zero At means now, the
// zero Duration until it is cleared.
type Fault struct {
	ID       string // chosen by the array when empty
	Kind     Kind
	Target   string // a part, in any case; each kind has a default
	At       time.Time
	Duration time.Duration
	Params   map[string]string
}

// Entry is a fault an array has been told of.
type Entry struct {
	Fault
	Until  time.Time // when it is or was repaired; zero when that is open
	values map[string]float64
}

func (e Entry) begun(t time.Time) bool    { return !t.Before(e.At) }
func (e Entry) repaired(t time.Time) bool { return !e.Until.IsZero() && !t.Before(e.Until) }
func (e Entry) active(t time.Time) bool   { return e.begun(t) && !e.repaired(t) }

// param returns a parameter as a number; durations are in seconds.
func (e Entry) param(name string) float64 { return e.values[name] }

// text returns a parameter as it was given, or its default.
func (e Entry) text(name string) string {
	if s, ok := e.Params[name]; ok {
		return s
	}
	info, _ := Describe(e.Kind)
	p, _ := info.Param(name)
	return p.Default
}

func (e Entry) duration(name string) time.Duration {
	return time.Duration(e.values[name] * float64(time.Second))
}

// ParamType says how a parameter of a fault is written.
type ParamType string

// The ways to write a parameter.
const (
	Number ParamType = "number"   // 92.5
	Span   ParamType = "duration" // 40m
	Text   ParamType = "text"
)

// Param describes one parameter of a kind of fault.
type Param struct {
	Name     string
	Type     ParamType
	Default  string
	Min, Max float64  // of numbers; of durations in seconds
	Words    []string // the words a text may be; any text when empty
	Doc      string
}

// Info describes a kind of fault.
type Info struct {
	Kind   Kind
	Doc    string // one line: what the array shows
	Target string // what a target is; empty when the kind takes none
	Params []Param
	// Families are the kinds of array it can befall.
	Families []Family
	// Moment is set for faults that happen once: there is nothing to repair.
	Moment bool
}

// Param returns the description of a parameter.
func (i Info) Param(name string) (Param, bool) {
	n := slices.IndexFunc(i.Params, func(p Param) bool { return p.Name == name })
	if n < 0 {
		return Param{}, false
	}
	return i.Params[n], true
}

// Check says whether a fault is well formed, as far as that can be known
// without an array: the kind, the presence of a target, the parameters.
func (f Fault) Check() error {
	info, ok := Describe(f.Kind)
	if !ok {
		return fmt.Errorf("unknown fault %q: use one of %s", f.Kind, kindList())
	}
	if info.Target == "" && f.Target != "" {
		return fmt.Errorf("fault %s takes no target, got %q", f.Kind, f.Target)
	}
	if f.Duration < 0 || f.Duration > maxDuration {
		return fmt.Errorf("fault %s: duration %s: use 0 to %s", f.Kind, f.Duration, maxDuration)
	}
	if info.Moment && f.Duration != 0 {
		return fmt.Errorf("fault %s happens once and takes no duration", f.Kind)
	}
	_, err := info.values(f.Params)
	return err
}

const maxDuration = 10 * 365 * 24 * time.Hour

func kindList() string {
	var s []string
	for _, i := range allKinds() {
		s = append(s, string(i.Kind))
	}
	return strings.Join(s, ", ")
}

// values reads the parameters, with defaults for those not given.
func (i Info) values(given map[string]string) (map[string]float64, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := i.Param(name); !ok {
			return nil, fmt.Errorf("fault %s has no parameter %q%s", i.Kind, name, i.paramHint())
		}
	}
	vs := make(map[string]float64, len(i.Params))
	for _, p := range i.Params {
		text, ok := given[p.Name]
		if !ok {
			text = p.Default
		}
		if p.Type == Text {
			if len(p.Words) > 0 && !slices.Contains(p.Words, text) {
				return nil, fmt.Errorf("fault %s, parameter %s: %q is not one of %s", i.Kind, p.Name, text, strings.Join(p.Words, ", "))
			}
			continue
		}
		v, err := p.number(text)
		if err != nil {
			return nil, fmt.Errorf("fault %s, parameter %s: %w", i.Kind, p.Name, err)
		}
		vs[p.Name] = v
	}
	return vs, nil
}

func (i Info) paramHint() string {
	if len(i.Params) == 0 {
		return ": it takes none"
	}
	var names []string
	for _, p := range i.Params {
		names = append(names, p.Name)
	}
	return ": use one of " + strings.Join(names, ", ")
}

func (p Param) number(text string) (float64, error) {
	if p.Type == Span {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration such as 90s or 40m", text)
		}
		if s := d.Seconds(); s < p.Min || s > p.Max {
			return 0, fmt.Errorf("%s is outside %s to %s", text, time.Duration(p.Min*1e9), time.Duration(p.Max*1e9))
		}
		return d.Seconds(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != v {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	if v < p.Min || v > p.Max {
		return 0, fmt.Errorf("%s is outside %g to %g", text, p.Min, p.Max)
	}
	return v, nil
}
