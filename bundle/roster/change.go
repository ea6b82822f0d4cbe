package roster

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle/sign"
)

// ErrChange is wrapped where a roster may not follow the one before it.
var ErrChange = errors.New("roster may not change like this")

// next is a copy of a roster with the following number.
func (r Roster) next() Roster {
	r.People, r.Former, r.Revoked, r.Resets = slices.Clone(r.People), slices.Clone(r.Former), slices.Clone(r.Revoked), slices.Clone(r.Resets)
	r.Version++
	return r
}

// Enrol is the next roster, with one person more.
func (r Roster) Enrol(p Person) (Roster, error) {
	if i := slices.IndexFunc(r.Former, func(f Person) bool { return f.Key == p.Key }); i >= 0 {
		return Roster{}, fmt.Errorf("enrol %s: key %s was taken back from %s and comes never again: %w", p.ID, p.Key.ID(), r.Former[i].ID, ErrChange)
	}
	n := r.next()
	n.People = append(n.People, p)
	if err := n.validate(); err != nil {
		return Roster{}, fmt.Errorf("enrol %s: %w", p.ID, err)
	}
	return n, nil
}

// Rotate is the next roster, in which a person has another key. What the old key
// signed up to bundle number after stays believed.
func (r Roster) Rotate(id string, key sign.PublicKey, after int64) (Roster, error) {
	old, ok := r.Person(id)
	if !ok {
		return Roster{}, fmt.Errorf("give %s another key: %w: nobody has that id", id, ErrChange)
	}
	n, err := r.Retire(id, after)
	if err != nil {
		return Roster{}, err
	}
	n.Version = r.Version
	old.Key = key
	return n.Enrol(old)
}

// Retire is the next roster, from which a person is gone: one who left, or whose
// key is lost. What the key signed up to bundle number after stays believed; a
// key that was revoked before stays revoked since then.
func (r Roster) Retire(id string, after int64) (Roster, error) {
	n := r.next()
	i := slices.IndexFunc(n.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Roster{}, fmt.Errorf("take %s from the roster: %w: nobody has that id", id, ErrChange)
	}
	p := n.People[i]
	n.People = slices.Delete(n.People, i, i+1)
	n.Former = append(n.Former, p)
	if !slices.ContainsFunc(n.Revoked, func(rev Revocation) bool { return rev.KeyID == p.Key.ID() }) {
		n.Revoked = append(n.Revoked, Revocation{KeyID: p.Key.ID(), After: after})
	}
	if err := n.validate(); err != nil {
		return Roster{}, fmt.Errorf("take %s from the roster: %w", id, err)
	}
	return n, nil
}

// Reset is the next roster, made anew because too few officers are left to sign a
// change. It says so for ever.
func (r Roster) Reset() Roster {
	n := r.next()
	n.Resets = append(n.Resets, n.Version)
	return n
}

// Standing says how far a version of a roster is signed.
type Standing struct {
	Next    Roster
	Founded bool     // signed by everybody in it: the first version, or one after a reset
	Signed  []Person // whose signature is there, with the key that made it
	Keys    []Person // who still has to prove that he holds the key enrolled for him
	Votes   int64    // officers of the version before who have signed
	Needed  int64    // of them that must
	Voters  []Person // of them who could still sign
}

// Complete reports whether the version may come into force.
func (s Standing) Complete() bool { return len(s.Keys) == 0 && s.Votes >= s.Needed }

// Judge holds the text of a roster and the signatures under it to the version
// before, which is nil for the first. It refuses a version that may not follow
// and a signature that does not count; too few of them are no error, but a
// Standing that is not complete.
func Judge(base *Roster, text []byte, sigs [][]byte) (Standing, error) {
	next, err := Parse(text)
	if err != nil {
		return Standing{}, err
	}
	s := Standing{Next: next, Founded: base == nil}
	if base == nil {
		base = &Roster{Site: next.Site, Version: next.Version - 1, Approvals: next.Approvals, Resets: next.Resets}
	} else {
		s.Founded = len(next.Resets) > len(base.Resets)
	}
	if err := follows(*base, next); err != nil {
		return Standing{}, fmt.Errorf("roster %d: %w", next.Version, err)
	}
	signed := map[sign.PublicKey]bool{}
	for _, sig := range sigs {
		p, err := signer(*base, next, text, sig)
		if err != nil {
			return Standing{}, fmt.Errorf("roster %d: %w", next.Version, err)
		}
		if !signed[p.Key] {
			s.Signed = append(s.Signed, p)
		}
		signed[p.Key] = true
	}
	for _, p := range next.People {
		if (s.Founded || !slices.Contains(base.People, p)) && !signed[p.Key] {
			s.Keys = append(s.Keys, p)
		}
	}
	if s.Founded {
		return s, nil
	}
	s.Needed = max(base.Approvals, 1)
	for _, p := range base.People {
		switch {
		case !votes(*base, next, p):
		case signed[p.Key]:
			s.Votes++
		default:
			s.Voters = append(s.Voters, p)
		}
	}
	return s, nil
}

