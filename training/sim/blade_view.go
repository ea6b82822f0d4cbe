package sim

import (
	"math"
	"slices"
	"strings"
	"time"
)

// BladeView is an array of the FlashBlade kind at one instant. Everything it
// tells follows from the seed, the faults and the instant alone.
type BladeView struct {
	options Options
	inv     *bladeInventory
	entries []Entry
	at      time.Time
}

func newBladeView(o Options, inv *bladeInventory, entries []Entry, at time.Time) BladeView {
	return BladeView{options: o, inv: inv, entries: entries, at: at}
}

// Time is the instant of the view.
func (v BladeView) Time() time.Time { return v.at }

// At is the view of an earlier instant.
func (v BladeView) At(t time.Time) BladeView {
	if t.After(v.at) {
		t = v.at
	}
	return newBladeView(v.options, v.inv, v.entries, t)
}

// BladeIdentity is what a FlashBlade says of itself.
type BladeIdentity struct {
	Name, ID, OS, Version, Revision string
	Network                         string // first three octets of every address
}

// Identity returns what the array says of itself.
func (v BladeView) Identity() BladeIdentity {
	return BladeIdentity{v.options.Name, v.inv.id, bladeOS, bladeVersion, v.inv.revision, v.inv.networkID}
}

// Protocol returns what is wrong with the array's interface.
func (v BladeView) Protocol() Protocol { return protocolOf(v.entries, v.at, v.unreachable()) }

// managing is the fabric module that has the management address while it can.
const managing = "CH1.FM1"

// unreachable says whether nobody has the management address: during a
// restart, while it moves, or when no module is left to have it.
func (v BladeView) unreachable() bool {
	return v.isolated() || slices.ContainsFunc(v.entries, func(e Entry) bool {
		return e.Kind == FMFail && e.Target == managing && e.active(v.at) && v.at.Sub(e.At) < failover
	})
}

// isolated says whether no client can reach the array at all.
func (v BladeView) isolated() bool {
	return slices.ContainsFunc(v.entries, func(e Entry) bool { return e.Kind == ArrayRestart && e.active(v.at) }) ||
		(v.down("CH1.FM1") && v.down("CH1.FM2")) || (v.down("XFM1") && v.down("XFM2"))
}

// down says whether a fabric module has failed.
func (v BladeView) down(module string) bool {
	return slices.ContainsFunc(v.entries, func(e Entry) bool { return e.Kind == FMFail && e.Target == module && e.active(v.at) })
}

// evacuationDelay is how long an unhealthy blade is watched before its data is
// moved away.
const evacuationDelay = time.Minute

// moved is how far the data of a lost blade is whole elsewhere. It goes on
// whether or not the blade is repaired meanwhile.
func (v BladeView) moved(e Entry) float64 {
	since, length := v.at.Sub(e.At), e.param("rebuild")
	if e.Kind == BladeUnhealthy {
		since, length = since-evacuationDelay, e.param("evacuate")
	}
	return math.Max(0, math.Min(1, since.Seconds()/length))
}

// lost lists the faults that have taken a blade, as far as they have begun.
func (v BladeView) lost() []Entry {
	var es []Entry
	for _, e := range v.entries {
		if (e.Kind == BladeUnhealthy || e.Kind == BladeRemoved) && e.begun(v.at) {
			es = append(es, e)
		}
	}
	return es
}

// Parity is the share of data that has its full redundancy.
func (v BladeView) Parity() float64 {
	p := 1.0
	for _, e := range v.lost() {
		p -= (1 - v.moved(e)) * v.shareOf(e.Target)
	}
	return math.Max(p, 0)
}

// shareOf is the part of all raw capacity a blade has.
func (v BladeView) shareOf(blade string) float64 {
	var all, own int64
	for _, b := range v.inv.blades {
		all += b.RawCapacity
		if b.Name == blade {
			own = b.RawCapacity
		}
	}
	return float64(own) / float64(all)
}

// Capacity is what can be stored: less while a blade is out of its slot.
func (v BladeView) Capacity() int64 {
	share := 1.0
	for _, e := range v.lost() {
		if e.Kind == BladeRemoved && !e.repaired(v.at) {
			share -= v.shareOf(e.Target)
		}
	}
	return int64(float64(v.inv.capacity) * share)
}

// Blades lists the blades, empty slots included.
func (v BladeView) Blades() []Blade {
	bs := slices.Clone(v.inv.blades)
	for _, e := range v.lost() {
		n := slices.IndexFunc(bs, func(b Blade) bool { return b.Name == e.Target })
		v.breakBlade(&bs[n], e)
	}
	return bs
}

