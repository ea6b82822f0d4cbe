// Package bundle is the vocabulary of the way out: what a diagnostic bundle is,
// and what it has been through before it may leave a site.
//
// A bundle makes one journey: collect -> redact -> freeze -> review -> approve
// -> seal -> write -> carry, and at the other end intake -> case. The stage
// types in this package ([Collected], [Redacted], [Frozen], [Approved],
// [Sealed]) can be had only from the stage before, or from a loader that
// re-reads the record on disk and checks digests and signatures again; so a
// program that skips a stage does not compile.
//
// The [Manifest] names every byte of a bundle. Its SHA-256 is what officers
// sign. The package does no I/O; sub-packages do, and the package pipeline is
// the only one that knows the order.
package bundle
