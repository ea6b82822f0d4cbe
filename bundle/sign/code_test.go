package sign_test

import (
	"strings"
	"testing"

	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

func TestASignatureIsCopiedByHand(t *testing.T) {
	private, key, err := sign.GenerateKey(nil, "", nil)
	require.NoError(t, err)
	signer, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	text := []byte("step: turn\n")
	armored, err := signer.Sign(sign.Step, text)
	require.NoError(t, err)
	code, err := sign.Code(armored)
	require.NoError(t, err)
	require.Len(t, strings.Fields(code), 22)

	again, err := sign.FromCode(sign.Step, strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(code, "0", "o"), " ", "-"))+"\n", key)
	require.NoError(t, err)
	require.Equal(t, string(armored), string(again), "the very signature")
	require.NoError(t, sign.Verify(sign.Step, text, again, key))

	elsewhere, err := sign.FromCode(sign.Approval, code, key)
	require.NoError(t, err)
	require.ErrorIs(t, sign.Verify(sign.Approval, text, elsewhere, key), sign.ErrBadSignature, "for another purpose")
	_, other, err := sign.GenerateKey(nil, "", nil)
	require.NoError(t, err)
	stolen, err := sign.FromCode(sign.Step, code, other)
	require.NoError(t, err)
	require.ErrorIs(t, sign.Verify(sign.Step, text, stolen, other), sign.ErrBadSignature, "of another person")

	swap := "Z"
	if code[3:4] == swap {
		swap = "Y"
	}
	for name, c := range map[string]struct{ code, want string }{
		"a slip":      {code[:3] + swap + code[4:], "slip"},
		"half":        {code[:50], "not whole"},
		"nothing":     {"", "not whole"},
		"rubbish":     {"!!", "not whole"},
		"a long one":  {strings.Repeat("A", 1000), "too long"},
		"two of them": {code + code, "not whole"},
	} {
		_, err := sign.FromCode(sign.Step, c.code, key)
		require.ErrorContains(t, err, c.want, name)
	}
	_, err = sign.Code([]byte("rubbish"))
	require.ErrorIs(t, err, sign.ErrBadSignature)
}
