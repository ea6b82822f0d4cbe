package openmetrics

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"darksite/localmon"
)

const pinPrefix = "sha256:"

// parsePin gives the digest of a pin: sha256: and 64 hex digits, colons between
// bytes allowed.
func parsePin(s string) ([sha256.Size]byte, error) {
	var sum [sha256.Size]byte
	rest, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), pinPrefix)
	raw, err := hex.DecodeString(strings.ReplaceAll(rest, ":", ""))
	if !ok || err != nil || len(raw) != len(sum) {
		return sum, fmt.Errorf("certificate pin %q: want sha256: and 64 hex digits", s)
	}
	return [sha256.Size]byte(raw), nil
}

// pinned believes one certificate and nothing else: no names, no dates, no
// authorities, since the clock of a dark site may be wrong and arrays sign for
// themselves.
func pinned(pin [sha256.Size]byte) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // replaced by the comparison below
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return errors.New("no certificate was shown")
			}
			if got := sha256.Sum256(state.PeerCertificates[0].Raw); got != pin {
				return fmt.Errorf("%w: pinned %s%x, now %s%x is shown", localmon.ErrCertificateChanged, pinPrefix, pin, pinPrefix, got)
			}
			return nil
		},
	}
}
