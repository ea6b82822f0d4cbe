package coach_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"darksite/runbooks"
	"darksite/training/coach"
	"darksite/training/labmark"
	"darksite/training/labs"
	"darksite/training/labs/content"
)

// watcher counts the looks of a monitor.
type watcher struct{ looks, closed int }

func (w *watcher) Look(context.Context) error { w.looks++; return nil }
func (w *watcher) Close() error               { w.closed++; return nil }

var began = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// start serves a lab and dials it.
func start(t *testing.T, id string) (*coach.Client, *watcher, labs.Drawn, coach.Marker) {
	t.Helper()
	lib, err := content.Library()
	require.NoError(t, err)
	lab, ok := lib.Get(id)
	require.True(t, ok)
	drawn, names := lab.Draw(3)
	w := &watcher{}
	r, err := coach.Start(drawn, began, func(func() time.Time) (coach.Watcher, error) { return w, nil })
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, r.Close())
		require.Equal(t, min(w.looks, 1), w.closed)
	})
	m := r.Marker(3, "en", began.Add(time.Hour))
	c, err := coach.Dial(t.Context(), m, time.Now)
	require.NoError(t, err)
	return c, w, names, m
}

func TestTimePassesAndTheMonitorLooks(t *testing.T) {
	c, w, _, _ := start(t, "l1")
	require.Equal(t, began.Add(-10*time.Minute), c.Now(), "the site was watched before the learner comes")
	require.NoError(t, c.Advance(t.Context(), 3*time.Minute, time.Minute))
	require.Zero(t, w.looks, "nobody looks at a site that is not furnished")
	require.NoError(t, c.Watch(t.Context()))
	require.NoError(t, c.Advance(t.Context(), 7*time.Minute, time.Minute))
	require.Equal(t, 7, w.looks)
	require.NoError(t, c.Advance(t.Context(), 30*time.Second, time.Minute))
	require.Equal(t, 7, w.looks, "not sooner than asked for")
	require.Equal(t, began.Add(30*time.Second), c.Now())
	require.Error(t, c.Advance(t.Context(), -time.Second, time.Second))
	require.Error(t, c.Advance(t.Context(), 10_000*time.Hour, time.Hour))
}

func TestHandsAndEyes(t *testing.T) {
	c, _, names, _ := start(t, "l1")
	ctx, bay := t.Context(), names["bay"]
	require.NoError(t, c.Advance(ctx, 10*time.Minute, time.Minute))
	require.NoError(t, c.Begin(ctx))
	do := func(verb, target string) string {
		says, err := c.Do(ctx, coach.Act{Verb: verb, Target: target, Lang: runbooks.English})
		require.NoError(t, err)
		return says
	}
	look := func(lang runbooks.Lang) string {
		says, err := c.Look(ctx, coach.Act{Target: bay, Lang: lang})
		require.NoError(t, err)
		return says
	}
	require.Contains(t, look(runbooks.English), "fault light ON, locate light off")
	require.Contains(t, look(runbooks.French), "voyant de défaut ALLUMÉ")
	require.Contains(t, do("locate", strings.ToLower(bay)), bay)
	require.Contains(t, look(runbooks.English), "locate light ON")
	require.NoError(t, c.Advance(ctx, time.Minute, time.Minute))
	do("replace", bay)
	require.NoError(t, c.Advance(ctx, 10*time.Minute, time.Minute))
	require.Contains(t, look(runbooks.English), "fault light off")

	world, at, err := c.World(ctx)
	require.NoError(t, err)
	require.Equal(t, began, at)
	acts := world.Of("act")
	require.Len(t, acts, 2)
	require.Equal(t, map[string]string{"verb": "replace", "target": bay, "array": "fa-prod-1", "was": "failed", "type": "drive", "by": ""}, acts[1].Fields)
	require.Equal(t, time.Minute, acts[1].At)
	// Every kind of fact and every field is one that labs may ask for.
	known := map[string][]string{}
	for _, k := range labs.Vocabulary() {
		known[k.Name] = k.Fields
	}
	for _, f := range world {
		require.Contains(t, known, f.Kind)
		for field := range f.Fields {
			require.Contains(t, known[f.Kind], field, f.Kind)
		}
	}

	for _, a := range []coach.Act{{Verb: "kick", Target: bay}, {Verb: "pull", Target: "CT0"}, {Verb: "pull", Target: "CH9.BAY9"}, {Verb: "pull", Target: bay, Array: "fa-other"}, {Verb: "pull"}} {
		_, err := c.Do(ctx, a)
		require.ErrorContains(t, err, "there is no such thing in this lab")
	}
}

func TestOnlyTheOwnerOfTheFolderSteers(t *testing.T) {
	_, _, _, m := start(t, "l12")
	for _, token := range []string{"", "wrong"} {
		other := m
		other.Token = token
		_, err := coach.Dial(t.Context(), other, time.Now)
		require.ErrorIs(t, err, coach.ErrOver)
	}
	resp, err := http.Post(m.URL+"/end", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusForbidden, resp.StatusCode)

	m.URL = "http://192.0.2.1:80"
	_, err = coach.Dial(t.Context(), m, time.Now)
	require.ErrorIs(t, err, labmark.ErrMixed)
	m.URL = "http://127.0.0.1:1"
	_, err = coach.Dial(t.Context(), m, time.Now)
	require.ErrorIs(t, err, coach.ErrOver)
}

