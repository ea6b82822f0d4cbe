package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/container"
	"darksite/bundle/sign"
	"darksite/bundle/verify"

	"filippo.io/age"
)

// MediumOptions say how a bundle is put on a medium.
type MediumOptions struct {
	Dir    string      // mounted medium
	Signer sign.Signer // of the releasing officer, who signs the label
	Serial string      // of the medium, for cover sheet and journal
	Layout carry.Layout
	// Number and Of spread a set over several media, under one label: medium
	// Number of Of, from 1, takes its share of the volumes. Number 1 begins a set.
	// Zero means one medium with everything.
	Number, Of int
	Progress   carry.Progress
}

// writable are the states from which a medium can be written: the first one and
// further copies, which are new labels and not new approvals.
func writable() []State { return []State{Sealed, Written, Verified, Released} }

// Write puts a sealed bundle on a medium under a label signed by an officer. An
// interrupted earlier try on the same medium is removed first. Approvals,
// frozen tree and sealed file are checked again before anything is written.
func (p *Pipeline) Write(ctx context.Context, id bundle.ID, o MediumOptions) (carry.Written, error) {
	r, release, err := p.hold(id)
	if err != nil {
		return carry.Written{}, err
	}
	defer release()
	if err := r.need("write", writable()...); err != nil {
		return carry.Written{}, err
	}
	t, err := p.o.Trust()
	if err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w", id, err)
	}
	officer, err := releaser(t, o.Signer, r)
	if err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w", id, err)
	}
	c, err := p.reload(ctx, r, t.Roster)
	if err != nil {
		return carry.Written{}, p.void(ctx, r, officer.ID, err)
	}
	defer c.Close()
	if _, _, err := p.approved(r, c, t); err != nil {
		return carry.Written{}, p.void(ctx, r, officer.ID, err)
	}
	label, before, err := p.labelFor(r, c.frozen.Manifest(), officer.ID, &o)
	if err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w", id, err)
	}
	set, err := carry.Prepare(ctx, p.SealedFile(*r), label, o.Layout, o.Progress)
	if errors.Is(err, carry.ErrDigest) {
		return carry.Written{}, p.void(ctx, r, officer.ID, fmt.Errorf("sealed file: %w: %w", err, ErrTampered))
	}
	if err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w", id, err)
	}
	if err := before.goesOn(set); err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w", id, err)
	}
	var only []string
	if o.Of > 1 {
		if only, err = set.Label.Share(o.Number, o.Of); err != nil {
			return carry.Written{}, fmt.Errorf("write bundle %s: %w: %w", id, err, ErrRefused)
		}
	}
	sig, err := o.Signer.Sign(sign.Label, set.LabelText)
	if err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: sign the label: %w", id, err)
	}
	if _, err := carry.VerifyLabel(set.LabelText, [][]byte{sig}, t.Roster); err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w: %w", id, err, ErrRefused)
	}
	if _, err := carry.RemovePartial(o.Dir, id); err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w", id, err)
	}
	p.step("writing")
	w, err := carry.Write(ctx, o.Dir, p.SealedFile(*r), set, [][]byte{sig}, carry.Options{
		Only: only, Medium: o.Number, Media: o.Of, Serial: o.Serial, Now: p.o.Now(), Progress: o.Progress,
	})
	text := set.LabelText
	if errors.Is(err, carry.ErrExists) && !p.known(r, o.Dir) {
		w, text, err = p.adopt(ctx, r, t, o.Dir, err)
	}
	if err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w", id, err)
	}
	if err := p.keepSet(r, before, text, o, w.Folder); err != nil {
		return carry.Written{}, fmt.Errorf("write bundle %s: %w", id, err)
	}
	p.step("written")
	r.Media = append(r.Media, Medium{At: stamp(p.o.Now()), Folder: w.Folder, ReleasedBy: officer.ID, Serial: o.Serial})
	to := Written
	if r.State == Released {
		to = Released // a further copy of what already left
	}
	return w, p.enter(ctx, r, to, officer.ID, "", map[string]string{
		"label_sha256": string(bundle.DigestOf(text)), "medium": o.Serial, "bytes": fmt.Sprint(w.Bytes), "part": o.part(), "encrypted": r.encrypted(),
	})
}

