package sim

import "time"

// Blade is one blade, or a slot that can take one.
type Blade struct {
	Name        string // CH1.FB3
	ID          string
	Status      string // healthy, unhealthy, critical, evacuating, evacuated, unknown, unused
	Details     string
	Progress    Opt[float64] // of an evacuation, 0 to 1
	RawCapacity int64        // bytes
}

// BladeDrive is one drive module of a blade that takes such modules.
type BladeDrive struct {
	Name        string // CH1.FB3.BAY1
	ID          string
	Status      string // healthy, unhealthy, evacuating, evacuated
	Details     string
	Progress    Opt[float64]
	RawCapacity int64
}

// BladeHardware is one part as the hardware list shows it. Slots and ports
// that nothing uses are unused, which is no fault.
type BladeHardware struct {
	Name        string
	ID          string
	Type        string // bay, ch, eth, fan, fb, fm, pwr, xfm
	Status      string // healthy, unhealthy, critical, unknown, unused
	Details     string
	Model       string
	Serial      string
	Index       Opt[int64]
	Slot        Opt[int64]
	Speed       Opt[int64] // bits a second
	CanIdentify bool
}

// Connector is one Ethernet port of a fabric module.
type Connector struct {
	Name   string // CH1.FM1.ETH1.1
	ID     string
	Module string // CH1.FM1
	Speed  int64  // bits a second, 0 where nothing is plugged in
	Uplink bool   // part of the one link aggregation group
}

// ConnectorWork is what went through a port, counted over [CountedOver].
type ConnectorWork struct {
	RxBytes, TxBytes     int64
	RxPackets, TxPackets int64
	OtherErrors          int64
}

// BladeFileSystem is one file system.
type BladeFileSystem struct {
	Name, ID               string
	Created                time.Time
	Quota                  int64 // bytes; 0 for none
	HardLimit              bool
	NFSv3, NFSv4, SMB      bool
	HTTP                   bool
	Policy                 int // index into the export policies, -1 for rules of its own
	DefaultUserQuota       int64
	Space                  BladeSpace
	Users, Groups          []Usage
	SnapshotDirectoryShown bool
}

// Usage is what one user or group holds on a file system.
type Usage struct {
	Name  string
	ID    int64
	Used  int64
	Quota int64 // bytes; 0 for none of its own
}

// Bucket is one bucket.
type Bucket struct {
	Name, ID  string
	Account   int // index into the accounts
	Created   time.Time
	Objects   int64
	Quota     int64 // bytes; 0 for none
	Versioned bool
	Space     BladeSpace
}

// Account is one object store account; its space is that of its buckets.
type Account struct {
	Name, ID string
	Created  time.Time
	Objects  int64
	Quota    int64 // the sum of the quotas of its buckets
	Space    BladeSpace
}

// ExportPolicy is one NFS export policy.
type ExportPolicy struct {
	Name, ID, Version string
	Rules             []ExportRule
}

// ExportRule is one rule of an export policy.
type ExportRule struct {
	ID, Client, Access, Permission string
	Security                       []string
}

// BladeSpace is the use of space, in bytes.
type BladeSpace struct {
	Virtual   int64 // written by clients
	Unique    int64 // stored for it
	Snapshots int64
}

func (s *BladeSpace) add(t BladeSpace) {
	s.Virtual += t.Virtual
	s.Unique += t.Unique
	s.Snapshots += t.Snapshots
}

// Physical is everything that is stored.
func (s BladeSpace) Physical() int64 { return s.Unique + s.Snapshots }

// DataReduction is what clients wrote for every byte stored, none where
// nothing is stored.
func (s BladeSpace) DataReduction() Opt[float64] {
	if s.Unique == 0 {
		return Opt[float64]{}
	}
	return Some(float64(s.Virtual) / float64(s.Unique))
}

// BladeAlert is one alert of the array's own list.
type BladeAlert struct {
	ID            string // in the form of a UUID
	Index         int64  // the number people see
	Code          int
	Severity      string // info, warning, critical
	State         string // open, waiting to downgrade, closing, closed
	ComponentType string
	Component     string
	Summary       string
	Description   string
	Action        string
	Variables     map[string]string
	Created       time.Time
	Updated       time.Time
	Notified      Opt[time.Time]
	Duration      time.Duration
}

// Flagged says whether the array marks the alert for attention.
func (a BladeAlert) Flagged() bool { return a.Severity != "info" && a.State != "closed" }
