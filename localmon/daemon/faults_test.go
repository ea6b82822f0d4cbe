package daemon_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/rule"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/poll"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// site is a simulated array, looked at through its REST interface over TLS and
// judged by the shipped rules. Time is the array's own.
type site struct {
	t     *testing.T
	array *sim.Array
	src   *flasharray.Source
	eval  *rule.Evaluator
	eng   alert.Engine
	state alert.State
	story []string // what was told, with the time since the start
	begin time.Time
}

func newSite(t *testing.T) *site {
	t.Helper()
	array, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 7})
	require.NoError(t, err)
	server, err := arrayapi.Listen("127.0.0.1:0", arrayapi.New(array))
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	src, err := flasharray.New(flasharray.Options{Target: "fa-prod-1", URL: server.URL(), Token: server.Token(), Pin: server.Pin()})
	require.NoError(t, err)
	rules, err := rule.Shipped()
	require.NoError(t, err)
	return &site{
		t: t, array: array, src: src, eval: rule.NewEvaluator(rules, "fa-prod-1", localmon.KindFlashArray),
		eng: alert.New(alert.Options{}), begin: array.Now(),
	}
}

// look advances the array by step and looks once.
func (s *site) look(step time.Duration) {
	s.t.Helper()
	s.array.Advance(step)
	now := s.array.Now()
	b, _ := poll.Once(s.t.Context(), poll.Options{Timeout: 5 * time.Second}, s.src, now)
	res := s.eng.Step(s.state, now, s.eval.Evaluate(now, b))
	s.state = res.State
	for _, c := range res.Changes {
		s.story = append(s.story, fmt.Sprintf("%s %s %s %d", c.What, c.Alert.Rule, c.Alert.Component, c.Alert.Severity))
		s.t.Logf("%8s %s %s/%s sev %d: %s", now.Sub(s.begin), c.What, c.Alert.Rule, c.Alert.Component, c.Alert.Severity, c.Alert.Summary)
	}
}

func (s *site) watch(d, step time.Duration) {
	s.t.Helper()
	for end := s.array.Now().Add(d); s.array.Now().Before(end); {
		s.look(step)
	}
}

// firing lists what people are told now: rule component severity.
func (s *site) firing() []string {
	out := []string{}
	for _, a := range s.state.Alerts() {
		if a.Status == localmon.StatusFiring && a.Parent == 0 {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s", a.Rule, a.Component))+fmt.Sprintf(" %d", a.Severity))
		}
	}
	slices.Sort(out)
	return out
}

// told lists every alert that was ever fired, once.
func (s *site) told() []string {
	out := map[string]bool{}
	for _, line := range s.story {
		f := strings.Fields(line)
		if f[0] == localmon.ChangeFired || f[0] == localmon.ChangePassed {
			out[strings.Join(f[1:len(f)-1], " ")] = true
		}
	}
	return slices.Sorted(maps.Keys(out))
}

func (s *site) inject(f sim.Fault) string {
	s.t.Helper()
	id, err := s.array.Inject(f)
	require.NoError(s.t, err)
	return id
}

var quietStep = flag.Duration("quiet", 10*time.Minute, "time between two looks of the quiet day")

func TestQuietDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	day := 24 * time.Hour
	if testing.Short() {
		day = 2 * time.Hour
	}
	s.watch(day, *quietStep)
	require.Empty(t, s.story, "an array in order tells nothing")
}

