package pseudonym

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"filippo.io/age"
)

// mapFormat is the first line of a map.
const mapFormat = "darksite-pseudonyms/1"

// maxLine bounds a line of a map that is being opened.
const maxLine = 1 << 20

// Entry leads from a stand-in to the value in its canonical form.
type Entry struct {
	Token    string
	Kind     Kind
	Original string
}

// Map leads from stand-ins to values. The zero value is empty.
type Map struct {
	entries map[string]Entry
}

// Lookup returns what a stand-in stands for.
func (m *Map) Lookup(token string) (Entry, bool) {
	e, ok := m.entries[token]
	return e, ok
}

// Find returns what a stand-in stands for that was read off a text: in any case, with
// the separators of an address, in brackets, quotes or before a full stop, with the
// length of a prefix or a port behind it, as the name of a reverse look-up, or in hex
// as in /proc/net, either end first.
func (m *Map) Find(seen string) (Entry, bool) {
	for _, form := range forms(seen) {
		if e, ok := m.entries[form]; ok {
			return e, true
		}
	}
	return Entry{}, false
}

// forms are the tokens that a text can stand for.
func forms(seen string) []string {
	s := strings.Trim(seen, " \t\"'`<>()[]{},;.!?")
	folded := strings.ToLower(s)
	out := []string{seen, s, folded}
	for _, text := range []string{strings.ToLower(strings.TrimSpace(seen)), folded, strings.NewReplacer("ip-", "", "-", ".", "_", ".").Replace(folded)} {
		if p, err := netip.ParseAddrPort(text); err == nil {
			out = append(out, p.Addr().Unmap().String())
		}
		text, _, _ = strings.Cut(text, "/")
		if a, err := netip.ParseAddr(text); err == nil {
			out = append(out, a.Unmap().WithZone("").String())
		}
	}
	if a, ok := backward(strings.TrimSuffix(folded, ".")); ok {
		out = append(out, a.String())
	}
	head, _, _ := strings.Cut(folded, ":") // a port of /proc/net is left out
	if b, err := hex.DecodeString(strings.TrimPrefix(head, "0x")); err == nil && len(b) == 4 {
		out = append(out, netip.AddrFrom4([4]byte(b)).String(), netip.AddrFrom4([4]byte{b[3], b[2], b[1], b[0]}).String())
	}
	digits := strings.NewReplacer(":", "", "-", "", ".", "").Replace(folded)
	for _, head := range []string{"nn", "pn", "naa", "eui", "0x"} {
		digits = strings.TrimPrefix(digits, head)
	}
	return append(out, digits)
}

// backward reads a name below in-addr.arpa or ip6.arpa as the address it is of.
func backward(name string) (netip.Addr, bool) {
	if four, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		parts := strings.Split(four, ".")
		slices.Reverse(parts)
		a, err := netip.ParseAddr(strings.Join(parts, "."))
		return a, err == nil && a.Is4()
	}
	six, ok := strings.CutSuffix(name, ".ip6.arpa")
	if !ok {
		return netip.Addr{}, false
	}
	nibbles := strings.Split(six, ".")
	slices.Reverse(nibbles)
	b, err := hex.DecodeString(strings.Join(nibbles, ""))
	if err != nil || len(b) != 16 || len(nibbles) != 32 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16([16]byte(b)), true
}

// Len is the number of entries.
func (m *Map) Len() int { return len(m.entries) }

// All yields the entries in order of their tokens.
func (m *Map) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, t := range slices.Sorted(maps.Keys(m.entries)) {
			if !yield(m.entries[t]) {
				return
			}
		}
	}
}

// line is an entry as JSON, one a line.
type line struct {
	Token    string `json:"t"`
	Kind     string `json:"k"`
	Original string `json:"o"`
}

// Seal writes the map encrypted to the recipients. At least one is needed:
// there is no plain form.
func (m *Map) Seal(w io.Writer, recipients ...age.Recipient) error {
	if len(recipients) == 0 {
		return errors.New("seal pseudonym map: no recipient given; a map is never written in plain")
	}
	enc, err := age.Encrypt(w, recipients...)
	if err != nil {
		return fmt.Errorf("seal pseudonym map: %w", err)
	}
	bw := bufio.NewWriter(enc)
	if _, err := fmt.Fprintln(bw, mapFormat); err != nil {
		return fmt.Errorf("seal pseudonym map: %w", err)
	}
	je := json.NewEncoder(bw)
	je.SetEscapeHTML(false)
	for e := range m.All() {
		if err := je.Encode(line{e.Token, e.Kind.String(), e.Original}); err != nil {
			return fmt.Errorf("seal pseudonym map: %w", err)
		}
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("seal pseudonym map: %w", err)
	}
	if err := enc.Close(); err != nil {
		return fmt.Errorf("seal pseudonym map: %w", err)
	}
	return nil
}

// OpenMap reads a sealed map.
func OpenMap(r io.Reader, ids ...age.Identity) (*Map, error) {
	dec, err := age.Decrypt(r, ids...)
	if err != nil {
		return nil, fmt.Errorf("open pseudonym map: %w", err)
	}
	sc := bufio.NewScanner(dec)
	sc.Buffer(nil, maxLine)
	if !sc.Scan() || sc.Text() != mapFormat {
		return nil, fmt.Errorf("open pseudonym map: not a map of format %s", mapFormat)
	}
	m := &Map{entries: map[string]Entry{}}
	for n := 2; sc.Scan(); n++ {
		var l line
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("open pseudonym map: line %d: %w", n, err)
		}
		k, ok := ParseKind(l.Kind)
		if !ok || l.Token == "" {
			return nil, fmt.Errorf("open pseudonym map: line %d: unknown kind or empty token", n)
		}
		if _, twice := m.entries[l.Token]; twice {
			return nil, fmt.Errorf("open pseudonym map: line %d: a token for the second time", n)
		}
		m.entries[l.Token] = Entry{l.Token, k, l.Original}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("open pseudonym map: %w", err)
	}
	return m, nil
}
