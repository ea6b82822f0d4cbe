package pinned

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// prefix names the digest; the rest is 64 lower-case hex digits of the
// SHA-256 of the leaf certificate in DER form.
const prefix = "sha256:"

// Parse checks a pin and returns its canonical spelling. Upper-case digits
// and colons between bytes, as other tools print them, are accepted.
func Parse(s string) (string, error) {
	rest, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), prefix)
	if !ok {
		return "", fmt.Errorf("certificate pin %q: want sha256: and 64 hex digits", s)
	}
	rest = strings.ReplaceAll(rest, ":", "")
	if raw, err := hex.DecodeString(rest); err != nil || len(raw) != sha256.Size {
		return "", fmt.Errorf("certificate pin %q: want sha256: and 64 hex digits", s)
	}
	return prefix + rest, nil
}

func pinOf(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return prefix + hex.EncodeToString(sum[:])
}

// Fetch asks the array at url for its certificate and returns the pin of
// it, for trust on first use: show it to a person, who compares it with what
// the array itself shows, before it goes into site.yaml. Nothing but the TLS
// handshake is sent. It gives up after ten seconds or when ctx ends.
func Fetch(ctx context.Context, address string) (string, error) {
	base, err := ParseURL(address)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // the point is to learn the certificate, not to believe it
	}}
	conn, err := dialer.DialContext(ctx, "tcp", HostPort(base))
	if err != nil {
		return "", fmt.Errorf("fetch certificate of %s: %w", base, err)
	}
	defer conn.Close()
	tlsConn, ok := conn.(*tls.Conn)
	if !ok {
		return "", fmt.Errorf("fetch certificate of %s: not a TLS connection", base)
	}
	certs := tlsConn.ConnectionState().PeerCertificates
	if len(certs) == 0 {
		return "", fmt.Errorf("fetch certificate of %s: the array showed none", base)
	}
	return pinOf(certs[0]), nil
}

// ParseURL accepts https://host[:port] and nothing more.
func ParseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("array url %q: %w", s, err)
	}
	if u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("array url %q: want https://host or https://host:port and nothing more", s)
	}
	return &url.URL{Scheme: "https", Host: u.Host}, nil
}

// HostPort is the address a URL leads to, its port filled in.
func HostPort(u *url.URL) string {
	port := "443"
	if u.Scheme == "http" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}
