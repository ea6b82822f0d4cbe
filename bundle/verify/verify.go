// Package verify says whether a bundle is what it claims to be, with public keys
// alone, and, with an identity, whether a sealed file holds what was approved.
// It never writes and is linked by both binaries.
//
//   - [Head] checks everything that decides trust: the collector's signature of
//     the manifest, the approvals (package approve), the roster's site.
//   - [Want] holds what a signed label says; [Want.Head] and [Want.Measured]
//     compare it before and after opening.
//   - [Sealed] decrypts and re-hashes a sealed file without writing. A site calls
//     it with its record identity on the medium it just wrote; the answer is
//     compared with the manifest the officers approved.
//   - [Stream] is the reading of a sealed file itself, for Sealed and for the
//     desk's opener (package open).
//
// Refusals of foreign bytes are [bundle.Refusal] values with stable codes;
// refusals of trust wrap the sentinels of approve, roster and sign as well.
// Failing to read the source is an error of its own and no refusal.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/container"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"filippo.io/age"
)

// Signers are the people a bundle rests on.
type Signers struct {
	Collector roster.Person
	Officers  []roster.Person // in the order of the approvals
}

// Head decides whether a bundle's head is to be believed under this roster.
func Head(h container.Head, r roster.Roster) (Signers, error) {
	m := h.Manifest
	if m.Site != r.Site {
		return Signers{}, bundle.Refuse("site", "the bundle says it is of site %q, the roster is of %q", m.Site, r.Site)
	}
	collector, err := Manifest(h.ManifestBytes, m, h.Signatures, r)
	if err != nil {
		return Signers{}, err
	}
	signed := make([]approve.Signed, len(h.Approvals))
	for i, a := range h.Approvals {
		signed[i] = approve.Signed{Text: a.Text, Sig: a.Signature.Armored}
	}
	officers, err := approve.Check(m, h.ManifestSHA256, r, signed, m.Seq)
	if err != nil {
		return Signers{}, bundle.RefuseFor(approvalCode(err), err, "the bundle is not approved")
	}
	return Signers{Collector: collector, Officers: officers}, nil
}

// Manifest checks the collector's signature: every signature must hold, and one
// must be by the person and the key the manifest names.
func Manifest(text []byte, m bundle.Manifest, sigs []container.Signature, r roster.Roster) (roster.Person, error) {
	if len(sigs) == 0 {
		return roster.Person{}, bundle.Refuse("sig-none", "the manifest of the bundle is not signed")
	}
	var collector roster.Person
	for _, s := range sigs {
		p, err := r.Check(sign.Manifest, m.Seq, text, s.Armored)
		if err != nil {
			return roster.Person{}, bundle.RefuseFor(signatureCode(err), err, "the signature of the manifest is refused")
		}
		if p.ID == m.Collector.Principal && p.Key.ID() == m.Collector.KeyID {
			collector = p
		}
	}
	if collector.ID == "" {
		return roster.Person{}, bundle.Refuse("sig-collector", "the manifest names %q as collector and is signed by someone else", m.Collector.Principal)
	}
	return collector, nil
}

func signatureCode(err error) string {
	switch {
	case errors.Is(err, roster.ErrUnknownKey):
		return "sig-unknown-key"
	case errors.Is(err, roster.ErrWrongRole):
		return "sig-wrong-role"
	case errors.Is(err, roster.ErrRevoked):
		return "sig-revoked"
	}
	return "sig-bad"
}

func approvalCode(err error) string {
	for _, c := range []struct {
		is   error
		code string
	}{
		{approve.ErrNotApproved, "approval-missing"},
		{approve.ErrOnePerson, "approval-one-person"},
		{approve.ErrSelfApproval, "approval-self"},
		{approve.ErrRejected, "approval-rejected"},
		{approve.ErrWrongManifest, "approval-other-bundle"},
		{approve.ErrMismatch, "approval-mismatch"},
		{approve.ErrReviewer, "approval-reviewer"},
		{approve.ErrLapsed, "approval-lapsed"},
		{approve.ErrClear, "approval-clear"},
		{roster.ErrUnknownKey, "sig-unknown-key"},
		{roster.ErrWrongRole, "sig-wrong-role"},
		{roster.ErrRevoked, "sig-revoked"},
		{sign.ErrBadSignature, "sig-bad"},
	} {
		if errors.Is(err, c.is) {
			return c.code
		}
	}
	return "approval-malformed"
}

