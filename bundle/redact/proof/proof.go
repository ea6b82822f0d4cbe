// Package proof searches a finished tree for values that must not be in it.
package proof

import "context"

// Original is a value that must not be found.
type Original struct {
	Kind  string
	Value string
	Fold  bool // case does not count
}

// Leak is a place where one was found. It never holds the value.
type Leak struct {
	File     string
	Offset   int64
	Kind     string
	Spelling string
}

// Search looks through all files of a folder.
func Search(ctx context.Context, dir string, originals []Original) ([]Leak, error) {
	return nil, nil
}