// known reports whether the record has this medium already.
func (p *Pipeline) known(r *Record, medium string) bool {
	return slices.ContainsFunc(r.Media, func(m Medium) bool { return m.Folder == filepath.Join(medium, string(r.BID)) })
}

// adopt takes over a medium that a crash left finished but not recorded: the
// folder must read back whole, under a label of this bundle that an officer
// signed. Otherwise the reason why nothing was written stands.
func (p *Pipeline) adopt(ctx context.Context, r *Record, t Trust, medium string, exists error) (carry.Written, []byte, error) {
	report, _, err := p.readBack(ctx, r, t, medium, nil, nil)
	if err != nil {
		return carry.Written{}, nil, errors.Join(exists, err)
	}
	return carry.Written{Folder: filepath.Join(medium, string(r.BID)), Bytes: report.Bytes}, report.LabelText, nil
}

// Verify reads a medium back past the page cache and holds every byte to the
// label, and the label to the roster and the record. With the site's record
// identity the sealed file is also decrypted, without writing anything, and
// every file hashed against the approved manifest; a bundle in clear needs no key
// for that. The report comes with the
// error and says what was found.
func (p *Pipeline) Verify(ctx context.Context, id bundle.ID, medium, actor string, progress carry.Progress, record ...age.Identity) (*carry.BackReport, error) {
	r, release, err := p.hold(id)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := r.need("verify", Written, Verified, Released, Receipted); err != nil {
		return nil, err
	}
	t, err := p.o.Trust()
	if err != nil {
		return nil, fmt.Errorf("verify bundle %s: %w", id, err)
	}
	report, opened, err := p.readBack(ctx, r, t, medium, progress, record)
	if err != nil {
		return report, fmt.Errorf("verify bundle %s: %w: %w", id, err, ErrTampered)
	}
	if i := r.mediumAt(filepath.Join(medium, string(id))); i >= 0 {
		r.Media[i].Verified, r.Media[i].Bypass, r.Media[i].Opened = true, string(report.Bypass), opened
	}
	missing, err := p.verifiedPart(r, report)
	if err != nil {
		return report, fmt.Errorf("verify bundle %s: %w", id, err)
	}
	to := r.State
	if to == Written && missing == 0 {
		to = Verified
	}
	return report, p.enter(ctx, r, to, actor, "", map[string]string{
		"read": string(report.Bypass), "opened": fmt.Sprint(opened), "bytes": fmt.Sprint(report.Bytes), "others": fmt.Sprint(len(report.Others)),
	})
}

// mediumAt finds the medium that was written to a folder: media of a set follow
// each other at one mount point, so the first that was not read back yet, or else
// the last; -1 where there is none.
func (r *Record) mediumAt(folder string) int {
	at := -1
	for i, m := range r.Media {
		if m.Folder != folder {
			continue
		}
		if at = i; !m.Verified {
			break
		}
	}
	return at
}

func (p *Pipeline) readBack(ctx context.Context, r *Record, t Trust, medium string, progress carry.Progress, record []age.Identity) (*carry.BackReport, bool, error) {
	options := carry.ReadOptions{Progress: progress, Check: func(text []byte, sigs [][]byte) error {
		if _, err := carry.VerifyLabel(text, sigs, t.Roster); err != nil {
			return err
		}
		l, err := carry.ParseLabel(text)
		if err != nil {
			return err
		}
		if l.Clear != r.Clear {
			return errors.New("the label and the record differ in whether the bundle is encrypted")
		}
		if l.BID != r.BID || l.SealedSHA256 != r.Sealed.SealedSHA256 || l.ManifestSHA256 != r.Manifest || l.TarSHA256 != r.Sealed.TarSHA256 {
			return errors.New("the label is not of this bundle")
		}
		return nil
	}}
	if len(record) == 0 && !r.Clear || !wholeHere(filepath.Join(medium, string(r.BID))) {
		report, err := carry.ReadBack(ctx, medium, r.BID, options)
		return report, false, err
	}
	pr, pw := io.Pipe()
	options.Sealed = pw
	opened := make(chan error, 1)
	go func() {
		_, err := verify.Sealed(ctx, pr, verify.Options{
			Identities: record,
			Clear:      r.Clear,
			Limits:     container.Limits{Bytes: r.Totals.Bytes, Entries: int(r.Totals.Files)},
			Want:       want(r),
		})
		_ = pr.CloseWithError(err) // always nil; ends ReadBack early when the content is wrong
		opened <- err
	}()
	report, err := carry.ReadBack(ctx, medium, r.BID, options)
	_ = pw.CloseWithError(err) // always nil; nil becomes io.EOF for the reader
	inside := <-opened
	if inside != nil && (err == nil || errors.Is(err, inside)) {
		return report, false, fmt.Errorf("what is inside: %w", inside)
	}
	return report, inside == nil, err
}

