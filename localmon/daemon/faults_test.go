package daemon_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"darksite/localmon"
	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

// story is one fault of the simulator's catalogue as the operator lives through
// it: what is told, how soon, and that nothing else is.
type story struct {
	name   string
	fault  sim.Fault
	how    setting
	normal bool          // half an hour of work is watched first, to know what is normal
	within time.Duration // until want must be firing
	want   []string      // firing then; empty where nothing is to be told
	later  []string      // firing before the repair, where that is not want
	told   []string      // told over the whole course; want, each once, when nil
	lasts  time.Duration // watched before the repair
	clears time.Duration // until all is clear after the repair
	every  time.Duration // between two looks while it lasts and clears; 3 minutes when zero
	short  bool          // told in short mode as well
}

func TestEveryFaultOfTheCatalogueHasAStory(t *testing.T) {
	for family, stories := range allStories() {
		var want, have []sim.Kind
		for _, info := range sim.CatalogueOf(family) {
			want = append(want, info.Kind)
		}
		for _, st := range stories {
			have = append(have, st.fault.Kind)
		}
		slices.Sort(want)
		slices.Sort(have)
		require.Equal(t, want, slices.Compact(have), family)
	}
}

func allStories() map[sim.Family][]story {
	return map[sim.Family][]story{
		sim.FlashArray: slices.Concat(flashArrayStories(), interfaceStories(), []story{nullNumbers("performance-missing 4")}),
		sim.FlashBlade: slices.Concat(flashBladeStories(), interfaceStories(), []story{nullNumbers("fb-performance-missing 4")}),
	}
}

// Every fault of the catalogue, on both kinds of array: the right alert soon
// enough, nothing beside it, and the right end. With -v the table shows the times.
func TestStories(t *testing.T) {
	var table ledger
	t.Run("of", func(t *testing.T) {
		for family, stories := range allStories() {
			for _, st := range stories {
				t.Run(fmt.Sprint(family, "/", st.name), func(t *testing.T) {
					if testing.Short() && !st.short {
						t.Skip("a few stories are enough in short mode")
					}
					t.Parallel()
					st.how.family = family
					table.add(st.tell(siteOf(t, st.how)))
				})
			}
		}
	})
	t.Log(table.String())
}

// outcome is one line of the table: how a story came out.
type outcome struct {
	family   sim.Family
	kind     sim.Kind
	name     string
	want     []string
	found    time.Duration // from the fault to the alert
	allowed  time.Duration
	followed []string // told as well, as they should be
	extra    int      // told and should not have been
	cleared  time.Duration
	coarse   time.Duration // to how much that is known
}

// ledger gathers outcomes of stories that are told beside each other.
type ledger struct {
	mu  sync.Mutex
	all []outcome
}

func (l *ledger) add(o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, o)
}

// String renders the table. A poll is 30 seconds.
func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortFunc(l.all, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "\narray\t| fault\t| story\t| alert, component, severity\t| polls until told\t| allowed\t| follows\t| extra\t| clear after repair")
	for _, o := range l.all {
		alert, found, cleared := "none is due", "-", "-"
		if len(o.want) == 0 && len(o.followed) > 0 {
			alert, o.followed = strings.Join(o.followed, ", ")+", told as over", nil
		}
		if len(o.want) > 0 {
			alert, found = strings.Join(o.want, ", "), fmt.Sprint(int(math.Ceil(o.found.Seconds()/30)))
		}
		if o.cleared > 0 {
			cleared = fmt.Sprintf("%s (to %s)", o.cleared, o.coarse)
		}
		fmt.Fprintf(w, "%s\t| %s\t| %s\t| %s\t| %s\t| %.0f\t| %s\t| %d\t| %s\n", o.family, o.kind, o.name, alert, found,
			math.Ceil(o.allowed.Seconds()/30), cmp.Or(strings.Join(o.followed, ", "), "-"), o.extra, cleared)
	}
	_ = w.Flush()
	return b.String()
}

