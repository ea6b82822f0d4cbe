package proof

import "encoding/binary"

// masks hold a bit for each of 64 bytes.
type masks struct {
	wordy   uint64  // letters, digits, all above ASCII
	encoded runMask // what encodings are written with
}

// runMask has a bit for each byte of the alphabet of hex, base64 or percent.
type runMask uint64

// leastEncoded is how many characters the shortest encoded pattern has.
const leastEncoded = minBase64

// runs are the ends of runs of at least one, two, four and eight in the 64 bytes
// before.
type runs struct{ one, two, four, eight uint64 }

// long has a bit for each byte that ends a run of leastEncoded or more.
func (m runMask) long(prev *runs) uint64 {
	one := uint64(m)
	two := one & (one<<1 | prev.one>>63)
	four := two & (two<<2 | prev.two>>62)
	eight := four & (four<<4 | prev.four>>60)
	ten := eight & (two<<8 | prev.two>>56)
	*prev = runs{one, two, four, eight}
	return ten
}

// The bytes of a load are looked at side by side.
const (
	each = 0x0101010101010101
	top  = 0x80 * each
)

// read makes the masks of up to 64 bytes; those behind the end are no letters.
func read(b []byte) (m masks) {
	var rest [64]byte
	block := &rest
	if len(b) == 64 {
		block = (*[64]byte)(b)
	} else {
		copy(rest[:], b)
	}
	for i := 0; i < 64; i += 8 {
		x := binary.LittleEndian.Uint64(block[i : i+8])
		low := x &^ top
		plain := (in(low|0x20*each, 'a', 'z') | in(low, '0', '9')) &^ x
		signs := (in(low, '+', '+') | in(low, '-', '-') | in(low, '/', '/') | in(low, '_', '_') | in(low, '%', '%')) &^ x
		m.wordy |= pull(plain|x) << uint(i)
		m.encoded |= runMask(pull(plain|signs)) << uint(i)
	}
	return m
}

// in sets the highest bit of each byte from a to z.
func in(x uint64, a, z uint64) uint64 { return (x + (0x80-a)*each) &^ (x + (0x7f-z)*each) }

// pull puts the highest bits of eight bytes side by side.
func pull(x uint64) uint64 { return x & top >> 7 * 0x0102040810204080 >> 56 }