func TestFaultsOfAnArray(t *testing.T) {
	cases := []struct {
		name   string
		fault  sim.Fault
		within time.Duration // until it must fire; two looks unless stated
		want   []string      // firing then
		told   []string      // told over the whole course, nothing else
		lasts  time.Duration // watched before the repair
		clears time.Duration // until all is clear after the repair
	}{
		{
			"drive failed",
			sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY3"},
			time.Minute,
			[]string{"drive-failed CH0.BAY3 2"},
			[]string{"drive-failed CH0.BAY3"},
			10 * time.Minute, 30 * time.Minute,
		},
		{
			"drive missing",
			sim.Fault{Kind: sim.DriveMissing, Target: "CH0.BAY3"},
			time.Minute,
			[]string{"drive-failed CH0.BAY3 2"},
			[]string{"drive-failed CH0.BAY3"},
			10 * time.Minute, 30 * time.Minute,
		},
		{
			"NVRAM failed",
			sim.Fault{Kind: sim.NVRAMFail, Target: "CH0.NVB1"},
			time.Minute,
			[]string{"nvram-unhealthy CH0.NVB1 2"},
			[]string{"nvram-unhealthy CH0.NVB1"},
			10 * time.Minute, 30 * time.Minute,
		},
		{
			"controller failed",
			sim.Fault{Kind: sim.ControllerFail, Target: "CT0"},
			time.Minute,
			[]string{"controller-not-ready CT0 1"},
			[]string{"controller-not-ready CT0"},
			15 * time.Minute, 20 * time.Minute,
		},
		{
			"other controller failed",
			sim.Fault{Kind: sim.ControllerFail, Target: "CT1"},
			time.Minute,
			[]string{"controller-not-ready CT1 1"},
			[]string{"controller-not-ready CT1"},
			15 * time.Minute, 20 * time.Minute,
		},
		{
			"fan slow",
			sim.Fault{Kind: sim.FanSlow, Target: "CT0.FAN3"},
			time.Minute,
			[]string{"fan-or-temperature CT0.FAN3 3"},
			[]string{"fan-or-temperature CT0.FAN3"},
			10 * time.Minute, 15 * time.Minute,
		},
		{
			"temperature high",
			sim.Fault{Kind: sim.TempHigh, Target: "CT0.TMP9"},
			5 * time.Minute,
			[]string{"fan-or-temperature CT0.TMP9 3"},
			[]string{"fan-or-temperature CT0.TMP9"},
			10 * time.Minute, 25 * time.Minute,
		},
		{
			"power supply lost",
			sim.Fault{Kind: sim.PSULoss, Target: "CH0.PWR0"},
			time.Minute,
			[]string{"psu-failed CH0.PWR0 2"},
			[]string{"psu-failed CH0.PWR0"},
			10 * time.Minute, 15 * time.Minute,
		},
		{
			"port errors",
			sim.Fault{Kind: sim.PortErrors, Target: "CT0.FC3"},
			90 * time.Second,
			[]string{"port-errors CT0.FC3 3"},
			[]string{"port-errors CT0.FC3"},
			10 * time.Minute, 30 * time.Minute,
		},
		{
			"link flaps",
			sim.Fault{Kind: sim.LinkFlap, Target: "CT0.FC2"},
			90 * time.Second,
			[]string{"port-down CT0.FC2 3"},
			[]string{"port-down CT0.FC2"},
			10 * time.Minute, 15 * time.Minute,
		},
		{
			"capacity filling",
			sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "92", "over": "30m"}},
			45 * time.Minute,
			[]string{"capacity 3"},
			[]string{"capacity"},
			20 * time.Minute, 60 * time.Minute,
		},
		{
			"latency bottleneck",
			sim.Fault{Kind: sim.Bottleneck},
			10 * time.Minute,
			[]string{"latency-bottleneck 2"},
			[]string{"latency-bottleneck"},
			20 * time.Minute, 25 * time.Minute,
		},
		{
			"many alerts of one code",
			sim.Fault{Kind: sim.AlertBurst},
			time.Minute,
			[]string{"array-alert:231 4"},
			[]string{"array-alert:231"},
			10 * time.Minute, 15 * time.Minute,
		},
		{
			"token refused",
			sim.Fault{Kind: sim.TokenRefused},
			time.Minute,
			[]string{"token-refused 3"},
			[]string{"token-refused"},
			10 * time.Minute, 15 * time.Minute,
		},
		{
			"certificate changed",
			sim.Fault{Kind: sim.CertChange},
			time.Minute,
			[]string{"certificate-changed 2"},
			[]string{"certificate-changed"},
			10 * time.Minute, 15 * time.Minute,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && !slices.Contains([]string{"drive failed", "controller failed", "capacity filling", "latency bottleneck"}, c.name) {
				t.Skip("the first four faults are enough in short mode")
			}
			t.Parallel()
			s := newSite(t)
			if c.fault.Kind == sim.Bottleneck {
				s.watch(32*time.Minute, 2*time.Minute) // to know what is normal
			}
			s.watch(2*time.Minute, time.Minute)
			require.Empty(t, s.story, "quiet before the fault")
			id := s.inject(c.fault)
			deadline := s.array.Now().Add(c.within)
			for s.array.Now().Before(deadline) && !slices.Equal(s.firing(), c.want) {
				s.look(30 * time.Second)
			}
			require.Equal(t, c.want, s.firing(), "within %s", c.within)
			s.watch(c.lasts, 2*time.Minute)
			require.Equal(t, c.want, s.firing(), "while it lasts")
			require.NoError(t, s.array.Clear(id))
			s.watch(c.clears, 2*time.Minute)
			require.Empty(t, s.firing(), "after the repair")
			require.Equal(t, c.told, s.told(), "nothing else was told")
		})
	}
}
