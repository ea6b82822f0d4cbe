package arrayapi

import (
	"fmt"
	"strings"
	"time"

	"darksite/training/sim"
)

// The items below have the fields of the recorded replies, in their order.

type bladeReference struct {
	Name         *string `json:"name"`
	ID           *string `json:"id"`
	ResourceType *string `json:"resource_type"`
}

// share is a part of a whole, null when there is none.
func share(o sim.Opt[float64]) *float64 {
	if !o.OK {
		return nil
	}
	return &o.Value
}

type bladeAlertItem struct {
	Name             string            `json:"name"`
	Index            int64             `json:"index"`
	Flagged          bool              `json:"flagged"`
	Code             int               `json:"code"`
	Severity         string            `json:"severity"`
	ComponentName    string            `json:"component_name"`
	ComponentType    string            `json:"component_type"`
	State            string            `json:"state"`
	Created          int64             `json:"created"`
	Updated          int64             `json:"updated"`
	Notified         *int64            `json:"notified"`
	Duration         int64             `json:"duration"`
	Summary          string            `json:"summary"`
	Description      string            `json:"description"`
	KnowledgeBaseURL string            `json:"knowledge_base_url"`
	Action           string            `json:"action"`
	Variables        map[string]string `json:"variables"`
	ID               string            `json:"id"`
}

func (c *call) bladeAlert(a sim.BladeAlert) bladeAlertItem {
	return bladeAlertItem{
		Name: itoa(a.Index), Index: a.Index, Flagged: c.h.isFlagged(itoa(a.Index), a.Flagged()), Code: a.Code, Severity: a.Severity,
		ComponentName: a.Component, ComponentType: a.ComponentType, State: a.State,
		Created: c.ms(a.Created), Updated: c.ms(a.Updated), Notified: c.optTime(a.Notified), Duration: a.Duration.Milliseconds(),
		Summary: a.Summary, Description: a.Description, Action: a.Action, Variables: a.Variables, ID: a.ID,
		KnowledgeBaseURL: fmt.Sprintf("https://support.purestorage.com/?cid=Alert_%04d", a.Code),
	}
}

type bladeArrayItem struct {
	Name              string           `json:"name"`
	ID                string           `json:"id"`
	OS                string           `json:"os"`
	Revision          string           `json:"revision"`
	Version           string           `json:"version"`
	TimeZone          string           `json:"time_zone"`
	Banner            *string          `json:"banner"`
	IdleTimeout       int64            `json:"idle_timeout"`
	NTPServers        []string         `json:"ntp_servers"`
	SMBMode           string           `json:"smb_mode"`
	ProductType       string           `json:"product_type"`
	EradicationConfig eradication      `json:"eradication_config"`
	SecurityUpdate    *string          `json:"security_update"`
	Encryption        bladeEncryptions `json:"encryption"`
	AsOf              int64            `json:"_as_of"`
}

type bladeEncryptions struct {
	DataAtRest bladeEncryption `json:"data_at_rest"`
}

type bladeEncryption struct {
	Algorithms    []string `json:"algorithms"`
	EntropySource string   `json:"entropy_source"`
	Enabled       bool     `json:"enabled"`
}

func (c *call) bladeArrayItem() bladeArrayItem {
	id := c.blade.Identity()
	return bladeArrayItem{
		Name: id.Name, ID: id.ID, OS: id.OS, Revision: id.Revision, Version: id.Version, TimeZone: "UTC",
		IdleTimeout: bladeIdleTimeout.Milliseconds(), NTPServers: []string{}, SMBMode: "native", ProductType: "FlashBlade",
		EradicationConfig: eradication{"all-enabled", (24 * time.Hour).Milliseconds()},
		Encryption:        bladeEncryptions{bladeEncryption{[]string{"AES-256-CTR"}, "rdseed", true}},
		AsOf:              c.ms(c.now),
	}
}

type bladeSpace struct {
	Virtual       int64    `json:"virtual"`
	Unique        int64    `json:"unique"`
	Snapshots     int64    `json:"snapshots"`
	DataReduction *float64 `json:"data_reduction"`
	TotalPhysical int64    `json:"total_physical"`
}

func bladeSpaceOf(s sim.BladeSpace) bladeSpace {
	return bladeSpace{s.Virtual, s.Unique, s.Snapshots, share(s.DataReduction()), s.Physical()}
}

