// Package airlock reads a foreign medium in a process of its own, so that whatever
// a medium does to the programs that repair, decrypt, decompress and unpack it is
// done to a process that can reach nothing and is about to end.
//
//	var r airlock.Process = airlock.Own() // this program, started again with [Word]
//	reading, err := r.Read(ctx, airlock.Job{Folders: folders, Work: quarantine, Identities: ids, Believe: believe})
//
// The program's main hands over before anything else:
//
//	if len(os.Args) == 2 && os.Args[1] == airlock.Word {
//		err := airlock.Serve(os.Stdin, os.Stdout)
//	}
//
// One process reads one bundle. It has two pipes and nothing else: no other open
// file, no environment, no argument that tells anything. On Linux it may write
// below Job.Work and read Job.Folders and that is all (Landlock), it has no network
// and sees no other process (namespaces of its own, where the account may make
// them), its memory, files and processor time are limited, and it dies with the
// desk. It says how far it is confined before it reads anything, and one that is
// less so than this system can ([confine.Available]) is not gone on with.
//
// The keys of the desk stay outside. The process sends the recipient stanzas of the
// one file it reads and gets back that file's key, so keys on a token work too,
// and there is no way to ask twice. A label is decided upon outside as well: the
// process sends its text, and what Job.Believe says ends it or lets it go on.
//
// What comes out is the sealed file and the unpacked tree in Job.Work, and a few
// numbers. All of it is a claim: the caller checks both against what the officers
// signed (package intake does), as if whoever made the medium had written the
// program. Every message is bounded and strictly decoded, its text is disarmed, and
// a process that says too much, too little, nothing for a time, or something out
// of turn is killed. The process is gone when Read returns.
//
// [Here] does the same reading over the same messages without a process, for tests.
//
// Limits: what was read and checked is looked at by the desk itself, for triage and
// the case; that is text which the site's people have signed.
package airlock
