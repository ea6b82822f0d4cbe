package notify_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
)

func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(text), "\n"))
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestFile(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		t.Run(fmt.Sprintf("json %t", asJSON), func(t *testing.T) {
			conform(t, func(t *testing.T) receiver {
				dir := t.TempDir()
				path := filepath.Join(dir, "notify", "alerts.log")
				f, err := notify.NewFile(notify.FileOptions{Path: path, JSON: asJSON})
				require.NoError(t, err)
				return receiver{
					notifier: f, entries: each,
					took: func(t *testing.T, _ int) []string {
						all := lines(t, path)
						if asJSON {
							for _, l := range all {
								var line notify.FileLine
								require.NoError(t, json.Unmarshal([]byte(l), &line))
								require.Equal(t, "S042", line.Site)
							}
						}
						return all
					},
					down: func(t *testing.T) { require.NoError(t, os.WriteFile(filepath.Join(dir, "notify"), nil, 0o600)) },
					up:   func(t *testing.T) { require.NoError(t, os.Remove(filepath.Join(dir, "notify"))) },
				}
			})
		})
	}
}

func TestAFileIsPutAsideBeforeItGrowsTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.log")
	f, err := notify.NewFile(notify.FileOptions{Path: path, MaxSize: 500, Keep: 2})
	require.NoError(t, err)
	for i := range uint64(40) {
		require.NoError(t, f.Notify(t.Context(), message(0, change(i+1, 2, "A", fmt.Sprintf("number %d.", i+1)))))
	}
	var all []string
	for _, name := range []string{path + ".2", path + ".1", path} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(500))
		require.EqualValues(t, 0o600, info.Mode().Perm())
		all = append(all, lines(t, name)...)
	}
	for i, line := range all {
		require.Contains(t, line, fmt.Sprintf("number %d.", 40-len(all)+i+1), "no line is lost between two files")
	}
	require.NoFileExists(t, path+".3")
}

func TestALineThatAPowerCutLeftHalfEndsBeforeTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.log")
	require.NoError(t, os.WriteFile(path, []byte("half a li"), 0o600))
	f, err := notify.NewFile(notify.FileOptions{Path: path})
	require.NoError(t, err)
	require.NoError(t, f.Notify(t.Context(), message(0, change(1, 2, "A", "alpha"))))
	got := lines(t, path)
	require.Len(t, got, 2)
	require.Equal(t, "half a li", got[0])
}

func TestAFileThatIsNoneIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.log")
	require.NoError(t, os.Symlink("/dev/null", path))
	f, err := notify.NewFile(notify.FileOptions{Path: path})
	require.NoError(t, err)
	require.ErrorContains(t, f.Notify(t.Context(), message(0, change(1, 2, "A", "alpha"))), "no plain file")
}
