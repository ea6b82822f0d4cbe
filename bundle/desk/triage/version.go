package triage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Version is a release of an array's software, such as 6.6.10.
type Version []int

// ParseVersion reads numbers with dots between them.
func ParseVersion(text string) (Version, error) {
	var v Version
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || len(v) == 6 {
			return nil, fmt.Errorf("version %q: want numbers with dots between them", text)
		}
		v = append(v, int(n))
	}
	return v, nil
}

// UnmarshalText reads a version from a rule.
func (v *Version) UnmarshalText(text []byte) (err error) {
	*v, err = ParseVersion(string(text))
	return err
}

func (v Version) String() string {
	parts := make([]string, len(v))
	for i, n := range v {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ".")
}

// Range is the versions a rule is about: from, and before the one that has the
// fix. An empty bound is open.
type Range struct {
	From   Version `yaml:"from,omitempty"`
	Before Version `yaml:"before,omitempty"`
}

func (r Range) everything() bool { return len(r.From) == 0 && len(r.Before) == 0 }

func (r Range) holds(v Version) bool {
	return (len(r.From) == 0 || slices.Compare(v, r.From) >= 0) && (len(r.Before) == 0 || slices.Compare(v, r.Before) < 0)
}

func (r Range) String() string {
	switch {
	case r.everything():
		return "every version"
	case len(r.From) == 0:
		return "versions before " + r.Before.String()
	case len(r.Before) == 0:
		return "versions from " + r.From.String()
	}
	return fmt.Sprintf("versions from %s and before %s", r.From, r.Before)
}
