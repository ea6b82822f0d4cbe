//go:build unix

package safefile

import "golang.org/x/sys/unix"

// openFlags keep an open from waiting on a FIFO and from following a last link.
const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW
