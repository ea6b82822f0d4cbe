package boltfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNoEarlier says that a file holds no state before its newest one.
var ErrNoEarlier = errors.New("no earlier state")

// Hold keeps every writer away from the file at path until release is called;
// readers are let in. It gives a [BusyError] when a writer is there.
func Hold(path string) (release func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("hold %s: %w", path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		_ = f.Close() // it was only read
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, busy(path)
		}
		return nil, fmt.Errorf("hold %s: %w", path, err)
	}
	return f.Close, nil
}

// RollBack writes to made, which must not exist, a copy of the file at path
// without its newest commit. The original is only read. The commit before is
// whole if the newest one was the last thing written; whether it is, only the
// checksums of the values can tell. It gives ErrNoEarlier where both meta pages
// tell of one state, or only one of them is valid: bbolt uses that by itself.
func RollBack(ctx context.Context, path, made string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("roll back %s: %w", path, err)
		}
	}()
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	all, err := metas(in)
	if err != nil {
		return err
	}
	if len(all) < 2 || all[0].txid == all[1].txid {
		return ErrNoEarlier
	}
	out, err := os.OpenFile(made, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	earlier := all[1]
	_, err = io.Copy(out, &reader{ctx, in})
	err = errors.Join(err, earlier.writeTo(out, 0), earlier.writeTo(out, 1), out.Sync(), out.Close())
	if err != nil {
		_ = os.Remove(made) // half of a copy is of no use
	}
	return err
}

// reader makes a long copy end soon after its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// SetAside gives the file at path the name aside, durably. What is called so
// already is never replaced.
func SetAside(path, aside string) error {
	if err := keepAs(path, aside); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("set %s aside: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// Exchange puts the finished file made in place of path, durably, and keeps
// what was there as aside. There is a file at path at every moment, on file
// systems that have links.
func Exchange(made, path, aside string) error {
	if err := keepAs(path, aside); err != nil {
		return err
	}
	if err := Replace(made, path); err != nil {
		return fmt.Errorf("put %s in place: %w", path, err)
	}
	return nil
}

// keepAs gives a file a second name, or where there are no links a new one.
func keepAs(path, aside string) error {
	err := os.Link(path, aside)
	if err == nil {
		return nil
	}
	if _, taken := os.Lstat(aside); taken == nil {
		return fmt.Errorf("set %s aside: %s is there already", path, aside)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("set %s aside: %w", path, err)
	}
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("set %s aside: %w", path, err)
	}
	return nil
}
