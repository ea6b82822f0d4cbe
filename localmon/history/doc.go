// Package history keeps every sample the monitor ever took, in one bbolt file
// that survives a power cut, and answers charts from it.
//
// Start with [Open] and hand each batch to [DB.Append]: it returns after the
// batch is on disk. Call [DB.Maintain] between scrapes; each call does one small
// step of the work that turns the log of scrapes into compressed days and
// coarser tiers and keeps the file within its budget. [DB] is a
// localmon.Reader; [DB.Last] gives the newest value of each series, and
// [DB.Across] makes one series of many. [OpenReadOnly] serves a second process,
// or a copy of the file, while no monitor holds it; [DB.Snapshot] makes such a
// copy of a live file. [DB.AppendAll] brings in the past, some dozens of batches
// with one fsync.
//
// Promises:
//   - A batch is one transaction and one fsync. What Append returned for is
//     there after kill -9 and power loss, bit for bit, NaN and -0 included.
//   - Nothing is rejected for its time. Order is the order of acknowledgement;
//     wall time is data. After a jump of the clock, or with batches from the
//     past, points come in the order in which they were acknowledged.
//   - A missing sample is a gap, never a value.
//   - A series has the unit that its target told last (localmon.Batch.Units), else
//     the one that its name says.
//   - Every value in the file has a CRC32C. [DB.Check] names what is damaged;
//     the rest stays readable.
//   - Ids of series are never given twice; series of which nothing is left
//     disappear from the table.
//
// When the disk fails, Append and Maintain return an error that says what was
// attempted, reading goes on, and the next call begins with what is stored. An
// error that wraps [ErrUnsure] means that the disk did not confirm a batch: it
// may or may not be stored. Nothing is built on it until the disk has confirmed
// which, so one failed fsync never becomes a wrong value. A disk that has failed
// once is a reason to run [DB.Check]: it reads what the kernel holds, so it says
// most after a restart of the machine.
//
// Where the structure of the file is damaged, Open refuses it; it is never
// written to. [OpenReadOnly] reads what is left, keeps away from a target whose
// keys could mislead, and [DB.Damaged] says so. [RollBack] goes back by one
// commit and [SetAside] makes room for a new history; both keep the old file.
//
// Limits: one process writes. A damaged page of the bbolt tree itself can hide
// more than one value. Keys have no checksum: a flipped bit in one is found by
// Check when it shows in what hangs on the key, which the name of a target does
// not. FORMAT.md describes the file to the byte.
package history