// Want is what a signed label, or an approved manifest, says of a sealed file. A
// zero field is not compared.
type Want struct {
	BID            bundle.ID
	Marking        string
	Seq            int64
	SealedSHA256   bundle.Digest
	SealedSize     int64
	TarSHA256      bundle.Digest
	ManifestSHA256 bundle.Digest
	Recipients     []string        // fingerprints, sorted
	Approvals      []bundle.Digest // of the texts, in the order of the bundle
}

// Head compares with the head of an opened bundle.
func (w Want) Head(h container.Head) error {
	m := h.Manifest
	if w.BID != "" && w.BID != m.BID {
		return unlike("bundle id", string(w.BID), string(m.BID))
	}
	if w.Marking != "" && w.Marking != m.Marking {
		return unlike("marking", w.Marking, m.Marking)
	}
	if w.Seq != 0 && w.Seq != m.Seq {
		return unlike("sequence", fmt.Sprint(w.Seq), fmt.Sprint(m.Seq))
	}
	if w.ManifestSHA256 != "" && w.ManifestSHA256 != h.ManifestSHA256 {
		return unlike("manifest digest", string(w.ManifestSHA256), string(h.ManifestSHA256))
	}
	if w.Recipients != nil && !slices.Equal(w.Recipients, m.Recipients) {
		return unlike("list of recipients", fmt.Sprint(w.Recipients), fmt.Sprint(m.Recipients))
	}
	var texts []bundle.Digest
	for _, a := range h.Approvals {
		texts = append(texts, bundle.DigestOf(a.Text))
	}
	if w.Approvals != nil && !slices.Equal(w.Approvals, texts) {
		return unlike("list of approvals", fmt.Sprint(w.Approvals), fmt.Sprint(texts))
	}
	return nil
}

// Measured compares with what a sealed file turned out to be.
func (w Want) Measured(m Measured) error {
	for _, f := range []struct {
		name      string
		want, got bundle.Digest
	}{
		{"digest of the sealed file", w.SealedSHA256, m.SealedSHA256},
		{"digest of the archive", w.TarSHA256, m.TarSHA256},
		{"manifest digest", w.ManifestSHA256, m.ManifestSHA256},
	} {
		if f.want != "" && f.want != f.got {
			return unlike(f.name, string(f.want), string(f.got))
		}
	}
	if w.SealedSize != 0 && w.SealedSize != m.SealedSize {
		return unlike("size of the sealed file", fmt.Sprint(w.SealedSize), fmt.Sprint(m.SealedSize))
	}
	return nil
}

func unlike(what, want, got string) error {
	return bundle.Refuse("label", "the label's %s is %q, the bundle has %q", what, want, got)
}

// Options say how a sealed file is to be read.
type Options struct {
	Identities []age.Identity
	// Clear reads a file that is not encrypted, as its label says; no identity is
	// needed then, and a manifest that says otherwise is refused.
	Clear  bool
	Limits container.Limits
	Want   Want
	// Roster gives the roster of a site; an error refuses the bundle. Nil leaves
	// signatures and approvals unchecked: for a read-back by Want alone.
	Roster func(site string) (roster.Roster, error)
}

// Report is what Sealed found.
type Report struct {
	Head    container.Head
	Signers Signers // zero without a roster
	Measured
}

// Sealed reads a sealed bundle to its end without writing anything, and returns
// only when every layer, every file and everything wanted has been checked.
func Sealed(ctx context.Context, src io.Reader, o Options) (Report, error) {
	s, err := o.Stream(ctx, src)
	if err != nil {
		return Report{}, err
	}
	defer s.Close()
	rep, err := o.Check(s)
	if err != nil {
		return Report{}, err
	}
	if rep.Measured, err = s.Finish(); err != nil {
		return Report{}, err
	}
	return rep, o.Want.Measured(rep.Measured)
}

// Stream begins to read a file in the way the options say.
func (o Options) Stream(ctx context.Context, src io.Reader) (*Stream, error) {
	if o.Clear {
		return NewClearStream(ctx, src, o.Limits)
	}
	return NewStream(ctx, src, o.Identities, o.Limits)
}

// Check reads the head of a stream and decides whether it is to be believed so
// far. The opener calls it before the first byte of a file.
func (o Options) Check(s *Stream) (Report, error) {
	h, err := s.Head()
	if err != nil {
		return Report{}, err
	}
	if err := o.Want.Head(h); err != nil {
		return Report{}, err
	}
	rep := Report{Head: h}
	if o.Roster == nil {
		return rep, nil
	}
	r, err := o.Roster(h.Manifest.Site)
	if err != nil {
		return Report{}, bundle.RefuseFor("site", err, "site %q has no roster here", h.Manifest.Site)
	}
	rep.Signers, err = Head(h, r)
	return rep, err
}
