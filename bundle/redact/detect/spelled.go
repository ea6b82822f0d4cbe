package detect

import "encoding/binary"

// This file remembers what the spelling of words weighs.

// spelling is what the spelling of a word weighs, from memory where a word was met that
// differs in nothing but its digits: to the judge all of them are alike.
func (s *Scanner) spelling(w []byte) (weight int, may bool) {
	var text [16]byte
	if len(w) > len(text) {
		return s.k.judge.Spelling(w, nil)
	}
	copy(text[:], w)
	head, tail := withoutDigits(binary.LittleEndian.Uint64(text[:8])), withoutDigits(binary.LittleEndian.Uint64(text[8:]))
	m := &s.spelled[(head^tail*mixer>>5)*mixer>>(64-spelledLog)]
	if m.head != head || m.tail != tail {
		n, ok := s.k.judge.Spelling(w, nil)
		*m = spelled{head, tail, int32(n), ok}
	}
	return int(m.weight), m.may
}

// spelled holds what the spelling of a word weighs that has zeros for its digits.
type spelled struct {
	head, tail uint64
	weight     int32
	may        bool
}

const spelledLog = 10

// withoutDigits makes zeros of the digits among eight bytes.
func withoutDigits(x uint64) uint64 {
	digits := between(x&^highs, '0', '9') &^ x & highs
	return x &^ (digits >> 7 * 0x0f)
}
