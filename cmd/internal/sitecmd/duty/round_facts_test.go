package duty

import (
	"testing"
	"time"

	"darksite/bundle/pipeline"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/overview"

	"github.com/stretchr/testify/require"
)

func TestWhatEndsIsSaidInTime(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	day := func(s string) siteconf.Date {
		var d siteconf.Date
		require.NoError(t, d.UnmarshalText([]byte(s)))
		return d
	}
	for name, c := range map[string]struct {
		last  string
		word  overview.Word
		value string
	}{
		"it holds for long":         {"2027-06-30", overview.OK, "until 2027-06-30"},
		"it ends within two months": {"2026-12-22", overview.Warning, "until 2026-12-22, that is in 30 d 9 h"},
		"it holds on its last day":  {"2026-11-22", overview.Warning, "until 2026-11-22, that is in 9 h"},
		"it ended yesterday":        {"2026-11-21", overview.Critical, "until 2026-11-21: it has ended"},
	} {
		t.Run(name, func(t *testing.T) {
			word, value := ending(lastDay(day(c.last)), now)
			require.Equal(t, c.word, word)
			require.Equal(t, c.value, value)
		})
	}
}

func TestTheRoundSaysWhatABundleWaitsFor(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC)
	a := &app{&site.Site{Env: &cli.Env{Now: func() time.Time { return now }}}}
	record := func(s pipeline.State, ago time.Duration) pipeline.Record {
		return pipeline.Record{BID: "S042-000003", Seq: 3, State: s, Trail: []pipeline.Step{{At: now.Add(-ago).Format(time.RFC3339), State: s}}}
	}
	for name, c := range map[string]struct {
		record pipeline.Record
		newest int64
		value  string
	}{
		"one that is away waits for nobody here":          {record(pipeline.Released, time.Hour), 3, ""},
		"one officer has signed":                          {record(pipeline.Approved1, time.Hour), 3, "waits for the second officer"},
		"nobody has looked at it":                         {record(pipeline.Frozen, time.Hour), 3, "waits for officers to review and approve it"},
		"its collection broke off":                        {record(pipeline.Begun, time.Hour), 3, "its collection did not end"},
		"that approvals lapsed is news for one round":     {record(pipeline.Lapsed, time.Hour), 3, "its approvals have lapsed"},
		"that approvals lapsed last week is news no more": {record(pipeline.Lapsed, 7*24*time.Hour), 3, ""},
		"approvals that lapse soon": {func() pipeline.Record {
			r := record(pipeline.Sealed, time.Hour)
			r.Approvals = []pipeline.Approval{{Decision: "approve"}}
			return r
		}(), 20, "is sealed and on no medium; its approvals may lapse after 3 more bundles"},
	} {
		t.Run(name, func(t *testing.T) {
			l, tell := a.bundleLine(c.record, c.newest)
			require.Equal(t, c.value != "", tell)
			if tell {
				require.Equal(t, c.value, l.Value)
				require.Equal(t, overview.Warning, l.Word)
				require.NotEmpty(t, l.Next)
			}
		})
	}
	away := func(ago time.Duration) overview.Line {
		return a.carriedOut([]pipeline.Record{record(pipeline.Released, ago)})
	}
	require.Equal(t, overview.OK, away(24*time.Hour).Word)
	require.Equal(t, overview.Warning, away(20*24*time.Hour).Word, "nobody has heard of it for long")
	require.Equal(t, overview.Unknown, a.carriedBack(site.Replies{Seq: 4}).Word, "an older kit did not note when")
	require.Equal(t, overview.OK, a.carriedBack(site.Replies{Seq: 4, At: now}).Word)
}
