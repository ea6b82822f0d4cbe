package queue_test

import (
	"testing"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/queue"
	"darksite/bundle/desk/sla"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) // a Friday

func received(id string, severity int, ago time.Duration) desk.Case {
	at := now.Add(-ago)
	return desk.Case{
		ID: id, Site: "S042", Status: desk.AwaitingSupport, Severity: severity, Received: at, Raised: at.Add(-time.Hour),
		Rises: []desk.Rise{{At: at, To: severity}},
	}
}

func TestWhatIsDueFirstIsOnTop(t *testing.T) {
	waiting := received("waiting", 1, time.Hour)
	waiting.Status, waiting.Acknowledged = desk.AwaitingCustomer, now
	closed := received("closed", 1, 0)
	closed.Status, closed.Closed = desk.Closed, now
	older := waiting
	older.ID, older.Received = "older", waiting.Received.Add(-time.Hour)
	cases := []desk.Case{
		closed, older, waiting, received("minor", 3, 0), received("late", 2, time.Hour), received("urgent", 1, 0),
		received("major", 2, 0), received("silent", 0, 0),
	}
	rows, err := queue.Build(cases, nil, now)
	require.NoError(t, err)
	var order []string
	for _, r := range rows {
		order = append(order, r.ID)
	}
	require.Equal(t, []string{"late", "urgent", "major", "minor", "silent", "waiting", "older", "closed"}, order)
	require.Equal(t, sla.Late, rows[0].Next.State)
	require.Nil(t, rows[5].Next)
	require.Nil(t, rows[7].Next)
	require.Equal(t, sla.Transit{Took: time.Hour}, rows[0].Transit)
}

func TestRow(t *testing.T) {
	c := received("a", 2, 0)
	c.Escalations = []desk.Escalation{{At: now}}
	s := desk.Site{Code: "S042", Hours: &desk.Hours{Zone: "Asia/Kathmandu", Week: "sun-fri 10:00-17:00"}}
	plan := func(from, until time.Time) *desk.Plan { return &desk.Plan{Kind: desk.Basic, From: from, Until: until} }
	r, err := queue.Of(c, s, now)
	require.NoError(t, err)
	require.Equal(t, "17:45", r.Local)
	require.True(t, r.Escalated)
	require.Equal(t, "none", r.Plan)
	for want, p := range map[string]*desk.Plan{
		"basic":               plan(now, now.AddDate(1, 0, 0)),
		"basic, ends in 12 d": plan(now.AddDate(-1, 0, 0), now.AddDate(0, 0, 12)),
		"basic, not in force": plan(now.AddDate(-1, 0, 0), now),
	} {
		s.Plan = p
		r, err = queue.Of(c, s, now)
		require.NoError(t, err)
		require.Equal(t, want, r.Plan)
	}
	c.Escalations[0].Resolved = now
	r, err = queue.Of(c, s, now)
	require.NoError(t, err)
	require.False(t, r.Escalated)
	s.Hours.Zone = "nowhere"
	_, err = queue.Build([]desk.Case{c}, map[string]desk.Site{"S042": s}, now)
	require.ErrorContains(t, err, "hours of site S042")
}
