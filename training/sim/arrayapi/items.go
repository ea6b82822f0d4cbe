package arrayapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"darksite/training/sim"
)

// The items below have the fields of the recorded replies, in their order.

type reference struct {
	Name *string `json:"name"`
}

type fullReference struct {
	Name *string `json:"name"`
	ID   *string `json:"id"`
}

type connectionItem struct {
	Host             reference     `json:"host"`
	LUN              int64         `json:"lun"`
	Volume           fullReference `json:"volume"`
	HostGroup        reference     `json:"host_group"`
	ProtocolEndpoint fullReference `json:"protocol_endpoint"`
}

type controllerItem struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	Mode      string `json:"mode"`
	Model     string `json:"model"`
	Version   string `json:"version"`
	ModeSince *int64 `json:"mode_since"`
}

type driveItem struct {
	Name     string  `json:"name"`
	Capacity int64   `json:"capacity"`
	Details  *string `json:"details"`
	Protocol string  `json:"protocol"`
	Status   string  `json:"status"`
	Type     string  `json:"type"`
}

type hardwareItem struct {
	Index           int     `json:"index"`
	Type            string  `json:"type"`
	Name            string  `json:"name"`
	Slot            *int64  `json:"slot"`
	Model           *string `json:"model"`
	Status          string  `json:"status"`
	Details         *string `json:"details"`
	Serial          *string `json:"serial"`
	Speed           *int64  `json:"speed"`
	Temperature     *int64  `json:"temperature"`
	IdentifyEnabled *bool   `json:"identify_enabled"`
	Voltage         *int64  `json:"voltage"`
}

type subscriptionItem struct {
	Service string `json:"service"`
	ID      string `json:"id"`
}

type supportItem struct {
	PhonehomeEnabled     bool     `json:"phonehome_enabled"`
	PhonehomeExcludes    []string `json:"phonehome_excludes"`
	Proxy                string   `json:"proxy"`
	RemoteAssistActive   bool     `json:"remote_assist_active"`
	RemoteAssistDuration *int64   `json:"remote_assist_duration"`
	RemoteAssistExpires  *int64   `json:"remote_assist_expires"`
	RemoteAssistOpened   *int64   `json:"remote_assist_opened"`
	RemoteAssistPaths    []string `json:"remote_assist_paths"`
	RemoteAssistStatus   string   `json:"remote_assist_status"`
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// text is null when empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func opt(o sim.Opt[int64]) *int64 {
	if !o.OK {
		return nil
	}
	return &o.Value
}

func (c *call) optTime(o sim.Opt[time.Time]) *int64 {
	if !o.OK {
		return nil
	}
	ms := c.ms(o.Value)
	return &ms
}

// canIdentify reports whether the part has an LED to find it by.
func (i hardwareItem) canIdentify() bool { return i.IdentifyEnabled != nil }

type alertItem struct {
	Description      string `json:"description"`
	Created          int64  `json:"created"`
	State            string `json:"state"`
	ComponentType    string `json:"component_type"`
	Name             string `json:"name"`
	ID               string `json:"id"`
	Code             int    `json:"code"`
	Category         string `json:"category"`
	Severity         string `json:"severity"`
	Flagged          bool   `json:"flagged"`
	Updated          int64  `json:"updated"`
	Closed           *int64 `json:"closed"`
	Notified         *int64 `json:"notified"`
	ComponentName    string `json:"component_name"`
	Expected         string `json:"expected"`
	Actual           string `json:"actual"`
	Issue            string `json:"issue"`
	KnowledgeBaseURL string `json:"knowledge_base_url"`
	Summary          string `json:"summary"`
}

func (c *call) alert(a sim.Alert) alertItem {
	summary := fmt.Sprintf("(%s:%s): %s", a.ComponentType, a.Component, a.Issue)
	return alertItem{
		Description: fmt.Sprintf("%s Expected: %s, Actual: %s", summary, a.Expected, a.Actual),
		Created:     c.ms(a.Created), State: a.State, ComponentType: a.ComponentType,
		Name: alertName(a), ID: a.ID, Code: a.Code, Category: "array", Severity: a.Severity, Flagged: c.h.isFlagged(alertName(a), a.Flagged()),
		Updated: c.ms(a.Updated), Closed: c.optTime(a.Closed), Notified: c.optTime(a.Notified),
		ComponentName: a.Component, Expected: a.Expected, Actual: a.Actual, Issue: a.Issue,
		KnowledgeBaseURL: fmt.Sprintf("https://support.purestorage.com/?cid=Alert_%04d", a.Code),
		Summary:          summary,
	}
}

