package deskcmd

import (
	"errors"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/desk"
	"darksite/bundle/desk/intake"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/localmon/boltfile"
)

// classify gives errors of the domain their exit code and what to do next. An
// error that has a code keeps it.
func classify(err error) error {
	if cli.Code(err) != cli.CodeFailed {
		return err
	}
	coded := func(code int, hint string) error { return cli.WithHint(cli.WithCode(code, err), "%s", hint) }
	switch {
	case errors.Is(err, intake.ErrUnknownSite):
		return coded(cli.CodeTampered, "casedesk sites enrol ROSTER   (then import again)")
	case errors.Is(err, carry.ErrBeyondRepair):
		return coded(cli.CodeTampered, "bring the volumes named above, or ask the site for a second medium of the same bundle")
	case errors.Is(err, desk.ErrFork):
		return coded(cli.CodeTampered, "telephone the site: two different bundles carry one number")
	case bundle.RefusalCode(err) != "", errors.Is(err, sign.ErrBadSignature), errors.Is(err, roster.ErrUnknownKey),
		errors.Is(err, roster.ErrWrongRole), errors.Is(err, roster.ErrRevoked), errors.Is(err, carry.ErrLabel),
		errors.Is(err, carry.ErrDigest), errors.Is(err, carry.ErrMixed), errors.Is(err, carry.ErrIrregular):
		return coded(cli.CodeTampered, "keep the medium apart, note what is printed above, and telephone the site")
	case errors.Is(err, carry.ErrIncomplete):
		return coded(cli.CodeFailed, "the site has to write the medium again: writing it was never finished")
	case errors.Is(err, desk.ErrRule):
		return coded(cli.CodeRefused, "casedesk case show CASE")
	case errors.Is(err, desk.ErrNotFound):
		return coded(cli.CodeFailed, "casedesk case list")
	case errors.Is(err, sign.ErrPassphrase):
		return coded(cli.CodeFailed, "try again, or name a file with --passphrase-file")
	case errors.Is(err, boltfile.ErrBusy):
		return coded(cli.CodeFailed, "wait until the other command has ended, then try again")
	}
	if hint := cli.SystemHint(err); hint != "" && cli.Hint(err) == "" {
		return coded(cli.CodeFailed, hint)
	}
	return err
}
