package runtarget_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/cmd/internal/runtarget"
	"darksite/localmon"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/daemon"
	"darksite/localmon/history"
	"darksite/localmon/rule"
	"darksite/localmon/source/arrayact"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/flashblade"
	"darksite/localmon/source/poll"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	// Each line of a log is synced; in memory that costs nothing.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		_ = os.Setenv("TMPDIR", "/dev/shm") // else it only takes longer
	}
	os.Exit(m.Run())
}

// shipped are the rules of the kit, and the runbooks.
var (
	shippedRules = sync.OnceValues(rule.Shipped)
	shippedBooks = sync.OnceValues(content.Library)
)

// The site's name for the simulated array, and the array's own.
const (
	target    = "fa-1"
	arrayName = "fa-prod-1"
)

// pollEvery is from one look of the monitor to the next.
const pollEvery = 30 * time.Second

// simSite is a simulated array, watched by the kit's own monitor through its REST
// interface over TLS. Time is the array's own.
type simSite struct {
	t       *testing.T
	array   *sim.Array
	handler *arrayapi.Handler
	server  *arrayapi.Server
	source  source // of the runs; the monitor has its own
	history *history.DB
	db      *boltfile.File
	monitor *daemon.Daemon
	watcher source
	product localmon.Kind
	dir     string
	lost    bool
	ended   bool
}

// source is the kit's client of an array.
type source interface {
	localmon.Source
	Close(ctx context.Context) error
	Raw(ctx context.Context) ([]arrayrest.RawReply, error)
}

// raised is a simulated array in the state that a case asks for, ready to be taken
// up again and again: the files of its monitor, and how the array came there.
type raised struct {
	state content.Simulator
	dir   string
}

// raise brings an array into a state and closes it.
func raise(t *testing.T, state content.Simulator) raised {
	t.Helper()
	r := raised{state, t.TempDir()}
	s := r.start(t, r.dir)
	s.watch(cmp.Or(state.Before, 2*time.Minute))
	s.befall(state.Faults)
	s.watch(cmp.Or(state.Wait, 2*time.Minute))
	s.close()
	return r
}

// start makes the array at the beginning of its clock and a monitor on the files of
// a folder.
func (r raised) start(t *testing.T, dir string) *simSite {
	t.Helper()
	s := &simSite{t: t, dir: dir, product: localmon.Kind(cmp.Or(r.state.Family, string(sim.FlashArray)))}
	var err error
	s.array, err = sim.New(sim.Options{Name: arrayName, Family: sim.Family(s.product), Size: sim.Size(r.state.Size), Seed: 7})
	require.NoError(t, err)
	s.serve()
	return s
}

func (s *simSite) serve() {
	t := s.t
	s.handler = arrayapi.New(s.array)
	var err error
	s.server, err = arrayapi.Listen("127.0.0.1:0", s.handler)
	require.NoError(t, err)
	s.source, s.watcher = s.client(), s.client()
	s.history, err = history.Open(filepath.Join(s.dir, "history.db"), history.Options{NoSync: true})
	require.NoError(t, err)
	s.db, err = boltfile.Open(filepath.Join(s.dir, "site.db"), boltfile.Options{Schema: "darksite-site", Version: 1, NoSync: true})
	require.NoError(t, err)
	store, err := alertstore.Open(s.db)
	require.NoError(t, err)
	rules, err := shippedRules()
	require.NoError(t, err)
	s.monitor, err = daemon.New(daemon.Options{
		Targets: []daemon.Target{{Source: s.watcher, Kind: s.product, Poll: poll.Options{Timeout: time.Minute}}},
		History: s.history, Alerts: store, Rules: rules, Now: s.array.Now,
	})
	require.NoError(t, err)
}

func (s *simSite) client() source {
	var src source
	var err error
	if s.product == localmon.KindFlashBlade {
		src, err = flashblade.New(flashblade.Options{Target: target, URL: s.server.URL(), Token: s.server.Token(), Pin: s.server.Pin(), Timeout: time.Minute, RequestTimeout: time.Minute})
	} else {
		src, err = flasharray.New(flasharray.Options{Target: target, URL: s.server.URL(), Token: s.server.Token(), Pin: s.server.Pin(), Timeout: time.Minute, RequestTimeout: time.Minute})
	}
	require.NoError(s.t, err)
	return src
}

