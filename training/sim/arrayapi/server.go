package arrayapi

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strings"
	"time"

	"darksite/training/sim"
)

// derived is 32 bytes that follow from an array's options and a purpose.
func derived(o sim.Options, purpose string, n int64) [32]byte {
	b := binary.BigEndian.AppendUint64([]byte("darksite simulated array\x00"), o.Seed)
	b = append(append(b, o.Name...), 0)
	b = append(append(b, purpose...), 0)
	return sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(n)))
}

func derivedUUID(o sim.Options, purpose string, n int64) string {
	d := derived(o, purpose, n)
	h := hex.EncodeToString(d[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// Certificate is the self-signed certificate of an array. It follows from the
// array's options and from how often it was changed (0 for the first), so a
// client can be given its pin before the array is served.
func Certificate(o sim.Options, change int) (tls.Certificate, error) {
	seed := derived(o, "certificate", int64(change))
	key := ed25519.NewKeyFromSeed(seed[:])
	t := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(seed[:8]),
		Subject:               pkix.Name{CommonName: o.Name, Organization: []string{certificateOwner}},
		NotBefore:             certificateFrom(),
		NotAfter:              certificateTo(),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              []string{o.Name, "localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.IPv6loopback},
	}
	// The reader is for algorithms that need chance; Ed25519 needs none.
	der, err := x509.CreateCertificate(nil, t, t, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the certificate of array %s: %w", o.Name, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

const certificateOwner = "Simulated array"

func certificateFrom() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }
func certificateTo() time.Time   { return time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC) }

// Pin writes the SHA-256 of a certificate as "sha256:" and hexadecimal digits.
func Pin(c tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Server serves one array over TLS until it is closed.
type Server struct {
	handler *Handler
	pin     string
	addr    net.Addr
	http    *http.Server
	done    chan struct{} // closed when serving has ended
	served  error         // why; read after done
}

// Face is another interface an array serves at its address, beside REST. It has
// Path and all below it.
type Face struct {
	Path    string // such as /metrics
	Handler http.Handler
}

// Listen serves an array on a loopback address such as 127.0.0.1:0. Other
// addresses are refused: key and token of a simulated array are no secret. Every
// face is behind the same certificate and falls silent with the array.
func Listen(address string, h *Handler, faces ...Face) (*Server, error) {
	tcp, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve array %s on %s: %w", h.array.Options().Name, address, err)
	}
	if !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("serve array %s on %s: a simulated array is served on loopback only, such as 127.0.0.1:0", h.array.Options().Name, address)
	}
	first, err := Certificate(h.array.Options(), 0)
	if err != nil {
		return nil, err
	}
	l, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return nil, fmt.Errorf("serve array %s: %w", h.array.Options().Name, err)
	}
	s := &Server{handler: h, pin: Pin(first), addr: l.Addr(), done: make(chan struct{})}
	s.http = &http.Server{
		Handler:           h.guard(faced(h, faces)),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // dropped connections are part of the model
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, changeKey{}, h.array.Look().Protocol().Certificate)
		},
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: h.tlsConfig}
	go func() {
		defer close(s.done)
		s.served = s.http.Serve(tls.NewListener(l, cfg))
	}()
	return s, nil
}

type changeKey struct{}

// errUnreachable ends a handshake with an array that does not answer.
var errUnreachable = errors.New("the array does not answer")

func (h *Handler) tlsConfig(*tls.ClientHelloInfo) (*tls.Config, error) {
	p := h.array.Look().Protocol()
	if p.Unreachable {
		return nil, errUnreachable
	}
	cert, err := Certificate(h.array.Options(), p.Certificate)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}, nil
}

// guard drops the connections of an array that does not answer, and those made
// under another certificate, so that a client that keeps its connections meets
// the new one as well.
func (h *Handler) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := h.array.Look().Protocol()
		if p.Unreachable || r.Context().Value(changeKey{}) != p.Certificate {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}

// faced hands each call to the face it is for, and to REST when to none.
func faced(rest http.Handler, faces []Face) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, f := range faces {
			if r.URL.Path == f.Path || strings.HasPrefix(r.URL.Path, f.Path+"/") {
				f.Handler.ServeHTTP(w, r)
				return
			}
		}
		rest.ServeHTTP(w, r)
	})
}

// URL is where the array is reached.
func (s *Server) URL() string { return "https://" + s.addr.String() }

// Pin is the pin of the array's first certificate.
func (s *Server) Pin() string { return s.pin }

// Token is the API token that opens a session.
func (s *Server) Token() string { return s.handler.Token() }

// Handler is what answers.
func (s *Server) Handler() *Handler { return s.handler }

// Close stops serving at once, calls under way included. It may be called
// again.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	if !errors.Is(s.served, http.ErrServerClosed) {
		err = errors.Join(err, s.served)
	}
	if err != nil {
		return fmt.Errorf("stop array %s: %w", s.handler.array.Options().Name, err)
	}
	return nil
}
