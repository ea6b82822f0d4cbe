// Package content holds the embedded runbooks, one folder each: runbook.yaml
// (logic), en.md and fr.md (words), tests.yaml (cases that must come out as
// stated, read by [Cases]). [Library] loads them; it fails when a single one has a
// lint finding, which the tests of this package turn into a failed build. A case that
// names a state of a simulated array is gone through on that array too, by the tests
// of the package that asks arrays for runs.
package content

import (
	"embed"
	"io/fs"

	"darksite/runbooks"
)

//go:embed */runbook.yaml */en.md */fr.md */tests.yaml */fig/*.svg
var files embed.FS

// Files is the folder of runbooks as embedded.
func Files() fs.FS { return files }

// Library loads the embedded runbooks.
func Library() (*runbooks.Library, error) { return runbooks.Load(files) }
