package site

import (
	"errors"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/carry"
	"darksite/bundle/casedraft"
	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/redact"
	"darksite/bundle/reply"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/live"
	"darksite/runbooks/engine"
)

// class is one row of the table from errors to exit codes.
type class struct {
	is   error
	code int
	hint string
}

// classes, the first that fits counts.
func classes() []class {
	return []class{
		{pipeline.ErrInvalidated, cli.CodeTampered, "the approvals are void; find out what changed, then: darksite bundle collect --as ID"},
		{pipeline.ErrTampered, cli.CodeTampered, "keep the folder as it is and inform the security officer"},
		{approve.ErrSelfApproval, cli.CodeRefused, "another officer has to decide"},
		{approve.ErrOnePerson, cli.CodeRefused, "a second officer has to decide"},
		{approve.ErrNotApproved, cli.CodeRefused, "darksite bundle approve BUNDLE --as OFFICER"},
		{roster.ErrWrongRole, cli.CodeRefused, "darksite site people   (lists who may do what)"},
		{roster.ErrUnknownKey, cli.CodeRefused, "darksite site people   (lists whose keys are known)"},
		{roster.ErrRevoked, cli.CodeRefused, "darksite site people"},
		{pipeline.ErrLeak, cli.CodeRefused, "no output was left; add what leaked to the word list and try again"},
		{pipeline.ErrRefused, cli.CodeRefused, "darksite bundle show BUNDLE"},
		{pipeline.ErrState, cli.CodeRefused, "darksite bundle show BUNDLE   (says what comes next)"},
		{pipeline.ErrNotFound, cli.CodeFailed, "darksite bundle list"},
		{pipeline.ErrBusy, cli.CodeFailed, "wait until the other command has ended, then try again"},
		{casedraft.ErrRule, cli.CodeRefused, "darksite case show CASE"},
		{reply.ErrRefused, cli.CodeTampered, "keep the file apart and telephone the vendor"},
		{journal.ErrLocked, cli.CodeFailed, "wait until the other command has ended, then try again"},
		{journal.ErrTorn, cli.CodeFailed, "darksite journal repair --as ID   (puts aside what a power cut left of an entry)"},
		{carry.ErrExists, cli.CodeRefused, "take another medium, or remove the folder by hand when it is no longer needed"},
		{carry.ErrNoSpace, cli.CodeFailed, "take a larger medium, or several, each with its share: --part 1/3"},
		{carry.ErrDamaged, cli.CodeTampered, "write onto another medium"},
		{engine.ErrBusy, cli.CodeFailed, "the other terminal has to leave the run with q"},
		{engine.ErrTooOld, cli.CodeRefused, "start a new run; note the old one's number in it"},
		{engine.ErrClosed, cli.CodeRefused, "the run has ended; start a new one"},
		{engine.ErrLogDamaged, cli.CodeTampered, "keep the folder of the run as it is and start a new run"},
		{sign.ErrPassphrase, cli.CodeFailed, "try again, or name a file with --passphrase-file"},
		{localmon.ErrCertificateChanged, cli.CodeTampered, "find out why the certificate changed; then: darksite site pin ARRAY --as ID"},
		{localmon.ErrTokenRefused, cli.CodeFailed, "make a new read-only API token on the array and put it into the token file"},
		{localmon.ErrUnreachable, cli.CodeFailed, "check address, cable and power of the array; darksite status says since when"},
		{live.ErrInUse, cli.CodeFailed, "darksite status   (a monitor is running already)"},
		{boltfile.ErrBusy, cli.CodeFailed, "end the process named above, or ask the running monitor: darksite status"},
		{boltfile.ErrNewer, cli.CodeFailed, "use the version of darksite that wrote it, or a newer one"},
		{boltfile.ErrForeign, cli.CodeFailed, "move the file away; it was left as it is"},
		{boltfile.ErrDamaged, cli.CodeTampered, "darksite history check; keep a copy of the file, the rest of it stays readable"},
	}
}

// Classify gives errors of the domain their exit code and what to do next. What
// an error already has is kept.
func Classify(err error) error {
	if cli.Code(err) != cli.CodeFailed {
		return err
	}
	var invalid casedraft.Invalid
	if errors.As(err, &invalid) {
		return hinted(err, cli.CodeUsage, "darksite case new --help")
	}
	var leak *redact.LeakError
	if errors.As(err, &leak) {
		return hinted(err, cli.CodeRefused, "no output was left; add what leaked to the word list and try again")
	}
	for _, c := range classes() {
		if errors.Is(err, c.is) {
			return hinted(err, c.code, c.hint)
		}
	}
	if errors.Is(err, sign.ErrBadSignature) || errors.Is(err, journal.ErrTampered) || bundle.RefusalCode(err) != "" {
		return hinted(err, cli.CodeTampered, "keep the folder as it is and inform the security officer")
	}
	if hint := cli.SystemHint(err); hint != "" {
		return hinted(err, cli.CodeFailed, hint)
	}
	return err
}

func hinted(err error, code int, hint string) error {
	if cli.Hint(err) == "" {
		err = cli.WithHint(err, "%s", hint)
	}
	return cli.WithCode(code, err)
}
