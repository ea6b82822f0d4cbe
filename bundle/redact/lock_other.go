//go:build !unix

package redact

import "os"

// lockFolder cannot tell here whether a run is gone; what it left stays hidden
// beside the output and never looks finished.
func lockFolder(*os.File) (free bool, err error) { return false, nil }
