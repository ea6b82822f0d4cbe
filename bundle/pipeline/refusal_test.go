package pipeline_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/bundletest"
	"darksite/bundle/collect"
	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

// failing is a collector that gets nothing.
type failing struct{ name, why string }

func (f failing) Plan() collect.Plan { return collect.Plan{Name: f.name} }
func (f failing) Estimate(context.Context) (collect.Estimate, error) {
	return collect.Estimate{}, errors.New(f.why)
}
func (f failing) Collect(context.Context, *collect.Writer) error { return errors.New(f.why) }

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	stranger, err := sign.ParsePrivateKey(strangerKey(t), nil)
	require.NoError(t, err)
	cases := map[string]struct {
		do   func(s *site) error
		want error
	}{
		"an officer does not collect": {func(s *site) error {
			q := s.request()
			q.Signer = s.kit.Keys[bundletest.OfficerA]
			_, err := s.p.Collect(t.Context(), q)
			return err
		}, roster.ErrWrongRole},
		"a stranger does not collect": {func(s *site) error {
			q := s.request()
			q.Signer = stranger
			_, err := s.p.Collect(t.Context(), q)
			return err
		}, roster.ErrUnknownKey},
		"a revoked collector does not collect": {func(s *site) error {
			s.trust.Roster.Revoked = []roster.Revocation{{KeyID: s.kit.Keys[bundletest.Collector].Public().ID()}}
			_, err := s.p.Collect(t.Context(), s.request())
			return err
		}, roster.ErrRevoked},
		"the collector does not review": {func(s *site) error {
			_, err := s.p.Review(t.Context(), s.collect(), pipeline.Reader{Officer: bundletest.Collector})
			return err
		}, roster.ErrWrongRole},
		"a collector who became an officer does not review his own": {func(s *site) error {
			id := s.collect()
			s.trust.Roster.People[0].Role = roster.Officer
			_, err := s.p.Review(t.Context(), id, pipeline.Reader{Officer: bundletest.Collector})
			return err
		}, approve.ErrSelfApproval},
		"a nobody does not review": {func(s *site) error {
			_, err := s.p.Review(t.Context(), s.collect(), pipeline.Reader{Officer: "nobody"})
			return err
		}, pipeline.ErrRefused},
		"the collector does not approve": {func(s *site) error {
			id := s.collect()
			s.review(id, bundletest.OfficerA)
			return s.approve(id, bundletest.Collector)
		}, roster.ErrWrongRole},
		"nobody approves unread": {func(s *site) error { return s.approve(s.collect(), bundletest.OfficerA) }, pipeline.ErrState},
		"nobody approves what another has read": {func(s *site) error {
			id := s.collect()
			s.review(id, bundletest.OfficerA)
			return s.approve(id, bundletest.OfficerB)
		}, pipeline.ErrUnread},
		"a marking that no label can carry": {func(s *site) error {
			q := s.request()
			q.Marking = "SPÉCIAL FRANCE"
			_, err := s.p.Collect(t.Context(), q)
			return err
		}, pipeline.ErrRefused},
		"a case that no manifest can carry": {func(s *site) error {
			q := s.request()
			q.Case = "a b/../c"
			_, err := s.p.Collect(t.Context(), q)
			return err
		}, pipeline.ErrRefused},
		"one officer is not two": {func(s *site) error {
			id := s.collect()
			s.review(id, bundletest.OfficerA)
			require.NoError(t, s.approve(id, bundletest.OfficerA))
			return s.approve(id, bundletest.OfficerA)
		}, approve.ErrOnePerson},
		"a revoked officer does not approve": {func(s *site) error {
			id := s.collect()
			s.review(id, bundletest.OfficerA)
			s.trust.Roster.Revoked = []roster.Revocation{{KeyID: s.kit.Keys[bundletest.OfficerA].Public().ID()}}
			return s.approve(id, bundletest.OfficerA)
		}, roster.ErrRevoked},
		"one approval seals nothing": {func(s *site) error {
			id := s.collect()
			s.review(id, bundletest.OfficerA)
			require.NoError(t, s.approve(id, bundletest.OfficerA))
			return s.p.Seal(t.Context(), id, "x")
		}, pipeline.ErrState},
		"nothing unsealed is written": {func(s *site) error {
			_, err := s.p.Write(t.Context(), s.approved(), pipeline.MediumOptions{Dir: t.TempDir(), Signer: s.kit.Keys[bundletest.OfficerA]})
			return err
		}, pipeline.ErrState},
		"the collector does not sign the label": {func(s *site) error {
			_, err := s.p.Write(t.Context(), s.sealed(), pipeline.MediumOptions{Dir: t.TempDir(), Signer: s.kit.Keys[bundletest.Collector]})
			return err
		}, roster.ErrWrongRole},
		"nothing unverified is released": {func(s *site) error {
			return s.p.Release(t.Context(), s.sealed(), s.kit.Keys[bundletest.OfficerA], "courier")
		}, pipeline.ErrState},
		"a rejection needs words": {func(s *site) error {
			id := s.collect()
			return s.p.Reject(t.Context(), id, s.kit.Keys[bundletest.OfficerA], pipeline.Decision{MarkingIn: "INTERNAL", Medium: "usb"})
		}, nil},
		"a withdrawal needs words": {func(s *site) error { return s.p.Withdraw(t.Context(), s.collect(), "mdurand", " ") }, pipeline.ErrRefused},
		"officers name one destination": {func(s *site) error {
			id := s.collect()
			s.review(id, bundletest.OfficerA)
			require.NoError(t, s.approve(id, bundletest.OfficerA))
			s.review(id, bundletest.OfficerB)
			return s.p.Approve(t.Context(), id, s.kit.Keys[bundletest.OfficerB], pipeline.Decision{MarkingIn: "INTERNAL", Medium: "usb", Destination: "elsewhere"})
		}, approve.ErrMismatch},
		"no such bundle": {func(s *site) error { return s.p.Seal(t.Context(), "S042-000099", "x") }, pipeline.ErrNotFound},
		"no path as id":  {func(s *site) error { return s.p.Seal(t.Context(), "../S042-000001", "x") }, pipeline.ErrNotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			err := c.do(s)
			require.Error(t, err)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			require.NotErrorIs(t, err, pipeline.ErrTampered)
			all, err := s.p.List()
			require.NoError(t, err)
			for _, r := range all {
				require.NotContains(t, []pipeline.State{pipeline.Invalidated, pipeline.Rejected, pipeline.Withdrawn}, r.State, "a refusal of a person is no verdict on the bundle")
			}
			s.clean()
		})
	}
}

