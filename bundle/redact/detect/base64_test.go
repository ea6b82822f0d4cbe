package detect

import (
	"encoding/base64"
	"math/rand/v2"
	"testing"

	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// TestNothingIsEncodedInOneCase looks into words that act passes over: what stands in one
// case and by itself decodes to nothing.
func TestNothingIsEncodedInOneCase(t *testing.T) {
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := Compile(rs, nil)
	require.NoError(t, err)
	s := NewScanner(know, NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
	r := rand.New(rand.NewPCG(11, 12))
	passed, met := 0, 0
	for range 30000 {
		body := []byte(base64.StdEncoding.EncodeToString([]byte("password=" + "hunter7 secret"[:4+r.IntN(10)])))
		for range r.IntN(4) {
			body[r.IntN(len(body))] = "+/=-_.@aZ0"[r.IntN(10)]
		}
		if r.IntN(2) == 0 {
			for i, c := range body {
				body[i] = lower(c)
			}
		}
		head := []string{" ", "/", "+", "=", "QUJD/", "QUJD+"}[r.IntN(6)]
		s.buf = append(append([]byte(head), body...), []string{" ", "/QUJD", "+QUJD", "=", "\n", "/cHc9"}[r.IntN(6)]...)
		s.lo, s.hi, s.done, s.out, s.open = 0, len(s.buf), 0, nil, nil
		s.cut.read(s.buf)
		lo := s.cut.next(len(head))
		end := s.cut.end(lo)
		lo, hi := trim(s.buf, lo, end)
		v := s.classify(s.buf[lo:hi])
		if v.acts&aLong == 0 {
			continue
		}
		if v.acts&aMixed != 0 || s.goesOn64(end) {
			met++
			continue
		}
		passed++
		require.Equal(t, end, s.base64(lo, end), "%q", s.buf)
		require.Empty(t, s.out)
		require.Empty(t, s.open)
	}
	require.Greater(t, passed, 1000)
	require.Greater(t, met, 1000)
}
