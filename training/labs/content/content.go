// Package content holds the embedded labs, one folder each, as package labs describes
// them. Their solutions lie in the program too: whoever wants to read them can, and an
// examination therefore draws its parameters anew.
package content

import (
	"embed"
	"io/fs"

	"darksite/training/labs"
)

//go:embed all:l1 all:l2 all:l3 all:l4 all:l5 all:l6 all:l7 all:l8 all:l9 all:l10 all:l11 all:l12 all:l13 all:l14 all:s-l1 all:s-l2 all:t-l1 all:t-l2
var files embed.FS

// Files are the labs as they lie here.
func Files() fs.FS { return files }

// Library loads the embedded labs.
func Library() (*labs.Library, error) { return labs.Load(files) }
