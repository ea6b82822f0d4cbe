package sitecmd

import (
	"bytes"
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

var screenNow = time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)

const screenSite = `
site: {code: S042, name: Lyon 3}
arrays:
  - {name: fa-prod-1, kind: flasharray, via: drop, max_age: 26h}
  - {name: fa-prod-2, kind: flasharray, via: drop, max_age: 26h}
  - {name: fb-arch-1, kind: flashblade, via: drop, max_age: 26h}
contacts:
  - {id: mdurand, name: M. Durand, role: admin, certificate: DSA-0031}
support: {plan: premium, until: 2027-06-30}
`

// screenWorld is a site with a past: one array in trouble, one well, one that
// is not seen any more; a silence, a maintenance window and a round.
func screenWorld(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(screenSite), 0o600))
	fillHistory(t, filepath.Join(dir, historyFile))
	fillAlerts(t, filepath.Join(dir, siteDBFile))
	fillRules(t, dir)
	f, err := boltfile.Open(filepath.Join(dir, casesFile), boltfile.Options{Schema: "darksite-cases", Version: 1})
	require.NoError(t, err)
	s, err := rounds.Open(f.DB)
	require.NoError(t, err)
	_, err = s.Begin(screenNow.Add(-30*time.Hour), "ppetit")
	require.NoError(t, err)
	_, err = s.Done(screenNow.Add(-30*time.Hour+6*time.Minute), rounds.Round{DoneBy: "ppetit", Note: "fan of CH0 ordered", State: "WARN", Counts: map[string]int{"ok": 20, "warn": 2}})
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return dir
}

// fillRules has the site turn one rule of the kit and do without another.
func fillRules(t *testing.T, dir string) {
	t.Helper()
	b, err := rule.Site{}.Join()
	require.NoError(t, err)
	text := strings.NewReplacer("- id: noisy-volume", "- id: noisy-volume\n    replaces: true", "above: 65", "above: 60").Replace(b.Sources["noisy-volume"].Text)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, rulesDir), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, rulesDir, "volumes.yaml"), []byte("rules:\n"+text), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, rulesDir, "off.yaml"), []byte("off: [{rule: clock-off, why: the clock is set by hand each week}]\n"), 0o600))
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
	f, err := boltfile.Open(path, siteOptions(boltfile.Options{}))
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
	yes := func(target, rule, component string, severity localmon.Severity, summary string, evidence ...string) localmon.Condition {
		return localmon.Condition{
			Rule: rule, Target: target, Component: component, State: localmon.Yes, Hard: true, Severity: severity, Summary: summary,
			Why: "one more failure would be felt", Runbook: "drive-failed", Evidence: evidence,
		}
	}
	latency := yes("fa-prod-1", "latency-high", "", 3, "reads take 6 ms, usually 0.4 ms", `purefa_array_performance_latency_usec{dimension="usec_per_read_op"} is 6 ms`)
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

// screen runs one command and returns what it shows.
func screen(t *testing.T, dir string, width int, color bool, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	vars := map[string]string{"COLUMNS": fmt.Sprint(width), "TERM": "xterm", "DARKSITE_DIR": dir}
	if color {
		vars["CLICOLOR_FORCE"] = "1"
	}
	env := &cli.Env{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(n string) string { return vars[n] }, Now: func() time.Time { return screenNow }}
	code := Main(t.Context(), env, "test", args)
	require.Contains(t, []int{0, cli.CodePartial}, code, errs.String())
	return out.String()
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestScreens holds each screen, at 80 columns and at 40, against what a person
// approved, and sees that no line runs over and that nothing depends on colour.
func TestScreens(t *testing.T) {
	dir := screenWorld(t)
	screens := map[string][]string{
		"status":          {"status"},
		"alerts-list":     {"alerts", "list"},
		"alerts-each":     {"alerts", "list", "--each"},
		"alerts-all":      {"alerts", "list", "--all", "--target", "fa-prod-2"},
		"alerts-show":     {"alerts", "show", "14"},
		"alerts-silenced": {"alerts", "show", "2"},
		"alerts-silences": {"alerts", "silences"},
		"alerts-history":  {"alerts", "history", "--since", "4h", "--rule", "*-failed"},
		"round-log":       {"round", "log"},
		"rule-list":       {"rule", "list", "--own"},
		"rule-show":       {"rule", "show", "noisy-volume"},
		"rule-test":       {"rule", "test"},
	}
	for name, args := range screens {
		for _, width := range []int{80, 40} {
			t.Run(fmt.Sprintf("%s at %d", name, width), func(t *testing.T) {
				plain := screen(t, dir, width, false, args...)
				require.NotContains(t, plain, "\x1b")
				golden(t, fmt.Sprintf("%s.%d.txt", name, width), plain, width)
				require.Equal(t, plain, escape.ReplaceAllString(screen(t, dir, width, true, args...), ""), "colour adds nothing")
			})
		}
	}
	for _, width := range []int{80, 40} {
		t.Run(fmt.Sprintf("round at %d", width), func(t *testing.T) {
			plain := roundScreen(t, dir, width, false)
			golden(t, fmt.Sprintf("round.%d.txt", width), plain, width)
			colored := roundScreen(t, dir, width, true)
			require.NotEqual(t, plain, colored)
			require.Equal(t, plain, escape.ReplaceAllString(colored, ""))
		})
	}
}

// roundScreen is the round without the sections that speak of this machine.
func roundScreen(t *testing.T, dir string, width int, color bool) string {
	t.Helper()
	var out bytes.Buffer
	vars := map[string]string{"COLUMNS": fmt.Sprint(width), "TERM": "xterm", "DARKSITE_DIR": dir}
	if color {
		vars["CLICOLOR_FORCE"] = "1"
	}
	a := &app{env: &cli.Env{In: strings.NewReader(""), Out: &out, Err: &bytes.Buffer{}, Getenv: func(n string) string { return vars[n] }, Now: func() time.Time { return screenNow }}}
	r, err := a.round(t.Context())
	require.NoError(t, err)
	r.Sections = slices.DeleteFunc(r.Sections, func(s overview.Section) bool {
		return s.Name == "the kit" || s.Name == "people and papers" || s.Name == "work in hand"
	})
	r.Counts = map[string]int{}
	for _, s := range r.Sections {
		for _, l := range s.Lines {
			r.Counts[strings.ToLower(string(l.Word))]++
		}
	}
	a.printRound(r)
	return out.String()
}

func golden(t *testing.T, name, got string, width int) {
	t.Helper()
	for line := range strings.Lines(got) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), width, "runs over: %q", line)
	}
	path := filepath.Join("testdata", "screens", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
