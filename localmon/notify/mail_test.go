package notify_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
)

// relay is a small SMTP server.
type relay struct {
	t       *testing.T
	cert    *tls.Certificate // offers STARTTLS
	auth    string           // demands this response of PLAIN
	refuse  string           // this recipient
	silent  bool             // takes a mail and never says so
	endless bool             // greets without end
	reject  string           // answers a mail with this
	mails   chan delivered
	wg      sync.WaitGroup
	listen  net.Listener
}

type delivered struct {
	from, text string
	to         []string
	tls        bool
}

func (r *relay) start(t *testing.T, address string) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	require.NoError(t, err)
	if r.mails == nil {
		r.mails = make(chan delivered, 100)
	}
	r.t, r.listen = t, l
	t.Cleanup(r.stop)
	r.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.wg.Go(func() { r.serve(c) })
		}
	})
	return l.Addr().String()
}

func (r *relay) stop() {
	_ = r.listen.Close()
	r.wg.Wait()
}

func (r *relay) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(c)
	say := func(format string, args ...any) { fmt.Fprintf(c, format+"\r\n", args...) }
	for r.endless {
		if _, err := c.Write([]byte(strings.Repeat("x", 4096))); err != nil {
			return
		}
	}
	say("220 relay ready")
	var m delivered
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-relay greets %s", rest)
			if r.cert != nil && !m.tls {
				say("250-STARTTLS")
			}
			if r.auth != "" {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*r.cert}})
			if secure.Handshake() != nil {
				return
			}
			c, in, m = secure, bufio.NewReader(secure), delivered{tls: true}
			say = func(format string, args ...any) { fmt.Fprintf(secure, format+"\r\n", args...) }
		case "AUTH":
			if rest != "PLAIN "+r.auth {
				say("535 no")
				continue
			}
			say("235 yes")
		case "MAIL":
			m.from = rest
			say("250 ok")
		case "RCPT":
			if r.refuse != "" && strings.Contains(rest, r.refuse) {
				say("550 no such person")
				continue
			}
			m.to = append(m.to, rest)
			say("250 ok")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(l, "."))
			}
			m.text = text.String()
			r.mails <- m
			if r.silent {
				return
			}
			if r.reject != "" {
				say("%s", r.reject)
				continue
			}
			say("250 taken")
			m = delivered{tls: m.tls}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what")
		}
	}
}

// read is a mail as its reader sees it.
func read(t *testing.T, m delivered) (*mail.Message, string) {
	t.Helper()
	parsed, err := mail.ReadMessage(strings.NewReader(m.text))
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	require.NoError(t, err)
	require.Equal(t, "text/plain; charset=utf-8", parsed.Header.Get("Content-Type"))
	require.Equal(t, "auto-generated", parsed.Header.Get("Auto-Submitted"))
	_, err = parsed.Header.Date()
	require.NoError(t, err)
	body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
	require.NoError(t, err)
	return parsed, "Subject: " + subject + "\n" + strings.ReplaceAll(string(body), "\r\n", "\n")
}

func newMail(t *testing.T, o notify.MailOptions) *notify.Mail {
	t.Helper()
	if o.To == nil {
		o.To = []string{"admins@lyon.example"}
	}
	o.From = "darksite@lyon.example"
	n, err := notify.NewMail(o)
	require.NoError(t, err)
	return n
}

func TestMail(t *testing.T) {
	conform(t, func(t *testing.T) receiver {
		r := &relay{}
		address := r.start(t, "127.0.0.1:0")
		return receiver{
			notifier: newMail(t, notify.MailOptions{Address: address}), entries: one,
			took: func(t *testing.T, n int) []string {
				var all []string
				for range n {
					_, text := read(t, <-r.mails)
					all = append(all, text)
				}
				return all
			},
			down: func(*testing.T) { r.stop() },
			up:   func(t *testing.T) { r.start(t, address) },
		}
	})
}

func TestAMailIsPlainAndFromTheKit(t *testing.T) {
	r := &relay{}
	n := newMail(t, notify.MailOptions{Address: r.start(t, "127.0.0.1:0"), To: []string{"a@lyon.example", "b@lyon.example"}})
	require.NoError(t, n.Notify(t.Context(), message(0, change(1, 1, "CH0", "température: 80 °C\r\nBcc: x@evil.example"))))
	got := <-r.mails
	require.Equal(t, "FROM:<darksite@lyon.example> BODY=8BITMIME", got.from)
	require.Equal(t, []string{"TO:<a@lyon.example>", "TO:<b@lyon.example>"}, got.to)
	require.False(t, got.tls)
	parsed, text := read(t, got)
	require.Empty(t, parsed.Header.Get("Bcc"))
	require.Equal(t, "a@lyon.example, b@lyon.example", parsed.Header.Get("To"))
	require.Contains(t, text, "Subject: [S042] urgent fired: fa-1: température: 80 °C")
}

