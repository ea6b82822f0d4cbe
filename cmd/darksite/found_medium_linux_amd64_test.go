package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A stick that was lost and found: its raw blocks, with all that was deleted from
// it, hold nothing in clear, though writing to it was killed again and again.
func TestAFoundMediumHoldsNothingInClear(t *testing.T) {
	if _, err := exec.LookPath("mke2fs"); err != nil {
		t.Skip("mke2fs is not installed: there is no medium to look at raw")
	}
	s := begun(t)
	for _, l := range s.legs()[:6] { // to SEALED
		s.ok(l.args...)
	}
	id := s.id
	frozen := exec.CommandContext(t.Context(), "grep", "-rqF", textMarker, filepath.Join(s.dir, "bundles", id, "frozen"))
	require.NoError(t, frozen.Run(), "the marker passes the redactor, or nothing was tested")

	image := filepath.Join(t.TempDir(), "stick")
	require.NoError(t, os.WriteFile(image, nil, 0o600))
	require.NoError(t, os.Truncate(image, 24<<20))
	out, err := exec.CommandContext(t.Context(), "mke2fs", "-q", "-t", "ext4", image).CombinedOutput()
	require.NoError(t, err, string(out))
	stick := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "loop", image, stick).CombinedOutput(); err != nil {
		t.Skipf("no medium can be mounted here: %v: %s", err, out)
	}
	mounted := true
	leave := func() {
		if mounted {
			mounted = false
			require.NoError(t, syscall.Unmount(stick, 0))
		}
	}
	t.Cleanup(leave)
	write := []string{"bundle", "write", id, "--as", "amartin", "--medium", stick}
	for _, at := range []int{20, 40, 60} {
		if _, err := trace(s.command(write...), stick, fault{at: at}); err == nil {
			t.Logf("at %d it was done already", at)
			require.NoError(t, os.Rename(filepath.Join(stick, id), filepath.Join(stick, fmt.Sprintf("old-%d", at))))
		}
	}
	require.NoError(t, os.RemoveAll(filepath.Join(stick, id+".partial")))
	s.ok(write...)
	s.ok("bundle", "verify", id, "--as", "amartin", "--medium", stick)
	leave()
	raw, err := os.ReadFile(image)
	require.NoError(t, err)
	require.True(t, bytes.Contains(raw, []byte("format: darksite-label/1")), "the raw blocks are looked at, or nothing was tested")
	for _, secret := range []string{textMarker, rawMarker, "R-0001", "notes.txt", "Name of mdurand", "Lyon 3"} {
		require.False(t, bytes.Contains(raw, []byte(secret)), secret)
	}
}
