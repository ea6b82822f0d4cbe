// Package pseudonym turns the identities of a site into stand-ins that mean
// nothing outside the site and stay the same in every file of every bundle.
//
// A [Minter] derives each stand-in from HMAC-SHA-256 under the site's 32-byte
// key over the kind and the canonical form of the value, so that the same value
// gets the same stand-in on any machine, in any order of work, even when the
// map of an earlier bundle is lost. Two values never share one: every stand-in
// is checked against those already given, and the next candidate of the same
// value is taken where a place is occupied. Callers that want the same choice
// at such a place whatever the order of work ask in sorted order first.
//
// The grammar of a value survives, its meaning does not:
//
//	IPv4    240.0.0.0/4, equal prefixes of 16 to 31 bits stay equal, .0 and .255 stay
//	IPv6    2001:db8::/32, equal /48 and /64 stay equal; an interface part made from
//	        a MAC is made from the stand-in of that MAC
//	MAC     locally administered, equal makers stay equal
//	WWN     same NAA digit and length, ports of one node stay neighbours
//	NAA     32 digits; the array family's 624a9370 stays and the rest agrees with the
//	        stand-in of the volume's serial
//	names   host-k7f3q2ab, user-…, vol-…; an FQDN is the host's stand-in below that of
//	        its domain, ending in .invalid
//
// Stand-ins authenticate themselves (a few bits are a check under the site key),
// so [Minter.Owns] tells one of ours from a look-alike in the input without a
// map; IPv4 has no room for that, there the whole range counts as ours and
// [Minter.Reserve] keeps ours away from what the input already holds.
//
// A [Map] leads back from stand-in to value. It leaves memory only sealed
// ([Map.Seal]) with age. Masked secrets are never part of it.
//
// Limits: 240.0.0.0/4 is smaller than the space it stands for. Up to some 2,800
// networks of 16 bits keep all their relations, the next 122,880 networks of 24
// bits keep theirs, and some 16 million single addresses find room after that;
// then minting fails rather than let two values meet.
package pseudonym
