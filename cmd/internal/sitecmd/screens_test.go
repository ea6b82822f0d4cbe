package sitecmd

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/cli/clitest"
	"darksite/cmd/internal/sitecmd/duty"
	"darksite/cmd/internal/sitecmd/rules"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"
	"darksite/localmon/overview"
	"darksite/localmon/rounds"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// goldenDir is absolute, as the tests work in a folder of their own.
var goldenDir, _ = filepath.Abs(filepath.Join("testdata", "screens"))

var screenNow = time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)

const screenSite = `
site: {code: S042, name: Lyon 3}
arrays:
  - {name: fa-prod-1, kind: flasharray, via: drop, max_age: 26h}
  - {name: fa-prod-2, kind: flasharray, via: drop, max_age: 26h}
  - {name: fb-arch-1, kind: flashblade, via: drop, max_age: 26h}
contacts:
  - {id: mdurand, name: M. Durand, role: admin, phone: "+33 1 23 45 67 89", certificate: DSA-0031, certificate_until: 2027-01-19}
  - {id: ppetit, name: P. Petit, role: secondary, certificate: DSA-0044}
notify:
  - {name: log, via: file, path: notify/alerts.log}
  - {name: siem, via: syslog, address: "127.0.0.1:1", over: tcp, timeout: 1s}
support: {plan: premium, until: 2027-06-30}
`

// screenWorld is a site with a past: one array in trouble, one well, one that
// is not seen any more; a silence, a maintenance window, a round, people, and a
// runbook that somebody left half way.
func screenWorld(t *testing.T) string {
	t.Helper()
	t.Chdir(t.TempDir()) // so that paths on screens are short and always the same
	const dir = "site"
	do := func(input string, args ...string) {
		_, code := command(t, dir, input, 80, false, args...)
		require.Zero(t, code, args)
	}
	do("", "init", "--code", "S042", "--name", "Lyon 3", "--no-passphrase")
	for id, role := range map[string]string{"mdurand": "collector", "amartin": "officer"} {
		do("", "site", "people", "add", id, "--name", strings.ToUpper(id[:1])+". "+strings.ToUpper(id[1:2])+id[2:], "--role", role, "--no-passphrase")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(screenSite), 0o600))
	fillHistory(t, filepath.Join(dir, site.HistoryFile))
	fillAlerts(t, filepath.Join(dir, site.SiteDBFile))
	fillRules(t, dir)
	f, err := boltfile.Open(filepath.Join(dir, site.CasesFile), boltfile.Options{Schema: "darksite-cases", Version: 1})
	require.NoError(t, err)
	s, err := rounds.Open(f.DB)
	require.NoError(t, err)
	_, err = s.Begin(screenNow.Add(-30*time.Hour), "ppetit")
	require.NoError(t, err)
	_, err = s.Done(screenNow.Add(-30*time.Hour+6*time.Minute), rounds.Round{DoneBy: "ppetit", Note: "fan of CH0 ordered", State: "WARN", Counts: map[string]int{"ok": 20, "warn": 2}})
	require.NoError(t, err)
	require.NoError(t, f.Close())
	do("q\n", "runbook", "run", "--alert", "1", "--as", "mdurand")
	return dir
}

// fillRules has the site turn one rule of the kit and do without another.
func fillRules(t *testing.T, dir string) {
	t.Helper()
	b, err := rule.Site{}.Join()
	require.NoError(t, err)
	text := strings.NewReplacer("- id: noisy-volume", "- id: noisy-volume\n    replaces: true", "above: 65", "above: 60").Replace(b.Sources["noisy-volume"].Text)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, rules.Dir), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, rules.Dir, "volumes.yaml"), []byte("rules:\n"+text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, rules.Dir, "off.yaml"), []byte("off: [{rule: clock-off, why: the clock is set by hand each week}]\n"), 0o600))
}

