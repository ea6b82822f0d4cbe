package daemon_test

import (
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
	"darksite/localmon/source/flashblade"
	"darksite/localmon/source/poll"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// site is a simulated array, looked at through its REST interface over TLS and
// judged by the shipped rules. Time is the array's own.
type site struct {
	t     *testing.T
	name  string
	array *sim.Array
	src   localmon.Source
	eval  *rule.Evaluator
	eng   alert.Engine
	state alert.State
	story []string // what was told, with the time since the start
	begin time.Time
}

// setting says which array a site has. The zero value is a small FlashArray.
type setting struct {
	family sim.Family
	size   sim.Size
	// request bounds one request, for arrays that do not answer.
	request time.Duration
}

func newSite(t *testing.T) *site { return siteOf(t, setting{}) }

func siteOf(t *testing.T, how setting) *site {
	t.Helper()
	s := &site{t: t, name: "fa-prod-1", eng: alert.New(alert.Options{})}
	kind := localmon.KindFlashArray
	if how.family == sim.FlashBlade {
		s.name, kind = "fb-prod-1", localmon.KindFlashBlade
	}
	array, err := sim.New(sim.Options{Name: s.name, Family: how.family, Size: how.size, Seed: 7})
	require.NoError(t, err)
	s.array, s.begin = array, array.Now()
	handler := arrayapi.New(array)
	server, err := arrayapi.Listen("127.0.0.1:0", handler)
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = server.Close()
		require.Empty(t, handler.Acted(), "the monitor has the array do nothing")
	})
	if how.family == sim.FlashBlade {
		s.src, err = flashblade.New(flashblade.Options{Target: s.name, URL: server.URL(), Token: server.Token(), Pin: server.Pin(), RequestTimeout: how.request})
	} else {
		s.src, err = flasharray.New(flasharray.Options{Target: s.name, URL: server.URL(), Token: server.Token(), Pin: server.Pin(), RequestTimeout: how.request})
	}
	require.NoError(t, err)
	s.eval = rule.NewEvaluator(rules(t), s.name, kind)
	return s
}

// look advances the array by step and looks once.
func (s *site) look(step time.Duration) localmon.Batch {
	s.t.Helper()
	s.array.Advance(step)
	now := s.array.Now()
	b, _ := poll.Once(s.t.Context(), poll.Options{Timeout: time.Minute}, s.src, now)
	s.judge(now, b)
	return b
}

// judge takes a look as the monitor would.
func (s *site) judge(now time.Time, b localmon.Batch) {
	s.t.Helper()
	res := s.eng.Step(s.state, now, s.eval.Evaluate(now, b))
	s.state = res.State
	for _, c := range res.Changes {
		s.story = append(s.story, c.What+" "+lineOf(c.Alert))
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
			out = append(out, lineOf(a))
		}
	}
	slices.Sort(out)
	return out
}

func lineOf(a localmon.Alert) string {
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %d", a.Rule, a.Component, a.Severity)), " ")
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

// has reports whether each of these was told: rule, component, severity.
func (s *site) has(lines []string) bool {
	return !slices.ContainsFunc(lines, func(line string) bool {
		return !slices.Contains(s.story, localmon.ChangeFired+" "+line) && !slices.Contains(s.story, localmon.ChangePassed+" "+line)
	})
}

// summary is the text of what fires.
func (s *site) summary(line string) string {
	s.t.Helper()
	for _, a := range s.state.Alerts() {
		if a.Status == localmon.StatusFiring && a.Parent == 0 && lineOf(a) == line {
			return a.Summary
		}
	}
	s.t.Fatalf("%s does not fire", line)
	return ""
}

// over is when a fault is over by itself: at once for one of a moment.
func (s *site) over(id string) time.Time {
	s.t.Helper()
	for _, f := range s.array.Faults() {
		if f.ID == id {
			if f.Until.IsZero() {
				return f.At
			}
			return f.Until
		}
	}
	s.t.Fatalf("no fault %s", id)
	return time.Time{}
}

func (s *site) inject(f sim.Fault) string {
	s.t.Helper()
	id, err := s.array.Inject(f)
	require.NoError(s.t, err)
	return id
}