type portReference struct {
	Name     *string `json:"name"`
	WWN      *string `json:"wwn"`
	NQN      *string `json:"nqn"`
	IQN      *string `json:"iqn"`
	Portal   *string `json:"portal"`
	Failover *string `json:"failover"`
}

type initiatorReference struct {
	WWN    *string `json:"wwn"`
	NQN    *string `json:"nqn"`
	IQN    *string `json:"iqn"`
	Portal *string `json:"portal"`
}

type balanceItem struct {
	Name                  string             `json:"name"`
	Time                  int64              `json:"time"`
	Target                portReference      `json:"target"`
	Initiator             initiatorReference `json:"initiator"`
	OpCount               *int64             `json:"op_count"`
	FractionRelativeToMax *float64           `json:"fraction_relative_to_max"`
}

func (c *call) balance(b sim.Balance) balanceItem {
	// The array counts balance by whole seconds.
	item := balanceItem{Name: b.Host, Time: c.ms(c.now.Truncate(time.Second))}
	if b.Idle {
		return item
	}
	item.Target = c.target(b.Target)
	if strings.HasPrefix(b.Initiator, "iqn.") {
		item.Initiator.IQN = &b.Initiator
	} else {
		item.Initiator.WWN = text(colons(b.Initiator))
	}
	item.OpCount, item.FractionRelativeToMax = &b.Ops, &b.OfMax
	return item
}

