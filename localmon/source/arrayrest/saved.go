package arrayrest

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Saved makes a look of one reply that was saved to a file, so that it becomes
// a batch by the same code as a reply just read. A reply that was one page of
// several, or was cut at the bounds of this package, is used but does not count
// as read whole.
func Saved(now time.Time, row *Row, body []byte) (*Look, error) {
	l, missing, err := parsePage(body)
	if err != nil {
		return nil, fmt.Errorf("saved reply of %s: %w", row, err)
	}
	return &Look{Now: now, rows: []*Row{row}, outcomes: map[*Row]*outcome{row: {Listing: l, err: missing}}}, nil
}

// Saved reports whether the look was made by [Saved]: one row is all there is
// and all there will be.
func (l *Look) Saved() bool { return l.client == nil }

// RowOf finds the row a file belongs to by its name: the path of the row and
// the values of its query, joined by hyphens or underscores, with or without
// .json and without case, such as arrays_space_array.json. Where several rows
// share a path, the path alone is the first of them. An error lists the names
// that are understood.
func RowOf(name string, rows []*Row) (*Row, error) {
	file := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	want := strings.ReplaceAll(strings.TrimSuffix(file, ".json"), "_", "-")
	var known []string
	for _, r := range rows {
		if want == r.file() || want == fileOf(r.Path) {
			return r, nil
		}
		known = append(known, r.file()+".json")
	}
	slices.Sort(known)
	return nil, fmt.Errorf("file %q is no reply that is understood; those are %s", Shorten(name, 100), strings.Join(known, ", "))
}

// file names a file that holds a reply of the row.
func (r *Row) file() string {
	name := r.Path
	query := r.query(nil)
	for _, key := range slices.Sorted(maps.Keys(query)) {
		name += "-" + strings.Join(query[key], "-")
	}
	return fileOf(name)
}

func fileOf(name string) string {
	return strings.NewReplacer("/", "-", "_", "-").Replace(strings.ToLower(name))
}
