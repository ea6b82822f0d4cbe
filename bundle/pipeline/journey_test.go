package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/container"
	"darksite/bundle/open"
	"darksite/bundle/pipeline"
	"darksite/bundle/review"
	"darksite/bundle/roster"
	"darksite/bundle/verify"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func TestWholeJourney(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), withJournalKey(t, bundletest.New(t))) // on a real disk
	s.gate.near = []review.NearMiss{{Path: "files/host/host.txt", Line: 1, Text: "k7f3", Why: "close to a name"}}
	id := s.collect()
	require.Equal(t, bundle.ID("S042-000001"), id)
	require.Equal(t, pipeline.Frozen, s.state(id))
	require.NoDirExists(t, filepath.Join(s.p.Folder(id), "staging"))
	s.clean()

	text, err := os.ReadFile(s.frozen(id, "MANIFEST.json"))
	require.NoError(t, err)
	m, err := container.DecodeManifest(text)
	require.NoError(t, err)
	require.Equal(t, "no time source; station clock set by hand from "+standIn, m.ClockNote)
	require.Empty(t, m.PrevManifestSHA256)
	var paths []string
	for _, e := range m.Files {
		paths = append(paths, e.Path)
	}
	require.Equal(t, []string{"meta/collect.json", "meta/redaction.json", "files/array/array.txt", "files/host/host.txt"}, paths)

	sealedMap, err := os.Open(s.p.MapFile(id))
	require.NoError(t, err)
	defer sealedMap.Close()
	_, err = age.Decrypt(sealedMap, s.kit.Record)
	require.NoError(t, err, "the site can open its own map")

	sum := s.review(id, bundletest.OfficerA)
	require.Equal(t, pipeline.InReview, s.state(id))
	require.Equal(t, "files/host/host.txt", sum.Near[0].Path)
	require.Equal(t, int64(4), sum.Files)
	require.Len(t, sum.Recipients, 3)

	require.NoError(t, s.approve(id, bundletest.OfficerA))
	require.Equal(t, pipeline.Approved1, s.state(id))
	s.review(id, bundletest.OfficerB)
	require.NoError(t, s.approve(id, bundletest.OfficerB))
	require.Equal(t, pipeline.Approved, s.state(id))
	require.NoError(t, s.p.Seal(t.Context(), id, bundletest.OfficerB))
	require.Equal(t, pipeline.Sealed, s.state(id))

	medium := t.TempDir()
	w, err := s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: medium, Signer: s.kit.Keys[bundletest.OfficerA], Serial: "USB-7"})
	require.NoError(t, err)
	require.Equal(t, filepath.Join(medium, string(id)), w.Folder)
	back, err := s.p.Verify(t.Context(), id, medium, "mdurand", nil, s.kit.Record)
	require.NoError(t, err)
	require.Empty(t, back.Others)
	require.NoError(t, s.p.Release(t.Context(), id, s.kit.Keys[bundletest.OfficerA], "C. Leroy"))
	r, err := s.p.Show(id)
	require.NoError(t, err)
	require.Equal(t, pipeline.Released, r.State)
	require.True(t, r.Media[0].Verified)
	require.True(t, r.Media[0].Opened)
	require.Equal(t, "C. Leroy", r.Media[0].Courier)
	require.ErrorIs(t, s.p.Receipt(t.Context(), id, bundle.DigestOf(nil), "desk"), pipeline.ErrTampered)
	require.NoError(t, s.p.Receipt(t.Context(), id, r.Sealed.SealedSHA256, "desk"))
	require.NoError(t, s.p.Receipt(t.Context(), id, r.Sealed.SealedSHA256, "desk"), "a second receipt changes nothing")
	require.Equal(t, pipeline.Receipted, s.state(id))

	s.deskOpens(id)
	s.journalTells(id)
	s.clean()
	found, err := holding(medium, canary)
	require.NoError(t, err)
	require.Empty(t, found)
}

