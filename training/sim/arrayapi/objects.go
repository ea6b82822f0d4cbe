package arrayapi

import (
	"fmt"
	"strings"
	"time"

	"darksite/training/sim"
)

type space struct {
	DataReduction    float64 `json:"data_reduction"`
	Shared           *int64  `json:"shared"`
	Snapshots        int64   `json:"snapshots"`
	System           *int64  `json:"system"`
	ThinProvisioning float64 `json:"thin_provisioning"`
	TotalPhysical    int64   `json:"total_physical"`
	TotalProvisioned *int64  `json:"total_provisioned"`
	TotalReduction   float64 `json:"total_reduction"`
	Unique           int64   `json:"unique"`
	Virtual          int64   `json:"virtual"`
}

type volumeSpaceFields struct {
	space
	UniqueEffective    int64 `json:"unique_effective"`
	SnapshotsEffective int64 `json:"snapshots_effective"`
	TotalEffective     int64 `json:"total_effective"`
}

type arraySpaceFields struct {
	volumeSpaceFields
	Replication     int64 `json:"replication"`
	SharedEffective int64 `json:"shared_effective"`
}

func hostSpace(s sim.Space) space {
	return space{
		DataReduction: s.DataReduction(), Snapshots: s.Snapshots, ThinProvisioning: s.ThinProvisioning(),
		TotalPhysical: s.Physical(), TotalProvisioned: &s.Provisioned, TotalReduction: s.TotalReduction(),
		Unique: s.Unique, Virtual: s.Virtual,
	}
}

// snapshotReduction is what a stored byte of snapshots stands for.
const snapshotReduction = 3

func volumeSpace(s sim.Space) volumeSpaceFields {
	return volumeSpaceFields{
		space: hostSpace(s), UniqueEffective: s.Virtual, SnapshotsEffective: s.Snapshots * snapshotReduction,
		TotalEffective: s.Virtual + s.Snapshots*snapshotReduction,
	}
}

// arraySpaceOf: what hosts wrote is unique and shared in the proportion in
// which it is stored.
func arraySpaceOf(s sim.Space) arraySpaceFields {
	f := arraySpaceFields{volumeSpaceFields: volumeSpace(s), Replication: s.Replication}
	f.TotalProvisioned = nil
	f.Shared, f.System = &s.Shared, new(int64)
	if stored := s.Unique + s.Shared; stored > 0 {
		f.UniqueEffective = int64(float64(s.Virtual) * float64(s.Unique) / float64(stored))
		f.SharedEffective = s.Virtual - f.UniqueEffective
	}
	return f
}

type namedSpace struct {
	Name  *string `json:"name"`
	Space any     `json:"space"`
	Time  int64   `json:"time"`
}

type volumeSpaceItem struct {
	namedSpace
	ID *string `json:"id"`
}

type arrayItem struct {
	Name               string           `json:"name"`
	ID                 string           `json:"id"`
	Space              arraySpaceFields `json:"space"`
	Capacity           int64            `json:"capacity"`
	Parity             float64          `json:"parity"`
	EradicationConfig  eradication      `json:"eradication_config"`
	ConsoleLockEnabled bool             `json:"console_lock_enabled"`
	Encryption         encryption       `json:"encryption"`
	IdleTimeout        int64            `json:"idle_timeout"`
	NTPServers         []string         `json:"ntp_servers"`
	OS                 string           `json:"os"`
	SCSITimeout        int64            `json:"scsi_timeout"`
	Version            string           `json:"version"`
	Banner             string           `json:"banner"`
}

type eradication struct {
	ManualEradication string `json:"manual_eradication"`
	EradicationDelay  int64  `json:"eradication_delay"`
}

type encryption struct {
	DataAtRest    dataAtRest `json:"data_at_rest"`
	ModuleVersion string     `json:"module_version"`
}

type dataAtRest struct {
	Algorithm string `json:"algorithm"`
	Enabled   bool   `json:"enabled"`
}

func (c *call) array() arrayItem {
	id := c.view.Identity()
	return arrayItem{
		Name: id.Name, ID: id.ID, Space: arraySpaceOf(c.view.Space()), Capacity: id.Capacity, Parity: c.view.Parity(),
		EradicationConfig: eradication{"all-enabled", (24 * time.Hour).Milliseconds()},
		Encryption:        encryption{dataAtRest{"AES-256-CTR", true}, "FA-1.3"},
		IdleTimeout:       arrayIdleTimeout.Milliseconds(), NTPServers: []string{}, OS: id.OS,
		SCSITimeout: 60_000, Version: id.Version,
		Banner: fmt.Sprintf("Simulated array %s, %s %s\n", id.Name, id.OS, id.Version),
	}
}

