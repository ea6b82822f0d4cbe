package certificate

import (
	"errors"
	"fmt"
	"slices"

	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/bundle/statement"
)

// Cause is why a site takes a certificate out of force. It is one of a few words because
// what is signed is carried in a bundle, where free text would be redacted.
type Cause string

// The causes.
const (
	HasLeft  Cause = "left"     // the holder has left the site
	KeyLost  Cause = "key-lost" // or known to somebody else
	NotFit   Cause = "not-fit"  // the holder is not to work on arrays for now
	InError  Cause = "error"    // it should not have been issued
	OnDemand Cause = "asked"    // the holder has asked for it
)

// Causes are all causes.
func Causes() []Cause { return []Cause{HasLeft, KeyLost, NotFit, InError, OnDemand} }

// SiteWithdrawal takes one certificate out of force at the site that signs it, at once and
// for good: nothing a site can sign puts it back, only another certificate of the vendor.
type SiteWithdrawal struct {
	ID   string // of the certificate
	Site string
	On   Day
	Why  Cause
	By   string // ID of the key that signs
}

const siteFormat = "darksite-site-withdrawal/1"

// Encode writes it in its one spelling.
func (w SiteWithdrawal) Encode() ([]byte, error) {
	if err := w.validate(); err != nil {
		return nil, fmt.Errorf("write withdrawal of a certificate: %w", err)
	}
	return statement.Encode([]statement.Line{
		{Key: "format", Value: siteFormat},
		{Key: "certificate", Value: w.ID},
		{Key: "site", Value: w.Site},
		{Key: "on", Value: w.On.String()},
		{Key: "why", Value: string(w.Why)},
		{Key: "by", Value: w.By},
	})
}

// ParseSiteWithdrawal reads what Encode wrote and refuses any other spelling.
func ParseSiteWithdrawal(text []byte) (SiteWithdrawal, error) {
	f := statement.NewReader(text)
	f.Const("format", siteFormat)
	w := SiteWithdrawal{ID: f.Text("certificate"), Site: f.Text("site"), On: day(f, "on"), Why: Cause(f.Text("why")), By: f.Text("by")}
	err := f.Done()
	if err == nil {
		err = w.validate()
	}
	if err != nil {
		return SiteWithdrawal{}, fmt.Errorf("read withdrawal of a certificate: %w", err)
	}
	return w, nil
}

func (w SiteWithdrawal) validate() error {
	switch {
	case !ValidID(w.ID):
		return fmt.Errorf("id %q: want 3 to %d of A-Z, 0-9 and dashes", w.ID, MaxID)
	case !roster.ValidSite(w.Site):
		return fmt.Errorf("site %q: want a site code such as S042", w.Site)
	case w.On.year < firstYear:
		return errors.New("the day is missing")
	case !slices.Contains(Causes(), w.Why):
		return fmt.Errorf("reason %q: want one of %v", w.Why, Causes())
	case !isKeyID(w.By):
		return fmt.Errorf("key %q: want the ID of a key, 16 hex digits", w.By)
	}
	return nil
}

// CheckSiteWithdrawal reads a withdrawal with its armored signature by one of the keys
// that people of the site hold or held. The error wraps [sign.ErrBadSignature] where that
// is the reason.
func CheckSiteWithdrawal(text, armored []byte, people []sign.PublicKey) (SiteWithdrawal, error) {
	w, err := ParseSiteWithdrawal(text)
	if err != nil {
		return w, err
	}
	i := slices.IndexFunc(people, func(k sign.PublicKey) bool { return k.ID() == w.By })
	if i < 0 {
		return SiteWithdrawal{}, fmt.Errorf("withdrawal of certificate %s: %w: key %s is of nobody of the site", w.ID, sign.ErrBadSignature, w.By)
	}
	if err := sign.Verify(sign.Certificate, text, armored, people[i]); err != nil {
		return SiteWithdrawal{}, fmt.Errorf("withdrawal of certificate %s: %w", w.ID, err)
	}
	return w, nil
}

// bySite is the withdrawal that takes a certificate out of force at the verifier's site.
func (t Trust) bySite(s Signed) (SiteWithdrawal, bool) {
	i := slices.IndexFunc(t.Local, func(w SiteWithdrawal) bool { return w.ID == s.ID && w.Site == s.Site })
	if i < 0 {
		return SiteWithdrawal{}, false
	}
	return t.Local[i], true
}
