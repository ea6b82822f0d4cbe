package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/collect"
	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/review"
	"darksite/bundle/roster"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// canary is a value of the site that must not leave.
const (
	canary  = "10.20.30.40"
	standIn = "240.7.8.9"
)

// gate is a small redactor: it replaces the canary in contents and names and
// withholds what is binary.
type gate struct {
	leaky  bool  // forgets to replace
	broken error // returned by Tree
	blind  bool  // its proof finds nothing
	rules  int64 // version
	near   []review.NearMiss
	keeps  []string // words its policy lets through
	onTree func()
}

func versioned(id string, n int64) bundle.Versioned {
	return bundle.Versioned{ID: id, Version: n, SHA256: bundle.DigestOf([]byte(fmt.Sprint(id, n)))}
}

func (g *gate) Rules() bundle.Versioned  { return versioned("rules", max(g.rules, 1)) }
func (g *gate) Policy() bundle.Versioned { return versioned("policy", 1) }
func (g *gate) Text(s string) string     { return strings.ReplaceAll(s, canary, standIn) }

func (g *gate) Tree(ctx context.Context, in, out string) (pipeline.Gated, error) {
	var res pipeline.Gated
	err := filepath.WalkDir(in, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(in, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.IndexByte(text, 0) >= 0 {
			res.Withheld = append(res.Withheld, pipeline.Withheld{In: rel, Reason: "binary"})
			return nil
		}
		n := strings.Count(string(text), canary)
		clean := g.Text(string(text))
		if g.leaky {
			clean = string(text)
		}
		to := g.Text(rel)
		if err := os.MkdirAll(filepath.Dir(filepath.Join(out, to)), 0o700); err != nil {
			return err
		}
		res.Files = append(res.Files, pipeline.GatedFile{In: rel, Out: to, Inspected: bundle.InspectedFull, Type: "text", Redactions: map[string]int64{"ipv4": int64(n)}})
		return os.WriteFile(filepath.Join(out, to), []byte(clean), 0o600)
	})
	if g.onTree != nil {
		g.onTree()
	}
	res.Near, res.Loosened = g.near, g.keeps
	return res, errors.Join(err, g.broken, ctx.Err())
}

func (g *gate) Prove(_ context.Context, dir string) ([]string, error) {
	if g.blind {
		return nil, nil
	}
	return holding(dir, canary)
}

func (g *gate) SealMap(w io.Writer, to ...age.Recipient) error {
	enc, err := age.Encrypt(w, to...)
	if err != nil {
		return err
	}
	_, err = io.WriteString(enc, standIn+" "+canary+"\n")
	return errors.Join(err, enc.Close())
}

// holding lists the files below dir whose name or content has what.
func holding(dir, what string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(path, what) || bytes.Contains(text, []byte(what)) {
			found = append(found, path)
		}
		return nil
	})
	return found, err
}

// site is a site with people, keys, a journal and a pipeline.
type site struct {
	t      testing.TB
	dir    string
	kit    *bundletest.Kit
	db     *bbolt.DB
	j      *journal.Journal
	trust  pipeline.Trust
	rules  bundle.Versioned
	policy bundle.Versioned
	gate   *gate
	opts   pipeline.Options
	p      *pipeline.Pipeline
	now    time.Time
}

func newSite(t testing.TB) *site {
	t.Helper()
	return openSite(t, fastDir(t), withJournalKey(t, bundletest.New(t)))
}

// fastDir is a folder in memory where there is such a place: most tests sync
// hundreds of small files, and none of them pulls the plug of a real disk.
func fastDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "darksite-pipeline-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		unprotect(dir)
		require.NoError(t, os.RemoveAll(dir))
	})
	return dir
}

