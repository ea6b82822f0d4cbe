package watch

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTheUnit(t *testing.T) {
	for name, c := range map[string]struct{ program, dir string }{
		"plain": {"/usr/local/bin/darksite", "/var/lib/darksite"},
		"home":  {"/home/m durand/bin/darksite", "/home/m durand/50% $HOME"},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			require.NoError(t, printUnit(&b, c.program, c.dir))
			golden := filepath.Join("testdata", "unit-"+name+".service")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), b.String())
		})
	}
}

func TestAPathThatNoUnitCanNameIsRefused(t *testing.T) {
	var b strings.Builder
	require.ErrorContains(t, printUnit(&b, "/bin/darksite", "/var/lib/dark\nExecStartPre=/bin/rm"), "no unit can name")
	require.Empty(t, b.String())
}
