package siteconf_test

import (
	"fmt"
	"testing"
	"time"

	"darksite/cmd/internal/siteconf"

	"github.com/stretchr/testify/require"
)

func parseNotify(notifier string) (*siteconf.Config, error) {
	return siteconf.Parse("site.yaml", fmt.Appendf(nil, "site: {code: S042, name: Lyon}\nnotify:\n  - %s\n", notifier))
}

func TestEveryWayToTell(t *testing.T) {
	for name, c := range map[string]struct {
		notifier string
		where    string
		check    func(*testing.T, siteconf.Notifier)
	}{
		"a file": {
			`{name: log, via: file, path: notify/alerts.log}`, "notify/alerts.log",
			func(t *testing.T, n siteconf.Notifier) {
				require.Equal(t, "text", n.Format)
				require.EqualValues(t, 10<<20, n.MaxSize)
				require.Zero(t, n.Digest, "a file is told everything")
				require.Zero(t, n.AtMost)
			},
		},
		"syslog over TCP": {
			`{name: siem, via: syslog, address: "10.1.0.5:601", over: tcp, facility: local3, patience: 1h}`, "tcp 10.1.0.5:601",
			func(t *testing.T, n siteconf.Notifier) {
				require.Equal(t, time.Hour, n.Patience)
				require.Equal(t, "tcp", n.Syslog(0).Network)
			},
		},
		"syslog of this machine": {
			`{name: siem, via: syslog, socket: /dev/log}`, "/dev/log",
			func(t *testing.T, n siteconf.Notifier) { require.Equal(t, "unix", n.Syslog(0).Network) },
		},
		"mail": {
			`{name: admins, via: mail, address: "10.1.0.6:25", from: kit@lyon.example, to: [a@lyon.example, b@lyon.example], user: kit, password_file: keys/mail, tls_pin: "` + pin + `"}`,
			"10.1.0.6:25 to a@lyon.example, b@lyon.example",
			func(t *testing.T, n siteconf.Notifier) {
				require.EqualValues(t, 30, n.AtMost)
				require.EqualValues(t, 3, n.Severity)
			},
		},
		"a program": {
			`{name: pager, via: exec, command: [/usr/local/bin/page, --now], severity: 1, timeout: 5s}`, "/usr/local/bin/page --now",
			func(t *testing.T, n siteconf.Notifier) { require.Equal(t, 5*time.Second, n.Timeout) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			conf, err := parseNotify(c.notifier)
			require.NoError(t, err)
			require.Equal(t, c.where, conf.Notify[0].Where())
			c.check(t, conf.Notify[0])
		})
	}
}

func TestNotifiersThatCannotWork(t *testing.T) {
	for name, c := range map[string]struct{ notifier, want string }{
		"an unknown way":                    {`{name: a, via: pigeon}`, `site.yaml:3:20: .*"pigeon"`},
		"an unknown key":                    {`{name: a, via: file, paht: x/y}`, `site.yaml:3:26: .*paht`},
		"no name":                           {`{via: file, path: notify/a}`, "notifier name"},
		"a file above the site folder":      {`{name: a, via: file, path: ../a}`, `site.yaml:3:32: path "../a"`},
		"a file among the kit's own":        {`{name: a, via: file, path: keys/record.key}`, "want a file below notify/"},
		"an unknown format":                 {`{name: a, via: file, path: notify/a, format: xml}`, `"xml"`},
		"a file that would turn all day":    {`{name: a, via: file, path: notify/a, max_size: 1KiB}`, "at least 64KiB"},
		"a key of another way":              {`{name: a, via: file, path: notify/a, to: [x@y.example]}`, "to means nothing for via file"},
		"a name to look up":                 {`{name: a, via: syslog, address: "siem:514"}`, "want an address and a port"},
		"no server":                         {`{name: a, via: syslog}`, "either address"},
		"both an address and a socket":      {`{name: a, via: syslog, address: "10.1.0.5:514", socket: /dev/log}`, "either address"},
		"an unknown network":                {`{name: a, via: syslog, address: "10.1.0.5:514", over: sctp}`, `"sctp"`},
		"an unknown facility":               {`{name: a, via: syslog, address: "10.1.0.5:514", facility: kern}`, `"kern"`},
		"a mail to nobody":                  {`{name: a, via: mail, address: "10.1.0.6:25", from: a@b.example}`, "0 recipients"},
		"a mail to somebody with a title":   {`{name: a, via: mail, address: "10.1.0.6:25", from: a@b.example, to: ["C <c@d.example>"]}`, `site.yaml:3:74: .*mail address "C <c@d.example>"`},
		"a mail from nobody":                {`{name: a, via: mail, address: "10.1.0.6:25", to: [a@b.example]}`, "mail address"},
		"a user without a password":         {`{name: a, via: mail, address: "10.1.0.6:25", from: a@b.example, to: [a@b.example], user: kit}`, "go together"},
		"a pin that is none":                {`{name: a, via: mail, address: "10.1.0.6:25", from: a@b.example, to: [a@b.example], tls_pin: "12"}`, "64 hex digits"},
		"a program that would be looked up": {`{name: a, via: exec, command: [page]}`, "whole path"},
		"a severity that is none":           {`{name: a, via: exec, command: [/bin/page], severity: 5}`, "want 1"},
		"a digest of too many":              {`{name: a, via: exec, command: [/bin/page], digest: 500}`, "want 1 to 100"},
		"a wait that is too long":           {`{name: a, via: exec, command: [/bin/page], gather: 1h}`, "not kept waiting"},
		"endless patience":                  {`{name: a, via: exec, command: [/bin/page], patience: 30d}`, "unnoticed"},
		"one name twice":                    {"{name: a, via: exec, command: [/bin/page]}\n  - {name: a, via: exec, command: [/bin/page]}", `site.yaml:4:12: notifier name "a"`},
		"one file twice":                    {"{name: a, via: file, path: notify/x}\n  - {name: b, via: file, path: notify/./x}", "is written by another"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseNotify(c.notifier)
			require.Error(t, err)
			require.Regexp(t, c.want, err.Error())
		})
	}
}

func TestThePasswordOfARelayIsASecret(t *testing.T) {
	conf, err := parseNotify(`{name: a, via: mail, address: "10.1.0.6:25", from: a@b.example, to: [a@b.example], user: kit, password_file: keys/mail}`)
	require.NoError(t, err)
	require.Equal(t, []string{"keys/mail"}, conf.Secrets())
}
