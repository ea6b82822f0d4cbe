package carry_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

func labelText(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/media-LABEL.txt")
	require.NoError(t, err)
	return string(b)
}

func TestLabelHasOneSpelling(t *testing.T) {
	good := labelText(t)
	l, err := carry.ParseLabel([]byte(good))
	require.NoError(t, err)
	again, err := l.Encode()
	require.NoError(t, err)
	require.Equal(t, good, string(again))

	line := func(key, value string) func(string) string {
		return func(s string) string {
			rows := strings.Split(s, "\n")
			for i, r := range rows {
				if strings.HasPrefix(r, key+":") {
					rows[i] = strings.TrimSuffix(key+": "+value, " ")
				}
			}
			return strings.Join(rows, "\n")
		}
	}
	for name, change := range map[string]func(string) string{
		"empty":                 func(string) string { return "" },
		"no last line feed":     func(s string) string { return s[:len(s)-1] },
		"carriage returns":      func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"byte order mark":       func(s string) string { return "\ufeff" + s },
		"extra field":           func(s string) string { return s + "note: x\n" },
		"field twice":           func(s string) string { return strings.Replace(s, "seq: 17\n", "seq: 17\nseq: 17\n", 1) },
		"field missing":         func(s string) string { return strings.Replace(s, "seq: 17\n", "", 1) },
		"two swapped":           func(s string) string { return strings.Replace(s, "volumes: 4\nparity: 2", "parity: 2\nvolumes: 4", 1) },
		"format 2":              line("format", "darksite-label/2"),
		"id with a path":        line("bid", "../S042-000017"),
		"id in lower case":      line("bid", "s042-000017"),
		"id short":              line("bid", "S042-17"),
		"id of another number":  line("bid", "S042-000018"),
		"no marking":            line("marking", ""),
		"marking not ASCII":     line("marking", "DIFFUSION LIMITÉE"),
		"marking too long":      line("marking", strings.Repeat("X", 65)),
		"sealed maybe":          line("sealed", "maybe"),
		"sealed without keys":   line("recipients", ""),
		"clear with keys":       line("sealed", "no"),
		"digest in capitals":    func(s string) string { return strings.ToUpper(s) },
		"digest short":          line("tar_sha256", "abc"),
		"no digest":             line("blocks_sha256", ""),
		"approval is no digest": line("approvals", "abc"),
		"size 0":                line("sealed_size", "0"),
		"size with plus":        line("sealed_size", "+3145729"),
		"size with zero":        line("sealed_size", "03145729"),
		"size negative":         line("sealed_size", "-1"),
		"size too large":        line("sealed_size", "9223372036854775808"),
		"size of fewer volumes": line("sealed_size", "3145728"),
		"volume_size 0":         line("volume_size", "0"),
		"volume_size odd":       line("volume_size", "1048577"),
		"volumes 0":             line("volumes", "0"),
		"volumes wrong":         line("volumes", "5"),
		"parity 0":              line("parity", "0"),
		"parity too many":       line("parity", "253"),
		"parity absurd":         line("parity", "9223372036854775807"),
		"released by nobody":    line("released_by", ""),
		"released by two":       line("released_by", "a b"),
		"control character":     line("marking", "A\x1bB"),
		"too long":              line("approvals", strings.TrimSpace(strings.Repeat(string(digestOf("x"))+" ", 64))),
	} {
		changed := change(good)
		require.NotEqual(t, good, changed, name)
		_, err := carry.ParseLabel([]byte(changed))
		require.ErrorIs(t, err, carry.ErrLabel, name)
	}
}

func FuzzParseLabel(f *testing.F) {
	for _, name := range []string{"one", "media", "clear"} {
		b, err := os.ReadFile("testdata/" + name + "-LABEL.txt")
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := carry.ParseLabel(text)
		if err != nil {
			require.ErrorIs(t, err, carry.ErrLabel)
			return
		}
		again, err := l.Encode()
		require.NoError(t, err)
		require.Equal(t, text, again)
		require.LessOrEqual(t, len(l.FileNames()), 2*carry.MaxShards)
		for _, name := range l.FileNames() {
			require.Equal(t, name, filepath.Base(name))
			require.LessOrEqual(t, len(name), 64)
		}
		size, err := l.BlocksSize()
		require.NoError(t, err)
		require.LessOrEqual(t, size, int64(carry.MaxBlocks*76))
	})
}