func want(r *Record) verify.Want {
	w := verify.Want{
		BID: r.BID, Marking: r.Marking, Seq: r.Seq, SealedSHA256: r.Sealed.SealedSHA256, SealedSize: r.Sealed.SealedSize,
		TarSHA256: r.Sealed.TarSHA256, ManifestSHA256: r.Manifest,
	}
	for _, a := range r.Approvals {
		w.Approvals = append(w.Approvals, a.SHA256)
	}
	return w
}

// Release records that an officer gave the medium to a courier.
func (p *Pipeline) Release(ctx context.Context, id bundle.ID, signer sign.Signer, courier string) error {
	r, release, err := p.hold(id)
	if err != nil {
		return err
	}
	defer release()
	if err := r.need("release", Verified); err != nil {
		return err
	}
	if courier = oneLine(courier); courier == "" {
		return fmt.Errorf("release bundle %s: a courier must be named: %w", id, ErrRefused)
	}
	t, err := p.o.Trust()
	if err != nil {
		return fmt.Errorf("release bundle %s: %w", id, err)
	}
	officer, err := releaser(t, signer, r)
	if err != nil {
		return fmt.Errorf("release bundle %s: %w", id, err)
	}
	for i := range r.Media {
		if r.Media[i].Verified && r.Media[i].Courier == "" {
			r.Media[i].Courier = courier
		}
	}
	return p.enter(ctx, r, Released, officer.ID, "", map[string]string{"courier": courier})
}

// Receipt records that the vendor has confirmed a sealed file. The caller has
// checked the vendor's signature; here the digest must be that of the bundle.
func (p *Pipeline) Receipt(ctx context.Context, id bundle.ID, sealed bundle.Digest, actor string) error {
	r, release, err := p.hold(id)
	if err != nil {
		return err
	}
	defer release()
	if err := r.need("take a receipt for", Written, Verified, Released, Receipted); err != nil {
		return err
	}
	if sealed != r.Sealed.SealedSHA256 {
		return fmt.Errorf("receipt for bundle %s: the vendor confirms %s, sealed was %s: %w", id, sealed, r.Sealed.SealedSHA256, ErrTampered)
	}
	if r.State == Receipted {
		return nil
	}
	r.ReceiptFor = sealed
	return p.enter(ctx, r, Receipted, actor, "", map[string]string{"sealed_sha256": string(sealed)})
}

// Withdraw ends a bundle that has not left, and removes staged data and the
// sealed file.
func (p *Pipeline) Withdraw(ctx context.Context, id bundle.ID, actor, reason string) error {
	r, release, err := p.hold(id)
	if err != nil {
		return err
	}
	defer release()
	if err := r.need("withdraw", Begun, Collected, Redacted, Frozen, InReview, Approved1, Approved, Sealed, Written, Verified); err != nil {
		return err
	}
	if reason = oneLine(reason); reason == "" {
		return fmt.Errorf("withdraw bundle %s: a reason is needed: %w", id, ErrRefused)
	}
	if err := p.discard(id, !r.State.reached(Frozen)); err != nil {
		return err
	}
	return p.enter(ctx, r, Withdrawn, actor, reason, nil)
}
