// Package faultdisk is a failing disk for tests: it makes chosen writes and
// fsyncs of this very process fail, short or whole, and tells what a power cut
// would leave.
//
// [Start] puts the process under a seccomp filter that hands every pwrite,
// fsync, fdatasync and ftruncate to a judge before the kernel does it. No code
// under test takes part, which matters for bbolt: it wants a real file. The
// filter cannot be taken off again, so a test starts itself anew as a child
// and calls Start there. [Disk.Judge] begins a run.
//
// The disk is modelled as Linux treats one. A write is in the page cache at
// once and on the disk after the next fsync that is said to succeed. After one
// that is said to fail, the writes before it are forgotten: they stay visible
// and never reach the disk, unless [Fault.Lost] makes them disappear at once, as
// memory pressure would. [Disk.Image] is the file as a power cut leaves it now.
//
// No sync reaches the real disk, so runs are quick. Limits: Linux on amd64 and
// arm64, a kernel that lets a process listen to its own filter (5.7 and later;
// some containers forbid it), and the four calls named: a file written by
// another one is durable at once, as are folders.
package faultdisk
