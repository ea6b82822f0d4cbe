//go:build !unix

package engine

import "os"

// lock does nothing where there is no flock: one process at a time must work on
// a run there.
func lock(*os.File) error { return nil }

// syncDir does nothing where a folder cannot be synced.
func syncDir(string) error { return nil }
