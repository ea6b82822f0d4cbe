package brief_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A reader of QR codes written from the standard, for the tests alone: it shares
// no code with what draws them, so that two equal mistakes cannot agree. It reads
// codes that are whole, and repairs nothing.

// alphanumerics is the alphabet of alphanumeric mode.
const alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// blocksM are, for the versions the page may have, how error correction level M
// parts the codewords: blocks of a first length, its data words, blocks of one
// more word.
var blocksM = map[int][3]int{
	20: {3, 41, 13}, 21: {17, 42, 0}, 22: {17, 46, 0}, 23: {4, 47, 14}, 24: {6, 45, 14}, 25: {8, 47, 13}, 26: {19, 46, 4},
	27: {22, 45, 3}, 28: {3, 45, 23}, 29: {21, 45, 7}, 30: {19, 47, 10}, 31: {2, 46, 29}, 32: {10, 46, 23}, 33: {14, 46, 21}, 34: {14, 46, 23},
	10: {4, 43, 1}, 11: {1, 50, 4}, 12: {6, 36, 2}, 13: {8, 37, 1}, 14: {4, 40, 5}, 15: {5, 41, 5}, 16: {7, 45, 3}, 17: {10, 46, 1}, 18: {9, 43, 4}, 19: {3, 44, 11},
}

// alignments are the centres of the alignment patterns of a version.
func alignments(version int) []int {
	if version == 1 {
		return nil
	}
	n := version/7 + 2
	size := 17 + 4*version
	step := 0
	if version == 32 {
		step = 26
	} else {
		step = (version*4 + n*2 + 1) / (n*2 - 2) * 2
	}
	at := make([]int, n)
	at[0] = 6
	for i, pos := n-1, size-7; i >= 1; i, pos = i-1, pos-step {
		at[i] = pos
	}
	return at
}

// function reports whether a module belongs to a pattern and not to the data.
func function(size, version, x, y int, centres []int) bool {
	switch {
	case x < 9 && y < 9, x >= size-8 && y < 9, x < 9 && y >= size-8, x == 6, y == 6:
		return true
	case version >= 7 && (x < 6 && y >= size-11 && y < size-8 || y < 6 && x >= size-11 && x < size-8):
		return true
	}
	for _, cy := range centres {
		for _, cx := range centres {
			if cx == 6 && cy == 6 || cx == 6 && cy == size-7 || cx == size-7 && cy == 6 {
				continue
			}
			if x >= cx-2 && x <= cx+2 && y >= cy-2 && y <= cy+2 {
				return true
			}
		}
	}
	return false
}

func masked(mask, x, y int) bool {
	switch mask {
	case 0:
		return (x+y)%2 == 0
	case 1:
		return y%2 == 0
	case 2:
		return x%3 == 0
	case 3:
		return (x+y)%3 == 0
	case 4:
		return (y/2+x/3)%2 == 0
	case 5:
		return x*y%2+x*y%3 == 0
	case 6:
		return (x*y%2+x*y%3)%2 == 0
	}
	return ((x+y)%2+x*y%3)%2 == 0
}

// readModules reads the text of a code of level M in alphanumeric mode.
func readModules(t *testing.T, size int, black func(x, y int) bool) string {
	t.Helper()
	version := (size - 17) / 4
	require.Equal(t, size, 17+4*version)
	format := 0
	for _, p := range [][2]int{{0, 8}, {1, 8}, {2, 8}, {3, 8}, {4, 8}} { // the five bits that mean something
		format <<= 1
		if black(p[0], p[1]) {
			format |= 1
		}
	}
	format ^= 0b10101
	require.Equal(t, 0, format>>3, "level M")
	mask := format & 7
	centres := alignments(version)
	var bits []bool
	for right, up := size-1, true; right > 0; right, up = right-2, !up {
		if right == 6 {
			right--
		}
		for i := range size {
			y := i
			if up {
				y = size - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if !function(size, version, x, y, centres) {
					bits = append(bits, black(x, y) != masked(mask, x, y))
				}
			}
		}
	}
	return alphanumeric(t, version, deinterleave(t, version, codewords(bits)))
}

func codewords(bits []bool) []byte {
	out := make([]byte, len(bits)/8)
	for i := range out {
		for _, b := range bits[8*i : 8*i+8] {
			out[i] <<= 1
			if b {
				out[i] |= 1
			}
		}
	}
	return out
}