func fillHistory(t *testing.T, path string) {
	t.Helper()
	h, err := history.Open(path, history.Options{})
	require.NoError(t, err)
	sample := func(target, metric string, v float64, labels ...string) localmon.Sample {
		return localmon.Sample{Key: localmon.SeriesKey{Target: target, Metric: metric, Labels: localmon.FormatLabels(labels...)}, Value: v}
	}
	for i := range 8 * 24 * 2 {
		at := screenNow.Add(-8*24*time.Hour + time.Duration(i+1)*30*time.Minute - 20*time.Second)
		for _, target := range []string{"fa-prod-1", "fa-prod-2", "fb-arch-1"} {
			if target == "fb-arch-1" && at.After(screenNow.Add(-6*time.Hour)) {
				continue
			}
			latency, used, drive := 400.0, 54.0, "healthy"
			if target == "fa-prod-1" {
				used = 70 + 8*float64(i)/(8*24*2)
				if i > 8*24*2-8 {
					latency, drive = 6000, "failed"
				}
			}
			b := localmon.Batch{Target: target, At: at, Samples: []localmon.Sample{
				sample(target, "localmon_source_last_success_timestamp_seconds", float64(at.Unix())),
				sample(target, "localmon_source_partial", 0),
			}}
			if target == "fb-arch-1" {
				b.Samples = append(b.Samples, sample(target, "purefb_array_space_utilization", 61, "type", "array"), sample(target, "purefb_hardware_health", 1, "type", "fb", "name", "CH1.FB1", "index", "1", "slot", "1"))
			} else {
				b.Samples = append(
					b.Samples,
					sample(target, "purefa_array_space_utilization", used),
					sample(target, "purefa_array_performance_latency_usec", latency, "dimension", "usec_per_read_op"),
					sample(target, "purefa_array_performance_latency_usec", 300, "dimension", "usec_per_write_op"),
					sample(target, "purefa_hw_controller_info", 1, "mode", "primary", "name", "CT0", "status", "ready"),
					sample(target, "purefa_hw_controller_info", 1, "mode", "secondary", "name", "CT1", "status", "ready"),
					sample(target, "purefa_hw_component_status", 1, "component_name", "CH0.BAY7", "component_type", "drive_bay", "component_status", drive),
					sample(target, "purefa_pod_replica_links_lag_max_msec", 12000, "local_pod", "p1"),
				)
			}
			_, err := h.Append(t.Context(), b)
			require.NoError(t, err)
		}
	}
	require.NoError(t, h.Close())
}

func fillAlerts(t *testing.T, path string) {
	t.Helper()
	f, err := boltfile.Open(path, sight.SiteDB(boltfile.Options{}))
	require.NoError(t, err)
	s, err := alertstore.Open(f)
	require.NoError(t, err)
	e := alert.New(alert.Options{})
	var state alert.State
	keep := func(r alert.Result, err error) {
		require.NoError(t, err)
		require.NoError(t, s.Save(alertstore.Step{Result: r}))
		state = r.State
	}
	books := map[string]string{"drive-failed": "drive-failed", "latency-unusual": "volume-latency-high", "psu-failed": "psu-failed"}
	yes := func(target, rule, component string, severity localmon.Severity, summary string, evidence ...string) localmon.Condition {
		return localmon.Condition{
			Rule: rule, Target: target, Component: component, State: localmon.Yes, Hard: true, Severity: severity, Summary: summary,
			Why: "one more failure would be felt", Runbook: books[rule], Evidence: evidence,
		}
	}
	latency := yes("fa-prod-1", "latency-unusual", "", 3, "reads take 6 ms, usually 0.4 ms", `purefa_array_performance_latency_usec{dimension="usec_per_read_op"} is 6 ms`)
	conds := []localmon.Condition{latency, yes("fa-prod-1", "drive-failed", "CH0.BAY7", 2, "drive CH0.BAY7 is failed")}
	for i := range 12 {
		conds = append(conds, yes("fa-prod-1", "host-path-lost", fmt.Sprintf("esx-%02d", i), 3, fmt.Sprintf("host esx-%02d has lost a path", i)))
	}
	at := screenNow.Add(-3 * time.Hour)
	keep(e.Step(state, at, conds), nil)
	gone := yes("fa-prod-2", "psu-failed", "CH0.PWR1", 2, "power supply CH0.PWR1 was failed")
	gone.Over = true
	keep(e.Step(state, at.Add(time.Minute), []localmon.Condition{gone}), nil)
	keep(e.Ack(state, at.Add(2*time.Minute), 1, "mdurand", "part ordered"))
	keep(e.Quiet(state, at.Add(3*time.Minute), localmon.Quiet{
		Kind: localmon.QuietSilence, Target: "fa-prod-1", Rule: "host-*", Until: screenNow.Add(2 * time.Hour), By: "amartin", Why: "cabling of row 4",
	}))
	keep(e.Quiet(state, at.Add(4*time.Minute), localmon.Quiet{
		Kind: localmon.QuietMaintenance, Target: "fa-prod-2", From: screenNow.Add(6 * time.Hour), Until: screenNow.Add(10 * time.Hour), By: "mdurand", Why: "upgrade to 6.6.2",
	}))
	keep(e.Step(state, screenNow.Add(-10*time.Second), conds), nil)
	require.NoError(t, f.Close())
}

