package review

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"darksite/bundle"
)

var errEnough = errors.New("enough")

// Find gives the first places, at most limit, at which any of the words stands in
// the text of a bundle, in whatever case. Files that were not inspected are left
// out.
func Find(ctx context.Context, tree fs.FS, files []bundle.Entry, words []string, limit int) ([]Place, error) {
	var folded [][]byte
	for _, w := range words {
		folded = append(folded, []byte(strings.ToLower(w)))
	}
	spot, hits := newSpotter(folded), make([]int, len(folded))
	f := &searcher{}
	var found []Place
	err := Lines(ctx, tree, files, func(at Place, line []byte) error {
		f.fold(line)
		if !spot.find(f.folded, hits) {
			return nil
		}
		first := len(line)
		for _, h := range hits {
			if h >= 0 {
				first = min(first, h)
			}
		}
		at.Text = excerpt(line, first)
		if found = append(found, at); len(found) >= limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("find in the bundle: %w", err)
	}
	return found, nil
}

// Lines hands out every line of files that can be read, in order. An error of do
// ends it.
func Lines(ctx context.Context, tree fs.FS, files []bundle.Entry, do func(at Place, line []byte) error) error {
	r := bufio.NewReaderSize(nil, MaxLine)
	for _, e := range files {
		if e.Inspected == bundle.InspectedNone || packed(e.Type) {
			continue
		}
		ctx, stop := context.WithCancelCause(ctx)
		p := piece{entry: e, to: max(e.Size, 1)}
		_, err := read(ctx, Input{Tree: tree}, r, p, func(at Place, line []byte, _ int64) {
			if context.Cause(ctx) == nil {
				if err := do(at, line); err != nil {
					stop(err)
				}
			}
		})
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		stop(nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// Around gives some lines of a file, printable, from line at-before to
// at+after.
func Around(ctx context.Context, tree fs.FS, e bundle.Entry, at, before, after int64) ([]Place, error) {
	var out []Place
	err := Lines(ctx, tree, []bundle.Entry{e}, func(p Place, line []byte) error {
		if p.Line > at+after {
			return errEnough
		}
		if p.Line >= at-before {
			out = append(out, Place{p.Path, p.Line, printable(line, maxExample)})
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("look into %s: %w", e.Path, err)
	}
	return out, nil
}
