//go:build unix

package lab

import (
	"os/exec"
	"syscall"
)

// detach lets a process live on when the terminal it was started from is closed.
func detach(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