type arraySpaceItem struct {
	Name     string           `json:"name"`
	ID       string           `json:"id"`
	Capacity int64            `json:"capacity"`
	Parity   float64          `json:"parity"`
	Space    arraySpaceFields `json:"space"`
	Time     int64            `json:"time"`
}

func (c *call) arraySpace(v sim.View) arraySpaceItem {
	id := v.Identity()
	return arraySpaceItem{id.Name, id.ID, id.Capacity, v.Parity(), arraySpaceOf(v.Space()), c.ms(v.Time())}
}

// performance is the part of the work lists that all of them have.
type performance struct {
	MirroredWriteBytes  int64  `json:"mirrored_write_bytes_per_sec"`
	MirroredWrites      int64  `json:"mirrored_writes_per_sec"`
	MirroredUsec        int64  `json:"usec_per_mirrored_write_op"`
	MirroredSANUsec     int64  `json:"san_usec_per_mirrored_write_op"`
	MirroredQueueUsec   int64  `json:"queue_usec_per_mirrored_write_op"`
	MirroredQoSUsec     int64  `json:"qos_rate_limit_usec_per_mirrored_write_op"`
	MirroredServiceUsec int64  `json:"service_usec_per_mirrored_write_op"`
	BytesPerMirrored    int64  `json:"bytes_per_mirrored_write"`
	Time                int64  `json:"time"`
	ReadBytes           int64  `json:"read_bytes_per_sec"`
	WriteBytes          int64  `json:"write_bytes_per_sec"`
	ReadUsec            int64  `json:"usec_per_read_op"`
	WriteUsec           int64  `json:"usec_per_write_op"`
	Reads               int64  `json:"reads_per_sec"`
	Writes              int64  `json:"writes_per_sec"`
	ReadQueueUsec       int64  `json:"queue_usec_per_read_op"`
	WriteQueueUsec      int64  `json:"queue_usec_per_write_op"`
	ReadQoSUsec         int64  `json:"qos_rate_limit_usec_per_read_op"`
	WriteQoSUsec        int64  `json:"qos_rate_limit_usec_per_write_op"`
	ReadSANUsec         int64  `json:"san_usec_per_read_op"`
	WriteSANUsec        int64  `json:"san_usec_per_write_op"`
	ReadServiceUsec     int64  `json:"service_usec_per_read_op"`
	WriteServiceUsec    int64  `json:"service_usec_per_write_op"`
	BytesPerRead        int64  `json:"bytes_per_read"`
	BytesPerWrite       int64  `json:"bytes_per_write"`
	BytesPerOp          int64  `json:"bytes_per_op"`
	CacheReduction      *int64 `json:"service_usec_per_read_op_cache_reduction"`
}

func (c *call) performance(p sim.Performance, at time.Time) performance {
	return performance{
		Time: c.ms(at), ReadBytes: p.ReadBytes, WriteBytes: p.WriteBytes, Reads: p.Reads, Writes: p.Writes,
		ReadUsec: p.ReadUsec, WriteUsec: p.WriteUsec, ReadServiceUsec: p.ReadUsec, WriteServiceUsec: p.WriteUsec,
		ReadQueueUsec: p.ReadQueueUsec, WriteQueueUsec: p.WriteQueueUsec,
		ReadQoSUsec: p.ReadQoSUsec, WriteQoSUsec: p.WriteQoSUsec,
		ReadSANUsec: p.ReadSANUsec, WriteSANUsec: p.WriteSANUsec,
		MirroredWriteBytes: p.MirroredBytes, MirroredWrites: p.Mirrored, MirroredUsec: p.MirroredUsec, MirroredServiceUsec: p.MirroredUsec,
		MirroredSANUsec: p.MirroredSANUsec, MirroredQueueUsec: p.MirroredQueueUsec, MirroredQoSUsec: p.MirroredQoSUsec,
		BytesPerMirrored: p.BytesPerMirrored(),
		BytesPerRead:     p.BytesPerRead(), BytesPerWrite: p.BytesPerWrite(), BytesPerOp: p.BytesPerOp(),
	}
}

type arrayPerformanceItem struct {
	OtherUsec      int64  `json:"usec_per_other_op"`
	Others         int64  `json:"others_per_sec"`
	QueueDepth     *int64 `json:"queue_depth"`
	LocalQueueUsec int64  `json:"local_queue_usec_per_op"`
	performance
	Name string `json:"name"`
	ID   string `json:"id"`
}

func (c *call) arrayPerformance(w *sim.Window, at time.Time) arrayPerformanceItem {
	p, id := w.Array(), c.view.Identity()
	return arrayPerformanceItem{
		OtherUsec: p.OtherUsec, Others: p.Others, LocalQueueUsec: p.LocalQueueUsec,
		performance: c.performance(p, at), Name: id.Name, ID: id.ID,
	}
}

