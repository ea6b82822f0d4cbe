package daemon_test

import (
	"cmp"
	"fmt"
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

// pollEvery is from one look to the next.
const pollEvery = 30 * time.Second

// story is one fault of the simulator's catalogue as the operator lives through
// it: what is told, how soon, and that nothing else is.
type story struct {
	name   string
	fault  sim.Fault
	how    setting
	normal bool // half an hour of work is watched first, to know what is normal

	shows func(sim.Sight) bool // whether the array shows by now what is to be told; at once when nil
	looks int                  // from then on, until want is firing; two when zero
	waits string               // what it waits for where that is more than two: the window of a rule, or a list that is read less often
	want  []string             // firing then: rule, component, severity; empty where nothing is to be told
	says  string               // in the summary of the first of them

	follows []string      // told as well, and right: rule, component, severity
	lasts   time.Duration // watched before the repair
	passes  time.Duration // instead of a repair: all is clear so long after the fault is over by itself
	clears  time.Duration // all is clear so long after the repair; six minutes when zero
	short   bool          // told in short mode as well
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

// Every fault of the catalogue, on both kinds of array: the right alert within
// two looks of the moment at which the array shows it, or within the window its
// rule states, nothing beside it, and the right end. With -v the table shows the
// times. Once a fault is told looks are four minutes apart, and one while it clears;
// with STORIES_EVERY=30s they come as on a site throughout.
func TestStories(t *testing.T) {
	every := paceOf(t, "STORIES_EVERY", 4*time.Minute)
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
					table.add(st.tell(siteOf(t, st.how), every))
				})
			}
		}
	})
	t.Log(table.String())
}

// outcome is one line of the table: how a story came out.
type outcome struct {
	story
	looks   int           // from the moment the array shows the fault until it is told
	after   time.Duration // the same in time
	since   time.Duration // from the beginning of the fault
	extra   int           // told and should not have been
	cleared time.Duration // from the repair, or from when the fault was over
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

// String renders the table and sums it up.
func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortFunc(l.all, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(a.how.family, b.how.family), cmp.Compare(a.fault.Kind, b.fault.Kind), cmp.Compare(a.name, b.name))
	})
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "\n"+strings.Join([]string{
		"array", "fault", "story", "alert", "component", "severity", "told after it shows", "allowed", "after it begins", "told as well", "extra", "clear after repair or end",
	}, "\t| "))
	kinds, slowest, extra := map[string]bool{}, 0, 0
	for _, o := range l.all {
		fmt.Fprintln(w, strings.Join(o.cells(), "\t| "))
		kinds[fmt.Sprint(o.how.family, o.fault.Kind)] = true
		if o.waits == "" && o.due() != "" {
			slowest = max(slowest, o.looks)
		}
		extra += o.extra
	}
	_ = w.Flush()
	fmt.Fprintf(&b, "%d faults in %d stories; what waits for nothing is told after %d polls at most; %d extra alerts\n", len(kinds), len(l.all), slowest, extra)
	return b.String()
}

// due is what the story is about: rule, component, severity; empty for none.
func (o outcome) due() string {
	for _, line := range slices.Concat(o.want, o.follows) {
		return line
	}
	return ""
}

func (o outcome) cells() []string {
	alert, component, severity, found, begun, cleared := "none is due", "-", "-", "-", "-", "-"
	followed := o.follows
	if f := strings.Fields(o.due()); len(f) > 0 {
		alert, severity = f[0], f[len(f)-1]
		if len(f) == 3 {
			component = f[1]
		}
		if len(o.want) == 0 {
			alert, followed = alert+" (over)", nil
		}
		found, begun = fmt.Sprintf("%d polls, %s", o.looks, o.after), o.since.String()
	}
	if o.cleared > 0 {
		cleared = o.cleared.String()
	}
	allowed := fmt.Sprintf("%d polls", cmp.Or(o.story.looks, 2))
	if o.waits != "" {
		allowed += ": " + o.waits
	}
	return []string{
		string(o.how.family), string(o.fault.Kind), o.name, alert, component, severity, found, allowed, begun,
		cmp.Or(strings.Join(followed, ", "), "-"), fmt.Sprint(o.extra), cleared,
	}
}

// tell plays the story. Looks come as on a site until the fault is told, and are every
// apart then, a minute at most while it clears.
func (st story) tell(s *site, every time.Duration) outcome {
	t := s.t
	t.Helper()
	out := outcome{story: st}
	if st.normal {
		s.watch(32*time.Minute, min(every, 2*time.Minute))
	}
	s.watch(2*time.Minute, time.Minute)
	require.Empty(t, s.story, "quiet before the fault")
	id, at := s.inject(st.fault), s.array.Now()
	shown := st.await(s, &out)
	out.after, out.since = s.array.Now().Sub(shown), s.array.Now().Sub(at)
	if len(st.want) == 0 {
		require.True(t, s.has(st.follows), "told as over within two looks: %s", st.follows)
	}
	if st.says != "" {
		require.Contains(t, s.summary(st.want[0]), st.says)
	}
	over, allowed := s.over(id), st.passes
	if st.passes == 0 {
		s.watch(st.lasts, every)
		require.ElementsMatch(t, st.want, s.firing(), "while it lasts")
		require.NoError(t, s.array.Clear(id))
		over, allowed = s.array.Now(), cmp.Or(st.clears, 6*time.Minute)
	}
	for deadline := over.Add(allowed); s.array.Now().Before(deadline) && (s.array.Now().Before(over) || len(s.firing()) > 0 || !s.has(st.follows)); {
		s.look(min(every, 2*pollEvery))
	}
	require.Empty(t, s.firing(), "%s after it is over", allowed)
	out.cleared = s.array.Now().Sub(over)
	s.watch(8*time.Minute, every)
	require.Empty(t, s.firing(), "and it stays so")

	var due []string
	for _, line := range slices.Concat(st.want, st.follows) {
		due = append(due, line[:strings.LastIndexByte(line, ' ')])
	}
	for _, name := range s.told() {
		if !slices.Contains(due, name) {
			out.extra++
		}
	}
	require.ElementsMatch(t, due, s.told(), "nothing else was told")
	require.True(t, s.has(st.follows), "with the right severity: %s", st.follows)
	return out
}

// await looks until what the story wants is firing, and returns when the array
// began to show it.
func (st story) await(s *site, out *outcome) (shown time.Time) {
	t := s.t
	t.Helper()
	if st.shows == nil {
		shown = s.array.Now()
	}
	allowed := cmp.Or(st.looks, 2)
	for range 240 { // two hours
		for range 5 {
			s.array.Advance(pollEvery / 6)
			if shown.IsZero() && st.shows(s.array.Look()) {
				shown = s.array.Now()
			}
		}
		s.look(pollEvery / 6)
		if shown.IsZero() && st.shows(s.array.Look()) {
			shown = s.array.Now()
		}
		if !shown.IsZero() {
			out.looks++
		}
		found := slices.Equal(s.firing(), st.want) && (len(st.want) > 0 || len(st.follows) > 0 && s.has(st.follows))
		if found || out.looks == allowed {
			break
		}
	}
	require.False(t, shown.IsZero(), "the array shows it")
	require.ElementsMatch(t, st.want, s.firing(), "within %d looks", allowed)
	return shown
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
