package arrayapi

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"darksite/training/sim"
)

// The lists below say how an array is set up. They are short, and what is
// secret in them is masked, as on the arrays.

type arrayConnection struct {
	ID                   string   `json:"id"`
	Name                 string   `json:"name"`
	Encryption           string   `json:"encryption"`
	ManagementAddress    string   `json:"management_address"`
	OS                   string   `json:"os"`
	ReplicationAddresses []string `json:"replication_addresses"`
	ReplicationTransport string   `json:"replication_transport"`
	Status               string   `json:"status"`
	Type                 string   `json:"type"`
	Version              string   `json:"version"`
}

func arrayConnections(c *call) resource {
	all := c.view.Remotes()
	r := of(all, func(x sim.Remote) string { return x.Name }, func(x sim.Remote) any {
		kind := "async-replication"
		if x.Sync {
			kind = "sync-replication"
		}
		id := c.view.Identity()
		return arrayConnection{
			ID: x.ID, Name: x.Name, Encryption: "unencrypted", ManagementAddress: x.Address, OS: id.OS,
			ReplicationAddresses: []string{x.Address}, ReplicationTransport: "ip", Status: "connected", Type: kind,
			Version: id.Version,
		}
	})
	r.id = func(i int) string { return all[i].ID }
	return r
}

type certificateItem struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	Certificate     string `json:"certificate"`
	CertificateType string `json:"certificate_type"`
	CommonName      string `json:"common_name"`
	IssuedBy        string `json:"issued_by"`
	IssuedTo        string `json:"issued_to"`
	KeyAlgorithm    string `json:"key_algorithm"`
	KeySize         int    `json:"key_size"`
	Organization    string `json:"organization"`
	Status          string `json:"status"`
	ValidFrom       int64  `json:"valid_from"`
	ValidTo         int64  `json:"valid_to"`
}

// certificates lists the certificate the array answers with.
func (h *Handler) certificates(c *call) resource {
	id := derivedUUID(h.array.Options(), "certificate id", 0)
	r := one("management", func() any { return c.certificate(h.array.Options(), id) })
	r.id = func(int) string { return id }
	return r
}

func (c *call) certificate(o sim.Options, id string) any {
	made, err := Certificate(o, c.protocol.Certificate)
	if err != nil {
		panic(err) // it is the one this call was answered with
	}
	x, err := x509.ParseCertificate(made.Certificate[0])
	if err != nil {
		panic(err)
	}
	return certificateItem{
		ID: id, Name: "management", CertificateType: "array", CommonName: x.Subject.CommonName,
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: x.Raw})),
		IssuedBy:    x.Issuer.CommonName, IssuedTo: x.Subject.CommonName, KeyAlgorithm: "ed25519", KeySize: 256,
		Organization: strings.Join(x.Subject.Organization, ", "), Status: "self-signed",
		ValidFrom: c.ms(x.NotBefore), ValidTo: c.ms(x.NotAfter),
	}
}

type softwareItem struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Details     string   `json:"details"`
	Progress    float64  `json:"progress"`
	Status      string   `json:"status"`
	UpgradeHops []string `json:"upgrade_hops"`
	Version     string   `json:"version"`
}

func software(c *call) resource {
	about := c.view.Identity()
	id := derivedUUID(sim.Options{Name: about.ID}, "software "+about.Version, 0)
	r := one("Purity", func() any {
		return softwareItem{
			ID: id, Name: "Purity", Details: about.OS + " " + about.Version, Progress: 1, Status: "installed",
			UpgradeHops: []string{}, Version: about.Version,
		}
	})
	r.id = func(int) string { return id }
	return r
}

type auditItem struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Arguments     string        `json:"arguments"`
	Command       string        `json:"command"`
	Origin        fullReference `json:"origin"`
	Subcommand    string        `json:"subcommand"`
	SystemEvent   bool          `json:"system_event"`
	Time          int64         `json:"time"`
	User          string        `json:"user"`
	UserInterface string        `json:"user_interface"`
}

// audits: the commands that made the first volumes, so that the list agrees
// with the others.
func audits(c *call) resource {
	about := c.view.Identity()
	all := c.moment.volumes()[1:6]
	id := func(i int) string { return derivedUUID(sim.Options{Name: about.ID}, "audit", int64(i)) }
	return resource{
		count: len(all), name: func(i int) string { return itoa(int64(1000 + i)) }, id: id,
		item: func(i int) any {
			return auditItem{
				ID: id(i), Name: itoa(int64(1000 + i)), Command: "purevol", Subcommand: "create",
				Arguments: fmt.Sprintf("--size %dG %s", all[i].Space.Provisioned>>30, all[i].Name),
				Origin:    fullReference{&about.Name, &about.ID}, Time: c.ms(all[i].Created), User: "pureuser", UserInterface: "CLI",
			}
		},
	}
}

type sessionItem struct {
	Name          string `json:"name"`
	EndTime       *int64 `json:"end_time"`
	Event         string `json:"event"`
	EventCount    int    `json:"event_count"`
	Location      string `json:"location"`
	Method        string `json:"method"`
	StartTime     int64  `json:"start_time"`
	User          string `json:"user"`
	UserInterface string `json:"user_interface"`
}

