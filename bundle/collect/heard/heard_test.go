package heard_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/heard"
	"darksite/localmon/spool"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// kept makes a spool with lines of a channel, the first the oldest, an hour
// apart, the last an hour before now.
func kept(t *testing.T, dir, channel string, texts ...string) {
	t.Helper()
	s, err := spool.Open(dir, spool.Options{})
	require.NoError(t, err)
	for i, text := range texts {
		at := now.Add(-time.Duration(len(texts)-i) * time.Hour)
		require.NoError(t, s.Append(channel, spool.Line{At: at, From: "10.1.0.10:514", Severity: "warning", Raw: text}))
	}
	require.NoError(t, s.Close())
}

func run(t *testing.T, bytes int64, c collect.Collector) (collect.Result, map[string]string) {
	t.Helper()
	staging := t.TempDir()
	p := collect.Profile{Each: collect.Budget{Bytes: bytes, Time: time.Minute}, Total: bytes}
	res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: func() time.Time { return now }}, []collect.Collector{c})
	require.NoError(t, err)
	files := map[string]string{}
	for _, it := range res.Items {
		text, err := os.ReadFile(filepath.Join(staging, filepath.FromSlash(it.Path)))
		require.NoError(t, err)
		files[it.Path] = string(text)
	}
	return res, files
}

func collector(dir string, window time.Duration) *heard.Heard {
	return heard.New(heard.Options{Dir: dir, Channels: []string{"syslog", "trap"}, Window: window, Now: now})
}

func TestEachChannelIsOneFileInTheOrderOfArrival(t *testing.T) {
	dir := t.TempDir()
	kept(t, dir, "syslog", "old", "one\nin one line", "two")
	kept(t, dir, "trap", "pureCriticalTrap")
	kept(t, dir, "other", "not asked for")
	c := collector(dir, 150*time.Minute)
	e, err := c.Estimate(t.Context())
	require.NoError(t, err)
	res, files := run(t, 1<<20, c)
	require.Equal(t, map[string]string{
		"files/heard/syslog.log": "2026-11-22T10:00:00.000Z 10.1.0.10:514 warning one\\x0ain one line\n2026-11-22T11:00:00.000Z 10.1.0.10:514 warning two\n",
		"files/heard/trap.log":   "2026-11-22T11:00:00.000Z 10.1.0.10:514 warning pureCriticalTrap\n",
	}, files)
	require.Equal(t, collect.OK, res.Collectors[0].State)
	require.Equal(t, 2, e.Files)
	require.Equal(t, res.Bytes(), e.Bytes, "what was foreseen is what was taken")
	require.True(t, e.Exact)
}

func TestOfALongChannelTheEndIsKept(t *testing.T) {
	dir := t.TempDir()
	var texts []string
	for i := range 200 {
		texts = append(texts, fmt.Sprintf("message %03d", i))
	}
	kept(t, dir, "syslog", texts...)
	res, files := run(t, 1000, collector(dir, 0))
	text := files["files/heard/syslog.log"]
	require.LessOrEqual(t, len(text), 1000)
	require.True(t, strings.HasSuffix(text, "message 199\n"))
	require.True(t, strings.HasPrefix(text, "2026-"), "a line is whole or not there")
	require.Equal(t, collect.Truncated, res.Items[0].State)
}

func TestNothingHeardIsNoFileAndNoFault(t *testing.T) {
	for name, dir := range map[string]string{"no spool": filepath.Join(t.TempDir(), "absent"), "an empty one": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			c := collector(dir, time.Hour)
			e, err := c.Estimate(t.Context())
			require.NoError(t, err)
			require.Zero(t, e.Files)
			require.Zero(t, e.Bytes)
			for _, it := range e.Items {
				require.Equal(t, "nothing was heard", it.Problem)
			}
			res, files := run(t, 1000, c)
			require.Empty(t, files)
			require.Equal(t, collect.OK, res.Collectors[0].State)
		})
	}
}
