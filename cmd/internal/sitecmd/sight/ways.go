package sight

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"darksite/cmd/internal/cli"
	"darksite/localmon/boltfile"
)

// WayOut gives an error of opening the site's history what can be done about
// it. The file itself is never changed by an opening that fails.
func WayOut(path string, err error) error {
	const beside = "darksite history recover --start-beside   (the old file is kept; nothing of it is lost)"
	var busy *boltfile.BusyError
	switch {
	case err == nil, errors.As(err, &busy):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(err, boltfile.ErrNewer):
		return cli.WithHint(err, "use the newer darksite that wrote it; to go on without its past meanwhile:\n      %s", beside)
	case errors.Is(err, boltfile.ErrForeign):
		return cli.WithHint(fmt.Errorf("%w; it was left as it is", err), "%s", beside)
	case errors.Is(err, boltfile.ErrDamaged):
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%w; it was left as it is", err)), "%s", WaysOut(path))
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return cli.WithHint(err, "find out why it cannot be written (a disk turns read-only when it fails); reading goes on: darksite history export --format csv --out FILE-ON-ANOTHER-DISK")
	}
	return err
}

// WayOutOfCopy is WayOut for a file that was named with --file.
func WayOutOfCopy(path string, err error) error {
	switch {
	case errors.Is(err, boltfile.ErrNewer):
		return cli.WithHint(err, "use the newer darksite that wrote it")
	case errors.Is(err, boltfile.ErrForeign):
		return cli.WithHint(err, "--file names a history.db or a copy of one; text is read by: darksite history import %s", path)
	case errors.Is(err, boltfile.ErrDamaged):
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "nothing of it can be read; another copy may be whole")
	}
	return err
}

// WaysOut are the ways out of a damaged history, the gentlest first.
func WaysOut(path string) string {
	return fmt.Sprintf(`darksite history recover --roll-back      (one commit back, if that is whole; asks first)
      darksite history export --file %s --format csv --out saved.csv   (writes all that can be read)
      darksite history recover --start-beside   (a new history; the old file is kept, and saved.csv can be imported)
      when nothing can be read, a copy from the last bundle or backup can be: --file COPY`, path)
}
