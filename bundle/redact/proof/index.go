package proof

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// window is the number of bytes by which texts and patterns first meet.
const window = 4

// minEncoded is the least length of an original looked for in encoded spellings.
const minEncoded = 6

// pattern is one spelling of one original.
type pattern struct {
	text     string
	kind     string
	spelling string
	fold     bool
	edges    bool // counts only where it stands alone
}

// index holds patterns by their first bytes, folded.
type index struct {
	bits     []uint64 // a bit for each hash of a window
	patterns map[uint32][]pattern
	longest  int
}

const bitsLog = 22

func (x *index) empty() bool { return len(x.patterns) == 0 }

// compile spells out the originals.
func compile(originals []Original) *index {
	x := &index{bits: make([]uint64, 1<<bitsLog/64), patterns: map[uint32][]pattern{}}
	seen := map[string]bool{}
	for _, o := range originals {
		for _, p := range spellings(o) {
			if len(p.text) < window || seen[p.text] {
				continue
			}
			seen[p.text] = true
			h := fold4(p.text)
			x.patterns[h] = append(x.patterns[h], p)
			b := mix(h)
			x.bits[b/64] |= 1 << (b % 64)
			x.longest = max(x.longest, len(p.text))
		}
	}
	return x
}

// spellings writes an original in all ways it is looked for.
func spellings(o Original) []pattern {
	v := o.Value
	out := []pattern{{v, o.Kind, "plain", o.Fold, true}}
	if j := jsonEscaped(v); j != v {
		out = append(out, pattern{j, o.Kind, "escaped", o.Fold, true})
	}
	if p := percent(v); p != v {
		out = append(out, pattern{p, o.Kind, "percent", true, true})
	}
	if len(v) < minEncoded {
		return out
	}
	h := hex.EncodeToString([]byte(v))
	back := []byte(v)
	slices.Reverse(back)
	out = append(out, pattern{h, o.Kind, "hex", true, false}, pattern{hex.EncodeToString(back), o.Kind, "reversed hex", true, false},
		pattern{allPercent(v), o.Kind, "percent", true, false})
	for _, s := range cases(o) {
		for shift := range 3 {
			for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				out = append(out, pattern{base64Inside(enc, s, shift), o.Kind, "base64", false, false})
			}
		}
	}
	return out
}

// cases are the spellings of case an encoded form is looked for in.
func cases(o Original) []string {
	if !o.Fold {
		return []string{o.Value}
	}
	return slices.Compact([]string{strings.ToLower(o.Value), strings.ToUpper(o.Value)})
}

// base64Inside is the part of the encoding that does not depend on what stands
// around the text, when it begins at a shift from a group's beginning.
func base64Inside(enc *base64.Encoding, s string, shift int) string {
	full := enc.EncodeToString([]byte(strings.Repeat("\x00", shift) + s))
	from := []int{0, 2, 3}[shift]
	n := shift + len(s)
	to := n / 3 * 4
	switch n % 3 {
	case 1:
		to++
	case 2:
		to += 2
	}
	if to <= from {
		return ""
	}
	return full[from:min(to, len(full))]
}

func jsonEscaped(v string) string {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	return string(b[1 : len(b)-1])
}

// percent encodes what a URL would.
func percent(v string) string {
	var b strings.Builder
	for i := range len(v) {
		c := v[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func allPercent(v string) string {
	var b strings.Builder
	for i := range len(v) {
		fmt.Fprintf(&b, "%%%02X", v[i])
	}
	return b.String()
}

func foldByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 32
	}
	return c
}

// fold4 packs the first four bytes, folded.
func fold4[T string | []byte](s T) uint32 {
	return uint32(foldByte(s[0])) | uint32(foldByte(s[1]))<<8 | uint32(foldByte(s[2]))<<16 | uint32(foldByte(s[3]))<<24
}

func mix(v uint32) uint32 { return v * 0x9e3779b1 >> (32 - bitsLog) }
