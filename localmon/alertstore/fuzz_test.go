package alertstore

import (
	"testing"

	"darksite/localmon/alert"

	"github.com/stretchr/testify/require"
)

func FuzzDecode(f *testing.F) {
	good, err := encode(alert.Entry{Votes: "yn"})
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0})
	f.Add([]byte("\x01\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e alert.Entry
		if err := decode(data, &e); err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		again, err := encode(e)
		require.NoError(t, err)
		var e2 alert.Entry
		require.NoError(t, decode(again, &e2))
	})
}
