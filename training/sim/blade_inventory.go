package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// What the model says of the software of a FlashBlade. Which REST versions go
// with it stands in package arrayapi.
const (
	bladeOS      = "Purity//FB"
	bladeVersion = "4.6.3"
)

// bladeInventory is what does not change over the life of a FlashBlade.
type bladeInventory struct {
	id, revision string
	networkID    string // first three octets of every address
	capacity     int64  // usable bytes with every blade in place

	blades     []Blade
	drives     []BladeDrive
	hardware   []BladeHardware
	connectors []Connector

	files    []bladeFileSystem
	buckets  []bucket
	accounts []Account // space and objects are filled in by a view
	clients  []nasClient
	apps     []nasClient // clients of the object store
	policies []ExportPolicy
	past     []BladeAlert

	base BladeSpace // of everything, at the start
}

// workload is the fixed part of the load on a file system or bucket.
type workload struct {
	key        uint64
	weight     float64 // share of the array's peak load, 0 when idle
	night      bool
	readShare  float64
	readBytes  float64 // per operation
	writeBytes float64
}

type bladeFileSystem struct {
	BladeFileSystem // space at the start
	workload
	clients []int // who mounts it over NFS
}

type bucket struct {
	Bucket
	workload
	clients []int
}

// nasClient is one client and what it uses.
type nasClient struct {
	name string
	uses int // file system or bucket, -1 for none
	part int // which of the clients of that it is
}

type bladeDimensions struct {
	blades, chassis        int
	bladeBytes             [2]int64 // raw size of the two models of blade in use
	bladeModel             [2]string
	files, busyFiles       int
	buckets, busyBuckets   int
	accounts               int
	clients, activeClients int
	apps                   int
	peakOps                float64 // a second, of the whole array, metadata aside
	used                   float64 // share of capacity used at the start
	portSpeed              int64
}

const tib = 1 << 40

func (s Size) bladeDimensions() bladeDimensions {
	switch s {
	case Recorded:
		return bladeDimensions{
			blades: 15, chassis: 1, bladeBytes: [2]int64{16 * tib, 8 * tib}, bladeModel: [2]string{"FB-17TB", "FB-8TB"},
			files: 269, busyFiles: 24, buckets: 92, busyBuckets: 10, accounts: 60, clients: 544, activeClients: 31, apps: 48,
			peakOps: 14_000, used: 0.26, portSpeed: 10e9,
		}
	case Large:
		return bladeDimensions{
			blades: 30, chassis: 2, bladeBytes: [2]int64{48 * tib, 48 * tib}, bladeModel: [2]string{"FB-52TB", "FB-52TB"},
			files: 1000, busyFiles: 90, buckets: 300, busyBuckets: 40, accounts: 120, clients: 1200, activeClients: 160, apps: 150,
			peakOps: 90_000, used: 0.55, portSpeed: 100e9,
		}
	default:
		return bladeDimensions{
			blades: 7, chassis: 1, bladeBytes: [2]int64{8 * tib, 8 * tib}, bladeModel: [2]string{"FB-8TB", "FB-8TB"},
			files: 20, busyFiles: 6, buckets: 8, busyBuckets: 3, accounts: 3, clients: 40, activeClients: 12, apps: 6,
			peakOps: 4_000, used: 0.44, portSpeed: 10e9,
		}
	}
}

// Shares of raw capacity, and of used capacity, in the recorded replies.
const (
	bladeUsableOfRaw = 0.4615
	filesOfUsed      = 0.697
	slotsOfChassis   = 15
)

func newBladeInventory(o Options) *bladeInventory {
	k := key(o.Seed, o.Name)
	d := o.Size.bladeDimensions()
	inv := &bladeInventory{
		id: uuidOf(key(k, "id")), revision: hexOf(key(k, "revision"), 8),
		networkID: fmt.Sprintf("10.%d.%d", 20+mix(k)%200, mix(k+1)%250),
	}
	inv.buildBlades(k, d)
	inv.buildBladeHardware(k, d)
	inv.buildPolicies(k)
	inv.buildFiles(k, d, o.Start)
	inv.buildBuckets(k, d, o.Start)
	inv.shapeBladeLoad()
	inv.shapeBladeSpace(d)
	inv.buildUsage()
	inv.buildClients(k, d)
	inv.past = pastBladeAlerts(k, o.Start)
	return inv
}

// slot is where blade i is: blades fill the chassis evenly.
func (d bladeDimensions) slot(i int) (chassis, slot int) {
	per := d.blades / d.chassis
	return i/per + 1, i%per + 1
}

