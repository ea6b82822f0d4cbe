package rule

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed shipped/*.yaml
var shipped embed.FS

// Shipped returns the kit's own rules. They are part of the program and were
// checked when it was built, so a failure is a fault of the kit.
func Shipped() (Set, error) {
	files, err := shippedFiles()
	if err != nil {
		return Set{}, err
	}
	var sets []Set
	for _, f := range files {
		s, err := Parse(f.Name, f.Data)
		if err != nil {
			return Set{}, fmt.Errorf("shipped rules: %w", err)
		}
		sets = append(sets, s)
	}
	return Join(sets...)
}

func shippedFiles() ([]File, error) {
	names, err := fs.Glob(shipped, "shipped/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("shipped rules: %w", err)
	}
	var files []File
	for _, name := range names {
		data, err := shipped.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("shipped rules: %w", err)
		}
		files = append(files, File{name, data})
	}
	return files, nil
}
