package lab_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd"
	"darksite/cmd/internal/sitecmd/lab"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/labs"
	"darksite/training/labs/content"

	"github.com/stretchr/testify/require"
)

// allLabs is set to play every solution of every lab; else those of the first lab are
// played and the reference of another.
const allLabs = "DARKSITE_ALL_LABS"

// TestLabs plays the solutions of every lab, right and wrong, with the commands a learner
// would type, and holds each to the points it must come to.
func TestLabs(t *testing.T) {
	all, err := content.Library()
	require.NoError(t, err)
	short := []string{"l1", "l13"}
	for _, lab := range all.All() {
		t.Run(lab.ID, func(t *testing.T) {
			if os.Getenv(allLabs) == "" && !slices.Contains(short, lab.ID) {
				t.Skipf("set %s to play it, or run make crash", allLabs)
			}
			for i, s := range lab.Solutions {
				if os.Getenv(allLabs) == "" && i > 1 && !s.Fatal {
					continue
				}
				t.Run(s.Name, func(t *testing.T) { playSolution(t, lab, i) })
			}
		})
	}
}

func playSolution(t *testing.T, lab *labs.Lab, i int) {
	var out bytes.Buffer
	a := practiceApp(t, &out)
	if lab.Desk {
		deskInPath(t)
	}
	began := time.Now()
	in := a.Begin(t, lab, uint64(i)+1)
	ready := time.Since(began)
	drawn, _ := lab.Draw(uint64(i) + 1)
	want := drawn.Solutions[i]
	for _, step := range want.Steps {
		// A person takes some time for each command.
		require.NoError(t, in.Practice.Arrays.Advance(t.Context(), 10*time.Second, 30*time.Second))
		require.NoError(t, in.Play(t.Context(), &out, step), "%s", &out)
	}
	world, err := in.World(t.Context())
	require.NoError(t, err)
	v := labs.Grade(drawn, world, 0)
	var goals strings.Builder
	for _, g := range v.Goals {
		fmt.Fprintf(&goals, "%s=%v ", g.ID, g.Got)
	}
	t.Logf("%s | %s | %d points, fatal %v | ready %s, all %s", lab.ID, want.Name, v.Points, v.Fatal, ready.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	require.Equal(t, want.Score, v.Points, "%s\n%s", &goals, &out)
	require.Equal(t, want.Fatal, v.Fatal, &out)
}

// practiceApp is an app that works in a home of its own.
func practiceApp(t *testing.T, out *bytes.Buffer) lab.App {
	// The folder of a test has too long a name for the monitor's socket.
	home, err := os.MkdirTemp("", "lab-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(home)) })
	env := &cli.Env{
		In: strings.NewReader(""), Out: out, Err: out, Now: time.Now,
		Getenv: func(k string) string {
			return map[string]string{"DARKSITE_TRAINING": home, "HOME": home, "LOGNAME": "mdurand"}[k]
		},
	}
	return lab.NewApp(&site.Site{Env: env, Version: "test"}, sitecmd.Main)
}

// In the folder of a lab nothing of a real site is taken, and no real site becomes a lab.
func TestPracticeAndRealSitesDoNotMix(t *testing.T) {
	all, err := content.Library()
	require.NoError(t, err)
	lab, ok := all.Get("L12")
	require.True(t, ok)
	var out bytes.Buffer
	a := practiceApp(t, &out)
	in := a.Begin(t, lab, 1)
	site := filepath.Join(in.Dir(), "site.yaml")
	good, err := os.ReadFile(site)
	require.NoError(t, err)
	run := func(args ...string) (int, string) {
		out.Reset()
		code := sitecmd.Main(t.Context(), a.Env, "test", append([]string{"--dir", in.Dir()}, args...))
		return code, out.String()
	}
	code, said := run("site", "show")
	require.Zero(t, code, said)
	require.Contains(t, said, "== TRAINING  lab l12")

	for name, change := range map[string][2]string{
		"a real array":   {"arrays:\n", "arrays:\n  - {name: real, kind: flasharray, url: \"https://192.0.2.7\", token_file: keys/fa-prod-1.token, tls_pin: \"sha256:" + strings.Repeat("0", 64) + "\"}\n"},
		"a real name":    {"arrays:\n", "arrays:\n  - {name: real, kind: flasharray, url: \"https://array.example\", token_file: keys/fa-prod-1.token, tls_pin: \"sha256:" + strings.Repeat("0", 64) + "\"}\n"},
		"an open ear":    {"monitor:", "listen: {console: \"0.0.0.0:7780\"}\nmonitor:"},
		"people to tell": {"monitor:", "notify: [{name: all, via: file, path: notify/told.txt}]\nmonitor:"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(site, []byte(strings.Replace(string(good), change[0], change[1], 1)), 0o600))
			code, said := run("site", "show")
			require.Equal(t, cli.CodeRefused, code, said)
			require.Contains(t, said, "practice and real sites do not mix")
		})
	}
	require.NoError(t, os.WriteFile(site, good, 0o600))

	t.Run("a real array is not even asked for its certificate", func(t *testing.T) {
		code, said := run("site", "pin", "https://192.0.2.7")
		require.Equal(t, cli.CodeRefused, code, said)
	})

	t.Run("a real token", func(t *testing.T) {
		token := filepath.Join(in.Dir(), "keys", "fa-prod-1.token")
		was, err := os.ReadFile(token)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(token, []byte("11111111-2222-3333-4444-555555555555\n"), 0o600))
		code, said := run("status")
		require.Equal(t, cli.CodeRefused, code, said)
		require.Contains(t, said, "the lab did not make it")
		require.NoError(t, os.WriteFile(token, was, 0o600))
	})

	t.Run("a real key", func(t *testing.T) {
		real := t.TempDir()
		_, err := keyfile.NewSigner(real, "mdurand", nil)
		require.NoError(t, err)
		code, said := run("bundle", "collect", "--as", "mdurand", "--key", filepath.Join(real, "mdurand.key"))
		require.Equal(t, cli.CodeRefused, code, said)
		require.Contains(t, said, "it lies outside of the lab")
		_, err = keyfile.NewIdentity(filepath.Join(real, "record.key"), nil)
		require.NoError(t, err)
		code, said = run("reveal", "host-k7f3q2ab", "--identity", filepath.Join(real, "record.key"))
		require.Equal(t, cli.CodeRefused, code, said)
	})

	t.Run("a real machine", func(t *testing.T) {
		code, said := run("collect-host", "--dry-run", "--each")
		require.Zero(t, code, said)
		require.Contains(t, said, "4 B    /etc/hostname")
		require.Contains(t, said, "/proc/cpuinfo: not on this machine", "the machine is one the lab made up")
		require.Contains(t, said, "uname -a: not allowed", "and no program is asked what it is")
	})

	t.Run("a real site is not made into a lab", func(t *testing.T) {
		home := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(home, "site"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(home, "site", "site.yaml"), good, 0o600))
		out.Reset()
		code := sitecmd.Main(t.Context(), a.Env, "test", []string{"--dir", home, "train", "lab", "start", "l1"})
		require.Equal(t, cli.CodeRefused, code, &out)
		require.FileExists(t, filepath.Join(home, "site", "site.yaml"))
	})

	t.Run("a lab that is over refuses commands", func(t *testing.T) {
		require.NoError(t, in.Practice.Arrays.End(t.Context()))
		marker := in.Practice.Marker
		marker.URL = "http://127.0.0.1:1"
		require.NoError(t, marker.Write(in.Dir()))
		code, said := run("status")
		require.Equal(t, cli.CodeRefused, code, said)
		require.Contains(t, said, "the lab is over")
		marker.URL = "http://192.0.2.7:80"
		require.NoError(t, marker.Write(in.Dir()))
		code, said = run("status")
		require.Equal(t, cli.CodeRefused, code, said)
		require.Contains(t, said, "practice and real sites do not mix")
	})
}
