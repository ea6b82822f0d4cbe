package airlock

import (
	"errors"
	"os"
	"strconv"
	"syscall"
)

type procAttr = *syscall.SysProcAttr

// ownPath names this very program, also when its file was replaced meanwhile.
func ownPath() (string, error) { return "/proc/self/exe", nil }

// together is a process that dies with the thread that started it, which in a Go
// program is with the program, and that a key pressed at our terminal does not end
// before we have heard of it.
func together() procAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// apart is together, without a network and where no other process can be seen. Its
// descendants, which it should have none of, die with it. An ordinary account needs
// a user namespace to make the others; root must not have one, or it could not read
// other people's files on a medium any more.
func apart() procAttr {
	a := together()
	a.Cloneflags = syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC
	if os.Geteuid() != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
	}
	return a
}

// keepToOurselves has no file that we were given by who started us go on to a
// process inside. Files we have opened ourselves do not in any case.
func keepToOurselves() {
	open, _ := os.ReadDir("/proc/self/fd") // without it nothing can be done
	for _, e := range open {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

func isBroken(err error) bool { return errors.Is(err, syscall.EPIPE) }
