package sim

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// inventory is what does not change over the life of an array: its parts, its
// volumes and its hosts.
type inventory struct {
	id       string
	capacity int64
	drives   []Drive // healthy; faults change a copy
	hardware []Hardware
	ports    []Port
	volumes  []volume
	hosts    []host
	groups   []group
	past     []Alert // closed before the start

	pods         []pod
	volumeGroups []volumeGroup
	remotes      []Remote
	fileSystems  []fileSystem
	directories  []directory

	base      spaceBase
	networkID string // first three octets of every address
}

// volume is the fixed part of a volume.
type volume struct {
	name, id, serial string
	protocolEndpoint bool
	created          time.Time
	provisioned      int64
	group            int // index into groups, -1 when not connected
	lun              int64
	pod, volumeGroup int  // index, -1 when in none
	mirrored         bool // in a stretched pod

	virtual, unique, snapshots int64 // at the start

	key        uint64
	weight     float64 // share of the array's peak load, 0 when idle
	night      bool    // works at night, as back-ups do
	readShare  float64 // of its operations
	readBytes  float64 // per operation
	writeBytes float64
}

// host is the fixed part of a host.
type host struct {
	name       string
	group      int
	member     int // number within the group
	iscsi      bool
	initiators []string // WWNs without colons, or IQNs
	paths      []path   // all of them; those of lost ports carry nothing
}

// group is a cluster of hosts that share their volumes.
type group struct {
	name    string
	hosts   []int
	volumes []int
}

type spaceBase struct {
	unique, shared, snapshots, provisioned, virtual int64
}

// Shares of raw capacity, and of used capacity, in the recorded replies.
const (
	usableOfRaw    = 0.7684
	uniqueOfUsed   = 0.786
	sharedOfUsed   = 0.131
	replicationUse = 1_844_538
)

func newInventory(o Options) *inventory {
	k := key(o.Seed, o.Name)
	d := o.Size.dimensions()
	inv := &inventory{
		id:        uuidOf(key(k, "id")),
		capacity:  int64(float64(d.driveBytes)*float64(d.drives)*usableOfRaw) &^ 4095,
		networkID: fmt.Sprintf("10.%d.%d", 20+mix(k)%200, mix(k+1)%250),
	}
	inv.buildDrives(d)
	inv.buildHardware(k, d)
	inv.buildPorts(k)
	inv.buildHosts(k, o.Seed, d)
	inv.buildVolumes(k, d, o.Start)
	inv.buildPods(k, d)
	inv.buildFiles(k, d, o.Start)
	inv.past = pastAlerts(k, inv, o.Start)
	return inv
}

func (inv *inventory) buildDrives(d dimensions) {
	for i := range d.drives {
		protocol := "NVMe"
		if i >= 20 {
			protocol = "SAS" // in the shelf
		}
		inv.drives = append(inv.drives, Drive{
			Name: bayName(i), Type: "SSD", Status: "healthy", Protocol: protocol, Capacity: d.driveBytes,
		})
	}
	for i := range 4 {
		inv.drives = append(inv.drives, Drive{
			Name: fmt.Sprintf("CH0.NVB%d", i), Type: "NVRAM", Status: "healthy", Protocol: "NVMe", Capacity: 34_359_738_368,
		})
	}
}

// bayName names the bay of a drive: the chassis holds twenty, a shelf the rest.
func bayName(i int) string {
	if i < 20 {
		return fmt.Sprintf("CH0.BAY%d", i)
	}
	return fmt.Sprintf("SH0.BAY%d", i-20)
}

func (inv *inventory) buildHardware(k uint64, d dimensions) {
	add := func(h Hardware) { h.Status = "ok"; inv.hardware = append(inv.hardware, h) }
	serial := func(prefix, name string) string {
		return prefix + strings.ToUpper(hexOf(key(k, "serial "+name), 8))
	}
	add(Hardware{Name: "CH0", Type: "chassis", Model: chassisModel, Serial: serial("PCHFL", "CH0"), CanIdentify: true})
	for c := range 2 {
		ct := fmt.Sprintf("CT%d", c)
		add(Hardware{Name: ct, Type: "controller", Index: c, Model: model, Serial: serial("PCTFJ", ct), CanIdentify: true})
	}
	for i := range d.drives {
		n := bayName(i)
		add(Hardware{Name: n, Type: "drive_bay", Index: i % 20, Serial: serial("PFMUH", n), CanIdentify: true})
	}
	for i := range 4 {
		add(Hardware{Name: fmt.Sprintf("CH0.NVB%d", i), Type: "nvram_bay", Index: i, CanIdentify: true})
	}
	for i := range 2 {
		n := fmt.Sprintf("CH0.PWR%d", i)
		add(Hardware{Name: n, Type: "power_supply", Index: i, Model: "DPS-1600AB-13 U", Serial: serial("JKND", n), Voltage: Some(int64(239))})
	}
	if d.drives > 20 {
		add(Hardware{Name: "SH0", Type: "storage_shelf", Model: "DFSC1", Serial: serial("PSHFL", "SH0"), CanIdentify: true})
		for i := range 2 {
			add(Hardware{Name: fmt.Sprintf("SH0.PWR%d", i), Type: "power_supply", Index: i, Model: "DPS-800AB-40 A", Serial: serial("JKND", fmt.Sprint("SH0.PWR", i)), Voltage: Some(int64(239))})
		}
		inv.buildShelf(serial)
	}
	add(Hardware{Name: "CH0.TMP0", Type: "temp_sensor", Temperature: Some(sensorBase(k, "CH0.TMP0"))})
	for c := range 2 {
		for i := range 6 {
			add(Hardware{Name: fmt.Sprintf("CT%d.FAN%d", c, i), Type: "cooling", Index: i})
		}
		for i := range 27 {
			n := fmt.Sprintf("CT%d.TMP%d", c, i)
			add(Hardware{Name: n, Type: "temp_sensor", Index: i, Temperature: Some(sensorBase(k, n))})
		}
	}
}

