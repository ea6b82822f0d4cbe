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
	names, err := fs.Glob(shipped, "shipped/*.yaml")
	if err != nil {
		return Set{}, fmt.Errorf("shipped rules: %w", err)
	}
	var sets []Set
	for _, name := range names {
		data, err := shipped.ReadFile(name)
		if err != nil {
			return Set{}, fmt.Errorf("shipped rules: %w", err)
		}
		s, err := Parse(name, data)
		if err != nil {
			return Set{}, fmt.Errorf("shipped rules: %w", err)
		}
		sets = append(sets, s)
	}
	return Join(sets...)
}