func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	require.NoError(t, err)
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, "sha256:" + hex.EncodeToString(sum[:])
}

func TestMailOverTLS(t *testing.T) {
	cert, pin := certificate(t)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	login := base64.StdEncoding.EncodeToString([]byte("\x00kit\x00secret"))
	password := func() (string, error) { return "secret", nil }
	for name, c := range map[string]struct {
		relay *relay
		o     notify.MailOptions
		fails string
	}{
		"a certificate of the site's authority":   {&relay{cert: &cert}, notify.MailOptions{Roots: roots}, ""},
		"a certificate that is pinned":            {&relay{cert: &cert}, notify.MailOptions{Pin: pin}, ""},
		"a log-in":                                {&relay{cert: &cert, auth: login}, notify.MailOptions{Pin: pin, User: "kit", Password: password}, ""},
		"another certificate than the pinned one": {&relay{cert: &cert}, notify.MailOptions{Pin: "sha256:" + strings.Repeat("0", 64)}, "is pinned"},
		"a certificate nobody vouches for":        {&relay{cert: &cert}, notify.MailOptions{Roots: x509.NewCertPool()}, "unknown authority"},
		"a pin and no offer of TLS":               {&relay{}, notify.MailOptions{Pin: pin}, "a pin demands it"},
		"a password and no offer of TLS":          {&relay{auth: login}, notify.MailOptions{User: "kit", Password: password}, "not sent in clear"},
		"a password that is wrong":                {&relay{cert: &cert, auth: "other"}, notify.MailOptions{Pin: pin, User: "kit", Password: password}, "535"},
		"a password that cannot be read":          {&relay{cert: &cert, auth: login}, notify.MailOptions{Pin: pin, User: "kit", Password: func() (string, error) { return "", io.ErrUnexpectedEOF }}, "log in"},
		"a relay that does not stop greeting":     {&relay{endless: true}, notify.MailOptions{}, "does not stop talking"},
		"a relay that refuses everybody":          {&relay{refuse: "admins"}, notify.MailOptions{}, "550"},
		"a relay that refuses what it has taken":  {&relay{reject: "552 too large"}, notify.MailOptions{}, "552"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.relay
			c.o.Address = r.start(t, "127.0.0.1:0")
			err := newMail(t, c.o).Notify(t.Context(), message(0, change(1, 2, "A", "alpha")))
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				require.ErrorIs(t, err, notify.ErrNotSent)
				return
			}
			require.NoError(t, err)
			got := <-r.mails
			require.True(t, got.tls)
		})
	}
}

func TestARelayThatGoesSilentAfterTheMailMayHaveTakenIt(t *testing.T) {
	r := &relay{silent: true}
	err := newMail(t, notify.MailOptions{Address: r.start(t, "127.0.0.1:0")}).Notify(t.Context(), message(0, change(1, 2, "A", "alpha")))
	require.ErrorContains(t, err, "no word whether it was taken")
	require.NotErrorIs(t, err, notify.ErrNotSent)
}

func TestOneRecipientThatIsRefusedDoesNotSilenceTheOthers(t *testing.T) {
	r := &relay{refuse: "gone@"}
	n := newMail(t, notify.MailOptions{Address: r.start(t, "127.0.0.1:0"), To: []string{"gone@lyon.example", "here@lyon.example"}})
	err := n.Notify(t.Context(), message(0, change(1, 2, "A", "alpha")))
	require.ErrorIs(t, err, notify.ErrPartly)
	require.ErrorContains(t, err, "gone@lyon.example: 550")
	require.Equal(t, []string{"TO:<here@lyon.example>"}, (<-r.mails).to)
}

func TestMailOptionsThatCannotWork(t *testing.T) {
	good := notify.MailOptions{Address: "10.1.0.6:25", From: "a@b.example", To: []string{"c@d.example"}}
	_, err := notify.NewMail(good)
	require.NoError(t, err)
	for name, spoil := range map[string]func(*notify.MailOptions){
		"a name instead of an address": func(o *notify.MailOptions) { o.Address = "relay:25" },
		"nobody to tell":               func(o *notify.MailOptions) { o.To = nil },
		"a sender with a second line":  func(o *notify.MailOptions) { o.From = "a@b.example>\r\nRCPT TO:<x@y.example" },
		"a recipient with a name":      func(o *notify.MailOptions) { o.To = []string{"C <c@d.example>"} },
		"a user without a password":    func(o *notify.MailOptions) { o.User = "kit" },
	} {
		o := good
		spoil(&o)
		_, err := notify.NewMail(o)
		require.Error(t, err, name)
	}
}
