package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/netip"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// MailOptions say which relay takes the mail and who gets it.
type MailOptions struct {
	Address  string   // of the relay
	From     string   // bare addresses, such as darksite@lyon.example
	To       []string // at most 20
	Pin      string   // sha256:HEX of the relay's certificate; with it TLS is demanded
	Name     string   // name in the relay's certificate, where it is not known by a pin
	User     string   // to log in; only ever sent over TLS
	Password func() (string, error)
	Roots    *x509.CertPool // nil: those of the machine
}

// Mail hands one mail a message to a relay, plain text only, over TLS when the
// relay offers it. An offer that fails, as with a certificate that cannot be
// verified, ends the try: it is not done in clear then.
type Mail struct{ o MailOptions }

const (
	maxRecipients = 20
	maxReplies    = 256 << 10 // bytes a relay may answer with, all in all
)

// NewMail makes the notifier.
func NewMail(o MailOptions) (*Mail, error) {
	if err := literal(o.Address); err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	if len(o.To) == 0 || len(o.To) > maxRecipients {
		return nil, fmt.Errorf("mail: %d recipients: want 1 to %d", len(o.To), maxRecipients)
	}
	for _, a := range append([]string{o.From}, o.To...) {
		if err := BareAddress(a); err != nil {
			return nil, fmt.Errorf("mail: %w", err)
		}
	}
	if (o.User == "") != (o.Password == nil) {
		return nil, errors.New("mail: a user and a password go together")
	}
	return &Mail{o}, nil
}

// BareAddress accepts local@domain and nothing more.
func BareAddress(s string) error {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("mail address %q: want one such as admin@lyon.example", s)
	}
	return nil
}

// Notify implements Notifier.
func (n *Mail) Notify(ctx context.Context, m Message) error {
	if err := n.notify(ctx, m); err != nil {
		return fmt.Errorf("mail by %s: %w", n.o.Address, err)
	}
	return nil
}

func (n *Mail) notify(ctx context.Context, m Message) error {
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", n.o.Address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	defer raw.Close()
	defer context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })()
	c, err := n.greet(&limited{Conn: raw, left: maxReplies})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSent, n.why(ctx, err))
	}
	refused, body, err := n.envelope(c)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSent, n.why(ctx, err))
	}
	text, err := n.text(m)
	if err == nil {
		_, err = body.Write(text)
	}
	if err != nil { // without the end of the data a relay has nothing to deliver
		return fmt.Errorf("%w: send it: %w", ErrNotSent, n.why(ctx, err))
	}
	if err := body.Close(); err != nil {
		err = n.why(ctx, err)
		var said *textproto.Error
		if errors.As(err, &said) {
			return fmt.Errorf("%w: the relay refused it: %w", ErrNotSent, err)
		}
		return fmt.Errorf("no word whether it was taken: %w", err)
	}
	_ = c.Quit() // it has been taken; what follows is manners
	if refused != nil {
		return fmt.Errorf("%w: %w", ErrPartly, refused)
	}
	return nil
}

// why prefers the end of the time over what it did to the connection.
func (n *Mail) why(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// greet says hello, goes over to TLS and logs in.
func (n *Mail) greet(conn net.Conn) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(n.o.Address)
	if err != nil {
		return nil, err
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return nil, fmt.Errorf("greeting: %w", err)
	}
	if err := c.Hello(self(conn)); err != nil {
		return nil, fmt.Errorf("greeting: %w", err)
	}
	offered, _ := c.Extension("STARTTLS")
	switch {
	case offered:
		if err := c.StartTLS(n.tls(host)); err != nil {
			return nil, fmt.Errorf("TLS: %w", err)
		}
	case n.o.Pin != "":
		return nil, errors.New("the relay offers no TLS, and a pin demands it")
	case n.o.User != "":
		return nil, errors.New("the relay offers no TLS, and a password is not sent in clear")
	}
	if n.o.User == "" {
		return c, nil
	}
	password, err := n.o.Password()
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	if err := c.Auth(smtp.PlainAuth("", n.o.User, password, host)); err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	return c, nil
}

// self is this machine as an address literal: it has no name that others know.
func self(conn net.Conn) string {
	ap, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return "localhost"
	}
	addr := ap.Addr().Unmap().WithZone("")
	if addr.Is6() {
		return "[IPv6:" + addr.String() + "]"
	}
	return "[" + addr.String() + "]"
}

func (n *Mail) tls(host string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: n.o.Roots}
	if n.o.Name != "" {
		c.ServerName = n.o.Name
	}
	if n.o.Pin == "" {
		return c
	}
	// The pin is the identity, and names and dates are not looked at, as with arrays.
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(s tls.ConnectionState) error {
		sum := sha256.Sum256(s.PeerCertificates[0].Raw)
		if got := "sha256:" + hex.EncodeToString(sum[:]); !strings.EqualFold(got, n.o.Pin) {
			return fmt.Errorf("the relay shows the certificate %s, and %s is pinned", got, n.o.Pin)
		}
		return nil
	}
	return c
}

// envelope names who it is from and for. One recipient that is refused does not
// keep the mail from the others.
func (n *Mail) envelope(c *smtp.Client) (refused error, body io.WriteCloser, err error) {
	if err := c.Mail(n.o.From); err != nil {
		return nil, nil, fmt.Errorf("sender %s: %w", n.o.From, err)
	}
	var errs []error
	for _, to := range n.o.To {
		if err := c.Rcpt(to); err != nil {
			errs = append(errs, fmt.Errorf("recipient %s: %w", to, err))
		}
	}
	if len(errs) == len(n.o.To) {
		return nil, nil, errors.Join(errs...)
	}
	body, err = c.Data()
	return errors.Join(errs...), body, err
}

// text is the mail itself.
func (n *Mail) text(m Message) ([]byte, error) {
	var b bytes.Buffer
	field := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	field("From", n.o.From)
	field("To", strings.Join(n.o.To, ",\r\n "))
	field("Subject", mime.QEncoding.Encode("utf-8", m.Title()))
	field("Date", m.At.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000"))
	_, domain, _ := strings.Cut(n.o.From, "@")
	field("Message-ID", fmt.Sprintf("<darksite.%d.%d.%d@%s>", m.First, m.Last, m.At.UnixNano(), domain))
	field("MIME-Version", "1.0")
	field("Content-Type", "text/plain; charset=utf-8")
	field("Content-Transfer-Encoding", "quoted-printable")
	field("Auto-Submitted", "auto-generated")
	b.WriteString("\r\n")
	q := quotedprintable.NewWriter(&b)
	for _, line := range m.Lines() {
		if _, err := io.WriteString(q, line+"\r\n"); err != nil {
			return nil, err
		}
	}
	if _, err := io.WriteString(q, "\r\nOn the kit: darksite status\r\n"); err != nil {
		return nil, err
	}
	return b.Bytes(), q.Close()
}

// limited is a connection whose other end may not say more than so much.
type limited struct {
	net.Conn
	left int
}

var errTalkative = errors.New("the relay does not stop talking")

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTalkative
	}
	n, err := l.Conn.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
