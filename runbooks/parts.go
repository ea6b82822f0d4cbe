package runbooks

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// parts says which components a question is about: those of a type, or of
// several types that mean the same on different products or stand in one list
// (power_supply here is pwr there). A type the target lists nothing of is passed
// over as long as it lists one of the others. Patterns on names (*, ? and
// [a-z], without regard to case) narrow them down.
type parts struct {
	types         []string
	names, except []string
}

func (c *CountIs) parts() parts { return partsOf(c.Type, c.Types, c.Names, c.NotNames) }

func (e *EachIs) parts() parts { return partsOf(e.Type, e.Types, e.Names, e.NotNames) }

func partsOf(one string, several, names, except []string) parts {
	if one != "" {
		several = append([]string{one}, several...)
	}
	return parts{several, names, except}
}

// of lists the components, with the time of the oldest list.
func (p parts) of(ctx context.Context, f Facts) (out []Component, at time.Time, err error) {
	for _, kind := range p.types {
		list, seen, err := f.Components(ctx, kind)
		if errors.Is(err, ErrNoData) && len(p.types) > 1 {
			continue
		}
		if err != nil {
			return nil, time.Time{}, err
		}
		list = slices.DeleteFunc(slices.Clone(list), func(c Component) bool { return !p.fits(c.Name) })
		if len(list) > 0 && (at.IsZero() || seen.Before(at)) {
			at = seen
		}
		out = append(out, list...)
	}
	if len(out) == 0 {
		what, which := p.words(English)
		return nil, time.Time{}, fmt.Errorf("%w: no %s is listed", ErrNoData, what+which)
	}
	return out, at, nil
}

func (p parts) fits(name string) bool {
	like := func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(name))
		return ok && err == nil
	}
	return (len(p.names) == 0 || slices.ContainsFunc(p.names, like)) && !slices.ContainsFunc(p.except, like)
}

// words names the components in a language, such as "drive or blade", and which of
// them, such as " (named *.BAY*, but not *.BAY9)".
func (p parts) words(l Lang) (what, which string) {
	or, named, but := " or ", "named ", "but not "
	if l == French {
		or, named, but = " ou ", "nommé ", "sauf "
	}
	what = list(p.types, or)
	if l == French {
		what = "« " + what + " »"
	}
	var narrowed []string
	if len(p.names) > 0 {
		narrowed = append(narrowed, named+list(p.names, or))
	}
	if len(p.except) > 0 {
		narrowed = append(narrowed, but+list(p.except, or))
	}
	if len(narrowed) > 0 {
		which = " (" + strings.Join(narrowed, ", ") + ")"
	}
	return what, which
}

// problem says what is wrong with the choice itself, or "".
func (p parts) problem() string {
	if len(p.types) == 0 || slices.Contains(p.types, "") {
		return "needs type and status"
	}
	for _, pattern := range slices.Concat(p.names, p.except) {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return fmt.Sprintf("has a pattern %q that fits nothing", pattern)
		}
	}
	return ""
}
