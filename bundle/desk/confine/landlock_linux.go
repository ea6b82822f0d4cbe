package confine

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	readFile   = unix.LANDLOCK_ACCESS_FS_READ_FILE
	readFolder = readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
	write      = readFolder | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG
	first = write | unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
)

// handled is what a version of Landlock can take away, and what of it writing
// below a folder needs.
func handled(version uintptr) (files, network, writing uint64) {
	files, writing = first, write
	if version >= 2 {
		files |= unix.LANDLOCK_ACCESS_FS_REFER
		writing |= unix.LANDLOCK_ACCESS_FS_REFER // a rename from the quarantine
	}
	if version >= 3 {
		files |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
		writing |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= 5 {
		files |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if version >= 4 {
		network = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	return files, network, writing
}

// abi is the version of Landlock, zero where it is not in the kernel or not
// switched on, and in a build with cgo, which cannot reach all its threads.
func abi() uintptr {
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_GETPPID, 0, 0, 0); errno == syscall.ENOTSUP {
		return 0
	}
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return version
}

// Available is how far Process could confine a process here. It changes nothing.
func Available() Level {
	switch version := abi(); {
	case version == 0:
		return None
	case version < 4:
		return Files
	}
	return FilesAndTCP
}

// Process confines this process, with all its threads, for good.
func Process(p Paths) (Level, error) {
	level, err := process(p)
	if err != nil {
		return None, fmt.Errorf("confine this process: %w", err)
	}
	return level, nil
}

func process(p Paths) (Level, error) {
	version := abi()
	if version == 0 {
		return None, nil
	}
	files, network, writing := handled(version)
	attr := unix.LandlockRulesetAttr{Handled_access_fs: files, Handled_access_net: network}
	if version >= 6 { // no signal and no abstract socket beyond this process
		attr.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	fd, err := ruleset(version, attr)
	if err != nil {
		return None, err
	}
	defer unix.Close(fd)
	for _, list := range []struct {
		paths  []string
		access uint64
	}{{p.Write, writing}, {p.Read, readFolder}} {
		for _, path := range list.paths {
			if err := allow(fd, path, list.access); err != nil {
				return None, err
			}
		}
	}
	if err := inForce(fd); err != nil {
		return None, err
	}
	return Available(), nil
}

// NoTCP takes TCP away from this process and from those it starts, for good, where
// the kernel can; files stay as they are.
func NoTCP() error {
	version := abi()
	if version < 4 {
		return nil
	}
	fd, err := ruleset(version, unix.LandlockRulesetAttr{Handled_access_net: unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP})
	if err == nil {
		err = errors.Join(inForce(fd), unix.Close(fd))
	}
	if err != nil {
		return fmt.Errorf("give up the network: %w", err)
	}
	return nil
}

// ruleset makes a ruleset of what the version knows of the attributes.
func ruleset(version uintptr, attr unix.LandlockRulesetAttr) (int, error) {
	size := unsafe.Sizeof(attr.Handled_access_fs)
	if version >= 4 {
		size += unsafe.Sizeof(attr.Handled_access_net)
	}
	if version >= 6 {
		size += unsafe.Sizeof(attr.Scoped)
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0) //nolint:gosec // what the call takes
	if errno != 0 {
		return -1, fmt.Errorf("make a ruleset: %w", errno)
	}
	return int(fd), nil //nolint:gosec // a descriptor
}

// allow keeps a path reachable.
func allow(ruleset int, path string, access uint64) error {
	f, err := os.OpenFile(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.IsDir() {
		access &= readFile | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(f.Fd())}                                                               //nolint:gosec // a descriptor
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0) //nolint:gosec // what the call takes
	if errno != 0 {
		return fmt.Errorf("keep %s reachable: %w", path, errno)
	}
	return nil
}

// inForce puts the rules in force on every thread.
func inForce(fd int) error {
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("give up new privileges: %w", errno)
	}
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(fd), 0, 0); errno != 0 {
		return fmt.Errorf("put the rules in force: %w", errno)
	}
	return nil
}
