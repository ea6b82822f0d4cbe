package arrayapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/training/sim"
)

func bladeAlerts(c *call) resource {
	all := c.blade.Alerts()
	r := of(all, func(a sim.BladeAlert) string { return itoa(a.Index) }, func(a sim.BladeAlert) any { return c.bladeAlert(a) })
	r.id = func(i int) string { return all[i].ID }
	return r
}

// bladeArray is the resource of the array itself, now and in the past.
func (c *call) bladeArray(steps []time.Duration, item func(w *sim.BladeWindow, end time.Time) any) resource {
	r := one(c.blade.Identity().Name, func() any { return item(c.blade.Instant(), c.now) })
	r.steps = steps
	r.past = func(p period) series {
		return series{item: func(int) any { return item(c.blade.At(p.end).Mean(p.length), p.end) }}
	}
	return r
}

func bladeArrays(c *call) resource {
	return one(c.blade.Identity().Name, func() any { return c.bladeArrayItem() })
}

func bladeArrayPerformance(c *call) resource {
	protocol, err := oneOf(c, "protocol", sim.AllProtocols, sim.HTTP, sim.SMB, sim.NFS, sim.S3)
	if err != nil {
		return refused(err)
	}
	id := c.blade.Identity()
	return c.bladeArray(bladeArraySteps, func(w *sim.BladeWindow, end time.Time) any {
		return bladeObjectPerformance{&id.Name, c.bladePerformance(w.Array(protocol), end), &id.ID}
	})
}

func bladeArrayNFS(c *call) resource {
	id := c.blade.Identity()
	return c.bladeArray(bladeArraySteps, func(w *sim.BladeWindow, end time.Time) any {
		return nfsItem{&id.Name, nfsRates(w.Array(sim.NFS).NFS()), c.ms(end), &id.ID}
	})
}

func bladeArrayHTTP(c *call) resource {
	id := c.blade.Identity()
	return c.bladeArray(bladeArraySteps, func(w *sim.BladeWindow, end time.Time) any {
		return httpItem{&id.Name, httpRates(w.Array(sim.HTTP).HTTP()), c.ms(end), &id.ID}
	})
}

func bladeArrayS3(c *call) resource {
	id := c.blade.Identity()
	return c.bladeArray(bladeArraySteps, func(w *sim.BladeWindow, end time.Time) any {
		return c.s3(w.Array(sim.S3), end, &id.Name, &id.ID)
	})
}

// bladeArrayReplication: the modelled arrays have no partner.
func bladeArrayReplication(c *call) resource {
	if _, err := oneOf(c, "type", "all", "file-system", "object-store"); err != nil {
		return refused(err)
	}
	id := c.blade.Identity()
	return c.bladeArray(bladeArraySteps, func(_ *sim.BladeWindow, end time.Time) any {
		return bladeReplicationItem{ID: id.ID, Time: c.ms(end), Name: id.Name}
	})
}

func bladeArraySpace(c *call) resource {
	of, err := oneOf(c, "type", sim.SpaceOfArray, sim.SpaceOfFiles, sim.SpaceOfObjects)
	if err != nil {
		return refused(err)
	}
	id := c.blade.Identity()
	item := func(v sim.BladeView) any {
		return bladeSpaceItem{id.Name, id.ID, c.ms(v.Time()), v.Capacity(), v.Parity(), bladeSpaceOf(v.Space(of))}
	}
	r := one(id.Name, func() any { return item(c.blade) })
	r.steps = bladeSpaceSteps
	r.past = func(p period) series { return series{item: func(int) any { return item(c.blade.At(p.end)) }} }
	return r
}

// bladeWorking is a resource that is the work of objects, now and in the past.
func (c *call) bladeWorking(n int, name, id func(int) string, at func(*sim.BladeWindow, time.Time) series) resource {
	now := at(c.blade.Instant(), c.now)
	return resource{
		count: n, name: name, id: id, item: now.item, total: now.total, steps: bladeObjectSteps,
		past: func(p period) series { return at(c.blade.At(p.end).Mean(p.length), p.end) },
	}
}

