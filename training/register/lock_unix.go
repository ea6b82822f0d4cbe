//go:build unix

package register

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes a writer's lock. The kernel gives it back when the process ends.
func lock(path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrBusy
		}
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		// A program that is just being started may hold a copy of the descriptor, so
		// closing is not enough. Nothing was written, so no error counts.
		_ = unix.Flock(int(f.Fd()), unix.LOCK_UN)
		_ = f.Close()
	}, nil
}