func FuzzReadBlocks(f *testing.F) {
	content := noise(3*mib + 1)
	p := prepare(f, content, carry.Layout{VolumeSize: mib})
	var list bytes.Buffer
	_, err := p.set.Blocks.WriteTo(&list)
	require.NoError(f, err)
	f.Add(list.Bytes())
	f.Add(list.Bytes()[:100])
	f.Add(append(bytes.Clone(list.Bytes()), '\n'))
	f.Add(bytes.ToUpper(list.Bytes()))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := carry.ReadBlocks(bytes.NewReader(text), p.set.Label)
		if err != nil {
			require.ErrorIs(t, err, carry.ErrBlocks)
			return
		}
		var again bytes.Buffer
		_, err = b.WriteTo(&again)
		require.NoError(t, err)
		require.Equal(t, text, again.Bytes())
		require.Equal(t, bundle.DigestOf(text), b.Digest())
	})
}

func FuzzParseSums(f *testing.F) {
	b, err := os.ReadFile("testdata/media-SHA256SUMS")
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte(""))
	f.Add([]byte("x  y\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		sums, err := carry.ParseSums(text)
		if err == nil {
			require.Equal(t, string(text), string(carry.EncodeSums(sums)))
		}
	})
}

func TestVerifyLabel(t *testing.T) {
	people := make(map[string]sign.Signer)
	r := roster.Roster{Site: "S042", Version: 1, Approvals: 2, Record: "age1pq1record"}
	for id, role := range map[string]roster.Role{"mdurand": roster.Officer, "jmartin": roster.Officer, "collector": roster.Collector} {
		private, public, err := sign.GenerateKey(nil, id, nil)
		require.NoError(t, err)
		people[id], err = sign.ParsePrivateKey(private, nil)
		require.NoError(t, err)
		r.People = append(r.People, roster.Person{ID: id, Name: id, Role: role, Key: public})
	}
	text := []byte(labelText(t))
	by := func(id string) []byte {
		sig, err := people[id].Sign(sign.Label, text)
		require.NoError(t, err)
		return sig
	}
	who, err := carry.VerifyLabel(text, [][]byte{by("mdurand")}, r)
	require.NoError(t, err)
	require.Equal(t, "mdurand", who.ID)
	_, err = carry.VerifyLabel(text, [][]byte{by("jmartin"), by("mdurand")}, r)
	require.NoError(t, err)

	wrongNamespace, err := people["mdurand"].Sign(sign.Approval, text)
	require.NoError(t, err)
	revoked, other := r, r
	revoked.Revoked = []roster.Revocation{{KeyID: people["mdurand"].Public().ID(), After: 16}}
	other.Site = "S043"
	for name, tc := range map[string]struct {
		text []byte
		sigs [][]byte
		r    roster.Roster
		want error
	}{
		"none":             {text, nil, r, carry.ErrLabel},
		"not the releaser": {text, [][]byte{by("jmartin")}, r, carry.ErrLabel},
		"a collector":      {text, [][]byte{by("mdurand"), by("collector")}, r, roster.ErrWrongRole},
		"a stranger":       {text, [][]byte{p256(t, text)}, r, roster.ErrUnknownKey},
		"an approval":      {text, [][]byte{wrongNamespace}, r, sign.ErrBadSignature},
		"another text":     {bytes.Replace(text, []byte("INTERNAL"), []byte("EXTERNAL"), 1), [][]byte{by("mdurand")}, r, sign.ErrBadSignature},
		"not a label":      {[]byte("x"), [][]byte{by("mdurand")}, r, carry.ErrLabel},
		"revoked":          {text, [][]byte{by("mdurand")}, revoked, roster.ErrRevoked},
		"another site":     {text, [][]byte{by("mdurand")}, other, carry.ErrLabel},
	} {
		_, err := carry.VerifyLabel(tc.text, tc.sigs, tc.r)
		require.ErrorIs(t, err, carry.ErrLabel, name)
		require.ErrorIs(t, err, tc.want, name)
	}
}

// A label that says "sealed: no" is believed only where the roster allows it.
func TestALabelInClearWantsTheRosterToAllowIt(t *testing.T) {
	r := roster.Roster{Site: "S042", People: []roster.Person{{ID: "mdurand", Name: "M. Durand", Role: roster.Officer, Key: officer(t).Public()}}}
	l, err := carry.ParseLabel([]byte(labelText(t)))
	require.NoError(t, err)
	l.Clear, l.Recipients = true, nil
	text, err := l.Encode()
	require.NoError(t, err)
	sig, err := officer(t).Sign(sign.Label, text)
	require.NoError(t, err)
	_, err = carry.VerifyLabel(text, [][]byte{sig}, r)
	require.ErrorIs(t, err, carry.ErrClear)
	require.ErrorIs(t, err, carry.ErrLabel)
	r.Clear = true
	_, err = carry.VerifyLabel(text, [][]byte{sig}, r)
	require.NoError(t, err)
}

func p256(t *testing.T, text []byte) []byte {
	t.Helper()
	sig, err := officer(t).Sign(sign.Label, text)
	require.NoError(t, err)
	return sig
}

