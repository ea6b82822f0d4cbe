//go:build unix

package filedrop

import "syscall"

// openFlags keep an open from waiting on a pipe and from following a link.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOFOLLOW
