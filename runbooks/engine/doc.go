// Package engine carries a person through a runbook, step by step, and writes
// down what was seen, decided and done.
//
// A run lives in a folder of its own: a copy of the runbook's files, so that an
// upgrade in mid-run changes nothing; log.jsonl, one JSON line per event, each
// synced to disk before the next step begins and each holding the SHA-256 of
// the line before; facts.jsonl, what each check was answered; evidence/, what was
// taken; and log.jsonl.sig once the owner has signed the closed log. The folder is what travels in a bundle. It appears
// under its name with its first line in it, or not at all; a folder .start-* is
// what a crash in that moment leaves, and nothing is lost with it.
//
// [Start] makes a run, [Open] takes one up again, [Run.Go] goes on until the run
// ends or the person leaves, [Sign] makes up for a signature that failed. [Offer]
// hands a run over, [Abort] ends one for a reason, [Rehearse] leads through a
// runbook and leaves nothing behind, [Again] asks every check of a run once more on
// what it kept. The engine asks through [Human], learns through runbooks.Facts,
// acts through [Hands] and finds a second person through [Second]; it opens no
// connection itself.
//
// Rules it keeps, whatever a runbook says:
//   - One writer: a run that is open elsewhere is refused.
//   - A check whose data is missing or old is unknown.
//   - After an interruption every check that passed since the last action, on the
//     way that led here, is asked again; when one does not pass any more, the run
//     goes back to it.
//   - An action is never repeated blindly: when the log holds the intention and
//     no result, the person is asked whether it happened, and the check after
//     the action proves it.
//   - A run is closed as resolved only when the named check passes at that moment.
//   - "!" stops at any screen and drafts a case.
//   - A runbook for another kind of target does not begin, nor one that is
//     withdrawn, nor one that needs a case or a change nobody has named.
//   - Nobody acts when the clock has jumped since the run was taken up, when the
//     target no longer says it is the one the run began with, or while another run
//     that acted on it has not ended.
//   - At risk R3 a second person signs a text that fixes the step, the target, what
//     was found and the line of the log it will stand behind, within a quarter of an
//     hour; the first person is refused by name and by key. Evidence must have been
//     taken, no other urgent alert be open, and every controller be ready.
//   - What the kit itself did (R1) and can take back is taken back when a run ends.
//   - A run belongs to who began it, until another person accepts it.
//   - A called runbook is a run of its own beside the caller's.
//   - What an array or an alert calls its parts reaches a screen without anything
//     a terminal would act on; the log keeps it as it came.
//
// Limits: a crash in the moment between drafting a case and writing down its id
// makes a second draft when the run is taken up again. Lines cut off the end of a
// log that is not closed cannot be seen. Without flock (not a Unix) one writer is
// a rule and not a lock.
package engine
