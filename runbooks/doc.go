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
// bundle: package facts writes answers down and gives them again. Each renders
// itself as a sentence in English and French.
//
// What a step may do is a matter of its [Risk]. At R1 the kit itself does one of a
// closed list ([Deed]), where the site allows it; at R2 a person acts, with a
// check before and after and a way back; at R3 a second person agrees first. R4,
// which is everything else, Lint refuses.
//
// [Library.For] finds the runbooks an alert leads to, by rule, by the array's own
// number or link, and by words; [Library.Search] finds them by words alone.
// Package pack lays carried runbooks over the embedded ones, package manual prints
// them.
//
// The package reads no clock and opens no connection. Steps are carried out by
// the package engine. It knows nothing of the rest of the product.
//
// An alert leads to a runbook by its triggers, a rule or the array's own number; one
// that no alert leads to says in its tasks what somebody sets out to do with it. A
// step may name a figure, an SVG of its own in each language with a title and a
// description to be read out, which [Runbook.Transcript] gives where nothing can be
// drawn; the digest does not cover figures, and no step needs one.
//
// Limits: a step that waits for a person has no time of its own to end.
package runbooks
