package notify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzMark(f *testing.F) {
	good, err := mark{Told: 3, Telling: 7}.encode()
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte("\x01\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decodeMark(data)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		again, err := m.encode()
		require.NoError(t, err)
		back, err := decodeMark(again)
		require.NoError(t, err)
		require.Equal(t, m, back)
	})
}

func FuzzPlain(f *testing.F) {
	f.Add("drive CH0.BAY7 is failed", 20)
	f.Add("\xff\r\n\u202eé", 4)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 3 + max(limit, 0)%2000
		got := plain(s, limit)
		require.LessOrEqual(t, len(got), limit)
		require.NotContains(t, got, "\n")
		require.Equal(t, got, plain(got, limit), "once is enough")
	})
}