// provisionedSpace is that of what may have a limit.
type provisionedSpace struct {
	bladeSpace
	TotalProvisioned *int64 `json:"total_provisioned"`
}

type accountSpace struct {
	bladeSpace
	DestroyedVirtual     int64    `json:"destroyed_virtual"`
	Destroyed            int64    `json:"destroyed"`
	TotalProvisioned     *int64   `json:"total_provisioned"`
	AvailableProvisioned *int64   `json:"available_provisioned"`
	AvailableRatio       *float64 `json:"available_ratio"`
}

// accountSpaceOf: what is available is what is provisioned less what was
// written, whether or not that has a limit, as recorded.
func accountSpaceOf(s sim.BladeSpace, quota int64) accountSpace {
	a := accountSpace{bladeSpace: bladeSpaceOf(s)}
	if quota > 0 {
		left := quota - s.Virtual
		part := float64(left) / float64(quota)
		a.TotalProvisioned, a.AvailableProvisioned, a.AvailableRatio = &quota, &left, &part
	}
	return a
}

// limit is null where there is none.
func limit(bytes int64) *int64 {
	if bytes == 0 {
		return nil
	}
	return &bytes
}

type bladeSpaceItem struct {
	Name     string     `json:"name"`
	ID       string     `json:"id"`
	Time     int64      `json:"time"`
	Capacity int64      `json:"capacity"`
	Parity   float64    `json:"parity"`
	Space    bladeSpace `json:"space"`
}

type bladeReplicationItem struct {
	ID         string                `json:"id"`
	Periodic   replicationRates      `json:"periodic"`
	Continuous continuousReplication `json:"continuous"`
	Aggregate  replicationRates      `json:"aggregate"`
	Time       int64                 `json:"time"`
	Name       string                `json:"name"`
}

type replicationRates struct {
	Received    float64 `json:"received_bytes_per_sec"`
	Transmitted float64 `json:"transmitted_bytes_per_sec"`
}

type continuousReplication struct {
	replicationRates
	ObjectBacklog objectBacklog `json:"object_backlog"`
}

type objectBacklog struct {
	Puts    int64 `json:"put_ops_count"`
	Deletes int64 `json:"delete_ops_count"`
	Others  int64 `json:"other_ops_count"`
	Bytes   int64 `json:"bytes_count"`
}

type bladeFileSystemItem struct {
	Name                    *string       `json:"name"`
	Created                 *int64        `json:"created"`
	FastRemoveDirectory     *bool         `json:"fast_remove_directory_enabled"`
	SnapshotDirectory       *bool         `json:"snapshot_directory_enabled"`
	Destroyed               *bool         `json:"destroyed"`
	PromotionStatus         *string       `json:"promotion_status"`
	RequestedPromotionState *string       `json:"requested_promotion_state"`
	Writable                *bool         `json:"writable"`
	TimeRemaining           *int64        `json:"time_remaining"`
	NFS                     nfsOfFile     `json:"nfs"`
	SMB                     enabled       `json:"smb"`
	HTTP                    enabled       `json:"http"`
	MultiProtocol           multiProtocol `json:"multi_protocol"`
	HardLimit               *bool         `json:"hard_limit_enabled"`
	DefaultUserQuota        *int64        `json:"default_user_quota"`
	DefaultGroupQuota       *int64        `json:"default_group_quota"`
	Space                   bladeSpace    `json:"space"`
	Source                  sourceOfFile  `json:"source"`
	ID                      *string       `json:"id"`
	Provisioned             *int64        `json:"provisioned"`
}

type nfsOfFile struct {
	Rules        *string         `json:"rules"`
	ExportPolicy *bladeReference `json:"export_policy"`
	V3           *bool           `json:"v3_enabled"`
	V41          *bool           `json:"v4_1_enabled"`
}

type enabled struct {
	Enabled *bool `json:"enabled"`
}

type multiProtocol struct {
	SafeguardACLs *bool   `json:"safeguard_acls"`
	Style         *string `json:"access_control_style"`
}

type sourceOfFile struct {
	bladeReference
	Location    bladeReference `json:"location"`
	IsLocal     *bool          `json:"is_local"`
	DisplayName *string        `json:"display_name"`
}

