package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"darksite/localmon/boltfile"

	"go.etcd.io/bbolt"
)

// compactTx is how many bytes one transaction of a compaction copies.
const compactTx = 8 << 20

// Snapshot writes a consistent copy of the file to w, while the history goes
// on: what was acknowledged before is in it. It keeps the pages of that moment
// from being used again until it ends, so the file may grow meanwhile.
func (db *DB) Snapshot(ctx context.Context, w io.Writer) (n int64, err error) {
	err = db.file.View(func(tx *bbolt.Tx) error {
		n, err = tx.WriteTo(&canceller{ctx, w})
		return err
	})
	return n, wrap("copy history "+db.file.Path(), err)
}

// canceller makes a long copy end soon after its context.
type canceller struct {
	ctx context.Context
	w   io.Writer
}

func (c *canceller) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

// Compact rewrites the history at path without its free pages and returns the
// sizes before and after. It needs as much free space as is in use and holds
// the file meanwhile. The copy is checked value by value before it takes the
// place of the original; a damaged history is left as it is.
func Compact(ctx context.Context, path string, o Options) (before, after int64, err error) {
	src, err := Open(path, o)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if err := sound(ctx, src, "it is damaged; its readable part can be exported"); err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, err)
	}
	dir, base := filepath.Split(path)
	tmp := filepath.Join(dir, "."+base+".compact.partial")
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, 0, fmt.Errorf("compact %s: remove the rest of an earlier run: %w", path, err)
	}
	defer os.Remove(tmp)
	if err := src.pause("compact: before the copy"); err != nil {
		return 0, 0, err
	}
	if err := copyInto(ctx, tmp, src); err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, err)
	}
	if before, after, err = sizes(path, tmp); err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, err)
	}
	if err := src.pause("compact: before the rename"); err != nil {
		return 0, 0, err
	}
	if err := boltfile.Replace(tmp, path); err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, err)
	}
	src.passed("compact: after the rename")
	return before, after, nil
}

// copyInto compacts src into a new file and checks that nothing is missing.
func copyInto(ctx context.Context, tmp string, src *DB) error {
	dst, err := bbolt.Open(tmp, 0o600, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistArrayType})
	if err != nil {
		return err
	}
	err = bbolt.Compact(dst, src.file.DB, compactTx)
	var need int64
	if err == nil {
		err = dst.View(func(tx *bbolt.Tx) error { need = tx.Size(); return nil })
	}
	if err := errors.Join(err, dst.Close()); err != nil {
		return err
	}
	if err := src.pause("compact: after the copy"); err != nil {
		return err
	}
	// bbolt grows a file in large steps; what is past its last page is unused
	if err := cut(tmp, need); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	check, err := OpenReadOnly(tmp, Options{})
	if err != nil {
		return err
	}
	defer check.Close()
	if err := sound(ctx, check, "the copy is not sound; nothing was changed"); err != nil {
		return err
	}
	want, err := src.Stats(ctx)
	if err != nil {
		return err
	}
	got, err := check.Stats(ctx)
	if err != nil {
		return err
	}
	if len(got.Targets) != len(want.Targets) || got.LastSeq != want.LastSeq {
		return fmt.Errorf("the copy ends with batch %d of %d targets, not %d of %d; nothing was changed", got.LastSeq, len(got.Targets), want.LastSeq, len(want.Targets))
	}
	for i := range want.Targets {
		if got.Targets[i] != want.Targets[i] {
			return fmt.Errorf("the copy of %s differs; nothing was changed", want.Targets[i].Target)
		}
	}
	return nil
}

func cut(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}

func sound(ctx context.Context, db *DB, otherwise string) error {
	found, err := db.Check(ctx)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%w: %s (%d findings, the first: %s)", boltfile.ErrDamaged, otherwise, len(found), found[0])
	}
	return nil
}

func sizes(before, after string) (b, a int64, err error) {
	for _, f := range []struct {
		path string
		size *int64
	}{{before, &b}, {after, &a}} {
		info, err := os.Stat(f.path)
		if err != nil {
			return 0, 0, err
		}
		*f.size = info.Size()
	}
	return b, a, nil
}
