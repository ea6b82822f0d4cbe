package confine

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Set puts the limits in force. No process leaves a core behind in any case: it
// would have everything in it that the process has read.
func (l Limits) Set() error {
	for _, one := range []struct {
		what  string
		kind  int
		value int64
		on    bool
	}{
		{"the core file", unix.RLIMIT_CORE, 0, true},
		{"memory", unix.RLIMIT_DATA, l.Data, l.Data > 0},
		{"files", unix.RLIMIT_FSIZE, l.File, l.File > 0},
		{"processor time", unix.RLIMIT_CPU, l.Seconds, l.Seconds > 0},
	} {
		if !one.on {
			continue
		}
		var now unix.Rlimit
		if err := unix.Getrlimit(one.kind, &now); err != nil {
			return fmt.Errorf("limit %s: %w", one.what, err)
		}
		value := min(uint64(one.value), now.Max) //nolint:gosec // not negative
		if err := unix.Setrlimit(one.kind, &unix.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("limit %s: %w", one.what, err)
		}
	}
	return nil
}