func strangerKey(t *testing.T) []byte {
	private, _, err := sign.GenerateKey(nil, "x", nil)
	require.NoError(t, err)
	return private
}

func TestARejectionEndsTheJourney(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*site) bundle.ID{
		"unread":          (*site).collect,
		"approved by two": (*site).approved,
		"sealed":          (*site).sealed,
		"by who approved it": func(s *site) bundle.ID {
			id := s.collect()
			s.review(id, bundletest.OfficerC)
			require.NoError(s.t, s.approve(id, bundletest.OfficerC))
			return id
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := prepare(s)
			require.NoError(t, s.p.Reject(t.Context(), id, s.kit.Keys[bundletest.OfficerC], pipeline.Decision{MarkingIn: "INTERNAL", Medium: "usb", Reason: "names of projects in the text"}))
			r, err := s.p.Show(id)
			require.NoError(t, err)
			require.Equal(t, pipeline.Rejected, r.State)
			require.Equal(t, "names of projects in the text", r.Reason)
			require.ErrorIs(t, s.approve(id, bundletest.OfficerA), pipeline.ErrState)
			require.ErrorIs(t, s.p.Seal(t.Context(), id, "x"), pipeline.ErrState)
			_, err = s.p.Write(t.Context(), id, pipeline.MediumOptions{Dir: t.TempDir(), Signer: s.kit.Keys[bundletest.OfficerA]})
			require.ErrorIs(t, err, pipeline.ErrState)
		})
	}
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.sealed()
	require.NoError(t, s.p.Withdraw(t.Context(), id, "mdurand", "wrong case"))
	require.Equal(t, pipeline.Withdrawn, s.state(id))
	require.NoFileExists(t, s.sealedFile(id))
	require.FileExists(t, s.frozen(id, "MANIFEST.json"), "what was decided on is kept as evidence")
	require.ErrorIs(t, s.p.Withdraw(t.Context(), id, "mdurand", "again"), pipeline.ErrState)
}