// votes reports whether an officer of a version counts for the next one: he is
// not revoked, and does not leave by it. One who only gets another key counts.
func votes(base, next Roster, p Person) bool {
	_, stays := next.Person(p.ID)
	return p.Role == Officer && stays && !base.revoked(p.Key)
}

func (r Roster) revoked(key sign.PublicKey) bool {
	return slices.ContainsFunc(r.Revoked, func(rev Revocation) bool { return rev.KeyID == key.ID() })
}

// signer finds and checks who made a signature under a version.
func signer(base, next Roster, text, sig []byte) (Person, error) {
	key, err := sign.SignedBy(sig)
	if err != nil {
		return Person{}, err
	}
	has := func(p Person) bool { return p.Key == key }
	var p Person
	if i := slices.IndexFunc(next.People, has); i >= 0 {
		p = next.People[i]
	} else if i := slices.IndexFunc(base.People, has); i >= 0 && votes(base, next, base.People[i]) {
		p = base.People[i]
	} else {
		return Person{}, fmt.Errorf("key %s: %w", key.ID(), ErrUnknownKey)
	}
	if err := sign.Verify(p.Namespace(), text, sig, key); err != nil {
		return Person{}, fmt.Errorf("signature of %s: %w", p.ID, err)
	}
	return p, nil
}

// Namespace is what a person signs a roster in: officers decide on it, everybody
// else only shows that he holds his key.
func (p Person) Namespace() sign.Namespace {
	if p.Role == Officer {
		return sign.Roster
	}
	return sign.Enrol
}

// follows says why a version may not come after another.
func follows(base, next Roster) error {
	no := func(format string, args ...any) error {
		return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrChange)
	}
	if next.Site != base.Site {
		return no("it is of site %s, not of %s", next.Site, base.Site)
	}
	if next.Version != base.Version+1 {
		return no("it comes after roster %d", base.Version)
	}
	if len(next.Resets) < len(base.Resets) || !slices.Equal(next.Resets[:len(base.Resets)], base.Resets) || len(next.Resets) > len(base.Resets)+1 {
		return no("it does not name the resets before")
	}
	if n := len(next.Resets); n > len(base.Resets) && next.Resets[n-1] != next.Version {
		return no("its reset is of another version")
	}
	for _, rev := range base.Revoked {
		i := slices.IndexFunc(next.Revoked, func(r Revocation) bool { return r.KeyID == rev.KeyID })
		if i < 0 || next.Revoked[i].After > rev.After {
			return no("key %s, revoked since bundle %d, would come alive again", rev.KeyID, rev.After)
		}
	}
	for _, p := range base.Former {
		if !slices.Contains(next.Former, p) {
			return no("the former key %s of %s is missing", p.Key.ID(), p.ID)
		}
	}
	for _, p := range base.People {
		if !slices.Contains(next.People, p) && !slices.Contains(next.Former, p) && !renamed(next.People, p) {
			return no("key %s of %s has gone without being taken back", p.Key.ID(), p.ID)
		}
	}
	var officers int64
	for _, p := range next.People {
		if p.Role == Officer && !next.revoked(p.Key) {
			officers++
		}
	}
	if officers < next.Approvals {
		return no("%d officers would be left and %d must agree; enrol another one in the same change", officers, next.Approvals)
	}
	return nil
}

// renamed reports whether a person is still there under another name, but
// with the same key in the same role.
func renamed(people []Person, p Person) bool {
	return slices.ContainsFunc(people, func(q Person) bool { return q.ID == p.ID && q.Key == p.Key && q.Role == p.Role })
}

const armorEnd = "-----END SSH SIGNATURE-----\n"

// Bundle writes a roster and the signatures under it into one text, which can be
// carried and is taken apart by [Unbundle].
func Bundle(text []byte, sigs [][]byte) []byte {
	return slices.Concat(append([][]byte{text}, sigs...)...)
}

// Unbundle takes apart what [Bundle] wrote; a roster alone has no signatures.
func Unbundle(whole []byte) (text []byte, sigs [][]byte) {
	const begin = "-----BEGIN SSH SIGNATURE-----\n"
	head, rest, found := strings.Cut(string(whole), begin)
	if !found {
		return whole, nil
	}
	for rest = begin + rest; rest != ""; {
		one, after, ok := strings.Cut(rest, armorEnd)
		if !ok {
			return []byte(head), append(sigs, []byte(rest)) // refused as a signature
		}
		sigs = append(sigs, []byte(one+armorEnd))
		rest = after
	}
	return []byte(head), sigs
}
