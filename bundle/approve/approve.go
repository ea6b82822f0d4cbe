// Package approve is the decision of the officers: the text they sign, and the
// rule that says when a bundle may leave.
//
// An officer signs a [Statement], at most forty lines that can be read with a
// pager and signed with stock ssh-keygen. It names the manifest by its digest,
// which fixes every byte, and repeats whatever a person decides upon: recipients,
// marking, case, destination, the digests of rules, policy and redaction report,
// and how much was looked at. Begin with [For], fill in the rest, then [Sign].
//
// [Check] is the two-person rule. It believes nothing that a text says of
// itself: signatures are checked against the roster, every bound field against
// the manifest, and the statements against each other. One statement that does
// not fit voids the whole set, and so does one rejection: there is no majority.
//
// The package is pure. It reads no clock: signed_utc is for people, order and
// lapse go by the site's sequence. It cannot see whether an officer really
// looked; that is the review's work.
package approve

import (
	"errors"
	"fmt"
	"slices"

	"darksite/bundle"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
)

// MaxBytes bounds the text of a statement.
const MaxBytes = 16 << 10

// Errors a caller decides on. Errors about signatures and roles come from
// roster and sign: ErrUnknownKey, ErrWrongRole, ErrRevoked, ErrBadSignature.
var (
	ErrNotApproved   = errors.New("not enough approvals")
	ErrOnePerson     = errors.New("two approvals by one person or key")
	ErrSelfApproval  = errors.New("approved by its own collector")
	ErrRejected      = errors.New("rejected by an officer")
	ErrWrongManifest = errors.New("approval of another manifest")
	ErrMismatch      = errors.New("approval does not fit the bundle")
	ErrReviewer      = errors.New("approval signed by another person than it names")
	ErrLapsed        = errors.New("approval has lapsed")
	ErrClear         = errors.New("the roster lets no bundle leave in clear")
)

// Check decides whether a bundle may leave. It wants as many releasing
// statements as the roster demands, each signed by another officer of the
// roster who is not the collector, each about this manifest, and none rejecting.
// A bundle in clear wants the roster's leave besides, whoever signed.
// Keys count as revoked by the bundle's own sequence. seq is the newest sequence
// the site has given out, by which statements lapse; a desk passes the bundle's.
// It returns the officers in the order of the statements.
func Check(m bundle.Manifest, manifestSHA256 bundle.Digest, r roster.Roster, signed []Signed, seq int64) ([]roster.Person, error) {
	if r.Site != m.Site {
		return nil, fmt.Errorf("bundle %s: %w: the roster is of site %s", m.BID, ErrMismatch, r.Site)
	}
	var people []roster.Person
	var first Statement
	var rejected error
	for i, a := range signed {
		p, s, err := check(m, manifestSHA256, r, a, max(seq, m.Seq))
		if err != nil {
			return nil, fmt.Errorf("bundle %s: approval %d: %w", m.BID, i+1, err)
		}
		if i == 0 {
			first = s
		} else if err := agree(first, s); err != nil {
			return nil, fmt.Errorf("bundle %s: approval %d: %w", m.BID, i+1, err)
		}
		if slices.ContainsFunc(people, func(q roster.Person) bool { return q.ID == p.ID || q.Key == p.Key }) {
			return nil, fmt.Errorf("bundle %s: approval %d: %w: %s", m.BID, i+1, ErrOnePerson, p.ID)
		}
		people = append(people, p)
		if s.Decision == Reject && rejected == nil {
			rejected = fmt.Errorf("bundle %s: %w: %s says %q", m.BID, ErrRejected, p.ID, s.Reason)
		}
	}
	if rejected != nil {
		return nil, rejected
	}
	if m.Clear && !r.Clear {
		return nil, fmt.Errorf("bundle %s: %w", m.BID, ErrClear)
	}
	// The roster's number is checked here too: a roster that was put together
	// by hand must not open the gate with zero.
	if need := max(r.Approvals, 1); int64(len(people)) < need {
		return nil, fmt.Errorf("bundle %s: %w: %d of %d", m.BID, ErrNotApproved, len(people), need)
	}
	return people, nil
}

// check holds one statement to the roster and the manifest.
func check(m bundle.Manifest, sha bundle.Digest, r roster.Roster, a Signed, seq int64) (roster.Person, Statement, error) {
	p, err := r.Check(sign.Approval, m.Seq, a.Text, a.Sig)
	if err != nil {
		return roster.Person{}, Statement{}, err
	}
	s, err := Parse(a.Text)
	if err != nil {
		return roster.Person{}, Statement{}, err
	}
	if p.ID == m.Collector.Principal || p.Key.ID() == m.Collector.KeyID {
		return roster.Person{}, Statement{}, fmt.Errorf("%w: %s", ErrSelfApproval, p.ID)
	}
	if s.Reviewer != p.ID {
		return roster.Person{}, Statement{}, fmt.Errorf("%w: names %s, signed by %s", ErrReviewer, s.Reviewer, p.ID)
	}
	if s.BID != m.BID || s.ManifestSHA256 != sha {
		return roster.Person{}, Statement{}, fmt.Errorf("%w: %s with manifest %s", ErrWrongManifest, s.BID, s.ManifestSHA256)
	}
	if err := fits(m, s); err != nil {
		return roster.Person{}, Statement{}, err
	}
	if seq > s.ValidUntilSeq {
		return roster.Person{}, Statement{}, fmt.Errorf("%w: valid until sequence %d, the site is at %d", ErrLapsed, s.ValidUntilSeq, seq)
	}
	return p, s, nil
}

// fits compares every field the manifest decides.
func fits(m bundle.Manifest, s Statement) error {
	want := For(m, s.ManifestSHA256)
	if s.Clear != want.Clear {
		return fmt.Errorf("%w: approved to leave %s, the manifest says %s", ErrMismatch, encryption(s.Clear), encryption(want.Clear))
	}
	if !slices.Equal(s.Recipients, want.Recipients) {
		return fmt.Errorf("%w: other recipients", ErrMismatch)
	}
	for _, f := range []struct{ name, got, want string }{
		{"redaction report", string(s.RedactionReportSHA256), string(want.RedactionReportSHA256)},
		{"policy", string(s.PolicySHA256), string(want.PolicySHA256)},
		{"rules", string(s.RulesSHA256), string(want.RulesSHA256)},
		{"marking", s.MarkingOut, want.MarkingOut},
		{"case", s.Case, want.Case},
	} {
		if f.got != f.want {
			return fmt.Errorf("%w: %s is %q, the manifest has %q", ErrMismatch, f.name, f.got, f.want)
		}
	}
	if s.Files != want.Files || s.Bytes != want.Bytes {
		return fmt.Errorf("%w: %d files and %d bytes, the manifest has %d and %d", ErrMismatch, s.Files, s.Bytes, want.Files, want.Bytes)
	}
	return nil
}

func encryption(clear bool) string {
	if clear {
		return "not encrypted"
	}
	return "encrypted"
}

// agree compares what no manifest holds, and two officers must see alike.
func agree(a, b Statement) error {
	if a.Destination != b.Destination {
		return fmt.Errorf("%w: destination %q, the first approval has %q", ErrMismatch, b.Destination, a.Destination)
	}
	if a.MarkingIn != b.MarkingIn {
		return fmt.Errorf("%w: marking of the source %q, the first approval has %q", ErrMismatch, b.MarkingIn, a.MarkingIn)
	}
	return nil
}
