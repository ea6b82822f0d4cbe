package detect

import (
	"testing"

	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// TestNumbersBeforeKeysSayTheSame asks for the rule of words behind a number, and behind
// what is none, of a site whose keys begin with letters and of one where one does not.
func TestNumbersBeforeKeysSayTheSame(t *testing.T) {
	shipped, err := rules.Shipped()
	require.NoError(t, err)
	site := rules.Rule{ID: "site", Kind: pseudonym.Host, Keys: []string{"802-box"}}
	for _, c := range []struct {
		name, text, key string
		rules           []rules.Rule
	}{
		{"a number", "8021 box", "0000 box", shipped},
		{"a word with a digit", "a802 box", "a802 box", shipped},
		{"a number with a dot", "80.2 box", "80.2 box", shipped},
		{"a key that begins with a digit", "802 box", "802 box", append(shipped, site)},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := Compile(c.rules, nil)
			require.NoError(t, err)
			s := NewScanner(k, NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
			s.buf = []byte(c.text)
			key := s.numberless(span{0, len(c.text) - len(" box")}, len(c.text))
			require.Equal(t, c.key, string(key))
			require.Equal(t, k.keyRule([]byte(c.text)), s.keyRule(key))
		})
	}
}
