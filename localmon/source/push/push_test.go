package push_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/push"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func at(minutes float64) time.Time { return start.Add(time.Duration(minutes * float64(time.Minute))) }

// said is a message about the alert of a drive bay.
func said(when time.Time, component, state string) push.Message {
	return push.Message{
		At: when, Channel: push.Syslog, From: netip.MustParseAddrPort("10.1.0.10:514"), Host: "fa-1", Severity: push.Critical,
		Text: "(drive:" + component + "): failure", Raw: "raw",
		Alert: &localmon.ArrayAlert{Code: 60, ComponentType: "drive", Component: component, Issue: "failure", State: state},
	}
}

func chatter(when time.Time) push.Message {
	return push.Message{At: when, Channel: push.Trap, Severity: push.Info, Text: "hello"}
}

// polled is a source whose batch a test makes.
type polled struct {
	target string
	b      localmon.Batch
	err    error
	during func()
}

func (p *polled) Target() string { return p.target }

func (p *polled) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	if p.during != nil {
		p.during()
	}
	if err := errors.Join(p.err, ctx.Err()); err != nil {
		return localmon.Batch{Target: p.target, At: now}, fmt.Errorf("look at %s: %w", p.target, err)
	}
	b := p.b
	b.Target, b.At = p.target, now
	return b, nil
}

func answering() *polled {
	return &polled{target: "fa-1", b: localmon.Batch{
		AlertsRead: true,
		Samples:    []localmon.Sample{{Key: localmon.SeriesKey{Target: "fa-1", Metric: "a_first"}, Value: 1}, {Key: localmon.SeriesKey{Target: "fa-1", Metric: "purefa_info"}, Value: 1}},
	}}
}

func look(t *testing.T, src localmon.Source, now time.Time) localmon.Batch {
	t.Helper()
	b, err := src.Collect(t.Context(), now)
	require.NoError(t, err)
	require.NoError(t, sourcetest.Check(b, src.Target(), now))
	return b
}

func value(t *testing.T, b localmon.Batch, metric, labels string) float64 {
	t.Helper()
	for _, s := range b.Samples {
		if s.Key.Metric == metric && s.Key.Labels == labels {
			return s.Value
		}
	}
	require.Fail(t, "no sample", "%s{%s}", metric, labels)
	return 0
}

func full() *push.Mailbox {
	box := push.NewMailbox(0)
	box.Put(said(at(-1), "ch0.bay3", ""))
	box.Put(chatter(at(-1)))
	return box
}

func TestJoinIsASource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		Target: "fa-1", Now: start,
		New: func(*testing.T) localmon.Source { return push.Join(answering(), full()) },
		Partial: func(*testing.T) localmon.Source {
			p := answering()
			p.b.Partial = []localmon.EndpointError{{Endpoint: "drives", Err: errors.New("no")}}
			return push.Join(p, full())
		},
		Gone: func(*testing.T) localmon.Source {
			return push.Join(&polled{target: "fa-1", err: errors.New("no route")}, full())
		},
	})
}

func TestAloneIsASource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		Target: "fa-1", Now: start,
		New: func(*testing.T) localmon.Source { return push.Alone("fa-1", full(), push.AloneOptions{}) },
		Partial: func(*testing.T) localmon.Source {
			box := push.NewMailbox(1)
			box.Put(said(at(-1), "ch0.bay3", ""))
			box.Put(said(at(-1), "ch0.bay4", ""))
			return push.Alone("fa-1", box, push.AloneOptions{})
		},
		NeverGone: "nobody is asked, and silence is no failure",
	})
}

