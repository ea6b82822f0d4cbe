package sla_test

import (
	"testing"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/sla"

	"github.com/stretchr/testify/require"
)

// A case in Paris, received on a Friday at 17:55.
var (
	received = time.Date(2026, 11, 20, 16, 55, 0, 0, time.UTC)
	hours    = desk.Hours{Zone: "Europe/Paris", Week: office}
)

func open(severity int) desk.Case {
	return desk.Case{
		ID: "S042/T-A", Status: desk.AwaitingSupport, Severity: severity, Raised: received.Add(-52 * time.Hour), Received: received,
		Rises: []desk.Rise{{At: received, To: severity}},
	}
}

func acked(severity int, after time.Duration) desk.Case {
	c := open(severity)
	c.Status, c.Acknowledged = desk.InProgress, received.Add(after)
	return c
}

func with(c desk.Case, edit func(*desk.Case)) desk.Case {
	edit(&c)
	return c
}

func TestClocks(t *testing.T) {
	const late = 1000 * time.Hour
	part := func(plan desk.PlanKind, severity int, edit func(*desk.Part)) desk.Case {
		return with(acked(severity, 0), func(c *desk.Case) {
			p := desk.Part{Kind: "drive", Name: "CH0.BAY7", Plan: plan, Severity: severity, Diagnosed: received}
			if edit != nil {
				edit(&p)
			}
			c.Parts = []desk.Part{p}
		})
	}
	escalated := func(edit func(*desk.Escalation)) desk.Case {
		return with(acked(2, 0), func(c *desk.Case) {
			e := desk.Escalation{At: received.Add(time.Hour)}
			if edit != nil {
				edit(&e)
			}
			c.Escalations = []desk.Escalation{e}
		})
	}
	rows := []struct {
		name  string
		c     desk.Case
		now   time.Duration // after it was received
		kind  string
		due   string // "" where none is owed
		state sla.State
	}{
		{"severity 1 is answered in 15 minutes", open(1), 0, sla.Response, "2026-11-20T18:10:00+01:00", sla.Running},
		{"severity 2 in 30", open(2), 0, sla.Response, "2026-11-20T18:25:00+01:00", sla.Running},
		{"severity 3 in an hour of business", open(3), 0, sla.Response, "2026-11-23T09:55:00+01:00", sla.Running}, // 5 + 55 min
		{"severity 4 in two", open(4), 0, sla.Response, "2026-11-23T10:55:00+01:00", sla.Running},                 // 5 + 115 min
		{"no severity, no promise", with(desk.Case{Received: received}, func(*desk.Case) {}), 0, sla.Response, "", ""},
		{"the last moment is in time", open(1), 15 * time.Minute, sla.Response, "2026-11-20T18:10:00+01:00", sla.Running},
		{"a second more is late", open(1), 15*time.Minute + time.Second, sla.Response, "2026-11-20T18:10:00+01:00", sla.Late},
		{"answered in time", acked(1, 14*time.Minute), late, sla.Response, "2026-11-20T18:10:00+01:00", sla.Met},
		{"answered too late", acked(1, 16*time.Minute), late, sla.Response, "2026-11-20T18:10:00+01:00", sla.Missed},
		{"a case that is refused is answered", with(open(3), func(c *desk.Case) { c.Status, c.Closed = desk.Closed, received.Add(time.Minute) }), late, sla.Response, "2026-11-23T09:55:00+01:00", sla.Met},
		{"raised from 3 to 1 the next noon", with(open(3), func(c *desk.Case) {
			c.Severity, c.Rises = 1, append(c.Rises, desk.Rise{At: at(t, "2026-11-21T12:00:00+01:00"), To: 1})
		}), 0, sla.Response, "2026-11-21T12:15:00+01:00", sla.Running}, // from the rise
		{"a rise makes nothing later", with(open(3), func(c *desk.Case) {
			c.Severity, c.Rises = 2, append(c.Rises, desk.Rise{At: at(t, "2026-11-23T09:50:00+01:00"), To: 2})
		}), 0, sla.Response, "2026-11-23T09:55:00+01:00", sla.Running}, // 10:20 would be later
		{"a rise after the answer changes nothing of it", with(acked(3, time.Minute), func(c *desk.Case) {
			c.Severity, c.Rises = 1, append(c.Rises, desk.Rise{At: received.Add(2 * time.Minute), To: 1})
		}), late, sla.Response, "2026-11-23T09:55:00+01:00", sla.Met},
		{"a site clock three years ahead", with(open(1), func(c *desk.Case) { c.Raised = received.AddDate(3, 0, 0) }), 0, sla.Response, "2026-11-20T18:10:00+01:00", sla.Running},
		{"a site clock of 1970", with(open(1), func(c *desk.Case) { c.Raised = time.Unix(0, 0) }), 0, sla.Response, "2026-11-20T18:10:00+01:00", sla.Running},

		{"no update before the answer", open(1), late, sla.Update, "", ""},
		{"severity 1: every hour", acked(1, 0), 0, sla.Update, "2026-11-20T18:55:00+01:00", sla.Running},
		{"severity 2: daily, weekends too", acked(2, 0), 0, sla.Update, "2026-11-21T17:55:00+01:00", sla.Running},
		{"severity 3: by the end of the next business day", acked(3, 0), 0, sla.Update, "2026-11-23T18:00:00+01:00", sla.Running},
		{"severity 4: only as agreed", acked(4, 0), 0, sla.Update, "", ""},
		{"severity 4: every three days", with(acked(4, 0), func(c *desk.Case) { c.Every = 72 * time.Hour }), 0, sla.Update, "2026-11-23T17:55:00+01:00", sla.Running},
		{"severity 2: every two days", with(acked(2, 0), func(c *desk.Case) { c.Every = 48 * time.Hour }), 0, sla.Update, "2026-11-22T17:55:00+01:00", sla.Running},
		{"an agreement ends with severity 1", with(acked(1, 0), func(c *desk.Case) { c.Every = 48 * time.Hour }), 0, sla.Update, "2026-11-20T18:55:00+01:00", sla.Running},
		{"a reply is an update", with(acked(2, 0), func(c *desk.Case) { c.Updated = received.Add(10 * time.Hour) }), 0, sla.Update, "2026-11-22T03:55:00+01:00", sla.Running},
		{"late", acked(1, 0), 2 * time.Hour, sla.Update, "2026-11-20T18:55:00+01:00", sla.Late},
		{"paused while the customer is asked", with(acked(1, 0), func(c *desk.Case) { c.Status = desk.AwaitingCustomer }), late, sla.Update, "0001-01-01T00:00:00Z", sla.Paused},
		{"paused while the customer is to confirm", with(acked(1, 0), func(c *desk.Case) { c.Status = desk.Pending }), late, sla.Update, "0001-01-01T00:00:00Z", sla.Paused},
		{"not paused by a part on its way", with(acked(2, 0), func(c *desk.Case) { c.Status = desk.AwaitingPart }), 0, sla.Update, "2026-11-21T17:55:00+01:00", sla.Running},
		{"counts anew from the customer's word", with(acked(2, 0), func(c *desk.Case) { c.Resumed = received.Add(240 * time.Hour) }), 0, sla.Update, "2026-12-01T17:55:00+01:00", sla.Running},
		{"a rise makes the next update earlier", with(acked(2, 0), func(c *desk.Case) {
			c.Severity, c.Rises = 1, append(c.Rises, desk.Rise{At: received.Add(2 * time.Hour), To: 1})
		}), 0, sla.Update, "2026-11-20T20:55:00+01:00", sla.Running}, // 19:55 + 1 h
		{"a rise to 3 makes an agreed update no later", with(acked(4, 0), func(c *desk.Case) {
			c.Severity, c.Every, c.Rises = 3, 2*time.Hour, append(c.Rises, desk.Rise{At: received.Add(time.Hour), To: 3})
		}), 0, sla.Update, "2026-11-20T19:55:00+01:00", sla.Running}, // 17:55 + 2 h
		{"a closed case owes no update", with(acked(1, 0), func(c *desk.Case) { c.Status, c.Closed = desk.Closed, received }), late, sla.Update, "", ""},

		{"an escalation is answered in 15 minutes", escalated(nil), 0, sla.Escalation, "2026-11-20T19:10:00+01:00", sla.Running},
		{"answered", escalated(func(e *desk.Escalation) { e.Answered = received.Add(70 * time.Minute) }), late, sla.Escalation, "2026-11-20T19:10:00+01:00", sla.Met},
		{"answered too late", escalated(func(e *desk.Escalation) { e.Answered = received.Add(80 * time.Minute) }), late, sla.Escalation, "2026-11-20T19:10:00+01:00", sla.Missed},
		{"never answered", escalated(func(e *desk.Escalation) { e.Resolved = received.Add(9 * time.Hour) }), late, sla.Escalation, "2026-11-20T19:10:00+01:00", sla.Missed},

		{"basic: shipped the same day", part(desk.Basic, 2, nil), 0, sla.Part, "2026-11-20T18:00:00+01:00", sla.Running}, // five minutes are left of Friday
		{"basic: diagnosed at night", part(desk.Basic, 2, func(p *desk.Part) { p.Diagnosed = received.Add(time.Hour) }), 0, sla.Part, "2026-11-23T18:00:00+01:00", sla.Running},
		{"basic: leaving is enough", part(desk.Basic, 2, func(p *desk.Part) { p.Shipped = received }), late, sla.Part, "2026-11-20T18:00:00+01:00", sla.Met},
		{"advanced: the next business day", part(desk.Advanced, 1, nil), 0, sla.Part, "2026-11-23T18:00:00+01:00", sla.Running},
		{"advanced: leaving is not enough", part(desk.Advanced, 1, func(p *desk.Part) { p.Shipped = received }), late, sla.Part, "2026-11-23T18:00:00+01:00", sla.Late},
		{"premium: four hours at severity 1", part(desk.Premium, 1, nil), 0, sla.Part, "2026-11-20T21:55:00+01:00", sla.Running},
		{"premium: else the next business day", part(desk.Premium, 2, nil), 0, sla.Part, "2026-11-23T18:00:00+01:00", sla.Running},
		{"premium: arrived after three hours", part(desk.Premium, 1, func(p *desk.Part) { p.Arrived = received.Add(3 * time.Hour) }), late, sla.Part, "2026-11-20T21:55:00+01:00", sla.Met},
	}
	c := calendar(t, hours.Zone, hours.Week)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var got []sla.Clock
			for _, k := range sla.Clocks(r.c, c, received.Add(r.now)) {
				if k.Kind == r.kind {
					got = append(got, k)
				}
			}
			if r.due == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.True(t, at(t, r.due).Equal(got[0].Due), "want %s, got %s", r.due, got[0].Due.In(c.Location()).Format(time.RFC3339))
			require.Equal(t, r.state, got[0].State)
		})
	}
}

