package award

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/training/certificate"
	"darksite/training/exam"
)

// Errors a caller decides on.
var (
	// ErrStranger says that a key of the record belongs to nobody who is known.
	ErrStranger = errors.New("key belongs to nobody of the site or the vendor")
	// ErrMayNotWatch says that the supervisor may not supervise this candidate.
	ErrMayNotWatch = errors.New("may not supervise this examination")
	// ErrMayNotWithdraw says that somebody may not take a certificate out of force.
	ErrMayNotWithdraw = errors.New("may not withdraw a certificate")
	// ErrFailed says that the record is in order and the examination was not passed.
	ErrFailed = errors.New("the examination was not passed")
)

// People are those who may have sat and watched.
type People struct {
	Roster roster.Roster // of the site, with former keys
	Vendor roster.Vendor
	// Certified reports whether the key of an admin holds a certificate that counted
	// on a day.
	Certified func(key string, on certificate.Day) bool
	// Withdrawn are the certificates the site took out of force itself, checked.
	Withdrawn []certificate.SiteWithdrawal
}

// Standing is by what right somebody supervises.
type Standing string

// The rights to supervise.
const (
	Trainer  Standing = "trainer of the vendor"
	Officer  Standing = "security officer of the site"
	Admin    Standing = "certified admin"
	NotAtAll Standing = ""
)

// person finds who holds, or held, a key.
func (p People) person(key string) (who roster.Person, vendor, ok bool) {
	has := func(q roster.Person) bool { return q.Key.ID() == key }
	site := slices.Concat(p.Roster.People, p.Roster.Former)
	if i := slices.IndexFunc(site, has); i >= 0 {
		return site[i], false, true
	}
	if i := slices.IndexFunc(p.Vendor.People, has); i >= 0 && !revoked(p.Vendor, key) {
		return p.Vendor.People[i], true, true
	}
	return roster.Person{}, false, false
}

func revoked(v roster.Vendor, key string) bool {
	return slices.ContainsFunc(v.Revoked, func(r roster.Revocation) bool { return r.KeyID == key })
}

// Supervises says by what right the holder of a key may supervise the holder of
// another, on a day. Nobody supervises himself, with whatever key.
func (p People) Supervises(supervisor, candidate string, on certificate.Day) (Standing, error) {
	who, vendor, ok := p.person(supervisor)
	if !ok {
		return NotAtAll, fmt.Errorf("supervisor, key %s: %w", supervisor, ErrStranger)
	}
	sits, _, ok := p.person(candidate)
	switch {
	case !ok:
		return NotAtAll, fmt.Errorf("candidate, key %s: %w", candidate, ErrStranger)
	case who.Key == sits.Key || !vendor && who.ID == sits.ID:
		return NotAtAll, fmt.Errorf("%s %w: nobody watches over an own examination", who.ID, ErrMayNotWatch)
	case vendor:
		return Trainer, nil
	case who.Role == roster.Officer:
		return Officer, nil
	case p.Certified != nil && p.Certified(supervisor, on):
		return Admin, nil
	}
	return NotAtAll, fmt.Errorf("%s %w: a supervisor is a certified admin, an officer of the site or a trainer of the vendor", who.ID, ErrMayNotWatch)
}

// Withdraws says by what right the holder of a key may take a certificate of the site out
// of force, on a day: as an officer of the site or as a certified admin. It may be the own.
func (p People) Withdraws(key string, on certificate.Day) (Standing, error) {
	who, vendor, ok := p.person(key)
	here := slices.ContainsFunc(p.Roster.People, func(q roster.Person) bool { return q.Key.ID() == key })
	switch {
	case !ok:
		return NotAtAll, fmt.Errorf("key %s: %w", key, ErrStranger)
	case vendor || !here:
		return NotAtAll, fmt.Errorf("%s %w: the vendor has a list of its own, and who has left signs nothing", who.ID, ErrMayNotWithdraw)
	case who.Role == roster.Officer:
		return Officer, nil
	case p.Certified != nil && p.Certified(key, on):
		return Admin, nil
	}
	return NotAtAll, fmt.Errorf("%s %w: that does an officer of the site or a certified admin", who.ID, ErrMayNotWithdraw)
}

// Until are the withdrawals of a site that were in force on a day already.
func Until(all []certificate.SiteWithdrawal, on certificate.Day) []certificate.SiteWithdrawal {
	return slices.DeleteFunc(slices.Clone(all), func(w certificate.SiteWithdrawal) bool { return on.Before(w.On) })
}

// SiteKeys are the keys that people of a site hold or held. What they took out of force
// stays so, also when they have left.
func SiteKeys(r roster.Roster) (keys []sign.PublicKey) {
	for _, q := range slices.Concat(r.People, r.Former) {
		keys = append(keys, q.Key)
	}
	return keys
}

// Trust is what a certificate of this site is checked under: the vendor's keys that
// are not taken back, and those of the site's people.
func (p People) Trust(withdrawn *certificate.Withdrawals) certificate.Trust {
	t := certificate.Trust{Vendor: Issuers(p.Vendor), Site: p.Roster.Site, Withdrawn: withdrawn, Local: p.Withdrawn}
	for _, q := range p.Roster.People {
		if !slices.ContainsFunc(p.Roster.Revoked, func(r roster.Revocation) bool { return r.KeyID == q.Key.ID() }) {
			t.Sites = append(t.Sites, q.Key)
		}
	}
	return t
}

