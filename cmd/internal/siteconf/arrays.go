package siteconf

import (
	"cmp"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/runbooks/strictyaml"
)

// Way is how a target is reached.
type Way string

// The ways, from the one that tells most to the one that asks for least.
const (
	ViaREST        Way = "rest"        // the array's own interface, with a read-only token
	ViaOpenMetrics Way = "openmetrics" // a page of metrics over http
	ViaSNMP        Way = "snmp"        // six numbers, where no token is allowed
	ViaDrop        Way = "drop"        // files carried in by hand
	ViaPush        Way = "push"        // nothing is asked: syslog and traps alone
)

// Array is one array, or another machine, to watch.
type Array struct {
	Name      string        `yaml:"name"`
	Kind      localmon.Kind `yaml:"kind"`
	Via       Way           `yaml:"via"` // rest when left out
	URL       string        `yaml:"url"`
	Paths     []string      `yaml:"paths"` // openmetrics: the pages; /metrics when left out
	TokenFile string        `yaml:"token_file"`
	TLSPin    string        `yaml:"tls_pin"`

	// ActTokenFile holds the token for the few things a runbook may have the kit
	// do, where runbooks.kit_may_act says so; the other token stays read-only.
	ActTokenFile string `yaml:"act_token_file"`

	Every time.Duration `yaml:"every"` // monitor.every when left out

	// MaxAge is how old carried files may be and still stand for now; for via
	// drop, 26 hours when left out.
	MaxAge time.Duration `yaml:"max_age"`

	Address string `yaml:"address"` // snmp: 10.1.0.11:161
	SNMP    SNMP   `yaml:"snmp"`

	// Senders are the addresses the target sends syslog and traps from, and
	// SenderNames the names it gives itself in them.
	Senders     []string `yaml:"senders"`
	SenderNames []string `yaml:"sender_names"`
}

// SNMP is how to be believed: a community for version 2c, or a user for 3.
type SNMP struct {
	CommunityFile string `yaml:"community_file"`
	User          string `yaml:"user"`
	Auth          string `yaml:"auth"` // sha, sha224, sha256, sha384 or sha512
	AuthFile      string `yaml:"auth_file"`
	Priv          string `yaml:"priv"` // aes, aes192 or aes256
	PrivFile      string `yaml:"priv_file"`
}

// Prefixes are the senders as address ranges; one address is a range of one.
func (a Array) Prefixes() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range a.Senders {
		if p, ok := prefix(s); ok {
			all = append(all, p)
		}
	}
	return all
}

func prefix(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), true
}

// Speaks reports whether the target sends syslog or traps that can be told to
// be its.
func (a Array) Speaks() bool { return len(a.Senders)+len(a.SenderNames) > 0 }

// Dialled is the address the kit calls for this target; empty when it calls
// none.
func (a Array) Dialled() string { return cmp.Or(a.URL, a.Address) }

// Loopback reports whether an array's address is on this machine, as simulated
// arrays are.
func (a Array) Loopback() bool {
	u, err := url.Parse(a.URL)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback() || u.Hostname() == "localhost"
}

// Array returns the array with this name.
func (c *Config) Array(name string) (Array, bool) {
	i := slices.IndexFunc(c.Arrays, func(a Array) bool { return a.Name == name })
	if i < 0 {
		return Array{}, false
	}
	return c.Arrays[i], true
}

// Secrets are the files that hold one secret on one line, as the file names
// them: what opens a target, believes a trap or sends a mail.
func (c *Config) Secrets() []string {
	var files []string
	for _, a := range c.Arrays {
		files = append(files, a.Secrets()...)
	}
	for _, u := range c.Listen.TrapUsers {
		files = append(files, u.secrets()...)
	}
	for _, n := range c.Notify {
		files = append(files, n.PasswordFile)
	}
	return slices.DeleteFunc(files, func(f string) bool { return f == "" })
}

// Secrets are the secret files of one target.
func (a Array) Secrets() []string {
	return slices.DeleteFunc(append([]string{a.TokenFile, a.ActTokenFile}, a.SNMP.secrets()...), func(f string) bool { return f == "" })
}

