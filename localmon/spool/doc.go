// Package spool keeps lines of text on disk as they came in, one channel beside
// the other, and never more of them than it was given room for.
//
//	s, err := spool.Open(filepath.Join(dir, "spool"), spool.Options{})
//	defer s.Close()
//	err = s.Append("syslog", spool.Line{At: now, From: "10.1.0.10:514", Severity: "critical", Raw: text})
//
//	for line, err := range spool.Read(ctx, filepath.Join(dir, "spool"), "syslog", from, to) { ... }
//
// # On disk
//
// A channel is a folder of files such as 000000000007.log; the highest number
// is written to. A line is
//
//	2026-03-02T06:00:00.000Z 10.1.0.10:514 critical <the text>
//
// the kit's time of arrival, who sent it, its severity and the rest of the line;
// "-" where there is none. What is not printable in a text is written \xHH. A
// backslash is left as it is: who needs the bytes back escapes them before.
//
// A file is left for the next at 8 MiB; where a channel would take more than
// its 256 MiB its oldest file goes. Order is that of the numbers and within a
// file of the lines, whatever the clock said meanwhile.
//
// # Promises
//
//   - What Append has returned nil for survives the end of the process, kill -9
//     included. It is not synced line by line, so that a flood does not wear the
//     disk: a loss of power may cost the last seconds. Files are synced when
//     they are left, by Sync and by Close.
//   - A line that was cut short by a crash or a full disk is taken off again
//     before the next is written, and is never read.
//   - A full disk is an error of that one Append. The next is tried again.
//   - Files have mode 0600 and folders 0700. Nothing outside the folder is
//     touched: a link that leads out of it is refused.
//   - Reading holds one line in memory, and goes on while files are written and
//     removed. A damaged line is handed on as text, with the time of the line
//     before it.
//
// # Limits
//
// One process writes. A line holds 64 KiB; a longer one ends with "…".
package spool
