package arrayapi

import (
	"fmt"
	"slices"
	"strings"

	"darksite/training/sim"
)

// offered are the REST versions the array says it has. Each upgrade of the
// software teaches the interface some more.
func (c *call) offered() []string {
	d := c.h.dialect
	if r := c.rule(sim.WrongVersion); r != nil {
		if r.Word == "unknown" {
			return []string{"9.0", "9.1", "10.0"}
		}
		return slices.DeleteFunc(slices.Clone(d.versions), func(v string) bool { return !strings.HasPrefix(v, "1.") })
	}
	all := slices.Clone(d.versions)
	last := minorOf(all[len(all)-1])
	for n := last + 1; n <= min(last+d.learned*c.view.Upgrades(), d.newest); n++ {
		all = append(all, fmt.Sprintf("2.%d", n))
	}
	return all
}

// known says whether the array answers calls of a version.
func (c *call) known(version string) bool {
	return strings.HasPrefix(version, "2.") && slices.Contains(c.offered(), version)
}

// entrance says whether a path is that of login or logout.
func (c *call) entrance(name, path, first, below string) bool {
	return path == name || (c.h.dialect.versioned && below == name && c.known(first))
}
