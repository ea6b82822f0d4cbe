package kit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/kit"

	"github.com/stretchr/testify/require"
)

func TestOneCheckThatFailsCostsItsOwnFile(t *testing.T) {
	says := func(text string, err error) func(context.Context, io.Writer) error {
		return func(_ context.Context, w io.Writer) error {
			_, werr := io.WriteString(w, text)
			return errors.Join(werr, err)
		}
	}
	c := kit.New(
		kit.Check{Name: "version.txt", What: "darksite version", Say: says("darksite v1\n", nil)},
		kit.Check{Name: "doctor.txt", What: "darksite doctor", Say: says("half\n", errors.New("the folder is gone"))},
		kit.Check{Name: "monitor.json", What: "monitor", Say: says("", fmt.Errorf("no monitor runs: %w", kit.ErrNothing))},
		kit.Check{Name: "endless.txt", What: "endless", Say: func(_ context.Context, w io.Writer) error {
			for {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<20)); err != nil {
					return err
				}
			}
		}},
		kit.Check{Name: "last.txt", What: "last", Say: says("last\n", nil)},
	)
	e, err := c.Estimate(t.Context())
	require.NoError(t, err)
	require.Len(t, e.Items, 5)
	require.False(t, e.Exact)

	staging := t.TempDir()
	p := collect.Profile{Each: collect.Budget{Bytes: 1 << 20, Time: time.Minute}, Total: 1 << 20}
	res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{c})
	require.NoError(t, err)
	require.Equal(t, collect.Partial, res.Collectors[0].State)
	var paths []string
	for _, it := range res.Items {
		paths = append(paths, it.Path)
	}
	require.Equal(t, []string{"files/kit/version.txt", "files/kit/last.txt"}, paths)
	text, err := os.ReadFile(filepath.Join(staging, paths[0]))
	require.NoError(t, err)
	require.Equal(t, "darksite v1\n", string(text))
	reasons := map[string]string{}
	for _, o := range res.Omitted {
		reasons[o.Origin] = o.Reason
	}
	require.Equal(t, map[string]string{
		"darksite doctor": "the folder is gone", "monitor": "no monitor runs: there is nothing to say", "endless": "it says more than 4194304 bytes",
	}, reasons)
}
