// Package carry puts a sealed bundle onto a medium that a person carries, and
// takes it off again, repairing what the road has damaged.
//
// On the medium a bundle is one folder named by its id: the sealed file as one
// file or cut into plain byte ranges, parity volumes, a list with the SHA-256
// of every block, a signed label, SHA256SUMS, a README.TXT with the stock
// commands and a cover sheet. FORMAT.md fixes every byte. "cat" and "sha256sum"
// restore and check an undamaged bundle without this software.
//
// The way out:
//
//	set, err := carry.Prepare(ctx, sealedFile, label, carry.Layout{})   // volumes, blocks, parity: completes the label
//	sig, err := officer.Sign(sign.Label, set.LabelText)                 // or stock ssh-keygen over that text
//	w, err := carry.Write(ctx, medium, sealedFile, set, [][]byte{sig}, carry.Options{Now: now})
//	rb, err := carry.ReadBack(ctx, medium, set.Label.BID, carry.ReadOptions{})
//
// The way in:
//
//	report, err := carry.Inspect(ctx, carry.ReadOptions{}, folder1, folder2)
//	person, err := carry.VerifyLabel(report.LabelText, report.Signatures, roster)
//	report, err := carry.Reassemble(ctx, dst, carry.ReadOptions{}, folder1, folder2)
//
// Promises. Write works in a folder named <BID>.partial, syncs every file and
// folder and renames last, so that a crash leaves nothing that looks whole; it
// says that space is short before it begins; it never overwrites; and it writes
// only blocks whose digests the signed label fixes. ReadBack reads past the
// page cache where the system can and says whether it could. Whatever was
// repaired is believed only when the SHA-256 of the whole sealed file is the
// one on the label.
//
// A medium is hostile input: links, pipes and devices are refused, every size
// is bounded by the label before it is used, and memory does not grow with the
// bundle but for 32 bytes per MiB for the digests of the blocks.
//
// Limits: the package checks that a label is well formed and that the medium
// agrees with it. Who signed is checked by [VerifyLabel], which the caller must
// call before believing anything. A label damaged on every medium cannot be
// rebuilt; a missing or damaged block list costs the power to repair only where
// its lines are gone. Reading past the page cache and the free-space check need
// Linux; elsewhere ReadBack reports [Cached].
package carry

import (
	"errors"

	"darksite/bundle/safefile"
)

// Errors a caller decides on.
var (
	// ErrExists says that the medium already has this bundle, whole or half.
	ErrExists = errors.New("already on the medium")
	// ErrNoSpace says that the medium is too small or too full.
	ErrNoSpace = errors.New("not enough space on the medium")
	// ErrIncomplete says that a folder is what an interrupted write left.
	ErrIncomplete = errors.New("writing this folder was never finished")
	// ErrLabel says that the label is missing, malformed or not believed.
	ErrLabel = errors.New("label cannot be believed")
	// ErrClear says that a bundle is in clear and the roster lets none leave so.
	ErrClear = errors.New("not encrypted, which the roster does not allow")
	// ErrMixed says that volumes of two bundles lie together.
	ErrMixed = errors.New("volumes of different bundles are mixed")
	// ErrIrregular says that something is a link, pipe, device or folder where
	// a plain file must be.
	ErrIrregular = safefile.ErrIrregular
	// ErrDigest says that the bytes are not those the label fixes.
	ErrDigest = errors.New("digest differs from the label")
	// ErrBeyondRepair is wrapped by [BeyondRepairError].
	ErrBeyondRepair = errors.New("damaged beyond repair")
	// ErrDamaged says that a freshly written medium did not read back whole.
	ErrDamaged = errors.New("medium did not read back whole")
)
