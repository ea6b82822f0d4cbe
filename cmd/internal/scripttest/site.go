package scripttest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"darksite/training/scenario"
	"darksite/training/sim"
	"darksite/training/simhost"

	"github.com/rogpeppe/go-internal/testscript"
)

// arrays are the simulated arrays of one script.
type arrays struct{ host *simhost.Host }

type arraysKey struct{}

func arraysOf(ts *testscript.TestScript) *arrays {
	return ts.Value(arraysKey{}).(*arrays) //nolint:forcetypeassert // setup put it there
}

// simulate serves arrays and steers them.
func simulate(ts *testscript.TestScript, neg bool, args []string) {
	const usage = "sim start NAME[:KIND]...; sim inject ARRAY FAULT [TARGET] [NAME=VALUE...]; sim clear ARRAY FAULT"
	positive(ts, neg, args, 2, -1, usage)
	switch args[0] {
	case "start":
		startArrays(ts, args[1:])
	case "inject":
		positive(ts, neg, args, 3, -1, usage)
		inject(ts, args[1], args[2], args[3:])
	case "clear":
		positive(ts, neg, args, 3, 3, usage)
		ts.Check(array(ts, args[1]).Clear(args[2]))
	default:
		ts.Fatalf("usage: %s", usage)
	}
}

// seed makes the arrays of every script the same.
const seed = 42

func startArrays(ts *testscript.TestScript, names []string) {
	s := scenario.Scenario{Name: "script", Title: "arrays of a script", Seed: seed, Start: now(ts)}
	for _, n := range names {
		name, kind, _ := strings.Cut(n, ":")
		s.Arrays = append(s.Arrays, scenario.Array{Name: name, Kind: sim.Family(kind), Size: sim.Small})
	}
	speech := simhost.Speech{Syslog: ts.Getenv("SYSLOG"), Traps: ts.Getenv("TRAPS"), SNMP: ts.Getenv("TRAPS") != ""}
	host, err := simhost.Start(simhost.Options{Scenario: s, Speech: speech})
	ts.Check(err)
	ts.Defer(func() { ts.Check(host.Close()) })
	arraysOf(ts).host = host
	dir := ts.MkAbs(filepath.Join(ts.Getenv("WORK"), "sim"))
	ts.Check(os.MkdirAll(dir, 0o700))
	var lines strings.Builder
	lines.WriteString("arrays:\n")
	for i, a := range host.Served() {
		ts.Setenv(fmt.Sprintf("URL%d", i+1), a.URL)
		ts.Setenv(fmt.Sprintf("PIN%d", i+1), a.Pin)
		token := filepath.Join(dir, a.Name+".token")
		ts.Check(os.WriteFile(token, []byte(a.Token+"\n"), 0o600))
		ts.Setenv(fmt.Sprintf("AGENT%d", i+1), a.SNMP)
		speaks := ""
		if speech.Syslog != "" || speech.Traps != "" {
			speaks = ", sender_names: [" + a.Name + "]"
		}
		fmt.Fprintf(&lines, "  - {name: %s, kind: %s, url: %q, token_file: %q, tls_pin: %q%s}\n", a.Name, a.Kind, a.URL, token, a.Pin, speaks)
	}
	ts.Check(os.WriteFile(filepath.Join(dir, "community"), []byte(simhost.DefaultCommunity+"\n"), 0o600))
	ts.Check(os.WriteFile(filepath.Join(dir, "arrays.yaml"), []byte(lines.String()), 0o600))
}

func array(ts *testscript.TestScript, name string) *sim.Array {
	host := arraysOf(ts).host
	if host == nil {
		ts.Fatalf("no array is served: sim start NAME...")
	}
	a := host.Array(name)
	if a == nil {
		ts.Fatalf("no simulated array is named %s", name)
	}
	return a
}

