// Package award checks the papers of an examination and says what certificate follows
// from them. Site and desk use it alike, so that a provisional certificate and the
// vendor's cannot come from different rules.
//
// [Check] takes a record with its signatures, finds both people by their keys, holds the
// supervisor's right to watch against [Standing], and replays the record against the
// bank. What it returns is proven but for what happened at the site: that the labs came
// to what is written down, and that the supervisor really watched. Those two people
// answer for by their signatures.
//
// [Retake] holds an examination against those the candidate closed before, and
// [People.Renewable] one of the short form against the certificate it renews. The site asks
// both before it begins, and the desk asks them again of what it has seen: it need not
// believe that the site kept the times of waiting, or told of every failure.
//
// [Award.Certificate] is the certificate that follows. [Stripped] and [Named] take the
// holder's name out of a provisional certificate and put it back, because a bundle
// carries no names and its signature must still be checked where it arrives.
//
// [People.Withdraws] says who may take a certificate out of force at a site.
//
// The package is pure.
package award
