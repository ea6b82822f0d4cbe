package watch

import (
	"fmt"
	"testing"
	"time"

	"darksite/bundle/redact"
	"darksite/bundle/redact/pseudonym"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon/spool"

	"github.com/stretchr/testify/require"
)

// heardBefore is an app whose spool holds these lines of syslog.
func heardBefore(t *testing.T, lines ...string) *app {
	t.Helper()
	a := &app{&site.Site{Env: &cli.Env{Getenv: func(string) string { return "" }}, Given: t.TempDir()}}
	s, err := spool.Open(a.Path(site.SpoolDir), spool.Options{})
	require.NoError(t, err)
	for _, raw := range lines {
		require.NoError(t, s.Append("syslog", spool.Line{At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), From: "10.1.0.10:514", Raw: raw}))
	}
	require.NoError(t, s.Close())
	return a
}

func TestSpeakersAreEveryNameThatWasHeardOnce(t *testing.T) {
	a := heardBefore(
		t,
		"<130>1 - fa-mute purity.alert - - - (drive:ch0.bay1): failure [60]",
		"<130>1 - FA-MUTE purity.alert - - - again",
		"<130>1 - known-host app - - - hello",
		"<34>Nov 22 11:59:00 old-host su: hello",
		"Nov 22 11:59:00 plain-host su: without a priority",
		"no form at all",
	)
	got, err := Speakers(t.Context(), a.Site, []redact.Known{{Kind: pseudonym.Host, Value: "Known-Host"}})
	require.NoError(t, err)
	require.Equal(t, []redact.Known{
		{Kind: pseudonym.Host, Value: "fa-mute"}, {Kind: pseudonym.Host, Value: "old-host"}, {Kind: pseudonym.Host, Value: "plain-host"},
	}, got)
}

func TestMoreSpeakersThanCanBeHiddenEndTheBundle(t *testing.T) {
	var lines []string
	for i := range maxSpeakers + 1 {
		lines = append(lines, fmt.Sprintf("<130>1 - made-up-%d app - - - hello", i))
	}
	got, err := Speakers(t.Context(), heardBefore(t, lines[:maxSpeakers]...).Site, nil)
	require.NoError(t, err)
	require.Len(t, got, maxSpeakers)
	_, err = Speakers(t.Context(), heardBefore(t, lines...).Site, nil)
	require.ErrorContains(t, err, "more than 10000 names of senders")
}
