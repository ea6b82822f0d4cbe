package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Family is a kind of array.
type Family string

// The families.
const (
	FlashArray Family = "flasharray"
	FlashBlade Family = "flashblade"
)

// Families lists the families.
func Families() []Family { return []Family{FlashArray, FlashBlade} }

// Sight is an array at one instant, whatever its family: a [View] of the
// FlashArray kind, a [BladeView] of the FlashBlade kind.
type Sight interface {
	// Time is the instant.
	Time() time.Time
	// Protocol is what goes wrong between the array and those who ask it.
	Protocol() Protocol
}

// Look is the array as it is now. It stays as it is when the clock moves.
func (a *Array) Look() Sight {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.look(a.now)
}

// Blade is the array as it is now. It panics when the array is not of the
// FlashBlade kind, as [Array.View] does when it is.
func (a *Array) Blade() BladeView {
	v, ok := a.Look().(BladeView)
	if !ok {
		panic(fmt.Sprintf("sim: Blade of %s, which is a %s", a.options.Name, a.options.Family))
	}
	return v
}

func (a *Array) look(at time.Time) Sight {
	if a.blade != nil {
		return newBladeView(a.options, a.blade, a.entries, at)
	}
	return newView(a.options, a.inv, a.entries, at)
}

// target finds the part a fault is about, or its default, and returns its name
// in the array's own spelling.
func (a *Array) target(f Fault) (string, error) {
	if a.blade != nil {
		return a.blade.target(f)
	}
	return a.resolve(f)
}

// CatalogueOf describes the faults that can befall arrays of a family, in a
// fixed order.
func CatalogueOf(f Family) []Info {
	var own []Info
	switch f {
	case FlashArray:
		own = slices.Clone(catalogue)
	case FlashBlade:
		own = slices.Clone(bladeCatalogue)
	}
	for i := range own {
		own[i].Families = familiesOf(own[i].Kind)
	}
	return own
}

// DescribeFor describes a kind of fault as it befalls one family.
func DescribeFor(f Family, k Kind) (Info, bool) {
	all := CatalogueOf(f)
	n := slices.IndexFunc(all, func(i Info) bool { return i.Kind == k })
	if n < 0 {
		return Info{}, false
	}
	return all[n], true
}

// allKinds describes every kind once, by the first family that knows it.
func allKinds() []Info {
	all := CatalogueOf(FlashArray)
	for _, i := range CatalogueOf(FlashBlade) {
		if !i.befalls(FlashArray) {
			all = append(all, i)
		}
	}
	return all
}

func familiesOf(k Kind) []Family {
	is := func(i Info) bool { return i.Kind == k }
	var fs []Family
	if slices.ContainsFunc(catalogue, is) {
		fs = append(fs, FlashArray)
	}
	if slices.ContainsFunc(bladeCatalogue, is) {
		fs = append(fs, FlashBlade)
	}
	return fs
}

func (i Info) befalls(f Family) bool { return slices.Contains(i.Families, f) }

// checkFamily says whether a kind of fault can befall an array of a family.
func checkFamily(f Family, k Kind) error {
	info, ok := Describe(k)
	if !ok || info.befalls(f) {
		return nil
	}
	var names []string
	for _, known := range info.Families {
		names = append(names, string(known))
	}
	return fmt.Errorf("fault %s cannot befall an array of kind %s, only %s", k, f, strings.Join(names, ", "))
}