func sumOfWork(sel []int, work func(int) sim.BladeWork) sim.BladeWork {
	ws := make([]sim.BladeWork, len(sel))
	for k, i := range sel {
		ws[k] = work(i)
	}
	return sim.SumWork(ws...)
}

// bladeClients comes whole: the list knows no tokens and no history.
func bladeClients(c *call) resource {
	protocol, err := oneOf(c, "protocol", sim.NFS, sim.S3)
	if err != nil {
		return refused(err)
	}
	w, names := c.blade.Instant(), c.blade.Clients()
	work := w.Client
	if protocol == sim.S3 {
		names, work = c.blade.Apps(), w.App
	}
	return resource{
		count: len(names), unpaged: true, name: func(i int) string { return names[i] },
		item: func(i int) any { return clientPerformance{&names[i], c.bladePerformance(work(i), c.now)} },
		total: func(sel []int) any {
			return clientPerformance{nil, c.bladePerformance(sumOfWork(sel, work), c.now)}
		},
	}
}

func bladeS3Clients(c *call) resource {
	w, names := c.blade.Instant(), c.blade.Apps()
	return resource{
		count: len(names), unpaged: true, name: func(i int) string { return names[i] },
		item:  func(i int) any { return clientS3{&names[i], s3Rates(w.App(i).S3()), c.ms(c.now)} },
		total: func(sel []int) any { return clientS3{nil, s3Rates(sumOfWork(sel, w.App).S3()), c.ms(c.now)} },
	}
}

func bladeFileSystems(c *call) resource {
	all, policies := c.blade.FileSystems(), c.blade.Policies()
	r := of(all, func(f sim.BladeFileSystem) string { return f.Name }, func(f sim.BladeFileSystem) any { return c.fileSystem(f, policies) })
	r.id = func(i int) string { return all[i].ID }
	r.aggregate = true
	r.total = func(sel []int) any {
		var sum sim.BladeSpace
		var quotas int64
		for _, i := range sel {
			sum = addSpace(sum, all[i].Space)
			quotas += all[i].Quota
		}
		return bladeFileSystemItem{Space: bladeSpaceOf(sum), Provisioned: &quotas}
	}
	return r
}

func fileSystemsPerformance(c *call) resource {
	protocol, err := oneOf(c, "protocol", sim.AllProtocols, sim.HTTP, sim.SMB, sim.NFS)
	if err != nil {
		return refused(err)
	}
	all := c.blade.FileSystems()
	return c.bladeWorking(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID },
		func(w *sim.BladeWindow, end time.Time) series {
			work := func(i int) sim.BladeWork { return w.File(i, protocol) }
			return c.objectSeries(work, end, func(i int) (*string, *string) { return &all[i].Name, &all[i].ID })
		})
}

func (c *call) objectSeries(work func(int) sim.BladeWork, end time.Time, names func(int) (name, id *string)) series {
	return series{
		item: func(i int) any {
			name, id := names(i)
			return bladeObjectPerformance{name, c.bladePerformance(work(i), end), id}
		},
		total: func(sel []int) any {
			return bladeObjectPerformance{nil, c.bladePerformance(sumOfWork(sel, work), end), nil}
		},
	}
}

func buckets(c *call) resource {
	all, owners := c.blade.Buckets(), c.blade.Accounts()
	r := of(all, func(b sim.Bucket) string { return b.Name }, func(b sim.Bucket) any { return c.bucket(b, owners[b.Account]) })
	r.id = func(i int) string { return all[i].ID }
	r.aggregate = true
	r.total = func(sel []int) any {
		var sum sim.BladeSpace
		var objects, quotas int64
		for _, i := range sel {
			sum = addSpace(sum, all[i].Space)
			objects += all[i].Objects
			quotas += all[i].Quota
		}
		return bucketItem{Space: provisionedSpace{bladeSpaceOf(sum), &quotas}, ObjectCount: &objects}
	}
	return r
}