func (inv *bladeInventory) buildBlades(k uint64, d bladeDimensions) {
	var raw int64
	for i := range d.blades {
		c, s := d.slot(i)
		name := fmt.Sprintf("CH%d.FB%d", c, s)
		model := int(mix(key(k, "model "+name)) % 2)
		inv.blades = append(inv.blades, Blade{
			Name: name, ID: uuidOf(key(k, name)), Status: "healthy", RawCapacity: d.bladeBytes[model],
		})
		raw += d.bladeBytes[model]
		inv.addHardware(k, BladeHardware{
			Name: name, Type: "fb", Slot: Some(int64(s)), Model: d.bladeModel[model], Serial: "PBLXA", CanIdentify: true,
		})
		if d.chassis > 1 {
			inv.buildDrives(k, name, d.bladeBytes[model])
		}
	}
	for c := range d.chassis {
		for s := d.blades/d.chassis + 1; s <= slotsOfChassis; s++ {
			name := fmt.Sprintf("CH%d.FB%d", c+1, s)
			inv.blades = append(inv.blades, Blade{Name: name, ID: uuidOf(key(k, name)), Status: "unused"})
			inv.addHardware(k, BladeHardware{Name: name, Type: "fb", Slot: Some(int64(s)), Status: "unused", CanIdentify: true})
		}
	}
	inv.capacity = int64(float64(raw)*bladeUsableOfRaw) &^ 4095
	slices.SortFunc(inv.blades, func(a, b Blade) int { return strings.Compare(a.Name, b.Name) })
}

// buildDrives puts two drive modules into a blade and leaves two bays empty.
func (inv *bladeInventory) buildDrives(k uint64, blade string, raw int64) {
	for n := range 4 {
		name := fmt.Sprintf("%s.BAY%d", blade, n+1)
		h := BladeHardware{Name: name, Type: "bay", Slot: Some(int64(n + 1)), CanIdentify: true}
		if n < 2 {
			h.Model, h.Serial = "DFM-26TB", "PDFMA"
			inv.drives = append(inv.drives, BladeDrive{Name: name, ID: uuidOf(key(k, name)), Status: "healthy", RawCapacity: raw / 2})
		} else {
			h.Status = "unused"
		}
		inv.addHardware(k, h)
	}
	slices.SortFunc(inv.drives, func(a, b BladeDrive) int { return strings.Compare(a.Name, b.Name) })
}

// addHardware completes a part: a serial that is given is its prefix.
func (inv *bladeInventory) addHardware(k uint64, h BladeHardware) {
	h.ID = uuidOf(key(k, h.Name))
	h.Status = cmp.Or(h.Status, "healthy")
	if h.Serial != "" {
		h.Serial += strings.ToUpper(hexOf(key(k, "serial "+h.Name), 8))
	}
	inv.hardware = append(inv.hardware, h)
}