// command runs one command and returns what a person sees of it, what is aside
// last, and the exit code.
func command(t *testing.T, dir, input string, width int, color bool, args ...string) (shown string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	env := screenEnv(dir, width, color)
	env.In, env.Out, env.Err = strings.NewReader(input), &out, &errs
	code = Main(t.Context(), env, "test", args)
	return out.String() + errs.String(), code
}

func screenEnv(dir string, width int, color bool) *cli.Env {
	vars := map[string]string{"COLUMNS": fmt.Sprint(width), "TERM": "xterm", "DARKSITE_DIR": dir}
	if color {
		vars["CLICOLOR_FORCE"] = "1"
	}
	return &cli.Env{Watched: true, Getenv: func(n string) string { return vars[n] }, Now: func() time.Time { return screenNow }}
}

var (
	escape = regexp.MustCompile("\x1b\\[[0-9;]*m")
	// What differs from run to run: how long something took, sizes, and the ids of keys.
	took  = regexp.MustCompile(`[0-9.]+ (ns|µs|ms|s)\b|[0-9.]+ [KMG]iB\b`)
	keyID = regexp.MustCompile(`\b[0-9a-f]{16}\b`)
)

// look is one command at one width, seen plain and coloured, each time on the
// same site: colour must add nothing, no line runs over, and what it says to do
// next is a command that there is.
func look(t *testing.T, dir string, width int, varies bool, args ...string) string {
	t.Helper()
	acts := slices.ContainsFunc([]string{"ack", "silence", "unsilence", "maintenance", "mark", "start", "--once"}, func(w string) bool { return slices.Contains(args, w) })
	seen := func(color bool) string {
		if acts {
			require.NoError(t, os.Rename(dir, dir+"-kept"))
			require.NoError(t, os.CopyFS(dir, os.DirFS(dir+"-kept")))
		}
		text, code := command(t, dir, "", width, color, args...)
		require.Contains(t, []int{cli.CodeDone, cli.CodePartial, cli.CodeFailed, cli.CodeUsage}, code, text)
		if acts {
			require.NoError(t, os.RemoveAll(dir))
			require.NoError(t, os.Rename(dir+"-kept", dir))
		}
		return keyID.ReplaceAllString(text, "0123456789abcdef")
	}
	plain, stripped := seen(false), escape.ReplaceAllString(seen(true), "")
	require.NotContains(t, plain, "\x1b")
	if varies {
		require.Equal(t, steady(plain), steady(stripped), "colour adds nothing")
	} else {
		require.Equal(t, plain, stripped, "colour adds nothing")
	}
	fits(t, plain, width)
	offered(t, plain)
	return plain
}

// steady is a screen without blanks and without what varies.
func steady(text string) string {
	return strings.Join(strings.Fields(took.ReplaceAllString(text, "?")), "")
}

// fits sees that no line runs over, but for a word that cannot be broken.
func fits(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		require.Equal(t, strings.TrimRight(line, " "), line, "blanks at the end")
		if utf8.RuneCountInString(line) > width {
			require.Len(t, strings.Fields(strings.TrimSuffix(line, " \\")), 1, "runs over: %q", line)
		}
	}
}

// offered sees that each command on a screen is one this program has, with the
// flags it has.
func offered(t *testing.T, text string) {
	t.Helper()
	text = regexp.MustCompile(`\s*\\\n\s*`).ReplaceAllString(text, " ")
	for _, found := range regexp.MustCompile(`(?m)(?:^\s*|^next: |> |: )darksite ([a-z].*)$`).FindAllStringSubmatch(text, -1) {
		line, _, _ := strings.Cut(found[1], "   (")
		line, _, _ = strings.Cut(line, " > ")
		require.NoError(t, clitest.Understood(root(&site.Site{Env: &cli.Env{}}), line), line)
	}
}