func bucketsPerformance(c *call) resource {
	all := c.blade.Buckets()
	return c.bladeWorking(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID },
		func(w *sim.BladeWindow, end time.Time) series {
			return c.objectSeries(w.Bucket, end, func(i int) (*string, *string) { return &all[i].Name, &all[i].ID })
		})
}

func bucketsS3(c *call) resource {
	all := c.blade.Buckets()
	return c.bladeWorking(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID },
		func(w *sim.BladeWindow, end time.Time) series {
			return series{
				item:  func(i int) any { return c.s3(w.Bucket(i), end, &all[i].Name, &all[i].ID) },
				total: func(sel []int) any { return c.s3(sumOfWork(sel, w.Bucket), end, nil, nil) },
			}
		})
}

func accounts(c *call) resource {
	all := c.blade.Accounts()
	r := of(all, func(a sim.Account) string { return a.Name }, func(a sim.Account) any { return c.account(a) })
	r.id = func(i int) string { return all[i].ID }
	r.aggregate = true
	r.total = func(sel []int) any {
		var sum sim.BladeSpace
		var objects, quotas int64
		for _, i := range sel {
			sum = addSpace(sum, all[i].Space)
			objects += all[i].Objects
			quotas += all[i].Quota
		}
		return accountItem{Space: accountSpaceOf(sum, quotas), ObjectCount: &objects, QuotaLimit: new(int64)}
	}
	return r
}

func addSpace(a, b sim.BladeSpace) sim.BladeSpace {
	return sim.BladeSpace{Virtual: a.Virtual + b.Virtual, Unique: a.Unique + b.Unique, Snapshots: a.Snapshots + b.Snapshots}
}

// usageRow is what one user or group holds on one file system.
type usageRow struct {
	file  *sim.BladeFileSystem
	usage sim.Usage
}

func usageOfUsers(c *call) resource {
	return c.usage("user", "uids", func(f *sim.BladeFileSystem) []sim.Usage { return f.Users }, func(r usageRow) any {
		return userUsage{c.usageItem(r), holder{r.usage.ID, r.usage.Name}}
	})
}

func usageOfGroups(c *call) resource {
	return c.usage("group", "gids", func(f *sim.BladeFileSystem) []sim.Usage { return f.Groups }, func(r usageRow) any {
		return groupUsage{c.usageItem(r), holder{r.usage.ID, r.usage.Name}}
	})
}

func (c *call) usage(kind, ids string, of func(*sim.BladeFileSystem) []sim.Usage, item func(usageRow) any) resource {
	all, values := c.blade.FileSystems(), c.r.URL.Query()
	byName, byID := words(values["file_system_names"]), words(values["file_system_ids"])
	for _, name := range byName {
		if !slices.ContainsFunc(all, func(f sim.BladeFileSystem) bool { return strings.EqualFold(f.Name, name) }) {
			return refused(apiError{name, "File system does not exist."})
		}
	}
	for _, id := range byID {
		if !slices.ContainsFunc(all, func(f sim.BladeFileSystem) bool { return f.ID == id }) {
			return refused(apiError{id, "File system does not exist."})
		}
	}
	named, numbered := words(values[kind+"_names"]), words(values[ids])
	var rows []usageRow
	for i := range all {
		f := &all[i]
		if !among(byName, f.Name) || !among(byID, f.ID) {
			continue
		}
		for _, u := range of(f) {
			if among(named, u.Name) && among(numbered, itoa(u.ID)) {
				rows = append(rows, usageRow{f, u})
			}
		}
	}
	return resource{count: len(rows), item: func(i int) any { return item(rows[i]) }}
}

// among says whether a word is one of those asked for; none means any.
func among(asked []string, word string) bool {
	return len(asked) == 0 || slices.ContainsFunc(asked, func(a string) bool { return strings.EqualFold(a, word) })
}

