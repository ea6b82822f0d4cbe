package scripttest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// addresses gives each variable an address on loopback at which nothing listens
// yet, by UDP or TCP.
func addresses(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, -1, "addresses VARIABLE...")
	var lc net.ListenConfig
	for _, name := range args {
		// Both protocols are tried on one port, because syslog opens both.
		for tries := 0; ; tries++ {
			udp, err := lc.ListenPacket(context.Background(), "udp", "127.0.0.1:0")
			ts.Check(err)
			tcp, err := lc.Listen(context.Background(), "tcp", udp.LocalAddr().String())
			ts.Check(udp.Close())
			if err != nil && tries < 20 {
				continue
			}
			ts.Check(err)
			ts.Check(tcp.Close())
			ts.Setenv(name, tcp.Addr().String())
			break
		}
	}
}

// expand copies a file with its $VARIABLES filled in.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, 2, "expand FROM TO")
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// say sends one datagram.
func say(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, 2, "say ADDRESS TEXT")
	var d net.Dialer
	conn, err := d.DialContext(context.Background(), "udp", args[0])
	ts.Check(err)
	_, err = conn.Write([]byte(args[1]))
	ts.Check(errors.Join(err, conn.Close()))
}

// page reads a page over http and makes it stdout.
func page(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, 1, "page ADDRESS/PATH")
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+args[0], nil)
	ts.Check(err)
	req.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s answers %s: %s", args[0], resp.Status, text)
	}
	// A program that prints is the one way to set a script's stdout.
	file := ts.MkAbs("page.out")
	ts.Check(os.WriteFile(file, text, 0o600))
	ts.Check(ts.Exec("cat", file))
}

// until runs a command over and over, for at most a minute, until its output
// matches.
func until(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 3, -1, "until PATTERN COMMAND ARG...")
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	var out string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var exit *exec.ExitError
		if err := ts.Exec(args[1], args[2:]...); err != nil && !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", strings.Join(args[1:], " "), err)
		}
		if out = ts.ReadFile("stdout"); pattern.MatchString(out) {
			return
		}
	}
	ts.Fatalf("%s never said %q; in the end:\n%s", strings.Join(args[1:], " "), args[0], out)
}
