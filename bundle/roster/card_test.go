package roster_test

import (
	"testing"

	"darksite/bundle/roster"

	"github.com/stretchr/testify/require"
)

func TestWhatANewCardChanges(t *testing.T) {
	ruth, sam, tom := roster.Person{ID: "ruth"}, roster.Person{ID: "sam"}, roster.Person{ID: "tom"}
	old := roster.Vendor{Version: 1, Intake: []string{"a"}, People: []roster.Person{ruth, sam}, Revoked: []roster.Revocation{{KeyID: "k", After: 5}}}
	renamed := sam
	renamed.Name = "S. Other"
	for name, c := range map[string]struct {
		edit    func(v *roster.Vendor)
		loosens bool
		nothing bool
	}{
		"nothing but the number":     {func(v *roster.Vendor) { v.Version = 2 }, false, true},
		"a key is taken back":        {func(v *roster.Vendor) { v.Revoked = append(v.Revoked, roster.Revocation{KeyID: "l", After: 3}) }, false, false},
		"a key is taken back sooner": {func(v *roster.Vendor) { v.Revoked[0].After = 4 }, false, false},
		"a key is taken back later":  {func(v *roster.Vendor) { v.Revoked[0].After = 6 }, true, false},
		"a key is given again":       {func(v *roster.Vendor) { v.Revoked = nil }, true, false},
		"somebody leaves":            {func(v *roster.Vendor) { v.People = v.People[:1] }, false, false},
		"somebody comes":             {func(v *roster.Vendor) { v.People = append(v.People, tom) }, true, false},
		"somebody is another":        {func(v *roster.Vendor) { v.People[1] = renamed }, true, false},
		"another recipient":          {func(v *roster.Vendor) { v.Intake = []string{"b"} }, true, false},
		"a key kept offline besides": {func(v *roster.Vendor) { v.Escrow = []string{"e"} }, true, false},
		"one recipient less":         {func(v *roster.Vendor) { v.Intake = nil }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := old
			v.People, v.Revoked = append([]roster.Person{}, old.People...), append([]roster.Revocation{}, old.Revoked...)
			c.edit(&v)
			got := v.Against(old)
			require.Equal(t, c.loosens, got.Loosens())
			require.Equal(t, c.nothing, got.Nothing())
		})
	}
}
