package runtarget_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/cmd/internal/runtarget"
	"darksite/localmon"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"
	"darksite/runbooks/facts"

	"github.com/stretchr/testify/require"
)

// long has every case be tried, and not one with the fault for each runbook, and has
// runs be killed and the array be lost at every screen. It takes minutes.
var long = os.Getenv("RUNBOOKS_LONG") != ""

// The columns of the table: what a runbook is tried with on a simulated array.
var columns = []string{"right fault", "no fault", "look-alikes", "stale", "lost", "killed", "2nd = 1st", "edges", "of", "far away", "past = now"}

// inShort is the runbook that is killed and loses its array whenever tests run.
const inShort = "drive-failed"

// typedOnly are runbooks of which no case stands for a state of a simulated array,
// and why. They are tried on typed worlds alone, by the tests of package content.
var typedOnly = map[string]string{
	"bundle-refused":           "the kit's own",
	"certified-admins-below-2": "the kit's own",
	"host-disk-errors":         "the kit's machine",
	"host-filesystem-full":     "the kit's machine",
	"host-load":                "the kit's machine",
	"host-memory":              "the kit's machine",
	"key-lost":                 "the kit's own",
	"kit-clock":                "the kit's machine",
	"kit-network":              "the kit's machine",
	"signature-bad":            "the kit's own",
}

// proof is a runbook with its cases on the simulator.
type proof struct {
	t     *testing.T
	book  *runbooks.Runbook
	cases []content.Case
	all   *states
	taken map[string]bool // edges
	row   map[string]int
}

// states are the arrays that cases ask for, each raised once.
type states struct {
	mu   sync.Mutex
	t    *testing.T
	made map[string]func() raised
	keys []string
}

// of is the array in the state of a case.
func (s *states) of(c content.Case) raised {
	return s.get(*c.Simulator)
}

func (s *states) get(state content.Simulator) raised {
	s.mu.Lock()
	key := keyOf(s.t, state)
	made, known := s.made[key]
	if !known {
		state.After = nil
		made = sync.OnceValue(func() raised { return raise(s.t, state) })
		s.made[key] = made
		s.keys = append(s.keys, key)
	}
	s.mu.Unlock()
	return made()
}

func keyOf(t *testing.T, state content.Simulator) string {
	state.After = nil
	text, err := json.Marshal(state)
	require.NoError(t, err)
	return string(text)
}

// Every runbook, on simulated arrays watched by the kit's own monitor: the same
// cases, the same way and the same end as on typed worlds, and what must hold
// whatever a runbook is about. With -v the table shows the runs.
func TestEveryRunbookOnTheSimulator(t *testing.T) {
	lib, err := shippedBooks()
	require.NoError(t, err)
	all := &states{t: t, made: map[string]func() raised{}}
	var proofs []*proof
	for _, book := range lib.All() {
		cases, err := content.Cases(book.ID)
		require.NoError(t, err)
		p := &proof{t: t, book: book, all: all, taken: map[string]bool{}, row: map[string]int{}}
		for _, c := range cases {
			if c.Simulator != nil {
				p.cases = append(p.cases, c)
			}
		}
		if len(p.cases) == 0 {
			require.Contains(t, typedOnly, book.ID, "a runbook has a case on the simulator, or says why it has none")
			continue
		}
		require.NotContains(t, typedOnly, book.ID)
		proofs = append(proofs, p)
	}
	t.Run("of", func(t *testing.T) {
		for _, p := range proofs {
			t.Run(p.book.ID, func(t *testing.T) {
				t.Parallel()
				p.t = t
				p.stated()
				p.stale()
				p.secondIsFirst()
				if long || p.book.ID == inShort {
					p.lost()
					p.killed()
				}
			})
		}
	})
	t.Run("look-alikes", func(t *testing.T) {
		for _, key := range slices.Sorted(slices.Values(all.keys)) {
			t.Run(key, func(t *testing.T) { lookAlikes(t, all, key, proofs) })
		}
	})
	t.Log(table(proofs))
}

