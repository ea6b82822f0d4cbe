package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"

	"darksite/bundle/approve"
	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/pipeline"

	"github.com/stretchr/testify/require"
)

// inClear is a request for a bundle that leaves signed but not encrypted.
func (s *site) inClear() pipeline.Request {
	q := s.request()
	q.Clear = true
	return q
}

// The whole journey in clear: everybody is told, and everything else is as ever.
func TestAJourneyInClear(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.trust.Roster.Clear = true
	var signed string
	id, err := s.p.Collect(t.Context(), s.inClear())
	require.NoError(t, err)
	for _, officer := range []string{bundletest.OfficerA, bundletest.OfficerB} {
		require.True(t, s.review(id, officer).Clear)
		require.NoError(t, s.p.Approve(t.Context(), id, s.kit.Keys[officer], pipeline.Decision{
			MarkingIn: "INTERNAL", Confirm: func(text []byte) error { signed = string(text); return nil },
		}))
		require.Contains(t, signed, "\nsealed: NO: not encrypted")
	}
	require.ErrorIs(t, s.p.Seal(t.Context(), id, "x"), pipeline.ErrProfile)
	require.Equal(t, pipeline.Approved, s.state(id), "a slip voids nothing")
	require.NoError(t, s.p.SealClear(t.Context(), id, "x"))
	require.Equal(t, string(id)+".tar.zst", filepath.Base(s.sealedFile(id)))

	medium := t.TempDir()
	w, err := s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: medium, Signer: s.kit.Keys[bundletest.OfficerA]})
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(w.Folder, carry.LabelName))
	require.NoError(t, err)
	require.Contains(t, string(text), "\nsealed: no\n")
	require.Contains(t, string(w.Cover), "NOT ENCRYPTED")
	_, err = s.p.Verify(t.Context(), id, medium, "x", nil)
	require.NoError(t, err)
	r, err := s.p.Show(id)
	require.NoError(t, err)
	require.True(t, r.Media[0].Opened, "no key is needed to compare every file")
	s.deskOpens(id)
	s.journalTells(id)
	said := map[string]string{}
	for e, err := range s.j.Entries(t.Context(), 1) {
		require.NoError(t, err)
		said[e.Action] = e.Details["encrypted"]
	}
	for _, action := range []string{"bundle.begun", "bundle.sealed", "bundle.written"} {
		require.Equal(t, "no", said[action], action)
	}
}

func TestClearOnlyWhereTheRosterAllowsIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, err := s.p.Collect(t.Context(), s.inClear())
	require.ErrorIs(t, err, approve.ErrClear)
	require.ErrorIs(t, err, pipeline.ErrRefused)
	all, err := s.p.List()
	require.NoError(t, err)
	require.Empty(t, all, "no number was given out")

	s.trust.Roster.Clear = true
	id := s.approvedWith(s.inClear())
	s.trust.Roster.Clear = false
	err = s.p.SealClear(t.Context(), id, "x")
	require.ErrorIs(t, err, pipeline.ErrInvalidated)
	require.ErrorIs(t, err, approve.ErrClear)
	require.NoFileExists(t, s.sealedFile(id))

	s.trust.Roster.Clear = true
	id, err = s.p.Collect(t.Context(), s.inClear())
	require.NoError(t, err)
	s.review(id, bundletest.OfficerA)
	s.trust.Roster.Clear = false
	require.ErrorIs(t, s.approve(id, bundletest.OfficerA), approve.ErrClear)
	require.Equal(t, pipeline.InReview, s.state(id))
	require.NoError(t, s.p.Reject(t.Context(), id, s.kit.Keys[bundletest.OfficerA], pipeline.Decision{MarkingIn: "I", Reason: "no longer allowed"}))
	require.Equal(t, pipeline.Rejected, s.state(id))
}

// What was approved to leave encrypted never leaves otherwise.
func TestAnApprovedExportDoesNotLeaveInClear(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(record string) string{
		"by the command":         nil,
		"by the record, as well": func(record string) string { return replaced(t, record, `"clear": false`, `"clear": true`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.trust.Roster.Clear = true
			id := s.approved()
			want := pipeline.ErrProfile
			if edit != nil {
				file := filepath.Join(s.p.Folder(id), "record.json")
				rewrite(t, file, func(text []byte) []byte { return []byte(edit(string(text))) })
				want = pipeline.ErrTampered
			}
			require.ErrorIs(t, s.p.SealClear(t.Context(), id, "x"), want)
			left, err := filepath.Glob(filepath.Join(s.p.Folder(id), "sealed", "*"))
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// A medium whose label says otherwise than the record does not read back.
func TestAMediumRelabelledIsNotVerified(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.trust.Roster.Clear = true
	id := s.sealed()
	medium := t.TempDir()
	w, err := s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: medium, Signer: s.kit.Keys[bundletest.OfficerA]})
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(w.Folder, carry.LabelName))
	require.NoError(t, err)
	l, err := carry.ParseLabel(text)
	require.NoError(t, err)
	l.Clear, l.Recipients = true, nil
	text, err = l.Encode()
	require.NoError(t, err)
	sealed := s.sealedFile(id)
	set, err := carry.Prepare(t.Context(), sealed, l, carry.Layout{}, nil)
	require.NoError(t, err)
	sig, err := s.kit.Keys[bundletest.OfficerA].Sign("label@darksite", set.LabelText)
	require.NoError(t, err)
	require.Equal(t, string(text), string(set.LabelText))
	other := t.TempDir()
	_, err = carry.Write(t.Context(), other, sealed, set, [][]byte{sig}, carry.Options{Now: s.now})
	require.NoError(t, err)
	_, err = s.p.Verify(t.Context(), id, other, "x", nil, s.kit.Record)
	require.ErrorIs(t, err, pipeline.ErrTampered)
	require.ErrorContains(t, err, "differ in whether the bundle is encrypted")
	require.Equal(t, pipeline.Written, s.state(id))
}
