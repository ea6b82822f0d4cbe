// Package brief is what leaves a site where no medium may: the essentials of a
// bundle that officers have approved, on one printed page.
//
// # The journey
//
// [Compose] takes case, versions, alerts and the curves around the fault out of
// the frozen files of a bundle: redacted and approved bytes, nothing else. An
// officer or releaser signs the text, [Seal] compresses both and encrypts them to
// one intake key of the vendor, and [Frames] cuts the result into at most four
// texts for QR codes. At the desk [Join] puts scanned frames together, in any
// order, and [Open] gives the text and its signature, which the caller holds to
// the roster of the site.
//
// # Sizes
//
// A hybrid header for one recipient takes 1,627 of the 1,659 bytes that age adds,
// which is why a brief has one recipient: with the three of a bundle the header
// alone would fill the page. Up to three frames of 1,480 bytes carry the sealed
// text and one more their parity, so that any one code may be torn, stained or
// unread. A frame is base32, upper case, and so makes a code of alphanumeric mode:
// 2,400 characters are version 34 at error correction M, 153 modules, which at 82
// mm is half a millimetre a module. MaxSealed less what age adds leaves 2,781
// bytes of compressed text, some 7 KB before.
//
//	DSB1/<id>/<n>/<of>/<bytes>/<crc32>/<base32>
//
// id is the beginning of the SHA-256 of the sealed text; frames of another brief
// are told apart by it. The last frame is the parity: the exclusive or of the
// others, padded with zeros.
//
// # The telephone card
//
// [Card] is what is read out when not even a page may leave: numbered lines, each
// with a check word by which both ends hear a mistake at once.
//
// # Limits
//
// The approvals themselves do not travel: they are two statements of 1.5 KB that
// do not compress. The desk believes the signature under the brief, as it
// believes the signature under a label, and holds both to the bundle if it comes
// later. The package is pure but for the randomness that age draws.
package brief
