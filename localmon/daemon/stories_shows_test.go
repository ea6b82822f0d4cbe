package daemon_test

import (
	"slices"
	"time"

	"darksite/training/sim"
)

// threeLooks is what the alert for no data waits for: one or two looks fail on
// every site now and then.
const threeLooks = "three looks without an answer"

// What an array shows of a fault that comes slowly, as the simulator knows it.

// alarm is an open alert of the array itself.
func alarm(code int, severity string) func(sim.Sight) bool {
	return func(at sim.Sight) bool {
		switch v := at.(type) {
		case sim.View:
			return slices.ContainsFunc(v.Alerts(), func(a sim.Alert) bool { return a.Code == code && a.Severity == severity && a.State == "open" })
		case sim.BladeView:
			return slices.ContainsFunc(v.Alerts(), func(a sim.BladeAlert) bool {
				return a.Code == code && a.Severity == severity && a.State == "open"
			})
		}
		return false
	}
}

// slower is a mean time of reads above so many microseconds, over NFS where the
// array tells protocols apart.
func slower(usec float64) func(sim.Sight) bool {
	return func(at sim.Sight) bool {
		switch v := at.(type) {
		case sim.View:
			return float64(v.Instant().Array().ReadUsec) > usec
		case sim.BladeView:
			return v.Instant().Array(sim.NFS).Reads.UsecPerOp() > usec
		}
		return false
	}
}

// heldBack is a mean wait for a limit above so many microseconds.
func heldBack(usec int64) func(sim.Sight) bool {
	return func(at sim.Sight) bool {
		p := at.(sim.View).Instant().Array()
		return max(p.ReadQoSUsec, p.WriteQoSUsec, p.MirroredQoSUsec) > usec
	}
}

// leads is a volume that does more than its share of all operations.
func leads(name string, share float64) func(sim.Sight) bool {
	return func(at sim.Sight) bool {
		v := at.(sim.View)
		w := v.Instant()
		operations := func(p sim.Performance) float64 { return float64(p.Reads + p.Writes + p.Mirrored) }
		i := slices.IndexFunc(v.Volumes(), func(x sim.Volume) bool { return x.Name == name })
		return operations(w.Volume(i)) > share*operations(w.Array())
	}
}

// dim is a transceiver that receives less than a limit.
func dim(port string, limit float64) func(sim.Sight) bool {
	return func(at sim.Sight) bool {
		return slices.ContainsFunc(at.(sim.View).Optics(), func(o sim.Optics) bool { return o.Port.Name == port && o.RxPower < limit })
	}
}

// stopped is an array that is full.
func stopped(at sim.Sight) bool {
	switch v := at.(type) {
	case sim.View:
		return float64(v.Space().Physical()) > 0.99*float64(v.Identity().Capacity)
	case sim.BladeView:
		return float64(v.Space(sim.SpaceOfArray).Physical()) > 0.99*float64(v.Capacity())
	}
	return false
}

// filling is an array whose space is used up to a share of its capacity.
func filling(name, target string, shows func(sim.Sight) bool, want string) story {
	return story{
		name: name, fault: sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": target, "over": "10m"}}, short: target == "92",
		shows: shows, want: []string{want}, lasts: 20 * time.Minute, clears: 15 * time.Minute,
	}
}

// filledUp is one that is full: that this is more than nearly full only the space
// says, and not the array's alert.
func filledUp(want string) story {
	s := filling("capacity used up", "100", stopped, want)
	s.looks, s.waits, s.clears = 11, "space is read every five minutes", 17*time.Minute
	return s
}
