package pipeline_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/bundletest"
	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// rewrite changes a read-only file and puts its mode back, as somebody would
// who does not want to be seen.
func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, os.WriteFile(path, change(text), 0o600))
	require.NoError(t, os.Chmod(path, info.Mode()))
}

func flip(text []byte) []byte {
	text[len(text)/2] ^= 1
	return text
}

// inFolder opens a read-only folder for a moment.
func inFolder(t *testing.T, dir string, do func()) {
	t.Helper()
	require.NoError(t, os.Chmod(dir, 0o700))
	do()
	require.NoError(t, os.Chmod(dir, 0o500))
}

// Everything that the reference says invalidates an approval, done after both
// officers have approved.
func TestWhatVoidsEveryApproval(t *testing.T) {
	t.Parallel()
	tampered, refused := pipeline.ErrTampered, pipeline.ErrRefused
	cases := map[string]struct {
		change func(t *testing.T, s *site, id bundle.ID)
		want   error
		state  pipeline.State
	}{
		"one byte of a file": {func(t *testing.T, s *site, id bundle.ID) {
			rewrite(t, s.frozen(id, "files/host/host.txt"), flip)
		}, tampered, pipeline.Invalidated},
		"one byte of the redaction report": {func(t *testing.T, s *site, id bundle.ID) {
			rewrite(t, s.frozen(id, "meta/redaction.json"), flip)
		}, tampered, pipeline.Invalidated},
		"one byte of the manifest": {func(t *testing.T, s *site, id bundle.ID) {
			rewrite(t, s.frozen(id, "MANIFEST.json"), flip)
		}, tampered, pipeline.Invalidated},
		"a file more": {func(t *testing.T, s *site, id bundle.ID) {
			inFolder(t, s.frozen(id, "files/host"), func() {
				require.NoError(t, os.WriteFile(s.frozen(id, "files/host/more.txt"), []byte("x"), 0o400))
			})
		}, tampered, pipeline.Invalidated},
		"a file less": {func(t *testing.T, s *site, id bundle.ID) {
			inFolder(t, s.frozen(id, "files/host"), func() { require.NoError(t, os.Remove(s.frozen(id, "files/host/host.txt"))) })
		}, tampered, pipeline.Invalidated},
		"a file under another name": {func(t *testing.T, s *site, id bundle.ID) {
			inFolder(t, s.frozen(id, "files/host"), func() {
				require.NoError(t, os.Rename(s.frozen(id, "files/host/host.txt"), s.frozen(id, "files/host/more.txt")))
			})
		}, tampered, pipeline.Invalidated},
		"a link in place of a file": {func(t *testing.T, s *site, id bundle.ID) {
			inFolder(t, s.frozen(id, "files/host"), func() {
				copied := filepath.Join(s.dir, "host.txt")
				require.NoError(t, os.Rename(s.frozen(id, "files/host/host.txt"), copied))
				require.NoError(t, os.Symlink(copied, s.frozen(id, "files/host/host.txt")))
			})
		}, tampered, pipeline.Invalidated},
		"the frozen tree is gone": {func(t *testing.T, s *site, id bundle.ID) {
			require.NoError(t, os.Rename(s.frozen(id, "."), filepath.Join(s.dir, "away")))
		}, tampered, pipeline.Invalidated},
		"a file that can be written": {func(t *testing.T, s *site, id bundle.ID) {
			require.NoError(t, os.Chmod(s.frozen(id, "files/host/host.txt"), 0o600))
		}, tampered, pipeline.Invalidated},
		"a folder that can be written": {func(t *testing.T, s *site, id bundle.ID) {
			require.NoError(t, os.Chmod(s.frozen(id, "."), 0o700))
		}, tampered, pipeline.Invalidated},
		"the collector's signature": {func(t *testing.T, s *site, id bundle.ID) {
			name := "sig/MANIFEST.json." + s.kit.Keys[bundletest.Collector].Public().ID() + ".sig"
			armored, err := s.kit.Keys[bundletest.Collector].Sign(sign.Manifest, []byte("another text"))
			require.NoError(t, err)
			rewrite(t, s.frozen(id, name), func([]byte) []byte { return armored })
		}, tampered, pipeline.Invalidated},
		"an approval's text": {func(t *testing.T, s *site, id bundle.ID) {
			rewrite(t, filepath.Join(s.p.Folder(id), "approvals", "2.txt"), flip)
		}, tampered, pipeline.Invalidated},
		"an approval's signature": {func(t *testing.T, s *site, id bundle.ID) {
			one, err := os.ReadFile(filepath.Join(s.p.Folder(id), "approvals", "1.txt.sig"))
			require.NoError(t, err)
			rewrite(t, filepath.Join(s.p.Folder(id), "approvals", "2.txt.sig"), func([]byte) []byte { return one })
		}, tampered, pipeline.Invalidated},
		"an approval is gone": {func(t *testing.T, s *site, id bundle.ID) {
			require.NoError(t, os.Remove(filepath.Join(s.p.Folder(id), "approvals", "1.txt")))
		}, tampered, pipeline.Invalidated},
		"other rules":    {func(_ *testing.T, s *site, _ bundle.ID) { s.rules = versioned("rules", 2) }, refused, pipeline.Invalidated},
		"another policy": {func(_ *testing.T, s *site, _ bundle.ID) { s.policy = versioned("policy", 2) }, refused, pipeline.Invalidated},
		"a recipient more": {func(t *testing.T, s *site, _ bundle.ID) {
			other, err := age.GenerateHybridIdentity()
			require.NoError(t, err)
			s.trust.Vendor.Intake = append(s.trust.Vendor.Intake, other.Recipient().String())
		}, refused, pipeline.Invalidated},
		"a recipient less": {func(_ *testing.T, s *site, _ bundle.ID) { s.trust.Vendor.Intake = s.trust.Vendor.Intake[:1] }, refused, pipeline.Invalidated},
		"a reviewer revoked": {func(_ *testing.T, s *site, _ bundle.ID) {
			s.trust.Roster.Revoked = []roster.Revocation{{KeyID: s.kit.Keys[bundletest.OfficerB].Public().ID()}}
		}, roster.ErrRevoked, pipeline.Invalidated},
		"a reviewer removed": {func(_ *testing.T, s *site, _ bundle.ID) {
			s.trust.Roster.People = s.trust.Roster.People[:2]
		}, roster.ErrUnknownKey, pipeline.Invalidated},
		"a reviewer is an officer no more": {func(_ *testing.T, s *site, _ bundle.ID) {
			s.trust.Roster.People[2].Role = roster.Collector
		}, roster.ErrWrongRole, pipeline.Invalidated},
		"the collector revoked": {func(_ *testing.T, s *site, _ bundle.ID) {
			s.trust.Roster.Revoked = []roster.Revocation{{KeyID: s.kit.Keys[bundletest.Collector].Public().ID()}}
		}, roster.ErrRevoked, pipeline.Invalidated},
		"another build of the program": {func(t *testing.T, s *site, _ bundle.ID) {
			s.opts.Tool = func() (bundle.Tool, error) {
				return bundle.Tool{Version: "test", SHA256: bundle.DigestOf([]byte("other"))}, nil
			}
			var err error
			s.p, err = pipeline.New(s.opts)
			require.NoError(t, err)
		}, refused, pipeline.Invalidated},
		"the marking in the record": {func(t *testing.T, s *site, id bundle.ID) {
			rewrite(t, filepath.Join(s.p.Folder(id), "record.json"), func(text []byte) []byte {
				return []byte(replaced(t, string(text), `"marking": "INTERNAL"`, `"marking": "PUBLIC"`))
			})
		}, tampered, pipeline.Invalidated},
		"the recipient of the site changed": {func(t *testing.T, s *site, _ bundle.ID) {
			other, err := age.GenerateHybridIdentity()
			require.NoError(t, err)
			s.trust.Roster.Record = other.Recipient().String()
		}, refused, pipeline.Invalidated},
		"an escrow recipient more": {func(t *testing.T, s *site, _ bundle.ID) {
			other, err := age.GenerateHybridIdentity()
			require.NoError(t, err)
			s.trust.Vendor.Escrow = []string{other.Recipient().String()}
		}, refused, pipeline.Invalidated},
		"more approvals demanded than were given": {func(_ *testing.T, s *site, _ bundle.ID) {
			s.trust.Roster.Approvals = 3
		}, approve.ErrNotApproved, pipeline.Invalidated},
		"one person behind both keys": {func(_ *testing.T, s *site, _ bundle.ID) {
			// The roster says now that the second key is the first officer's.
			s.trust.Roster.People[2].ID = s.trust.Roster.People[1].ID
		}, approve.ErrReviewer, pipeline.Invalidated},
		"the case in the record": {func(t *testing.T, s *site, id bundle.ID) {
			rewrite(t, filepath.Join(s.p.Folder(id), "record.json"), func(text []byte) []byte {
				return []byte(replaced(t, string(text), `"case": "T-ABCDEFGHIJ"`, `"case": "T-JIHGFEDCBA"`))
			})
		}, tampered, pipeline.Invalidated},
		"the journal was made anew": {func(t *testing.T, s *site, _ bundle.ID) {
			s.otherJournal(t, 40)
		}, tampered, pipeline.Invalidated},
		"the journal lost its end": {func(t *testing.T, s *site, id bundle.ID) {
			r, err := s.p.Show(id)
			require.NoError(t, err)
			s.copiedJournal(t, r.Trail[len(r.Trail)-1].Journal-1, func(*journal.Entry) {})
		}, tampered, pipeline.Invalidated},
		"the journal was made anew, with the same steps": {func(t *testing.T, s *site, _ bundle.ID) {
			s.copiedJournal(t, math.MaxInt64, func(e *journal.Entry) {
				if e.Seq == 1 {
					e.Actor = "nobody"
				}
			})
		}, tampered, pipeline.Invalidated},
		"an approval's text and signature": {func(t *testing.T, s *site, id bundle.ID) {
			// The officer's own key signs another statement afterwards.
			file := filepath.Join(s.p.Folder(id), "approvals", "2.txt")
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			statement, err := approve.Parse(text)
			require.NoError(t, err)
			statement.Exceptions = append(statement.Exceptions, "a remark of later")
			signed, err := approve.Sign(statement, s.kit.Keys[bundletest.OfficerB])
			require.NoError(t, err)
			rewrite(t, file, func([]byte) []byte { return signed.Text })
			rewrite(t, file+".sig", func([]byte) []byte { return signed.Sig })
		}, tampered, pipeline.Invalidated},
		"a step of the record is not in the journal": {func(t *testing.T, s *site, id bundle.ID) {
			r, err := s.p.Show(id)
			require.NoError(t, err)
			at := r.Trail[len(r.Trail)-1].Journal
			rewrite(t, filepath.Join(s.p.Folder(id), "record.json"), func(text []byte) []byte {
				return []byte(replaced(t, string(text), fmt.Sprintf(`"journal": %d`, at), fmt.Sprintf(`"journal": %d`, at-1)))
			})
		}, tampered, pipeline.Invalidated},
		"too many bundles since": {func(t *testing.T, s *site, _ bundle.ID) {
			for range pipeline.DefaultValidFor + 1 {
				_, err := s.opts.Counters.Next()
				require.NoError(t, err)
			}
		}, approve.ErrLapsed, pipeline.Lapsed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.trust.Roster.People = append([]roster.Person(nil), s.trust.Roster.People...)
			id := s.approved()
			c.change(t, s, id)
			err := s.p.Seal(t.Context(), id, bundletest.OfficerB)
			require.ErrorIs(t, err, pipeline.ErrInvalidated)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.state, s.state(id))
			require.NoFileExists(t, s.sealedFile(id))
			require.ErrorIs(t, s.p.Seal(t.Context(), id, bundletest.OfficerB), pipeline.ErrState, "it stays void")
		})
	}
}

