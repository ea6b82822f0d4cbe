package rules_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd"
	"darksite/cmd/internal/sitecmd/rules"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// volumeRule is a rule for each volume.
const volumeRule = `rules:
  - id: slow-volume
    about: A volume is slow.
    kinds: [flasharray]
    severity: 3
    why: its application waits
    summary: "{component}: {value}"
    metric: {name: purefa_volume_performance_latency_usec, component: name, above: 5000, unit: usec}
    cases:
      - name: slow
        looks: [{metrics: ['purefa_volume_performance_latency_usec{name="v1"} 9000']}]
        fires: [v1 3]
      - name: fast
        looks: [{metrics: ['purefa_volume_performance_latency_usec{name="v1"} 900']}]
`

const ruleSiteYAML = `
site: {code: S042, name: Lyon 3}
arrays:
  - {name: fa-prod-1, kind: flasharray, via: drop}
`

var ruleNow = time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)

// siteOfVolumes is a site whose history knows so many volumes, and volumes that
// are gone since a month.
func siteOfVolumes(t *testing.T, volumes, gone int) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(ruleSiteYAML), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, rules.Dir), 0o700))
	h, err := history.Open(filepath.Join(dir, site.HistoryFile), history.Options{})
	require.NoError(t, err)
	look := func(at time.Time, prefix string, n int) {
		b := localmon.Batch{Target: "fa-prod-1", At: at}
		for i := range n {
			b.Samples = append(b.Samples, localmon.Sample{Value: 400, Key: localmon.SeriesKey{
				Target: b.Target, Metric: "purefa_volume_performance_latency_usec", Labels: localmon.FormatLabels("name", fmt.Sprintf("%s%05d", prefix, i)),
			}})
		}
		_, err := h.Append(t.Context(), b)
		require.NoError(t, err)
	}
	look(ruleNow.Add(-30*24*time.Hour), "gone", gone)
	look(ruleNow.Add(-time.Minute), "vol", volumes)
	require.NoError(t, h.Close())
	return dir
}

// darksite runs one command on a site folder.
func darksite(t *testing.T, dir string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	vars := map[string]string{"DARKSITE_DIR": dir, "COLUMNS": "80"}
	env := &cli.Env{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: func(n string) string { return vars[n] }, Now: func() time.Time { return ruleNow }}
	code = sitecmd.Main(t.Context(), env, "test", args)
	return code, stdout.String(), stderr.String()
}

// What it would do at three in the morning is found when it is loaded: by lint, and
// by the monitor, from what the site's own history has seen.
func TestAnExplosiveRuleOfASiteIsRefusedWhenItIsLoaded(t *testing.T) {
	for volumes, taken := range map[int]bool{10_000: false, 900: true} {
		t.Run(fmt.Sprint(volumes, " volumes"), func(t *testing.T) {
			dir := siteOfVolumes(t, volumes, 5_000)
			path := filepath.Join(dir, rules.Dir, "volumes.yaml")
			require.NoError(t, os.WriteFile(path, []byte(volumeRule), 0o600))
			lint, out, _ := darksite(t, dir, "rule", "lint")
			monitor, _, errs := darksite(t, dir, "monitor", "--once")
			if taken {
				require.Zero(t, lint, out)
				require.Contains(t, []int{cli.CodeDone, cli.CodePartial}, monitor, "the folder of dropped files is empty: %s", errs)
				return
			}
			want := path + ":8:13: rule slow-volume: 10000 components could be told of one by one at fa-prod-1, at most 1000: narrow it with labels or not_labels\n"
			require.Equal(t, cli.CodeRefused, lint)
			require.Equal(t, want, out)
			require.Equal(t, cli.CodeUsage, monitor)
			require.Contains(t, errs, want)
		})
	}
}

