package sim

import "time"

// Opt is a value an array may leave out; what is left out is null on the wire.
type Opt[T any] struct {
	Value T
	OK    bool
}

// Some returns a value that is given.
func Some[T any](v T) Opt[T] { return Opt[T]{v, true} }

// Drive is one drive or NVRAM module.
type Drive struct {
	Name     string
	Type     string // SSD or NVRAM
	Status   string // healthy, failed, missing, unadmitted, recovering
	Protocol string
	Capacity int64 // bytes
	Details  string
}

// Hardware is one part as the hardware list shows it.
type Hardware struct {
	Name        string
	Type        string
	Status      string // ok, critical, unknown, not_installed
	Index       int
	Slot        Opt[int64]
	Model       string
	Serial      string
	Details     string
	Speed       Opt[int64] // bits a second
	Temperature Opt[int64] // degrees Celsius
	Voltage     Opt[int64] // volts
	CanIdentify bool
}

// Controller is one controller.
type Controller struct {
	Name      string
	Status    string // ready, not ready
	Mode      string // primary, secondary, offline
	ModeSince Opt[time.Time]
	Model     string
	Version   string
}

// Port is one network interface.
type Port struct {
	Name       string // as the interface list spells it: ct0.eth4, CT0.FC0
	FC         bool
	Virtual    bool
	Controller int // -1 for a virtual interface
	Service    string
	Speed      int64 // bits a second
	Enabled    bool
	WWN        string // FC only
	Address    string // Ethernet only
	MAC        string
	MTU        int64
}

// PortPerformance is what went through a port, a second.
type PortPerformance struct {
	Port
	RxBytes, TxBytes   int64
	RxFrames, TxFrames int64
	CRCErrors          int64
	InvalidWords       int64
	LinkFailures       int64
	LossOfSync         int64
}

// TotalErrors is the sum of the port's error rates.
func (p PortPerformance) TotalErrors() int64 {
	return p.CRCErrors + p.InvalidWords + p.LinkFailures + p.LossOfSync
}

// Space is the use of space, in bytes.
type Space struct {
	Provisioned int64
	Virtual     int64 // written by hosts
	Unique      int64
	Shared      int64
	Snapshots   int64
	Replication int64
}

// Physical is everything that is stored.
func (s Space) Physical() int64 { return s.Unique + s.Shared + s.Snapshots + s.Replication }

// DataReduction is what hosts wrote for every byte stored, snapshots aside.
func (s Space) DataReduction() float64 {
	if stored := s.Unique + s.Shared; stored > 0 && s.Virtual > 0 {
		return float64(s.Virtual) / float64(stored)
	}
	return 1
}

// ThinProvisioning is the share of provisioned space never written.
func (s Space) ThinProvisioning() float64 {
	if s.Provisioned == 0 {
		return 0
	}
	return 1 - float64(s.Virtual)/float64(s.Provisioned)
}

// TotalReduction is what was provisioned for every byte stored.
func (s Space) TotalReduction() float64 {
	if thin := s.ThinProvisioning(); thin < 1 {
		return s.DataReduction() / (1 - thin)
	}
	return s.DataReduction()
}

// Volume is one volume.
type Volume struct {
	Name, ID, Serial string
	ProtocolEndpoint bool
	Created          time.Time
	Connections      int
	HostGroup        string
	Pod, PodID       string // empty when in none
	VolumeGroup      string
	VolumeGroupID    string
	IOPSLimit        Opt[int64]
	Space            Space
}

// Host is one host.
type Host struct {
	Name        string
	HostGroup   string
	ISCSI       bool
	Initiators  []string // WWNs without colons, or IQNs
	Connections int
	Paths       string // Redundant, Uneven, Single Controller, None
	Space       Space
}

// Connection gives one volume to one host.
type Connection struct {
	Host, HostGroup, Volume, VolumeID string
	LUN                               int64
}

// Balance is the number of operations that took one path.
type Balance struct {
	Host      string
	Idle      bool // no path had any; the rest is empty
	Target    Port
	Initiator string
	Ops       int64
	OfMax     float64 // relative to the busiest path of the host
}

// Alert is one alert of the array's own list.
type Alert struct {
	ID            string // 32 hexadecimal digits
	Number        int64  // the name people see
	Code          int
	Severity      string // info, warning, critical
	State         string // open, closing, closed
	ComponentType string
	Component     string
	Issue         string
	Expected      string
	Actual        string
	Created       time.Time
	Updated       time.Time
	Notified      Opt[time.Time]
	Closed        Opt[time.Time]
}

// Flagged says whether the array marks the alert for attention.
func (a Alert) Flagged() bool { return a.Severity != "info" }
