package daemon_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/daemon"
	"darksite/localmon/live"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// slowRules judge a part of a look that failed by what its error says.
const slowRules = `rules:
  - id: part-failed
    about: A part of the look failed.
    severity: 3
    why: it is not watched
    hard: true
    summary: "{component}: {error}"
    source: {trouble: partial}
    cases:
      - name: failed
        looks: [{failing: [drives]}]
        fires: [drives 3]
      - name: well
        looks: [{}]
`

// slowError takes as long to say what it is as the test lets it: a rule that reads
// it is a rule that takes long.
type slowError struct {
	asked   chan struct{}
	release chan struct{}
	once    *sync.Once
}

func (e slowError) Error() string {
	e.once.Do(func() { close(e.asked) })
	<-e.release
	return "HTTP 500"
}

// failing is a target a part of which fails.
type failing struct {
	*scripted
	err error
}

func (s failing) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	b, err := s.scripted.Collect(ctx, now)
	b.Partial = []localmon.EndpointError{{Endpoint: "drives", Err: s.err}}
	return b, err
}

// While one rule does not come back the monitor answers whoever asks it, watches
// the other targets, and says which one stands still.
func TestAMonitorAnswersWhileARuleTakesLong(t *testing.T) {
	dir, err := os.MkdirTemp("", "ds") // short: a socket stands in it
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	f := openFolder(t, dir)
	slow := slowError{make(chan struct{}), make(chan struct{}), &sync.Once{}}
	o := options(t, f, nil, &scripted{name: "fa-1", bad: true}, &scripted{name: "fa-2"})
	o.Targets[1].Source = failing{&scripted{name: "fa-2"}, slow}
	extra, err := rule.Parse("slow.yaml", []byte(slowRules))
	require.NoError(t, err)
	o.Rules, err = rule.Join(o.Rules, extra)
	require.NoError(t, err)
	o.Now, o.Standstill = time.Now, 200*time.Millisecond
	d, err := daemon.New(o)
	require.NoError(t, err)
	l, err := live.Listen(filepath.Join(dir, "run", "monitor.sock"))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- d.Run(ctx) }()
	go func() { ended <- live.NewServer(live.Options{Monitor: d, Reader: f.history}).Serve(ctx, l) }()

	<-slow.asked // from here on a look at fa-2 is being judged
	client, err := live.Dial(t.Context(), l.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	var alerts []localmon.Alert
	require.Eventually(t, func() bool {
		alerts, err = client.Alerts(t.Context())
		return err == nil && len(alerts) == 2
	}, 20*time.Second, 5*time.Millisecond, "the drive of fa-1, and that fa-2 stands still")
	by := map[string]localmon.Alert{}
	for _, a := range alerts {
		by[a.Rule] = a
	}
	require.Equal(t, "fa-2", by["monitor-stands-still"].Component)
	require.Contains(t, by["monitor-stands-still"].Summary, "judging a look since")
	acked, err := client.Ack(t.Context(), by["drive-failed"].ID, "mdurand", "part ordered")
	require.NoError(t, err, "what people do is taken and stored")
	require.Equal(t, "mdurand", acked.AckedBy)
	before, err := client.Monitor(t.Context())
	require.NoError(t, err)
	require.Zero(t, before.Looks[1].At, "no look at fa-2 is judged yet")
	require.Eventually(t, func() bool {
		m, err := client.Monitor(t.Context())
		return err == nil && m.Looks[0].Scrape > before.Looks[0].Scrape+2
	}, 20*time.Second, 5*time.Millisecond, "fa-1 is watched")
	require.ErrorContains(t, d.Health(), "standstill of fa-2")

	close(slow.release)
	require.Eventually(t, func() bool {
		a, err := client.Alerts(t.Context())
		found := slices.ContainsFunc(a, func(a localmon.Alert) bool { return a.Rule == "part-failed" && a.Target == "fa-2" })
		return err == nil && d.Health() == nil && found
	}, 20*time.Second, 5*time.Millisecond, "the rule came back and says what it found")
	stop()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
}

// many is a target that tells thousands of one metric.
type many struct{ *scripted }

func (s many) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	b, err := s.scripted.Collect(ctx, now)
	for i := range 20_001 {
		b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{
			Target: s.name, Metric: "purefa_pod_mediator_status", Labels: localmon.FormatLabels("pod", fmt.Sprint("pod", i), "status", "unreachable"),
		}})
	}
	return b, err
}

// A rule that would look at more than it may is left out of the look, which is
// told; all others judge it.
func TestARuleBeyondItsBudgetIsLeftOutAndTheOthersGoOn(t *testing.T) {
	f, c := openFolder(t, t.TempDir()), newClock()
	o := options(t, f, c, &scripted{name: "fa-1"}, &scripted{name: "fa-2", bad: true})
	o.Targets[0].Source = many{&scripted{name: "fa-1", bad: true}}
	o.Targets[0].Poll.Timeout = time.Minute
	d, err := daemon.New(o)
	require.NoError(t, err)
	s := once(t, d, c)
	told := map[string][]string{}
	for _, a := range s.Alerts {
		told[a.Target] = append(told[a.Target], a.Rule)
	}
	require.ElementsMatch(t, []string{"drive-failed", "rule-over-budget"}, told["fa-1"])
	require.Equal(t, []string{"drive-failed"}, told["fa-2"])
	require.Len(t, told, 2)
}