func TestWhatIsShownIsWhatIsSigned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var shown []byte
	no := errors.New("not today")
	ask := func(id bundle.ID, who string, answer error) error {
		shown = nil
		return s.p.Approve(t.Context(), id, s.kit.Keys[who], pipeline.Decision{
			MarkingIn: "INTERNAL", Medium: "usb", ViewedFull: 3,
			Confirm: func(text []byte) error { shown = text; return answer },
		})
	}
	id := s.collect()
	require.ErrorIs(t, ask(id, bundletest.OfficerA, nil), pipeline.ErrState)
	require.Empty(t, shown, "nobody is asked before the review")
	s.review(id, bundletest.OfficerA)
	require.ErrorIs(t, ask(id, bundletest.OfficerB, nil), pipeline.ErrUnread)
	require.Empty(t, shown, "who has not read is not asked")
	require.ErrorIs(t, ask(id, bundletest.Collector, nil), roster.ErrWrongRole)
	require.Empty(t, shown, "the collector is not asked")

	require.ErrorIs(t, ask(id, bundletest.OfficerA, no), no)
	require.NotEmpty(t, shown)
	require.Equal(t, pipeline.InReview, s.state(id), "who says no has signed nothing")
	kept, err := filepath.Glob(filepath.Join(s.p.Folder(id), "approvals", "*"))
	require.NoError(t, err)
	require.Empty(t, kept)

	require.NoError(t, ask(id, bundletest.OfficerA, nil))
	kept, err = filepath.Glob(filepath.Join(s.p.Folder(id), "approvals", "*.txt"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	signed, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	require.Equal(t, string(signed), string(shown))
}

func TestStockSSHKeygenSignsAnApproval(t *testing.T) {
	t.Parallel()
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen on this machine")
	}
	s := newSite(t)
	id := s.collect()
	s.review(id, bundletest.OfficerA)
	text, err := s.p.Statement(t.Context(), id, bundletest.OfficerA, approve.Release, pipeline.Decision{MarkingIn: "INTERNAL", Medium: "usb", ViewedFull: 4})
	require.NoError(t, err)
	dir := t.TempDir()
	key, statement := filepath.Join(dir, "key"), filepath.Join(dir, "1.txt")
	require.NoError(t, os.WriteFile(key, s.kit.Private[bundletest.OfficerA], 0o600))
	require.NoError(t, os.WriteFile(statement, text, 0o600))
	out, err := exec.Command(keygen, "-Y", "sign", "-f", key, "-n", string(sign.Approval), statement).CombinedOutput()
	require.NoError(t, err, "%s", out)
	sig, err := os.ReadFile(statement + ".sig")
	require.NoError(t, err)
	require.NoError(t, s.p.Submit(t.Context(), id, approve.Signed{Text: text, Sig: sig}))
	require.Equal(t, pipeline.Approved1, s.state(id))
	s.review(id, bundletest.OfficerB)
	require.NoError(t, s.approve(id, bundletest.OfficerB))
	require.NoError(t, s.p.Seal(t.Context(), id, bundletest.OfficerB))
	s.deskOpens(id)
}

func TestSignatureMadeElsewhereIsTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.collect()
	s.review(id, bundletest.OfficerA)
	text, err := s.p.Statement(t.Context(), id, bundletest.OfficerA, approve.Release, pipeline.Decision{MarkingIn: "INTERNAL", Medium: "usb"})
	require.NoError(t, err)
	sig, err := s.kit.Keys[bundletest.OfficerA].Sign(sign.Approval, text)
	require.NoError(t, err)
	other, err := s.kit.Keys[bundletest.OfficerB].Sign(sign.Approval, text)
	require.NoError(t, err)
	wrong, err := s.kit.Keys[bundletest.OfficerA].Sign(sign.Label, text)
	require.NoError(t, err)
	require.ErrorIs(t, s.p.Submit(t.Context(), id, approve.Signed{Text: text, Sig: other}), approve.ErrReviewer)
	require.ErrorIs(t, s.p.Submit(t.Context(), id, approve.Signed{Text: text, Sig: wrong}), pipeline.ErrRefused)
	require.ErrorIs(t, s.p.Submit(t.Context(), id, approve.Signed{Text: []byte("hello\n"), Sig: sig}), pipeline.ErrRefused)
	changed := []byte(strings.Replace(string(text), "viewed_full: 0", "viewed_full: 9", 1))
	require.NotEqual(t, text, changed)
	require.ErrorIs(t, s.p.Submit(t.Context(), id, approve.Signed{Text: changed, Sig: sig}), pipeline.ErrRefused)
	require.Equal(t, pipeline.InReview, s.state(id))
	require.NoError(t, s.p.Submit(t.Context(), id, approve.Signed{Text: text, Sig: sig}))
	require.Equal(t, pipeline.Approved1, s.state(id))
}

// brokenJournal fails from the n-th entry on.
type brokenJournal struct {
	pipeline.Journal
	left *int
}

func (j brokenJournal) Append(ctx context.Context, e journal.Entry) (int64, error) {
	if *j.left--; *j.left < 0 {
		return 0, syscall.ENOSPC
	}
	return j.Journal.Append(ctx, e)
}

