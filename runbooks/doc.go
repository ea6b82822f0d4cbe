// Package runbooks holds what an admin does when no vendor is on the line:
// runbooks whose checks look at real data, and the rules that keep them safe.
//
// A [Runbook] is one logic file (runbook.yaml) and one prose file per language
// (en.md, fr.md) whose sections are named for the steps, so a translator never
// touches logic and [Lint] can prove that no step lacks words. [Load] reads a
// folder of runbooks and refuses all of them when one has a finding; the
// embedded ones are loaded by the package content.
//
// A check is a closed [Predicate]: there is no shell and no expression
// language. Its answer is pass, fail or unknown; data that is missing, older than
// the check allows, from the future or no number is unknown, so is the answer
// that hangs on a part whose status nobody knows, and unknown never passes: Lint
// refuses a runbook in which not knowing leads where passing leads, or to an
// action that nobody has looked at again. The same predicate runs on anything
// that satisfies [Facts]: the live array, the local history or an imported
// bundle. Each renders itself as a sentence in English and French.
//
// The package reads no clock and opens no connection. Steps are carried out by
// the package engine. It knows nothing of the rest of the product.
//
// An alert leads to a runbook by its triggers; one that no alert leads to says in
// its tasks what somebody sets out to do with it. A step may name a figure, an SVG
// of its own in each language with a title and a description to be read out; the
// digest does not cover figures, and no step needs one.
//
// Limits: the kit changes on an array only what a [Deed] may be; Lint refuses
// actions of risk R4 for good.
package runbooks