// deinterleave puts the data words of the blocks one behind the other.
func deinterleave(t *testing.T, version int, raw []byte) []byte {
	t.Helper()
	plan, ok := blocksM[version]
	require.True(t, ok, "version %d", version)
	short, length, long := plan[0], plan[1], plan[2]
	blocks := make([][]byte, short+long)
	at := 0
	for i := range length + 1 {
		for b := range blocks {
			if i < length || b >= short {
				blocks[b] = append(blocks[b], raw[at])
				at++
			}
		}
		if i == length-1 && long == 0 {
			break
		}
	}
	var out []byte
	for _, b := range blocks {
		out = append(out, b...)
	}
	return out
}

func alphanumeric(t *testing.T, version int, data []byte) string {
	t.Helper()
	pos := 0
	take := func(n int) int {
		v := 0
		for range n {
			v = v<<1 | int(data[pos/8]>>(7-pos%8)&1)
			pos++
		}
		return v
	}
	require.Equal(t, 0b0010, take(4), "alphanumeric mode")
	width := 9
	switch {
	case version >= 27:
		width = 13
	case version >= 10:
		width = 11
	}
	var b strings.Builder
	n := take(width)
	for ; n >= 2; n -= 2 {
		v := take(11)
		b.WriteByte(alphanumerics[v/45])
		b.WriteByte(alphanumerics[v%45])
	}
	if n == 1 {
		b.WriteByte(alphanumerics[take(6)])
	}
	return b.String()
}

// region is a code found on a page.
type region struct {
	size  int
	black func(x, y int) bool
}

// codesOn finds the codes of a page: wide dark squares of modules, told from text
// by the finder pattern in their corner.
func codesOn(t *testing.T, file string) []region {
	t.Helper()
	width, height, pixels := graymap(t, file)
	dark := func(x, y int) bool { return x >= 0 && y >= 0 && x < width && y < height && pixels[y*width+x] < 128 }
	run := func(x, y, dx, dy int, want bool) int {
		n := 0
		for dark(x, y) == want && x >= 0 && y >= 0 && x < width && y < height {
			x, y, n = x+dx, y+dy, n+1
		}
		return n
	}
	var found []region
	for y := 1; y < height; y++ {
		for x := 1; x < width; x++ {
			// The upper left corner of a finder: seven modules dark to the right and down.
			if !dark(x, y) || dark(x-1, y) || dark(x, y-1) {
				continue
			}
			seven := run(x, y, 1, 0, true)
			if down := run(x, y, 0, 1, true); seven < 28 || down < seven-2 || down > seven+2 {
				continue
			}
			module := float64(seven) / 7
			at := func(ox, oy float64) bool { return dark(x+int(ox*module), y+int(oy*module)) }
			if at(1.5, 1.5) || !at(3.5, 3.5) || at(5.5, 1.5) || !at(6.5, 6.5) || at(7.5, 3.5) {
				continue
			}
			// The other corner of the same edge is the end of the finder on the right.
			end := 0
			for probe := x + seven; probe < width && probe < x+200*seven/7; probe++ {
				if dark(probe, y) && !dark(probe-1, y) && run(probe, y, 1, 0, true) >= seven-2 && run(probe, y, 0, 1, true) >= seven-2 {
					end = probe + run(probe, y, 1, 0, true)
					break
				}
			}
			if end == 0 {
				continue
			}
			side := float64(end - x)
			for version := 10; version <= 34; version++ {
				size := 17 + 4*version
				pitch, left, top := side/float64(size), x, y
				black := func(cx, cy int) bool {
					return dark(left+int((float64(cx)+0.5)*pitch), top+int((float64(cy)+0.5)*pitch))
				}
				if timed(size, black) {
					found = append(found, region{size, black})
				}
			}
		}
	}
	return found
}

// timed reports whether row and column 6 alternate, as they do at the right size.
func timed(size int, black func(x, y int) bool) bool {
	for i := 8; i < size-8; i++ {
		if black(i, 6) != (i%2 == 0) || black(6, i) != (i%2 == 0) {
			return false
		}
	}
	return true
}

// graymap reads a binary PGM.
func graymap(t *testing.T, file string) (width, height int, pixels []byte) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	in := bufio.NewReader(f)
	var most int
	_, err = fmt.Fscanf(in, "P5\n%d %d\n%d\n", &width, &height, &most)
	require.NoError(t, err)
	pixels, err = io.ReadAll(in)
	require.NoError(t, err)
	require.Len(t, pixels, width*height)
	return width, height, pixels
}
