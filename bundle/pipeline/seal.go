package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/container"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/seal"
	"darksite/bundle/sign"
)

// Seal turns an approved bundle into the one file that may leave. Everything is
// checked as it is now: the frozen tree, both signatures, roster, revocations,
// rules, policy and recipients. The bytes that are hashed are the bytes that are
// sealed. What does not fit makes the bundle INVALIDATED (or LAPSED) and the
// error says what; it wraps ErrInvalidated. A bundle that was approved to leave in
// clear is refused with ErrProfile and stays as it is: see [Pipeline.SealClear].
func (p *Pipeline) Seal(ctx context.Context, id bundle.ID, actor string) error {
	return p.seal(ctx, id, actor, false)
}

// SealClear is [Pipeline.Seal] for a bundle that was collected and approved to
// leave signed but not encrypted, and for no other.
func (p *Pipeline) SealClear(ctx context.Context, id bundle.ID, actor string) error {
	return p.seal(ctx, id, actor, true)
}

func (p *Pipeline) seal(ctx context.Context, id bundle.ID, actor string, clear bool) error {
	r, release, err := p.hold(id)
	if err != nil {
		return err
	}
	defer release()
	if err := r.need("seal", Approved); err != nil {
		return err
	}
	if r.Clear != clear {
		return fmt.Errorf("seal bundle %s: it was collected and approved to leave %s: %w: %w",
			id, map[bool]string{true: "in clear", false: "encrypted"}[r.Clear], ErrProfile, ErrRefused)
	}
	t, err := p.o.Trust()
	if err != nil {
		return fmt.Errorf("seal bundle %s: %w", id, err)
	}
	c, err := p.relist(ctx, r, t.Roster)
	if err != nil {
		return p.void(ctx, r, actor, err)
	}
	defer c.Close()
	p.step("reloaded")
	if err := p.journalled(ctx, r, c.frozen.Manifest()); err != nil {
		return p.void(ctx, r, actor, err)
	}
	approved, signed, err := p.approved(r, c, t)
	if err != nil {
		return p.void(ctx, r, actor, err)
	}
	sealed, err := p.sealTo(ctx, r, c, approved, signed, t)
	if err != nil {
		// A file that changed while it was sealed shows as another digest; the
		// tree is asked once more, to tell that from a full disk.
		if again, changed := p.reload(ctx, r, t.Roster); changed != nil {
			err = errors.Join(err, changed)
		} else if cerr := again.Close(); cerr != nil {
			err = errors.Join(err, cerr)
		}
		return p.void(ctx, r, actor, err)
	}
	f := sealed.File()
	r.Sealed = SealedRecord{SealedSHA256: f.SealedSHA256, SealedSize: f.SealedSize, TarSHA256: f.TarSHA256, TarSize: f.TarSize}
	return p.enter(ctx, r, Sealed, actor, "", map[string]string{
		"sealed_sha256": string(f.SealedSHA256), "tar_sha256": string(f.TarSHA256), "encrypted": r.encrypted(),
	})
}

// approved asks whether a frozen bundle may leave now.
func (p *Pipeline) approved(r *Record, c *contents, t Trust) (bundle.Approved, []approve.Signed, error) {
	signed, err := p.approvals(r)
	if err != nil {
		return bundle.Approved{}, nil, err
	}
	latest, err := p.o.Counters.Latest()
	if err != nil {
		return bundle.Approved{}, nil, err
	}
	a, err := c.frozen.Approve(func(m bundle.Manifest, sha bundle.Digest) error {
		if err := p.unchanged(m, r, t); err != nil {
			return err
		}
		people, err := approve.Check(m, sha, t.Roster, signed, latest)
		if err != nil {
			return judged(err)
		}
		return c.twoForLoosening(people)
	})
	return a, signed, err
}