func (v BladeView) breakBlade(b *Blade, e Entry) {
	switch moved := v.moved(e); {
	case e.repaired(v.at):
		if v.at.Sub(e.Until) < recovering {
			b.Status, b.Details = "unknown", "blade is being taken in"
		}
	case e.Kind == BladeRemoved:
		b.Status, b.Details, b.RawCapacity = "critical", "blade was removed", 0
	case v.at.Sub(e.At) < evacuationDelay:
		b.Status, b.Details = "unhealthy", "blade answers too slowly"
	case moved < 1:
		b.Status, b.Details, b.Progress = "evacuating", "blade is being evacuated", Some(moved)
	default:
		b.Status, b.Details, b.Progress = "evacuated", "blade can be replaced", Some(1.0)
	}
}

// Drives lists the drive modules: those of a blade share its fate. Blades of
// the older models have none.
func (v BladeView) Drives() []BladeDrive {
	var ds []BladeDrive
	blades := v.Blades()
	for _, d := range v.inv.drives {
		name, _, _ := cutLast(d.Name, ".")
		n := slices.IndexFunc(blades, func(b Blade) bool { return b.Name == name })
		switch b := blades[n]; {
		case b.RawCapacity == 0:
			continue // gone with its blade
		case b.Status != "healthy":
			d.Status, d.Details, d.Progress = b.Status, b.Details, b.Progress
			if b.Status == "unknown" {
				d.Status = "updating"
			}
		}
		ds = append(ds, d)
	}
	return ds
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Hardware lists the parts.
func (v BladeView) Hardware() []BladeHardware {
	hs := slices.Clone(v.inv.hardware)
	for i := range hs {
		h := &hs[i]
		for _, e := range v.entries {
			if e.begun(v.at) && (e.Target == h.Name || strings.HasPrefix(h.Name, e.Target+".")) && e.Target != "" && h.Status != "unused" {
				v.breakBladePart(h, e)
			}
		}
	}
	return hs
}

// breakBladePart lets a fault of a part, or of what it is in, show.
func (v BladeView) breakBladePart(h *BladeHardware, e Entry) {
	own := e.Target == h.Name
	switch {
	case e.repaired(v.at):
		if own && (e.Kind == BladeUnhealthy || e.Kind == BladeRemoved) && v.at.Sub(e.Until) < recovering {
			h.Status, h.Details = "unknown", "blade is being taken in"
		}
	case e.Kind == BladeRemoved:
		h.Status, h.Model, h.Serial = "unused", "", "" // the slot is empty: only the blade list tells
	case !own && (e.Kind == FMFail || e.Kind == BladeUnhealthy):
		h.Status = "unknown"
	case !own:
	case e.Kind == BladeUnhealthy:
		h.Status, h.Details = "unhealthy", "blade answers too slowly"
		if v.at.Sub(e.At) >= evacuationDelay {
			h.Status, h.Details = "critical", "blade is out of service"
		}
	case e.Kind == FMFail:
		h.Status, h.Details = "critical", "module does not answer"
	case e.Kind == ConnectorDown:
		h.Status, h.Details = "unhealthy", "no link"
	case e.Kind == ConnectorRemoved:
		h.Status, h.Details, h.Model, h.Serial, h.Speed = "unused", "Not configured", "", "", Some(int64(0))
	case e.Kind == PSULoss:
		h.Status, h.Details = "critical", "no input power"
	case e.Kind == FanSlow:
		h.Status, h.Details = "critical", "fan turns too slowly"
	}
}

// Connectors lists the Ethernet ports.
func (v BladeView) Connectors() []Connector {
	cs := slices.Clone(v.inv.connectors)
	for i := range cs {
		for _, e := range v.entries {
			if e.Kind == ConnectorRemoved && e.Target == cs[i].Name && e.active(v.at) {
				cs[i].Speed, cs[i].Uplink = 0, false
			}
		}
	}
	return cs
}

// carries says whether a port carries traffic.
func (v BladeView) carries(c Connector) bool {
	return c.Uplink && !v.down(c.Module) && !slices.ContainsFunc(v.entries, func(e Entry) bool {
		return (e.Kind == ConnectorDown || e.Kind == ConnectorRemoved) && e.Target == c.Name && e.active(v.at)
	})
}

// Policies lists the NFS export policies.
func (v BladeView) Policies() []ExportPolicy { return slices.Clone(v.inv.policies) }

// Clients names the clients that use file systems over NFS.
func (v BladeView) Clients() []string { return namesOf(v.inv.clients) }

// Apps names the clients of the object store.
func (v BladeView) Apps() []string { return namesOf(v.inv.apps) }

func namesOf(cs []nasClient) []string {
	var names []string
	for _, c := range cs {
		names = append(names, c.name)
	}
	return names
}
