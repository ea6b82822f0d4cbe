package arrayrest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/arrayrest/resttest"

	"github.com/stretchr/testify/require"
)

func toyAlert(f arrayrest.Fields) localmon.ArrayAlert {
	return localmon.ArrayAlert{ID: f.Str("id", 64), Name: f.Str("id", 64), State: f.Str("state", 64), Issue: f.Str("issue", 64), Updated: f.Time("updated")}
}

func newMemory(notClosed string) *arrayrest.AlertMemory {
	return arrayrest.NewAlertMemory(arrayrest.AlertRow{Row: rowAlerts, NotClosed: notClosed, Open: "state='open'", Of: toyAlert})
}

// one is an alert as the array lists it, minutes after a beginning.
func one(id, state string, minutes int) resttest.Item {
	return resttest.Item{"id": id, "name": id, "state": state, "updated": 1_700_000_000_000 + minutes*60_000}
}

// take hands a reading to the memory and spells what a batch would hold.
func take(t *testing.T, m *arrayrest.AlertMemory, whole bool, alerts ...resttest.Item) string {
	t.Helper()
	body, err := json.Marshal(resttest.Item{"items": alerts})
	require.NoError(t, err)
	l, err := arrayrest.ParsePage(body)
	require.NoError(t, err)
	m.Take(l, whole)
	batch, partial := m.Apply(resttest.At())
	require.Empty(t, partial)
	return resttest.AlertStates(localmon.Batch{Alerts: batch})
}

func TestAlertMemory(t *testing.T) {
	for name, steps := range map[string][]struct {
		whole bool
		given []resttest.Item
		want  string
	}{
		"holds what is open until it is closed, and tells that once": {
			{true, []resttest.Item{one("a", "open", 0)}, "a open"},
			{false, nil, "a open"},
			{false, []resttest.Item{one("a", "closed", 5)}, "a closed"},
			{false, []resttest.Item{one("a", "closed", 5)}, ""},
		},
		"tells what opened and closed unseen": {
			{true, nil, ""},
			{false, []resttest.Item{one("a", "closed", 5)}, "a closed"},
			{false, []resttest.Item{one("a", "closed", 5)}, ""},
		},
		"tells what opens again": {
			{true, []resttest.Item{one("a", "closed", 0)}, "a closed"},
			{false, []resttest.Item{one("a", "open", 5)}, "a open"},
			{false, []resttest.Item{one("a", "closed", 6)}, "a closed"},
		},
		"drops what a whole reading no longer lists": {
			{true, []resttest.Item{one("a", "open", 0), one("b", "open", 1)}, "a open, b open"},
			{true, []resttest.Item{one("b", "open", 1)}, "b open"},
		},
		"keeps what is closing where only open ones were listed": {
			{true, []resttest.Item{one("a", "closing", 0), one("w", "waiting to downgrade", 1)}, "a closing, w waiting to downgrade"},
			{true, nil, "a closing, w waiting to downgrade"},
			{false, []resttest.Item{one("a", "closed", 2), one("w", "closed", 2)}, "a closed, w closed"},
		},
		"tells of the last day at first, and nothing older": {
			{true, []resttest.Item{one("new", "closed", 3000), one("old", "closed", 3000-24*60-1), one("day", "closed", 3000-24*60+1)}, "day closed, new closed"},
		},
		"takes the newest of one alert, in whatever order": {
			{true, []resttest.Item{one("a", "closed", 5), one("a", "open", 0)}, "a closed"},
		},
		"keeps apart what an array lists under one id": {
			{true, []resttest.Item{{"id": "a", "issue": "x", "state": "open"}, {"id": "a", "issue": "y", "state": "open"}}, "a open, a open"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory("")
			for i, step := range steps {
				require.Equal(t, step.want, take(t, m, step.whole, step.given...), "step %d", i+1)
			}
		})
	}
}

func TestAlertMemoryIsBounded(t *testing.T) {
	m := newMemory("")
	for look := range 12 { // 12,000 blips
		var items []resttest.Item
		for i := range 1000 {
			items = append(items, one(fmt.Sprintf("%d-%d", look, i), "closed", look))
		}
		take(t, m, false, items...)
	}
	require.Empty(t, take(t, m, false, one("11-5", "closed", 11)), "the newest are remembered as told")
	require.Equal(t, "1-5 closed", take(t, m, false, one("1-5", "closed", 1)), "the oldest beyond ten thousand are not")
}

// reads runs the memory's own reading once and gives what it asked.
func reads(t *testing.T, a *resttest.Array, c *arrayrest.Client, m *arrayrest.AlertMemory, after time.Duration) (asked []string, states string) {
	t.Helper()
	l, err := c.Look(t.Context(), resttest.At().Add(after), arrayrest.NewSchedule([]*arrayrest.Row{rowAlerts}), map[*arrayrest.Row]arrayrest.Reader{rowAlerts: m.Read})
	require.NoError(t, err)
	batch, ok := l.Alerts(m)
	require.True(t, ok)
	return a.Queries("alerts"), resttest.AlertStates(localmon.Batch{Alerts: batch})
}

func TestAlertMemoryAsksWithTheBestFilterTheArrayTakes(t *testing.T) {
	const notClosed, open, newest = "filter=state%21%3D%27closed%27&limit=1000", "filter=state%3D%27open%27&limit=1000", "limit=100&sort=updated-"
	for name, c := range map[string]struct {
		notClosed string
		refuses   []string
		want      []string
	}{
		"all but the closed":                 {"state!='closed'", nil, []string{notClosed, newest}},
		"the open where that is refused":     {"state!='closed'", []string{"state!='closed'"}, []string{notClosed, open, newest}},
		"the open where that is all":         {"", nil, []string{open, newest}},
		"none where every one is refused":    {"state!='closed'", []string{"*"}, []string{notClosed, open, "limit=1000&sort=updated-"}},
		"none where the only one is refused": {"", []string{"*"}, []string{open, "limit=1000&sort=updated-"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, client := newToy(t)
			a.Refuses = c.refuses
			a.Items["alerts"] = []resttest.Item{one("a", "open", 0), one("b", "closed", 1)}
			m := newMemory(c.notClosed)
			asked, states := reads(t, a, client, m, 0)
			require.Equal(t, c.want, asked)
			require.Equal(t, "a open, b closed", states)
			asked, states = reads(t, a, client, m, 20*time.Minute)
			require.NotContains(t, asked, "limit=100&sort=updated-", "the watermark is known")
			require.Equal(t, "a open", states)
		})
	}
}

func TestAlertMemoryKeepsAFailedReadingOut(t *testing.T) {
	a, c := newToy(t)
	m := newMemory("")
	a.Items["alerts"] = []resttest.Item{one("a", "open", 0)}
	_, states := reads(t, a, c, m, 0)
	require.Equal(t, "a open", states)
	a.Breaks("alerts", 500)
	s := arrayrest.NewSchedule([]*arrayrest.Row{rowAlerts, rowParts})
	l, err := c.Look(t.Context(), resttest.At(), s, map[*arrayrest.Row]arrayrest.Reader{rowAlerts: m.Read})
	require.NoError(t, err)
	_, ok := l.Alerts(m)
	require.False(t, ok, "not read is not none")
	a.Set(func() { a.Misbehave = nil; a.Items["alerts"] = []resttest.Item{one("a", "closed", 1)} })
	_, states = reads(t, a, c, m, time.Minute)
	require.Equal(t, "a closed", states)
}
