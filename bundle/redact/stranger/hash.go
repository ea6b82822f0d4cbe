package stranger

import (
	"encoding/binary"
	"math/bits"
)

// hash is a quick hash of a text, eight bytes at a time: lists are asked for many texts and
// have few of them. Texts of the same bytes have different hashes for different seeds.
func hash(seed uint64, text []byte) uint64 {
	h := seed ^ uint64(len(text))*hashLength
	for ; len(text) > 8; text = text[8:] {
		h = folded(h ^ binary.LittleEndian.Uint64(text))
	}
	rest := uint64(0)
	switch n := len(text); {
	case n >= 4:
		rest = uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<32
	case n > 0:
		rest = uint64(text[0]) | uint64(text[n/2])<<8 | uint64(text[n-1])<<16
	}
	return folded(folded(h^rest) ^ hashSeed)
}

// folded folds the whole product of a number and a constant.
func folded(x uint64) uint64 {
	hi, lo := bits.Mul64(x, hashFactor)
	return hi ^ lo
}

// Numbers without a pattern.
const (
	hashSeed   = 0x9e3779b97f4a7c15
	hashFactor = 0xd1342543de82ef95
	hashLength = 0xa0761d6478bd642f
)
