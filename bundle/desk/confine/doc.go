// Package confine takes away from this process what reading a foreign medium does
// not need: the network, and every file but those that are named.
//
//	level, err := confine.Process(confine.Paths{Write: []string{desk}, Read: []string{medium}})
//
// It uses Landlock, so it needs a Linux kernel from 5.13 on and no privilege; TCP
// is taken away from 6.7 on. On another system, or a kernel without it, Process
// changes nothing and says so with [None]: the caller tells its user. What is
// taken away never comes back, so call it in a process that ends with the work,
// after everything was opened that the work needs beside the paths.
//
// Limits: files that are open already stay usable, which is what makes standard
// output work. UDP and sockets in the file system are not covered by Landlock; the
// fresh namespaces package airlock starts its process in cover them. The package
// is no substitute for a station that has no network.
//
// [NoTCP] takes away TCP alone, from a process that goes on with its files and its
// children. [Available] says without changing anything what Process would come to, and
// [Limits] bounds what this process may use; both are of Linux alone as well.
package confine

// Paths are what stays reachable. A path that does not exist is an error.
type Paths struct {
	Write []string // folders: read, write, make and remove below them
	Read  []string // folders and files
}

// Level is how far a process could be confined.
type Level string

// The levels.
const (
	None        Level = "none"              // the system has no way
	Files       Level = "files"             // files only
	FilesAndTCP Level = "files and network" // and no TCP
)

// Limits bound this process for good. A zero field bounds nothing.
type Limits struct {
	Data    int64 // bytes of memory that can be written
	File    int64 // bytes of one file
	Seconds int64 // of the processor
}