// Issuers are the keys of a vendor's card that may issue certificates and lists of
// withdrawn ones. A key that was taken back issues nothing, and what it has issued is
// issued again by another.
func Issuers(v roster.Vendor) (keys []sign.PublicKey) {
	for _, p := range v.People {
		if !revoked(v, p.Key.ID()) {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

// Keys are all keys of a vendor's card, those taken back as well.
func Keys(v roster.Vendor) (keys []sign.PublicKey) {
	for _, p := range v.People {
		keys = append(keys, p.Key)
	}
	return keys
}

// Award is an examination that was checked.
type Award struct {
	Record     exam.Record
	Outcome    exam.Outcome
	Candidate  roster.Person
	Supervisor roster.Person
	Standing   Standing
}

// Check checks the papers of an examination. The error says what is wrong with them;
// that it was not passed is no error, see [Award.Passed].
func Check(text []byte, signatures [][]byte, p People, b *exam.Bank, screens exam.Screener) (Award, error) {
	r, err := exam.ParseRecord(text)
	if err != nil {
		return Award{}, err
	}
	a := Award{Record: r}
	if r.Site != p.Roster.Site {
		return a, fmt.Errorf("record of examination %s: it was held at site %s and the roster is of %s", r.Session, r.Site, p.Roster.Site)
	}
	a.Candidate, _, _ = p.person(r.Candidate)
	a.Supervisor, _, _ = p.person(r.Supervisor)
	if a.Candidate.ID == "" || a.Supervisor.ID == "" {
		return a, fmt.Errorf("record of examination %s: candidate %s, supervisor %s: %w", r.Session, cmp.Or(a.Candidate.ID, r.Candidate), cmp.Or(a.Supervisor.ID, r.Supervisor), ErrStranger)
	}
	if err := exam.CheckSignatures(text, r, a.Candidate.Key, a.Supervisor.Key, signatures...); err != nil {
		return a, err
	}
	if a.Outcome, err = r.Replay(b, screens); err != nil {
		return a, fmt.Errorf("record of examination %s: %w", r.Session, err)
	}
	if a.Standing, err = p.Supervises(r.Supervisor, r.Candidate, certificate.DayOf(a.Outcome.Began)); err != nil {
		return a, fmt.Errorf("record of examination %s: %w", r.Session, err)
	}
	return a, nil
}

// Passed reports whether the examination was passed.
func (a Award) Passed() bool { return a.Outcome.Result.Passed }

// Months is how long the vendor's certificate counts.
const Months = 24

// ProvisionalID is the ID of the provisional certificate of an examination.
func (a Award) ProvisionalID() string { return ProvisionalID(a.Record) }

// ProvisionalID is the ID of the provisional certificate that a record leads to.
func ProvisionalID(r exam.Record) string {
	return "P-" + r.Site + "-" + strings.ToUpper(r.Session[:8])
}

// Certificate is the certificate that follows from the papers. Of a failed examination
// none does, and the error wraps [ErrFailed].
func (a Award) Certificate(id string, issuer sign.PublicKey, today certificate.Day, products []string, provisional bool) (certificate.Certificate, error) {
	if !a.Passed() {
		return certificate.Certificate{}, fmt.Errorf("examination %s of %s: %w", a.Record.Session, a.Candidate.ID, ErrFailed)
	}
	until := today.AddMonths(Months)
	if provisional {
		until = today.Add(certificate.ProvisionalFor)
	}
	return certificate.Certificate{
		ID: id, Holder: short(a.Candidate.Name), Key: a.Record.Candidate, Site: a.Record.Site, Track: a.Record.Track, Products: slices.Sorted(slices.Values(products)),
		Band: certificate.BandOf(a.Outcome.Result.Total()), Issued: today, Until: until, Bank: a.Record.Bank,
		Issuer: issuer.ID(), Supervisor: a.Record.Supervisor, Provisional: provisional,
	}, nil
}

// short cuts a name to what a certificate takes.
func short(name string) string {
	for len(name) > certificate.MaxName {
		r := []rune(name)
		name = string(r[:len(r)-1])
	}
	return name
}

// nobody stands for the holder where no name may stand.
const nobody = "-"

// Stripped is the statement of a certificate without the name of its holder.
func Stripped(s certificate.Signed) ([]byte, error) {
	s.Holder = nobody
	return s.Encode()
}

// Named puts the name of the holder, whom the roster knows by key, back into a stripped
// certificate with its armored signature.
func Named(stripped, armored []byte, p People) (certificate.Signed, error) {
	c, err := certificate.Parse(stripped)
	if err != nil {
		return certificate.Signed{}, err
	}
	who, _, ok := p.person(c.Key)
	if !ok {
		return certificate.Signed{}, fmt.Errorf("certificate %s: holder, key %s: %w", c.ID, c.Key, ErrStranger)
	}
	c.Holder = short(who.Name)
	signature, err := sign.Compact(armored)
	if err != nil {
		return certificate.Signed{}, fmt.Errorf("certificate %s: %w", c.ID, err)
	}
	return certificate.Signed{Certificate: c, Signature: signature}, nil
}
