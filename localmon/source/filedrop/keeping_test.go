package filedrop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/filedrop"

	"github.com/stretchr/testify/require"
)

func TestThePastIsKeptBeforeTheLook(t *testing.T) {
	dir := t.TempDir()
	sealed(t, dir, "a.csv", header+row(-3*time.Minute, "a", 1)+row(-2*time.Minute, "a", 2)+row(-time.Minute, "a", 3))
	full := errors.New("disk full")
	var kept []float64
	room := 1
	src := filedrop.Keeping(made(t, dir), func(_ context.Context, b localmon.Batch) error {
		if room--; room < 0 {
			return full
		}
		v, _ := value(b, "a")
		kept = append(kept, v)
		return nil
	})
	b, err := src.Collect(t.Context(), at)
	require.NoError(t, err, "what cannot be stored now does not blind")
	require.Contains(t, partial(b), "drop: 1 past looks were kept, the rest follows: disk full")
	v, _ := value(b, "a")
	require.Equal(t, 3.0, v)
	room = 9
	b, err = src.Collect(t.Context(), at)
	require.NoError(t, err)
	require.Empty(t, b.Partial)
	require.Equal(t, []float64{1, 2, 3}, kept)
	require.Empty(t, waits(t, dir))
}

func TestALongPastDoesNotEatTheLook(t *testing.T) {
	dir := t.TempDir()
	text := header
	for i := range 30 {
		text += row(-time.Duration(30-i)*10*time.Second, "a", float64(i))
	}
	sealed(t, dir, "a.csv", text)
	synctest.Test(t, func(t *testing.T) {
		n := 0
		src := filedrop.Keeping(made(t, dir), func(context.Context, localmon.Batch) error {
			time.Sleep(time.Second) // a slow disk, in the bubble's time
			n++
			return nil
		})
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			b, err := src.Collect(ctx, at)
			cancel()
			require.NoError(t, err)
			if n == 30 && len(b.Partial) == 0 {
				break
			}
			require.Contains(t, partial(b), "context deadline exceeded")
		}
		require.Equal(t, 30, n, "each once, over several looks")
	})
	require.Empty(t, waits(t, dir))
}