// sensorBase is what a sensor shows in a cool room with the array idle.
func sensorBase(k uint64, name string) int64 {
	if strings.HasPrefix(name, "CH0") {
		return 24
	}
	return int64(between(key(k, "temp "+name), 26, 47))
}

// The ports of one controller: number, speed in bits a second, service.
var ethPorts = [...]struct {
	n       int
	speed   int64
	service string
	slot    Opt[int64]
}{
	{0, 1e9, "management", Opt[int64]{}},
	{1, 1e9, "management", Opt[int64]{}},
	{2, 25e9, "replication", Opt[int64]{}},
	{3, 25e9, "replication", Opt[int64]{}},
	{4, 25e9, "iscsi", Opt[int64]{}},
	{5, 25e9, "iscsi", Opt[int64]{}},
}

var fcPorts = [...]struct {
	n    int
	slot int64
}{{0, 0}, {1, 0}, {2, 0}, {3, 0}, {8, 2}, {9, 2}}

func (inv *inventory) buildPorts(k uint64) {
	wwnBase := strings.ToUpper(hexOf(key(k, "wwn"), 6))
	for c := range 2 {
		for _, e := range ethPorts {
			name := fmt.Sprintf("CT%d.ETH%d", c, e.n)
			inv.ports = append(inv.ports, Port{
				Name: strings.ToLower(name), Controller: c, Service: e.service, Speed: e.speed, Enabled: e.n != 1,
				Address: fmt.Sprintf("%s.%d", inv.networkID, 10+c*20+e.n),
				MAC:     macOf(key(k, name)), MTU: mtuOf(e.service),
			})
			inv.hardware = append(inv.hardware, Hardware{Name: name, Type: "eth_port", Index: e.n, Slot: e.slot, Speed: Some(e.speed), Status: "ok"})
		}
		for _, f := range fcPorts {
			name := fmt.Sprintf("CT%d.FC%d", c, f.n)
			inv.ports = append(inv.ports, Port{
				Name: name, FC: true, Controller: c, Service: "scsi-fc", Speed: 16e9, Enabled: true,
				WWN: fmt.Sprintf("52:4A:93:7%s:%s:%s:%s:%d%d", wwnBase[:1], wwnBase[1:3], wwnBase[3:5], "4E", c, f.n),
			})
			inv.hardware = append(inv.hardware, Hardware{Name: name, Type: "fc_port", Index: f.n, Slot: Some(f.slot), Speed: Some(int64(16e9)), Status: "ok"})
		}
	}
	inv.ports = append(inv.ports, Port{
		Name: "vir0", Virtual: true, Controller: -1, Service: "management", Speed: 1e9, Enabled: true,
		Address: inv.networkID + ".5", MAC: macOf(key(k, "vir0")), MTU: 1500,
	})
}

func mtuOf(service string) int64 {
	if service == "iscsi" || service == "replication" {
		return 9000
	}
	return 1500
}

// macOf gives an address in the maker's block the recorded ports have.
func macOf(k uint64) string {
	h := hexOf(k, 6)
	return "24:a9:37:" + h[:2] + ":" + h[2:4] + ":" + h[4:6]
}

var clusterNames = []string{"esx-prod", "sql-prod", "oracle", "esx-test", "sap", "vdi", "backup", "k8s"}