// Written from FORMAT.md alone, on bytes and with no table: field arithmetic,
// the matrix, and a decoder by elimination. It shares nothing with the code.
func gfMul(a, b byte) byte {
	var p byte
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p ^= a
		}
		carryBit := a & 0x80
		a <<= 1
		if carryBit != 0 {
			a ^= 0x1d
		}
	}
	return p
}

func gfInv(a byte) byte {
	for x := 1; x < 256; x++ {
		if gfMul(a, byte(x)) == 1 {
			return byte(x)
		}
	}
	panic("zero has no inverse")
}

// solve turns rows*x = right into x in place; rows is square and regular.
func solve(rows, right [][]byte) {
	for c := range rows {
		p := c
		for rows[p][c] == 0 {
			p++
		}
		rows[c], rows[p], right[c], right[p] = rows[p], rows[c], right[p], right[c]
		add := func(to, from int, f byte) {
			for i := range rows[to] {
				rows[to][i] ^= gfMul(f, rows[from][i])
			}
			for i := range right[to] {
				right[to][i] ^= gfMul(f, right[from][i])
			}
		}
		add(c, c, 1^gfInv(rows[c][c])) // row c becomes itself divided by its pivot
		for r := range rows {
			if r != c {
				add(r, c, rows[r][c])
			}
		}
	}
}

// matrix is V * inverse(V's top), V[r][c] = r to the power c.
func matrix(k, m int) [][]byte {
	v := make([][]byte, k+m)
	for r := range v {
		v[r] = make([]byte, k)
		x := byte(1)
		for c := range k {
			v[r][c] = x
			x = gfMul(x, byte(r))
		}
	}
	top, inverse := make([][]byte, k), make([][]byte, k)
	for r := range k {
		top[r], inverse[r] = bytes.Clone(v[r]), make([]byte, k)
		inverse[r][r] = 1
	}
	solve(top, inverse)
	out := make([][]byte, k+m)
	for r := range out {
		out[r] = make([]byte, k)
		for c := range k {
			for i := range k {
				out[r][c] ^= gfMul(v[r][i], inverse[i][c])
			}
		}
	}
	return out
}

func TestParityIsAsPublished(t *testing.T) {
	const sample = 120 // bytes of a block; the field arithmetic here is slow
	content := noise(5*mib - 100)
	p := prepare(t, content, carry.Layout{VolumeSize: mib, Parity: 3})
	folder := p.write(t, carry.Options{})
	const k, m = 5, 3
	shards := make([][]byte, k+m)
	for i, name := range p.set.Label.FileNames() {
		b, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		shards[i] = append(b, make([]byte, mib-len(b))...)[mib-sample:]
	}
	rows := matrix(k, m)
	for r := range k {
		for c := range k {
			require.Equal(t, r == c, rows[r][c] == 1, "the data rows are the identity")
		}
	}
	names := []string{"0", "1", "2", "3", "4", "5", "6", "7"}
	subsets(names, m, func(lost []string) {
		if len(lost) < m {
			return
		}
		var have, right [][]byte
		for i, s := range shards {
			if len(have) < k && !strings.Contains(strings.Join(lost, ""), fmt.Sprint(i)) {
				have, right = append(have, bytes.Clone(rows[i])), append(right, bytes.Clone(s))
			}
		}
		solve(have, right)
		for i := range k {
			require.Equal(t, hex.EncodeToString(shards[i]), hex.EncodeToString(right[i]), "lost %v", lost)
		}
	})
}

// In a set of one volume the shards are slices that begin at whole sectors.
func TestSlicesAreAsPublished(t *testing.T) {
	content := noise(200_000)
	p := prepare(t, content, carry.Layout{})
	folder := p.write(t, carry.Options{})
	const slice = 12288 // 200,000 / 20 rounded up to 4,096
	parity, err := os.ReadFile(filepath.Join(folder, "S042-000017.p001"))
	require.NoError(t, err)
	require.Len(t, parity, 2*slice)
	padded := append(bytes.Clone(content), make([]byte, 20*slice-len(content))...)
	rows := matrix(20, 2)
	for j := range 2 {
		for _, at := range []int{0, 1, 4321, slice - 1} {
			var want byte
			for c := range 20 {
				want ^= gfMul(rows[20+j][c], padded[c*slice+at])
			}
			require.Equal(t, want, parity[j*slice+at])
		}
	}
	list, err := os.ReadFile(filepath.Join(folder, "S042-000017.blocks"))
	require.NoError(t, err)
	rowsText := strings.Split(strings.TrimSuffix(string(list), "\n"), "\n")
	require.Len(t, rowsText, 17+2, "17 slices hold data")
	require.Equal(t, fmt.Sprintf("017 000000 %s", bundle.DigestOf(content[16*slice:])), rowsText[16])
	require.Equal(t, fmt.Sprintf("022 000000 %s", bundle.DigestOf(parity[slice:])), rowsText[18])
}
