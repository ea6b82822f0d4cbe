package exam

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"darksite/runbooks/strictyaml"
)

// Bank is a set of items that passed [Lint], in the order of their IDs.
type Bank struct {
	Version string // such as 2026.1
	Digest  string // SHA-256 over its files, hex
	items   []*Item
}

// file is one file of a bank: the items of one objective.
type file struct {
	Objective string `yaml:"objective"`
	Items     []Item `yaml:"items"`
}

// head is the file bank.yaml.
type head struct {
	Version string `yaml:"version"`
}

const headFile = "bank.yaml"

// Load reads bank.yaml and every other YAML file of a folder. Any finding of Lint
// refuses all of it.
func Load(fsys fs.FS, l Limits) (*Bank, error) {
	b, err := read(fsys)
	if err != nil {
		return nil, err
	}
	if found := Lint(b, l); len(found) > 0 {
		errs := make([]error, len(found))
		for i, f := range found {
			errs[i] = f
		}
		return nil, fmt.Errorf("load bank of questions: %w", errors.Join(errs...))
	}
	return b, nil
}

func read(fsys fs.FS) (*Bank, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("load bank of questions: %w", err)
	}
	b, h := &Bank{}, sha256.New()
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("load bank of questions: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n", name, len(data))
		h.Write(data)
		if name == headFile {
			var v head
			if err := strictyaml.Decode(name, data, &v); err != nil {
				return nil, fmt.Errorf("load bank of questions: %w", err)
			}
			b.Version = v.Version
			continue
		}
		if err := b.add(name, data); err != nil {
			return nil, fmt.Errorf("load bank of questions: %w", err)
		}
	}
	if b.Version == "" {
		return nil, fmt.Errorf("load bank of questions: %s with the version is missing", headFile)
	}
	slices.SortFunc(b.items, func(x, y *Item) int { return cmp.Compare(x.ID, y.ID) })
	b.Digest = hex.EncodeToString(h.Sum(nil))
	return b, nil
}

func (b *Bank) add(name string, data []byte) error {
	var f file
	at, err := strictyaml.Read(name, data, &f)
	if err != nil {
		return err
	}
	if want := strings.TrimSuffix(path.Base(name), ".yaml"); f.Objective != want {
		at.Key("objective").Fail("%q: the file of an objective has its name, here %q", f.Objective, want)
		return at.Err()
	}
	for i := range f.Items {
		f.Items[i].Objective = f.Objective
		b.items = append(b.items, &f.Items[i])
	}
	return nil
}

// Items are all items by ID.
func (b *Bank) Items() []*Item { return slices.Clone(b.items) }

// Item returns the item with this ID.
func (b *Bank) Item(id string) (*Item, bool) {
	i, ok := slices.BinarySearchFunc(b.items, id, func(it *Item, id string) int { return cmp.Compare(it.ID, id) })
	if !ok {
		return nil, false
	}
	return b.items[i], true
}

// live are the items of an objective that are still asked.
func (b *Bank) live(objective string) (out []*Item) {
	for _, it := range b.items {
		if it.Objective == objective && !it.Retired {
			out = append(out, it)
		}
	}
	return out
}
