package snmpagent

import (
	"math"
	"slices"
	"strings"
	"time"

	"darksite/training/sim"
)

// Names of objects.
const (
	systemGroup = "1.3.6.1.2.1.1"
	sysUpTime   = "1.3.6.1.2.1.1.3.0"
	trapOID     = "1.3.6.1.6.3.1.1.4.1.0"
	arrayMIB    = "1.3.6.1.4.1.40482"
)

// object is one scalar of the agent: what it is called and what it holds at an
// instant.
type object struct {
	name oid
	read func(moment) value
}

// moment is an instant of the array as the objects look at it. The work of the
// array is worked out once, when it is asked for.
type moment struct {
	view sim.View
	up   time.Duration // since the agent last started
	work func() sim.Performance
}

// must reads a name that stands in this package.
func must(s string) oid {
	o, err := parseOID(s)
	if err != nil {
		panic(err)
	}
	return o
}

// objects are the scalars, in the order of their names.
func objects() []object {
	scalar := func(name string, read func(moment) value) object { return object{must(name), read} }
	perf := func(number string, of func(sim.Performance) int64) object {
		return scalar(arrayMIB+".4."+number+".0", func(m moment) value {
			return integer(min(of(m.work()), math.MaxInt32))
		})
	}
	return []object{
		scalar(systemGroup+".1.0", func(m moment) value {
			id := m.view.Identity()
			return text("Pure Storage " + id.Model + ", " + id.OS + " " + id.Version)
		}),
		scalar(systemGroup+".2.0", func(moment) value { return objectName(must(arrayMIB)) }),
		scalar(sysUpTime, func(m moment) value { return ticks(m.up.Milliseconds() / 10) }),
		scalar(systemGroup+".4.0", func(moment) value { return text("") }),
		scalar(systemGroup+".5.0", func(m moment) value { return text(m.view.Identity().Name) }),
		scalar(systemGroup+".6.0", func(moment) value { return text("simulated") }),
		perf("1", func(p sim.Performance) int64 { return p.ReadBytes }),
		perf("2", func(p sim.Performance) int64 { return p.WriteBytes }),
		perf("3", func(p sim.Performance) int64 { return p.Reads }),
		perf("4", func(p sim.Performance) int64 { return p.Writes }),
		perf("5", func(p sim.Performance) int64 { return p.ReadUsec }),
		perf("6", func(p sim.Performance) int64 { return p.WriteUsec }),
	}
}

// get is what a name holds, or the reason why it holds nothing.
func (a *Agent) get(name oid, m moment) value {
	reason := byte(tagNoSuchObject)
	for _, o := range a.objects {
		switch {
		case slices.Equal(o.name, name):
			return o.read(m)
		case len(name) >= len(o.name)-1 && slices.Equal(o.name[:len(o.name)-1], name[:len(o.name)-1]):
			reason = tagNoSuchInstance
		}
	}
	return exception(reason)
}

// next is the variable after a name.
func (a *Agent) next(name oid, m moment) bind {
	for _, o := range a.objects {
		if slices.Compare(o.name, name) > 0 {
			return bind{o.name, o.read(m)}
		}
	}
	return bind{name, exception(tagEndOfView)}
}

// bulk answers GETBULK: the first names once, the others over and over, until
// the message is as full as it may be or the end of the view is all there is.
func (a *Agent) bulk(p pdu, m moment) []bind {
	once := min(max(int(p.first), 0), len(p.binds))
	var out []bind
	for _, b := range p.binds[:once] {
		out = append(out, a.next(b.name, m))
	}
	row := p.binds[once:]
	for range max(p.second, 0) {
		if len(row) == 0 || len(out)+len(row) > maxBinds {
			break
		}
		following, more := make([]bind, len(row)), false
		for i, b := range row {
			following[i] = a.next(b.name, m)
			more = more || following[i].tag != tagEndOfView
		}
		out, row = append(out, following...), following
		if !more {
			break
		}
	}
	return out
}

// without drops the objects whose names begin with one of the prefixes.
func without(all []object, prefixes []string) ([]object, error) {
	for _, p := range prefixes {
		o, err := parseOID(p)
		if err != nil {
			return nil, err
		}
		prefix := o.String() + "."
		all = slices.DeleteFunc(all, func(x object) bool { return strings.HasPrefix(x.name.String()+".", prefix) })
	}
	return all, nil
}