// inject lets a fault begin now; its id is its kind.
func inject(ts *testscript.TestScript, name, kind string, rest []string) {
	a := array(ts, name)
	f := sim.Fault{ID: kind, Kind: sim.Kind(kind), At: a.Now(), Params: map[string]string{}}
	for _, word := range rest {
		key, value, isParam := strings.Cut(word, "=")
		switch {
		case !isParam:
			f.Target = word
		case key == "duration":
			d, err := time.ParseDuration(value)
			ts.Check(err)
			f.Duration = d
		default:
			f.Params[key] = value
		}
	}
	_, err := a.Inject(f)
	ts.Check(err)
}

// now is the time the commands of a script see.
func now(ts *testscript.TestScript) time.Time {
	return time.Now().Add(shift(ts.Getenv(shiftVar)))
}

// pass lets time pass, for the commands and for the arrays.
func pass(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, 1, "pass DURATION")
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	letPass(ts, d)
}

func letPass(ts *testscript.TestScript, d time.Duration) {
	file := ts.Getenv(shiftVar)
	// In one piece: a monitor in the background reads it at any moment.
	ts.Check(os.WriteFile(file+".new", []byte((shift(file) + d).String()), 0o600))
	ts.Check(os.Rename(file+".new", file))
	if host := arraysOf(ts).host; host != nil {
		host.Advance(d)
	}
}

// look lets the monitor look several times, 30 seconds apart.
func look(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, 1, "look N")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for range n {
		letPass(ts, 30*time.Second)
		// A target in trouble makes it exit code 3; what it printed is asserted.
		var exit *exec.ExitError
		if err := ts.Exec("darksite", "monitor", "--once"); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
			ts.Fatalf("darksite monitor --once: %v", err)
		}
	}
}

// people are who works at the site of ready.
var people = [][2]string{{"mdurand", "collector"}, {"nleroy", "collector"}, {"amartin", "officer"}, {"ppetit", "officer"}, {"croux", "officer"}}

const siteYAML = `site: {code: S042, name: Lyon 3, timezone: Europe/Paris, language: en}
%smonitor: {every: 5s, history_budget: 1GiB, host_name: kit}
contacts:
  - {id: mdurand, name: M. Durand, role: admin, phone: "+33 1 23 45 67 89", mail: m.durand@lyon3.example, certificate: DSA-0031}
  - {id: ppetit, name: P. Petit, role: secondary, phone: "+33 1 23 45 67 90", mail: p.petit@lyon3.example, certificate: DSA-0032}
review: {approvals: 2, words: policy/words.txt}
support: {plan: premium, until: 2027-06-30}
`

// ready makes a site and a desk that have exchanged roster and vendor card. The
// arrays served at that moment are the arrays of the site.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 0, 0, "ready")
	do := func(command string, args ...string) { ts.Check(ts.Exec(command, args...)) }
	work := ts.Getenv("WORK")
	do("darksite", "init", "--code", "S042", "--name", "Lyon 3", "--no-passphrase")
	lines, err := os.ReadFile(filepath.Join(work, "sim", "arrays.yaml"))
	if err != nil {
		lines = []byte("arrays: []\n")
	}
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("DARKSITE_DIR"), "site.yaml"), fmt.Appendf(nil, siteYAML, lines), 0o600))
	for _, p := range people {
		do("darksite", "site", "people", "add", p[0], "--name", "Name of "+p[0], "--role", p[1], "--no-passphrase")
	}
	do("casedesk", "init", "--name", "Vendor support", "--person", "ruth", "--person", "sam", "--no-passphrase")
	do("casedesk", "keys", "card")
	ts.Check(os.WriteFile(filepath.Join(work, "vendor.txt"), []byte(ts.ReadFile("stdout")), 0o600))
	do("darksite", "site", "vendor", filepath.Join(work, "vendor.txt"), "--yes")
	do("darksite", "site", "roster")
	ts.Check(os.WriteFile(filepath.Join(work, "roster.txt"), []byte(ts.ReadFile("stdout")), 0o600))
	do("casedesk", "sites", "enrol", filepath.Join(work, "roster.txt"), "--yes")
}
