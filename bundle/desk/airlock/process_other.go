//go:build !linux

package airlock

import (
	"os"
	"syscall"
)

type procAttr = *syscall.SysProcAttr

func ownPath() (string, error) { return os.Executable() }

func together() procAttr { return nil }

func apart() procAttr { return nil }

func keepToOurselves() {}

func isBroken(error) bool { return false }
