//go:build !linux

package confine

// Process does nothing here: the system has no way this package knows.
func Process(Paths) (Level, error) { return None, nil }

// NoTCP does nothing here.
func NoTCP() error { return nil }

// Available says that nothing can be taken away here.
func Available() Level { return None }

// Set does nothing here.
func (Limits) Set() error { return nil }
