package sight_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/localmon/boltfile"

	"github.com/stretchr/testify/require"
)

func emptySite(t *testing.T) *site.Site {
	t.Helper()
	return &site.Site{Env: &cli.Env{Getenv: func(string) string { return "" }, Now: time.Now}, Given: t.TempDir()}
}

func TestASiteWithoutStoredThingsIsAnEmptySight(t *testing.T) {
	s := emptySite(t)
	require.NoError(t, sight.With(t.Context(), s, func(v *sight.Sight) error {
		alerts, err := v.Alerts(t.Context())
		require.NoError(t, err)
		require.Empty(t, alerts)
		series, err := v.Series(t.Context(), localmon.Selector{})
		require.NoError(t, err)
		require.Empty(t, series)
		m, err := v.Monitor(t.Context())
		require.NoError(t, err)
		require.Nil(t, m, "no monitor runs")
		return nil
	}))
	_, err := sight.Alert(t.Context(), s, 1)
	require.ErrorContains(t, err, "nothing was stored yet")
	left, err := os.ReadDir(s.Dir())
	require.NoError(t, err)
	require.Empty(t, left, "looking makes no files")
}

func TestAForeignHistoryIsLeftAsItIs(t *testing.T) {
	s := emptySite(t)
	file := s.Path(site.HistoryFile)
	require.NoError(t, os.WriteFile(file, []byte("no history"), 0o600))
	_, err := sight.Open(t.Context(), s)
	require.Error(t, err)
	require.Contains(t, cli.Hint(err), "darksite history recover --start-beside")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "no history", string(data))
}

func TestEachWayOutFitsItsError(t *testing.T) {
	path := filepath.Join("x", "history.db")
	for of, want := range map[error]string{
		boltfile.ErrNewer:   "use the newer darksite",
		boltfile.ErrForeign: "--start-beside",
		boltfile.ErrDamaged: "--roll-back",
		os.ErrPermission:    "find out why it cannot be written",
	} {
		require.Contains(t, cli.Hint(sight.WayOut(path, fmt.Errorf("open: %w", of))), want, of)
	}
	require.NoError(t, sight.WayOut(path, nil))
	require.Equal(t, cli.CodeTampered, cli.Code(sight.WayOutOfCopy(path, boltfile.ErrDamaged)))
}
