// Package intake takes carried media in: from a folder somebody plugged in to a
// case at the desk, or to a refusal that names what is wrong.
//
// The way is one line and no step can be left out: label and its signature,
// volumes and repair, digest of the sealed file, age, zstd, archive, manifest,
// signatures, approvals, files into quarantine, canonical rebuild, all once more
// from what lies there, order of the site's bundles, then one rename and one
// transaction. Nothing is believed before the end. A bundle in clear is taken where
// label, manifest, approvals and the roster of the site agree that it may be. Until
// then every byte lies in the quarantine folder, which belongs to this package
// alone: [New] empties it.
//
// The medium is read by a [Reader], in the product a process of its own that has
// neither network nor keys (package airlock). This package decides on the label
// before anything else is read, and believes nothing of what the reader leaves: when
// the reader is gone, the manifest is held against the digest the officer signed on
// the label, signatures and approvals against the roster, every file against the
// manifest, and the sealed file against the label. So a reader that was taken over
// by what it read can hinder an import and cannot forge one.
//
// [Find] groups the volumes found on several media by bundle, and
// [Intake.Import] takes one bundle in. Importing a bundle twice is no error: the
// second time is reported as a duplicate, also when it was sealed anew. Two
// bundles of one sequence number and different content are a fork of the site's
// chain and are refused; a gap is a warning.
//
// A refusal leaves nothing anywhere. A crash, or a disk or store that fails at
// the very end, leaves either nothing or a whole import: before anything is put
// outside the quarantine its digest is noted in there, and what was put and has no
// record is taken back, at once or by the next [New].
//
// Limits: memory does not grow with a bundle but with its manifest; a bundle may
// have at most Options.MaxBytes of plaintext. The quarantine has one owner: the
// caller holds the desk's store, which one process can, before it calls New, and
// one Intake imports one bundle at a time.
package intake
