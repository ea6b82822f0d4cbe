package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/pipeline"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

// Media that are whole in themselves, under labels an officer has signed, and yet
// not what this site has written: another bundle under this one's name, and this
// bundle sealed anew elsewhere.
func TestAnotherMediumIsNotVerified(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.sealed()
	officer := s.kit.Keys[bundletest.OfficerA]
	w, err := s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: t.TempDir(), Signer: officer})
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(w.Folder, carry.LabelName))
	require.NoError(t, err)
	label, err := carry.ParseLabel(text)
	require.NoError(t, err)

	other := filepath.Join(t.TempDir(), "sealed")
	require.NoError(t, os.WriteFile(other, []byte("sealed anew, to nobody knows whom"), 0o600))
	for name, change := range map[string]func(*carry.Label){
		"the same bundle sealed anew": func(l *carry.Label) {},
		"another manifest":            func(l *carry.Label) { l.ManifestSHA256 = bundle.DigestOf(nil) },
		"another number":              func(l *carry.Label) { l.BID, l.Seq = "S042-000009", 9 },
	} {
		t.Run(name, func(t *testing.T) {
			l := label
			l.SealedSize, l.SealedSHA256 = 0, bundle.DigestOf([]byte("sealed anew, to nobody knows whom"))
			change(&l)
			set, err := carry.Prepare(t.Context(), other, l, carry.Layout{}, nil)
			require.NoError(t, err)
			sig, err := officer.Sign(sign.Label, set.LabelText)
			require.NoError(t, err)
			medium := t.TempDir()
			forged, err := carry.Write(t.Context(), medium, other, set, [][]byte{sig}, carry.Options{Now: time.Unix(1e9, 0)})
			require.NoError(t, err)
			if l.BID != id {
				require.NoError(t, os.Rename(forged.Folder, filepath.Join(medium, string(id))))
			}
			_, err = s.p.Verify(t.Context(), id, medium, "x", nil)
			require.ErrorIs(t, err, pipeline.ErrTampered)
			require.Equal(t, pipeline.Written, s.state(id))
		})
	}
}

// Order comes from sequences: a clock that stands at 1970 or 2099, or goes back
// all the time, is shown and decides nothing.
func TestAWrongClockDecidesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begin time.Time
		step  time.Duration
	}{
		"1970":      {time.Unix(0, 0), time.Second},
		"2099":      {time.Date(2099, 12, 31, 23, 0, 0, 0, time.UTC), time.Second},
		"backwards": {time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), -24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			now := c.begin
			s.opts.Now = func() time.Time { now = now.Add(c.step); return now }
			var err error
			s.p, err = pipeline.New(s.opts)
			require.NoError(t, err)
			id := s.collect()
			s.finish(id, t.TempDir())
			require.Equal(t, pipeline.Released, s.state(id))
			s.deskOpens(id)
			rep, err := s.j.Verify(t.Context())
			require.NoError(t, err)
			require.Empty(t, rep.Problems)
			if c.step < 0 {
				require.Positive(t, rep.ClockBack, "it is told, and that is all")
			}
		})
	}
}
