package certificate

import (
	"fmt"
	"slices"

	"darksite/bundle/sign"
)

// Reason is why a certificate does not count, or [Counts].
type Reason string

// The reasons, in the order in which they are looked for: what is forged or altered is
// called that, and not ended.
const (
	Counts        Reason = "counts"
	UnknownIssuer Reason = "unknown issuer"
	Altered       Reason = "altered"
	Overstepped   Reason = "issuer may not" // a site's key signed one that is not provisional, or for another site
	Withdrawn     Reason = "withdrawn"
	NotBegun      Reason = "not begun"
	Ended         Reason = "ended"
)

// Caution is what a verifier should know though the certificate counts.
type Caution string

// The cautions.
const (
	IsProvisional Caution = "provisional"           // the vendor has not seen the record yet
	EndsSoon      Caution = "ends soon"             // within RenewWithin days
	NoList        Caution = "no list of withdrawn"  // the verifier has none
	OldList       Caution = "list of withdrawn old" // older than ListAge days
)

// Days on which something is said.
const (
	RenewWithin    = 120 // days before the end from which one can be certified again by the short form
	ListAge        = 180 // days after which a list of withdrawn certificates is called old
	ProvisionalFor = 180 // days a certificate from the site lasts at most
	PracticeEvery  = 180 // days within which a holder must have done a lab or drill
)

// Trust is what a verifier believes.
type Trust struct {
	Vendor    []sign.PublicKey // may issue for every site
	Site      string           // code of the site whose keys are next
	Sites     []sign.PublicKey // may issue provisional ones for that site
	Withdrawn *Withdrawals     // the newest list that was checked; nil when there is none
	Local     []SiteWithdrawal // what sites took out of force themselves, checked
}

// Verdict says whether a certificate counts and what else is to be known.
type Verdict struct {
	Reason   Reason    `json:"reason"`
	Detail   string    `json:"detail,omitempty"` // for people
	Cautions []Caution `json:"cautions,omitempty"`
	DaysLeft int       `json:"days_left"`           // until the last day, when it counts
	List     int64     `json:"list,omitempty"`      // number of the list of withdrawn ones, 0 for none
	ListAge  int       `json:"list_days,omitempty"` // its age in days
}

// OK reports whether the certificate counts.
func (v Verdict) OK() bool { return v.Reason == Counts }

// Verify says whether a certificate counts on a day, under what the verifier believes.
func Verify(s Signed, t Trust, today Day) Verdict {
	v := Verdict{Reason: Counts, DaysLeft: today.Until(s.Until)}
	if t.Withdrawn != nil {
		v.List, v.ListAge = t.Withdrawn.Number, t.Withdrawn.Issued.Until(today)
	}
	if v.Reason, v.Detail = refuse(s, t, today); !v.OK() {
		return v
	}
	if s.Provisional {
		v.Cautions = append(v.Cautions, IsProvisional)
	}
	if v.DaysLeft <= RenewWithin {
		v.Cautions = append(v.Cautions, EndsSoon)
	}
	switch {
	case t.Withdrawn == nil:
		v.Cautions = append(v.Cautions, NoList)
	case v.ListAge > ListAge:
		v.Cautions = append(v.Cautions, OldList)
	}
	return v
}

func refuse(s Signed, t Trust, today Day) (Reason, string) {
	byID := func(k sign.PublicKey) bool { return k.ID() == s.Issuer }
	vendor, site := slices.IndexFunc(t.Vendor, byID), slices.IndexFunc(t.Sites, byID)
	var key sign.PublicKey
	switch {
	case vendor >= 0:
		key = t.Vendor[vendor]
	case site >= 0:
		key = t.Sites[site]
	default:
		return UnknownIssuer, fmt.Sprintf("key %s is neither the vendor's nor one of this site", s.Issuer)
	}
	if err := s.signedBy(key); err != nil {
		return Altered, err.Error()
	}
	if vendor < 0 {
		if reason := overstep(s, t); reason != "" {
			return Overstepped, reason
		}
	}
	if e, ok := t.Withdrawn.of(s.ID); ok {
		return Withdrawn, fmt.Sprintf("on %s by list %d: %s", e.On, t.Withdrawn.Number, e.Why)
	}
	if w, ok := t.bySite(s); ok {
		return Withdrawn, fmt.Sprintf("on %s by the site: %s", w.On, w.Why)
	}
	switch {
	case today.Before(s.Issued):
		return NotBegun, fmt.Sprintf("it begins on %s and the clock here says %s: one of the two is wrong", s.Issued, today)
	case s.Until.Before(today):
		return Ended, "its last day was " + s.Until.String()
	}
	return Counts, ""
}

// signedBy checks the signature under a key.
func (s Signed) signedBy(key sign.PublicKey) error {
	text, err := s.Statement()
	if err != nil {
		return err
	}
	armored, err := s.Armored(key)
	if err != nil {
		return err
	}
	return sign.Verify(sign.Certificate, text, armored, key)
}

// overstep says what a key of the site had no right to.
func overstep(s Signed, t Trust) string {
	switch {
	case !s.Provisional:
		return "a key of the site signed it, and only the vendor issues certificates that are not provisional"
	case s.Site != t.Site:
		return fmt.Sprintf("a key of %s signed it for %s", t.Site, s.Site)
	case s.Issued.Until(s.Until) > ProvisionalFor:
		return fmt.Sprintf("a provisional one lasts at most %d days", ProvisionalFor)
	case s.Issuer == s.Key:
		return "nobody issues an own certificate"
	}
	return ""
}

// Standing is how current the practice of a holder is.
type Standing string

// The standings. Lapsed is a warning; the certificate still counts.
const (
	Current Standing = "current"
	Lapsed  Standing = "lapsed practice"
)

// Practice says from the days on which a holder did a lab or drill whether that is
// current, and how many days are left until it lapses; below 0 it lapsed that long
// ago. Issue counts as practice: the examination has labs.
func Practice(issued Day, done []Day, today Day) (Standing, int) {
	last := issued
	for _, d := range done {
		if last.Before(d) && !today.Before(d) {
			last = d
		}
	}
	left := today.Until(last.Add(PracticeEvery))
	if left < 0 {
		return Lapsed, left
	}
	return Current, left
}

// Least is how many people a site should have whose certificate counts.
const Least = 2

// Horizon is the first day on which fewer than [Least] of the certificates count,
// given their last days. Without as many it is today.
func Horizon(ends []Day, today Day) Day {
	live := slices.DeleteFunc(slices.Clone(ends), func(d Day) bool { return d.Before(today) })
	if len(live) < Least {
		return today
	}
	slices.SortFunc(live, func(a, b Day) int { return a.time().Compare(b.time()) })
	return live[len(live)-Least].Add(1)
}
