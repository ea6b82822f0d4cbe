package sim

import (
	"math"
	"strings"
	"time"
)

// View is an array at one instant. Everything it tells follows from the seed,
// the faults and the instant alone.
type View struct {
	options Options
	inv     *inventory
	entries []Entry
	at      time.Time
	ctl     [2]Controller
}

func newView(o Options, inv *inventory, entries []Entry, at time.Time) View {
	v := View{options: o, inv: inv, entries: entries, at: at}
	v.ctl = v.controllers()
	return v
}

// Time is the instant of the view.
func (v View) Time() time.Time { return v.at }

// At is the view of an earlier instant.
func (v View) At(t time.Time) View {
	if t.After(v.at) {
		t = v.at
	}
	return newView(v.options, v.inv, v.entries, t)
}

// Same says whether two views are of the same array at the same instant, with
// the same faults: they answer every question alike.
func (v View) Same(w View) bool {
	sameFaults := len(v.entries) == len(w.entries) && (len(v.entries) == 0 || &v.entries[0] == &w.entries[0])
	return v.inv == w.inv && v.at.Equal(w.at) && sameFaults
}

// Identity is what an array says of itself.
type Identity struct {
	Name, ID, OS, Version, Model string
	Capacity                     int64 // usable bytes
}

// Identity returns what the array says of itself.
func (v View) Identity() Identity {
	return Identity{v.options.Name, v.inv.id, osName, v.version(), model, v.inv.capacity}
}

// Parity is the share of data that has its full redundancy.
func (v View) Parity() float64 {
	p := 1.0
	for _, e := range v.entries {
		if e.Kind.losesData() && e.begun(v.at) {
			p -= (1 - v.rebuilt(e)) / float64(v.dataDrives())
		}
	}
	return math.Max(p, 0)
}

// rebuilt is how far the data of a lost drive is whole again. The rebuild goes
// on elsewhere whether or not the drive is replaced.
func (v View) rebuilt(e Entry) float64 {
	return math.Min(1, v.at.Sub(e.At).Seconds()/e.param("rebuild"))
}

func (v View) dataDrives() int { return v.options.Size.dimensions().drives }

// recovering is how long a new drive is taken in after a repair.
const recovering = 2 * time.Minute

// Drives lists the drives.
func (v View) Drives() []Drive {
	ds := append([]Drive(nil), v.inv.drives...)
	for _, e := range v.entries {
		if !e.begun(v.at) {
			continue
		}
		status, details := "failed", "drive has failed"
		switch e.Kind {
		case DriveFail, NVRAMFail:
		case DriveMissing:
			status, details = "missing", "drive is not seen"
		case DriveUnadmitted:
			status, details = "unadmitted", "drive has not been admitted"
		default:
			continue
		}
		if e.repaired(v.at) {
			if v.at.Sub(e.Until) >= recovering {
				continue
			}
			status, details = "recovering", "drive is being taken in"
		}
		for i := range ds {
			if ds[i].Name == e.Target {
				ds[i].Status, ds[i].Details = status, details
			}
		}
	}
	return ds
}

// Hardware lists the parts. A bay whose drive has failed stays ok, as on the
// arrays: the drive list tells the truth.
func (v View) Hardware() []Hardware {
	hs := append([]Hardware(nil), v.inv.hardware...)
	hot := v.heat()
	for i := range hs {
		h := &hs[i]
		if h.Temperature.OK {
			h.Temperature.Value += hot[controllerOf(h.Name)]
		}
		for _, e := range v.entries {
			if strings.EqualFold(e.Target, h.Name) && e.active(v.at) {
				v.breakPart(h, e)
			}
		}
		v.cabled(h)
		if c := controllerOf(h.Name); c >= 0 && v.ctl[c].Mode == "offline" {
			h.Temperature = Opt[int64]{}
			if h.Status = "unknown"; h.Type == "controller" {
				h.Status, h.Details = "critical", v.whyLost(c)
			}
		}
	}
	return hs
}

