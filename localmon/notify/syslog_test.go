package notify_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
)

// rfc5424 is the form of an entry: PRI, version, time, host, name, process, id,
// structured data and text.
var rfc5424 = regexp.MustCompile(`^<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S{1,255} darksite \d+ (\S{1,32}) (\[darksite@32473( [a-z]+="([^"\\\]]|\\["\\\]])*")+\]) \x{feff}(.*)$`)

func newSyslog(t *testing.T, network, address string) *notify.Syslog {
	t.Helper()
	s, err := notify.NewSyslog(notify.SyslogOptions{Network: network, Address: address, Facility: notify.Facilities["daemon"], Host: "kit.lyon"})
	require.NoError(t, err)
	return s
}

// taken waits for n entries of the channel, each of the right form.
func taken(t *testing.T, entries <-chan string, n int) []string {
	t.Helper()
	var out []string
	for len(out) < n {
		select {
		case e := <-entries:
			require.Regexp(t, rfc5424, e)
			out = append(out, e)
		case <-time.After(20 * time.Second):
			require.FailNow(t, "nothing arrives", "%d of %d", len(out), n)
		}
	}
	return out
}

// datagrams reads a packet socket until it is closed.
func datagrams(c net.PacketConn, into chan<- string) {
	buf := make([]byte, 64<<10)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		into <- string(buf[:n])
	}
}

// streams reads octet-counted entries from every connection until l is closed.
func streams(l net.Listener, into chan<- string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r := bufio.NewReader(c)
		for {
			count, err := r.ReadString(' ')
			if err != nil {
				break
			}
			n, err := strconv.Atoi(strings.TrimSpace(count))
			if err != nil {
				break
			}
			entry := make([]byte, n)
			if _, err := io.ReadFull(r, entry); err != nil {
				break
			}
			into <- string(entry)
		}
		_ = c.Close()
	}
}

func TestSyslogUDP(t *testing.T) {
	conform(t, func(t *testing.T) receiver {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		entries := make(chan string, 100)
		go datagrams(c, entries)
		return receiver{
			notifier: newSyslog(t, "udp", c.LocalAddr().String()), entries: each,
			took: func(t *testing.T, n int) []string { return taken(t, entries, n) },
		}
	})
}

func TestSyslogTCP(t *testing.T) {
	conform(t, func(t *testing.T) receiver {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address, entries := l.Addr().String(), make(chan string, 100)
		go streams(l, entries)
		t.Cleanup(func() { _ = l.Close() })
		return receiver{
			notifier: newSyslog(t, "tcp", address), entries: each,
			took: func(t *testing.T, n int) []string { return taken(t, entries, n) },
			down: func(t *testing.T) { require.NoError(t, l.Close()) },
			up: func(t *testing.T) {
				l, err = net.Listen("tcp", address)
				require.NoError(t, err)
				go streams(l, entries)
			},
		}
	})
}

func TestSyslogUnix(t *testing.T) {
	for _, network := range []string{"unixgram", "unix"} {
		t.Run(network, func(t *testing.T) {
			conform(t, func(t *testing.T) receiver {
				dir, err := os.MkdirTemp("", "ds") // short: a socket stands in it
				require.NoError(t, err)
				t.Cleanup(func() { _ = os.RemoveAll(dir) })
				path, entries := filepath.Join(dir, "log"), make(chan string, 100)
				var end io.Closer
				open := func(t *testing.T) {
					if network == "unix" {
						l, err := net.Listen("unix", path)
						require.NoError(t, err)
						go streams(l, entries)
						end = l
						return
					}
					c, err := net.ListenPacket("unixgram", path)
					require.NoError(t, err)
					go datagrams(c, entries)
					end = c
				}
				open(t)
				t.Cleanup(func() { _ = end.Close() })
				return receiver{
					notifier: newSyslog(t, "unix", path), entries: each,
					took: func(t *testing.T, n int) []string { return taken(t, entries, n) },
					down: func(t *testing.T) { require.NoError(t, end.Close()); _ = os.Remove(path) },
					up:   open,
				}
			})
		})
	}
}

func TestSyslogSaysHowUrgentItIs(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	entries := make(chan string, 100)
	go datagrams(c, entries)
	over := change(5, 1, "E", "over")
	over.What, over.Alert.Status = localmon.ChangeCleared, localmon.StatusResolved
	s := newSyslog(t, "udp", c.LocalAddr().String())
	require.NoError(t, s.Notify(t.Context(), message(0, change(1, 1, "A", "a"), change(2, 2, "B", "b"), change(3, 3, "C", "c"), change(4, 4, `D"]\`, "d"), over)))
	var levels []string
	got := taken(t, entries, 5)
	for _, e := range got {
		levels = append(levels, rfc5424.FindStringSubmatch(e)[1])
	}
	require.Equal(t, []string{"26", "27", "28", "30", "29"}, levels, "3*8 and critical, error, warning, informational, notice")
	require.Contains(t, got[3], `component="D\"\]\\"`)
	require.Contains(t, got[0], `[darksite@32473 site="S042" seq="1" alert="1" severity="1" target="fa-1" component="A" rule="drive-failed"]`)
}

func TestASyslogServerThatHangsUpIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.(*net.TCPConn).SetLinger(0) // a reset
		_, _ = io.ReadFull(c, make([]byte, 10))
		_ = c.Close()
	}()
	err = newSyslog(t, "tcp", l.Addr().String()).Notify(t.Context(), message(0, change(1, 2, "A", "alpha")))
	require.Error(t, err)
	require.NotErrorIs(t, err, notify.ErrNotSent, "nobody knows how much of it was read")
}

func TestSyslogTakesAddressesAndNoNames(t *testing.T) {
	for _, o := range []notify.SyslogOptions{
		{Network: "udp", Address: "siem.lyon:514"},
		{Network: "tcp", Address: "10.1.0.5"},
		{Network: "unix", Address: "log"},
		{Network: "tls", Address: "10.1.0.5:514"},
		{Network: "udp", Address: "10.1.0.5:514", Facility: 24},
	} {
		_, err := notify.NewSyslog(o)
		require.Error(t, err, "%+v", o)
	}
}
