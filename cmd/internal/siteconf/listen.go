package siteconf

import (
	"net/netip"

	"darksite/runbooks/strictyaml"
)

// Listen is where the monitor listens. What is left out is not opened.
type Listen struct {
	Console   string `yaml:"console"`    // http: the kit's own metrics
	Syslog    string `yaml:"syslog"`     // UDP and TCP
	SyslogTLS string `yaml:"syslog_tls"` // TLS over TCP
	CertFile  string `yaml:"cert_file"`  // of syslog_tls
	KeyFile   string `yaml:"key_file"`
	Traps     string `yaml:"traps"`
	// TrapUsers are who is believed: communities of version 2c and users of 3.
	TrapUsers []SNMP `yaml:"trap_users"`
}

func checkListen(at strictyaml.Place, l Listen) {
	for key, address := range map[string]string{"console": l.Console, "syslog": l.Syslog, "syslog_tls": l.SyslogTLS, "traps": l.Traps} {
		if address == "" {
			continue
		}
		if _, err := netip.ParseAddrPort(address); err != nil {
			at.Key(key).Fail("%s %q: want an address of this machine and a port, such as 127.0.0.1:7780", key, address)
		}
	}
	if (l.SyslogTLS != "") != (l.CertFile != "" && l.KeyFile != "") {
		at.Fail("syslog_tls, cert_file and key_file go together")
	}
	if (l.Traps != "") != (len(l.TrapUsers) > 0) {
		at.Fail("traps and trap_users go together: a trap is believed only from a community or user that is named")
	}
	for i, u := range l.TrapUsers {
		checkSNMPUser(at.Key("trap_users").Item(i), u)
	}
}