func (s SNMP) secrets() []string { return []string{s.CommunityFile, s.AuthFile, s.PrivFile} }

var (
	kinds = []string{string(localmon.KindFlashArray), string(localmon.KindFlashBlade), string(localmon.KindHost)}
	ways  = []string{string(ViaREST), string(ViaOpenMetrics), string(ViaSNMP), string(ViaDrop), string(ViaPush)}
)

func checkArrays(at strictyaml.Place, c *Config) {
	seen := map[string]bool{c.Monitor.HostName: true}
	for i := range c.Arrays {
		a := &c.Arrays[i]
		a.Via = cmp.Or(a.Via, ViaREST)
		at := at.Item(i)
		switch {
		case !validName(a.Name):
			at.Key("name").Fail("array name %q: want letters, digits, - and _, at most 63", a.Name)
		case seen[a.Name]:
			at.Key("name").Fail("array name %q is used twice, or is the name of the kit's own machine", a.Name)
		}
		seen[a.Name] = true
		if !slices.Contains(kinds, string(a.Kind)) {
			at.Key("kind").Word("kind", string(a.Kind), kinds)
		}
		if a.Every != 0 && a.Every < minEvery {
			at.Key("every").Fail("every %s: at least %s, so that the array is not burdened", a.Every, minEvery)
		}
		checkWay(at, a)
		if a.ActTokenFile != "" && !c.Runbooks.KitMayAct {
			at.Key("act_token_file").Fail("array %s: act_token_file does nothing while runbooks.kit_may_act is not true", a.Name)
		}
		checkSenders(at, *a)
	}
}

// checkWay holds an entry against what its way needs; a key that its way does
// not know would be a wish that is not fulfilled.
func checkWay(at strictyaml.Place, a *Array) {
	given := map[string]bool{
		"url": a.URL != "", "paths": a.Paths != nil, "token_file": a.TokenFile != "", "tls_pin": a.TLSPin != "", "act_token_file": a.ActTokenFile != "",
		"address": a.Address != "", "snmp": a.SNMP != SNMP{}, "senders": a.Senders != nil, "sender_names": a.SenderNames != nil,
		"max_age": a.MaxAge != 0,
	}
	takes := map[Way][]string{
		ViaREST:        {"url", "token_file", "tls_pin", "act_token_file", "senders", "sender_names"},
		ViaOpenMetrics: {"url", "paths", "token_file", "tls_pin", "senders", "sender_names"},
		ViaSNMP:        {"address", "snmp", "senders", "sender_names"},
		ViaDrop:        {"max_age"},
		ViaPush:        {"senders", "sender_names"},
	}
	known, ok := takes[a.Via]
	if !ok {
		at.Key("via").Word("via", string(a.Via), ways)
		return
	}
	for key, there := range given {
		if there && !slices.Contains(known, key) {
			at.Key(key).Fail("array %s: %s means nothing for via %s, which takes %s", a.Name, key, a.Via, cmp.Or(strings.Join(known, ", "), "nothing more"))
		}
	}
	switch a.Via {
	case ViaREST:
		checkREST(at, *a)
	case ViaOpenMetrics:
		checkOpenMetrics(at, a)
	case ViaSNMP:
		checkSNMP(at, *a)
	case ViaDrop:
		if a.MaxAge < 0 || a.MaxAge > 31*24*time.Hour {
			at.Key("max_age").Fail("max_age %s: want at most 31d: what is older says nothing of now", a.MaxAge)
		}
	case ViaPush:
		if !a.Speaks() {
			at.Fail("array %s: via push needs senders or sender_names: the addresses or names its messages come from", a.Name)
		}
	}
}

func checkREST(at strictyaml.Place, a Array) {
	if a.Kind == localmon.KindHost {
		at.Key("kind").Fail("array %s: a host has no array interface: use via openmetrics, drop or push", a.Name)
	}
	if !bare(a.URL, "https") {
		at.Key("url").Fail("url %q: want https://address with nothing behind it", a.URL)
	}
	if a.TokenFile == "" {
		at.Key("token_file").Fail("array %s: token_file is missing: name a file with a read-only API token", a.Name)
	}
	checkPin(at, a)
}

func checkOpenMetrics(at strictyaml.Place, a *Array) {
	switch {
	case bare(a.URL, "https"):
		checkPin(at, *a)
	case !bare(a.URL, "http"):
		at.Key("url").Fail("url %q: want https://address, or http://address, with nothing behind it; name the pages in paths", a.URL)
	case a.TokenFile != "":
		at.Key("token_file").Fail("array %s: a token is never sent over plain http", a.Name)
	case a.TLSPin != "":
		at.Key("tls_pin").Fail("array %s: plain http has no certificate to pin", a.Name)
	}
	if a.Paths == nil {
		a.Paths = []string{"/metrics"}
	}
	for i, p := range a.Paths {
		if !strings.HasPrefix(p, "/") || len(p) > 512 || strings.ContainsAny(p, "#\r\n\t ") {
			at.Key("paths").Item(i).Fail("page %q: want a path such as /metrics/array?namespace=purefa", p)
		}
	}
}

func checkSNMP(at strictyaml.Place, a Array) {
	if _, err := netip.ParseAddrPort(a.Address); err != nil {
		at.Key("address").Fail("address %q: want an address and a port, such as 10.1.0.11:161", a.Address)
	}
	checkSNMPUser(at.Key("snmp"), a.SNMP)
}

func checkSNMPUser(at strictyaml.Place, s SNMP) {
	switch {
	case (s.CommunityFile == "") == (s.User == ""):
		at.Fail("want either community_file (version 2c) or user with auth and priv (version 3)")
	case s.User == "" && (s.Auth != "" || s.Priv != "" || s.AuthFile != "" || s.PrivFile != ""):
		at.Fail("auth and priv belong to a user")
	case (s.Auth == "") != (s.AuthFile == "") || (s.Priv == "") != (s.PrivFile == ""):
		at.Fail("auth goes with auth_file, and priv with priv_file: a file with the pass phrase")
	case s.Priv != "" && s.Auth == "":
		at.Key("priv").Fail("privacy needs auth as well")
	}
	if auths := []string{"sha", "sha224", "sha256", "sha384", "sha512"}; s.Auth != "" && !slices.Contains(auths, s.Auth) {
		at.Key("auth").Word("auth", s.Auth, auths)
	}
	if privs := []string{"aes", "aes192", "aes256"}; s.Priv != "" && !slices.Contains(privs, s.Priv) {
		at.Key("priv").Word("priv", s.Priv, privs)
	}
}

func checkPin(at strictyaml.Place, a Array) {
	if !validPin(a.TLSPin) {
		at.Key("tls_pin").Fail("array %s: tls_pin must be sha256: and 64 hex digits; `darksite site pin URL` shows it", a.Name)
	}
}

func checkSenders(at strictyaml.Place, a Array) {
	for i, s := range a.Senders {
		if _, ok := prefix(s); !ok {
			at.Key("senders").Item(i).Fail("sender %q: want an address such as 10.1.0.10, or a range such as 10.1.0.0/28", s)
		}
	}
	for i, s := range a.SenderNames {
		if s == "" || len(s) > 255 || strings.ContainsAny(s, " \t\r\n") {
			at.Key("sender_names").Item(i).Fail("sender name %q: want the host name that stands in the messages", s)
		}
	}
}

// bare accepts scheme://host[:port] and nothing more.
func bare(address, scheme string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == scheme && u.Host != "" && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}

func validPin(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	if !ok || len(hex) != 64 {
		return false
	}
	return strings.Trim(strings.ToLower(hex), "0123456789abcdef") == ""
}

// DropFolder is where files for a target that is fed by hand are put, below
// the site folder.
func (a Array) DropFolder() string { return filepath.Join("spool", "drop", a.Name) }
