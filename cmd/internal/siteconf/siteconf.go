// Package siteconf reads site.yaml, the one file a site writes by hand, and is
// the only place that knows its shape. It turns the file into the plain options
// the other packages take.
//
// [Load] is strict: an unknown key, a wrong type or a value that cannot work is
// an error with file, line and column, all of them together. [Template] is the
// commented file that init writes.
package siteconf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"darksite/bundle/roster"
	"darksite/localmon/units"
	"darksite/runbooks/strictyaml"
)

// FileName is the name of the file in the site folder.
const FileName = "site.yaml"

// Config is the whole file.
type Config struct {
	Site     Site       `yaml:"site"`
	Arrays   []Array    `yaml:"arrays"`
	Listen   Listen     `yaml:"listen"`
	Monitor  Monitor    `yaml:"monitor"`
	Notify   []Notifier `yaml:"notify"`
	Contacts []Contact  `yaml:"contacts"`
	Review   Review     `yaml:"review"`
	Support  Support    `yaml:"support"`
	Runbooks Runbooks   `yaml:"runbooks"`
}

// Site is who and where.
type Site struct {
	Code     string `yaml:"code"`
	Name     string `yaml:"name"`
	Timezone string `yaml:"timezone"`
	Language string `yaml:"language"`
}

// Monitor is how often to look and how much to keep.
type Monitor struct {
	Every         time.Duration `yaml:"every"`
	HistoryBudget Size          `yaml:"history_budget"`
	HostName      string        `yaml:"host_name"` // name of the kit's own machine as a target
}

// Contact is a person who may ask for support.
type Contact struct {
	ID          string `yaml:"id"`
	Name        string `yaml:"name"`
	Role        string `yaml:"role"`
	Phone       string `yaml:"phone"`
	Mail        string `yaml:"mail"`
	Certificate string `yaml:"certificate"`
	Until       Date   `yaml:"certificate_until"` // the last day it holds; zero where nobody has said
}

// Review is the rule of export.
type Review struct {
	// Approvals is how many officers must agree, where the site wants more of them
	// than its roster: the greater number counts. The roster alone can ask for one.
	Approvals int64  `yaml:"approvals"`
	Words     string `yaml:"words"`  // file with one word of the site a line, below the site folder
	Policy    string `yaml:"policy"` // file with the site's own redaction policy, below the site folder
	Marking   string `yaml:"marking"`
	// LapseAfter is how many further bundles may be begun before an approval lapses.
	LapseAfter int64 `yaml:"lapse_after"`
}

// Runbooks is what runbooks may do here.
type Runbooks struct {
	// KitMayAct lets the kit itself do to an array what a step of risk R1 asks: locate
	// LED, flag, mute, tests. Off unless the site says so.
	KitMayAct bool `yaml:"kit_may_act"`
}

// Support is the contract.
type Support struct {
	Plan  string `yaml:"plan"`
	Until Date   `yaml:"until"`
}

// Size is a number of bytes, written such as 20GiB.
type Size int64

// UnmarshalText reads a size with its unit.
func (s *Size) UnmarshalText(text []byte) error {
	b, err := units.ParseBytes(string(text))
	*s = Size(b)
	return err
}

// Date is a day, written 2027-06-30.
type Date struct{ time.Time }

// UnmarshalText reads a day.
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is not a day such as 2027-06-30", text)
	}
	d.Time = t
	return nil
}

// Defaults that a short file leaves out.
const (
	defaultEvery  = 30 * time.Second
	defaultBudget = Size(20 << 30)
	defaultHost   = "kit"
	maxContacts   = 5
	minEvery      = 5 * time.Second
)

// Load reads and checks dir/site.yaml.
func Load(dir string) (*Config, error) {
	path := filepath.Join(dir, FileName)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the site file: %w", err)
	}
	return Parse(path, data)
}

