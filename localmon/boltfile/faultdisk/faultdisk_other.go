//go:build !linux || !(amd64 || arm64)

package faultdisk

import "fmt"

// Disk judges the calls about the files below one folder.
type Disk struct{}

// Start says that it cannot.
func Start(string) (*Disk, error) { return nil, fmt.Errorf("start a failing disk: %w", ErrUnsupported) }

// Judge does nothing here.
func (*Disk) Judge(func(Op) Fault) {}

// Calls is zero here.
func (*Disk) Calls() int { return 0 }

// Image has none here.
func (*Disk) Image(string, func(i int) bool) ([]byte, error) { return nil, ErrUnsupported }

// ImageInJudge has none here.
func (*Disk) ImageInJudge(string, func(i int) bool) ([]byte, error) { return nil, ErrUnsupported }
