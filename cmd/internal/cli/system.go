package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
)

// hangup takes SIGHUP over, which ends a process otherwise.
func hangup() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

// SystemHint says what to do about a refusal of the operating system that any
// command can meet, such as a full disk; empty for every other error.
func SystemHint(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room on the disk, then try again"
	case errors.Is(err, syscall.EFBIG):
		return "the account may not write files of this size: ulimit -f says how large"
	case errors.Is(err, syscall.EROFS):
		return "the disk is mounted read-only: find out why before it is mounted otherwise"
	case errors.Is(err, fs.ErrPermission):
		return "use the account that owns the folder, or mend owner and mode of what is named above"
	case errors.Is(err, fs.ErrNotExist):
		return "compare the name with what is there; is the medium mounted?"
	}
	return ""
}
