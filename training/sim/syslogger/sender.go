package syslogger

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Network is the way messages go.
type Network string

// The networks.
const (
	UDP Network = "udp"
	TCP Network = "tcp"
	TLS Network = "tls"
)

// Framing is how messages follow each other over TCP and TLS.
type Framing string

// The framings of RFC 6587.
const (
	OctetCounting Framing = "octet-counting"
	Newline       Framing = "newline"
)

// patience bounds the sending of one message.
const patience = 5 * time.Second

// Options say who speaks and to whom. Name and Address are required.
type Options struct {
	Name        string      // of the array
	Network     Network     // UDP when empty
	Address     string      // on loopback, such as 127.0.0.1:5514
	Format      Format      // RFC5424 when empty
	Framing     Framing     // of TCP and TLS; OctetCounting when empty
	TLS         *tls.Config // how the listener is known; needed for TLS
	NeverClosed bool        // leaves out that an alert is closed
}

// Sender sends the messages of one array. It belongs to one goroutine.
type Sender struct {
	o    Options
	conn net.Conn
}

// New checks the options. Nothing is dialled before there is something to say.
func New(o Options) (*Sender, error) {
	o.Network = cmp.Or(o.Network, UDP)
	o.Format = cmp.Or(o.Format, RFC5424)
	o.Framing = cmp.Or(o.Framing, OctetCounting)
	if err := check(o); err != nil {
		return nil, fmt.Errorf("send syslog of array %q: %w", o.Name, err)
	}
	return &Sender{o: o}, nil
}

func check(o Options) error {
	address, err := netip.ParseAddrPort(o.Address)
	switch {
	case o.Name == "":
		return errors.New("it has no name")
	case err != nil || !address.Addr().IsLoopback():
		return fmt.Errorf("to %q: a simulated array speaks to loopback only, such as 127.0.0.1:5514", o.Address)
	case o.Network != UDP && o.Network != TCP && o.Network != TLS:
		return fmt.Errorf("network %q: use udp, tcp or tls", o.Network)
	case o.Format != RFC5424 && o.Format != RFC3164:
		return fmt.Errorf("format %q: use rfc5424 or rfc3164", o.Format)
	case o.Framing != OctetCounting && o.Framing != Newline:
		return fmt.Errorf("framing %q: use octet-counting or newline", o.Framing)
	case o.Network == TLS && o.TLS == nil:
		return errors.New("over TLS: how is the listener known?")
	}
	return nil
}

// Send sends what the array says in the window from from on and before to,
// and returns how many messages went. After an error the next Send dials anew; what
// was not sent is lost, as it is with an array.
func (s *Sender) Send(ctx context.Context, v View, from, to time.Time) (int, error) {
	messages := Messages(s.o, v, from, to)
	for i, m := range messages {
		if err := s.write(ctx, m); err != nil {
			return i, errors.Join(fmt.Errorf("send syslog of array %s: %w", s.o.Name, err), s.Close())
		}
	}
	return len(messages), nil
}

func (s *Sender) write(ctx context.Context, m []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if s.conn == nil {
		conn, err := s.dial(ctx)
		if err != nil {
			return err
		}
		s.conn = conn
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	if err := s.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	switch {
	case s.o.Network == UDP:
	case s.o.Framing == OctetCounting:
		m = append(fmt.Appendf(nil, "%d ", len(m)), m...)
	default:
		m = append(m, '\n')
	}
	_, err := s.conn.Write(m)
	return err
}

func (s *Sender) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	switch s.o.Network {
	case UDP:
		return d.DialContext(ctx, "udp", s.o.Address)
	case TCP:
		return d.DialContext(ctx, "tcp", s.o.Address)
	default:
		secure := tls.Dialer{NetDialer: &d, Config: s.o.TLS}
		return secure.DialContext(ctx, "tcp", s.o.Address)
	}
}

// Close ends the connection, if there is one.
func (s *Sender) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	if err != nil {
		return fmt.Errorf("end the syslog of array %s: %w", s.o.Name, err)
	}
	return nil
}
