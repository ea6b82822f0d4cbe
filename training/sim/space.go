package sim

import (
	"math"
	"time"
)

// organic is how much more the volumes hold than at the start: some growth
// that levels off, so that a quiet array never raises an alert by itself.
func (v View) organic() float64 {
	days := v.at.Sub(v.options.Start).Hours() / 24
	return 1 + 0.05*math.Tanh(days/200)
}

// baseUsed is the use of the whole array without any fault.
func (v View) baseUsed() float64 {
	b, g := v.inv.base, v.organic()
	return float64(b.unique)*g + float64(b.shared)*g + float64(b.snapshots) + replicationUse
}

// utilisation is the share of capacity in use.
func (v View) utilisation() float64 {
	return (v.baseUsed() + v.filled()) / float64(v.inv.capacity)
}

// fillLine is the course of one capacity fault: a straight line up, a level,
// and a straight line down once the space is reclaimed.
type fillLine struct {
	from, full  time.Time
	until, free time.Time // zero while not repaired
	low, high   float64   // share of capacity at from and at full
	peak        float64   // reached when it was repaired
}

func (v View) fillLine(e Entry) fillLine {
	return newFillLine(e, v.At(e.At).baseUsed()/float64(v.inv.capacity))
}

// newFillLine is the course from a share in use when the fault began.
func newFillLine(e Entry, low float64) fillLine {
	l := fillLine{from: e.At, full: e.At.Add(e.duration("over")), low: low, high: e.param("target") / 100}
	l.high = math.Max(l.high, l.low)
	l.peak = l.high
	if !e.Until.IsZero() {
		l.until, l.free = e.Until, e.Until.Add(e.duration("reclaim"))
		if e.Until.Before(l.full) {
			l.peak = l.low + (l.high-l.low)*e.Until.Sub(l.from).Seconds()/l.full.Sub(l.from).Seconds()
		}
	}
	return l
}

func (l fillLine) at(t time.Time) float64 {
	switch {
	case t.Before(l.from):
		return 0
	case !l.until.IsZero() && !t.Before(l.free):
		return 0
	case !l.until.IsZero() && !t.Before(l.until):
		return l.peak + (l.low-l.peak)*t.Sub(l.until).Seconds()/l.free.Sub(l.until).Seconds()
	case !t.Before(l.full):
		return l.high
	}
	return l.low + (l.high-l.low)*t.Sub(l.from).Seconds()/l.full.Sub(l.from).Seconds()
}

// rises is when the line first reaches a share, if it does.
func (l fillLine) rises(share float64) (time.Time, bool) {
	if share > l.peak {
		return time.Time{}, false
	}
	if share <= l.low {
		return l.from, true
	}
	part := (share - l.low) / (l.high - l.low)
	return l.from.Add(time.Duration(part * float64(l.full.Sub(l.from)))).Truncate(time.Millisecond), true
}

// falls is when the line is below a share again.
func (l fillLine) falls(share float64) (time.Time, bool) {
	if l.until.IsZero() {
		return time.Time{}, false
	}
	if share <= l.low || l.peak <= l.low {
		return l.free, true
	}
	part := (l.peak - share) / (l.peak - l.low)
	return l.until.Add(time.Duration(part * float64(l.free.Sub(l.until)))).Truncate(time.Millisecond), true
}

// filled is the number of bytes the capacity faults add together: each works
// towards a share of the whole array, so the highest counts.
func (v View) filled() float64 {
	_, bytes := v.filling()
	return bytes
}

func (v View) filling() (target string, bytes float64) {
	for _, e := range v.entries {
		if e.Kind != CapacityFill || !e.begun(v.at) {
			continue
		}
		if b := v.fillLine(e).at(v.at)*float64(v.inv.capacity) - v.baseUsed(); b > bytes {
			target, bytes = e.Target, b
		}
	}
	return target, bytes
}

// full says whether writes have to stop.
func (v View) full() bool { return v.utilisation() > 0.9995 }

