// Package exam asks, marks and records examinations without a network.
//
// A [Bank] holds the [Item]s of all objectives, in English and French. [Load] reads it
// and refuses it whole when [Lint] finds anything: a language that lacks, a key that is
// not one, an answer without its reason, a reference that leads nowhere, options that
// give themselves away by their length, an objective with fewer than three times the
// items that a form draws.
//
// [Draw] makes a [Form] from a [Blueprint] and a seed: which items, in which order, with
// their options in which order. The seed is recorded, so a form can be made again years
// later from the same bank; chance is a hash and nothing that a compiler may change. At
// most three in ten items of a form were in the candidate's form before.
//
// [Mark] judges answers: an item is right or wrong, there is nothing between. [Result]
// says who passed: three quarters of the items, three fifths in each domain, every item
// that is about safety, and every lab at seven tenths without a fatal act. [Next] says
// when someone may try again.
//
// [Renewal] is the short form for somebody whose certificate ends soon: half the items,
// those about safety never left out, and one lab. Nothing else about it is easier.
//
// A [Record] is what happened: who sat, who watched, the seed, each answer, pause and lab
// with its time, in one chain of hashes, signed by both. [Record.Replay] makes form and
// result again from the record and the bank, so that the vendor believes the answers and
// not a score. It holds key IDs and no names, and of an answer read from a screen only a
// digest, so that nothing in it looks like a name or an address of a site. It names the
// candidate's record before by its [Digest], so that none can be left out or sat twice,
// and the certificate that it renews, where it is of the short form.
//
// A [Sitting] is an examination under way, one event after the other; [Question.Typed]
// takes an answer as a person types it.
//
// [ToGIFT] and [FromGIFT] exchange items with teaching systems, one language at a time.
// [Merge] joins two languages again, and [Encode] writes items as a file of a bank.
//
// Limits: a bank that lies in a program must be taken as known to everyone. It is for
// practice and for open-book examinations, which is why the labs weigh half. The package
// is pure.
package exam
