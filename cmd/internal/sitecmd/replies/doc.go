// Package replies is darksite reply: what the vendor sealed is opened, weighed and taken.
//
// # Start
//
// [Command] is the whole command. A reply is read from its file or from a scanned code,
// and its parts are weighed before any of them is taken:
//
//	reply.go          the chain of replies, what each item does to a case, what is printed
//	brought.go        rules and packs of runbooks that a reply brings, line by line
//	card.go           a new card of the vendor, and what of it tells more or less
//	certificates.go   certificates issued, and those withdrawn
//
// # Promises
//
// A reply counts when two of the vendor signed it, it is for this site, and it follows
// the last one. What would loosen the site's own rules, or let others read its bundles,
// wants two officers.
//
// # Limits
//
// How a reply is sealed and what it may hold is bundle/reply.
package replies