func bladeHardware(c *call) resource {
	all := c.blade.Hardware()
	r := of(all, func(h sim.BladeHardware) string { return h.Name }, func(h sim.BladeHardware) any { return c.hardware(h) })
	r.id = func(i int) string { return all[i].ID }
	return r
}

func blades(c *call) resource {
	all := c.blade.Blades()
	r := of(all, func(b sim.Blade) string { return b.Name }, func(b sim.Blade) any {
		return bladeItem{&b.RawCapacity, text(b.Details), &b.Name, &b.ID, share(b.Progress), &b.Status, nil}
	})
	r.id = func(i int) string { return all[i].ID }
	r.aggregate = true
	r.total = func(sel []int) any {
		var raw int64
		for _, i := range sel {
			raw += all[i].RawCapacity
		}
		return bladeItem{RawCapacity: &raw}
	}
	return r
}

func bladeDrives(c *call) resource {
	all := c.blade.Drives()
	r := of(all, func(d sim.BladeDrive) string { return d.Name }, func(d sim.BladeDrive) any {
		return bladeDriveItem{&d.RawCapacity, text(d.Details), &d.Name, &d.ID, share(d.Progress), &d.Status, text("DFM")}
	})
	r.name = func(i int) string { return all[i].Name }
	r.id = func(i int) string { return all[i].ID }
	r.aggregate = true
	r.total = func(sel []int) any {
		var raw int64
		for _, i := range sel {
			raw += all[i].RawCapacity
		}
		return bladeDriveItem{RawCapacity: &raw}
	}
	return r
}

// bladeConnectors lists the sockets: the ports of one socket are its lanes.
func bladeConnectors(c *call) resource {
	var all []connectorItem
	for _, p := range c.blade.Connectors() {
		socket := socketOf(p)
		if n := len(all); n > 0 && all[n-1].Name == socket {
			all[n-1].PortCount++
			all[n-1].PortSpeed = max(all[n-1].PortSpeed, p.Speed)
			continue
		}
		all = append(all, connectorItem{
			ID: derivedUUID(sim.Options{Name: c.blade.Identity().ID}, "connector "+socket, 0), Name: socket,
			ConnectorType: "QSFP", LanesPerPort: 1, PortCount: 1, PortSpeed: p.Speed, TransceiverType: "Unused",
		})
	}
	for i := range all {
		if all[i].LaneSpeed = all[i].PortSpeed; all[i].PortSpeed > 0 {
			all[i].TransceiverType = fmt.Sprintf("%dGBASE-SR", all[i].PortSpeed/1e9)
		}
	}
	r := of(all, func(x connectorItem) string { return x.Name }, func(x connectorItem) any { return x })
	r.id = func(i int) string { return all[i].ID }
	return r
}

func bladeConnectorsPerformance(c *call) resource {
	all := c.blade.Connectors()
	r := c.bladeWorking(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID },
		func(w *sim.BladeWindow, end time.Time) series {
			work := w.Connectors()
			return series{
				item: func(i int) any { return c.connectorPerformance(&all[i], work[i], end) },
				total: func(sel []int) any {
					var sum sim.ConnectorWork
					for _, i := range sel {
						sum.RxBytes += work[i].RxBytes
						sum.TxBytes += work[i].TxBytes
						sum.RxPackets += work[i].RxPackets
						sum.TxPackets += work[i].TxPackets
						sum.OtherErrors += work[i].OtherErrors
					}
					return c.connectorPerformance(nil, sum, end)
				},
			}
		})
	r.unpaged = true
	return r
}

func exportPolicies(c *call) resource {
	all := c.blade.Policies()
	r := of(all, func(p sim.ExportPolicy) string { return p.Name }, func(p sim.ExportPolicy) any { return c.exportPolicy(p) })
	r.id = func(i int) string { return all[i].ID }
	return r
}