func openSite(t testing.TB, dir string, kit *bundletest.Kit) *site {
	t.Helper()
	s := &site{t: t, dir: dir, kit: kit, gate: &gate{}, rules: versioned("rules", 1), policy: versioned("policy", 1), now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	s.trust = pipeline.Trust{
		Roster: kit.Roster, Seen: bundle.Trust{RootVersion: 1},
		Vendor: roster.Vendor{Name: "vendor support", Version: 1, Intake: []string{kit.Intake.Recipient().String(), kit.Escrow.Recipient().String()}},
	}
	var err error
	s.db, err = bbolt.Open(filepath.Join(dir, "site.db"), 0o600, &bbolt.Options{Timeout: time.Second, NoFreelistSync: true})
	require.NoError(t, err)
	s.j, err = journal.Open(filepath.Join(dir, "journal"), journal.Options{Origin: "S042", Signer: kit.Keys["journal"]})
	require.NoError(t, err)
	t.Cleanup(func() {
		s.close()
		unprotect(dir) // frozen trees are read-only; the folder of the test must go away
	})
	s.opts = pipeline.Options{
		Dir: filepath.Join(dir, "bundles"), MapDir: filepath.Join(dir, "maps"),
		Counters: pipeline.NewCounters(s.db), Journal: s.j,
		Trust:    func() (pipeline.Trust, error) { return s.trust, nil },
		Gate:     func(context.Context) (pipeline.Gate, error) { return s.gate, nil },
		Versions: func() (bundle.Versioned, bundle.Versioned, error) { return s.rules, s.policy, nil },
		Now:      func() time.Time { s.now = s.now.Add(time.Second); return s.now },
		Tool: func() (bundle.Tool, error) {
			return bundle.Tool{Version: "test", SHA256: bundle.DigestOf([]byte("tool"))}, nil
		},
	}
	s.p, err = pipeline.New(s.opts)
	require.NoError(t, err)
	return s
}

func (s *site) close() {
	_ = s.j.Close()
	_ = s.db.Close()
}

// withJournalKey gives the kit a key for the journal.
func withJournalKey(t testing.TB, kit *bundletest.Kit) *bundletest.Kit {
	kit.NewKey(t, "journal")
	return kit
}

func document(name, text string) collect.Collector {
	return collect.Document{About: collect.Plan{Name: name, What: "w", Why: "y"}, Name: name + ".txt", Text: []byte(text)}
}

func (s *site) request(collectors ...collect.Collector) pipeline.Request {
	if len(collectors) == 0 {
		collectors = []collect.Collector{
			document("host", "Mar 2 08:00:00 kernel: link to "+canary+" is down\n"),
			document("array", "{\"items\":[{\"address\":\""+canary+"\"}]}\n"),
		}
	}
	p, err := collect.ProfileNamed("quick")
	require.NoError(s.t, err)
	return pipeline.Request{
		Collectors: collectors, Profile: p, Signer: s.kit.Keys[bundletest.Collector],
		Case: "T-ABCDEFGHIJ", Marking: "INTERNAL", ClockNote: "no time source; station clock set by hand from " + canary,
	}
}

func (s *site) collect() bundle.ID {
	s.t.Helper()
	id, err := s.p.Collect(s.t.Context(), s.request())
	require.NoError(s.t, err)
	return id
}

func (s *site) review(id bundle.ID, officer string) review.Summary {
	s.t.Helper()
	sum, err := s.p.Review(s.t.Context(), id, pipeline.Reader{Officer: officer})
	require.NoError(s.t, err)
	return sum
}

func (s *site) approve(id bundle.ID, officer string) error {
	return s.p.Approve(s.t.Context(), id, s.kit.Keys[officer], pipeline.Decision{MarkingIn: "INTERNAL", Medium: "usb", ViewedFull: 3})
}

func (s *site) approved() bundle.ID {
	s.t.Helper()
	return s.approvedWith(s.request())
}

func (s *site) approvedWith(q pipeline.Request) bundle.ID {
	s.t.Helper()
	id, err := s.p.Collect(s.t.Context(), q)
	require.NoError(s.t, err)
	for _, officer := range []string{bundletest.OfficerA, bundletest.OfficerB} {
		s.review(id, officer)
		require.NoError(s.t, s.approve(id, officer))
	}
	return id
}

func (s *site) sealed() bundle.ID {
	s.t.Helper()
	id := s.approved()
	require.NoError(s.t, s.p.Seal(s.t.Context(), id, bundletest.OfficerB))
	return id
}

func (s *site) sealedFile(id bundle.ID) string {
	s.t.Helper()
	r, err := s.p.Show(id)
	require.NoError(s.t, err)
	return s.p.SealedFile(r)
}

func (s *site) state(id bundle.ID) pipeline.State {
	s.t.Helper()
	r, err := s.p.Show(id)
	require.NoError(s.t, err)
	return r.State
}

// frozen is a path in the frozen tree.
func (s *site) frozen(id bundle.ID, name string) string {
	return filepath.Join(s.p.Folder(id), "frozen", filepath.FromSlash(name))
}

// clean asserts that no raw data is anywhere below the site's folder.
func (s *site) clean() {
	s.t.Helper()
	found, err := holding(s.dir, canary)
	require.NoError(s.t, err)
	require.Empty(s.t, found, "raw data must be nowhere")
}
