package sign_test

import (
	"strings"
	"testing"

	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

func TestASignatureAsDigits(t *testing.T) {
	key := newKey(t)
	armored, err := key.Sign(sign.Exam, text)
	require.NoError(t, err)
	groups, err := sign.Digits(armored)
	require.NoError(t, err)
	for _, g := range groups {
		require.Regexp(t, `^[0-9a-f]{1,64}$`, g)
	}
	again, err := sign.FromDigits(groups)
	require.NoError(t, err)
	require.Equal(t, string(armored), string(again))
	require.NoError(t, sign.Verify(sign.Exam, text, again, key.Public()))

	for name, g := range map[string][]string{
		"nothing":     nil,
		"rubbish":     {"zz"},
		"half":        groups[:2],
		"in capitals": {strings.ToUpper(strings.Join(groups, ""))},
		"more behind": append(append([]string{}, groups...), "00"),
		"too long":    {strings.Repeat("0", 1<<20)},
	} {
		_, err := sign.FromDigits(g)
		require.Error(t, err, name)
	}
	_, err = sign.Digits([]byte("rubbish"))
	require.ErrorIs(t, err, sign.ErrBadSignature)
}