func (c *call) fileSystem(f sim.BladeFileSystem, policies []sim.ExportPolicy) bladeFileSystemItem {
	created, yes, no := c.ms(f.Created), true, false
	item := bladeFileSystemItem{
		Name: &f.Name, Created: &created, FastRemoveDirectory: &no, SnapshotDirectory: &f.SnapshotDirectoryShown, Destroyed: &no,
		PromotionStatus: text("promoted"), RequestedPromotionState: text("promoted"), Writable: &yes,
		NFS: nfsOfFile{ExportPolicy: &bladeReference{}, V3: &f.NFSv3, V41: &f.NFSv4},
		SMB: enabled{&f.SMB}, HTTP: enabled{&f.HTTP}, MultiProtocol: multiProtocol{&yes, text("shared")},
		HardLimit: &f.HardLimit, DefaultUserQuota: &f.DefaultUserQuota, DefaultGroupQuota: new(int64),
		Space: bladeSpaceOf(f.Space), Source: sourceOfFile{IsLocal: &yes}, ID: &f.ID, Provisioned: limit(f.Quota),
	}
	switch {
	case f.Policy >= 0:
		p := policies[f.Policy]
		item.NFS.ExportPolicy = &bladeReference{&p.Name, &p.ID, text("nfs-export-policies")}
	case f.NFSv3 || f.NFSv4:
		item.NFS.Rules = text("*(rw,no_root_squash)")
	}
	return item
}

type bucketItem struct {
	Name             *string           `json:"name"`
	Created          *int64            `json:"created"`
	Account          bladeReference    `json:"account"`
	Destroyed        *bool             `json:"destroyed"`
	TimeRemaining    *int64            `json:"time_remaining"`
	Space            provisionedSpace  `json:"space"`
	ObjectCount      *int64            `json:"object_count"`
	Versioning       *string           `json:"versioning"`
	BucketType       *string           `json:"bucket_type"`
	ID               *string           `json:"id"`
	QuotaLimit       *int64            `json:"quota_limit"`
	HardLimit        *bool             `json:"hard_limit_enabled"`
	RetentionLock    *string           `json:"retention_lock"`
	Eradication      bucketEradication `json:"eradication_config"`
	ObjectLockConfig objectLock        `json:"object_lock_config"`
}

type bucketEradication struct {
	Manual *string `json:"manual_eradication"`
	Delay  *int64  `json:"eradication_delay"`
}

type objectLock struct {
	Enabled       *bool   `json:"enabled"`
	Freeze        *bool   `json:"freeze_locked_objects"`
	Retention     *int64  `json:"default_retention"`
	RetentionMode *string `json:"default_retention_mode"`
}

func (c *call) bucket(b sim.Bucket, owner sim.Account) bucketItem {
	created, no, delay, versioning := c.ms(b.Created), false, (24 * time.Hour).Milliseconds(), "none"
	if b.Versioned {
		versioning = "enabled"
	}
	return bucketItem{
		Name: &b.Name, Created: &created, Account: bladeReference{&owner.Name, &owner.ID, text("object-store-accounts")},
		Destroyed: &no, Space: provisionedSpace{bladeSpaceOf(b.Space), limit(b.Quota)}, ObjectCount: &b.Objects, Versioning: &versioning,
		BucketType: text("classic"), ID: &b.ID, QuotaLimit: limit(b.Quota), HardLimit: &no, RetentionLock: text("unlocked"),
		Eradication: bucketEradication{text("enabled"), &delay}, ObjectLockConfig: objectLock{Enabled: &no, Freeze: &no},
	}
}

type accountItem struct {
	Name         *string        `json:"name"`
	Created      *int64         `json:"created"`
	Space        accountSpace   `json:"space"`
	ObjectCount  *int64         `json:"object_count"`
	ID           *string        `json:"id"`
	QuotaLimit   *int64         `json:"quota_limit"`
	HardLimit    *bool          `json:"hard_limit_enabled"`
	Defaults     bucketDefaults `json:"bucket_defaults"`
	PublicAccess publicAccess   `json:"public_access_config"`
}

type bucketDefaults struct {
	QuotaLimit *int64 `json:"quota_limit"`
	HardLimit  *bool  `json:"hard_limit_enabled"`
}

type publicAccess struct {
	BlockNew bool `json:"block_new_public_policies"`
	Block    bool `json:"block_public_access"`
}

