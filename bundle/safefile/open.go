package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrIrregular says that something is a link, pipe, device or folder where a
// plain file must be.
var ErrIrregular = errors.New("not a plain file")

// OpenRegular opens a plain file of root for reading and nothing else: not a
// link, not a pipe that would block, not a device, also when it is exchanged
// between looking and opening. The error is [ErrIrregular] for those.
func OpenRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is a %s: %w", name, Kind(before.Mode()), ErrIrregular)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && (!info.Mode().IsRegular() || !os.SameFile(before, info)) {
		err = fmt.Errorf("%s was exchanged while it was opened: %w", name, ErrIrregular)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// Kind is the word for what is not a plain file.
func Kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "folder"
	case m&fs.ModeSymlink != 0:
		return "link"
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}
