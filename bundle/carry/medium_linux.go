package carry

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// space is what a file system says of itself.
type space struct {
	free    int64 // bytes this user may still write
	maxFile int64 // longest file, where it is known to be limited
}

const maxFATFile = 1<<32 - 1

// spaceOf asks the file system dir lies on.
func spaceOf(dir string) (space, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return space{}, fmt.Errorf("free space of %s: %w", dir, err)
	}
	s := space{free: int64(st.Bavail) * st.Bsize}
	if st.Type == unix.MSDOS_SUPER_MAGIC {
		s.maxFile = maxFATFile
	}
	return s, nil
}

// sector is the alignment O_DIRECT wants from every disk in use.
const sector = 4096

// alignedBlock returns a buffer of one block, aligned for O_DIRECT, and what
// gives it back.
func alignedBlock() ([]byte, func(), error) {
	buf, err := unix.Mmap(-1, 0, BlockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, fmt.Errorf("get a buffer: %w", err)
	}
	return buf, func() { _ = unix.Munmap(buf) }, nil // failing to unmap costs 1 MiB, nothing else
}

// bypassCache makes reads of f come from the medium. Where the file system
// refuses O_DIRECT, some only when read, the cached pages are dropped instead.
func bypassCache(f *os.File) (Bypass, error) {
	buf, free, err := alignedBlock()
	if err != nil {
		return Cached, err
	}
	defer free()
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return Cached, fmt.Errorf("ask how %s is open: %w", f.Name(), err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFL, flags|unix.O_DIRECT); err == nil {
		if _, err := unix.Pread(int(f.Fd()), buf[:sector], 0); err == nil {
			return Direct, nil
		}
		if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFL, flags); err != nil {
			return Cached, fmt.Errorf("read %s by the cache again: %w", f.Name(), err)
		}
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return Cached, nil
	}
	return Dropped, nil
}

// readDirect reads up to want bytes at off with whole sectors into buf, which
// alignedBlock gave. It returns less than want only at the end or on an error.
func readDirect(f *os.File, buf []byte, want int, off int64) (int, error) {
	whole := min((want+sector-1)/sector*sector, len(buf))
	for {
		n, err := unix.Pread(int(f.Fd()), buf[:whole], off)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return min(max(n, 0), want), err
	}
}