// otherJournal puts a journal of other entries in the place of the site's.
func (s *site) otherJournal(t *testing.T, entries int) {
	t.Helper()
	require.NoError(t, s.j.Close())
	dir := filepath.Join(s.dir, "other-journal")
	j, err := journal.Open(dir, journal.Options{Origin: "S042", Signer: s.kit.Keys["journal"]})
	require.NoError(t, err)
	for range entries {
		_, err := j.Append(t.Context(), journal.Entry{Time: s.opts.Now(), Actor: "nobody", Action: "other"})
		require.NoError(t, err)
	}
	s.useJournal(t, j)
}

// copiedJournal puts a copy of the first n entries, each changed, in the place of
// the journal.
func (s *site) copiedJournal(t *testing.T, n int64, change func(*journal.Entry)) {
	t.Helper()
	dir := filepath.Join(s.dir, "copied-journal")
	j, err := journal.Open(dir, journal.Options{Origin: "S042", Signer: s.kit.Keys["journal"]})
	require.NoError(t, err)
	for e, err := range s.j.Entries(t.Context(), 1) {
		require.NoError(t, err)
		change(&e)
		if e.Seq <= n {
			_, err := j.Append(t.Context(), e)
			require.NoError(t, err)
		}
	}
	require.NoError(t, s.j.Close())
	s.useJournal(t, j)
}