func TestJoinTellsWhatTheListDidNotHold(t *testing.T) {
	p, box := answering(), push.NewMailbox(0)
	src := push.Join(p, box)
	p.b.Alerts = []localmon.ArrayAlert{{ID: "1", Code: 60, Component: "CH0.BAY3", State: "open"}}
	box.Put(said(at(0.1), "ch0.bay3", ""))
	box.Put(said(at(0.2), "ch0.bay4", ""))
	box.Put(said(at(0.3), "CH0.BAY4", "closed"))
	box.Put(chatter(at(0.3)))

	b := look(t, src, at(0.5))
	require.Len(t, b.Alerts, 2, "what the list holds is told once")
	blip := b.Alerts[1]
	require.Equal(t, "closed", blip.State)
	require.Equal(t, "critical", blip.Severity)
	require.Equal(t, [3]time.Time{at(0.2), at(0.3), at(0.3)}, [3]time.Time{blip.Created, blip.Updated, blip.Closed})
	require.Equal(t, 3.0, value(t, b, "localmon_push_messages", `channel="syslog",severity="critical"`))
	require.Equal(t, 1.0, value(t, b, "localmon_push_messages", `channel="trap",severity="info"`))

	p.b.Alerts = nil
	b = look(t, src, at(1))
	require.Empty(t, b.Alerts)
	require.Equal(t, 0.0, value(t, b, "localmon_push_messages", `channel="syslog",severity="critical"`))

	box.Put(said(at(2), "ch0.bay3", "closed"))
	require.Empty(t, look(t, src, at(2)).Alerts, "the list told it two minutes ago; the message was slower")

	box.Put(said(at(60), "ch0.bay3", ""))
	again := look(t, src, at(60)).Alerts
	require.Len(t, again, 1)
	box.Put(said(at(120), "ch0.bay3", ""))
	require.NotEqual(t, again[0].ID, look(t, src, at(120)).Alerts[0].ID, "another alert of the same part is another")
}

func TestJoinKeepsMessagesUntilTheyCanBeTold(t *testing.T) {
	p, box := answering(), push.NewMailbox(2)
	src := push.Join(p, box)
	box.Put(said(at(0), "ch0.bay3", ""))

	p.err = errors.New("no route")
	b, err := src.Collect(t.Context(), at(1))
	require.ErrorContains(t, err, "no route")
	require.Empty(t, b.Samples)

	p.err, p.b.AlertsRead = nil, false
	b = look(t, src, at(2))
	require.Empty(t, b.Alerts)
	require.Equal(t, 1.0, value(t, b, "localmon_push_messages", `channel="syslog",severity="critical"`))

	ctx, cancel := context.WithCancel(t.Context())
	p.b.AlertsRead, p.during = true, cancel
	_, err = src.Collect(ctx, at(2.5))
	require.Error(t, err)

	p.during = nil
	b = look(t, src, at(3))
	require.Len(t, b.Alerts, 1)
	require.Equal(t, 0.0, value(t, b, "localmon_push_messages", `channel="syslog",severity="critical"`), "counted once")

	p.b.AlertsRead = false
	for i := range 3 {
		box.Put(said(at(4), fmt.Sprint("ch0.bay", i), ""))
		look(t, src, at(4))
	}
	p.b.AlertsRead = true
	b = look(t, src, at(5))
	require.Len(t, b.Alerts, 2, "what is kept is bounded: the oldest went")
	require.Equal(t, "ch0.bay1", b.Alerts[0].Component)
}

func TestJoinLeavesTheSourcesBatchAlone(t *testing.T) {
	p, box := answering(), push.NewMailbox(0)
	p.b.Alerts = make([]localmon.ArrayAlert, 1, 10)
	p.b.Alerts[0] = localmon.ArrayAlert{ID: "1", Code: 1}
	box.Put(said(at(0), "ch0.bay3", ""))
	b := look(t, push.Join(p, box), at(1))
	b.Alerts[1].ID = "changed"
	require.Empty(t, p.b.Alerts[:2][1].ID)
	require.Len(t, p.b.Samples, 2)
}