// openSessions lists the sessions that live now.
func (h *Handler) openSessions(c *call) resource {
	all := h.living(c.now, c.protocol.SessionEra)
	name := func(s session) string { return itoa(s.number) }
	return of(all, name, func(s session) any {
		return sessionItem{
			Name: name(s), Event: "user session", EventCount: 1, Location: "127.0.0.1", Method: "API token",
			StartTime: c.ms(s.opened), User: "pureuser", UserInterface: "REST",
		}
	})
}

type syslogServer struct {
	Name     string   `json:"name"`
	Services []string `json:"services"`
	URI      string   `json:"uri"`
}

func syslogServers(c *call) resource {
	return one("site-syslog", func() any {
		return syslogServer{"site-syslog", []string{"management"}, "tcp://" + c.neighbour(40) + ":514"}
	})
}

type snmpManager struct {
	Name         string   `json:"name"`
	Host         string   `json:"host"`
	Notification string   `json:"notification"`
	V2C          snmpV2C  `json:"v2c"`
	V3           snmpUser `json:"v3"`
	Version      string   `json:"version"`
}

type snmpV2C struct {
	Community *string `json:"community"`
}

type snmpUser struct {
	AuthPassphrase    *string `json:"auth_passphrase"`
	AuthProtocol      *string `json:"auth_protocol"`
	PrivacyPassphrase *string `json:"privacy_passphrase"`
	PrivacyProtocol   *string `json:"privacy_protocol"`
	User              *string `json:"user"`
}

func snmpManagers(c *call) resource {
	return one("site-traps", func() any {
		return snmpManager{
			Name: "site-traps", Host: c.neighbour(41), Notification: "trap", V2C: snmpV2C{text("****")}, Version: "v2c",
		}
	})
}

type smtpServer struct {
	Name           string  `json:"name"`
	BodyPrefix     *string `json:"body_prefix"`
	EncryptionMode *string `json:"encryption_mode"`
	Password       *string `json:"password"`
	RelayHost      string  `json:"relay_host"`
	SenderDomain   string  `json:"sender_domain"`
	SubjectPrefix  *string `json:"subject_prefix"`
	UserName       *string `json:"user_name"`
}

func smtpServers(c *call) resource {
	return one("smtp", func() any {
		return smtpServer{Name: "smtp", RelayHost: c.neighbour(42), SenderDomain: "site.invalid", EncryptionMode: text("starttls")}
	})
}

type alertWatcher struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
}

func alertWatchers(*call) resource {
	return one("storage@site.invalid", func() any { return alertWatcher{"storage@site.invalid", true} })
}

// neighbour is an address beside the array's own.
func (c *call) neighbour(n int) string {
	own := c.view.Remotes()[0].Address
	return fmt.Sprintf("%s.%d", own[:strings.LastIndexByte(own, '.')], n)
}

type alertEvent struct {
	Name             string        `json:"name"`
	Actual           string        `json:"actual"`
	Alert            fullReference `json:"alert"`
	Code             int           `json:"code"`
	ComponentName    string        `json:"component_name"`
	ComponentType    string        `json:"component_type"`
	Created          int64         `json:"created"`
	Expected         string        `json:"expected"`
	Issue            string        `json:"issue"`
	KnowledgeBaseURL string        `json:"knowledge_base_url"`
	Severity         string        `json:"severity"`
	State            string        `json:"state"`
	Summary          string        `json:"summary"`
	Time             int64         `json:"time"`
}

// alertEvents lists each change in the life of the alerts that are named.
func alertEvents(c *call) resource {
	all := c.view.AlertEvents()
	return resource{
		count: len(all), wantsNames: true,
		name: func(i int) string { return alertName(all[i]) }, id: func(i int) string { return all[i].ID },
		item: func(i int) any {
			a, name := c.alert(all[i]), alertName(all[i])
			return alertEvent{
				Name: fmt.Sprintf("%s.%d", name, all[i].Updated.Sub(all[i].Created)/time.Millisecond), Actual: a.Actual,
				Alert: fullReference{&name, &all[i].ID}, Code: a.Code, ComponentName: a.ComponentName, ComponentType: a.ComponentType,
				Created: a.Created, Expected: a.Expected, Issue: a.Issue, KnowledgeBaseURL: a.KnowledgeBaseURL,
				Severity: a.Severity, State: a.State, Summary: a.Summary, Time: a.Updated,
			}
		},
	}
}

type alertRule struct {
	AllowedValues string `json:"allowed_values"`
	Code          int    `json:"code"`
	DefaultValue  string `json:"default_value"`
	Parameter     string `json:"parameter"`
	Subject       string `json:"subject"`
}

// alertRules lists what could be set about the alerts of this array; nothing
// is, so the list of what was set is empty.
func alertRules(c *call) resource {
	return of(c.view.AlertRules(), nil, func(r sim.AlertRule) any {
		return alertRule{"50%-99%", r.Code, r.Default, r.Severity, r.Subject}
	})
}