// again takes the array up where raise left it, on copies of the files.
func (r raised) again(t *testing.T) *simSite {
	t.Helper()
	dir, err := os.MkdirTemp("", "simsite")
	require.NoError(t, err)
	for _, name := range []string{"history.db", "site.db"} {
		data, err := os.ReadFile(filepath.Join(r.dir, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	s := &simSite{t: t, dir: dir, product: localmon.Kind(cmp.Or(r.state.Family, string(sim.FlashArray)))}
	s.array, err = sim.New(sim.Options{Name: arrayName, Family: sim.Family(s.product), Size: sim.Size(r.state.Size), Seed: 7})
	require.NoError(t, err)
	s.array.Advance(rounds(cmp.Or(r.state.Before, 2*time.Minute)))
	s.befall(r.state.Faults)
	s.array.Advance(rounds(cmp.Or(r.state.Wait, 2*time.Minute)))
	s.serve()
	t.Cleanup(s.end)
	return s
}

// end closes the array and removes what its monitor kept. It may be called again.
func (s *simSite) end() {
	if s.ended {
		return
	}
	s.ended = true
	s.close()
	require.NoError(s.t, os.RemoveAll(s.dir))
}

func (s *simSite) close() {
	ctx := context.Background()
	_ = s.source.Close(ctx) // an array that is lost takes no leave
	_ = s.watcher.Close(ctx)
	require.NoError(s.t, s.history.Close())
	require.NoError(s.t, s.db.Close())
	require.NoError(s.t, s.server.Close())
}

// rounds is how long that many whole looks take.
func rounds(d time.Duration) time.Duration { return (d + pollEvery - 1) / pollEvery * pollEvery }

// watch lets time pass while the monitor looks.
func (s *simSite) watch(d time.Duration) {
	s.t.Helper()
	for range rounds(d) / pollEvery {
		s.pass(pollEvery)
	}
}

// pass lets a time pass, with one look of the monitor at its end.
func (s *simSite) pass(d time.Duration) {
	s.array.Advance(d)
	_, _ = s.monitor.Once(s.t.Context()) // an array that does not answer is an alert
}

func (s *simSite) befall(faults []content.Fault) {
	s.t.Helper()
	for _, f := range faults {
		_, err := s.array.Inject(sim.Fault{Kind: sim.Kind(f.Kind), Target: f.Part, Params: f.Params})
		require.NoError(s.t, err)
	}
}

// turn is what becomes of the array once a step has been answered.
func (s *simSite) turn(to content.Turn) {
	s.t.Helper()
	for _, kind := range to.Clear {
		n := 0
		for _, f := range s.array.Faults() {
			if string(f.Kind) == kind {
				require.NoError(s.t, s.array.Clear(f.ID))
				n++
			}
		}
		require.NotZero(s.t, n, "no fault %s is there to be repaired", kind)
	}
	s.befall(to.Faults)
}

// lose has the array answer no more.
func (s *simSite) lose() {
	for _, f := range s.array.Faults() { // of one kind there is one at a time
		if f.Kind == sim.ArrayRestart {
			require.NoError(s.t, s.array.Clear(f.ID))
		}
	}
	_, err := s.array.Inject(sim.Fault{Kind: sim.ArrayRestart, Duration: 100 * 24 * time.Hour})
	require.NoError(s.t, err)
	s.lost = true
}

// sightOf is what a command sees of the monitor's files.
type sightOf struct{ *simSite }

func (s sightOf) Alerts(context.Context) ([]localmon.Alert, error) { return s.monitor.Alerts(), nil }

func (s sightOf) Last(ctx context.Context, sel localmon.Selector) ([]localmon.Latest, error) {
	all, err := s.history.Last(ctx, sel)
	out := make([]localmon.Latest, 0, len(all))
	for _, l := range all {
		out = append(out, localmon.Latest(l))
	}
	return out, err
}

func (s *simSite) sight() runtarget.Sight {
	return struct {
		localmon.Reader
		sightOf
	}{s.history, sightOf{s}}
}

// run is one way through a runbook on a simulated array: who answers, and what is
// done to the array meanwhile.
type run struct {
	site    *simSite
	c       content.Case
	facts   runbooks.Facts
	live    *runtarget.Live
	hasty   bool   // somebody who types the name wherever it is asked for
	still   bool   // time stands still
	loseAt  int    // from the n-th screen on the array does not answer; -1 never
	killAt  int    // the light goes out at the n-th screen; -1 never
	second  string // who agrees at risk R3
	alert   localmon.Alert
	path    []string
	seen    []string // the step of each screen
	drafts  []engine.Case
	screens int
	turned  map[string]bool
}

func (s *simSite) run(c content.Case) *run {
	live := runtarget.NewLive(s.source, s.sight(), s.array.Now)
	return &run{site: s, c: c, facts: live, live: live, loseAt: -1, killAt: -1, second: "ppetit", turned: map[string]bool{}}
}

var errKilled = errors.New("the light goes out")

// Approve implements engine.Second.
func (r *run) Approve(context.Context, engine.Request) (engine.Approval, error) {
	return engine.Approval{By: r.second, Way: "key"}, nil
}

// Check implements engine.Second.
func (r *run) Check(a engine.Approval) (string, error) { return "key of " + a.By, nil }

// Requester implements engine.Second.
func (r *run) Requester() string { return "key of mdurand" }

// Ask implements engine.Human.
func (r *run) Ask(_ context.Context, s engine.Screen) (string, string, error) {
	r.screens++
	r.seen = append(r.seen, s.ID)
	switch r.screens - 1 {
	case r.loseAt:
		r.site.lose()
	case r.killAt:
		return "", "", errKilled
	}
	if len(r.path) == 0 || r.path[len(r.path)-1] != s.ID {
		r.path = append(r.path, s.ID)
	}
	if !r.still {
		r.site.pass(pollEvery) // somebody reads, and walks
	}
	if sim := r.c.Simulator; sim != nil && !r.turned[s.ID] && !r.site.lost {
		for _, to := range sim.After {
			if to.Step == s.ID {
				r.turned[s.ID] = true
				r.site.turn(to)
			}
		}
	}
	a := r.c.Answers[s.ID]
	if r.hasty && s.Type != "" {
		a = s.Type
	}
	if a != "" && (s.Type == a || slices.ContainsFunc(s.Choices, func(c engine.Choice) bool { return c.ID == a })) {
		return a, "", nil
	}
	return s.Choices[0].ID, "", nil
}

// Evidence implements engine.Site: every read-only reply of the array.
func (r *run) Evidence(ctx context.Context, _ string) (map[string][]byte, error) {
	replies, err := r.site.source.Raw(ctx)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, one := range replies {
		if one.Err == nil {
			files[one.File] = one.JSON
		}
	}
	alerts, err := json.Marshal(r.site.monitor.Alerts())
	files["site-alerts.json"] = alerts
	return files, err
}

// DraftCase implements engine.Site.
func (r *run) DraftCase(_ context.Context, c engine.Case) (string, error) {
	r.drafts = append(r.drafts, c)
	return "T-0000000001", nil
}

func (r *run) options() engine.Options {
	began := r.site.array.Now().Add(-time.Hour)
	return engine.Options{
		Facts: r.facts, Human: r, Site: r, Lang: runbooks.English, Actor: "mdurand", Second: r, Identity: r.live.Identity,
		Now: r.site.array.Now, Boot: func() time.Duration { return r.site.array.Now().Sub(began) },
		Hands: r.hands(),
		Sleep: func(_ context.Context, d time.Duration) error {
			if !r.still {
				r.site.pass(d)
			}
			return nil
		},
	}
}

func (r *run) hands() engine.Hands {
	client, err := arrayact.New(arrayact.Options{
		Target: target, Kind: r.site.product, URL: r.site.server.URL(), Token: r.site.server.Token(), Pin: r.site.server.Pin(), Timeout: time.Minute,
	})
	require.NoError(r.site.t, err)
	return runtarget.NewHands(client, r.live)
}

// ended is what one run came to.
type ended struct {
	outcome runbooks.Outcome
	log     []engine.Entry
	dir     string
}

// acted is the first step at which a person's hand was raised, or "".
func (e ended) acted() string {
	for _, l := range e.log {
		if l.Event == engine.Entered && l.Kind == runbooks.Action && l.Did == "" {
			return l.Step
		}
	}
	return ""
}

// follow leads to the end; where the light goes out the same person goes on.
func (r *run) follow(book *runbooks.Runbook) ended {
	t := r.site.t
	t.Helper()
	dir := filepath.Join(r.site.dir, fmt.Sprintf("runs-%s-%d", book.ID, time.Now().UnixNano()), "R-0001")
	begin := engine.Begin{
		Run: "R-0001", Target: target, Component: cmp.Or(r.c.About, r.alert.Component), Alert: r.alert.ID,
		Product: string(r.site.product), Change: "CR-1", Case: "00000001",
	}
	begin.Serial, _ = r.live.Identity(t.Context()) // a target that cannot be reached has runbooks too
	open, err := engine.Start(dir, book, begin, r.options())
	require.NoError(t, err)
	outcome, err := open.Go(t.Context())
	for lives := 0; err != nil && lives < 5; lives++ {
		require.NoError(t, open.Close())
		r.killAt = -1
		if strings.Contains(err.Error(), engine.ErrNotProven.Error()) { // it stays open, which is what it should do
			return ended{"", logOf(t, dir), dir}
		}
		require.ErrorIs(t, err, errKilled)
		open, err = engine.Open(dir, r.options())
		require.NoError(t, err)
		outcome, err = open.Go(t.Context())
	}
	require.NoError(t, err)
	require.NoError(t, open.Close())
	return ended{outcome, logOf(t, dir), dir}
}

func logOf(t *testing.T, dir string) []engine.Entry {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, engine.LogFile))
	require.NoError(t, err)
	defer f.Close()
	entries, _, err := engine.ReadLog(f)
	require.NoError(t, err)
	return entries
}
