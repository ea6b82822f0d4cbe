package siteconf_test

import (
	"fmt"
	"testing"
	"time"

	"darksite/cmd/internal/siteconf"
	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, array, more string) (*siteconf.Config, error) {
	t.Helper()
	return siteconf.Parse("site.yaml", fmt.Appendf(nil, "site: {code: S042, name: Lyon}\narrays:\n  - %s\n%s\n", array, more))
}

func TestEveryWayToReachATarget(t *testing.T) {
	for name, c := range map[string]struct {
		array string
		check func(*testing.T, siteconf.Array)
	}{
		"rest, which needs no word": {
			`{name: a, kind: flashblade, url: "https://10.1.0.20", token_file: keys/a, tls_pin: "` + pin + `", every: 1m, senders: [10.1.0.20, 10.2.0.0/24, "::ffff:10.3.0.1"]}`,
			func(t *testing.T, a siteconf.Array) {
				require.Equal(t, siteconf.ViaREST, a.Via)
				require.Equal(t, localmon.KindFlashBlade, a.Kind)
				require.Equal(t, time.Minute, a.Every)
				require.True(t, a.Speaks())
				require.Equal(t, "[10.1.0.20/32 10.2.0.0/24 10.3.0.1/32]", fmt.Sprint(a.Prefixes()))
				require.Equal(t, "https://10.1.0.20", a.Dialled())
			},
		},
		"metrics of a machine, in the clear": {
			`{name: node-1, kind: host, via: openmetrics, url: "http://10.1.0.30:9100"}`,
			func(t *testing.T, a siteconf.Array) { require.Equal(t, []string{"/metrics"}, a.Paths) },
		},
		"metrics of an array": {
			`{name: fa, kind: flasharray, via: openmetrics, url: "https://10.1.0.12", paths: ["/metrics/array?namespace=purefa", "/metrics/volumes"], token_file: keys/fa, tls_pin: "` + pin + `"}`,
			func(t *testing.T, a siteconf.Array) { require.Len(t, a.Paths, 2) },
		},
		"snmp with a community": {
			`{name: fa, kind: flasharray, via: snmp, address: "10.1.0.11:161", snmp: {community_file: keys/fa.community}}`,
			func(t *testing.T, a siteconf.Array) { require.Equal(t, "10.1.0.11:161", a.Dialled()) },
		},
		"snmp with a user": {
			`{name: fa, kind: flasharray, via: snmp, address: "[fd00::1]:161", snmp: {user: darksite, auth: sha256, auth_file: keys/a, priv: aes, priv_file: keys/p}}`,
			func(t *testing.T, a siteconf.Array) { require.Equal(t, "darksite", a.SNMP.User) },
		},
		"files": {
			`{name: fa-far, kind: flasharray, via: drop, max_age: 8d}`,
			func(t *testing.T, a siteconf.Array) {
				require.Equal(t, 8*24*time.Hour, a.MaxAge)
				require.Equal(t, "spool/drop/fa-far", a.DropFolder())
				require.Empty(t, a.Dialled(), "nothing is called")
			},
		},
		"what it says by itself": {
			`{name: fa-mute, kind: flasharray, via: push, sender_names: [fa-mute-ct0]}`,
			func(t *testing.T, a siteconf.Array) { require.True(t, a.Speaks()) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			conf, err := parse(t, c.array, "")
			require.NoError(t, err)
			c.check(t, conf.Arrays[0])
			got, ok := conf.Array(conf.Arrays[0].Name)
			require.True(t, ok)
			require.Equal(t, conf.Arrays[0], got)
		})
	}
}

func TestAWayThatCannotWorkIsRefusedWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ array, more, want string }{
		"a way nobody knows":               {`{name: a, kind: flasharray, via: telnet}`, "", `site.yaml:3:38: via "telnet" is not known`},
		"a key of another way":             {`{name: a, kind: flasharray, via: drop, url: "https://10.1.0.1"}`, "", "url means nothing for via drop, which takes max_age"},
		"files of last year":               {`{name: a, kind: flasharray, via: drop, max_age: 365d}`, "", "want at most 31d"},
		"a host by its array interface":    {`{name: a, kind: host, url: "https://10.1.0.1", token_file: k, tls_pin: "` + pin + `"}`, "", "a host has no array interface"},
		"a token in the clear":             {`{name: a, kind: flasharray, via: openmetrics, url: "http://10.1.0.1", token_file: k}`, "", "a token is never sent over plain http"},
		"a pin without a certificate":      {`{name: a, kind: flasharray, via: openmetrics, url: "http://10.1.0.1", tls_pin: "` + pin + `"}`, "", "no certificate to pin"},
		"https without a pin":              {`{name: a, kind: flasharray, via: openmetrics, url: "https://10.1.0.1"}`, "", "tls_pin must be"},
		"a page that is no path":           {`{name: a, kind: host, via: openmetrics, url: "http://10.1.0.1", paths: [metrics]}`, "", `page "metrics": want a path`},
		"another scheme":                   {`{name: a, kind: host, via: openmetrics, url: "ftp://10.1.0.1"}`, "", "want https://address, or http://address"},
		"snmp by name":                     {`{name: a, kind: flasharray, via: snmp, address: "fa:161", snmp: {community_file: k}}`, "", `address "fa:161": want an address and a port`},
		"snmp without a secret":            {`{name: a, kind: flasharray, via: snmp, address: "10.1.0.1:161"}`, "", "want either community_file"},
		"snmp with two identities":         {`{name: a, kind: flasharray, via: snmp, address: "10.1.0.1:161", snmp: {community_file: k, user: u}}`, "", "want either community_file"},
		"auth without its file":            {`{name: a, kind: flasharray, via: snmp, address: "10.1.0.1:161", snmp: {user: u, auth: sha}}`, "", "auth goes with auth_file"},
		"privacy alone":                    {`{name: a, kind: flasharray, via: snmp, address: "10.1.0.1:161", snmp: {user: u, priv: aes, priv_file: p}}`, "", "privacy needs auth"},
		"an old digest":                    {`{name: a, kind: flasharray, via: snmp, address: "10.1.0.1:161", snmp: {user: u, auth: md5, auth_file: p}}`, "", `auth "md5" is not known`},
		"push from nowhere":                {`{name: a, kind: flasharray, via: push}`, "", "via push needs senders"},
		"a sender by name among addresses": {`{name: a, kind: flasharray, via: push, senders: [fa-mute]}`, "", `sender "fa-mute": want an address`},
		"too often":                        {`{name: a, kind: flasharray, via: drop, every: 1s}`, "", "every 1s: at least 5s"},
		"a console without a port":         {`{name: a, kind: flasharray, via: drop}`, "listen: {console: 127.0.0.1}", `site.yaml:4:19: console "127.0.0.1": want an address of this machine and a port`},
		"tls without a certificate":        {`{name: a, kind: flasharray, via: drop}`, "listen: {syslog_tls: 127.0.0.1:6514}", "go together"},
		"traps from anybody":               {`{name: a, kind: flasharray, via: drop}`, "listen: {traps: 127.0.0.1:1162}", "traps and trap_users go together"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(t, c.array, c.more)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestEverySecretOfTheFileIsListed(t *testing.T) {
	c, err := siteconf.Parse("site.yaml", []byte(`site: {code: S042, name: Lyon}
arrays:
  - {name: a, kind: flasharray, url: "https://10.1.0.1", token_file: keys/token, tls_pin: "`+pin+`"}
  - {name: b, kind: flasharray, via: snmp, address: "10.1.0.2:161", snmp: {community_file: keys/community}}
  - {name: c, kind: flasharray, via: snmp, address: "10.1.0.3:161", snmp: {user: u, auth: sha, auth_file: keys/auth, priv: aes, priv_file: keys/priv}}
  - {name: d, kind: flasharray, via: drop}
listen: {traps: "127.0.0.1:1162", trap_users: [{community_file: keys/traps}]}
`))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"keys/token", "keys/community", "keys/auth", "keys/priv", "keys/traps"}, c.Secrets())
}