// growth is what the capacity faults add to each volume. New data is written
// where there is room, to the named volume first.
func (v View) growth() []int64 {
	grown := make([]int64, len(v.inv.volumes))
	target, bytes := v.filling()
	if bytes <= 0 {
		return grown
	}
	room := func(i int) float64 {
		vol := &v.inv.volumes[i]
		return math.Max(0, float64(vol.provisioned)-float64(vol.virtual)*v.organic())
	}
	if n := v.inv.volumeNamed(target); n >= 0 && target != "" {
		take := math.Min(bytes, room(n)*0.95)
		grown[n] += int64(take)
		bytes -= take
	}
	var all float64
	for i := range grown {
		all += room(i) - float64(grown[i])
	}
	for i := range grown {
		grown[i] += int64(bytes * (room(i) - float64(grown[i])) / all)
	}
	return grown
}

// Space is the use of space of the whole array.
func (v View) Space() Space {
	sum := Space{Shared: int64(float64(v.inv.base.shared) * v.organic()), Replication: replicationUse}
	for _, s := range v.volumeSpaces() {
		sum.Provisioned += s.Provisioned
		sum.Virtual += s.Virtual
		sum.Unique += s.Unique
		sum.Snapshots += s.Snapshots
	}
	return sum
}

func (v View) volumeSpaces() []Space {
	grown, g := v.growth(), v.organic()
	all := make([]Space, len(v.inv.volumes))
	for i := range all {
		vol := &v.inv.volumes[i]
		all[i] = Space{
			Provisioned: vol.provisioned,
			Virtual:     int64(float64(vol.virtual)*g) + grown[i],
			Unique:      int64(float64(vol.unique)*g) + grown[i],
			Snapshots:   vol.snapshots,
		}
	}
	return all
}

// Volumes lists the volumes.
func (v View) Volumes() []Volume {
	spaces := v.volumeSpaces()
	vs := make([]Volume, len(spaces))
	for i := range vs {
		vol := &v.inv.volumes[i]
		vs[i] = Volume{
			Name: vol.name, ID: vol.id, Serial: vol.serial, Created: vol.created,
			ProtocolEndpoint: vol.protocolEndpoint, Space: spaces[i], IOPSLimit: v.limitOf(vol.name),
		}
		if vol.pod >= 0 {
			vs[i].Pod, vs[i].PodID = v.inv.pods[vol.pod].name, v.inv.pods[vol.pod].id
		}
		if vol.volumeGroup >= 0 {
			vs[i].VolumeGroup, vs[i].VolumeGroupID = v.inv.volumeGroups[vol.volumeGroup].name, v.inv.volumeGroups[vol.volumeGroup].id
		}
		if vol.group >= 0 {
			g := v.inv.groups[vol.group]
			vs[i].HostGroup, vs[i].Connections = g.name, len(g.hosts)
		}
	}
	return vs
}

// Hosts lists the hosts.
func (v View) Hosts() []Host {
	spaces := v.volumeSpaces()
	perGroup := make([]Space, len(v.inv.groups))
	for g := range perGroup {
		for _, i := range v.inv.groups[g].volumes {
			perGroup[g].Provisioned += spaces[i].Provisioned
			perGroup[g].Virtual += spaces[i].Virtual
			perGroup[g].Unique += spaces[i].Unique
			perGroup[g].Snapshots += spaces[i].Snapshots
		}
	}
	hs := make([]Host, len(v.inv.hosts))
	for i := range hs {
		h := &v.inv.hosts[i]
		g := v.inv.groups[h.group]
		hs[i] = Host{
			Name: h.name, HostGroup: g.name, ISCSI: h.iscsi, Initiators: h.initiators,
			Connections: len(g.volumes), Paths: v.pathState(i), Space: perGroup[h.group],
		}
	}
	return hs
}

// Connections lists which host sees which volume.
func (v View) Connections() []Connection {
	var cs []Connection
	for _, g := range v.inv.groups {
		for _, i := range g.volumes {
			vol := &v.inv.volumes[i]
			for _, h := range g.hosts {
				cs = append(cs, Connection{Host: v.inv.hosts[h].name, HostGroup: g.name, Volume: vol.name, VolumeID: vol.id, LUN: vol.lun})
			}
		}
	}
	return cs
}
