package siteconf

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/localmon/notify"
	"darksite/runbooks/strictyaml"
)

// The kinds of notifiers.
const (
	NotifyFile   = "file"   // lines appended to a file below the site folder
	NotifySyslog = "syslog" // RFC 5424 to a server of the site
	NotifyMail   = "mail"   // by a relay of the site
	NotifyExec   = "exec"   // a program of the site, with JSON on its input
)

// Notifier is one way to tell people of alerts.
type Notifier struct {
	Name string `yaml:"name"`
	Via  string `yaml:"via"`

	Severity int64         `yaml:"severity"` // the least urgent that is told; 4, which is all, when left out
	All      bool          `yaml:"all"`      // also what is still looked at twice
	Digest   int64         `yaml:"digest"`   // more changes at once than this are told as a digest
	Gather   time.Duration `yaml:"gather"`   // wait so long for more
	AtMost   int64         `yaml:"at_most"`  // messages an hour
	Timeout  time.Duration `yaml:"timeout"`
	Patience time.Duration `yaml:"patience"` // of failing before that is an alert

	Path    string `yaml:"path"` // file
	Format  string `yaml:"format"`
	MaxSize Size   `yaml:"max_size"`
	Keep    int64  `yaml:"keep"`

	Address string `yaml:"address"` // syslog, mail
	Socket  string `yaml:"socket"`  // syslog: of this machine, instead of an address
	Over    string `yaml:"over"`    // syslog: udp or tcp
	// Facility is that of syslog, by its name.
	Facility string `yaml:"facility"`

	From         string   `yaml:"from"` // mail
	To           []string `yaml:"to"`
	User         string   `yaml:"user"`
	PasswordFile string   `yaml:"password_file"`
	TLSPin       string   `yaml:"tls_pin"`
	TLSName      string   `yaml:"tls_name"`

	Command []string `yaml:"command"` // exec
}

// Where is what the notifier writes to, calls or runs, for people.
func (n Notifier) Where() string {
	switch n.Via {
	case NotifyFile:
		return n.Path
	case NotifySyslog:
		return cmp.Or(n.Socket, n.Over+" "+n.Address)
	case NotifyMail:
		return n.Address + " to " + strings.Join(n.To, ", ")
	}
	return strings.Join(n.Command, " ")
}

const notifyDir = "notify" + string(filepath.Separator)

const (
	maxNotifiers = 20
	maxPatience  = 24 * time.Hour
	maxGather    = 10 * time.Minute
	maxTimeout   = 5 * time.Minute
)

// manners are what a notifier does when its entry leaves it out. A file is no
// burden to anybody, and is told everything one by one.
var manners = map[string]Notifier{
	NotifyFile:   {Severity: 4, Format: "text", MaxSize: 10 << 20, Keep: 5},
	NotifySyslog: {Severity: 4, Digest: 50, Gather: 2 * time.Second, Over: "udp", Facility: "daemon"},
	NotifyMail:   {Severity: 3, Digest: 10, Gather: 10 * time.Second, AtMost: 30},
	NotifyExec:   {Severity: 4, Digest: 50, Gather: 2 * time.Second, AtMost: 600},
}

func checkNotify(at strictyaml.Place, c *Config) {
	if len(c.Notify) > maxNotifiers {
		at.Item(maxNotifiers).Fail("%d notifiers: at most %d", len(c.Notify), maxNotifiers)
	}
	seen, files := map[string]bool{}, map[string]bool{}
	for i := range c.Notify {
		n, at := &c.Notify[i], at.Item(i)
		if !validName(n.Name) || seen[n.Name] {
			at.Key("name").Fail("notifier name %q: want letters, digits, - and _, at most 63, and each name once", n.Name)
		}
		seen[n.Name] = true
		checkNotifierKeys(at, n)
		checkManners(at, *n)
		if n.Via == NotifyFile && files[filepath.Clean(n.Path)] {
			at.Key("path").Fail("notifier %s: %s is written by another one already", n.Name, n.Path)
		}
		files[filepath.Clean(n.Path)] = true
	}
}

// checkNotifierKeys holds an entry against what its kind takes, and fills in what it
// leaves out.
func checkNotifierKeys(at strictyaml.Place, n *Notifier) {
	given := map[string]bool{
		"path": n.Path != "", "format": n.Format != "", "max_size": n.MaxSize != 0, "keep": n.Keep != 0, "digest": n.Digest != 0,
		"address": n.Address != "", "socket": n.Socket != "", "over": n.Over != "", "facility": n.Facility != "",
		"from": n.From != "", "to": n.To != nil, "user": n.User != "", "password_file": n.PasswordFile != "", "tls_pin": n.TLSPin != "", "tls_name": n.TLSName != "",
		"command": n.Command != nil,
	}
	takes := map[string][]string{
		NotifyFile:   {"path", "format", "max_size", "keep"},
		NotifySyslog: {"address", "socket", "over", "facility", "digest"},
		NotifyMail:   {"address", "from", "to", "user", "password_file", "tls_pin", "tls_name", "digest"},
		NotifyExec:   {"command", "digest"},
	}
	known, ok := takes[n.Via]
	if !ok {
		at.Key("via").Word("via", n.Via, slices.Sorted(maps.Keys(takes)))
		return
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if given[key] && !slices.Contains(known, key) {
			at.Key(key).Fail("notifier %s: %s means nothing for via %s, which takes %s", n.Name, key, n.Via, strings.Join(known, ", "))
		}
	}
	m := manners[n.Via]
	n.Severity, n.Digest = cmp.Or(n.Severity, m.Severity), cmp.Or(n.Digest, m.Digest)
	n.Gather, n.AtMost = cmp.Or(n.Gather, m.Gather), cmp.Or(n.AtMost, m.AtMost)
	n.Timeout, n.Patience = cmp.Or(n.Timeout, 30*time.Second), cmp.Or(n.Patience, 10*time.Minute)
	switch n.Via {
	case NotifyFile:
		checkNotifyFile(at, n)
	case NotifySyslog:
		checkNotifySyslog(at, n)
	case NotifyMail:
		checkNotifyMail(at, *n)
	case NotifyExec:
		if len(n.Command) == 0 || !filepath.IsAbs(n.Command[0]) {
			at.Key("command").Fail("notifier %s: command: want a program by its whole path, then its arguments, such as [/usr/local/bin/page, --team, storage]", n.Name)
		}
	}
}

