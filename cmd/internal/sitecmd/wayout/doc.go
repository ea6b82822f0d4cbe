// Package wayout is the way of data out of a site: collected, redacted, reviewed,
// approved by two, sealed, written to a medium. It is darksite bundle, collect-host,
// redact and reveal.
//
// # Start
//
//	err := wayout.OnBundle(s, func(j *wayout.Journey) error { ... })   // the pipeline, with all it holds
//
// A file is a step of the journey, or what several share:
//
//	journey.go                                the pipeline as this site makes it: trust, gate, what is known by name
//	collect.go, evidence.go, view.go          what would be taken, why and how much; for a case, for a run
//	host.go, kit.go, resume.go                another host's files, what the kit says of itself, going on after a cut
//	redact.go, redact_beside.go, reveal.go    the gate alone for any folder; from a pseudonym to its value
//	review.go, review_session.go, review_do.go, amend.go   what an officer reads, hides and removes
//	decide.go                                 what is signed, and who signs it
//	bundle.go, medium.go, brief.go            list, seal, release, write and read back, a page where no medium leaves
//
// # Promises
//
// An error ends the journey and leaves nothing that could be carried out; there is no
// flag to go on anyway.
//
// # Limits
//
// The order of the steps, and what makes an approval void, is bundle/pipeline. What comes
// back is package replies.
package wayout
