package redact

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// cause strips the names of files that the system puts around an error: they can
// be names of the site. Who reports it says which file it was, in its redacted
// name.
func cause(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	case errors.As(err, &l):
		return fmt.Errorf("%s: %w", l.Op, l.Err)
	}
	return err
}
