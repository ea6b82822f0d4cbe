package pipeline_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/container"
	"darksite/bundle/pipeline"
	"darksite/bundle/review"

	"github.com/stretchr/testify/require"
)

// hiding is the gate of a bundle that is frozen again.
type hiding struct {
	*gate
	words []string
	deaf  bool // hides nothing
}

func (h *hiding) Text(s string) string {
	s = h.gate.Text(s)
	for _, w := range h.words {
		if !h.deaf {
			s = strings.ReplaceAll(s, w, "word-abcd2345")
		}
	}
	return s
}

func (h *hiding) Tree(ctx context.Context, in, out string) (pipeline.Gated, error) {
	res, err := h.gate.Tree(ctx, in, out)
	for _, f := range res.Files {
		path := filepath.Join(out, f.Out)
		text, readErr := os.ReadFile(path)
		if readErr != nil {
			return res, readErr
		}
		if err := os.WriteFile(path, []byte(h.Text(string(text))), 0o600); err != nil {
			return res, err
		}
	}
	return res, err
}

// amendable is a bundle that both officers have read and one has approved.
func (s *site) amendable() bundle.ID {
	s.t.Helper()
	s.opts.GateHiding = func(_ context.Context, words []string) (pipeline.Gate, error) {
		return &hiding{gate: s.gate, words: words}, nil
	}
	p, err := pipeline.New(s.opts)
	require.NoError(s.t, err)
	s.p = p
	id, err := s.p.Collect(s.t.Context(), s.request(
		document("host", "link to "+canary+" is down\nproject mercury at the northern gate\n"), document("array", "{}\n"), document("notes", "what nobody needs\n"),
	))
	require.NoError(s.t, err)
	s.review(id, bundletest.OfficerA)
	require.NoError(s.t, s.approve(id, bundletest.OfficerA))
	s.review(id, bundletest.OfficerB)
	return id
}

func (s *site) manifest(id bundle.ID, tree string) bundle.Manifest {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.p.Folder(id), tree, "MANIFEST.json"))
	require.NoError(s.t, err)
	m, err := container.DecodeManifest(text)
	require.NoError(s.t, err)
	return m
}

func TestAnOfficerHasMoreHiddenAndAFileRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.amendable()
	before := s.manifest(id, "frozen")
	one, err := s.p.Ask(t.Context(), id, pipeline.Order{Officer: bundletest.OfficerB, What: pipeline.Hide, Words: []string{"mercury"}, Reason: "a project"})
	require.NoError(t, err)
	require.Equal(t, 1, one.N)
	two, err := s.p.Ask(t.Context(), id, pipeline.Order{Officer: bundletest.OfficerB, What: pipeline.Hide, Pattern: `north\w+`})
	require.NoError(t, err)
	require.Equal(t, []string{"northern"}, two.Words, "a pattern is turned into what it finds")
	_, err = s.p.Ask(t.Context(), id, pipeline.Order{Officer: bundletest.OfficerB, What: pipeline.Remove, Path: "files/notes/notes.txt", Reason: "not needed"})
	require.NoError(t, err)

	err = s.approve(id, bundletest.OfficerB)
	require.ErrorIs(t, err, pipeline.ErrOrders, "nobody approves while a change is open")
	require.ErrorIs(t, err, pipeline.ErrRefused)

	require.NoError(t, s.p.Amend(t.Context(), id, s.request()))
	require.Equal(t, pipeline.Frozen, s.state(id))
	r, err := s.p.Show(id)
	require.NoError(t, err)
	require.Empty(t, r.Approvals, "what was approved was something else")
	require.NoDirExists(t, filepath.Join(s.p.Folder(id), "frozen"), "the old tree is gone")
	require.NoDirExists(t, filepath.Join(s.p.Folder(id), "staging"))
	m := s.manifest(id, "frozen-2")
	require.NotEqual(t, before.Salt, m.Salt)
	require.Equal(t, before.Policy, m.Policy)
	require.Equal(t, "map-S042-000001-2", m.PseudonymMapID)
	require.FileExists(t, s.p.MapFile(id), "the first map still answers for what it replaced")
	var paths []string
	for _, e := range m.Files {
		paths = append(paths, e.Path)
		if e.Path == "files/host/host.txt" {
			require.Equal(t, int64(1), e.Redactions["ipv4"], "what was replaced first still counts")
		}
	}
	require.Equal(t, []string{"meta/collect.json", "meta/redaction.json", "files/array/array.txt", "files/host/host.txt"}, paths)
	require.Contains(t, m.Omitted, bundle.Omission{OrigPath: "notes", Reason: "removed at review: not needed"})
	text, err := os.ReadFile(filepath.Join(s.p.Folder(id), "frozen-2", "files", "host", "host.txt"))
	require.NoError(t, err)
	require.Equal(t, "link to "+standIn+" is down\nproject word-abcd2345 at the word-abcd2345 gate\n", string(text))

	orders, err := s.p.Orders(id)
	require.NoError(t, err)
	require.Empty(t, orders)
	for e, err := range s.j.Entries(t.Context(), 1) {
		require.NoError(t, err)
		for _, v := range e.Details {
			require.NotContains(t, v, "mercury", "the journal does not tell what is hidden")
		}
	}

	require.ErrorIs(t, s.approve(id, bundletest.OfficerA), pipeline.ErrState, "it must be opened again")
	for _, officer := range []string{bundletest.OfficerA, bundletest.OfficerB} {
		s.review(id, officer)
		require.NoError(t, s.approve(id, officer))
	}
	require.NoError(t, s.p.Seal(t.Context(), id, bundletest.OfficerB))
	s.clean()
}

