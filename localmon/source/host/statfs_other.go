//go:build !linux

package host

import "errors"

// statfs is only needed where the kit runs; elsewhere it says so.
func statfs(string) (Space, error) { return Space{}, errors.ErrUnsupported }
