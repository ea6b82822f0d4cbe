//go:build unix

package safefile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openFlags keep an open from waiting on a FIFO and from following a last link.
const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW

// claim takes the lock of a temporary file, which its writer holds until it ends
// and which ends with the process. Where there are no locks every file is free.
func claim(f *os.File) bool {
	return !errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}