// unchanged holds what was approved to what is in force: whoever approved did so
// under these rules, this policy and for these readers.
func (p *Pipeline) unchanged(m bundle.Manifest, r *Record, t Trust) error {
	rules, policy, err := p.o.Versions()
	if err != nil {
		return err
	}
	if rules != m.Rules {
		return fmt.Errorf("the rules are now %s version %d, approved under %s version %d: %w", rules.ID, rules.Version, m.Rules.ID, m.Rules.Version, ErrRefused)
	}
	if policy != m.Policy && policy.ID == m.Policy.ID && policy.Version == m.Policy.Version {
		return fmt.Errorf("the policy %s version %d or the word list was changed since: %w", policy.ID, policy.Version, ErrRefused)
	}
	if policy != m.Policy {
		return fmt.Errorf("the policy is now %s version %d, approved under %s version %d: %w", policy.ID, policy.Version, m.Policy.ID, m.Policy.Version, ErrRefused)
	}
	prints, err := t.readers(m.Clear)
	if err != nil {
		return err
	}
	if !slices.Equal(prints, m.Recipients) {
		return fmt.Errorf("the recipients of the site are no longer those that were approved: %w", ErrRefused)
	}
	tool, err := p.o.Tool()
	if err != nil {
		return err
	}
	if m.Tool != tool {
		return fmt.Errorf("frozen by another build of the program (%s): %w", m.Tool.Version, ErrRefused)
	}
	if m.Marking != r.Marking || m.Case != r.Case {
		return fmt.Errorf("marking or case in the record differ from the manifest: %w", ErrTampered)
	}
	if m.Clear != r.Clear {
		return fmt.Errorf("the record and the manifest differ in whether it leaves encrypted: %w", ErrTampered)
	}
	return nil
}

// journalled wants every step since the freeze to stand in the journal where the
// record says, and the journal to go on from where it was when the manifest was
// signed. Approvals whose journal has a gap are worth nothing.
func (p *Pipeline) journalled(ctx context.Context, r *Record, m bundle.Manifest) error {
	if err := p.o.Journal.Holds(m.Journal); err != nil {
		return fmt.Errorf("the journal does not go on from the manifest: %w: %w", err, ErrTampered)
	}
	want := map[int64]string{}
	from := int64(math.MaxInt64)
	for _, s := range r.SinceFrozen() {
		want[s.Journal] = "bundle." + action(s.State)
		from = min(from, s.Journal)
	}
	for e, err := range p.o.Journal.Entries(ctx, from) {
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		if what, ok := want[e.Seq]; ok && what == e.Action && e.Bundle == r.BID {
			delete(want, e.Seq)
		}
	}
	for seq, what := range want {
		return fmt.Errorf("journal entry %d is not %s of this bundle, as the record says: %w", seq, what, ErrTampered)
	}
	return nil
}

// judged tells a broken rule from changed evidence.
func judged(err error) error {
	if errors.Is(err, sign.ErrBadSignature) || errors.Is(err, approve.ErrWrongManifest) || errors.Is(err, approve.ErrMismatch) {
		return fmt.Errorf("%w: %w", err, ErrTampered)
	}
	return fmt.Errorf("%w: %w", err, ErrRefused)
}

func (p *Pipeline) sealTo(ctx context.Context, r *Record, c *contents, approved bundle.Approved, signed []approve.Signed, t Trust) (bundle.Sealed, error) {
	whole := container.Contents{Manifest: c.frozen.Text(), Signatures: c.sigs, Tree: c.tree()}
	for _, s := range signed {
		sig, err := container.SignatureOf(s.Sig)
		if err != nil {
			return bundle.Sealed{}, err
		}
		whole.Approvals = append(whole.Approvals, container.Approval{Text: s.Text, Signature: sig})
	}
	path := p.SealedFile(*r)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return bundle.Sealed{}, fmt.Errorf("seal bundle %s: %w", r.BID, err)
	}
	if _, err := safefile.Sweep(filepath.Dir(path)); err != nil {
		return bundle.Sealed{}, fmt.Errorf("seal bundle %s: %w", r.BID, err)
	}
	file, err := safefile.Create(path, 0o600)
	if err != nil {
		return bundle.Sealed{}, err
	}
	defer file.Abort()
	p.step("sealing")
	var res seal.Result
	if c.frozen.Manifest().Clear {
		res, err = seal.Clear(ctx, file, whole)
	} else {
		res, err = seal.Seal(ctx, file, whole, t.recipients())
	}
	if err != nil {
		return bundle.Sealed{}, fmt.Errorf("seal bundle %s: %w", r.BID, err)
	}
	sealed, err := approved.Seal(bundle.SealedFile{
		Manifest: res.ManifestSHA256, SealedSHA256: res.SealedSHA256, SealedSize: res.SealedSize, TarSHA256: res.TarSHA256, TarSize: res.TarSize,
	})
	if err != nil {
		return bundle.Sealed{}, err
	}
	p.step("sealed")
	if err := file.Commit(); err != nil {
		return bundle.Sealed{}, err
	}
	p.step("sealed file kept")
	return sealed, nil
}

// releaser finds who labels and hands over a medium: an officer, or a person
// enrolled for nothing else.
func releaser(t Trust, signer sign.Signer, r *Record) (roster.Person, error) {
	person, err := holder(t.Roster, signer.Public(), r.Seq, roster.Officer, roster.Releaser)
	if err != nil {
		return roster.Person{}, err
	}
	return person, notCollector(r, person)
}