// A monitor that is started again in the night, after a power cut, takes the rules
// it took before, though the array has more volumes by now; it says so. New rules,
// and these when a person has them read, are refused.
func TestRulesThatWereTakenBeforeKeepNoMonitorFromStarting(t *testing.T) {
	dir := siteOfVolumes(t, 900, 0)
	path := filepath.Join(dir, rules.Dir, "volumes.yaml")
	require.NoError(t, os.WriteFile(path, []byte(volumeRule), 0o600))
	code, _, errs := darksite(t, dir, "monitor", "--once")
	require.NotEqual(t, cli.CodeUsage, code, errs)
	h, err := history.Open(filepath.Join(dir, site.HistoryFile), history.Options{})
	require.NoError(t, err)
	b := localmon.Batch{Target: "fa-prod-1", At: ruleNow}
	for i := range 10_000 {
		b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{
			Target: b.Target, Metric: "purefa_volume_performance_latency_usec", Labels: localmon.FormatLabels("name", fmt.Sprintf("vol%05d", i)),
		}})
	}
	_, err = h.Append(t.Context(), b)
	require.NoError(t, err)
	require.NoError(t, h.Close())

	code, _, errs = darksite(t, dir, "monitor", "--once")
	require.NotEqual(t, cli.CodeUsage, code, errs)
	require.Contains(t, errs, "the monitor goes on with rules that it took before and would not take now")
	require.Contains(t, errs, "rule slow-volume: 10000 components could be told of one by one")
	code, out, _ := darksite(t, dir, "rule", "lint")
	require.Equal(t, cli.CodeRefused, code, out)

	require.NoError(t, os.WriteFile(path, []byte(volumeRule+"# changed\n"), 0o600))
	code, _, errs = darksite(t, dir, "monitor", "--once")
	require.Equal(t, cli.CodeUsage, code, errs)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(volumeRule, "v1 3", "v1 4", 1)), 0o600))
	code, _, errs = darksite(t, dir, "monitor", "--once")
	require.Equal(t, cli.CodeUsage, code, errs)
	require.Contains(t, errs, "10000 components")
}

func TestFilesThatAreNoPlainFilesOfRulesAreRefused(t *testing.T) {
	cases := []struct {
		name string
		make func(t *testing.T, dir string) error
		want string
	}{
		{"a link", func(t *testing.T, dir string) error {
			outside := filepath.Join(t.TempDir(), "outside.yaml")
			require.NoError(t, os.WriteFile(outside, []byte(volumeRule), 0o600))
			return os.Symlink(outside, filepath.Join(dir, "a.yaml"))
		}, "a.yaml: a.yaml is a link: not a plain file: put the file itself here"},
		{"a pipe nobody writes to", func(_ *testing.T, dir string) error { return syscall.Mkfifo(filepath.Join(dir, "a.yaml"), 0o600) }, "a.yaml is a pipe: not a plain file"},
		{"a folder", func(_ *testing.T, dir string) error { return os.Mkdir(filepath.Join(dir, "a.yaml"), 0o700) }, "a.yaml is a folder: not a plain file"},
		{"a file of a terabyte", func(_ *testing.T, dir string) error {
			path := filepath.Join(dir, "a.yaml")
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			return os.Truncate(path, 1<<40)
		}, "a.yaml: 1099511627776 bytes, at most 1048576: make several files of it"},
		{"a file that is not text", func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("rules: \xff\n"), 0o600)
		}, "a.yaml: not UTF-8 text"},
		{"an empty file", func(_ *testing.T, dir string) error { return os.WriteFile(filepath.Join(dir, "a.yaml"), nil, 0o600) }, "a.yaml: the file is empty"},
		{"another ending", func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "a.yml"), []byte(volumeRule), 0o600)
		}, "a.yml: a file of rules ends in .yaml: rename it"},
		{"files by the hundred", func(_ *testing.T, dir string) error {
			for i := range 101 {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("r%03d.yaml", i)), nil, 0o600); err != nil {
					return err
				}
			}
			return nil
		}, "r100.yaml: this is one file more than the 100 there may be"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := siteOfVolumes(t, 1, 0)
			require.NoError(t, c.make(t, filepath.Join(dir, rules.Dir)))
			code, _, errs := darksite(t, dir, "monitor", "--once")
			require.Equal(t, cli.CodeUsage, code, errs)
			require.Contains(t, errs, c.want)
			code, out, _ := darksite(t, dir, "rule", "lint")
			require.Equal(t, cli.CodeRefused, code)
			require.Contains(t, out, c.want)
		})
	}
}
