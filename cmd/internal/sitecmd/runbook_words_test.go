package sitecmd

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"darksite/cmd/internal/cli"
	"darksite/runbooks/content"

	"github.com/stretchr/testify/require"
)

var ticked = regexp.MustCompile("`(darksite [^`]+)`")

// A command that a runbook names is one this kit has, with the flags it takes.
func TestCommandsInRunbooksExist(t *testing.T) {
	root := (&app{env: &cli.Env{}}).root()
	n := 0
	require.NoError(t, fs.WalkDir(content.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() || path.Ext(name) != ".md" {
			return nil
		}
		text, err := fs.ReadFile(content.Files(), name)
		require.NoError(t, err)
		for _, m := range ticked.FindAllStringSubmatch(string(text), -1) {
			words := strings.Fields(m[1])[1:]
			c, rest, err := root.Find(words)
			require.NoError(t, err, "%s: %s", name, m[1])
			require.True(t, c.Runnable() || len(rest) == 0, "%s: %s", name, m[1])
			for _, w := range rest {
				if flag, ok := strings.CutPrefix(w, "--"); ok {
					flag, _, _ = strings.Cut(flag, "=")
					require.NotNil(t, c.Flag(flag), "%s: %s has no --%s", name, m[1], flag)
				}
			}
			n++
		}
		return nil
	}))
	require.NotZero(t, n)
}
