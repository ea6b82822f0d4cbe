package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// TestQuietSkipsNothingThatSpeaks scans short lines together and each by itself. Within
// sixteen bytes of the end of a chunk quiet leaves all to words, so what it skips where
// the lines stand together is looked at where each stands alone.
func TestQuietSkipsNothingThatSpeaks(t *testing.T) {
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := Compile(rs, nil)
	require.NoError(t, err)
	fresh := func() *Scanner {
		return NewScanner(know, NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
	}
	parts := []string{
		" ", "  ", ":", "::", "/", "//", ".", "-", "--", "...", "[", "]", "%", "#", `\`, "+", "$", "=", ",", "@", "\x1b[", "é", "–",
		"0", "7", "12", "012", "10.1", "10.2.3", "10.1.2.3", "10.1.2.3.4", "1.2.3.4.5", "1791000000.12", "123456789012", "0011.2233.4455",
		"a", "i", "n", "m", "be", "fe80", "2001:db8", "ab:cd", "52:4a:93", "0:14:4f:1:2:3", "12:34", "0m", "31m", "2F", "nx", "tr",
		"user", "for", "from", "jdoe7", "esx-01", "esx14", "db7:443", "i0:1", "i", " *i", "* i::a1:b2", "%20", "%2e", "#011", "::ffff", "::a1:b2", "x://u:p@", "q1:/e nfs", "001122334455", "host", "http", "nfs", "x.de", "word", "in", "tail.", "a.b.", "+49 89",
		"uid", "cn", "dc", "usr", "owner", "home", "vol", "hosts", "Oct", "password", "serial", "array", ">", "<", ";", "(", ")", "?", "&", "|", "~", "!", "'", `"`, "\t", "->",
	}
	r := rand.New(rand.NewPCG(3, 4))
	together, alone := fresh(), fresh()
	for range 3000 {
		var lines []string
		for range 50 {
			line := ""
			for {
				p := parts[r.IntN(len(parts))]
				if len(line)+len(p) > 15 {
					break
				}
				line += p
			}
			lines = append(lines, line+"\n")
		}
		text := strings.Join(lines, "")
		found, _ := together.Scan([]byte(text+"the end of it all\n"), State{})
		var got, want []string
		for _, f := range found {
			got = append(got, fmt.Sprintf("%+v", f))
		}
		at, st := 0, State{}
		for _, line := range lines {
			found, st = alone.Scan([]byte(line), st)
			for _, f := range found {
				f.Start, f.End = f.Start+at, f.End+at
				want = append(want, fmt.Sprintf("%+v", f))
			}
			at += len(line)
		}
		require.Equal(t, want, got, "%q", text)
	}
}

// TestDotsAmongDigits counts dots as a loop does.
func TestDotsAmongDigits(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100000 {
		n := 1 + r.IntN(16)
		var word [16]byte
		want := 0
		for i := range n {
			word[i] = "0123456789..0099/:-a\xae\xb0\xff"[r.IntN(23)]
			if r.IntN(20) > 0 {
				word[i] = "0123456789."[r.IntN(11)]
			}
			switch c := word[i]; {
			case want < 0 || c != '.' && !isDigit(c):
				want = -1
			case c == '.':
				want++
			}
		}
		require.Equal(t, want, dotsAmongDigits(load(string(word[:8])), load(string(word[8:])), n), "%q", word[:n])
	}
}

// TestWhatIsNotHeededComesToNothing lets words act with all their verdict asks for and
// with what heeds leaves of it, before every byte.
func TestWhatIsNotHeededComesToNothing(t *testing.T) {
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := Compile(rs, nil)
	require.NoError(t, err)
	s := NewScanner(know, NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
	less := 0
	try := func(line string, lo, hi int) {
		s.buf = []byte(line)
		s.cut.read(s.buf)
		next := byte('\n')
		if hi < len(line) {
			next = line[hi]
		}
		look := func(mask acts) string {
			s.lo, s.hi, s.body, s.done, s.urlAt, s.out, s.open, s.st, s.near, s.within, s.prev = 0, len(line), 0, 0, 0, nil, nil, State{}, pairing{}, nesting{line: -1}, [2]span{}
			if lo > 1 {
				s.push(0, lo-1)
			}
			v := s.recall(lo, hi)
			v.acts &= mask
			to := s.act(lo, lo, hi, hi, v)
			return fmt.Sprintf("%d %+v %+v %+v %+v", to, s.out, s.open, s.st, s.near)
		}
		if s.recall(lo, hi).acts&^heeds[next] != 0 {
			less++
		}
		require.Equal(t, look(^aDotFile), look(heeds[next]), "%q", line)
	}
	words := strings.Fields("password uid cn o ou dc volume volumes hosts user home Users vol Oct name key value uuid serial array owner Number")
	before := []string{"", "/", "set ", "<", "cn=x,dc=y,", "Serial ", "x: ", "'"}
	behind := []string{
		"", "jdoe-7", "=jdoe-7", "= jdoe-7", " = jdoe-7", `"jdoe-7"`, `:"jdoe-7"`, ": vol-prod-7", ":[\"a-1\"]", "['a-1']", "/jdoe-7/x", "{", ">", ">jdoe-7</x>", "dc=de,cn=x", "=x,dc=de",
		".. jdoe-7", ": jdoe-7", " 5 09:00:00 esx-01 sshd[1]: x", "[0m: jdoe-7", " \"jdoe-7\"",
	}
	for _, w := range words {
		for _, head := range before {
			try(head+w, len(head), len(head)+len(w))
			for c := range 256 {
				if class[c] != 0 && c != '.' {
					continue
				}
				for _, tail := range behind {
					try(head+w+string([]byte{byte(c)})+tail, len(head), len(head)+len(w))
				}
			}
		}
	}
	require.Greater(t, less, 10000)
}
