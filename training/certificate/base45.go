package certificate

import (
	"errors"
	"fmt"
	"strings"
)

// alphabet is that of the alphanumeric mode of printed codes, in the order in which
// RFC 9285 counts.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// encode45 writes bytes in base45: two bytes become three characters, a last single
// one two, the lowest digit first.
func encode45(b []byte) string {
	var out strings.Builder
	for ; len(b) >= 2; b = b[2:] {
		n := int(b[0])<<8 | int(b[1])
		out.WriteByte(alphabet[n%45])
		out.WriteByte(alphabet[n/45%45])
		out.WriteByte(alphabet[n/45/45])
	}
	if len(b) == 1 {
		out.WriteByte(alphabet[b[0]%45])
		out.WriteByte(alphabet[b[0]/45])
	}
	return out.String()
}

// decode45 reads what encode45 wrote.
func decode45(s string) ([]byte, error) {
	out := make([]byte, 0, len(s)/3*2+1)
	for at := 0; at < len(s); at += 3 {
		group := s[at:min(at+3, len(s))]
		n, weight := 0, 1
		for i := range len(group) {
			v := strings.IndexByte(alphabet, group[i])
			if v < 0 {
				return nil, fmt.Errorf("character %d, %q, is none of the code", at+i+1, group[i])
			}
			n += v * weight
			weight *= 45
		}
		switch {
		case len(group) == 3 && n <= 0xffff:
			out = append(out, byte(n>>8), byte(n))
		case len(group) == 2 && n <= 0xff:
			out = append(out, byte(n))
		default:
			return nil, errors.New("the code is cut or mistyped at its end or near character " + fmt.Sprint(at+1))
		}
	}
	return out, nil
}