func TestAChangeCanBeTakenBackByWhoAskedForIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.amendable()
	o, err := s.p.Ask(t.Context(), id, pipeline.Order{Officer: bundletest.OfficerB, What: pipeline.Hide, Words: []string{"mercury"}})
	require.NoError(t, err)
	require.ErrorIs(t, s.p.Unask(t.Context(), id, bundletest.OfficerA, o.N), pipeline.ErrRefused)
	require.NoError(t, s.p.Unask(t.Context(), id, bundletest.OfficerB, o.N))
	require.ErrorIs(t, s.p.Amend(t.Context(), id, s.request()), pipeline.ErrRefused)
	require.NoError(t, s.approve(id, bundletest.OfficerB))
}

func TestWhatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.amendable()
	cases := map[string]pipeline.Order{
		"nothing":                     {What: pipeline.Hide},
		"a single letter":             {What: pipeline.Hide, Words: []string{"a"}},
		"two lines":                   {What: pipeline.Hide, Words: []string{"one\ntwo"}},
		"a pattern that is none":      {What: pipeline.Hide, Pattern: "("},
		"a pattern that finds nought": {What: pipeline.Hide, Pattern: "venus"},
		"a pattern that finds all":    {What: pipeline.Hide, Pattern: "."},
		"a file that is not there":    {What: pipeline.Remove, Path: "files/none.txt"},
		"the report of the redaction": {What: pipeline.Remove, Path: pipeline.ReportPath},
		"something else":              {What: "paint", Words: []string{"mercury"}},
	}
	for name, o := range cases {
		o.Officer = bundletest.OfficerB
		_, err := s.p.Ask(t.Context(), id, o)
		require.ErrorIs(t, err, pipeline.ErrRefused, name)
	}
	_, err := s.p.Ask(t.Context(), id, pipeline.Order{Officer: bundletest.Collector, What: pipeline.Hide, Words: []string{"mercury"}})
	require.ErrorIs(t, err, pipeline.ErrRefused, "a collector")
	q := s.request()
	q.Signer = s.kit.Keys[bundletest.OfficerA]
	require.ErrorIs(t, s.p.Amend(t.Context(), id, q), pipeline.ErrRefused)
}

// A gate that leaves the word standing, or fails, changes nothing.
func TestAChangeThatFailsLeavesTheBundleAsItWas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.amendable()
	_, err := s.p.Ask(t.Context(), id, pipeline.Order{Officer: bundletest.OfficerB, What: pipeline.Hide, Words: []string{"Mercury"}})
	require.NoError(t, err)
	before, err := s.p.Show(id)
	require.NoError(t, err)
	deaf := true
	s.opts.GateHiding = func(_ context.Context, words []string) (pipeline.Gate, error) {
		return &hiding{gate: s.gate, words: words, deaf: deaf}, nil
	}
	p, err := pipeline.New(s.opts)
	require.NoError(t, err)
	err = p.Amend(t.Context(), id, s.request())
	require.ErrorIs(t, err, pipeline.ErrLeak)
	require.ErrorContains(t, err, "files/host/host.txt")
	s.gate.broken = os.ErrPermission
	require.ErrorIs(t, p.Amend(t.Context(), id, s.request()), os.ErrPermission)
	after, err := p.Show(id)
	require.NoError(t, err)
	require.Equal(t, before, after)
	entries, err := os.ReadDir(p.Folder(id))
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"approvals", "asks.json", "frozen", "known.json", "lock", "near.json", "orders.json", "record.json"}, names)
}

