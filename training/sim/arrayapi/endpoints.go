package arrayapi

import (
	"maps"
	"slices"
	"strings"
	"time"

	"darksite/training/sim"
)

// endpoints are the lists of a FlashArray, by path below the version.
var endpoints = map[string]func(*call) resource{
	"alert-watchers":                  alertWatchers,
	"alerts":                          alerts,
	"alerts/events":                   alertEvents,
	"alerts/rules":                    none,
	"alerts/rules/catalog":            alertRules,
	"array-connections":               arrayConnections,
	"arrays":                          arrays,
	"arrays/performance":              arraysPerformance,
	"arrays/space":                    arraysSpace,
	"audits":                          audits,
	"certificates":                    func(c *call) resource { return c.h.certificates(c) },
	"connections":                     connections,
	"controllers":                     controllers,
	"directories":                     directories,
	"directories/performance":         directoriesPerformance,
	"directories/space":               directoriesSpace,
	"drives":                          drives,
	"file-systems":                    fileSystems,
	"hardware":                        hardware,
	"hosts":                           hosts,
	"hosts/performance":               hostsPerformance,
	"hosts/performance/balance":       hostsBalance,
	"hosts/space":                     hostsSpace,
	"maintenance-windows":             maintenanceWindows,
	"network-interfaces":              interfaces,
	"network-interfaces/performance":  interfacesPerformance,
	"network-interfaces/port-details": interfacesDetails,
	"pod-replica-links":               replicaLinks,
	"pod-replica-links/lag":           replicaLinksLag,
	"pod-replica-links/performance/replication": replicaLinksPerformance,
	"pods":                         pods,
	"pods/performance":             podsPerformance,
	"pods/performance/replication": podsReplication,
	"pods/space":                   podsSpace,
	"ports":                        ports,
	"sessions":                     func(c *call) resource { return c.h.openSessions(c) },
	"smtp-servers":                 smtpServers,
	"snmp-managers":                snmpManagers,
	"software":                     software,
	"subscriptions":                subscriptions,
	"support":                      support,
	"syslog-servers":               syslogServers,
	"volume-groups":                volumeGroups,
	"volume-groups/performance":    volumeGroupsPerformance,
	"volume-groups/space":          volumeGroupsSpace,
	"volumes":                      volumes,
	"volumes/performance":          volumesPerformance,
	"volumes/space":                volumesSpace,
}

// Endpoints lists the paths below /api/{version}/ that arrays of a family
// answer in their newest version.
func Endpoints(f sim.Family) []string { return slices.Sorted(maps.Keys(dialectOf(f).endpoints)) }

// The resolutions of history the published description names.
var (
	spaceSteps  = []time.Duration{5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour, 24 * time.Hour}
	objectSteps = append([]time.Duration{30 * time.Second}, spaceSteps...)
	arraySteps  = append([]time.Duration{time.Second}, objectSteps...)
)

// one is a resource of a single object.
func one(name string, item func() any) resource {
	return resource{count: 1, name: func(int) string { return name }, item: func(int) any { return item() }}
}

// of is a resource of a slice.
func of[T any](all []T, name func(T) string, item func(T) any) resource {
	r := resource{count: len(all), item: func(i int) any { return item(all[i]) }}
	if name != nil {
		r.name = func(i int) string { return name(all[i]) }
	}
	return r
}

// none is a list of what an array may have and the modelled ones have not.
func none(*call) resource {
	return resource{name: func(int) string { return "" }, id: func(int) string { return "" }}
}

func alerts(c *call) resource {
	all := c.view.Alerts()
	r := of(all, func(a sim.Alert) string { return alertName(a) }, func(a sim.Alert) any { return c.alert(a) })
	r.id = func(i int) string { return all[i].ID }
	return r
}

func arrays(c *call) resource {
	return one(c.view.Identity().Name, func() any { return c.array() })
}

