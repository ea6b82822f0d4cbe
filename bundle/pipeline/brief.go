package pipeline

import (
	"context"
	"fmt"

	"darksite/bundle"
	"darksite/bundle/brief"
	"darksite/bundle/sign"
)

// Brief is a brief that was made, as it is printed.
type Brief struct {
	Text   []byte   // what is inside
	Frames []string // texts of the codes
}

// Brief takes the essentials of a bundle that officers have approved, signs them
// and seals them to the newest intake key of the vendor: for sites where no
// medium may leave. Approvals, roster and journal are checked as for sealing; what
// does not fit voids them. The state stays as it is, and the journal knows the
// digest of what was printed.
func (p *Pipeline) Brief(ctx context.Context, id bundle.ID, signer sign.Signer, confirm func(text []byte) error) (Brief, error) {
	r, release, err := p.hold(id)
	if err != nil {
		return Brief{}, err
	}
	defer release()
	if err := r.need("brief from", Approved, Sealed, Written, Verified, Released, Receipted); err != nil {
		return Brief{}, err
	}
	t, err := p.o.Trust()
	if err != nil {
		return Brief{}, fmt.Errorf("brief from bundle %s: %w", id, err)
	}
	officer, err := releaser(t, signer, r)
	if err != nil {
		return Brief{}, fmt.Errorf("brief from bundle %s: %w", id, err)
	}
	c, err := p.reload(ctx, r, t.Roster)
	if err != nil {
		return Brief{}, p.void(ctx, r, officer.ID, err)
	}
	defer c.Close()
	if err := p.journalled(ctx, r, c.frozen.Manifest()); err != nil {
		return Brief{}, p.void(ctx, r, officer.ID, err)
	}
	if _, _, err := p.approved(r, c, t); err != nil {
		return Brief{}, p.void(ctx, r, officer.ID, err)
	}
	text, err := brief.Compose(brief.Input{Manifest: c.frozen.Manifest(), Digest: c.frozen.Digest(), Tree: c.tree(), Officer: officer.ID}, brief.Fits)
	if err != nil {
		return Brief{}, fmt.Errorf("brief from bundle %s: %w", id, err)
	}
	if err := confirm(text); err != nil {
		return Brief{}, err
	}
	sig, err := signer.Sign(sign.Label, text)
	if err != nil {
		return Brief{}, fmt.Errorf("brief from bundle %s: %w", id, err)
	}
	sealed, err := brief.Seal(text, sig, t.Vendor.Intake[0])
	if err != nil {
		return Brief{}, fmt.Errorf("brief from bundle %s: %w", id, err)
	}
	b := Brief{Text: text}
	if b.Frames, err = brief.Frames(sealed); err != nil {
		return Brief{}, fmt.Errorf("brief from bundle %s: %w", id, err)
	}
	return b, p.journal(ctx, r, "brief", officer.ID, map[string]string{
		"brief_sha256": string(bundle.DigestOf(text)), "sealed_sha256": string(bundle.DigestOf(sealed)), "codes": fmt.Sprint(len(b.Frames)),
	})
}