func checkManners(at strictyaml.Place, n Notifier) {
	switch {
	case n.Severity < 0 || n.Severity > 4:
		at.Key("severity").Fail("severity %d: want 1 (urgent alone) to 4 (all)", n.Severity)
	case n.Digest < 0 || n.Digest > 100:
		at.Key("digest").Fail("digest %d: want 1 to 100 changes", n.Digest)
	case n.Gather < 0 || n.Gather > maxGather:
		at.Key("gather").Fail("gather %s: want at most %s: an alert is not kept waiting", n.Gather, maxGather)
	case n.AtMost < 0 || n.AtMost > 3600:
		at.Key("at_most").Fail("at_most %d: want 1 to 3600 messages an hour", n.AtMost)
	case n.Timeout < 0 || n.Timeout > maxTimeout:
		at.Key("timeout").Fail("timeout %s: want at most %s", n.Timeout, maxTimeout)
	case n.Patience < 0 || n.Patience > maxPatience:
		at.Key("patience").Fail("patience %s: want at most %s: a notifier that fails must not go unnoticed", n.Patience, maxPatience)
	}
}

func checkNotifyFile(at strictyaml.Place, n *Notifier) {
	if !filepath.IsLocal(n.Path) || !strings.HasPrefix(filepath.Clean(n.Path), notifyDir) { // nothing else of the kit is written into
		at.Key("path").Fail("path %q: want a file below notify/ in the site folder, such as notify/alerts.log", n.Path)
	}
	m := manners[NotifyFile]
	n.Format, n.MaxSize, n.Keep = cmp.Or(n.Format, m.Format), cmp.Or(n.MaxSize, m.MaxSize), cmp.Or(n.Keep, m.Keep)
	if formats := []string{"json", "text"}; !slices.Contains(formats, n.Format) {
		at.Key("format").Word("format", n.Format, formats)
	}
	if n.MaxSize < 64<<10 {
		at.Key("max_size").Fail("max_size: want at least 64KiB")
	}
	if n.Keep < 0 || n.Keep > 100 {
		at.Key("keep").Fail("keep %d: want at most 100 files", n.Keep)
	}
}

func checkNotifySyslog(at strictyaml.Place, n *Notifier) {
	over := n.Over
	m := manners[NotifySyslog]
	n.Over, n.Facility = cmp.Or(n.Over, m.Over), cmp.Or(n.Facility, m.Facility)
	facility, known := notify.Facilities[n.Facility]
	if !known {
		at.Key("facility").Word("facility", n.Facility, slices.Sorted(maps.Keys(notify.Facilities)))
	}
	if ways := []string{"tcp", "udp"}; !slices.Contains(ways, n.Over) {
		at.Key("over").Word("over", n.Over, ways)
		return
	}
	switch {
	case (n.Address == "") == (n.Socket == ""):
		at.Fail("notifier %s: want either address, such as 10.1.0.5:514, or socket, such as /dev/log", n.Name)
		return
	case n.Socket != "" && over != "":
		at.Key("over").Fail("notifier %s: a socket of this machine has no over", n.Name)
	}
	if _, err := notify.NewSyslog(n.Syslog(facility)); err != nil {
		at.Key(map[bool]string{true: "socket", false: "address"}[n.Socket != ""]).Fail("notifier %s: %v", n.Name, err)
	}
}

// Syslog is where a notifier of syslog sends.
func (n Notifier) Syslog(facility int) notify.SyslogOptions {
	o := notify.SyslogOptions{Network: n.Over, Address: n.Address, Facility: facility}
	if n.Socket != "" {
		o.Network, o.Address = "unix", n.Socket
	}
	return o
}

func checkNotifyMail(at strictyaml.Place, n Notifier) {
	if (n.User == "") != (n.PasswordFile == "") {
		at.Fail("notifier %s: user and password_file go together", n.Name)
	}
	if n.TLSPin != "" && !validPin(n.TLSPin) {
		at.Key("tls_pin").Fail("notifier %s: tls_pin must be sha256: and 64 hex digits", n.Name)
	}
	if n.TLSPin != "" && n.TLSName != "" {
		at.Key("tls_name").Fail("notifier %s: a certificate that is pinned needs no name", n.Name)
	}
	for i, to := range n.To {
		if err := notify.BareAddress(to); err != nil {
			at.Key("to").Item(i).Fail("notifier %s: %v", n.Name, err)
			return
		}
	}
	if err := notify.BareAddress(n.From); err != nil {
		at.Key("from").Fail("notifier %s: %v", n.Name, err)
		return
	}
	if _, err := notify.NewMail(notify.MailOptions{Address: n.Address, From: n.From, To: n.To}); err != nil {
		at.Key("address").Fail("notifier %s: %v", n.Name, err)
	}
}
