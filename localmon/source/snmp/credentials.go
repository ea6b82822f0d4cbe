package snmp

import (
	"crypto"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gosnmp/gosnmp"
)

// Secret is a community or a password. It prints as a row of stars, so that
// neither a log nor an error can tell it.
type Secret string

// String hides the secret.
func (Secret) String() string { return "****" }

// GoString hides the secret.
func (Secret) GoString() string { return `"****"` }

// User is one user of version 3. Auth is SHA, SHA-224, SHA-256, SHA-384 or
// SHA-512, Priv is AES, AES-192 or AES-256; each may be left out, privacy
// without authentication cannot be. What is given is demanded: a message with
// less security than its user has is not believed.
type User struct {
	Name         string
	Auth         string
	AuthPassword Secret
	Priv         string
	PrivPassword Secret

	// Engines are the engine ids from which traps of this user are believed;
	// from any when empty. A source does not look at them.
	Engines [][]byte
}

// String names the user and its level of security, and no secret.
func (u User) String() string {
	return strings.Join(slices.DeleteFunc([]string{u.Name, u.Auth, u.Priv}, func(s string) bool { return s == "" }), " ")
}

type authProtocol struct {
	name     string
	protocol gosnmp.SnmpV3AuthProtocol
	hash     crypto.Hash
	mac      int // octets of the code in a message
}

// authProtocols are those believed. MD5 is not one of them.
func authProtocols() []authProtocol {
	return []authProtocol{
		{"SHA", gosnmp.SHA, crypto.SHA1, 12},
		{"SHA-224", gosnmp.SHA224, crypto.SHA224, 16},
		{"SHA-256", gosnmp.SHA256, crypto.SHA256, 24},
		{"SHA-384", gosnmp.SHA384, crypto.SHA384, 32},
		{"SHA-512", gosnmp.SHA512, crypto.SHA512, 48},
	}
}

type privProtocol struct {
	name     string
	protocol gosnmp.SnmpV3PrivProtocol
	key      int // octets
}

// privProtocols are those that keep a message private. DES is not one of them.
func privProtocols() []privProtocol {
	return []privProtocol{{"AES", gosnmp.AES, 16}, {"AES-192", gosnmp.AES192, 24}, {"AES-256", gosnmp.AES256, 32}}
}

// credential is a checked user, its passwords worked up as far as they do not
// depend on an engine.
type credential struct {
	name       string
	level      gosnmp.SnmpV3MsgFlags
	auth       authProtocol
	priv       privProtocol
	authMaster []byte
	privMaster []byte
	engines    []string
}

func (u User) credential() (credential, error) {
	c := credential{name: u.Name, level: gosnmp.NoAuthNoPriv}
	fail := func(format string, args ...any) (credential, error) {
		return credential{}, fmt.Errorf("SNMP user %q: "+format, append([]any{u.Name}, args...)...)
	}
	if u.Name == "" || len(u.Name) > 32 {
		return fail("a name has 1 to 32 octets")
	}
	for _, e := range u.Engines {
		if !engineLength(string(e)) {
			return fail("engine id %x: it has 5 to 32 octets", e)
		}
		c.engines = append(c.engines, string(e))
	}
	if u.Auth == "" {
		if u.Priv != "" {
			return fail("privacy needs authentication: set auth as well")
		}
		return c, nil
	}
	all := authProtocols()
	n := slices.IndexFunc(all, func(a authProtocol) bool { return strings.EqualFold(a.name, u.Auth) })
	if n < 0 {
		return fail("authentication %q: use SHA, SHA-224, SHA-256, SHA-384 or SHA-512", u.Auth)
	}
	if err := checkPassword(u.AuthPassword); err != nil {
		return fail("the authentication password %w", err)
	}
	c.auth, c.level = all[n], gosnmp.AuthNoPriv
	c.authMaster = master(c.auth.hash, u.AuthPassword)
	if u.Priv == "" {
		return c, nil
	}
	ways := privProtocols()
	n = slices.IndexFunc(ways, func(p privProtocol) bool { return strings.EqualFold(p.name, u.Priv) })
	if n < 0 {
		return fail("privacy %q: use AES, AES-192 or AES-256", u.Priv)
	}
	if err := checkPassword(u.PrivPassword); err != nil {
		return fail("the privacy password %w", err)
	}
	c.priv, c.level = ways[n], gosnmp.AuthPriv
	c.privMaster = master(c.auth.hash, u.PrivPassword)
	return c, nil
}

// checkPassword holds a password against RFC 3414, which wants eight octets,
// and against the end of a line that was left on it in a file.
func checkPassword(s Secret) error {
	switch {
	case len(s) < 8:
		return errors.New("has fewer than 8 octets")
	case strings.ContainsAny(string(s), "\r\n\x00"):
		return errors.New("spans lines; put the password alone into its file")
	}
	return nil
}

// checkCommunity says whether a community can stand in a message.
func checkCommunity(s Secret) error {
	switch {
	case s == "" || len(s) > 127:
		return errors.New("a community has 1 to 127 octets")
	case strings.ContainsAny(string(s), "\r\n\x00"):
		return errors.New("the community spans lines; put it alone into its file")
	}
	return nil
}

// same is 1 when what came is the secret, in a time that does not tell how much
// of it is right.
func same(came []byte, s Secret) int { return subtle.ConstantTimeCompare(came, []byte(s)) }

// engineLength is what RFC 3411 demands of an engine id.
func engineLength(id string) bool { return len(id) >= 5 && len(id) <= 32 }
