package snmp

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	_ "crypto/sha1" // for the user-based security model, which begins with it
	_ "crypto/sha256"
	_ "crypto/sha512"
	"slices"

	"github.com/gosnmp/gosnmp"
)

// master is the key of a password (RFC 3414, A.2): the hash of a megabyte of
// it. It is made once, when a user is configured. gosnmp makes it anew for
// every engine id it meets and keeps the results for good, so whoever sends
// invented engine ids could make it work and grow without end; here an engine
// id costs two short hashes and is forgotten.
func master(hash crypto.Hash, password Secret) []byte {
	const length = 1 << 20
	chunk := []byte(password)
	for len(chunk) < 4096 {
		chunk = append(chunk, password...)
	}
	h := hash.New()
	for done := 0; done < length; done += len(chunk) {
		h.Write(chunk[:min(len(chunk), length-done)])
	}
	return h.Sum(nil)
}

// localised is the key of a master key for one engine.
func localised(hash crypto.Hash, key []byte, engine string) []byte {
	h := hash.New()
	h.Write(key)
	h.Write([]byte(engine))
	h.Write(key)
	return h.Sum(nil)
}

// keys are a user's for one engine.
type keys struct {
	credential
	engine      string
	sign, cover []byte
}

func (c credential) at(engine string) keys {
	k := keys{credential: c, engine: engine}
	if c.level&gosnmp.AuthNoPriv != 0 {
		k.sign = localised(c.auth.hash, c.authMaster, engine)
	}
	if c.level == gosnmp.AuthPriv {
		k.cover = localised(c.auth.hash, c.privMaster, engine)
		// Where the hash is shorter than the key, the key is continued with
		// its own hash, as the stock programs do for AES-192 and AES-256.
		for len(k.cover) < c.priv.key {
			h := c.auth.hash.New()
			h.Write(k.cover)
			k.cover = h.Sum(k.cover)
		}
		k.cover = k.cover[:c.priv.key]
	}
	return k
}

// parameters is what gosnmp needs to write or read a message at a level of
// security. All keys are in it, so that gosnmp makes none.
func (k keys) parameters(level gosnmp.SnmpV3MsgFlags, boots, time uint32) *gosnmp.UsmSecurityParameters {
	p := &gosnmp.UsmSecurityParameters{
		UserName: k.name, AuthoritativeEngineID: k.engine,
		AuthoritativeEngineBoots: boots, AuthoritativeEngineTime: time,
		AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv,
	}
	if level&gosnmp.AuthNoPriv != 0 {
		p.AuthenticationProtocol, p.SecretKey = k.auth.protocol, slices.Clone(k.sign)
	}
	if level == gosnmp.AuthPriv {
		p.PrivacyProtocol, p.PrivacyKey = k.priv.protocol, slices.Clone(k.cover)
		p.PrivacyParameters = make([]byte, 8)
		rand.Read(p.PrivacyParameters)
	}
	return p
}

// genuine says whether the holder of the keys sent the message.
func (k keys) genuine(packet []byte, h header) bool {
	if h.macLen != k.auth.mac {
		return false
	}
	blank := slices.Clone(packet)
	clear(blank[h.macAt : h.macAt+h.macLen])
	code := hmac.New(k.auth.hash.New, k.sign)
	code.Write(blank)
	return hmac.Equal(code.Sum(nil)[:k.auth.mac], packet[h.macAt:h.macAt+h.macLen])
}