func (inv *bladeInventory) buildBladeHardware(k uint64, d bladeDimensions) {
	for c := 1; c <= d.chassis; c++ {
		ch := fmt.Sprintf("CH%d", c)
		inv.addHardware(k, BladeHardware{Name: ch, Type: "ch", Index: Some(int64(c)), Model: "CH-FB", Serial: "PMPAM", CanIdentify: true})
		for n := 1; n <= 2; n++ {
			inv.buildModule(k, fmt.Sprintf("%s.FM%d", ch, n), "fm", int64(n), d)
		}
		for n := 1; n <= 4; n++ {
			inv.addHardware(k, BladeHardware{
				Name: fmt.Sprintf("%s.PWR%d", ch, n), Type: "pwr", Slot: Some(int64(n)), Model: "DS1600SPE-3", Serial: "M050V", CanIdentify: true,
			})
		}
	}
	if d.chassis > 1 {
		for n := 1; n <= 2; n++ {
			inv.buildModule(k, fmt.Sprintf("XFM%d", n), "xfm", int64(n), d)
		}
	}
	slices.SortFunc(inv.hardware, func(a, b BladeHardware) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(inv.connectors, func(a, b Connector) int { return strings.Compare(a.Name, b.Name) })
}

// buildModule builds a fabric module with its fans and ports. The uplinks are
// on the external modules where there are any.
func (inv *bladeInventory) buildModule(k uint64, name, typ string, slot int64, d bladeDimensions) {
	models := map[string]string{"fm": "EFM-110", "xfm": "XFM-8400"}
	inv.addHardware(k, BladeHardware{Name: name, Type: typ, Slot: Some(slot), Model: models[typ], Serial: "PSUFS", CanIdentify: true})
	for n := 1; n <= 6; n++ {
		inv.addHardware(k, BladeHardware{Name: fmt.Sprintf("%s.FAN%d", name, n), Type: "fan", Slot: Some(int64(n)), CanIdentify: true})
	}
	uplinks := (typ == "xfm") == (d.chassis > 1)
	for port := int64(1); port <= 4; port++ {
		if port == 3 { // one port of four lanes
			inv.buildPort(k, Connector{Name: fmt.Sprintf("%s.ETH%d", name, port), Module: name}, port, Opt[int64]{})
			continue
		}
		for lane := int64(1); lane <= 4; lane++ {
			c := Connector{Name: fmt.Sprintf("%s.ETH%d.%d", name, port, lane), Module: name}
			if uplinks && port == 1 {
				c.Uplink, c.Speed = true, d.portSpeed
			}
			inv.buildPort(k, c, port, Some(lane))
		}
	}
}

// buildPort builds one Ethernet port. Those that are no uplink are not used.
func (inv *bladeInventory) buildPort(k uint64, c Connector, slot int64, index Opt[int64]) {
	h := BladeHardware{Name: c.Name, Type: "eth", Index: index, Slot: Some(slot), Speed: Some(c.Speed)}
	if c.Uplink {
		h.Model, h.Serial = "FTL410QE2C", "XW"
	} else {
		h.Status, h.Details = "unused", "Not configured"
	}
	inv.addHardware(k, h)
	c.ID = uuidOf(key(k, c.Name))
	inv.connectors = append(inv.connectors, c)
}

func (inv *bladeInventory) buildPolicies(k uint64) {
	for i, p := range []struct {
		name string
		rule ExportRule
	}{
		{"everybody", ExportRule{Client: "*", Access: "root-squash", Permission: "rw", Security: []string{"sys"}}},
		{"backup-hosts", ExportRule{Client: inv.networkID + ".0/24", Access: "no-squash", Permission: "rw", Security: []string{"sys"}}},
		{"kerberos", ExportRule{Client: "*", Access: "root-squash", Permission: "rw", Security: []string{"krb5", "krb5i", "krb5p"}}},
		{"read-only", ExportRule{Client: "*", Access: "all-squash", Permission: "ro", Security: []string{"sys"}}},
		{"not-used", ExportRule{}},
	} {
		pk := key(k, "policy "+p.name)
		e := ExportPolicy{Name: p.name, ID: uuidOf(pk), Version: uuidOf(pk + 1)}
		if i < 4 {
			p.rule.ID = uuidOf(pk + 2)
			e.Rules = append(e.Rules, p.rule)
		}
		inv.policies = append(inv.policies, e)
	}
}

var (
	teams   = []string{"genomics", "render", "build", "ai-train", "finance", "home", "media", "backup", "k8s", "seismic"}
	uses    = []string{"data", "scratch", "results", "archive", "shared", "logs", "models", "images"}
	objects = []string{"lake", "backups", "artifacts", "thanos", "registry", "datasets", "snapshots", "logs"}
)

func (inv *bladeInventory) buildFiles(k uint64, d bladeDimensions, start time.Time) {
	inv.files = make([]bladeFileSystem, d.files)
	stride := max(1, d.files/d.busyFiles)
	for i := range inv.files {
		fk := keyN(key(k, "file system"), int64(i))
		f := &inv.files[i]
		f.BladeFileSystem = BladeFileSystem{
			Name: fmt.Sprintf("%s-%s-%03d", teams[i%len(teams)], uses[(i/len(teams))%len(uses)], i), ID: uuidOf(fk),
			Created: start.Add(-time.Duration(between(fk+1, 40, 1200) * 24 * float64(time.Hour))).Truncate(time.Millisecond),
			Policy:  -1, SnapshotDirectoryShown: true,
		}
		// As recorded: most over NFS, one in seven over SMB, a few with both or neither.
		switch {
		case i%7 == 2:
			f.SMB = true
		case i%20 == 13:
			f.NFSv3, f.SMB = true, true
		case i%20 == 19:
		default:
			f.NFSv3, f.NFSv4 = true, i%2 == 0
		}
		f.HTTP = i%50 == 4
		if i%9 == 4 && f.NFSv3 {
			f.Policy = i / 9 % 4
		}
		f.workload = newWorkload(fk, []float64{8192, 32768, 65536, 131072}, []float64{4096, 16384, 65536})
		if i%stride == 1%stride && (f.NFSv3 || f.SMB || f.HTTP) {
			f.weight = math.Pow(1-unit(fk+6), -1.1) // Pareto, tail index 0.9
			f.night = i%(stride*5) == 1%stride && i > stride
		}
	}
}

func newWorkload(k uint64, reads, writes []float64) workload {
	return workload{key: k, readShare: between(k+3, 0.45, 0.85), readBytes: pick(k+4, reads), writeBytes: pick(k+5, writes)}
}

func (inv *bladeInventory) buildBuckets(k uint64, d bladeDimensions, start time.Time) {
	for i := range d.accounts {
		ak := keyN(key(k, "account"), int64(i))
		inv.accounts = append(inv.accounts, Account{
			Name: fmt.Sprintf("%s-%02d", teams[i%len(teams)], i), ID: uuidOf(ak),
			Created: start.Add(-time.Duration(between(ak+1, 300, 1300) * 24 * float64(time.Hour))).Truncate(time.Millisecond),
		})
	}
	inv.buckets = make([]bucket, d.buckets)
	stride := max(1, d.buckets/d.busyBuckets)
	for i := range inv.buckets {
		bk := keyN(key(k, "bucket"), int64(i))
		b := &inv.buckets[i]
		account := int(unit(bk+2) * unit(bk+7) * float64(d.accounts)) // a few have most, some none
		b.Bucket = Bucket{
			Name: fmt.Sprintf("%s-%s-%03d", teams[account%len(teams)], objects[i%len(objects)], i), ID: uuidOf(bk), Account: account,
			Created:   start.Add(-time.Duration(between(bk+1, 30, 290) * 24 * float64(time.Hour))).Truncate(time.Millisecond),
			Versioned: i%3 == 0,
		}
		b.workload = newWorkload(bk, []float64{131072, 524288, 1 << 20}, []float64{262144, 1 << 20})
		if i%stride == 0 {
			b.weight = 0.15 * math.Pow(1-unit(bk+6), -1.1) // objects are large and few
			b.night = i%(stride*3) == 0 && i > 0
		}
	}
}

// shapeBladeLoad makes the weights shares of one whole.
func (inv *bladeInventory) shapeBladeLoad() {
	var sum float64
	for i := range inv.files {
		sum += inv.files[i].weight
	}
	for i := range inv.buckets {
		sum += inv.buckets[i].weight
	}
	for i := range inv.files {
		inv.files[i].weight /= sum
	}
	for i := range inv.buckets {
		inv.buckets[i].weight /= sum
	}
}

// shapeBladeSpace fills file systems and buckets so that together they use the
// wanted share. A few hold most; quotas leave room.
func (inv *bladeInventory) shapeBladeSpace(d bladeDimensions) {
	used := float64(inv.capacity) * d.used
	weight := func(l *workload, empty bool) float64 {
		if empty && l.weight == 0 {
			return 0 // made once, never written to, as a third of the recorded ones
		}
		return math.Pow(1-0.995*unit(l.key+30), -1)
	}
	file := func(i int) float64 { return weight(&inv.files[i].workload, i%3 == 0) }
	object := func(i int) float64 { return weight(&inv.buckets[i].workload, i%5 == 3) }
	var files, buckets float64
	for i := range inv.files {
		files += file(i)
	}
	for i := range inv.buckets {
		buckets += object(i)
	}
	for i := range inv.files {
		f := &inv.files[i]
		f.Space = spaceOf(f.key, used*filesOfUsed*file(i)/files, i%6 == 1)
		if i%13 != 3 && i%20 != 1 {
			f.Quota = gib
			for f.Quota*6/10 < f.Space.Virtual {
				f.Quota *= 2
			}
			f.HardLimit = i%11 == 0
		}
		inv.base.add(f.Space)
	}
	for i := range inv.buckets {
		b := &inv.buckets[i]
		b.Space = spaceOf(b.key, used*(1-filesOfUsed)*object(i)/buckets, false)
		b.Objects = b.Space.Virtual / int64(between(b.key+31, 20_000, 4_000_000))
		if i%12 == 5 {
			b.Quota = max(tib, b.Space.Virtual*2)
		}
		inv.base.add(b.Space)
	}
}

// spaceOf makes the use of space of something that stores some bytes.
func spaceOf(k uint64, stored float64, snapshots bool) BladeSpace {
	s := BladeSpace{Unique: int64(stored)}
	if snapshots {
		s.Snapshots = int64(stored * 0.02)
		s.Unique -= s.Snapshots
	}
	s.Virtual = int64(float64(s.Unique) * between(k+32, 1.1, 2.8))
	return s
}

// buildUsage names who holds what: on most file systems a user or two, with
// shares that leave a part to nobody in the list.
func (inv *bladeInventory) buildUsage() {
	for i := range inv.files {
		f := &inv.files[i]
		f.DefaultUserQuota = 0
		if i%10 == 5 {
			f.DefaultUserQuota = 50 * gib
		}
		for n := range i % 4 {
			f.Users = append(f.Users, Usage{Name: fmt.Sprintf("user%03d", (i*7+n)%400), ID: int64(1000 + (i*7+n)%400)})
		}
		if i%3 == 1 {
			f.Groups = append(f.Groups, Usage{Name: teams[i%len(teams)], ID: int64(5000 + i%len(teams))})
		}
	}
}

func (inv *bladeInventory) buildClients(k uint64, d bladeDimensions) {
	var busy, idle, serving []int
	for i := range inv.files {
		if f := &inv.files[i]; f.NFSv3 && f.weight > 0 {
			busy = append(busy, i)
		} else if f.NFSv3 {
			idle = append(idle, i)
		}
	}
	inv.clients = clientList(key(k, "clients"), inv.networkID, d.clients, max(d.activeClients, len(busy)), busy, idle)
	for j := range inv.clients {
		c := &inv.clients[j]
		f := &inv.files[c.uses]
		c.part = len(f.clients)
		f.clients = append(f.clients, j)
	}
	idle = nil
	for i := range inv.buckets {
		if inv.buckets[i].weight > 0 {
			serving = append(serving, i)
		} else {
			idle = append(idle, i)
		}
	}
	inv.apps = clientList(key(k, "apps"), inv.networkID, max(d.apps, len(serving)), max(d.apps/2, len(serving)), serving, idle)
	for j := range inv.apps {
		c := &inv.apps[j]
		b := &inv.buckets[c.uses]
		c.part = len(b.clients)
		b.clients = append(b.clients, j)
	}
}

// clientList names clients by address and port and gives each something to
// use: the active ones what is busy, the rest what is idle.
func clientList(k uint64, network string, n, active int, busy, idle []int) []nasClient {
	var all []nasClient
	for j := range n {
		c := nasClient{name: fmt.Sprintf("%s.%d:%d", network, 50+j/4%200, 600+j%4*100+j/800*50+int(mix(keyN(k, int64(j)))%50))}
		if j < active {
			c.uses = busy[j%len(busy)]
		} else {
			c.uses = idle[j%len(idle)]
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b nasClient) int { return strings.Compare(a.name, b.name) })
	return all
}

// target finds the part a fault is about, or its default.
func (inv *bladeInventory) target(f Fault) (string, error) {
	names, preset := inv.targets(f.Kind)
	switch {
	case f.Kind == AlertBlip:
		return cmp.Or(f.Target, preset), nil
	case f.Target == "":
		return preset, nil
	}
	for _, n := range names {
		if strings.EqualFold(n, f.Target) {
			return n, nil
		}
	}
	info, _ := DescribeFor(FlashBlade, f.Kind)
	return "", fmt.Errorf("fault %s: the array has no part %q: name %s", f.Kind, f.Target, info.Target)
}

// targets lists what a kind of fault can be about, and its default.
func (inv *bladeInventory) targets(k Kind) (names []string, preset string) {
	hardware := func(types ...string) (names []string) {
		for _, h := range inv.hardware {
			if slices.Contains(types, h.Type) && h.Status != "unused" {
				names = append(names, h.Name)
			}
		}
		return names
	}
	switch k {
	case BladeUnhealthy, BladeRemoved:
		return hardware("fb"), "CH1.FB3"
	case FMFail:
		return hardware("fm", "xfm"), "CH1.FM2"
	case ConnectorDown, ConnectorRemoved, AlertBlip:
		names = hardware("eth")
		return names, names[0]
	case PSULoss:
		return hardware("pwr"), "CH1.PWR2"
	case FanSlow:
		return hardware("fan"), "CH1.FM1.FAN3"
	case QuotaFull:
		return inv.quotaTargets()
	case Bottleneck:
		return []string{string(NFS), string(SMB), string(HTTP), string(S3)}, ""
	case CapacityFill:
		for i := range inv.files {
			if f := &inv.files[i]; f.Quota == 0 {
				names = append(names, f.Name)
			}
		}
	}
	return names, ""
}

// quotaTargets are the file systems with a quota; the default is the largest
// of them whose growth the array has room for.
func (inv *bladeInventory) quotaTargets() (names []string, largest string) {
	room := int64(float64(inv.capacity) * 0.05)
	most := int64(-1)
	for i := range inv.files {
		f := &inv.files[i]
		if f.Quota == 0 {
			continue
		}
		names = append(names, f.Name)
		if f.Quota < room && f.Space.Virtual > most {
			largest, most = f.Name, f.Space.Virtual
		}
	}
	return names, largest
}
