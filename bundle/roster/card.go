package roster

import "slices"

// CardChange is what a new vendor card changes against the one in force.
type CardChange struct {
	Added      []Person // people who may sign from then on, or who have another key
	Removed    []Person
	Opens      []string // recipients that could open bundles from then on
	OpensNot   []string
	TakenBack  []Revocation // keys that count no more
	GivenAgain []Revocation // revocations the new card leaves out or makes later
}

// Loosens says whether somebody may do more than before: sign, open, or use a key
// that was taken back.
func (c CardChange) Loosens() bool { return len(c.Added)+len(c.Opens)+len(c.GivenAgain) > 0 }

// Nothing says whether the two cards say the same.
func (c CardChange) Nothing() bool {
	return !c.Loosens() && len(c.Removed)+len(c.OpensNot)+len(c.TakenBack) == 0
}

// Against compares a new card with the one in force.
func (v Vendor) Against(old Vendor) CardChange {
	var c CardChange
	c.Added, c.Removed = without(v.People, old.People), without(old.People, v.People)
	c.Opens, c.OpensNot = without(v.Recipients(), old.Recipients()), without(old.Recipients(), v.Recipients())
	for _, r := range v.Revoked {
		if was, ok := revocation(old.Revoked, r.KeyID); !ok || r.After < was.After {
			c.TakenBack = append(c.TakenBack, r)
		}
	}
	for _, r := range old.Revoked {
		if now, ok := revocation(v.Revoked, r.KeyID); !ok || now.After > r.After {
			c.GivenAgain = append(c.GivenAgain, r)
		}
	}
	return c
}

func without[T comparable](list, others []T) []T {
	var out []T
	for _, x := range list {
		if !slices.Contains(others, x) {
			out = append(out, x)
		}
	}
	return out
}

func revocation(list []Revocation, key string) (Revocation, bool) {
	i := slices.IndexFunc(list, func(r Revocation) bool { return r.KeyID == key })
	if i < 0 {
		return Revocation{}, false
	}
	return list[i], true
}
