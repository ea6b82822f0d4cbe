package pack

import (
	"fmt"
	"maps"
	"slices"

	"darksite/runbooks"
)

// What a pack does to one book.
const (
	Adds      = "adds"
	Replaces  = "replaces"
	Withdraws = "withdraws"
	Passed    = "passed over" // the library has this version, or a higher one
)

// Change is what one pack does to one book.
type Change struct {
	Pack     string // name of the pack
	Book     string
	What     string
	From, To int    // versions; 0 where there is none
	Why      string // of a withdrawal
}

// Runbooks reads the runbooks of a pack, by id, without linting them.
func (p Pack) Runbooks() ([]*runbooks.Runbook, error) {
	var out []*runbooks.Runbook
	for _, id := range slices.Sorted(maps.Keys(p.Books)) {
		b, err := runbooks.FromFiles(id, p.Books[id])
		if err != nil {
			return nil, refuse("%v", err)
		}
		if b.ID != id {
			return nil, refuse("the folder %s holds the runbook %q", id, b.ID)
		}
		out = append(out, b)
	}
	return out, nil
}

// Overlay lays packs over a library, in order, and returns the library that comes
// of it with what each did. A finding of lint in the whole refuses all.
func Overlay(base *runbooks.Library, packs ...Pack) (*runbooks.Library, []Change, error) {
	books := map[string]*runbooks.Runbook{}
	for _, b := range base.All() {
		books[b.ID] = b
	}
	var changes []Change
	for _, p := range packs {
		list, err := p.Runbooks()
		if err != nil {
			return nil, nil, fmt.Errorf("pack %s %d: %w", p.Name, p.Number, err)
		}
		for _, b := range list {
			c := Change{Pack: p.Name, Book: b.ID, What: Adds, To: b.Version}
			if old := books[b.ID]; old != nil {
				c.What, c.From = Replaces, old.Version
				if b.Version <= old.Version {
					c.What, c.To = Passed, old.Version
				}
			}
			if c.What != Passed {
				books[b.ID] = b
			}
			changes = append(changes, c)
		}
		for _, id := range slices.Sorted(maps.Keys(p.Withdrawn)) {
			old := books[id]
			if old == nil {
				continue // a book this site never had
			}
			without := *old
			without.Withdrawn = p.Withdrawn[id]
			books[id] = &without
			changes = append(changes, Change{Pack: p.Name, Book: id, What: Withdraws, From: old.Version, Why: p.Withdrawn[id]})
		}
	}
	lib, err := runbooks.NewLibrary(slices.Collect(maps.Values(books)))
	if err != nil {
		return nil, nil, refuse("%v", err)
	}
	return lib, changes, nil
}
