// Package filedrop reads what a person, or a gate that lets data through one way
// only, carries in as files: for targets to which no network access is allowed.
//
// # How to start
//
//	src, err := filedrop.New(filedrop.Options{Target: "fa-prod-1", Dir: "spool/drop/fa-prod-1", MaxAge: 26 * time.Hour})
//	for past, err := range src.Past(ctx, now) { // before each look
//		...                                     // append past to the history
//	}
//	batch, err := src.Collect(ctx, now)
//
// or, where something else does the looking, [Keeping](src, keep), whose Collect
// does both. One [Source] serves one folder. Past and Collect belong to one
// goroutine.
//
// # Which files are taken, and when
//
// FORMAT.md describes the three formats; the end of a file's name tells which
// it has: .json, .csv, and .prom, .om or .txt for OpenMetrics text with times.
// A file is taken when it is complete:
//
//   - It has a sidecar, the same name with .sha256 at its end, whose first word is
//     the SHA-256 of the file, as sha256sum prints it. This is the sure way.
//   - Or it has none, and its size and time of change were the same at two looks
//     at least Options.Settle apart. A copy that pauses for longer looks complete;
//     then most formats tell that they are not, and the file is refused. A CSV
//     that was cut between two lines cannot be told. Options.Sums asks for
//     sidecars always.
//
// Names that begin with a dot or end in ~, .part, .partial, .filepart, .tmp,
// .crdownload or .swp are left alone, and so are folders. What is no regular file,
// has another ending, is larger than 64 MiB or cannot be read goes to refused/,
// with the reason beside it in a file that ends in .why.txt. What was read goes
// to done/. Both keep the newest 200 files, done/ at most 1 GiB of them.
//
// # What comes back
//
// A batch has one time for all its samples, the time of the look; the samples of
// a file are older. So they come by two ways:
//
//   - [Source.Past] gives everything a file holds, as batches with the times of the
//     data, each file in order of time. It is what a history is to keep.
//   - [Source.Collect] gives, with the time of the look, the newest value of each
//     series, the newest states of each type and the newest alerts, as far as they
//     are at most Options.MaxAge old; Batch.TargetAt is the time of the newest of
//     them. Rules and status read this. What is older is left out, and so reads as
//     unknown and never as OK. When nothing is young enough the look is a failed
//     one, and its error says how old the newest data is: that is loss of sight
//     like any other.
//
// Data dated further in the future than MaxAge is not believed to be new either.
// After a restart the newest files of done/ are read again, so that a target whose
// data comes once a day is not out of sight until the next.
//
// # Promises
//
//   - A file moves to done/ only after the loop over Past has come back for what
//     follows its last batch. When the loop ends early, or the program dies, the
//     file stays: within one run Past goes on with the batch that was not kept,
//     after a restart it begins the file anew. So a batch may come twice after a
//     crash, never not at all; what keeps it compares series and time, as package
//     backfill does.
//   - The same content is taken once, whatever its name: the digests of the newest
//     4,096 files are kept in the file .taken.
//   - Nothing outside of the folder is read or written, no link is followed, and
//     nothing waits on a pipe.
//   - Memory is bounded: one file at a time, 64 MiB of it, two million samples of
//     20,000 series.
//   - A status word is judged by Options.Judge, never by the file.
//
// # Limits
//
// Who may write to the folder may say anything of the target: the rights of the
// folder are the gate. Without a loop over Past the files are read for the look
// and stay where they are.
package filedrop
