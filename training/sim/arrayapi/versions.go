package arrayapi

import (
	"fmt"
	"slices"
	"strings"

	"darksite/training/sim"
)

// Each upgrade of the software teaches the interface so many more versions, up
// to the last that is described.
const (
	learned     = 4
	lastVersion = 56
)

// offered are the REST versions the array says it has.
func (c *call) offered() []string {
	if r := c.rule(sim.WrongVersion); r != nil {
		if r.Word == "unknown" {
			return []string{"9.0", "9.1", "10.0"}
		}
		return slices.DeleteFunc(slices.Clone(versions), func(v string) bool { return !strings.HasPrefix(v, "1.") })
	}
	all := slices.Clone(versions)
	var last int
	if _, err := fmt.Sscanf(all[len(all)-1], "2.%d", &last); err != nil {
		panic(err) // the list is ours
	}
	for n := last + 1; n <= min(last+learned*c.view.Upgrades(), lastVersion); n++ {
		all = append(all, fmt.Sprintf("2.%d", n))
	}
	return all
}

// known says whether the array answers calls of a version.
func (c *call) known(version string) bool {
	return strings.HasPrefix(version, "2.") && slices.Contains(c.offered(), version)
}