func TestAloneHoldsAnAlertUntilItIsSilent(t *testing.T) {
	box := push.NewMailbox(0)
	src := push.Alone("fa-1", box, push.AloneOptions{})
	b := look(t, src, at(0))
	require.Empty(t, b.Alerts)
	require.True(t, b.AlertsRead)
	require.Len(t, b.Samples, 7, "silence has its counters, and no time of a message")

	box.Put(said(at(1), "ch0.bay3", ""))
	b = look(t, src, at(1.5))
	require.Len(t, b.Alerts, 1)
	first := b.Alerts[0]
	require.Equal(t, "open", first.State)
	require.Equal(t, float64(at(1).Unix()), value(t, b, "localmon_push_last_message_timestamp_seconds", ""))

	box.Put(said(at(24*60), "CH0.BAY3", ""))
	b = look(t, src, at(26*60))
	require.Len(t, b.Alerts, 1, "repeated after a day: the same alert")
	require.Equal(t, first.ID, b.Alerts[0].ID)
	require.Equal(t, at(1), b.Alerts[0].Created)
	require.Equal(t, at(24*60), b.Alerts[0].Updated)

	require.Equal(t, "open", look(t, src, at(49*60-1)).Alerts[0].State)
	b = look(t, src, at(49*60))
	require.Len(t, b.Alerts, 1)
	require.Equal(t, "closed", b.Alerts[0].State)
	require.Equal(t, at(49*60), b.Alerts[0].Closed)
	require.Empty(t, look(t, src, at(49*60+1)).Alerts, "closed is told once")
}

func TestAloneBelievesAMessageThatSaysItIsOver(t *testing.T) {
	for name, end := range map[string]push.Message{
		"the alert has a state": said(at(2), "ch0.bay3", "closed"),
		"the text says so": func() push.Message {
			m := said(at(2), "ch0.bay3", "")
			m.Text += " has been resolved"
			return m
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			box := push.NewMailbox(0)
			src := push.Alone("fa-1", box, push.AloneOptions{})
			box.Put(said(at(1), "ch0.bay3", ""))
			look(t, src, at(1.5))
			box.Put(end)
			b := look(t, src, at(2.5))
			require.Len(t, b.Alerts, 1)
			require.Equal(t, "closed", b.Alerts[0].State)
			require.Equal(t, at(2), b.Alerts[0].Closed)
			require.Empty(t, look(t, src, at(3)).Alerts)
		})
	}
}

func TestAloneTellsApartWhatHostsSay(t *testing.T) {
	box := push.NewMailbox(0)
	src := push.Alone("fa-1", box, push.AloneOptions{})
	other := said(at(1), "ch0.bay3", "closed")
	other.Host = "fa-2"
	box.Put(said(at(1), "ch0.bay3", ""))
	box.Put(other)
	b := look(t, src, at(2))
	require.Len(t, b.Alerts, 2)
	require.Equal(t, []string{"closed", "open"}, []string{b.Alerts[0].State, b.Alerts[1].State})
}

func TestAloneTakesUpWhatAnEarlierRunHeard(t *testing.T) {
	box := push.NewMailbox(0)
	src := push.Alone("fa-1", box, push.AloneOptions{})
	src.Replay(said(at(-120), "ch0.bay3", ""))
	src.Replay(said(at(-110), "ch0.bay4", ""))
	src.Replay(said(at(-100), "ch0.bay4", "closed"))
	src.Replay(chatter(at(-90)))
	b := look(t, src, at(0))
	require.Len(t, b.Alerts, 1)
	require.Equal(t, "ch0.bay3", b.Alerts[0].Component)
	require.Equal(t, at(-120), b.Alerts[0].Created)
	require.Equal(t, float64(at(-90).Unix()), value(t, b, "localmon_push_last_message_timestamp_seconds", ""))
	require.Equal(t, 0.0, value(t, b, "localmon_push_messages", `channel="syslog",severity="critical"`))
}

func TestTheOrderOfWhatIsReplayedDoesNotMatter(t *testing.T) {
	messages := []push.Message{said(at(-120), "ch0.bay3", ""), said(at(-100), "ch0.bay3", "closed"), said(at(-90), "ch0.bay4", "closed"), said(at(-80), "ch0.bay4", "")}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}, {2, 3, 0, 1}} {
		box := push.NewMailbox(0)
		src := push.Alone("fa-1", box, push.AloneOptions{})
		for _, i := range order {
			src.Replay(messages[i])
		}
		b := look(t, src, at(0))
		require.Len(t, b.Alerts, 1, order)
		require.Equal(t, "ch0.bay4", b.Alerts[0].Component)
		box.Put(said(at(-110), "ch0.bay3", ""))
		require.Len(t, look(t, src, at(0)).Alerts, 2, "what comes in now is news, whatever a clock says")
	}
}

