package intake

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/desk"
)

// Bounds of what a case keeps of this.
const (
	mostOmitted = 40
	mostLeftOut = 20
	maxReplies  = 64 << 10 // bytes of the kit's own file
)

// omitted puts first what a person or a rule took out on purpose.
func omitted(m bundle.Manifest) ([]bundle.Omission, int) {
	rank := func(o bundle.Omission) int {
		switch {
		case strings.HasPrefix(o.Reason, "removed at review"):
			return 0
		case strings.HasPrefix(o.Reason, "withheld"):
			return 1
		}
		return 2
	}
	all := slices.Clone(m.Omitted)
	slices.SortStableFunc(all, func(x, y bundle.Omission) int { return rank(x) - rank(y) })
	first := all[:min(len(all), mostOmitted)]
	for i, o := range first {
		first[i] = bundle.Omission{OrigPath: line(o.OrigPath), Reason: line(o.Reason)}
	}
	return slices.Clip(first), len(all)
}

// readLeftOut finds what the site says it left out of our replies. A bundle that
// says nothing of it, as one of an older kit, has nothing.
func readLeftOut(tree string, m bundle.Manifest) ([]desk.LeftOut, []string, error) {
	text, warnings, err := readListed(tree, m, "kit", "replies.json", maxReplies)
	if text == nil || err != nil {
		return nil, warnings, err
	}
	var carried struct {
		Left []desk.LeftOut `json:"left_out"`
	}
	if err := json.Unmarshal(text, &carried); err != nil {
		return nil, []string{fmt.Sprintf("what the site left out of replies cannot be read: %v", err)}, nil
	}
	left := carried.Left[:min(len(carried.Left), mostLeftOut)]
	for i := range left {
		left[i].What = line(left[i].What)
	}
	return left, nil, nil
}

// listed finds the file of a collector by its name.
func listed(m bundle.Manifest, source, name string) int {
	return slices.IndexFunc(m.Files, func(e bundle.Entry) bool { return e.Source == source && path.Base(e.Path) == name })
}
