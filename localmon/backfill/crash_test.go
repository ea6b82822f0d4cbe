package backfill_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"darksite/localmon/backfill"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
)

// childVar makes this test binary the one that is killed: it imports into the
// history the variable names and tells each step.
const childVar = "BACKFILL_CHILD"

func TestChild(t *testing.T) {
	path := os.Getenv(childVar)
	if path == "" {
		t.Skip("this is the process that TestKilledImportGoesOn kills")
	}
	db, err := history.Open(path, history.Options{})
	require.NoError(t, err)
	_, err = backfill.Import(t.Context(), db, sorter(t, filepath.Dir(path), 500, past(8, 300)), backfill.Options{
		Now: now, Chunk: 1000, Group: 3, Progress: func(done, _ int64) { fmt.Printf("step %d\n", done) },
	})
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// A process that is killed in the middle leaves whole batches, no file of its
// sorter, and an import that can be taken up again.
func TestKilledImportGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	list, m := past(8, 300), model{}
	for _, s := range list {
		m.add(s)
	}
	for _, steps := range []int{1, 60, 150} {
		t.Run(strconv.Itoa(steps), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "history.db")
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.v")
			child.Env = append(os.Environ(), childVar+"="+path)
			out, err := child.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, child.Start())
			told := 0
			for lines := bufio.NewScanner(out); told < steps && lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "step ") {
					told++
				}
			}
			require.NoError(t, child.Process.Kill())
			_ = child.Wait() // killed; on a slow machine it may have come to its end before
			require.Equal(t, steps, told)

			db, err := history.Open(path, history.Options{NoSync: true})
			require.NoError(t, err)
			defer func() { require.NoError(t, db.Close()) }()
			got, err := backfill.Import(t.Context(), db, sorter(t, dir, 500, list), backfill.Options{Now: now})
			require.NoError(t, err)
			require.GreaterOrEqual(t, got.Present, int64(12*told), "each step told is one batch of 12 that is there, or more")
			require.Zero(t, got.Present%12, "batches are whole")
			holds(t, db, m)
			damage, err := db.Check(t.Context())
			require.NoError(t, err)
			require.Empty(t, damage)
			left, err := filepath.Glob(filepath.Join(dir, ".import-*"))
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}