func TestAloneOutlivesAClockThatIsSetBack(t *testing.T) {
	box := push.NewMailbox(0)
	src := push.Alone("fa-1", box, push.AloneOptions{Hold: time.Hour})
	box.Put(said(at(600), "ch0.bay3", ""))
	require.Equal(t, "open", look(t, src, at(0)).Alerts[0].State)
	require.Equal(t, "open", look(t, src, at(59)).Alerts[0].State)
	require.Equal(t, "closed", look(t, src, at(60)).Alerts[0].State)
}

func TestAloneSaysWhatFoundNoRoom(t *testing.T) {
	box := push.NewMailbox(3)
	src := push.Alone("fa-1", box, push.AloneOptions{Limit: 2})
	for i := range 4 {
		box.Put(said(at(0), fmt.Sprint("ch0.bay", i), ""))
	}
	b := look(t, src, at(1))
	require.Len(t, b.Alerts, 2)
	require.Len(t, b.Partial, 1)
	require.ErrorContains(t, b.Partial[0].Err, "2 messages about alerts were lost")
	require.Equal(t, 1.0, value(t, b, "localmon_push_dropped", ""))
	box.Put(said(at(2), "ch0.bay3", "closed"))
	b = look(t, src, at(2))
	require.Len(t, b.Alerts, 3, "an end needs no room")
	require.Empty(t, b.Partial)
}

func TestAMailboxKeepsAlertsAndCountsTheRest(t *testing.T) {
	box := push.NewMailbox(2)
	box.Put(said(at(0), "ch0.bay0", ""))
	for range 1000 {
		box.Put(chatter(at(1)))
	}
	odd := chatter(at(1))
	odd.Channel, odd.Severity = "made\nup", "made up"
	box.Put(odd)
	b := look(t, push.Alone("fa-1", box, push.AloneOptions{}), at(2))
	require.Len(t, b.Alerts, 1)
	require.Equal(t, 1000.0, value(t, b, "localmon_push_messages", `channel="trap",severity="info"`))
	require.Equal(t, 1.0, value(t, b, "localmon_push_messages", `channel="syslog",severity="warning"`))
	require.Equal(t, 0.0, value(t, b, "localmon_push_dropped", ""))
}

func TestAMailboxWakesOnce(t *testing.T) {
	box := push.NewMailbox(0)
	require.Empty(t, box.Wake())
	box.Put(chatter(at(0)))
	box.Put(chatter(at(0)))
	require.Len(t, box.Wake(), 1)
	<-box.Wake()
	require.Empty(t, box.Wake())
}

func TestAMailboxIsSharedByMany(t *testing.T) {
	box := push.NewMailbox(0)
	src := push.Alone("fa-1", box, push.AloneOptions{})
	var senders sync.WaitGroup
	for i := range 4 {
		senders.Go(func() {
			for range 100 {
				box.Put(said(at(0), fmt.Sprint("ch0.bay", i), ""))
			}
		})
	}
	total := 0.0
	for range 10 {
		total += value(t, look(t, src, at(1)), "localmon_push_messages", `channel="syslog",severity="critical"`)
	}
	senders.Wait()
	b := look(t, src, at(1))
	require.Equal(t, 400.0, total+value(t, b, "localmon_push_messages", `channel="syslog",severity="critical"`))
	require.Len(t, b.Alerts, 4)
}