func (inv *inventory) buildHosts(k, seed uint64, d dimensions) {
	per := min(max(3, d.hosts/8), 8)
	for i := range d.hosts {
		g := i / per
		if g == len(inv.groups) {
			name := clusterNames[g%len(clusterNames)]
			if g >= len(clusterNames) {
				name = fmt.Sprintf("%s-%d", name, g/len(clusterNames)+1)
			}
			inv.groups = append(inv.groups, group{name: name})
		}
		h := host{name: fmt.Sprintf("%s-%02d", inv.groups[g].name, i%per+1), group: g, member: i % per, iscsi: g%4 == 3}
		hk := key(k, "host "+h.name)
		if h.iscsi {
			h.initiators = []string{"iqn.1998-01.com.vmware:" + h.name + "-" + hexOf(hk, 8)}
		} else {
			base := strings.ToUpper(hexOf(hk, 5))
			h.initiators = []string{"2100F4C7AA" + base + "0", "2100F4C7AA" + base + "1"}
		}
		h.paths = inv.pathsOf(h, i, seed)
		inv.groups[g].hosts = append(inv.groups[g].hosts, i)
		inv.hosts = append(inv.hosts, h)
	}
}

var purposes = []string{"data", "logs", "datastore", "redo", "archive", "boot", "index", "home", "queue", "images"}

const gib = 1 << 30

var volumeSizes = []int64{50 * gib, 100 * gib, 256 * gib, 512 * gib, 1024 * gib, 2048 * gib, 4096 * gib, 8192 * gib, 10240 * gib}

func (inv *inventory) buildVolumes(k uint64, d dimensions, start time.Time) {
	serials := strings.ToUpper(strings.ReplaceAll(inv.id, "-", "")[:16])
	inv.volumes = make([]volume, d.volumes)
	for i := range inv.volumes {
		vk := keyN(key(k, "volume"), int64(i))
		v := &inv.volumes[i]
		*v = volume{
			key: vk, id: uuidOf(vk), pod: -1, volumeGroup: -1, lun: int64(i/max(1, len(inv.groups)) + 1),
			serial:  fmt.Sprintf("%s%08X", serials, 0x11000+i*37+int(unit(vk+9)*36)),
			created: start.Add(-time.Duration(between(vk+1, 40, 900) * 24 * float64(time.Hour))).Truncate(time.Millisecond),
		}
		if i == 0 {
			v.name, v.protocolEndpoint, v.group = "pure-protocol-endpoint", true, -1
			continue
		}
		v.group = i % len(inv.groups)
		if i%17 == 16 {
			v.group = -1 // made once, connected to nobody, as found on every array
		}
		owner := "spare"
		if v.group >= 0 {
			owner = inv.groups[v.group].name
			inv.groups[v.group].volumes = append(inv.groups[v.group].volumes, i)
		}
		v.name = fmt.Sprintf("%s-%s-%02d", owner, purposes[(i/len(inv.groups))%len(purposes)], i)
		v.provisioned = pick(vk+2, volumeSizes)
		inv.shapeLoad(v, i, d)
	}
	inv.shapeSpace(d)
}

// shapeLoad makes a few volumes busy and the rest idle; the weights have a
// heavy tail, so that the first few carry most of the load.
func (inv *inventory) shapeLoad(v *volume, i int, d dimensions) {
	v.readShare = between(v.key+3, 0.45, 0.85)
	v.readBytes = pick(v.key+4, []float64{4608, 8192, 16384, 30368, 65536})
	v.writeBytes = pick(v.key+5, []float64{4096, 8192, 16384, 65536})
	if v.group < 0 {
		return
	}
	stride := max(1, d.volumes/d.busy)
	if i%stride != 1%stride || i/stride >= d.busy {
		return
	}
	v.weight = math.Pow(1-unit(v.key+6), -1.1) // Pareto, tail index 0.9
	v.night = i%(stride*5) == 1%stride && i > stride
}

// shapeSpace fills the volumes so that together they use the wanted share.
func (inv *inventory) shapeSpace(d dimensions) {
	used := float64(inv.capacity) * d.used
	var weights, load float64
	for i := range inv.volumes {
		v := &inv.volumes[i]
		load += v.weight
		if v.protocolEndpoint {
			continue
		}
		weights += float64(v.provisioned) * between(v.key+7, 0.2, 1)
	}
	for i := range inv.volumes {
		v := &inv.volumes[i]
		v.weight /= load
		if v.protocolEndpoint {
			continue
		}
		share := float64(v.provisioned) * between(v.key+7, 0.2, 1) / weights
		v.unique = min(int64(used*uniqueOfUsed*share), v.provisioned*4/5)
		v.virtual = min(int64(float64(v.unique)*between(v.key+8, 1.3, 4)), v.provisioned*4/5)
		v.snapshots = 0
		if i%6 == 1 {
			v.snapshots = int64(used * (1 - uniqueOfUsed - sharedOfUsed) * 6 * share)
		}
		inv.base.unique += v.unique
		inv.base.virtual += v.virtual
		inv.base.snapshots += v.snapshots
		inv.base.provisioned += v.provisioned
	}
	inv.base.shared = int64(used * sharedOfUsed)
}