func arraysPerformance(c *call) resource {
	r := one(c.view.Identity().Name, func() any { return c.arrayPerformance(c.work(), c.now) })
	r.steps = arraySteps
	r.past = func(p period) series {
		return series{item: func(int) any { return c.arrayPerformance(c.view.At(p.end).Mean(p.length), p.end) }}
	}
	return r
}

func arraysSpace(c *call) resource {
	r := one(c.view.Identity().Name, func() any { return c.arraySpace(c.view) })
	r.steps = spaceSteps
	r.past = func(p period) series {
		return series{item: func(int) any { return c.arraySpace(c.view.At(p.end)) }}
	}
	return r
}

func connections(c *call) resource {
	return of(c.view.Connections(), nil, func(x sim.Connection) any {
		return connectionItem{
			Host: reference{Name: &x.Host}, HostGroup: reference{Name: &x.HostGroup}, LUN: x.LUN,
			Volume: fullReference{Name: &x.Volume, ID: &x.VolumeID},
		}
	})
}

func controllers(c *call) resource {
	return of(c.view.Controllers(), func(x sim.Controller) string { return x.Name }, func(x sim.Controller) any {
		return controllerItem{
			Name: x.Name, Type: "array_controller", Status: x.Status, Mode: x.Mode,
			Model: x.Model, Version: x.Version, ModeSince: c.optTime(x.ModeSince),
		}
	})
}

func drives(c *call) resource {
	return of(c.view.Drives(), func(d sim.Drive) string { return d.Name }, func(d sim.Drive) any {
		return driveItem{d.Name, d.Capacity, text(d.Details), d.Protocol, d.Status, d.Type}
	})
}

func hardware(c *call) resource {
	return of(c.view.Hardware(), func(h sim.Hardware) string { return h.Name }, func(h sim.Hardware) any {
		item := hardwareItem{
			Index: h.Index, Type: h.Type, Name: h.Name, Slot: opt(h.Slot), Model: text(h.Model), Status: h.Status,
			Details: text(h.Details), Serial: text(h.Serial), Speed: opt(h.Speed),
			Temperature: opt(h.Temperature), Voltage: opt(h.Voltage),
		}
		if h.CanIdentify {
			lit := c.h.isLit(h.Name)
			item.IdentifyEnabled = &lit
		}
		return item
	})
}

func hosts(c *call) resource {
	return of(c.moment.hosts(), func(h sim.Host) string { return h.Name }, func(h sim.Host) any { return c.host(h) })
}

func hostsSpace(c *call) resource {
	return of(c.moment.hosts(), func(h sim.Host) string { return h.Name }, func(h sim.Host) any {
		return namedSpace{Name: &h.Name, Space: hostSpace(h.Space), Time: c.ms(c.now)}
	})
}

func hostsPerformance(c *call) resource {
	all := c.moment.hosts()
	at := func(w *sim.Window, end time.Time) series {
		return series{
			item: func(i int) any { return hostPerformance{c.performance(w.Host(i), end), &all[i].Name} },
			total: func(sel []int) any {
				return hostPerformance{c.performance(sumOf(sel, w.Host), end), nil}
			},
		}
	}
	return c.working(len(all), func(i int) string { return all[i].Name }, nil, at)
}

func volumesPerformance(c *call) resource {
	all := c.moment.volumes()
	at := func(w *sim.Window, end time.Time) series {
		return series{
			item: func(i int) any {
				return volumePerformance{c.performance(w.Volume(i), end), &all[i].Name, &all[i].ID}
			},
			total: func(sel []int) any {
				return volumePerformance{c.performance(sumOf(sel, w.Volume), end), nil, nil}
			},
		}
	}
	return c.working(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID }, at)
}

// working is a resource that is the work of objects, now and in the past.
func (c *call) working(n int, name, id func(int) string, at func(*sim.Window, time.Time) series) resource {
	now := at(c.work(), c.now)
	return resource{
		count: n, name: name, id: id, item: now.item, total: now.total, steps: objectSteps,
		past: func(p period) series { return at(c.view.At(p.end).Mean(p.length), p.end) },
	}
}