func (st story) tell(s *site) outcome {
	t := s.t
	t.Helper()
	out := outcome{family: st.how.family, kind: st.fault.Kind, name: st.name, want: st.want, allowed: st.within}
	if st.normal {
		s.watch(32*time.Minute, 2*time.Minute)
	}
	s.watch(2*time.Minute, time.Minute)
	require.Empty(t, s.story, "quiet before the fault")
	id, at := s.inject(st.fault), s.array.Now()
	pace := 30 * time.Second
	if st.within > 10*time.Minute {
		pace = 2 * time.Minute
	}
	for deadline := s.array.Now().Add(st.within); s.array.Now().Before(deadline); {
		if s.look(pace); len(st.want) > 0 && slices.Equal(s.firing(), st.want) {
			break
		}
	}
	require.ElementsMatch(t, st.want, s.firing(), "within %s", st.within)
	out.found = s.array.Now().Sub(at)
	every := cmp.Or(st.every, 3*time.Minute)
	s.watch(st.lasts, every)
	if st.later == nil {
		st.later = st.want
	}
	require.ElementsMatch(t, st.later, s.firing(), "while it lasts")
	if info, _ := sim.Describe(st.fault.Kind); !info.Moment {
		require.NoError(t, s.array.Clear(id))
	}
	repaired := s.array.Now()
	for deadline := repaired.Add(st.clears); s.array.Now().Before(deadline) && len(s.firing()) > 0; {
		s.look(every)
	}
	require.Empty(t, s.firing(), "after the repair")
	out.cleared, out.coarse = s.array.Now().Sub(repaired), every
	s.watch(6*time.Minute, max(every, 2*time.Minute))
	require.Empty(t, s.firing(), "and it stays so")
	var first []string
	for _, line := range st.want {
		first = append(first, line[:strings.LastIndexByte(line, ' ')])
	}
	if st.told == nil {
		st.told = first
	}
	for _, name := range s.told() {
		switch {
		case !slices.Contains(st.told, name):
			out.extra++
		case !slices.Contains(first, name):
			out.followed = append(out.followed, name)
		}
	}
	require.ElementsMatch(t, st.told, s.told(), "nothing else was told")
	return out
}

// Two runs of one seed and one course of faults are one run: nothing of the
// monitor leans on the machine's clock or on the order in which replies come.
func TestTheSameSeedAndFaultsGiveTheSameLooks(t *testing.T) {
	courses := map[sim.Family][]sim.Fault{
		sim.FlashArray: {{Kind: sim.DriveFail, Target: "CH0.BAY3"}, {Kind: sim.AlertBurst}, {Kind: sim.Bottleneck}},
		sim.FlashBlade: {{Kind: sim.BladeUnhealthy, Target: "CH1.FB3"}, {Kind: sim.AlertBurst}, {Kind: sim.QuotaFull}},
	}
	for family, faults := range courses {
		t.Run(string(family), func(t *testing.T) {
			t.Parallel()
			run := func() (looks []localmon.Batch, told []string) {
				s := siteOf(t, setting{family: family})
				for _, f := range faults {
					s.inject(f)
					for range 8 {
						looks = append(looks, s.look(30*time.Second))
					}
				}
				return looks, s.story
			}
			first, told := run()
			second, again := run()
			require.NotEmpty(t, told)
			require.Equal(t, told, again)
			for i := range first {
				a, b := timeless(first[i]), timeless(second[i])
				require.NotEmpty(t, a.Samples)
				require.Equal(t, a.Samples, b.Samples, "look %d", i)
				require.Equal(t, a, b, "look %d", i)
			}
		})
	}
}

// timeless leaves out how long the look took on this machine, and puts the
// samples in order.
func timeless(b localmon.Batch) localmon.Batch {
	b.Took = 0
	b.Samples = slices.DeleteFunc(slices.Clone(b.Samples), func(s localmon.Sample) bool {
		return strings.HasPrefix(s.Key.Metric, "localmon_") && strings.HasSuffix(s.Key.Metric, "_took_seconds")
	})
	slices.SortFunc(b.Samples, func(x, y localmon.Sample) int {
		return cmp.Or(cmp.Compare(x.Key.Metric, y.Key.Metric), cmp.Compare(x.Key.Labels, y.Key.Labels))
	})
	return b
}