func (c *call) account(a sim.Account) accountItem {
	created, no := c.ms(a.Created), false
	return accountItem{
		Name: &a.Name, Created: &created, Space: accountSpaceOf(a.Space, a.Quota), ObjectCount: &a.Objects, ID: &a.ID,
		HardLimit: &no, Defaults: bucketDefaults{nil, &no}, PublicAccess: publicAccess{true, true},
	}
}

type holder struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type usageItem struct {
	Name         string         `json:"name"`
	FileSystem   bladeReference `json:"file_system"`
	DefaultQuota int64          `json:"file_system_default_quota"`
	Quota        *int64         `json:"quota"`
	Usage        int64          `json:"usage"`
}

type userUsage struct {
	usageItem
	User holder `json:"user"`
}

type groupUsage struct {
	usageItem
	Group holder `json:"group"`
}

func (c *call) usageItem(r usageRow) usageItem {
	return usageItem{
		Name:         fmt.Sprintf("%s/%d", r.file.Name, r.usage.ID),
		FileSystem:   bladeReference{&r.file.Name, &r.file.ID, text("file-systems")},
		DefaultQuota: r.file.DefaultUserQuota, Quota: limit(r.usage.Quota), Usage: r.usage.Used,
	}
}

type bladeHardwareItem struct {
	Details         *string `json:"details"`
	IdentifyEnabled *bool   `json:"identify_enabled"`
	Index           *int64  `json:"index"`
	Model           *string `json:"model"`
	Name            string  `json:"name"`
	Serial          *string `json:"serial"`
	Slot            *int64  `json:"slot"`
	Speed           *int64  `json:"speed"`
	Status          string  `json:"status"`
	Temperature     *int64  `json:"temperature"`
	Type            string  `json:"type"`
	ID              string  `json:"id"`
	PartNumber      *string `json:"part_number"`
}

// canIdentify reports whether the part has an LED to find it by.
func (i bladeHardwareItem) canIdentify() bool { return i.IdentifyEnabled != nil }

func (c *call) hardware(h sim.BladeHardware) bladeHardwareItem {
	item := bladeHardwareItem{
		Details: text(h.Details), Index: opt(h.Index), Model: text(h.Model), Name: h.Name, Serial: text(h.Serial), Slot: opt(h.Slot),
		Speed: opt(h.Speed), Status: h.Status, Type: h.Type, ID: h.ID,
	}
	if h.CanIdentify {
		lit := c.h.isLit(h.Name)
		item.IdentifyEnabled = &lit
	}
	return item
}

type bladeItem struct {
	RawCapacity *int64   `json:"raw_capacity"`
	Details     *string  `json:"details"`
	Name        *string  `json:"name"`
	ID          *string  `json:"id"`
	Progress    *float64 `json:"progress"`
	Status      *string  `json:"status"`
	Target      *string  `json:"target"`
}

type bladeDriveItem struct {
	RawCapacity *int64   `json:"raw_capacity"`
	Details     *string  `json:"details"`
	Name        *string  `json:"name"`
	ID          *string  `json:"id"`
	Progress    *float64 `json:"progress"`
	Status      *string  `json:"status"`
	Type        *string  `json:"type"`
}

type exportPolicyItem struct {
	Name       string         `json:"name"`
	ID         string         `json:"id"`
	Enabled    bool           `json:"enabled"`
	IsLocal    bool           `json:"is_local"`
	Location   bladeReference `json:"location"`
	Version    string         `json:"version"`
	Rules      []exportRule   `json:"rules"`
	PolicyType string         `json:"policy_type"`
}

type exportRule struct {
	Name          string         `json:"name"`
	ID            string         `json:"id"`
	Policy        bladeReference `json:"policy"`
	Index         int            `json:"index"`
	PolicyVersion string         `json:"policy_version"`
	Access        string         `json:"access"`
	AnonGID       *int64         `json:"anongid"`
	AnonUID       *int64         `json:"anonuid"`
	Atime         bool           `json:"atime"`
	Client        string         `json:"client"`
	FileID32Bit   bool           `json:"fileid_32bit"`
	Permission    string         `json:"permission"`
	Secure        bool           `json:"secure"`
	Security      []string       `json:"security"`
}