func sumOf(sel []int, work func(int) sim.Performance) sim.Performance {
	ps := make([]sim.Performance, len(sel))
	for k, i := range sel {
		ps[k] = work(i)
	}
	return sim.Sum(ps...)
}

func hostsBalance(c *call) resource {
	return of(c.work().Balance(), func(b sim.Balance) string { return b.Host }, func(b sim.Balance) any { return c.balance(b) })
}

func interfaces(c *call) resource {
	return of(c.view.Ports(), func(p sim.Port) string { return p.Name }, func(p sim.Port) any { return interfaceOf(p) })
}

func interfacesPerformance(c *call) resource {
	all := c.view.Ports()
	at := func(w *sim.Window, end time.Time) series {
		byName := map[string]sim.PortPerformance{}
		work := c.moment.ports
		if w != c.work() {
			work = w.Ports
		}
		for _, p := range work() {
			byName[p.Name] = p
		}
		return series{
			item:  func(i int) any { return c.portPerformance(byName[all[i].Name], end) },
			total: func(sel []int) any { return c.portTotal(sel, all, byName, end) },
		}
	}
	// The list holds the ports of controllers that are up, and no virtual ones.
	up := map[string]bool{}
	for _, p := range c.moment.ports() {
		up[p.Name] = true
	}
	all = slices.DeleteFunc(all, func(p sim.Port) bool { return !up[p.Name] })
	return c.working(len(all), func(i int) string { return all[i].Name }, nil, at)
}

func ports(c *call) resource {
	all := slices.DeleteFunc(c.view.Ports(), func(p sim.Port) bool { return p.Service != "iscsi" && !p.FC })
	return of(all, func(p sim.Port) string { return p.Name }, func(p sim.Port) any { return c.target(p) })
}

func subscriptions(c *call) resource {
	id := derivedUUID(sim.Options{Name: c.view.Identity().ID}, "subscription", 0)
	r := one("", func() any { return subscriptionItem{"FlashArray", id} })
	r.name, r.id = nil, func(int) string { return id }
	return r
}

// support: on a dark site nothing phones home.
func support(*call) resource {
	r := one("", func() any {
		return supportItem{PhonehomeExcludes: []string{}, RemoteAssistPaths: []string{}, RemoteAssistStatus: "disconnected"}
	})
	r.name = nil
	return r
}

func volumes(c *call) resource {
	all := c.moment.volumes()
	r := of(all, func(v sim.Volume) string { return v.Name }, func(v sim.Volume) any { return c.volume(v) })
	r.id = func(i int) string { return all[i].ID }
	r.total = func(sel []int) any { return volumeTotal(sumSpace(all, sel)) }
	return r
}

func volumesSpace(c *call) resource {
	all := c.moment.volumes()
	at := func(v sim.View) series {
		vols := all
		if !v.Same(c.view) {
			vols = v.Volumes()
		}
		return series{
			item: func(i int) any {
				return volumeSpaceItem{namedSpace{&vols[i].Name, volumeSpace(vols[i].Space), c.ms(v.Time())}, &vols[i].ID}
			},
			total: func(sel []int) any {
				return volumeSpaceItem{namedSpace{nil, volumeSpace(sumSpace(vols, sel)), c.ms(v.Time())}, nil}
			},
		}
	}
	now := at(c.view)
	return resource{
		count: len(all), name: func(i int) string { return all[i].Name }, id: func(i int) string { return all[i].ID },
		item: now.item, total: now.total, steps: spaceSteps,
		past: func(p period) series { return at(c.view.At(p.end)) },
	}
}

func sumSpace(vs []sim.Volume, sel []int) sim.Space {
	return sumOfSpaces(sel, func(i int) sim.Space { return vs[i].Space })
}

func alertName(a sim.Alert) string { return itoa(a.Number) }

func upper(p sim.Port) string { return strings.ToUpper(p.Name) }