func table(proofs []*proof) string {
	var out strings.Builder
	fmt.Fprintf(&out, "runs on simulated arrays, all as they should be\n%-34s", "")
	for _, c := range columns {
		fmt.Fprintf(&out, "  %s", c)
	}
	for _, p := range proofs {
		p.row["edges"], p.row["of"] = len(p.taken), edges(p.book)
		fmt.Fprintf(&out, "\n%-34s", p.book.ID)
		for _, c := range columns {
			n := fmt.Sprint(p.row[c])
			if n == "0" {
				n = "-"
			}
			fmt.Fprintf(&out, "  %*s", len(c), n)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(typedOnly)) {
		fmt.Fprintf(&out, "\n%-34s  typed worlds only: %s", id, typedOnly[id])
	}
	return out.String()
}

func edges(b *runbooks.Runbook) int {
	n := 0
	for _, s := range b.Steps {
		n += max(len(s.Results()), len(s.When)+1)
	}
	return n
}

// isFault reports whether a case is about what its runbook is for.
func isFault(c content.Case) bool {
	return c.End != runbooks.NotApplicable && !slices.Contains(c.Path, "no-sight")
}

// stated: every case goes the way it states, on what the array itself answers; the
// monitor's alert leads to the runbook; where nothing is wrong nothing is written;
// and the same is found again far away, and in the past.
func (p *proof) stated() {
	cases := p.cases
	if !long {
		cases = p.first()
	}
	for _, c := range cases {
		p.t.Run(c.Name, func(t *testing.T) {
			p := &proof{t: t, book: p.book, all: p.all, taken: p.taken, row: p.row}
			site := p.all.of(c).again(t)
			r := site.run(c)
			r.alert = p.leads(site, c)
			p.samePast(r)
			e := r.follow(p.book)
			require.Equal(t, c.Path, r.path)
			require.Equal(t, c.End, e.outcome)
			if c.Severity > 0 {
				require.Len(t, r.drafts, 1)
				require.Equal(t, c.Severity, r.drafts[0].Severity)
			}
			if isFault(c) {
				p.row["right fault"]++
			} else {
				p.row["no fault"]++
			}
			if c.End == runbooks.NotApplicable {
				require.Empty(t, site.handler.Acted(), "nothing is written")
				require.Empty(t, e.acted())
				require.Empty(t, r.drafts)
			}
			if !site.array.Look().Protocol().Unreachable { // else the log says that it could not be put out
				require.Empty(t, site.handler.Lit(), "every light is out when a run has ended")
			}
			p.edgesOf(e)
			p.farAway(e)
		})
	}
}

// leads is the alert of the monitor that the runbook is for, where one fires. It
// leads to this runbook before any other.
func (p *proof) leads(site *simSite, c content.Case) localmon.Alert {
	lib, err := shippedBooks()
	require.NoError(p.t, err)
	for _, a := range site.monitor.Alerts() {
		mine := slices.ContainsFunc(p.book.Triggers, func(t runbooks.Trigger) bool { return t.Rule == a.Rule })
		if !mine || a.Status != localmon.StatusFiring || c.About != "" && a.Component != "" && !strings.EqualFold(a.Component, c.About) {
			continue
		}
		matches := lib.For(runbooks.About{Rule: a.Rule, Product: string(site.product)})
		require.NotEmpty(p.t, matches)
		require.Equal(p.t, p.book.ID, matches[0].Book.ID, "rule %s", a.Rule)
		return a
	}
	return localmon.Alert{}
}

func (p *proof) edgesOf(e ended) {
	for _, l := range e.log {
		if l.Event == engine.Finished {
			p.taken[l.Step+" "+l.Result] = true
		}
	}
}

// farAway asks every verdict of a run again on what the run kept.
func (p *proof) farAway(e ended) {
	log, err := os.ReadFile(filepath.Join(e.dir, engine.LogFile))
	require.NoError(p.t, err)
	kept, err := os.ReadFile(filepath.Join(e.dir, engine.FactsFile))
	if !os.IsNotExist(err) {
		require.NoError(p.t, err)
	}
	again, err := engine.Again(p.t.Context(), log, kept, func(string) (*runbooks.Runbook, bool) { return p.book, true })
	require.NoError(p.t, err)
	require.True(p.t, again.Whole && again.SameBook)
	for _, v := range again.Verdicts {
		require.Truef(p.t, v.Agrees(), "line %d, step %s: %s then, %s again; %s", v.Line, v.Step, v.Logged.Result, v.Again.Result, v.Problem)
	}
	p.row["far away"]++
}

// samePast asks every question of the runbook of the array now, of the history the
// monitor kept of it, and of what a bundle would carry of either. Where they speak
// of the same moment the answer is one.
func (p *proof) samePast(r *run) {
	past := runtarget.NewPast(target, r.site.sight(), r.site.array.Now)
	now := r.site.array.Now()
	for _, s := range p.book.Steps {
		for _, q := range []*runbooks.Predicate{s.Expect, s.Before, s.After} {
			if q == nil {
				continue
			}
			// A list that is read every five minutes is not older than that.
			age := max(s.MaxAge, 6*time.Minute)
			live := q.Eval(p.t.Context(), now, r.live, age)
			kept := q.Eval(p.t.Context(), now, past, age)
			if kept.At.Equal(live.At) {
				require.Equal(p.t, live.Result, kept.Result, "%s: %s; now %v, in the history %v", s.ID, q.Sentence(runbooks.English), live, kept)
				require.Equal(p.t, live.Found.Names, kept.Found.Names, "%s", s.ID)
				p.row["past = now"]++
			} else { // the monitor read this list before, or the array has no present
				require.True(p.t, kept.At.Before(now), "%s: %s", s.ID, q.Sentence(runbooks.English))
			}
			for _, f := range []runbooks.Facts{r.live, past} {
				recorder := facts.Record(f, target, now)
				seen := q.Eval(p.t.Context(), recorder.Taken().Now, recorder, age)
				line, err := facts.Encode(recorder.Taken())
				require.NoError(p.t, err)
				carried, err := facts.Decode(line)
				require.NoError(p.t, err)
				require.Equal(p.t, seen, q.Eval(p.t.Context(), carried.Now, carried.Facts(), age))
			}
		}
	}
}

// checks reports whether a runbook asks the array anything.
func (p *proof) checks() bool {
	return slices.ContainsFunc(p.book.Steps, func(s runbooks.Step) bool { return s.Expect != nil })
}

// first are the cases with the fault that the costly trials are made with: one in
// which a hand is raised, else the first, one for each state.
func (p *proof) first() []content.Case {
	var out []content.Case
	for _, c := range p.cases {
		if isFault(c) && (long || quick(*c.Simulator)) {
			out = append(out, c)
		}
	}
	hand := slices.IndexFunc(out, func(c content.Case) bool {
		return slices.ContainsFunc(p.book.Steps, func(s runbooks.Step) bool { return s.Kind == runbooks.Action && slices.Contains(c.Path, s.ID) })
	})
	if hand >= 0 {
		return out[hand : hand+1]
	}
	return out[:min(1, len(out))]
}

// quick reports whether an array is soon in a state: it is no large one, and what is
// normal need not be watched before.
func quick(s content.Simulator) bool { return s.Size == "" && s.Before == 0 && s.Wait < 10*time.Minute }

// stale: nobody has looked for a day, and the runbook is asked of what the monitor
// kept. No hand is raised, and nothing is said to be well or mended.
func (p *proof) stale() {
	if !p.checks() {
		return
	}
	for _, c := range p.first() {
		site := p.all.of(c).again(p.t)
		site.array.Advance(25 * time.Hour)
		r := site.run(c)
		r.facts, r.still, r.hasty = runtarget.NewPast(target, site.sight(), site.array.Now), true, true
		r.c.Simulator = nil
		e := r.follow(p.book)
		require.Empty(p.t, e.acted(), c.Name)
		require.NotContains(p.t, []runbooks.Outcome{runbooks.Resolved, runbooks.NotApplicable}, e.outcome, c.Name)
		p.row["stale"]++
		site.end()
	}
}

// some are the screens at which a costly trial is made: at one of them in short.
func some(screens int) []int {
	if !long {
		return []int{screens / 2}
	}
	var all []int
	for i := range screens {
		all = append(all, i)
	}
	return all
}

// screensOf is how many screens a case has, and which step each is about.
func (p *proof) screensOf(c content.Case) *run {
	r := p.all.of(c).again(p.t).run(c)
	r.follow(p.book)
	r.site.end()
	return r
}

// lost: the array stops to answer at a screen. No hand is raised after that, and
// nothing is called mended.
func (p *proof) lost() {
	for _, c := range p.first() {
		whole := p.screensOf(c)
		for _, at := range some(whole.screens - 1) { // at the last screen the end is proven already
			r := p.all.of(c).again(p.t).run(c)
			r.loseAt = at
			e := r.follow(p.book)
			if step := e.acted(); step != "" {
				require.LessOrEqual(p.t, slices.Index(r.seen, step), at, "%s: lost at screen %d, and a hand at %s", c.Name, at, step)
			}
			require.NotEqual(p.t, runbooks.Resolved, e.outcome, "%s: lost at screen %d", c.Name, at)
			p.row["lost"]++
			r.site.end()
		}
	}
}

// killed: the light goes out at a screen and the same person goes on, on the same
// array. The end is what it would have been.
func (p *proof) killed() {
	for _, c := range p.first() {
		whole := p.screensOf(c)
		for _, at := range some(whole.screens) {
			r := p.all.of(c).again(p.t).run(c)
			r.killAt = at
			e := r.follow(p.book)
			require.Equal(p.t, c.End, e.outcome, "%s: killed at screen %d", c.Name, at)
			require.Equal(p.t, c.Path, r.path, "%s: killed at screen %d", c.Name, at)
			p.farAway(e)
			p.row["killed"]++
			r.site.end()
		}
	}
}

// secondIsFirst: where two must agree, the first does not agree with himself.
func (p *proof) secondIsFirst() {
	for _, c := range p.first() {
		two := slices.ContainsFunc(p.book.Steps, func(s runbooks.Step) bool {
			return s.Kind == runbooks.Action && s.Risk >= runbooks.R3 && slices.Contains(c.Path, s.ID)
		})
		if !two {
			continue
		}
		r := p.all.of(c).again(p.t).run(c)
		r.second, r.c.Simulator = "mdurand", nil
		require.Empty(p.t, r.follow(p.book).acted(), c.Name)
		p.row["2nd = 1st"]++
	}
}

// lookAlikes: on an array in trouble of one kind every runbook that is for another
// is begun by somebody in a hurry. No hand is raised.
func lookAlikes(t *testing.T, all *states, key string, proofs []*proof) {
	var state content.Simulator
	require.NoError(t, json.Unmarshal([]byte(key), &state))
	if len(state.Faults) == 0 {
		return
	}
	site := all.get(state).again(t)
	live := runtarget.NewLive(site.source, site.sight(), site.array.Now)
	for _, p := range proofs {
		own := slices.ContainsFunc(p.cases, func(c content.Case) bool { return isFault(c) && sameFaults(*c.Simulator, state) })
		if own || !p.book.For(string(site.product)) || !hands(p.book) || planned(p.book) {
			continue
		}
		r := site.run(content.Case{Answers: map[string]string{}})
		r.live, r.facts, r.still, r.hasty = live, live, true, true
		e := r.follow(p.book)
		require.Empty(t, e.acted(), "%s on an array with %s: %v", p.book.ID, key, r.path)
		p.row["look-alikes"]++
	}
}

// sameFaults reports whether a state holds a kind of fault that another has.
func sameFaults(own, other content.Simulator) bool {
	return cmp.Or(own.Family, "flasharray") == cmp.Or(other.Family, "flasharray") && slices.ContainsFunc(own.Faults, func(f content.Fault) bool {
		return slices.ContainsFunc(other.Faults, func(o content.Fault) bool { return o.Kind == f.Kind })
	})
}

// hands reports whether a runbook leads to something a person does.
func hands(b *runbooks.Runbook) bool {
	return slices.ContainsFunc(b.Steps, func(s runbooks.Step) bool { return s.Kind == runbooks.Action && s.Risk > runbooks.R1 })
}

// planned reports whether a runbook is for work that somebody sets out to do: its
// hand is right on an array that is well.
func planned(b *runbooks.Runbook) bool { return b.RiskMax >= runbooks.R3 }