// TestScreens holds each screen, at 80 columns and at 40, against what a person
// approved.
func TestScreens(t *testing.T) {
	dir := screenWorld(t)
	screens := map[string][]string{
		"status":             {"status"},
		"alerts-list":        {"alerts", "list"},
		"alerts-each":        {"alerts", "list", "--each"},
		"alerts-all":         {"alerts", "list", "--all", "--target", "fa-prod-2"},
		"alerts-show":        {"alerts", "show", "14"},
		"alerts-show-book":   {"alerts", "show", "1"},
		"alerts-show-over":   {"alerts", "show", "15"},
		"alerts-silenced":    {"alerts", "show", "2"},
		"alerts-ack":         {"alerts", "ack", "14", "--as", "mdurand", "--note", "seen"},
		"alerts-silence":     {"alerts", "silence", "14", "--for", "4h", "--as", "mdurand", "--why", "part arrives at 16:00", "--yes"},
		"alerts-unsilence":   {"alerts", "unsilence", "1", "--as", "mdurand"},
		"alerts-maintenance": {"alerts", "maintenance", "fa-prod-1", "--from", "2026-11-23", "--for", "4h", "--as", "mdurand", "--why", "upgrade", "--yes"},
		"alerts-silences":    {"alerts", "silences"},
		"alerts-history":     {"alerts", "history", "--since", "4h", "--rule", "*-failed"},
		"round-log":          {"round", "log"},
		"rule-list":          {"rule", "list", "--own"},
		"rule-show":          {"rule", "show", "noisy-volume"},
		"rule-test":          {"rule", "test"},
		"round-mark":         {"round", "mark", "clock-compared", "--as", "mdurand"},
		"history-plot":       {"history", "plot", "purefa_array_space_utilization", "--target", "fa-prod-1", "--since", "7d"},
		"history-query":      {"history", "query", "purefa_array_space_utilization", "--target", "fa-prod-1", "--since", "2h"},
		"history-top":        {"history", "top", "purefa_array_performance_latency_usec"},
		"site-show":          {"site", "show"},
		"site-check":         {"site", "check"},
		"site-contacts":      {"site", "contacts"},
		"runbook-none":       {"runbook", "run", "--alert", "2", "--as", "mdurand"},
	}
	for name, args := range screens {
		for _, width := range []int{80, 40} {
			if name == "history-query" && width == 40 {
				continue // its lines are data, for programs too, and are never broken
			}
			t.Run(fmt.Sprintf("%s at %d", name, width), func(t *testing.T) {
				golden(t, fmt.Sprintf("%s.%d.txt", name, width), look(t, dir, width, false, args...))
			})
		}
	}
	for _, width := range []int{80, 40} {
		t.Run(fmt.Sprintf("round at %d", width), func(t *testing.T) {
			plain, colored := roundScreen(t, dir, width, false), roundScreen(t, dir, width, true)
			golden(t, fmt.Sprintf("round.%d.txt", width), plain)
			require.NotEqual(t, plain, colored)
			require.Equal(t, plain, escape.ReplaceAllString(colored, ""))
			fits(t, plain, width)
			offered(t, plain)
		})
	}
	// Those that are not the same on two machines, or twice.
	for _, args := range [][]string{
		{"doctor"},
		{"monitor", "--once"},
		{"monitor", "test-notify"},
		{"history", "stats"},
		{"round", "start", "--as", "mdurand"},
	} {
		for _, width := range []int{80, 40} {
			t.Run(fmt.Sprintf("%s at %d", strings.Join(args, " "), width), func(t *testing.T) {
				require.NotEmpty(t, look(t, dir, width, true, args...))
			})
		}
	}
	t.Run("what is a file for another program is never coloured", func(t *testing.T) {
		for _, args := range [][]string{{"monitor", "unit"}, {"status", "--json"}, {"round", "show", "--json"}, {"alerts", "history", "--csv"}} {
			text, _ := command(t, dir, "", 80, true, args...)
			require.NotContains(t, text, "\x1b", args)
		}
	})
}

// roundScreen is the round without what is told of this machine.
func roundScreen(t *testing.T, dir string, width int, color bool) string {
	t.Helper()
	var out bytes.Buffer
	env := screenEnv(dir, width, color)
	env.In, env.Out, env.Err = strings.NewReader(""), &out, &bytes.Buffer{}
	at := &site.Site{Env: env}
	r, err := duty.Round(t.Context(), at)
	require.NoError(t, err)
	r.Counts = map[string]int{}
	for i, s := range r.Sections {
		s.Lines = slices.DeleteFunc(s.Lines, func(l overview.Line) bool { return l.What == "disk" || l.What == "history" })
		r.Sections[i] = s
		for _, l := range s.Lines {
			r.Counts[strings.ToLower(string(l.Word))]++
		}
	}
	duty.PrintRound(at, r)
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join(goldenDir, name)
	if *update {
		require.NoError(t, os.MkdirAll(goldenDir, 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

var update = flag.Bool("update", false, "write the golden files anew")