func exportRules(c *call) resource {
	var all []exportRule
	for _, p := range c.blade.Policies() {
		all = append(all, exportRulesOf(p)...)
	}
	r := of(all, func(x exportRule) string { return x.Name }, func(x exportRule) any { return x })
	r.id = func(i int) string { return all[i].ID }
	return r
}

// support: on a dark site nothing phones home.
func bladeSupport(c *call) resource {
	id := c.blade.Identity()
	return one(id.Name, func() any {
		return bladeSupportItem{ID: id.ID, Name: id.Name, RemoteAssistPaths: []any{}, RemoteAssistStatus: "disconnected"}
	})
}

func bladeCertificates(c *call) resource {
	id := c.blade.Identity()
	return one("global", func() any {
		return bladeCertificateItem{
			ID: derivedUUID(sim.Options{Name: id.ID}, "certificate", 0), Name: "global", CertificateType: "array", CommonName: id.Name,
			IssuedBy: id.Name, IssuedTo: id.Name, Organization: certificateOwner, KeySize: 256, Status: "self-signed",
			ValidFrom: certificateFrom().UnixMilli(), ValidTo: certificateTo().UnixMilli(),
		}
	})
}

func bladeDNS(c *call) resource {
	id := c.blade.Identity()
	return one("management", func() any {
		return dnsItem{
			ID: derivedUUID(sim.Options{Name: id.ID}, "dns", 0), Name: "management", Domain: "example.internal",
			Nameservers: []string{id.Network + ".253"}, Services: []string{"management"}, Sources: []any{},
		}
	})
}

func bladeAggregates(c *call) resource {
	id := c.blade.Identity()
	return one(uplink, func() any {
		g := aggregateItem{
			ID: aggregateID(id), Name: uplink, MACAddress: "24:a9:37:" + id.ID[:2] + ":" + id.ID[2:4] + ":" + id.ID[4:6],
			Ports: []bladeReference{}, Status: "healthy",
		}
		for _, p := range c.blade.Connectors() {
			if p.Uplink {
				g.LagSpeed += p.Speed
				g.PortSpeed = p.Speed
				g.Ports = append(g.Ports, bladeReference{&p.Name, &p.ID, text("hardware")})
			}
		}
		if g.LagSpeed == 0 {
			g.Status = "critical"
		}
		return g
	})
}

func bladeInterfaces(c *call) resource {
	id := c.blade.Identity()
	var all []bladeInterfaceItem
	for i, n := range []struct {
		name, service, subnet string
		host                  int
	}{
		{"vir0", "management", "management", 5},
		{"fm1.admin0", "support", "management", 6},
		{"fm2.admin0", "support", "management", 7},
		{"data1", "data", "data", 20},
		{"data2", "data", "data", 21},
	} {
		all = append(all, bladeInterfaceItem{
			ID: derivedUUID(sim.Options{Name: id.ID}, "interface", int64(i)), Name: n.name, Address: id.Network + "." + strconv.Itoa(n.host), Enabled: true,
			Gateway: id.Network + ".1", MTU: 1500, Netmask: "255.255.255.0", Services: []string{n.service},
			Subnet: subnetReference(id, n.subnet), Type: "vip",
		})
	}
	r := of(all, func(x bladeInterfaceItem) string { return x.Name }, func(x bladeInterfaceItem) any { return x })
	r.id = func(i int) string { return all[i].ID }
	return r
}

func bladeSubnets(c *call) resource {
	id := c.blade.Identity()
	services := map[string][]string{"management": {"management", "support"}, "data": {"data"}}
	names := []string{"data", "management"}
	return of(names, func(n string) string { return n }, func(n string) any {
		return subnetItem{
			ID: *subnetReference(id, n).ID, Name: n, Enabled: true, Gateway: id.Network + ".1", Interfaces: []bladeReference{},
			Group: bladeReference{text(uplink), text(aggregateID(id)), text("link-aggregation-groups")},
			MTU:   1500, Prefix: id.Network + ".0/24", Services: services[n],
		}
	})
}
