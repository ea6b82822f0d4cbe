package chunk

import "encoding/binary"

// masks[n] has the lower n bits set.
var masks = func() (m [64]uint64) {
	for n := range m {
		m[n] = 1<<n - 1
	}
	return m
}()

// codeReader reads what appendCoded wrote, number by number.
type codeReader struct {
	code *code
	bits bitReader
	low  uint
	s    [2]uint // the state of the next number, and that of the one after it
}

func newCodeReader(t *code, b []byte, low uint) codeReader {
	r := codeReader{code: t, bits: bitReader{b: b}, low: low}
	r.s[0], r.s[1] = uint(r.bits.get(codeBits)), uint(r.bits.get(codeBits))
	return r
}

// next reads a number of any length.
func (r *codeReader) next() uint64 {
	e := r.code.entries[r.s[0]&(codeSize-1)]
	r.s[0], r.s[1] = r.s[1], e.state()+uint(r.bits.get(e.width()))
	if n := e.extra(); n != escapeMark {
		return e.base()<<r.low + r.bits.get(n+r.low)
	}
	return r.bits.get(escapeBits)
}

// end returns what follows; false when what was read is damaged.
func (r *codeReader) end() ([]byte, bool) {
	n, ok := r.bits.end()
	if !ok || r.s[0] != 0 || r.s[1] != 0 {
		return nil, false
	}
	return r.bits.b[n:], true
}

// coded reads len(u) numbers and returns what follows them; false when they
// are damaged. It takes two numbers at a time, as nearly all time of reading a
// block is spent here, and leaves what is far apart or at the end to next.
func (t *code) coded(b []byte, low uint, u []int64) (rest []byte, ok bool) {
	r := newCodeReader(t, b, low)
	scale := uint64(1) << (low & 63)
	s0, s1, pos := r.s[0], r.s[1], r.bits.pos
	for i := 1; i < len(u); i += 2 {
		e, f := t.entries[s0&(codeSize-1)], t.entries[s1&(codeSize-1)]
		ew, fw := e.width(), f.width()
		en, fn := e.extra()+low, f.extra()+low
		at := pos >> 3
		if ew+en+fw+fn > 57 || at+8 > uint(len(b)) {
			r.s[0], r.s[1], r.bits.pos = s0, s1, pos
			u[i-1], u[i] = int64(r.next()), int64(r.next())
			s0, s1, pos = r.s[0], r.s[1], r.bits.pos
			continue
		}
		w := binary.LittleEndian.Uint64(b[at:at+8]) >> (pos & 7)
		pos += ew + en + fw + fn
		s0 = e.state() + uint(w&masks[ew])
		w >>= ew
		u[i-1] = int64(e.base()*scale + w&masks[en&63])
		w >>= en & 63
		s1 = f.state() + uint(w&masks[fw])
		u[i] = int64(f.base()*scale + w>>fw&masks[fn&63])
	}
	r.s[0], r.s[1], r.bits.pos = s0, s1, pos
	if n := len(u); n%2 == 1 {
		u[n-1] = int64(r.next())
	}
	return r.end()
}