func TestAFailureBeforeFrozenLeavesNoRawData(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	cases := map[string]struct {
		prepare func(s *site, q *pipeline.Request) context.Context
		want    error
	}{
		"the gate fails":         {func(s *site, _ *pipeline.Request) context.Context { s.gate.broken = boom; return nil }, boom},
		"the proof finds a leak": {func(s *site, _ *pipeline.Request) context.Context { s.gate.leaky = true; return nil }, pipeline.ErrLeak},
		"the map cannot be kept": {func(s *site, _ *pipeline.Request) context.Context {
			require.NoError(t, os.Remove(s.opts.MapDir))
			require.NoError(t, os.WriteFile(s.opts.MapDir, nil, 0o600))
			return nil
		}, syscall.ENOTDIR},
		"the collector's key is another now": {func(s *site, _ *pipeline.Request) context.Context {
			s.gate.onTree = func() { s.trust.Roster.People[0].Key = s.kit.NewKey(t, "late") }
			return nil
		}, roster.ErrUnknownKey},
		"a classic recipient comes in": {func(s *site, _ *pipeline.Request) context.Context {
			s.gate.onTree = func() {
				s.trust.Vendor.Intake = append(s.trust.Vendor.Intake, "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq")
			}
			return nil
		}, pipeline.ErrRefused},
		"interrupted while collecting": {func(s *site, q *pipeline.Request) context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			s.gate.onTree = cancel
			return ctx
		}, context.Canceled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			q := s.request()
			ctx := c.prepare(s, &q)
			if ctx == nil {
				ctx = t.Context()
			}
			id, err := s.p.Collect(ctx, q)
			require.Error(t, err)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			require.Equal(t, pipeline.Withdrawn, s.state(id))
			require.NoDirExists(t, filepath.Join(s.p.Folder(id), "staging"))
			require.NoDirExists(t, filepath.Join(s.p.Folder(id), "frozen"))
			s.clean()
			require.ErrorIs(t, s.p.Resume(t.Context(), id, s.request()), pipeline.ErrState)
		})
	}
}

func TestNoStepWithoutTheJournal(t *testing.T) {
	t.Parallel()
	for entries := range 4 {
		s := newSite(t)
		left := entries
		s.opts.Journal = brokenJournal{s.j, &left}
		p, err := pipeline.New(s.opts)
		require.NoError(t, err)
		id, err := p.Collect(t.Context(), s.request())
		require.ErrorIs(t, err, syscall.ENOSPC)
		if entries == 0 {
			require.Empty(t, id)
		}
		all, err := s.p.List()
		if entries > 0 {
			require.NoError(t, err)
			require.NotEqual(t, pipeline.Frozen, all[0].State, "no state without an entry")
		}
		s.clean()
	}
}

func TestTwoProcessesDoNotWorkOnOneBundle(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.collect()
	f, err := os.OpenFile(filepath.Join(s.p.Folder(id), "lock"), os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	_, err = s.p.Review(t.Context(), id, pipeline.Reader{Officer: bundletest.OfficerA})
	require.ErrorIs(t, err, pipeline.ErrBusy)
	_, err = s.p.Show(id)
	require.NoError(t, err, "looking needs no lock")
}

func TestARecordThatWasEditedIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.collect()
	path := filepath.Join(s.p.Folder(id), "record.json")
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, bad := range map[string]string{
		"cut":          string(good[:len(good)/2]),
		"unknown key":  strings.Replace(string(good), `"bid"`, `"bidd"`, 1),
		"other bundle": strings.Replace(string(good), "S042-000001", "S042-000002", 1),
		"other format": strings.Replace(string(good), "darksite-record/1", "darksite-record/2", 1),
		"empty":        "",
	} {
		require.NoError(t, os.WriteFile(path, []byte(bad), 0o600))
		_, err := s.p.Show(id)
		require.ErrorIs(t, err, pipeline.ErrTampered, name)
		_, err = s.p.List()
		require.ErrorIs(t, err, pipeline.ErrTampered, name)
	}
	// A record set forward by hand opens no gate: approvals are not there.
	forward := strings.Replace(string(good), `"state": "FROZEN",
  "totals"`, `"state": "APPROVED",
  "totals"`, 1)
	require.NotEqual(t, string(good), forward)
	require.NoError(t, os.WriteFile(path, []byte(forward), 0o600))
	err = s.p.Seal(t.Context(), id, "x")
	require.ErrorIs(t, err, approve.ErrNotApproved)
	require.Equal(t, pipeline.Invalidated, s.state(id))
}
