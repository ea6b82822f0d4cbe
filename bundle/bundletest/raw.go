package bundletest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	"darksite/bundle/container"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// Noise is text that does not compress below half its size, the same each time.
func Noise(n int) string {
	raw := make([]byte, n/2)
	rng := rand.New(rand.NewPCG(17, 42))
	for i := range raw {
		raw[i] = byte(rng.Uint32())
	}
	return hex.EncodeToString(raw)
}

// Member is one member of an archive taken apart: 512 bytes of header, data and
// padding, each free to be spoilt.
type Member struct {
	Header []byte
	Data   []byte
	Pad    []byte
}

// Name gives the member's name.
func (m Member) Name() string { return string(bytes.TrimRight(m.Header[:100], "\x00")) }

// Clone copies a member.
func (m Member) Clone() Member {
	return Member{bytes.Clone(m.Header), bytes.Clone(m.Data), bytes.Clone(m.Pad)}
}

// With returns the member with its header changed and the checksum put right.
func (m Member) With(edit func(h []byte)) Member {
	m = m.Clone()
	edit(m.Header)
	Resum(m.Header)
	return m
}

// Resum writes the checksum a header ought to have.
func Resum(h []byte) {
	copy(h[148:156], "        ")
	var sum int
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
}

// Put overwrites a header field and fills it with zero bytes.
func Put(h []byte, at, width int, text string) {
	clear(h[at : at+width])
	copy(h[at:at+width], text)
}

// Split takes a canonical archive apart.
func Split(tb testing.TB, tar []byte) []Member {
	tb.Helper()
	var out []Member
	for !bytes.Equal(tar, make([]byte, 1024)) {
		require.Greater(tb, len(tar), 1024)
		var size int
		_, err := fmt.Sscanf(string(tar[124:135]), "%o", &size)
		require.NoError(tb, err)
		padded := (size + 511) / 512 * 512
		out = append(out, Member{tar[:512], tar[512 : 512+size], tar[512+size : 512+padded]}.Clone())
		tar = tar[512+padded:]
	}
	return out
}

// Join puts members together, with the two blocks at the end.
func Join(members ...Member) []byte { return append(JoinOpen(members...), make([]byte, 1024)...) }

// JoinOpen puts members together without an end.
func JoinOpen(members ...Member) []byte {
	var b []byte
	for _, m := range members {
		b = append(append(append(b, m.Header...), m.Data...), m.Pad...)
	}
	return b
}

// File makes a member by copying the header of another.
func (m Member) File(name, data string) Member {
	m = m.With(func(h []byte) {
		Put(h, 0, 100, name)
		Put(h, 124, 12, fmt.Sprintf("%011o", len(data)))
	})
	m.Data, m.Pad = []byte(data), make([]byte, -len(data)&511)
	return m
}

// Frame compresses in the profile.
func Frame(tb testing.TB, content []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := container.Compress(&b)
	require.NoError(tb, err)
	_, err = w.Write(content)
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return b.Bytes()
}

// Encrypt seals any bytes to the recipients, by default those of the kit.
func (k *Kit) Encrypt(tb testing.TB, content []byte, to ...age.Recipient) []byte {
	tb.Helper()
	if len(to) == 0 {
		to = []age.Recipient{k.Intake.Recipient(), k.Escrow.Recipient(), k.Record.Recipient()}
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to...)
	require.NoError(tb, err)
	_, err = w.Write(content)
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return b.Bytes()
}

// SealTar seals any bytes in the place of the archive.
func (k *Kit) SealTar(tb testing.TB, tar []byte) []byte {
	tb.Helper()
	return k.Encrypt(tb, Frame(tb, tar))
}