func (c *call) exportPolicy(p sim.ExportPolicy) exportPolicyItem {
	id := c.blade.Identity()
	return exportPolicyItem{
		Name: p.Name, ID: p.ID, Enabled: true, IsLocal: true, Location: bladeReference{&id.Name, &id.ID, text("arrays")},
		Version: p.Version, Rules: exportRulesOf(p), PolicyType: "nfs-export",
	}
}

func exportRulesOf(p sim.ExportPolicy) []exportRule {
	rules := []exportRule{}
	for i, r := range p.Rules {
		rules = append(rules, exportRule{
			Name: fmt.Sprintf("%s.%d", p.Name, i+1), ID: r.ID, Policy: bladeReference{&p.Name, &p.ID, text("nfs-export-policies")},
			Index: i + 1, PolicyVersion: p.Version, Access: r.Access, Atime: true, Client: r.Client, Permission: r.Permission, Security: r.Security,
		})
	}
	return rules
}

type connectorItem struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	ConnectorType   string `json:"connector_type"`
	LaneSpeed       int64  `json:"lane_speed"`
	LanesPerPort    int64  `json:"lanes_per_port"`
	PortCount       int64  `json:"port_count"`
	PortSpeed       int64  `json:"port_speed"`
	TransceiverType string `json:"transceiver_type"`
}

// uplink names the one link aggregation group.
const uplink = "uplink"

func aggregateID(id sim.BladeIdentity) string {
	return derivedUUID(sim.Options{Name: id.ID}, uplink, 0)
}

func subnetReference(id sim.BladeIdentity, name string) bladeReference {
	return bladeReference{&name, text(derivedUUID(sim.Options{Name: id.ID}, "subnet "+name, 0)), text("subnets")}
}

type aggregateItem struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	LagSpeed   int64            `json:"lag_speed"`
	MACAddress string           `json:"mac_address"`
	PortSpeed  int64            `json:"port_speed"`
	Ports      []bladeReference `json:"ports"`
	Status     string           `json:"status"`
}

type bladeInterfaceItem struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Address  string         `json:"address"`
	Enabled  bool           `json:"enabled"`
	Gateway  string         `json:"gateway"`
	MTU      int64          `json:"mtu"`
	Netmask  string         `json:"netmask"`
	Services []string       `json:"services"`
	Subnet   bladeReference `json:"subnet"`
	Type     string         `json:"type"`
	VLAN     int64          `json:"vlan"`
}

type subnetItem struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Enabled    bool             `json:"enabled"`
	Gateway    string           `json:"gateway"`
	Interfaces []bladeReference `json:"interfaces"`
	Group      bladeReference   `json:"link_aggregation_group"`
	MTU        int64            `json:"mtu"`
	Prefix     string           `json:"prefix"`
	Services   []string         `json:"services"`
	VLAN       int64            `json:"vlan"`
}

type dnsItem struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Domain      string   `json:"domain"`
	Nameservers []string `json:"nameservers"`
	Services    []string `json:"services"`
	Sources     []any    `json:"sources"`
}

type bladeCertificateItem struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	CertificateType string `json:"certificate_type"`
	CommonName      string `json:"common_name"`
	IssuedBy        string `json:"issued_by"`
	IssuedTo        string `json:"issued_to"`
	KeySize         int64  `json:"key_size"`
	Organization    string `json:"organization"`
	Status          string `json:"status"`
	ValidFrom       int64  `json:"valid_from"`
	ValidTo         int64  `json:"valid_to"`
}

type bladeSupportItem struct {
	ID                   string  `json:"id"`
	Name                 string  `json:"name"`
	PhonehomeEnabled     bool    `json:"phonehome_enabled"`
	Proxy                string  `json:"proxy"`
	RemoteAssistActive   bool    `json:"remote_assist_active"`
	RemoteAssistDuration *int64  `json:"remote_assist_duration"`
	RemoteAssistExpires  *string `json:"remote_assist_expires"`
	RemoteAssistOpened   *string `json:"remote_assist_opened"`
	RemoteAssistPaths    []any   `json:"remote_assist_paths"`
	RemoteAssistStatus   string  `json:"remote_assist_status"`
}

// socketOf is the name of what a port is plugged into.
func socketOf(p sim.Connector) string {
	if strings.Count(strings.TrimPrefix(p.Name, p.Module), ".") > 1 {
		return p.Name[:strings.LastIndexByte(p.Name, '.')]
	}
	return p.Name
}