func TestRouterGoesByAddressThenByName(t *testing.T) {
	boxes := map[string]*push.Mailbox{}
	target := func(name string, nets, hosts []string) push.Target {
		boxes[name] = push.NewMailbox(0)
		x := push.Target{Name: name, Hosts: hosts, Box: boxes[name]}
		for _, n := range nets {
			x.From = append(x.From, netip.MustParsePrefix(n))
		}
		return x
	}
	r, err := push.NewRouter([]push.Target{
		target("wide", []string{"10.1.0.0/16"}, nil),
		target("narrow", []string{"10.1.0.10/32", "fd00::10/128"}, nil),
		target("relayed", nil, []string{"FA-9", "fa-9.example.lan"}),
	})
	require.NoError(t, err)
	for name, c := range map[string]struct{ from, host, want string }{
		"the narrowest network":                {"10.1.0.10:514", "", "narrow"},
		"a wider one":                          {"10.1.0.11:514", "", "wide"},
		"IPv4 seen through an IPv6 socket":     {"[::ffff:10.1.0.10]:514", "", "narrow"},
		"an IPv6 address with a zone":          {"[fd00::10%eth0]:514", "", "narrow"},
		"a listed name from elsewhere":         {"192.0.2.1:514", "fa-9", "relayed"},
		"its full name with a dot at the end":  {"192.0.2.1:514", "fa-9.EXAMPLE.lan.", "relayed"},
		"the address wins over the name":       {"10.1.0.11:514", "fa-9", "wide"},
		"a name nobody lists":                  {"192.0.2.1:514", "narrow", ""},
		"nothing known":                        {"192.0.2.1:514", "", ""},
		"the name of one that lists addresses": {"192.0.2.1:514", "wide", ""},
	} {
		t.Run(name, func(t *testing.T) {
			from := netip.MustParseAddrPort(c.from)
			whose, known := r.Whose(push.Message{From: from, Host: c.host})
			require.Equal(t, c.want, whose)
			require.Equal(t, c.want != "", known)
			got, ok := r.Route(push.Message{At: start, From: from, Host: c.host, Text: "x"})
			require.Equal(t, c.want, got)
			require.Equal(t, c.want != "", ok)
			require.Equal(t, c.want == "wide" || c.want == "narrow", r.Knows(from.Addr()))
			if ok {
				require.Len(t, boxes[c.want].Wake(), 1)
			}
		})
	}
	unknown, beyond := r.Unknown()
	require.Zero(t, beyond)
	require.Equal(t, []push.Sender{{Addr: netip.MustParseAddr("192.0.2.1"), Messages: 3, Last: start, Text: "x"}}, unknown)
}

func TestRouterRefusesWhatCannotBeToldApart(t *testing.T) {
	box := push.NewMailbox(0)
	from := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	for want, targets := range map[string][]push.Target{
		"cannot be both of a and of b": {{Name: "a", From: from("10.1.0.1/24"), Box: box}, {Name: "b", From: from("::ffff:10.1.0.9/120"), Box: box}},
		"host \"X\" cannot be both":    {{Name: "a", Hosts: []string{"x."}, Box: box}, {Name: "b", Hosts: []string{"X"}, Box: box}},
		"has no mailbox":               {{Name: "a"}},
		"is not a network":             {{Name: "a", From: make([]netip.Prefix, 1), Box: box}},
	} {
		_, err := push.NewRouter(targets)
		require.ErrorContains(t, err, want)
	}
}

func TestUnknownSendersAreBounded(t *testing.T) {
	r, err := push.NewRouter(nil)
	require.NoError(t, err)
	for i := range 1000 {
		r.Route(push.Message{From: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1)})
	}
	senders, beyond := r.Unknown()
	require.Len(t, senders, 256)
	require.Equal(t, 744, beyond)
}

// hurried is a polled source that counts how often it was asked to hurry.
type hurried struct {
	polled
	asked int
}

func (h *hurried) Hurry() { h.asked++ }

func TestJoinHurriesTheSourceWhenSomethingWasSaid(t *testing.T) {
	src, box := &hurried{polled: *answering()}, push.NewMailbox(0)
	joined := push.Join(src, box)
	look(t, joined, at(0))
	require.Zero(t, src.asked, "silence is no reason to hurry")
	box.Put(chatter(at(0)))
	look(t, joined, at(1))
	require.Zero(t, src.asked, "and chatter is none")
	box.Put(said(at(1), "ct0.fc1", "open"))
	look(t, joined, at(2))
	require.Equal(t, 1, src.asked)
	look(t, joined, at(3))
	require.Equal(t, 1, src.asked)
}

func TestAMailboxCanBeAskedForALook(t *testing.T) {
	box := push.NewMailbox(0)
	require.False(t, box.Asked(), "nobody asked")
	box.Ask()
	box.Ask() // what is asked twice before a look is one look
	require.Len(t, box.Wake(), 1)
	require.True(t, box.Asked())
	require.False(t, box.Asked(), "a wish is granted once")
	<-box.Wake()
	require.Empty(t, box.Wake())
}
