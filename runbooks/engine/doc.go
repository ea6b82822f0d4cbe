// Package engine carries a person through a runbook, step by step, and writes
// down what was seen, decided and done.
//
// A run lives in a folder of its own: a copy of the runbook's files, so that an
// upgrade in mid-run changes nothing; log.jsonl, one JSON line per event, each
// synced to disk before the next step begins and each holding the SHA-256 of
// the line before; evidence/, what was taken; and log.jsonl.sig once the owner
// has signed the closed log. The folder is what travels in a bundle.
//
// [Start] makes a run, [Open] takes one up again, [Run.Go] goes on until the run
// ends or the person leaves. The engine asks through [Human] and learns through
// runbooks.Facts; it opens no connection itself and changes no array.
//
// Rules it keeps, whatever a runbook says:
//   - One writer: a run that is open elsewhere is refused.
//   - A check whose data is missing or old is unknown.
//   - After an interruption every check that passed since the last action is
//     asked again; when one does not pass any more, the run goes back to it.
//   - An action is never repeated blindly: when the log holds the intention and
//     no result, the person is asked whether it happened, and the check after
//     the action proves it.
//   - A run is closed as resolved only when the named check passes at that moment.
//   - "!" stops at any screen and drafts a case.
package engine
