package review

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
)

// Slot is one place of a shape where values stand.
type Slot struct {
	Kind     string   `json:"kind"`
	Distinct int64    `json:"distinct"`
	About    bool     `json:"about"`   // Distinct is an estimate
	Samples  []string `json:"samples"` // distinct, in the order met; of words all, sorted
	More     bool     `json:"more"`    // there are more distinct values than shown
	Longest  string   `json:"longest"` // the first of the longest values

	hashes  []uint64 // of samples
	prints  []uint64 // of all values, until there is a sketch
	sketch  *sketch
	longest int
}

func (s *Slot) add(seed maphash.Seed, value []byte) {
	if len(value) > s.longest && s.Kind == numKind && digitsOnly(value) {
		s.longest, s.Longest = len(value), printable(value, maxSample)
	}
	hash := maphash.Bytes(seed, value)
	for _, h := range s.hashes {
		if h == hash {
			return
		}
	}
	s.met(hash, fingerprint(value), func() string { return printable(value, maxSample) })
}

func digitsOnly(value []byte) bool {
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// met counts a value that is none of the samples.
func (s *Slot) met(hash, print uint64, text func() string) {
	if len(s.hashes) < maxSamples {
		s.hashes = append(s.hashes, hash)
		s.Samples = append(s.Samples, text())
	} else {
		s.More = true
	}
	s.printed(print)
}

// printed counts a value by its fingerprint.
func (s *Slot) printed(print uint64) {
	switch {
	case s.sketch != nil:
		s.sketch.add(print)
	case slices.Contains(s.prints, print):
	case len(s.prints) < maxExact:
		s.prints = append(s.prints, print)
	default:
		s.spill()
		s.sketch.add(print)
	}
}

// spill goes over from a count to an estimate.
func (s *Slot) spill() {
	if s.sketch != nil {
		return
	}
	s.sketch = &sketch{}
	for _, p := range s.prints {
		s.sketch.add(p)
	}
}

func (s *Slot) merge(o *Slot) {
	if o.longest > s.longest {
		s.longest, s.Longest = o.longest, o.Longest
	}
	for i, h := range o.hashes {
		if slices.Contains(s.hashes, h) {
			continue
		}
		if len(s.hashes) < maxSamples {
			s.hashes, s.Samples = append(s.hashes, h), append(s.Samples, o.Samples[i])
		} else {
			s.More = true
		}
	}
	s.More = s.More || o.More
	for _, p := range o.prints {
		s.printed(p)
	}
	if o.sketch != nil {
		s.spill()
		s.sketch.merge(o.sketch)
	}
}

// count settles how many distinct values stood here, and lets go of what was
// needed to find out.
func (s *Slot) count() {
	switch {
	case s.Kind == wordKind:
		s.Distinct = int64(len(s.Samples))
	case s.sketch != nil:
		s.Distinct, s.About = max(s.sketch.estimate(), maxExact+1), true
	default:
		s.Distinct = int64(len(s.prints))
	}
	s.Samples = orEmpty(s.Samples)
	s.hashes, s.prints, s.sketch, s.longest = nil, nil, nil, 0
}

// key tells values apart without keeping long ones.
func key(value []byte) string {
	if len(value) <= maxKey {
		return string(value)
	}
	return string(bundle.DigestOf(value))
}

// longValue is from how many bytes on the longest value of a place is shown.
const longValue = 14

func (s Slot) written() string {
	name := strings.Trim(s.Kind, "<>")
	switch {
	case s.Kind == wordKind:
		return "<word:" + strconv.Itoa(len(s.Samples)) + ">"
	case s.Distinct == 1:
		return s.Samples[0]
	case s.Kind == timeKind:
		return s.Kind
	case !s.More && total(s.Samples) <= 32:
		return "<" + strings.Join(s.Samples, "|") + ">"
	}
	about := ""
	if s.About {
		about = "~"
	}
	if s.Kind == numKind && len(s.Longest) >= longValue {
		return fmt.Sprintf("<num:%s%d,longest:%s>", about, s.Distinct, s.Longest)
	}
	return fmt.Sprintf("<%s:%s%d>", name, about, s.Distinct)
}

func total(all []string) (n int) {
	for _, s := range all {
		n += len(s)
	}
	return n
}