func TestNextIsWhatIsDueFirst(t *testing.T) {
	c := calendar(t, hours.Zone, hours.Week)
	cs := with(acked(2, 0), func(c *desk.Case) {
		c.Escalations = []desk.Escalation{{At: received.Add(time.Hour)}}
		c.Parts = []desk.Part{{Kind: "drive", Name: "CH0.BAY7", Plan: desk.Advanced, Diagnosed: received}}
	})
	clocks := sla.Clocks(cs, c, received.Add(90*time.Minute))
	require.Len(t, clocks, 4)
	require.Equal(t, sla.Response, clocks[3].Kind, "what is over comes last")
	next, ok := sla.Next(clocks)
	require.True(t, ok)
	require.Equal(t, sla.Escalation, next.Kind)
	require.Equal(t, sla.Late, next.State)
	_, ok = sla.Next(sla.Clocks(with(cs, func(c *desk.Case) { c.Status, c.Parts, c.Escalations = desk.AwaitingCustomer, nil, nil }), c, received))
	require.False(t, ok, "the next word is the customer's")
}

func TestTransit(t *testing.T) {
	require.Equal(t, sla.Transit{Took: 52 * time.Hour}, sla.TransitOf(open(3)))
	ahead := with(open(3), func(c *desk.Case) { c.Raised = received.Add(time.Hour) })
	require.Equal(t, sla.Transit{Ahead: time.Hour}, sla.TransitOf(ahead))
}
