package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
)

// Facilities are the names of syslog facilities and their codes (RFC 5424,
// table 1), those that make sense here.
var Facilities = map[string]int{
	"user": 1, "daemon": 3, "local0": 16, "local1": 17, "local2": 18, "local3": 19, "local4": 20, "local5": 21, "local6": 22, "local7": 23,
}

// SyslogOptions say which server is told and how.
type SyslogOptions struct {
	Network  string // udp, tcp or unix
	Address  string // address and port, or the path of a socket
	Facility int
	Host     string // name of this machine in the messages
}

// Syslog sends an RFC 5424 message for each change: in datagrams, or with the
// octet counting of RFC 6587. A socket of the file system is tried as datagrams
// first.
type Syslog struct{ o SyslogOptions }

const (
	maxDatagram = 2048 // what every receiver should take, by RFC 5426
	maxSyslog   = 8192 // what RFC 5425 has receivers take over a stream
	farewell    = 2 * time.Second
)

// NewSyslog makes the notifier.
func NewSyslog(o SyslogOptions) (*Syslog, error) {
	switch o.Network {
	case "udp", "tcp":
		if err := literal(o.Address); err != nil {
			return nil, fmt.Errorf("syslog: %w", err)
		}
	case "unix":
		if !strings.HasPrefix(o.Address, "/") {
			return nil, fmt.Errorf("syslog: socket %q: want a whole path", o.Address)
		}
	default:
		return nil, fmt.Errorf("syslog: network %q: want udp, tcp or unix", o.Network)
	}
	if o.Facility < 0 || o.Facility > 23 {
		return nil, fmt.Errorf("syslog: facility %d: want 0 to 23", o.Facility)
	}
	return &Syslog{o}, nil
}

// Notify implements Notifier.
func (s *Syslog) Notify(ctx context.Context, m Message) error {
	conn, datagram, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("%w: syslog: %w", ErrNotSent, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	sent := 0
	for _, entry := range s.entries(m, datagram) {
		if !datagram {
			entry = append(strconv.AppendInt(nil, int64(len(entry)), 10), append([]byte{' '}, entry...)...)
		}
		n, err := conn.Write(entry)
		if err != nil && sent == 0 && n == 0 {
			return fmt.Errorf("%w: syslog: %w", ErrNotSent, err)
		}
		if err != nil {
			return fmt.Errorf("syslog: after %d of %d entries: %w", sent, m.Count, err)
		}
		sent++
	}
	if datagram {
		return nil
	}
	return s.end(ctx, conn)
}

func (s *Syslog) dial(ctx context.Context) (_ net.Conn, datagram bool, err error) {
	var d net.Dialer
	if s.o.Network != "unix" {
		conn, err := d.DialContext(ctx, s.o.Network, s.o.Address)
		return conn, s.o.Network == "udp", err
	}
	if conn, err := d.DialContext(ctx, "unixgram", s.o.Address); err == nil {
		return conn, true, nil
	}
	conn, err := d.DialContext(ctx, "unix", s.o.Address)
	return conn, false, err
}

// end closes in order and waits a moment for the server to do the same: a
// server that is gone, or will not have it, says so by a reset.
func (s *Syslog) end(ctx context.Context, conn net.Conn) error {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return nil
	}
	if err := half.CloseWrite(); err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	if err := conn.SetReadDeadline(deadlineIn(farewell)); err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("syslog: %w", ctx.Err())
	}
	_, err := io.Copy(io.Discard, io.LimitReader(conn, 1<<10))
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) { // a server may keep the connection
		return fmt.Errorf("syslog: %w", err)
	}
	return nil
}

// entries are the messages of RFC 5424, one for each change or line of a digest.
func (s *Syslog) entries(m Message, datagram bool) [][]byte {
	limit := maxSyslog
	if datagram {
		limit = maxDatagram
	}
	var out [][]byte
	if len(m.Digest) > 0 || m.Test {
		for i, line := range m.Lines() {
			level := levelNotice
			if m.Digest != nil && i > 0 && i <= len(m.Digest) {
				level = levelOf(m.Digest[i-1].Severity, m.Digest[i-1].Open == 0)
			}
			out = append(out, s.entry(m, level, "digest", data(m.Site, nil, false), line, limit))
		}
		if m.Test {
			out = [][]byte{s.entry(m, levelNotice, "test", data(m.Site, nil, false), m.Lines()[0], limit)}
		}
		return out
	}
	for i, c := range m.Changes {
		level := levelOf(c.Alert.Severity, c.Alert.Status == localmon.StatusResolved)
		out = append(out, s.entry(m, level, c.What, data(m.Site, &c, i < m.Repeats), Line(m.Site, c, i < m.Repeats), limit))
	}
	return out
}

// Levels of RFC 5424, table 2.
const (
	levelCritical = 2
	levelError    = 3
	levelWarning  = 4
	levelNotice   = 5
	levelInfo     = 6
)

func levelOf(s localmon.Severity, over bool) int {
	switch {
	case over:
		return levelNotice
	case s == localmon.SeverityUrgent:
		return levelCritical
	case s == localmon.SeverityMajor:
		return levelError
	case s == localmon.SeverityMinor:
		return levelWarning
	}
	return levelInfo
}

func (s *Syslog) entry(m Message, level int, id, structured, text string, limit int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%d>1 %s %s darksite %d %s %s ", s.o.Facility*8+level, m.At.UTC().Format("2006-01-02T15:04:05.000000Z"), header(s.o.Host, 255), os.Getpid(), header(id, 32), structured)
	b.WriteString("\ufeff") // says that what follows is UTF-8
	b.WriteString(plain(text, limit-b.Len()))
	return b.Bytes()
}

// header is a field of the header: printable ASCII without spaces.
func header(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), limit)]
}

// structuredID names the elements. The number is the one RFC 5612 sets aside
// for descriptions: the kit has none of its own.
const structuredID = "darksite@32473"

const maxParam = 100

var escapeParam = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)

func data(site string, c *localmon.Change, repeat bool) string {
	var b strings.Builder
	b.WriteString("[" + structuredID)
	param := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, ` %s="%s"`, name, escapeParam.Replace(plain(value, maxParam)))
		}
	}
	param("site", site)
	if c != nil {
		param("seq", strconv.FormatUint(c.Seq, 10))
		param("alert", strconv.FormatUint(c.Alert.ID, 10))
		param("severity", strconv.Itoa(int(c.Alert.Severity)))
		param("target", c.Alert.Target)
		param("component", c.Alert.Component)
		param("rule", c.Alert.Rule)
		if repeat {
			param("repeat", "yes")
		}
	}
	b.WriteString("]")
	return b.String()
}
