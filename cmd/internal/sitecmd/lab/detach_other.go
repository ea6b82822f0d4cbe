//go:build !unix

package lab

import "os/exec"

// detach does nothing where a process has no terminal to lose.
func detach(*exec.Cmd) {}
