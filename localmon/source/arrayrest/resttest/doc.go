// Package resttest holds the tests every source on top of package arrayrest
// must pass, and the array they are run against.
//
// [Array] is a small array over TLS on loopback that speaks either dialect: it
// holds items by path, honours the query parameters the sources use, counts
// what it is asked and misbehaves on demand. A source's own tests fill it with
// what they need. [Run] plays every fault of an interface that the kit has a
// promise about; each is a subtest of its own, so that a report names it.
//
// Nothing here knows how the sources read: a test sees requests, batches and
// errors.
package resttest
