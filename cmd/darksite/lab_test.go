package main_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"darksite/training/labs/content"
)

// Labs run where there is no network but loopback: each begins, and its reference solution
// comes to all points. By default those of the first two are played.
func TestLabsNeedNoNetwork(t *testing.T) {
	shell := func(script string) ([]byte, error) {
		s := &site{t, t.TempDir() + "/site"}
		c := exec.CommandContext(t.Context(), "unshare", "-rn", "sh", "-c", "set -e; ip link set lo up\n"+script)
		c.Env = append(s.command().Env, "DARKSITE_TRAINING="+t.TempDir())
		return c.CombinedOutput()
	}
	if out, err := shell("! ip route get 192.0.2.1"); err != nil {
		t.Skipf("no network of one's own here: %v: %s", err, out)
	}
	lib, err := content.Library()
	require.NoError(t, err)
	all := lib.All()
	if os.Getenv("DARKSITE_ALL_LABS") == "" {
		all = all[:2]
	}
	for _, lab := range all {
		t.Run(lab.ID, func(t *testing.T) {
			out, err := shell("darksite train lab solve " + lab.ID + " --seed 5 2>&1; darksite train lab check --end 2>&1")
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "100/100  passed")
			require.NotContains(t, strings.ToLower(string(out)), "network is unreachable")
		})
	}
}
