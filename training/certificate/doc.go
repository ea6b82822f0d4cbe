// Package certificate says, in a record one can print as a code and check without a
// network, that a person may look after arrays.
//
// A [Certificate] is a short statement (see bundle/statement) about one holder: who,
// at which site, for which track and products, from when until when, by which bank of
// questions, supervised and issued by which keys. It is signed with an SSH key in the
// namespace certificate@darksite. One issued at the site is provisional; the vendor's
// replaces it once the record of the examination has been carried out and checked.
//
// [Issue] makes one, [Text] is the form that is printed and typed, and [Verify] is the
// one place that says whether it counts, on a day, under the keys and the [Withdrawals]
// that the verifier has. The text form holds the values and the bare signature in
// base45 (RFC 9285), below 525 characters, which is a code of at most 73 modules a side
// at level M. [Signed.Statement] and [Signed.Armored] give the same as the two files that
// stock "ssh-keygen -Y verify" reads. FORMAT.md has both forms byte by byte.
//
// Whoever has a certificate keeps it alive by practice: [Practice] says from the days of
// the labs and drills whether it is current. Lapsed practice is a warning and never
// makes a certificate void.
//
// A site that must act at once signs a [SiteWithdrawal], which takes one certificate out of
// force there and tells the vendor with the next bundle. It only restricts: nothing a site
// signs puts a certificate back, and the vendor does it with another one. [Notice] says
// when the end of a certificate is said again, [Renewable] when the short examination is
// open.
//
// Promises: what [Parse] accepts is written back to the same bytes; a certificate with
// one changed byte, of an issuer that is not trusted, withdrawn, ended or not begun
// never verifies, and the [Verdict] names the reason. Time is an argument.
//
// Limits: issuers need plain Ed25519 keys, because only their signatures are short
// enough. A verifier knows of withdrawals only what was carried to it: the verdict
// states the number and the age of its list. The package is pure.
package certificate
