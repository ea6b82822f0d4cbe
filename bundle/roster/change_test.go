package roster_test

import (
	"fmt"
	"slices"
	"testing"

	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

// ceremony is a founded roster and every key that ever was in it.
type ceremony struct {
	t    *testing.T
	now  roster.Roster
	keys map[sign.PublicKey]sign.Signer
}

func newCeremony(t *testing.T) *ceremony {
	t.Helper()
	c := &ceremony{t: t, keys: map[sign.PublicKey]sign.Signer{}}
	c.now = roster.Roster{Site: "S042", Version: 5, Approvals: 2, Record: record}
	for id, role := range map[string]roster.Role{"amartin": roster.Officer, "ppetit": roster.Officer, "croux": roster.Officer, "mdurand": roster.Collector, "lporte": roster.Releaser} {
		c.now.People = append(c.now.People, roster.Person{ID: id, Name: "Name of " + id, Role: role, Key: c.key()})
	}
	return c
}

func (c *ceremony) key() sign.PublicKey {
	s := newSigner(c.t)
	c.keys[s.Public()] = s
	return s.Public()
}

func (c *ceremony) of(id string) sign.PublicKey {
	p, ok := c.now.Person(id)
	require.True(c.t, ok, id)
	return p.Key
}

func (c *ceremony) text(r roster.Roster) []byte {
	c.t.Helper()
	text, err := r.Encode()
	require.NoError(c.t, err)
	return text
}

// sign signs a version with keys, each in the namespace of its role.
func (c *ceremony) sign(r roster.Roster, keys ...sign.PublicKey) [][]byte {
	c.t.Helper()
	var sigs [][]byte
	for _, k := range keys {
		ns := sign.Roster
		for _, p := range slices.Concat(c.now.People, r.People) {
			if p.Key == k {
				ns = p.Namespace()
			}
		}
		sig, err := c.keys[k].Sign(ns, c.text(r))
		require.NoError(c.t, err)
		sigs = append(sigs, sig)
	}
	return sigs
}

func (c *ceremony) complete(base *roster.Roster, next roster.Roster, keys ...sign.PublicKey) bool {
	c.t.Helper()
	s, err := roster.Judge(base, c.text(next), c.sign(next, keys...))
	require.NoError(c.t, err)
	return s.Complete()
}

func TestTheFirstRosterIsSignedByEverybodyInIt(t *testing.T) {
	c := newCeremony(t)
	all := slices.Collect(func(yield func(sign.PublicKey) bool) {
		for _, p := range c.now.People {
			if !yield(p.Key) {
				return
			}
		}
	})
	require.True(t, c.complete(nil, c.now, all...))
	for i := range all {
		require.False(t, c.complete(nil, c.now, slices.Delete(slices.Clone(all), i, i+1)...), "one is missing")
	}
}

func TestWhoMustSignAChange(t *testing.T) {
	c := newCeremony(t)
	a, p, o, m := c.of("amartin"), c.of("ppetit"), c.of("croux"), c.of("mdurand")
	fresh := c.key()
	enrolled, err := c.now.Enrol(roster.Person{ID: "jnew", Name: "J. New", Role: roster.Officer, Key: fresh})
	require.NoError(t, err)
	rotated, err := c.now.Rotate("amartin", fresh, 17)
	require.NoError(t, err)
	gone, err := c.now.Retire("croux", 17)
	require.NoError(t, err)
	policy := c.now
	policy.Version, policy.Approvals = 6, 1

	for name, one := range map[string]struct {
		next roster.Roster
		keys []sign.PublicKey
		want bool
	}{
		"nobody":                                        {enrolled, nil, false},
		"the new one alone":                             {enrolled, []sign.PublicKey{fresh}, false},
		"one officer and the new one":                   {enrolled, []sign.PublicKey{a, fresh}, false},
		"two officers without the new one":              {enrolled, []sign.PublicKey{a, p}, false},
		"two officers and the new one":                  {enrolled, []sign.PublicKey{a, p, fresh}, true},
		"one officer twice":                             {enrolled, []sign.PublicKey{a, a, fresh}, false},
		"who rotates counts with the old key":           {rotated, []sign.PublicKey{a, p, fresh}, true},
		"the new key is no second officer":              {rotated, []sign.PublicKey{a, fresh}, false},
		"others may rotate for him if he shows the key": {rotated, []sign.PublicKey{p, o, fresh}, true},
		"who stays takes one away":                      {gone, []sign.PublicKey{a, p}, true},
		"fewer approvals need as many as before":        {policy, []sign.PublicKey{a}, false},
		"fewer approvals":                               {policy, []sign.PublicKey{a, o}, true},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, one.want, c.complete(&c.now, one.next, one.keys...)) })
	}

	// A collector decides nothing, whatever he signs in.
	sig, err := c.keys[m].Sign(sign.Roster, c.text(enrolled))
	require.NoError(t, err)
	_, err = roster.Judge(&c.now, c.text(enrolled), [][]byte{sig})
	require.ErrorIs(t, err, sign.ErrBadSignature)
	s, err := roster.Judge(&c.now, c.text(enrolled), c.sign(enrolled, m, fresh))
	require.NoError(t, err)
	require.Zero(t, s.Votes)
	// Nor does who leaves, or a stranger, or a signature under another text.
	_, err = roster.Judge(&c.now, c.text(gone), c.sign(gone, o))
	require.ErrorIs(t, err, roster.ErrUnknownKey)
	_, err = roster.Judge(&c.now, c.text(enrolled), c.sign(enrolled, c.key()))
	require.ErrorIs(t, err, roster.ErrUnknownKey)
	_, err = roster.Judge(&c.now, c.text(enrolled), c.sign(gone, a))
	require.ErrorIs(t, err, sign.ErrBadSignature)
	// Nor an officer whose key was revoked where he stood.
	revoked := c.now
	revoked.Revoked = []roster.Revocation{{KeyID: a.ID(), After: 3}}
	next, err := revoked.Enrol(roster.Person{ID: "jnew", Name: "J. New", Role: roster.Releaser, Key: fresh})
	require.NoError(t, err)
	require.False(t, c.complete(&revoked, next, a, p, fresh))
	require.True(t, c.complete(&revoked, next, o, p, fresh))
}

