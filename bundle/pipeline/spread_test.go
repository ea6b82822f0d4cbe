package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"

	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/pipeline"

	"github.com/stretchr/testify/require"
)

// One set on three media under one label: each is read back for what it is, the
// bundle is VERIFIED with the last of them, and any one may be lost.
func TestASetOnThreeMedia(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.approvedWith(s.request(document("noise", bundletest.Noise(3<<19))))
	require.NoError(t, s.p.Seal(t.Context(), id, bundletest.OfficerB))
	media := make([]string, 3)
	write := func(n, of int, officer string) error {
		media[n-1] = t.TempDir()
		_, err := s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: media[n-1], Signer: s.kit.Keys[officer], Number: n, Of: of})
		return err
	}
	require.ErrorIs(t, write(2, 3, bundletest.OfficerA), pipeline.ErrRefused, "the first begins the set")
	require.ErrorContains(t, write(1, 9, bundletest.OfficerA), "take fewer media or smaller volumes")
	media = make([]string, 3)
	require.NoError(t, write(1, 3, bundletest.OfficerA))
	require.ErrorIs(t, write(2, 4, bundletest.OfficerA), pipeline.ErrRefused, "another number of media")
	require.ErrorIs(t, write(2, 3, bundletest.OfficerB), pipeline.ErrRefused, "another officer's label")
	require.NoError(t, write(2, 3, bundletest.OfficerA))
	for n := 1; n <= 2; n++ {
		back, err := s.p.Verify(t.Context(), id, media[n-1], "x", nil, s.kit.Record)
		require.NoError(t, err)
		require.Positive(t, back.Bytes)
		require.Equal(t, pipeline.Written, s.state(id), "the set is not there yet")
	}
	require.NoError(t, write(3, 3, bundletest.OfficerA))
	parts, err := s.p.Parts(id)
	require.NoError(t, err)
	require.Equal(t, []pipeline.Part{{1, 3, true, true}, {2, 3, true, true}, {3, 3, true, false}}, parts)
	require.ErrorIs(t, s.p.Release(t.Context(), id, s.kit.Keys[bundletest.OfficerA], "c"), pipeline.ErrState)
	_, err = s.p.Verify(t.Context(), id, media[2], "x", nil)
	require.NoError(t, err)
	require.Equal(t, pipeline.Verified, s.state(id))
	require.NoError(t, s.p.Release(t.Context(), id, s.kit.Keys[bundletest.OfficerA], "c"))

	want, err := os.ReadFile(s.sealedFile(id))
	require.NoError(t, err)
	for lost := range media {
		var folders []string
		for i, m := range media {
			if i != lost {
				folders = append(folders, filepath.Join(m, string(id)))
			}
		}
		path := filepath.Join(t.TempDir(), "restored")
		_, err := carry.ReassembleFile(t.Context(), path, carry.ReadOptions{}, folders...)
		require.NoError(t, err, "without medium %d", lost+1)
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
