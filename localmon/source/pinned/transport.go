package pinned

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"darksite/localmon"
)

const (
	dialTimeout = 5 * time.Second
	maxHeader   = 64 << 10 // bytes of response headers
)

// Transport calls one address, host:port, by at most conns connections.
func Transport(address, pin string, conns int) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout}
	return &http.Transport{
		Proxy: nil,
		DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
			if to != address {
				return nil, fmt.Errorf("refuse to dial %s: only %s is configured", to, address)
			}
			return dialer.DialContext(ctx, network, to)
		},
		TLSClientConfig:        believing(pin),
		TLSHandshakeTimeout:    dialTimeout,
		DisableCompression:     true, // a small reply must not become a large one
		MaxConnsPerHost:        conns,
		MaxIdleConnsPerHost:    conns,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// NoRedirect is the CheckRedirect of a client that follows none, not even to
// the same host: no array sends one to an API client.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// believing believes one certificate and nothing else. Names, dates and
// authorities are not looked at: arrays come with certificates they signed
// themselves, and the clock of a dark site may be wrong.
func believing(pin string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // replaced by the comparison below
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return errors.New("no certificate was shown")
			}
			if got := pinOf(state.PeerCertificates[0]); got != pin {
				return &CertificateError{Want: pin, Got: got}
			}
			return nil
		},
	}
}

// CertificateError holds the pin that was expected and the one that was shown.
type CertificateError struct{ Want, Got string }

// Error names both pins.
func (e *CertificateError) Error() string {
	return fmt.Sprintf("pinned %s, the array shows %s", e.Want, e.Got)
}

// Unwrap says what it is for who decides on it.
func (e *CertificateError) Unwrap() error { return localmon.ErrCertificateChanged }