// deskOpens opens the sealed file as the vendor does.
func (s *site) deskOpens(id bundle.ID) {
	s.t.Helper()
	r, err := s.p.Show(id)
	require.NoError(s.t, err)
	f, err := os.Open(s.p.SealedFile(r))
	require.NoError(s.t, err)
	defer f.Close()
	out := filepath.Join(s.t.TempDir(), "out")
	rep, err := open.Bundle(s.t.Context(), f, out, open.Options{Options: verify.Options{
		Identities: []age.Identity{s.kit.Intake}, Clear: r.Clear,
		Roster: func(string) (roster.Roster, error) { return s.trust.Roster, nil },
	}})
	require.NoError(s.t, err)
	require.Len(s.t, rep.Signers.Officers, 2)
	text, err := os.ReadFile(filepath.Join(out, "files", "host", "host.txt"))
	require.NoError(s.t, err)
	require.Equal(s.t, "Mar 2 08:00:00 kernel: link to "+standIn+" is down\n", string(text))
}

// journalTells asserts that every step of the trail is in the journal.
func (s *site) journalTells(id bundle.ID) {
	s.t.Helper()
	rep, err := s.j.Verify(s.t.Context())
	require.NoError(s.t, err)
	require.Empty(s.t, rep.Problems)
	actions := map[int64]string{}
	for e, err := range s.j.Entries(s.t.Context(), 1) {
		require.NoError(s.t, err)
		if e.Bundle == id {
			actions[e.Seq] = e.Action
		}
	}
	r, err := s.p.Show(id)
	require.NoError(s.t, err)
	for _, step := range r.Trail {
		want := "bundle." + strings.ReplaceAll(strings.ToLower(string(step.State)), "_", "-")
		require.Equal(s.t, want, actions[step.Journal])
	}
}

func TestBundlesFormAChain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, second := s.collect(), s.collect()
	one, err := s.p.Show(first)
	require.NoError(t, err)
	text, err := os.ReadFile(s.frozen(second, "MANIFEST.json"))
	require.NoError(t, err)
	m, err := container.DecodeManifest(text)
	require.NoError(t, err)
	require.Equal(t, string(one.Manifest), m.PrevManifestSHA256)
	require.Equal(t, int64(2), m.Seq)
	all, err := s.p.List()
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, first, all[0].BID)
}

func TestTheSecondReviewShowsWhatIsNew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.approved()
	second, err := s.p.Collect(t.Context(), s.request(document("host", "Mar 2 08:00:00 kernel: link to "+canary+" is down\n"), document("array", "{\"items\":[]}\n")))
	require.NoError(t, err)
	d := s.review(second, bundletest.OfficerA).Difference
	require.Equal(t, first, d.Against)
	require.Contains(t, d.Changed, "files/array/array.txt")
	require.NotContains(t, d.Changed, "files/host/host.txt")
	require.Equal(t, int64(1), d.Same)
}

func TestOneApprovalIsEnoughOnlyWhereTheRosterSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.trust.Roster.Approvals = 1
	id := s.collect()
	s.review(id, bundletest.OfficerA)
	require.NoError(t, s.approve(id, bundletest.OfficerA))
	require.Equal(t, pipeline.Approved, s.state(id))
	s.trust.Roster.Approvals = 2
	require.ErrorIs(t, s.p.Seal(t.Context(), id, "x"), pipeline.ErrInvalidated, "the roster of now decides")
}

func TestWhatACollectorMissedIsInTheManifest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id, err := s.p.Collect(t.Context(), s.request(
		document("good", "ok\n"),
		failing{"gone-" + "host", "cannot reach " + canary},
		document("binary", "a\x00b"),
	))
	require.NoError(t, err)
	r, err := s.p.Show(id)
	require.NoError(t, err)
	require.Equal(t, "failed", string(r.Collected[1].State))
	text, err := os.ReadFile(s.frozen(id, "MANIFEST.json"))
	require.NoError(t, err)
	m, err := container.DecodeManifest(text)
	require.NoError(t, err)
	require.Equal(t, []bundle.Omission{
		{OrigPath: "binary", Reason: "withheld: binary"},
		{OrigPath: "collector gone-host", Reason: "failed: cannot reach " + standIn},
	}, m.Omitted)
	s.review(id, bundletest.OfficerA)
}
