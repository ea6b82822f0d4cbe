package screens

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
)

// dice draws what a name and a seed decide, the same for good.
type dice struct {
	name string
	seed uint64
	draw int
}

func (d *dice) roll() [sha256.Size]byte {
	d.draw++
	return sha256.Sum256(fmt.Appendf(nil, "%s %d %d", d.name, d.seed, d.draw))
}

// below draws a number from 0 to n-1.
func (d *dice) below(n int) int {
	sum := d.roll()
	return int(binary.BigEndian.Uint64(sum[:]) % uint64(n))
}

// between draws a number from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// hex draws so many hex digits, at most 64.
func (d *dice) hex(n int) string {
	sum := d.roll()
	return hex.EncodeToString(sum[:])[:n]
}

// token draws letters and digits as stand-ins have them.
func (d *dice) token(n int) string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	out := make([]byte, n)
	for i := range out {
		out[i] = letters[d.below(len(letters))]
	}
	return string(out)
}

// one draws one of a list.
func one[T any](d *dice, list []T) T { return list[d.below(len(list))] }

// some draws n of a list, none twice, in an order of chance.
func some[T any](d *dice, list []T, n int) []T {
	rest, out := slices.Clone(list), make([]T, 0, n)
	for range n {
		i := d.below(len(rest))
		out = append(out, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return out
}

// numbers draws n different numbers from low to high, in an order of chance.
func (d *dice) numbers(n, low, high int) []int {
	all := make([]int, 0, high-low+1)
	for i := low; i <= high; i++ {
		all = append(all, i)
	}
	return some(d, all, n)
}
