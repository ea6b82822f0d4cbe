package sdnotify

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Socket is the service manager's.
type Socket struct {
	address  *net.UnixAddr
	watchdog time.Duration // zero: none was asked for
}

// New finds the socket in the environment. pid is compared with WATCHDOG_PID:
// a watchdog of another process is not ours to feed.
func New(getenv func(string) string, pid int) (*Socket, error) {
	name := getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil, nil
	}
	if name[0] != '/' && name[0] != '@' { // the second is a socket without a place in the file system
		return nil, fmt.Errorf("socket of the service manager %q: want a whole path, or @ and a name", name)
	}
	s := &Socket{address: &net.UnixAddr{Name: name, Net: "unixgram"}}
	limit := getenv("WATCHDOG_USEC")
	if limit == "" {
		return s, nil
	}
	if whose := getenv("WATCHDOG_PID"); whose != "" && whose != strconv.Itoa(pid) {
		return s, nil
	}
	micros, err := strconv.ParseInt(limit, 10, 64)
	if err != nil || micros <= 0 || micros > int64(365*24*time.Hour/time.Microsecond) {
		return nil, fmt.Errorf("watchdog of the service manager: %q microseconds", limit)
	}
	s.watchdog = time.Duration(micros) * time.Microsecond
	return s, nil
}

// Ready says that the service does its work.
func (s *Socket) Ready(status string) error { return s.send("READY=1", "STATUS="+oneLine(status)) }

// Status says what the service is at, for people.
func (s *Socket) Status(status string) error { return s.send("STATUS=" + oneLine(status)) }

// Stopping says that the service ends in order.
func (s *Socket) Stopping() error { return s.send("STOPPING=1") }

// Feed feeds the watchdog until ctx ends, as long as healthy returns nil.
func (s *Socket) Feed(ctx context.Context, healthy func() error) error {
	if s == nil || s.watchdog == 0 {
		return nil
	}
	turn := time.NewTicker(s.watchdog / 2)
	defer turn.Stop()
	for {
		if err := healthy(); err != nil {
			if err := s.Status(err.Error()); err != nil {
				return err
			}
		} else if err := s.send("WATCHDOG=1"); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-turn.C:
		}
	}
}

// oneLine keeps a text from becoming an assignment of its own.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

func (s *Socket) send(assignments ...string) error {
	if s == nil {
		return nil
	}
	conn, err := net.DialUnix(s.address.Net, nil, s.address)
	if err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(strings.Join(assignments, "\n"))); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}