func TestAMarkerRefusesWhatIsReal(t *testing.T) {
	m := coach.Marker{Secrets: []string{coach.Secret([]byte("made by the lab\n"))}}
	require.NoError(t, m.Check([]string{"https://127.0.0.1:8443", "127.0.0.1:5514", "https://[::1]:8443"}, map[string][]byte{"t": []byte("made by the lab")}))
	for _, a := range []string{"https://10.1.0.10", "https://localhost", "0.0.0.0:514", "array.example:443", "", "https://127.0.0.1.example", "notifier all"} {
		require.ErrorIs(t, m.Check([]string{a}, nil), labmark.ErrMixed, a)
	}
	require.ErrorIs(t, m.Check(nil, map[string][]byte{"t": []byte("real")}), labmark.ErrMixed)
}

func TestHome(t *testing.T) {
	home := coach.Home(t.TempDir())
	_, ok := coach.HomeOf(home.Site())
	require.False(t, ok)
	_, err := coach.ReadMarker(home.Site())
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, home.Vacate(), "there is nothing yet")

	require.NoError(t, os.MkdirAll(home.Site(), 0o700))
	want := coach.Marker{Lab: "l1", Version: 1, Seed: 7, Lang: "fr", URL: "http://127.0.0.1:1", Token: "t", Ends: began, Hints: []int{2}, Solved: true}
	require.NoError(t, want.Write(home.Site()))
	got, err := coach.ReadMarker(home.Site())
	require.NoError(t, err)
	require.Equal(t, want, got)
	found, ok := coach.HomeOf(home.Site())
	require.True(t, ok)
	require.Equal(t, home, found)

	frozen := filepath.Join(home.Site(), "bundles", "frozen")
	require.NoError(t, os.MkdirAll(frozen, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(frozen, "f"), nil, 0o400))
	require.NoError(t, os.Chmod(frozen, 0o500))
	require.NoError(t, home.Vacate())
	require.NoDirExists(t, home.Site())

	require.NoError(t, os.MkdirAll(home.Site(), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home.Site(), "site.yaml"), []byte("real"), 0o600))
	require.ErrorIs(t, home.Vacate(), labmark.ErrMixed)
	require.FileExists(t, filepath.Join(home.Site(), "site.yaml"))
}

func TestWhoPractisesIsRemembered(t *testing.T) {
	home := coach.Home(t.TempDir())
	nobody, err := home.Learner()
	require.NoError(t, err)
	require.Zero(t, nobody)
	who := coach.Learner{ID: "mdurand", Site: "/srv/site"}
	require.NoError(t, home.Remember(who))
	got, err := home.Learner()
	require.NoError(t, err)
	require.Equal(t, who, got)
	require.NoError(t, os.WriteFile(filepath.Join(string(home), "learner.json"), []byte("{"), 0o600))
	_, err = home.Learner()
	require.ErrorContains(t, err, "read who practises")
}

func TestResultsAreKept(t *testing.T) {
	home := coach.Home(t.TempDir())
	all, err := home.Results()
	require.NoError(t, err)
	require.Empty(t, all)
	one := coach.Result{Lab: "l1", Kind: "easy", Seed: 7, At: began, Points: 85, Digest: strings.Repeat("0", 64)}
	two := coach.Result{Lab: "l2", Kind: "escalate", At: began, Fatal: true, Solved: true}
	require.NoError(t, home.Keep(one))
	require.NoError(t, home.Keep(two))
	all, err = home.Results()
	require.NoError(t, err)
	require.Equal(t, []coach.Result{one, two}, all)
	require.InDelta(t, 0.85, one.Record().Score, 1e-9)
	require.True(t, two.Record().Fatal)
	require.NoError(t, os.WriteFile(filepath.Join(string(home), "results.jsonl"), []byte("{}\nrubbish\n"), 0o600))
	_, err = home.Results()
	require.ErrorContains(t, err, "line 2")
}

// A practice site ends when it is told to, and when its marker is gone or another's.
func TestAPracticeSiteEnds(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	lab, _ := lib.Get("l12")
	drawn, _ := lab.Draw(1)
	for name, end := range map[string]func(t *testing.T, site string, m coach.Marker){
		"when it is told to": func(t *testing.T, _ string, m coach.Marker) {
			c, err := coach.Dial(t.Context(), m, time.Now)
			require.NoError(t, err)
			require.NoError(t, c.End(t.Context()))
		},
		"when its folder is gone": func(t *testing.T, site string, _ coach.Marker) { require.NoError(t, os.RemoveAll(site)) },
		"when another lab has its folder": func(t *testing.T, site string, m coach.Marker) {
			m.Token = "another"
			require.NoError(t, m.Write(site))
		},
		"when its time is over": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := coach.Home(t.TempDir()).Site()
			require.NoError(t, os.MkdirAll(site, 0o700))
			r, err := coach.Start(drawn, began, func(func() time.Time) (coach.Watcher, error) { return nil, errors.New("not asked for") })
			require.NoError(t, err)
			m := r.Marker(1, "en", began)
			require.NoError(t, m.Write(site))
			var ending sync.WaitGroup
			life := time.Hour
			if end == nil {
				life = time.Millisecond
			} else {
				ending.Go(func() { end(t, site, m) })
			}
			r.Run(t.Context(), site, life) // a site that does not end makes the test run into its time limit
			require.NoError(t, r.Close())
			ending.Wait()
			_, err = coach.Dial(t.Context(), m, time.Now)
			require.ErrorIs(t, err, coach.ErrOver)
		})
	}
}