func TestARosterMayNotChangeLikeThis(t *testing.T) {
	c := newCeremony(t)
	base, err := c.now.Retire("lporte", 17)
	require.NoError(t, err)
	base = base.Reset()
	for name, change := range map[string]func(r *roster.Roster){
		"another site":               func(r *roster.Roster) { r.Site = "S043" },
		"a version left out":         func(r *roster.Roster) { r.Version++ },
		"the same version again":     func(r *roster.Roster) { r.Version-- },
		"a key gone without a word":  func(r *roster.Roster) { r.People = r.People[1:] },
		"another key without a word": func(r *roster.Roster) { r.People[0].Key = c.key() },
		"another role for a key": func(r *roster.Roster) {
			r.People[slices.IndexFunc(r.People, func(p roster.Person) bool { return p.ID == "mdurand" })].Role = roster.Officer
		},
		"a revocation forgotten":        func(r *roster.Roster) { r.Former, r.Revoked = nil, nil },
		"a revocation that comes later": func(r *roster.Roster) { r.Revoked[0].After++ },
		"a reset forgotten":             func(r *roster.Roster) { r.Resets = nil },
		"a reset back-dated":            func(r *roster.Roster) { r.Resets = append(r.Resets, r.Version-1) },
		"too few officers": func(r *roster.Roster) {
			for _, id := range []string{"amartin", "ppetit"} {
				next, err := r.Retire(id, 17)
				require.NoError(t, err)
				next.Version = r.Version
				*r = next
			}
		},
		"officers revoked to too few": func(r *roster.Roster) {
			for _, p := range r.People {
				if p.Role == roster.Officer {
					r.Revoked = append(r.Revoked, roster.Revocation{KeyID: p.Key.ID(), After: 17})
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			next := base
			next.Version++
			next.People, next.Former, next.Revoked, next.Resets = slices.Clone(base.People), slices.Clone(base.Former), slices.Clone(base.Revoked), slices.Clone(base.Resets)
			_, err := roster.Judge(&base, c.text(next), nil)
			require.NoError(t, err, "as it is it may follow")
			change(&next)
			text, err := next.Encode()
			if err == nil {
				_, err = roster.Judge(&base, text, nil)
				require.ErrorIs(t, err, roster.ErrChange)
			}
			require.Error(t, err)
		})
	}
	_, err = base.Enrol(roster.Person{ID: "other", Name: "O", Role: roster.Officer, Key: c.of("lporte")})
	require.ErrorIs(t, err, roster.ErrChange, "a key that was taken back comes never again")
	_, err = base.Rotate("nobody", c.key(), 1)
	require.ErrorIs(t, err, roster.ErrChange)
}

// Judged by sequence, not by date: what a former key signed before stays good.
func TestWhatAFormerKeySignedBeforeStaysBelieved(t *testing.T) {
	c := newCeremony(t)
	old := c.keys[c.of("amartin")]
	next, err := c.now.Rotate("amartin", c.key(), 17)
	require.NoError(t, err)
	sig, err := old.Sign(sign.Approval, text)
	require.NoError(t, err)
	p, err := next.Check(sign.Approval, 17, text, sig)
	require.NoError(t, err)
	require.Equal(t, "amartin", p.ID)
	_, err = next.Check(sign.Approval, 18, text, sig)
	require.ErrorIs(t, err, roster.ErrRevoked)
	require.Contains(t, string(next.AllowedSigners()), string(old.Public()))
	require.NotContains(t, string(next.RevokedKeys(17)), string(old.Public()))
	require.Contains(t, string(next.RevokedKeys(18)), string(old.Public()))

	// A second rotation keeps the first revocation where it was.
	again, err := next.Rotate("amartin", c.key(), 40)
	require.NoError(t, err)
	_, err = again.Check(sign.Approval, 18, text, sig)
	require.ErrorIs(t, err, roster.ErrRevoked)
	parsed, err := roster.Parse(c.text(again))
	require.NoError(t, err)
	require.Equal(t, c.text(again), c.text(parsed))
}

func TestAResetIsSignedByEverybodyAndSaysSo(t *testing.T) {
	c := newCeremony(t)
	left, err := c.now.Retire("ppetit", 9)
	require.NoError(t, err)
	left.Version--
	next := left.Reset()
	require.Equal(t, []int64{6}, next.Resets)
	var all []sign.PublicKey
	for _, p := range next.People {
		all = append(all, p.Key)
	}
	require.True(t, c.complete(&c.now, next, all...))
	require.False(t, c.complete(&c.now, next, all[1:]...))
	require.Contains(t, string(c.text(next)), "\nreset: 6\n")
}

func TestARosterIsCarriedWithItsSignatures(t *testing.T) {
	c := newCeremony(t)
	sigs := c.sign(c.now, c.of("amartin"), c.of("ppetit"))
	text, got := roster.Unbundle(roster.Bundle(c.text(c.now), sigs))
	require.Equal(t, c.text(c.now), text)
	require.Equal(t, sigs, got)
	text, got = roster.Unbundle(c.text(c.now))
	require.Equal(t, c.text(c.now), text)
	require.Empty(t, got)
	_, got = roster.Unbundle([]byte(fmt.Sprintf("%s%s", c.text(c.now), sigs[0][:40])))
	require.Len(t, got, 1, "half a signature is refused as one")
	_, err := roster.Judge(nil, c.text(c.now), got)
	require.ErrorIs(t, err, sign.ErrBadSignature)
}

func TestAVendorCardWithEscrow(t *testing.T) {
	v := roster.Vendor{Name: "Support", Version: 2, Intake: []string{record}, Escrow: []string{record + "q"}}
	text, err := v.Encode()
	require.NoError(t, err)
	again, err := roster.ParseVendor(text)
	require.NoError(t, err)
	require.Equal(t, v, again)
	require.Equal(t, []string{record, record + "q"}, again.Recipients())
	v.Escrow = []string{record}
	_, err = v.Encode()
	require.ErrorContains(t, err, "stands twice")
	v.Escrow = []string{"age1classic"}
	_, err = v.Encode()
	require.ErrorContains(t, err, "hybrid")
}
