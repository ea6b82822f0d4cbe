package faultdisk

import (
	"errors"
	"syscall"
)

// ErrUnsupported is wrapped by Start where this machine cannot do it.
var ErrUnsupported = errors.New("no seccomp listener here")

// Kind is what the process asked for.
type Kind int

// The calls that are judged.
const (
	Write Kind = iota // pwrite
	Sync              // fsync or fdatasync
	Grow              // ftruncate
)

// String names the kind.
func (k Kind) String() string { return [...]string{"write", "sync", "grow"}[k] }

// Op is one call about a file below the watched folder.
type Op struct {
	N      int // counts from 1 since Judge
	Kind   Kind
	Path   string
	Offset int64
	Len    int64
}

// Fault is what becomes of a call. The zero Fault lets it happen.
type Fault struct {
	Err  syscall.Errno
	Half bool // the first half of a write happens, and Err comes with the next one
	Lost bool // a failed sync puts back what was there before the writes it should have kept
}
