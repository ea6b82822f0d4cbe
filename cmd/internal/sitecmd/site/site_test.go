package site_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/stretchr/testify/require"
)

func at(dir string, vars map[string]string) *site.Site {
	return &site.Site{Env: &cli.Env{Getenv: func(n string) string { return vars[n] }, Now: time.Now}, Given: dir}
}

func TestTheFolderIsTheOneNamedFirst(t *testing.T) {
	require.Equal(t, "/named", at("/named", map[string]string{"DARKSITE_DIR": "/usual"}).Dir())
	require.Equal(t, "/usual", at("", map[string]string{"DARKSITE_DIR": "/usual"}).Dir())
	s := at("/named", nil)
	require.Equal(t, "/named/keys/a.key", s.Path(site.KeysDir, "a.key"))
	require.Equal(t, "/named/keys/a.token", s.Rooted("keys/a.token"))
	require.Equal(t, "/run/a.token", s.Rooted("/run/a.token"))
}

func TestAFolderWithoutSiteFileSaysWhatToDo(t *testing.T) {
	_, err := at(t.TempDir(), nil).Config()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Contains(t, cli.Hint(err), "darksite init")
}

func TestAnotherClockLeavesTheFirstAlone(t *testing.T) {
	s := at("/named", nil)
	then := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	other := s.At(func() time.Time { return then })
	require.Equal(t, then, other.Env.Now())
	require.Equal(t, "/named", other.Dir())
	require.NotEqual(t, then, s.Env.Now())
}

func TestASecretIsMadeOnceAndReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.key")
	require.NoError(t, site.NewSecret(path))
	first, err := site.ReadSecret(path)
	require.NoError(t, err)
	require.Len(t, first, 32)
	require.NoError(t, site.NewSecret(path))
	again, err := site.ReadSecret(path)
	require.NoError(t, err)
	require.Equal(t, first, again, "what is there is left alone")
	require.NoError(t, os.WriteFile(path, []byte("short\n"), 0o600))
	_, err = site.ReadSecret(path)
	require.ErrorContains(t, err, "want 64 hex digits")
}

func TestWhatIsCarriedInIsReadAsFarAsTheLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	data, err := site.ReadBounded(path, 4)
	require.NoError(t, err)
	require.Equal(t, "0123", string(data))
	_, err = site.ReadBounded(filepath.Dir(path), 4)
	require.Error(t, err, "a folder is no file")
}

func TestARunTakesThoseItCalledAlong(t *testing.T) {
	s := at(t.TempDir(), nil)
	for _, name := range []string{"R-0001", "R-0001.5", "R-0002.3", ".start-1"} {
		require.NoError(t, os.MkdirAll(s.Path(site.RunsDir, name), 0o700))
	}
	require.Equal(t, []string{"R-0001", "R-0001.5"}, s.WithCalled([]string{"R-0001"}))
	require.Empty(t, s.WithCalled(nil), "none named is the newest, which the collector picks")
	require.Error(t, s.CheckRuns([]string{"R-0001"}), "there is no log in it")
}
