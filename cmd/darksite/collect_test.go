package main_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"darksite/bundle/collect/hostfile"

	"github.com/stretchr/testify/require"
)

func TestKilledCollectHostLeavesNoFileThatLooksWhole(t *testing.T) {
	s := newSite(t)
	out := filepath.Join(t.TempDir(), "db7.host")
	began := time.Now()
	s.ok("collect-host", "--out", out)
	whole := time.Since(began)
	require.NoError(t, os.Remove(out))
	killed, left := 0, 0
	const rounds = 12
	for i := range rounds {
		c := s.command("collect-host", "--out", out)
		require.NoError(t, c.Start())
		timer := time.AfterFunc(whole*time.Duration(i)/rounds, func() { _ = c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		if _, missing := os.Stat(out); missing == nil {
			s.ok("bundle", "collect", "--dry-run", "--host-file", out) // what stands there is whole
			require.NoError(t, os.Remove(out))
		} else {
			require.Error(t, err, "it said that it was done")
			killed++
		}
		if _, missing := os.Stat(out + hostfile.StagingSuffix); missing == nil {
			left++
			again := s.command("collect-host", "--out", out)
			var exit *exec.ExitError
			require.ErrorAs(t, again.Run(), &exit, "what a killed run left is not taken for a run's own")
			require.NoError(t, os.RemoveAll(out+hostfile.StagingSuffix))
		}
	}
	require.Positive(t, killed)
	t.Logf("%d of %d runs were killed, %d left a staging folder", killed, rounds, left)
	s.ok("collect-host", "--out", out)
}

// host is the file of another host, as darksite collect-host writes it.
func (s *site) host() string {
	s.t.Helper()
	dir := s.t.TempDir()
	require.NoError(s.t, os.WriteFile(filepath.Join(dir, "syslog"), []byte("zebu7 app: this machine is zebu7\n"), 0o600))
	out, err := os.Create(filepath.Join(dir, "zebu7.host"))
	require.NoError(s.t, err)
	h := hostfile.Header{Host: "zebu7.lyon3.example", Made: time.Now(), Tool: "v1", Profile: "quick"}
	_, err = hostfile.Write(out, h, os.DirFS(dir), []hostfile.File{{Name: "syslog", Size: 33}})
	require.NoError(s.t, err)
	require.NoError(s.t, out.Close())
	return out.Name()
}

// enrolled gives a site a collector, officers and a vendor, whose desk it returns.
func (s *site) enrolled() (desk string) {
	s.t.Helper()
	for id, role := range map[string]string{"mdurand": "collector", "amartin": "officer", "ppetit": "officer"} {
		s.ok("site", "people", "add", id, "--name", "Name of "+id, "--role", role, "--no-passphrase")
	}
	desk = filepath.Join(s.t.TempDir(), "desk")
	for _, args := range [][]string{{"init", "--name", "Vendor", "--person", "ruth", "--person", "sam", "--no-passphrase"}, {"keys", "card"}} {
		c := exec.CommandContext(s.t.Context(), "casedesk", append(args, "--dir", desk)...)
		card, err := c.Output()
		require.NoError(s.t, err)
		require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, "card.txt"), card, 0o600))
	}
	s.ok("site", "vendor", filepath.Join(s.dir, "card.txt"), "--yes")
	return desk
}

func TestKilledCollectionIsTakenUpOrWithdrawn(t *testing.T) {
	s := newSite(t)
	s.enrolled()
	host := s.host()
	collect := []string{"bundle", "collect", "--as", "mdurand", "--profile", "quick", "--host-file", host}
	began := time.Now()
	s.ok(collect...)
	whole := time.Since(began)
	const rounds = 8
	for i := range rounds {
		c := s.command(collect...)
		require.NoError(t, c.Start())
		timer := time.AfterFunc(whole*time.Duration(i+1)/rounds, func() { _ = c.Process.Kill() })
		_ = c.Wait() // killed, or done before
		timer.Stop()
	}
	type row struct {
		BID   string `json:"bid"`
		State string `json:"state"`
	}
	list := func() (rows []row) {
		require.NoError(t, json.Unmarshal([]byte(s.ok("bundle", "list", "--json")), &rows))
		return rows
	}
	states := map[string]int{}
	for _, b := range list() {
		states[b.State]++
		frozen := filepath.Join(s.dir, "bundles", b.BID, "frozen")
		if b.State == "FROZEN" {
			require.Error(t, s.command("bundle", "collect", "--as", "mdurand", "--resume", b.BID).Run())
			continue
		}
		require.Error(t, s.command("bundle", "review", b.BID, "--as", "amartin").Run(), "nobody can take %s for whole", b.State)
		if err := s.command("bundle", "collect", "--as", "mdurand", "--resume", b.BID).Run(); err != nil {
			require.Equal(t, "BEGUN", b.State)
			require.NoDirExists(t, frozen)
		}
		require.NoDirExists(t, filepath.Join(s.dir, "bundles", b.BID, "staging"), "nothing raw is left")
	}
	for _, b := range list() {
		require.Contains(t, []string{"FROZEN", "WITHDRAWN"}, b.State)
		require.NoError(t, filepath.WalkDir(filepath.Join(s.dir, "bundles", b.BID), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			require.NotContains(t, path+string(text), "zebu7", "the redactor knew the host also when it went on")
			return err
		}))
	}
	t.Logf("after %d kills: %v", rounds, states)
}