func (v View) breakPart(h *Hardware, e Entry) {
	switch e.Kind {
	case DriveMissing:
		h.Status = "not_installed"
	case FanSlow:
		h.Status, h.Details = "critical", "fan turns too slowly"
	case PSULoss:
		h.Status, h.Details, h.Voltage = "critical", "no input power", Some(int64(0))
	case DrivePathLost:
		if pathLost(e, v.at) {
			h.Status, h.Details = "critical", "a path to the drive is lost"
		}
	case TempHigh:
		rise := tempRise(e, v.at)
		h.Temperature.Value += int64(rise)
		if rise >= e.param("limit") {
			h.Status, h.Details = "critical", "temperature is too high"
		}
	case LinkFlap:
		if flapDown(e, v.at) {
			h.Status, h.Details, h.Speed = "critical", "link is down", Some(int64(0))
		}
	}
}

// tempRise is how far a sensor has risen: one degree every ten seconds.
func tempRise(e Entry, at time.Time) float64 {
	return math.Min(e.param("rise"), math.Floor(at.Sub(e.At).Seconds()/10))
}

// flapDown says whether a flapping link is in its lost half.
func flapDown(e Entry, at time.Time) bool {
	period := e.duration("period")
	return at.Sub(e.At)%period < period/2
}

// heat is by how much sensors of each controller, and of the chassis, are
// above their base: with load, and where a fan is slow.
func (v View) heat() map[int]int64 {
	base := int64(math.Round(3*daily(v.at) + 2*smooth(key(v.options.Seed, "heat"), v.at, 20*time.Minute)))
	hot := map[int]int64{-1: base / 2, 0: base, 1: base}
	for _, e := range v.entries {
		if e.Kind == FanSlow && e.active(v.at) {
			hot[controllerOf(e.Target)] += int64(math.Min(4, math.Floor(v.at.Sub(e.At).Minutes())))
		}
	}
	return hot
}

// controllerOf gives the number of the controller a part belongs to, -1 when
// to none.
func controllerOf(name string) int {
	switch up := strings.ToUpper(name); {
	case strings.HasPrefix(up, "CT0"):
		return 0
	case strings.HasPrefix(up, "CT1"):
		return 1
	}
	return -1
}

// Protocol is what goes wrong between an array and those who ask it.
type Protocol struct {
	Unreachable  bool // nothing answers
	SessionEra   int  // goes up whenever all sessions end
	TokenRefused bool
	Certificate  int           // 0, then one more with every change
	Skew         time.Duration // how far the array's clock is ahead
	Rules        []ProtocolRule
}

// ProtocolRule is a fault of the replies.
type ProtocolRule struct {
	Kind  Kind          // one of those of the replies; see the catalogue
	Path  string        // endpoint; empty for all
	Every int           // HTTP500: of every so many calls one
	Stall time.Duration // Slow: before the reply; SlowDrip: between two bytes; in real time
	Size  int64         // EndlessBody, HugeString: bytes; DeepJSON: levels
	Word  string        // WrongVersion: what is offered; Redirect: where to
}

// Protocol returns what is wrong with the array's interface.
func (v View) Protocol() Protocol { return protocolOf(v.entries, v.at, v.unreachable()) }

// protocolOf is the same for every family.
func protocolOf(entries []Entry, at time.Time, unreachable bool) Protocol {
	p := Protocol{Unreachable: unreachable}
	changes := 0
	for _, e := range entries {
		if !e.begun(at) {
			continue
		}
		switch e.Kind {
		case ExpireSession, TokenRefused, ArrayRestart, Upgrade:
			p.SessionEra++
		case CertChange:
			changes++
		}
		if !e.active(at) {
			continue
		}
		switch e.Kind {
		case TokenRefused:
			p.TokenRefused = true
		case CertChange:
			p.Certificate = changes
		case ClockSkew:
			p.Skew += e.duration("by")
		case HTTP500, Slow, TruncatedJSON, DuplicateItems,
			WrongVersion, Partial207, CounterNull, EndlessBody, DeepJSON, HugeString, SlowDrip, Redirect:
			p.Rules = append(p.Rules, ruleOf(e))
		}
	}
	return p
}
