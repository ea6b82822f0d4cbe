package snmpagent

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"slices"
)

// User is who may ask over version 3. The zero value is nobody.
type User struct {
	Name         string
	Auth         string // SHA, SHA-224, SHA-256, SHA-384 or SHA-512; empty for none
	AuthPassword string
	Priv         string // AES, AES-192 or AES-256; empty for none
	PrivPassword string
}

// authentication is a way to prove who sent a message: HMAC over a hash, cut
// to a length.
type authentication struct {
	name string
	hash func() hash.Hash
	mac  int
}

var authentications = []authentication{
	{"SHA", sha1.New, 12},
	{"SHA-224", sha256.New224, 16},
	{"SHA-256", sha256.New, 24},
	{"SHA-384", sha512.New384, 32},
	{"SHA-512", sha512.New, 48},
}

// keyBytes are the lengths of keys by the name of a way to keep messages
// private.
var keyBytes = map[string]int{"AES": 16, "AES-192": 24, "AES-256": 32}

// credentials are a user's passwords worked up as far as they do not depend on
// an engine.
type credentials struct {
	User
	auth       authentication
	proof, hid []byte // master keys
}

func newCredentials(u User) (c credentials, err error) {
	c.User = u
	switch {
	case u == User{}:
		return c, nil
	case u.Name == "" || len(u.Name) > 32:
		return c, errors.New("a user's name has 1 to 32 octets")
	case u.Auth == "" && u.Priv == "":
		return c, nil
	}
	n := slices.IndexFunc(authentications, func(a authentication) bool { return a.name == u.Auth })
	if n < 0 {
		return c, fmt.Errorf("user %s: authentication %q: use SHA, SHA-224, SHA-256, SHA-384 or SHA-512", u.Name, u.Auth)
	}
	c.auth = authentications[n]
	if len(u.AuthPassword) < 8 || u.Priv != "" && len(u.PrivPassword) < 8 {
		return c, fmt.Errorf("user %s: a password has at least 8 octets", u.Name)
	}
	c.proof = master(c.auth.hash(), u.AuthPassword)
	if u.Priv == "" {
		return c, nil
	}
	if keyBytes[u.Priv] == 0 {
		return c, fmt.Errorf("user %s: privacy %q: use AES, AES-192 or AES-256", u.Name, u.Priv)
	}
	c.hid = master(c.auth.hash(), u.PrivPassword)
	return c, nil
}

// flags is the level of security the user has.
func (c credentials) flags() byte {
	switch {
	case c.Priv != "":
		return flagAuth | flagPriv
	case c.Auth != "":
		return flagAuth
	}
	return 0
}

// master is the key of a password: the hash of a megabyte of it (RFC 3414,
// A.2).
func master(h hash.Hash, password string) []byte {
	const length = 1 << 20
	chunk := []byte(password)
	for len(chunk) < 4096 {
		chunk = append(chunk, password...)
	}
	for done := 0; done < length; done += len(chunk) {
		h.Write(chunk[:min(len(chunk), length-done)])
	}
	return h.Sum(nil)
}

// keys are those of one user with one engine.
type keys struct {
	credentials
	sign, seal []byte
}

func (c credentials) at(engine string) keys {
	k := keys{credentials: c}
	if c.Auth != "" {
		k.sign = c.localised(c.proof, engine)
	}
	if c.Priv != "" {
		k.seal = c.localised(c.hid, engine)
		// A key that is too short is made longer by its own hash, over and over.
		for len(k.seal) < keyBytes[c.Priv] {
			h := c.auth.hash()
			h.Write(k.seal)
			k.seal = h.Sum(k.seal)
		}
		k.seal = k.seal[:keyBytes[c.Priv]]
	}
	return k
}

func (c credentials) localised(key []byte, engine string) []byte {
	h := c.auth.hash()
	h.Write(key)
	h.Write([]byte(engine))
	h.Write(key)
	return h.Sum(nil)
}

// code is what proves a message whose own code is all zeros.
func (k keys) code(packet []byte) []byte {
	h := hmac.New(k.auth.hash, k.sign)
	h.Write(packet)
	return h.Sum(nil)[:k.auth.mac]
}

// genuine says whether the holder of the keys sent the message. It wipes the
// code in the packet, which the message shares its memory with.
func (k keys) genuine(packet []byte, m message3) bool {
	given := slices.Clone(m.mac)
	clear(m.mac)
	return len(given) == k.auth.mac && hmac.Equal(given, k.code(packet))
}

// stream turns plain octets into sealed ones or back: AES in cipher feedback
// mode over whole blocks (RFC 3826).
func (k keys) stream(m message3, in []byte, seal bool) []byte {
	block, err := aes.NewCipher(k.seal)
	if err != nil {
		panic(err) // the length of the key is ours
	}
	feedback := make([]byte, aes.BlockSize)
	binary.BigEndian.PutUint32(feedback, uint32(m.boots))
	binary.BigEndian.PutUint32(feedback[4:], uint32(m.time))
	copy(feedback[8:], m.salt)
	out, pad := make([]byte, len(in)), make([]byte, aes.BlockSize)
	for i := range in {
		at := i % aes.BlockSize
		if at == 0 {
			block.Encrypt(pad, feedback)
		}
		out[i] = in[i] ^ pad[at]
		if feedback[at] = in[i]; seal {
			feedback[at] = out[i]
		}
	}
	return out
}

// finish seals and signs a message at a level of security. The salt must be
// one that no other message of the engine has.
func (k keys) finish(m message3, level byte, salt uint64) []byte {
	m.flags = m.flags&flagReportable | level
	if level&flagPriv != 0 {
		m.salt = binary.BigEndian.AppendUint64(nil, salt)
		m.body = k.stream(m, tlv(tagSequence, m.body), true)
		m.sealed = true
	}
	if level&flagAuth == 0 {
		packet, _ := m.encode()
		return packet
	}
	m.mac = make([]byte, k.auth.mac)
	packet, at := m.encode()
	copy(packet[at:], k.code(packet))
	return packet
}

// unseal gives the content of a message's plain body.
func (k keys) unseal(m message3) ([]byte, error) {
	if !m.sealed {
		return m.body, nil
	}
	if len(m.salt) != 8 {
		return nil, fmt.Errorf("%w: salt of %d octets", errBER, len(m.salt))
	}
	c := cursor(k.stream(m, m.body, false))
	return c.want(tagSequence)
}
