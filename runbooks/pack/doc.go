// Package pack carries runbooks to a site that already has some: new ones, newer
// versions, and the word that one must not be begun any more.
//
// A pack is one tar file. Its first member, PACK.txt, says what the pack is and
// names every other file by its digest; people sign PACK.txt, each in a member of
// its own, PACK.txt.KEY.sig. The rest are books/ID/FILE, as in the embedded folder.
// Stock tar, sha256sum and ssh-keygen read and check it.
//
// [Write] makes a pack, [Read] takes one apart within fixed bounds: what reads has
// one spelling, and holds nothing PACK.txt does not name. Whether enough of the
// right people have signed is for the caller, with [Opened.Text] and [Opened.Sigs].
// [Overlay] lays packs over a library: a book is added, replaced by a higher
// version only, or withdrawn; the result passes lint as a whole, or nothing is
// changed. A withdrawn book can still be read, and runs that follow it can be
// ended.
//
// The package knows no keys and no places, and reads no clock.
package pack