// colons writes a world wide name in pairs.
func colons(wwn string) string {
	var b strings.Builder
	for i, r := range wwn {
		if i > 0 && i%2 == 0 {
			b.WriteByte(':')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// target is a port as hosts see it.
func (c *call) target(p sim.Port) portReference {
	name := upper(p)
	t := portReference{Name: &name, WWN: text(p.WWN)}
	if !p.FC {
		id := strings.ReplaceAll(c.view.Identity().ID, "-", "")[:16]
		t.IQN = text("iqn.2010-06.com.purestorage:flasharray." + id)
		t.Portal = text(p.Address + ":3260")
	}
	return t
}

type interfaceItem struct {
	FC            fcOfInterface  `json:"fc"`
	Eth           ethOfInterface `json:"eth"`
	Services      []string       `json:"services"`
	Name          string         `json:"name"`
	Enabled       bool           `json:"enabled"`
	InterfaceType string         `json:"interface_type"`
	Speed         int64          `json:"speed"`
}

type fcOfInterface struct {
	WWN *string `json:"wwn"`
}

type ethOfInterface struct {
	Subtype       *string     `json:"subtype"`
	Subinterfaces []reference `json:"subinterfaces"`
	Address       *string     `json:"address"`
	VLAN          *int64      `json:"vlan"`
	MACAddress    *string     `json:"mac_address"`
	Netmask       *string     `json:"netmask"`
	Gateway       *string     `json:"gateway"`
	MTU           *int64      `json:"mtu"`
	Subnet        reference   `json:"subnet"`
}

func interfaceOf(p sim.Port) interfaceItem {
	item := interfaceItem{Services: []string{p.Service}, Name: p.Name, Enabled: p.Enabled, InterfaceType: "eth", Speed: p.Speed}
	if p.FC {
		item.InterfaceType, item.FC.WWN = "fc", text(p.WWN)
		return item
	}
	subtype := "physical"
	if p.Virtual {
		subtype = "vif"
	}
	item.Eth = ethOfInterface{
		Subtype: &subtype, Subinterfaces: []reference{}, MACAddress: text(p.MAC), MTU: &p.MTU,
	}
	if p.Enabled {
		item.Eth.Address, item.Eth.Netmask = text(p.Address), text("255.255.255.0")
	}
	if p.Enabled && p.Service == "management" {
		item.Eth.Gateway = text(p.Address[:strings.LastIndexByte(p.Address, '.')] + ".1")
	}
	return item
}

type portPerformanceItem struct {
	Eth           ethPerformance `json:"eth"`
	FC            fcPerformance  `json:"fc"`
	Time          int64          `json:"time"`
	Name          *string        `json:"name"`
	InterfaceType string         `json:"interface_type"`
}

type ethPerformance struct {
	OtherErrors   *int64 `json:"other_errors_per_sec"`
	RxBytes       *int64 `json:"received_bytes_per_sec"`
	CRCErrors     *int64 `json:"received_crc_errors_per_sec"`
	FrameErrors   *int64 `json:"received_frame_errors_per_sec"`
	RxPackets     *int64 `json:"received_packets_per_sec"`
	TotalErrors   *int64 `json:"total_errors_per_sec"`
	TxBytes       *int64 `json:"transmitted_bytes_per_sec"`
	CarrierErrors *int64 `json:"transmitted_carrier_errors_per_sec"`
	DroppedErrors *int64 `json:"transmitted_dropped_errors_per_sec"`
	TxPackets     *int64 `json:"transmitted_packets_per_sec"`
}

type fcPerformance struct {
	RxBytes      *int64 `json:"received_bytes_per_sec"`
	CRCErrors    *int64 `json:"received_crc_errors_per_sec"`
	TotalErrors  *int64 `json:"total_errors_per_sec"`
	TxBytes      *int64 `json:"transmitted_bytes_per_sec"`
	RxFrames     *int64 `json:"received_frames_per_sec"`
	LinkFailures *int64 `json:"received_link_failures_per_sec"`
	LossOfSignal *int64 `json:"received_loss_of_signal_per_sec"`
	LossOfSync   *int64 `json:"received_loss_of_sync_per_sec"`
	TxFrames     *int64 `json:"transmitted_frames_per_sec"`
	InvalidWords *int64 `json:"transmitted_invalid_words_per_sec"`
}

func ethOf(p sim.PortPerformance) ethPerformance {
	total := p.TotalErrors()
	return ethPerformance{
		OtherErrors: new(int64), RxBytes: &p.RxBytes, CRCErrors: &p.CRCErrors, FrameErrors: new(int64), RxPackets: &p.RxFrames,
		TotalErrors: &total, TxBytes: &p.TxBytes, DroppedErrors: new(int64), TxPackets: &p.TxFrames,
	}
}

func fcOf(p sim.PortPerformance) fcPerformance {
	total := p.TotalErrors()
	return fcPerformance{
		RxBytes: &p.RxBytes, CRCErrors: &p.CRCErrors, TotalErrors: &total, TxBytes: &p.TxBytes, RxFrames: &p.RxFrames,
		LinkFailures: &p.LinkFailures, LossOfSignal: new(int64), LossOfSync: &p.LossOfSync,
		TxFrames: &p.TxFrames, InvalidWords: &p.InvalidWords,
	}
}

func (c *call) portPerformance(p sim.PortPerformance, at time.Time) portPerformanceItem {
	item := portPerformanceItem{Time: c.ms(at), Name: &p.Name, InterfaceType: "eth"}
	if p.FC {
		item.InterfaceType, item.FC = "fc", fcOf(p)
	} else {
		item.Eth = ethOf(p)
	}
	return item
}

// portTotal is the sum of some ports, shown for both kinds as the recorded
// total is.
func (c *call) portTotal(sel []int, all []sim.Port, by map[string]sim.PortPerformance, at time.Time) any {
	var eth, fc sim.PortPerformance
	for _, i := range sel {
		p := by[all[i].Name]
		sum := &eth
		if p.FC {
			sum = &fc
		}
		sum.RxBytes += p.RxBytes
		sum.TxBytes += p.TxBytes
		sum.RxFrames += p.RxFrames
		sum.TxFrames += p.TxFrames
		sum.CRCErrors += p.CRCErrors
		sum.InvalidWords += p.InvalidWords
		sum.LinkFailures += p.LinkFailures
		sum.LossOfSync += p.LossOfSync
	}
	item := portPerformanceItem{Eth: ethOf(eth), FC: fcOf(fc), Time: c.ms(at)}
	item.Eth.CarrierErrors = new(int64)
	return item
}
