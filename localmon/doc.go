// Package localmon is the vocabulary of local monitoring: what a site watches,
// what one look at it brings back, and what may be concluded from it.
//
// Data flows one way. A [Source] looks at one target and returns a [Batch]
// (samples, component states, the target's own alerts). The history keeps
// every batch; rules turn what is known into [Condition] values; the alert
// engine turns conditions into [Alert] values and a log of [Change] values,
// and each alert names the runbook to open.
//
// The package holds types and small pure helpers only. It reads no clock, no
// file and no socket; every sub-package that does is an adapter around these
// types. Start with [Batch] and [Reader].
//
// Promises every implementer keeps:
//   - A batch has one time for all its samples, because one scrape is one look.
//   - Missing is never OK: what could not be read is absent from the batch and
//     listed in [Batch.Partial]; what is absent or old is [HealthUnknown].
//   - Order comes from sequence, not from wall time; wall time is data.
package localmon
