package pseudonym

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"
)

// KeySize is the length of a site key in bytes.
const KeySize = 32

// maxAttempts bounds the candidates tried for one value.
const maxAttempts = 4096

// ErrFull says that no free stand-in is left for a value.
var ErrFull = errors.New("no free pseudonym left")

// Minter gives stand-ins. It is safe for use by many goroutines.
type Minter struct {
	mu      sync.RWMutex
	prf     prf
	tokens  map[string]string // kind byte + canonical form -> token
	entries map[string]Entry  // token -> what it stands for
	alien   map[string]bool   // looks like ours, stood in the input already
	nets    networks
	heads   map[string]string // WWN heads given, both ways under "o" and "t"
}

// New makes a minter under a site key. Stand-ins of prior, which may be nil,
// are kept.
func New(key []byte, prior *Map) (*Minter, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("pseudonym key: %d bytes, want %d", len(key), KeySize)
	}
	m := &Minter{
		prf:     prf{mac: hmac.New(sha256.New, key)},
		tokens:  map[string]string{},
		entries: map[string]Entry{},
		alien:   map[string]bool{},
		heads:   map[string]string{},
	}
	m.nets.init(&m.prf)
	if prior != nil {
		for e := range prior.All() {
			m.adopt(e)
		}
	}
	return m, nil
}

// adopt takes over an entry of an earlier map.
func (m *Minter) adopt(e Entry) {
	m.entries[e.Token] = e
	if e.Kind == Domain && !strings.HasSuffix(e.Token, Suffix) {
		m.tokens[labelKey(e.Original)] = e.Token
		return
	}
	m.tokens[cacheKey(e.Kind, e.Original)] = e.Token
	switch e.Kind {
	case IPv4:
		m.nets.adopt4(e.Original, e.Token)
	case IPv6:
		m.nets.adopt6(e.Original, e.Token)
	case WWN:
		if len(e.Original) == 16 && len(e.Token) == 16 {
			m.setHead(e.Original[:14], e.Token[:14])
		}
	}
}

// Reserve keeps a text that looks like a stand-in, and stood in the input
// before, from being given to another value.
func (m *Minter) Reserve(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ours := m.entries[text]; !ours {
		m.alien[text] = true
	}
}

// Token gives the stand-in of a value in its canonical form: addresses as
// package net/netip prints them, MAC, WWN and NAA as lower-case hex digits
// without separators, names folded to lower case.
func (m *Minter) Token(kind Kind, canonical string) (string, error) {
	m.mu.RLock()
	tok, ok := m.tokens[cacheKey(kind, canonical)]
	m.mu.RUnlock()
	if ok {
		return tok, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mint(kind, canonical)
}

// Given returns the stand-in of a value if it has one already.
func (m *Minter) Given(kind Kind, canonical string) (string, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	tok, ok := m.tokens[cacheKey(kind, canonical)]
	return tok, ok
}

// mint finds a free stand-in and enters it. The caller holds the lock.
func (m *Minter) mint(kind Kind, canonical string) (string, error) {
	if tok, ok := m.tokens[cacheKey(kind, canonical)]; ok {
		return tok, nil
	}
	for attempt := range maxAttempts {
		tok, err := m.candidate(kind, canonical, attempt)
		if err != nil {
			return "", fmt.Errorf("pseudonym for a value of kind %s: %w", kind, err)
		}
		if m.free(tok, kind, canonical) {
			m.tokens[cacheKey(kind, canonical)] = tok
			m.entries[tok] = Entry{Token: tok, Kind: kind, Original: canonical}
			return tok, nil
		}
	}
	return "", fmt.Errorf("pseudonym for a value of kind %s: %w", kind, ErrFull)
}

// free reports whether a token may be given to a value.
func (m *Minter) free(tok string, kind Kind, canonical string) bool {
	if tok == canonical || m.alien[tok] {
		return false
	}
	e, taken := m.entries[tok]
	return !taken || (e.Kind == kind && e.Original == canonical)
}

// candidate computes the attempt-th choice for a value.
func (m *Minter) candidate(kind Kind, canonical string, attempt int) (string, error) {
	switch kind {
	case IPv4:
		return m.ipv4(canonical, attempt)
	case IPv6:
		return m.ipv6(canonical, attempt)
	case MAC:
		return m.mac(canonical, attempt)
	case WWN:
		return m.wwn(canonical, attempt)
	case NAA:
		return m.naa(canonical, attempt)
	case SID:
		return m.sid(canonical, attempt)
	case UUID:
		return m.uuid(canonical, attempt)
	case Email:
		return m.email(canonical)
	case FQDN:
		return m.fqdn(canonical)
	case Domain:
		return m.domain(canonical)
	case IQN, NQN:
		return m.qualified(kind, canonical)
	case Serial:
		if len(canonical) == 24 && isHex(canonical) {
			return m.volumeSerial(canonical, attempt)
		}
	}
	if !kind.IsName() {
		return "", fmt.Errorf("kind %s has no stand-in", kind)
	}
	return m.name(kind, canonical, attempt), nil
}

// Map returns everything given so far, prior entries included.
func (m *Minter) Map() *Map {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := &Map{entries: make(map[string]Entry, len(m.entries))}
	for t, e := range m.entries {
		out.entries[t] = e
	}
	return out
}

func cacheKey(kind Kind, canonical string) string {
	var b strings.Builder
	b.Grow(1 + len(canonical))
	b.WriteByte(byte(kind))
	b.WriteString(canonical)
	return b.String()
}

// prf is the keyed function all stand-ins come from. It has its own lock, as
// authenticity is checked outside the minter's.
type prf struct {
	mu  sync.Mutex
	mac hash.Hash
}

// sum is HMAC-SHA-256 over label, attempt and data, each with its length.
func (p *prf) sum(label string, attempt int, data string) [32]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mac.Reset()
	var n [12]byte
	binary.BigEndian.PutUint32(n[0:], uint32(len(label)))
	binary.BigEndian.PutUint32(n[4:], uint32(attempt))
	binary.BigEndian.PutUint32(n[8:], uint32(len(data)))
	p.mac.Write(n[:]) // a hash never fails to write
	p.mac.Write([]byte(label))
	p.mac.Write([]byte(data))
	var out [32]byte
	p.mac.Sum(out[:0])
	return out
}

// bits are the first 64 bits of a sum.
func (p *prf) bits(label string, attempt int, data string) uint64 {
	s := p.sum(label, attempt, data)
	return binary.BigEndian.Uint64(s[:])
}

// flip maps an octet to another so that octets sharing their first n bits share
// them afterwards, and 0 and 255 stay where they are: they are the network and
// the broadcast address of a /24 and must be recognisable.
func (p *prf) flip(label, data string, x byte) byte {
	s := p.sum(label, 0, data)
	out, prefix := byte(0), 0
	for d := range 8 {
		bit := int(x>>(7-d)) & 1
		edge := prefix == 0 || prefix == 1<<d-1
		node := 1<<d + prefix // heap order: 1 to 255
		turn := 0
		if !edge {
			turn = int(s[node/8]>>(node%8)) & 1
		}
		out = out<<1 | byte(bit^turn)
		prefix = prefix<<1 | bit
	}
	return out
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) > 0
}