func (s *site) useJournal(t *testing.T, j *journal.Journal) {
	t.Helper()
	s.j, s.opts.Journal = j, j
	var err error
	s.p, err = pipeline.New(s.opts)
	require.NoError(t, err)
}

func replaced(t *testing.T, text, old, by string) string {
	t.Helper()
	require.Contains(t, text, old)
	return strings.Replace(text, old, by, 1)
}

func TestAChangeIsFoundAtEveryStep(t *testing.T) {
	t.Parallel()
	steps := map[string]struct {
		prepare func(*site) bundle.ID
		do      func(*site, bundle.ID) error
	}{
		"review": {(*site).collect, func(s *site, id bundle.ID) error {
			_, err := s.p.Review(t.Context(), id, pipeline.Reader{Officer: bundletest.OfficerA})
			return err
		}},
		"approve": {func(s *site) bundle.ID { id := s.collect(); s.review(id, bundletest.OfficerA); return id }, func(s *site, id bundle.ID) error { return s.approve(id, bundletest.OfficerA) }},
		"reject": {(*site).collect, func(s *site, id bundle.ID) error {
			return s.p.Reject(t.Context(), id, s.kit.Keys[bundletest.OfficerA], pipeline.Decision{MarkingIn: "I", Medium: "m", Reason: "r"})
		}},
		"write": {(*site).sealed, func(s *site, id bundle.ID) error {
			_, err := s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: t.TempDir(), Signer: s.kit.Keys[bundletest.OfficerA]})
			return err
		}},
	}
	for name, c := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := c.prepare(s)
			rewrite(t, s.frozen(id, "files/host/host.txt"), flip)
			err := c.do(s, id)
			require.ErrorIs(t, err, pipeline.ErrTampered)
			require.Equal(t, pipeline.Invalidated, s.state(id))
		})
	}
}

func TestAChangeWhileSealingIsFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.approved()
	s.p.OnStep(func(name string) {
		if name == "sealing" {
			rewrite(t, s.frozen(id, "files/host/host.txt"), flip)
		}
	})
	err := s.p.Seal(t.Context(), id, bundletest.OfficerB)
	require.ErrorIs(t, err, pipeline.ErrInvalidated)
	require.ErrorIs(t, err, pipeline.ErrTampered)
	require.NoFileExists(t, s.sealedFile(id))
	left, err := os.ReadDir(filepath.Dir(s.sealedFile(id)))
	require.NoError(t, err)
	require.Empty(t, left, "nothing half-written stays")
}

func TestAChangedSealedFileIsNotWritten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.sealed()
	rewrite(t, s.sealedFile(id), flip)
	medium := t.TempDir()
	_, err := s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: medium, Signer: s.kit.Keys[bundletest.OfficerA]})
	require.ErrorIs(t, err, pipeline.ErrTampered)
	require.Equal(t, pipeline.Invalidated, s.state(id))
	left, err := os.ReadDir(medium)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAMediumThatDoesNotReadBackIsNotVerified(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.sealed()
	medium := t.TempDir()
	w, err := s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: medium, Signer: s.kit.Keys[bundletest.OfficerA]})
	require.NoError(t, err)
	rewrite(t, filepath.Join(w.Folder, string(id)+".tar.zst.age"), flip)
	_, err = s.p.Verify(t.Context(), id, medium, "x", nil, s.kit.Record)
	require.ErrorIs(t, err, pipeline.ErrTampered)
	require.Equal(t, pipeline.Written, s.state(id), "the medium is bad, the bundle is not: write another one")
	require.ErrorIs(t, s.p.Release(t.Context(), id, s.kit.Keys[bundletest.OfficerA], "c"), pipeline.ErrState)

	again := t.TempDir()
	_, err = s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: again, Signer: s.kit.Keys[bundletest.OfficerB]})
	require.NoError(t, err)
	stranger, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	_, err = s.p.Verify(t.Context(), id, again, "x", nil, stranger)
	require.Error(t, err, "a key that does not open it verifies nothing")
	_, err = s.p.Verify(t.Context(), id, again, "x", nil)
	require.NoError(t, err, "without the record key the medium is verified, not opened")
	r, err := s.p.Show(id)
	require.NoError(t, err)
	require.False(t, r.Media[1].Opened)
	require.True(t, r.Media[1].Verified)
	require.False(t, r.Media[0].Verified)
}
