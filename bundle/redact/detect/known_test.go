package detect

import (
	"math/rand/v2"
	"testing"

	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// TestItemsAreMetAtEveryRun looks for items in random texts, by blocks and at every run in
// turn: with items and series of all sorts, without any that begin with a number, and with
// none at all.
func TestItemsAreMetAtEveryRun(t *testing.T) {
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := Compile(rs, nil)
	require.NoError(t, err)
	parts := []string{
		"esx-01", "esx-02", "esx-03", "esx-04", "esx-05", "esx-06", "esx-17", "db1", "db2", "db3", "db4", "db5", "db6", "db77", "7-up", "12345678", "99",
		"vol", "vol.x", "a", "nord.example", "nordbank-stor-mgmt-lyon-frankfurt-1234567890", "é", "ESX-01", "%20", `\n`, "#011", "\x1b[0m", " ", " ", "-", ".", ":", "0", "8", "0a0b",
	}
	r := rand.New(rand.NewPCG(9, 10))
	for range 300 {
		var items []Item
		numbers := r.IntN(2) == 0
		for _, text := range parts[:22] {
			if r.IntN(3) > 0 && (numbers || !isDigit(text[0])) {
				items = append(items, Item{Text: text, Canon: text, Kind: pseudonym.Host})
			}
		}
		inv := NewInventory(items, nil)
		s := NewScanner(know, inv, func(pseudonym.Kind, string) bool { return false })
		var text []byte
		for range r.IntN(200) {
			text = append(text, parts[r.IntN(len(parts))]...)
		}
		s.buf, s.hi = text, len(text)
		s.items()
		got := s.out
		s.out = nil
		for i, skip := 0, 0; i < len(text); i++ {
			if lo := i; isRun(text[i]) {
				if i = runEnd(text, i); lo >= skip {
					skip = s.itemAt(lo, i)
				}
			}
		}
		require.Equal(t, resolve(s.out), resolve(got), "%q %v", text, items)
	}
}
