package pack

import (
	"fmt"
	"io/fs"
	"strings"
)

// Compose gives a pack the books of a folder, nil for none, and what it withdraws, each
// as ID=REASON. It returns with it the text that people sign.
func Compose(p Pack, books fs.FS, withdrawn []string) (Pack, []byte, error) {
	p.Withdrawn = map[string]string{}
	for _, w := range withdrawn {
		id, why, _ := strings.Cut(w, "=")
		p.Withdrawn[id] = why
	}
	if books != nil {
		var err error
		if p.Books, err = Folder(books); err != nil {
			return p, nil, err
		}
	}
	text, err := p.Statement()
	return p, text, err
}

// Folder reads the books of a pack from a folder that holds a folder for each.
func Folder(fsys fs.FS) (map[string]map[string][]byte, error) {
	books := map[string]map[string][]byte{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		id, file, below := strings.Cut(name, "/")
		if d.IsDir() || !below {
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if books[id] == nil {
			books[id] = map[string][]byte{}
		}
		books[id][file] = data
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the runbooks: %w", err)
	}
	return books, nil
}
