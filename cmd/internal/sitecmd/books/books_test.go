package books_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon"
	"darksite/localmon/overview"
	"darksite/runbooks/content"

	"github.com/stretchr/testify/require"
)

func emptySite(t *testing.T) (*site.Site, *bytes.Buffer) {
	t.Helper()
	var told bytes.Buffer
	return &site.Site{Env: &cli.Env{Err: &told, Getenv: func(string) string { return "" }, Now: time.Now}, Given: t.TempDir()}, &told
}

func TestAnAlertLeadsOnlyToARunbookThatIsHere(t *testing.T) {
	s, _ := emptySite(t)
	leads, err := books.OpenLeads(s)
	require.NoError(t, err)
	b, why := leads.Alert(localmon.Alert{Rule: "x", Runbook: "drive-failed"}, "flasharray")
	require.NotNil(t, b)
	require.Equal(t, "drive-failed", b.ID)
	require.Equal(t, "rule x", why)
	b, _ = leads.Alert(localmon.Alert{Rule: "no-such-rule", Runbook: "no-such-runbook"}, "flasharray")
	require.Nil(t, b)
}

func TestWhatComesNextFitsWhatIsKnown(t *testing.T) {
	s, _ := emptySite(t)
	leads, err := books.OpenLeads(s)
	require.NoError(t, err)
	require.Equal(t, "darksite runbook run --alert 3 --as ID", leads.NextFor(overview.Next{Alert: 3, Runbook: "drive-failed"}, true))
	require.Equal(t, "darksite alerts show 3", leads.NextFor(overview.Next{Alert: 3, Rule: "no-such-rule"}, true))
	require.Equal(t, "darksite monitor", leads.NextFor(overview.Next{Target: "fa-1"}, false))
}

func TestAPackThatCannotBeReadTakesNothingAway(t *testing.T) {
	s, told := emptySite(t)
	require.NoError(t, os.MkdirAll(s.Path("packs"), 0o700))
	require.NoError(t, os.WriteFile(s.Path("packs", "vendor.pack"), []byte("no pack"), 0o600))
	lib, err := books.Library(s)
	require.NoError(t, err)
	kit, err := content.Library()
	require.NoError(t, err)
	require.Len(t, lib.All(), len(kit.All()))
	require.Contains(t, told.String(), "left out")
	require.Empty(t, books.Packed(s))
}