// Parse checks the text of a site file; name is used in errors.
func Parse(name string, data []byte) (*Config, error) {
	c := &Config{
		Site:    Site{Timezone: "UTC", Language: "en"},
		Monitor: Monitor{Every: defaultEvery, HistoryBudget: defaultBudget, HostName: defaultHost},
		Review:  Review{Approvals: 1, LapseAfter: 20},
	}
	at, err := strictyaml.Read(name, data, c)
	if err != nil {
		return nil, err
	}
	checkSite(at.Key("site"), c.Site)
	checkArrays(at.Key("arrays"), c)
	checkListen(at.Key("listen"), c.Listen)
	checkMonitor(at.Key("monitor"), c.Monitor)
	checkNotify(at.Key("notify"), c)
	checkContacts(at.Key("contacts"), c.Contacts)
	checkPolicy(at, c)
	return c, at.Err()
}

// Location is the time zone of the site.
func (c *Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.Site.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Contact returns the contact with this id.
func (c *Config) Contact(id string) (Contact, bool) {
	i := slices.IndexFunc(c.Contacts, func(p Contact) bool { return p.ID == id })
	if i < 0 {
		return Contact{}, false
	}
	return c.Contacts[i], true
}

func checkSite(at strictyaml.Place, s Site) {
	if !roster.ValidSite(s.Code) {
		at.Key("code").Fail("site code %q: want 2 to 12 of A-Z and 0-9, beginning with a letter, such as S042", s.Code)
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil {
		at.Key("timezone").Fail("time zone %q is not known: want a name such as Europe/Paris", s.Timezone)
	}
	if s.Language != "en" && s.Language != "fr" {
		at.Key("language").Fail("language %q: want en or fr", s.Language)
	}
}

func checkMonitor(at strictyaml.Place, m Monitor) {
	if m.Every < minEvery {
		at.Key("every").Fail("every %s: at least %s, so that the array is not burdened", m.Every, minEvery)
	}
	if m.HistoryBudget < 64<<20 {
		at.Key("history_budget").Fail("history budget must be at least 64MiB")
	}
	if !validName(m.HostName) {
		at.Key("host_name").Fail("host_name %q: want letters, digits, - and _, at most 63", m.HostName)
	}
}

func checkContacts(at strictyaml.Place, contacts []Contact) {
	if len(contacts) > maxContacts {
		at.Item(maxContacts).Fail("%d contacts: a site has at most %d", len(contacts), maxContacts)
	}
	admins, seen := 0, map[string]bool{}
	for i, p := range contacts {
		at := at.Item(i)
		if p.ID == "" || seen[p.ID] {
			at.Key("id").Fail("contact id %q is empty or used twice", p.ID)
		}
		seen[p.ID] = true
		if p.Name == "" {
			at.Key("name").Fail("contact %s: a name is needed", p.ID)
		}
		if p.Certificate == "" && !p.Until.IsZero() {
			at.Key("certificate_until").Fail("contact %s: certificate_until without a certificate", p.ID)
		}
		switch p.Role {
		case "admin":
			admins++
		case "secondary":
		default:
			at.Key("role").Fail("contact %s: role %q: want admin or secondary", p.ID, p.Role)
		}
	}
	if len(contacts) > 0 && admins != 1 {
		at.Fail("%d contacts have the role admin: a site has exactly one", admins)
	}
}

func checkPolicy(at strictyaml.Place, c *Config) {
	if c.Review.Approvals != 1 && c.Review.Approvals != 2 {
		at.Key("review").Key("approvals").Fail("approvals %d: want 2, or 1 to leave it to the roster (darksite site keys policy --approvals 1 is signed by officers)", c.Review.Approvals)
	}
	if n := c.Review.LapseAfter; n < 1 || n > 1000 {
		at.Key("review").Key("lapse_after").Fail("lapse_after %d: want 1 to 1000 bundles", n)
	}
	for _, f := range []struct{ key, file string }{{"words", c.Review.Words}, {"policy", c.Review.Policy}} {
		if f.file != "" && !filepath.IsLocal(f.file) {
			at.Key("review").Key(f.key).Fail("%s %q: want a file below the site folder", f.key, f.file)
		}
	}
	if !slices.Contains([]string{"", "basic", "advanced", "premium"}, c.Support.Plan) {
		at.Key("support").Key("plan").Fail("plan %q: want basic, advanced or premium", c.Support.Plan)
	}
}

func validName(s string) bool {
	if s == "" || len(s) > 63 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

// Template is the file that init writes for a new site where so many officers must
// agree.
func Template(code, name string, approvals int64) string {
	return fmt.Sprintf(`# The one file a site writes by hand. An unknown key is an error.
site: {code: %s, name: %q, timezone: UTC, language: en}

# The arrays to watch. The kit dials these addresses and no others.
#   darksite site pin https://10.1.0.10     prints the certificate pin
arrays: []
#  - name: fa-prod-1
#    kind: flasharray
#    url: https://10.1.0.10
#    token_file: keys/fa-prod-1.token       # a read-only API token
#    tls_pin: sha256:<64 hex digits>
#    senders: [10.1.0.10]                   # where its syslog and traps come from
#
# kind: flasharray, flashblade or host. via says how a target is reached when not by
# the array's own interface:
#   {name: fa-2, kind: flasharray, via: openmetrics, url: "https://10.1.0.12", paths: ["/metrics/array?namespace=purefa"], token_file: …, tls_pin: …}
#   {name: node-1, kind: host, via: openmetrics, url: "http://10.1.0.30:9100"}
#   {name: fa-old, kind: flasharray, via: snmp, address: "10.1.0.11:161", snmp: {community_file: keys/fa-old.community}}
#   {name: fa-far, kind: flasharray, via: drop, max_age: 26h}    # files put into spool/drop/fa-far by hand
#   {name: fa-mute, kind: flasharray, via: push, senders: [10.1.0.13]}    # only what it says by itself

# Where the monitor listens; what is not named is not opened.
listen: {}
#  console: 127.0.0.1:7780                  # what the kit knows, as a page of metrics
#  syslog: 127.0.0.1:5514                   # UDP and TCP; another address lets arrays reach it
#  traps: 127.0.0.1:1162
#  trap_users: [{community_file: keys/trap.community}]

monitor: {every: 30s, history_budget: 20GiB, host_name: kit}

# What counts as a fault: the kit's rules, and yours in rules/*.yaml beside this
# file; darksite rule --help says more.

# Who is told of alerts inside the site; darksite monitor test-notify tries them.
# severity is the least urgent that is told: 1 urgent alone, 4 all.
notify: []
#  - {name: log, via: file, path: notify/alerts.log, format: json}
#  - {name: siem, via: syslog, address: "10.1.0.5:514", over: tcp}
#  - {name: admins, via: mail, address: "10.1.0.6:25", from: darksite@lyon.example, to: [admins@lyon.example], severity: 2}
#  - {name: pager, via: exec, command: [/usr/local/bin/page, --team, storage], severity: 1}    # the change as JSON on its input

# Who may ask for support: at most five, exactly one admin.
contacts: []
#  - {id: mdurand, name: M. Durand, role: admin, phone: "+33 1 23 45 67 89", certificate: DSA-0031, certificate_until: 2027-06-30}

# approvals: officers who must agree before a bundle leaves; the roster may ask for
# more (darksite site keys policy), and the greater number counts. words: one word
# of yours a line that must never leave in clear. policy: a file with rules of your
# own (id: lyon, version: 1 on lines of their own), words that may stay (keep:
# kestrel), and what becomes of words that no rule knows and that stand as names do
# (unknown: hide, or doubt to hide more of them, or stay). What loosens the shipped
# policy always needs two officers, who are shown each of it.
review: {approvals: %[3]d, words: policy/words.txt}
#review: {approvals: %[3]d, words: policy/words.txt, policy: policy/redact.policy}

support: {plan: premium, until: 2027-06-30}

# May a runbook have the kit itself light a locate LED, flag an alert, mute alerts
# or start a test? It needs a token of its own in act_token_file beside the array.
runbooks: {kit_may_act: false}
`, code, name, approvals)
}
