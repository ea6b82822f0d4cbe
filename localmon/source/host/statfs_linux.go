package host

import (
	"fmt"
	"syscall"
)

// statfs asks the kernel how full the file system at path is.
func statfs(path string) (Space, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return Space{}, fmt.Errorf("statfs: %w", err)
	}
	unit := uint64(st.Bsize) // its type differs between architectures
	return Space{Size: st.Blocks * unit, Free: st.Bfree * unit, Avail: st.Bavail * unit, Files: st.Files, FilesFree: st.Ffree}, nil
}