// Wherever the process dies, there is one tree, and it is the recorded one.
func TestAFreezeAgainThatIsCutOff(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"redacted again", "map saved", "protected", "frozen", "journalled FROZEN", "recorded FROZEN"} {
		s := newSite(t)
		id := s.amendable()
		_, err := s.p.Ask(t.Context(), id, pipeline.Order{Officer: bundletest.OfficerB, What: pipeline.Hide, Words: []string{"mercury"}})
		require.NoError(t, err)
		func() {
			defer func() { require.Equal(t, "cut off", recover(), at) }()
			s.p.OnStep(func(name string) {
				if name == at {
					panic("cut off")
				}
			})
			_ = s.p.Amend(t.Context(), id, s.request())
		}()
		s.p, err = pipeline.New(s.opts)
		require.NoError(t, err)
		if s.state(id) != pipeline.Frozen {
			require.NoError(t, s.p.Amend(t.Context(), id, s.request()), at)
		}
		for _, officer := range []string{bundletest.OfficerA, bundletest.OfficerB} {
			s.review(id, officer)
			require.NoError(t, s.approve(id, officer), at)
		}
		require.NoDirExists(t, filepath.Join(s.p.Folder(id), "frozen"), at)
		found, err := holding(filepath.Join(s.p.Folder(id), "frozen-2"), "mercury")
		require.NoError(t, err)
		require.Empty(t, found, at)
	}
}

func TestWhatIsFoundMustBeAnsweredOneByOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id, err := s.p.Collect(t.Context(), s.request(document("host", "RESTRICTED\nproject mercury\n")))
	require.NoError(t, err)
	sum, err := s.p.Review(t.Context(), id, pipeline.Reader{Officer: bundletest.OfficerA, Keywords: []string{"mercury"}})
	require.NoError(t, err)
	require.ErrorIs(t, s.approve(id, bundletest.OfficerA), pipeline.ErrUnanswered)
	asked := 0
	for _, sec := range review.Sections(sum, review.View{}) {
		for _, it := range sec.Items {
			if it.Ask == "" {
				continue
			}
			asked++
			require.ErrorIs(t, s.p.Answer(t.Context(), id, bundletest.OfficerA, it.Ask, it.Marks, " "), pipeline.ErrRefused)
			require.ErrorIs(t, s.p.Answer(t.Context(), id, bundletest.OfficerB, it.Ask, it.Marks, "not his"), pipeline.ErrUnread)
			require.NoError(t, s.p.Answer(t.Context(), id, bundletest.OfficerA, it.Ask, it.Marks, "the name of a planet"))
		}
	}
	require.Equal(t, 2, asked)
	require.NoError(t, s.approve(id, bundletest.OfficerA))
	s.review(id, bundletest.OfficerB)
	require.ErrorIs(t, s.approve(id, bundletest.OfficerB), pipeline.ErrUnanswered, "each officer answers for himself")
	var reasons []string
	for e, err := range s.j.Entries(t.Context(), 1) {
		require.NoError(t, err)
		if e.Action == "bundle.answer" {
			reasons = append(reasons, e.Details["found"]+": "+e.Details["reason"])
		}
	}
	require.ElementsMatch(t, []string{"marking: the name of a planet", "keyword: the name of a planet"}, reasons)
}

// What was read is on disk; a torn line spoils only itself.
func TestAReadingGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.collect()
	s.review(id, bundletest.OfficerA)
	require.NoError(t, s.p.MarkRead(id, bundletest.OfficerA, []review.Mark{"a", "b"}))
	path := filepath.Join(s.p.Folder(id), "reading", bundletest.OfficerA+".jsonl")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for cut := range whole {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		require.NoError(t, s.p.MarkRead(id, bundletest.OfficerA, []review.Mark{"c"}))
		r, err := s.p.Reading(id, bundletest.OfficerA)
		require.NoError(t, err)
		require.True(t, r.Read("c"), cut)
		require.Equal(t, cut == len(whole)-1, r.Read("a"), cut)
		require.False(t, r.Answered("c"))
	}
	other, err := s.p.Reading(id, bundletest.OfficerB)
	require.NoError(t, err)
	require.Zero(t, other.Len(), "each officer reads for himself")
	require.Error(t, s.p.MarkRead(id, "../x", []review.Mark{"c"}))
	require.False(t, bytes.Contains(whole, []byte("mercury")))
}