type volumePerformance struct {
	performance
	Name *string `json:"name"`
	ID   *string `json:"id"`
}

type hostPerformance struct {
	performance
	Name *string `json:"name"`
}

type volumeItem struct {
	Space                   volumeSpaceFields `json:"space"`
	ConnectionCount         *int              `json:"connection_count"`
	Provisioned             int64             `json:"provisioned"`
	Source                  fullReference     `json:"source"`
	Created                 *int64            `json:"created"`
	Name                    *string           `json:"name"`
	Priority                *int64            `json:"priority"`
	ID                      *string           `json:"id"`
	Destroyed               *bool             `json:"destroyed"`
	Subtype                 *string           `json:"subtype"`
	Serial                  *string           `json:"serial"`
	HostEncryptionKeyStatus *string           `json:"host_encryption_key_status"`
	RequestedPromotionState *string           `json:"requested_promotion_state"`
	PromotionStatus         *string           `json:"promotion_status"`
	Pod                     fullReference     `json:"pod"`
	TimeRemaining           *int64            `json:"time_remaining"`
	QoS                     qos               `json:"qos"`
	PriorityAdjustment      priority          `json:"priority_adjustment"`
	VolumeGroup             fullReference     `json:"volume_group"`
}

type qos struct {
	BandwidthLimit *int64 `json:"bandwidth_limit"`
	IOPSLimit      *int64 `json:"iops_limit"`
}

type priority struct {
	Operator *string `json:"priority_adjustment_operator"`
	Value    *int64  `json:"priority_adjustment_value"`
}

func (c *call) volume(v sim.Volume) volumeItem {
	subtype, created := "regular", c.ms(v.Created)
	if v.ProtocolEndpoint {
		subtype = "protocol_endpoint"
	}
	return volumeItem{
		Pod: fullReference{text(v.Pod), text(v.PodID)}, VolumeGroup: fullReference{text(v.VolumeGroup), text(v.VolumeGroupID)},
		QoS:   qos{IOPSLimit: opt(v.IOPSLimit)},
		Space: volumeSpace(v.Space), ConnectionCount: &v.Connections, Provisioned: v.Space.Provisioned,
		Created: &created, Name: &v.Name, Priority: new(int64), ID: &v.ID, Destroyed: new(bool),
		Subtype: &subtype, Serial: &v.Serial, HostEncryptionKeyStatus: text("none"),
		RequestedPromotionState: text("promoted"), PromotionStatus: text("promoted"),
		PriorityAdjustment: priority{text("+"), new(int64)},
	}
}

func volumeTotal(s sim.Space) volumeItem {
	return volumeItem{Space: volumeSpace(s), Provisioned: s.Provisioned}
}

type hostItem struct {
	IsLocal          bool            `json:"is_local"`
	Name             string          `json:"name"`
	Space            space           `json:"space"`
	HostGroup        reference       `json:"host_group"`
	Personality      *string         `json:"personality"`
	PreferredArrays  []fullReference `json:"preferred_arrays"`
	IQNs             []string        `json:"iqns"`
	NQNs             []string        `json:"nqns"`
	WWNs             []string        `json:"wwns"`
	ConnectionCount  int             `json:"connection_count"`
	CHAP             chap            `json:"chap"`
	PortConnectivity connectivity    `json:"port_connectivity"`
}

type chap struct {
	HostPassword   *string `json:"host_password"`
	HostUser       *string `json:"host_user"`
	TargetPassword *string `json:"target_password"`
	TargetUser     *string `json:"target_user"`
}

type connectivity struct {
	Status  string `json:"status"`
	Details string `json:"details"`
}

// pathStatus is the status word that goes with the state of a host's paths.
var pathStatus = map[string]string{
	"Redundant": "healthy", "Uneven": "unhealthy", "Single Controller": "critical", "None": "critical",
}

func (c *call) host(h sim.Host) hostItem {
	item := hostItem{
		IsLocal: true, Name: h.Name, Space: hostSpace(h.Space), HostGroup: reference{&h.HostGroup},
		PreferredArrays: []fullReference{}, IQNs: []string{}, NQNs: []string{}, WWNs: []string{},
		ConnectionCount: h.Connections, PortConnectivity: connectivity{pathStatus[h.Paths], h.Paths},
	}
	if strings.HasPrefix(h.HostGroup, "esx") {
		item.Personality = text("esxi")
	}
	if h.ISCSI {
		item.IQNs = h.Initiators
	} else {
		item.WWNs = h.Initiators
	}
	return item
}
