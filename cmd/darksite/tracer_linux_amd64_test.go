package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// fault is what happens to a process at its n-th change of the disk, counted
// from 1; no change is the 0th.
type fault struct {
	at int
	// errno 0 means kill -9: a write is cut in half and then nothing is done any
	// more, any other call is not done. Else every call from this one on that needs
	// room on the disk fails with it.
	errno syscall.Errno
}

// trace runs a command under ptrace and lets a fault happen to it. The product
// has no switch for that, and needs none: what counts is what the kernel is
// asked to do below the folder. It returns how many changes it was asked for.
func trace(c *exec.Cmd, folder string, f fault) (changes int, err error) {
	runtime.LockOSThread() // ptrace belongs to a thread
	defer runtime.UnlockOSThread()
	c.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		return 0, err
	}
	t := &tracer{pid: c.Process.Pid, folder: folder, fault: f, inside: map[int]bool{}, answer: map[int]bool{}}
	err = t.run()
	_ = c.Wait() // reaped already: this only ends the copying of its output
	return t.changes, err
}

type tracer struct {
	pid     int
	folder  string
	fault   fault
	changes int
	inside  map[int]bool // threads that are in a system call
	answer  map[int]bool // of them, those whose call was replaced by an error
	dying   bool
}

var errKilled = errors.New("killed by the test")

func (t *tracer) run() error {
	var status unix.WaitStatus
	if _, err := unix.Wait4(t.pid, &status, unix.WALL, nil); err != nil {
		return fmt.Errorf("wait for the first stop: %w", err)
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(t.pid, options); err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	if err := unix.PtraceSyscall(t.pid, 0); err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	for {
		tid, err := unix.Wait4(-t.pid, &status, unix.WALL, nil) // its process group, so that no other test loses a child
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait: %w", err)
		}
		switch {
		case tid == t.pid && status.Exited() && status.ExitStatus() != 0:
			return fmt.Errorf("exit status %d", status.ExitStatus())
		case tid == t.pid && status.Exited():
			return nil
		case tid == t.pid && status.Signaled():
			return errKilled
		case !status.Stopped():
			continue
		}
		deliver := 0
		switch sig := status.StopSignal(); {
		case sig == unix.SIGTRAP|0x80:
			if err := t.call(tid); err != nil {
				return err
			}
		case sig == unix.SIGTRAP || sig == unix.SIGSTOP: // a new thread
		default:
			deliver = int(sig)
		}
		if err := unix.PtraceSyscall(tid, deliver); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("trace: %w", err)
		}
	}
}

// call is a thread at the beginning or at the end of a system call.
func (t *tracer) call(tid int) error {
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &r); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return nil // killed meanwhile
		}
		return fmt.Errorf("trace: %w", err)
	}
	t.inside[tid] = !t.inside[tid]
	if !t.inside[tid] {
		return t.leave(tid, &r)
	}
	changes, needsRoom := t.kind(&r)
	if !changes || t.dying {
		return nil
	}
	t.changes++
	switch {
	case t.fault.at == 0 || t.changes < t.fault.at:
		return nil
	case t.fault.errno != 0 && !needsRoom:
		return nil
	case t.fault.errno != 0:
		t.answer[tid] = true
		r.Orig_rax = ^uint64(0)
	case isWrite(r.Orig_rax) && r.Rdx > 1:
		t.dying = true
		r.Rdx /= 2 // killed once this half is written
	default:
		r.Orig_rax = ^uint64(0)
		t.dying = true
		defer t.kill()
	}
	return unix.PtraceSetRegs(tid, &r)
}

func (t *tracer) leave(tid int, r *unix.PtraceRegs) error {
	if t.answer[tid] {
		delete(t.answer, tid)
		r.Rax = -uint64(t.fault.errno)
		return unix.PtraceSetRegs(tid, r)
	}
	if t.dying && isWrite(r.Orig_rax) {
		t.kill()
	}
	return nil
}

func (t *tracer) kill() { _ = unix.Kill(t.pid, unix.SIGKILL) }

func isWrite(call uint64) bool { return call == unix.SYS_WRITE || call == unix.SYS_PWRITE64 }

// kind says whether a call changes the disk below the folder, and whether that
// can fail for want of room.
func (t *tracer) kind(r *unix.PtraceRegs) (changes, needsRoom bool) {
	switch r.Orig_rax {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE:
		path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.pid, r.Rdi))
		under := err == nil && strings.HasPrefix(path, t.folder+string(filepath.Separator))
		return under, under
	case unix.SYS_OPENAT:
		creates := r.Rdx&unix.O_CREAT != 0
		return creates, creates
	case unix.SYS_MKDIRAT, unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2:
		return true, true
	case unix.SYS_UNLINKAT, unix.SYS_FCHMODAT, unix.SYS_FCHMOD:
		return true, false
	}
	return false, false
}
