package main_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mounted runs a shell script in which mount may be used, and skips the test
// where this user may not.
func mounted(t *testing.T, mount, script string) string {
	t.Helper()
	s := &site{t, t.TempDir() + "/disk/site"}
	run := func(script string) ([]byte, error) {
		c := s.command()
		shell := exec.CommandContext(t.Context(), "unshare", "-rm", "sh", "-c", "set -e; disk=${DARKSITE_DIR%/site}; mkdir -p $disk\n"+script)
		shell.Env = c.Env
		return shell.CombinedOutput()
	}
	if out, err := run(mount); err != nil {
		t.Skipf("no mounts of one's own here: %v: %s", err, out)
	}
	out, err := run(mount + "\n" + script)
	require.NoError(t, err, "%s", out)
	return string(out)
}

// A real disk that is full: the monitor says so, what was stored stays whole,
// and it goes on when there is room.
func TestAFullDisk(t *testing.T) {
	out := mounted(t, "mount -t tmpfs -o size=1m none $disk", `
darksite init --code S042 --name Lyon --no-passphrase 2>/dev/null
darksite monitor --once 2>&1
dd if=/dev/zero of=$disk/filler bs=4096 2>/dev/null || true
n=0; while darksite monitor --once >$disk/../said 2>&1; do n=$((n+1)); test $n -lt 500; done
echo "== full"; cat $disk/../said
rm $disk/filler
echo "== room"; darksite history check 2>&1; darksite monitor --once 2>&1`)
	_, out, _ = strings.Cut(out, "== full")
	full, room, _ := strings.Cut(out, "== room")
	require.Contains(t, full, "NOT STORED")
	require.Contains(t, full, "no space left on device")
	require.Contains(t, full, "next: darksite doctor")
	require.Contains(t, room, "every value is whole")
	require.Regexp(t, `kit +stored`, room)
}

// A disk that turned read-only: nothing starts to write, reading goes on.
func TestAReadOnlyDisk(t *testing.T) {
	out := mounted(t, "mkdir -p $DARKSITE_DIR; mount --bind $DARKSITE_DIR $DARKSITE_DIR", `
darksite init --code S042 --name Lyon --no-passphrase 2>/dev/null
darksite monitor --once >/dev/null 2>&1
mount -o remount,bind,ro $DARKSITE_DIR
for c in "monitor --once" "history compact"; do
  if darksite $c 2>&1; then echo "$c wrote to a read-only disk"; exit 1; fi
done
darksite history check 2>&1
darksite history series 2>&1`)
	require.Equal(t, 2, strings.Count(out, "history.db: read-only file system"), out)
	require.Equal(t, 2, strings.Count(out, "reading goes on: darksite history export"), out)
	require.Contains(t, out, "every value is whole")
	require.Contains(t, out, "node_load1")
}
