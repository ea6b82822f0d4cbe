package daemon_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/boltfile/faultdisk"
	"darksite/localmon/daemon"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// TestADiskThatFailsForAWhile watches on a disk that fails below the files, in a
// process of its own, because what makes it fail holds for a whole process.
func TestADiskThatFailsForAWhile(t *testing.T) {
	const alone = "DAEMON_FAILING_DISK"
	if os.Getenv(alone) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), alone+"=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		t.Logf("%s", out)
		return
	}
	dir := t.TempDir()
	disk, err := faultdisk.Start(dir)
	if err != nil {
		require.ErrorIs(t, err, faultdisk.ErrUnsupported)
		t.Skip(err)
	}
	for name, c := range map[string]struct {
		kind  faultdisk.Kind
		fault faultdisk.Fault
		says  string
	}{
		"the disk is full":                          {faultdisk.Write, faultdisk.Fault{Err: syscall.ENOSPC}, "no space left on device"},
		"the disk cannot be written":                {faultdisk.Write, faultdisk.Fault{Err: syscall.EIO}, "input/output error"},
		"the disk turned read-only":                 {faultdisk.Write, faultdisk.Fault{Err: syscall.EROFS}, "read-only file system"},
		"fsync fails":                               {faultdisk.Sync, faultdisk.Fault{Err: syscall.EIO}, "input/output error"},
		"every second fsync fails, pages disappear": {faultdisk.Sync, faultdisk.Fault{Err: syscall.EIO, Lost: true}, "input/output error"},
	} {
		t.Run(name, func(t *testing.T) {
			site := filepath.Join(dir, t.Name())
			require.NoError(t, os.MkdirAll(site, 0o700))
			f, clock, src := openFolder(t, site), newClock(), &scripted{name: "fa-1"}
			d, err := daemon.New(options(t, f, clock, src))
			require.NoError(t, err)
			s := once(t, d, clock)
			require.Empty(t, s.Alerts)
			require.NotZero(t, s.Looks[0].Scrape)

			var failing atomic.Bool
			calls := 0
			disk.Judge(func(op faultdisk.Op) faultdisk.Fault {
				if op.Kind != c.kind || !failing.Load() {
					return faultdisk.Fault{}
				}
				if calls++; c.fault.Lost && calls%2 == 1 {
					return faultdisk.Fault{} // the pages of a commit; the meta page is the second
				}
				return c.fault
			})
			failing.Store(true)
			src.set(true, nil)
			for range 3 {
				s = once(t, d, clock)
				require.Zero(t, s.Looks[0].Scrape, "what is not on disk is not acknowledged")
			}
			require.Equal(t, []string{"alerts", "history", "history upkeep"}, troubles(s))
			require.Contains(t, s.Monitor.Trouble[1].Error, "append a batch of fa-1")
			require.Contains(t, s.Monitor.Trouble[1].Error, c.says)
			own := firing(s)
			require.Contains(t, own["history-not-written"], c.says)
			require.NotZero(t, s.Monitor.Unsaved, "the alerts wait for the disk")

			failing.Store(false)
			for range 12 {
				s = once(t, d, clock)
				require.NotZero(t, s.Looks[0].Scrape, "it resumes by itself")
			}
			require.Empty(t, s.Monitor.Trouble)
			require.Zero(t, s.Monitor.Unsaved)
			require.Len(t, s.Alerts, 1, "the disk is well again, the drive is not")

			// a power cut now leaves all that was acknowledged
			cut := filepath.Join(t.TempDir(), "cut")
			require.NoError(t, os.Mkdir(cut, 0o700))
			for _, file := range []string{"history.db", "site.db"} {
				image, err := disk.Image(filepath.Join(site, file), nil)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(cut, file), image, 0o600))
			}
			db, err := history.Open(filepath.Join(cut, "history.db"), history.Options{})
			require.NoError(t, err)
			damage, err := db.Check(t.Context())
			require.NoError(t, err)
			require.Empty(t, damage)
			stats, err := db.Stats(t.Context())
			require.NoError(t, err)
			require.Equal(t, s.Looks[0].Scrape, stats.LastSeq)
			require.NoError(t, db.Close())
			site2, err := boltfile.Open(filepath.Join(cut, "site.db"), boltfile.Options{Schema: "site", Version: 1})
			require.NoError(t, err)
			alerts, err := alertstore.Open(site2)
			require.NoError(t, err)
			living, err := alerts.Living()
			require.NoError(t, err)
			require.Equal(t, s.Alerts, living)
			require.NoError(t, site2.Close())
		})
	}
}

func troubles(s daemon.Summary) (names []string) {
	for _, t := range s.Monitor.Trouble {
		names = append(names, t.What)
	}
	return names
}

// firing is what the alerts of the site itself say, by rule.
func firing(s daemon.Summary) map[string]string {
	says := map[string]string{}
	for _, a := range s.Alerts {
		says[a.Rule] = a.Summary
	}
	return says
}
