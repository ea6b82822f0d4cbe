package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// service is a monitor that runs under a service manager, which is this test.
type service struct {
	*site
	cmd     *exec.Cmd
	manager net.PacketConn
	mu      sync.Mutex
	heard   []string // by the service manager
	said    strings.Builder
	ended   chan error
}

func serve(t *testing.T, s *site) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "ds") // short: sockets stand in it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	v := &service{site: s, cmd: s.command("monitor"), ended: make(chan error, 1)}
	v.manager, err = net.ListenPacket("unixgram", filepath.Join(dir, "notify"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = v.manager.Close() })
	go v.listen()
	v.cmd.Env = append(v.cmd.Env, "NOTIFY_SOCKET="+filepath.Join(dir, "notify"), "WATCHDOG_USEC=100000")
	errs, err := v.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, v.cmd.Start())
	t.Cleanup(func() { _ = v.cmd.Process.Kill() })
	go func() {
		for lines := bufio.NewScanner(errs); lines.Scan(); {
			v.mu.Lock()
			v.said.WriteString(lines.Text() + "\n")
			v.mu.Unlock()
		}
		v.ended <- v.cmd.Wait()
	}()
	v.waitFor("READY=1")
	return v
}

func (v *service) listen() {
	buf := make([]byte, 64<<10)
	for {
		n, _, err := v.manager.ReadFrom(buf)
		if err != nil {
			return
		}
		v.mu.Lock()
		v.heard = append(v.heard, string(buf[:n]))
		v.mu.Unlock()
	}
}

// waitFor waits until the service manager hears something that holds text, and
// forgets what it heard before.
func (v *service) waitFor(text string) {
	v.t.Helper()
	require.Eventually(v.t, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		for i, h := range v.heard {
			if strings.Contains(h, text) {
				v.heard = v.heard[i+1:]
				return true
			}
		}
		return false
	}, 20*time.Second, 5*time.Millisecond, "the service manager does not hear %q; it was said: %s", text, &v.said)
}

// reload writes site.yaml and has it read.
func (v *service) reload(conf string) {
	v.t.Helper()
	require.NoError(v.t, os.WriteFile(filepath.Join(v.dir, "site.yaml"), []byte(conf), 0o600))
	require.NoError(v.t, v.cmd.Process.Signal(syscall.SIGHUP))
}

// ask reads a page of the monitor's socket.
func (v *service) ask(path string) (int, string) {
	v.t.Helper()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(v.dir, "run", "monitor.sock"))
	}, DisableKeepAlives: true}}
	resp, err := client.Get("http://monitor" + path)
	require.NoError(v.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	return resp.StatusCode, string(body)
}

// A monitor under a service manager says that it is ready and alive, takes a new
// site.yaml over, refuses a wrong one and goes on, and ends in order.
func TestAMonitorAsAService(t *testing.T) {
	s := newSite(t)
	const head = "site: {code: S042, name: Lyon 3}\nmonitor: {every: 5s}\n"
	drop := func(name string) string { return fmt.Sprintf("{name: %s, kind: flasharray, via: drop}", name) }
	first := head + "arrays: [" + drop("fa-1") + ", " + drop("fa-2") + "]\nnotify: [{name: log, via: file, path: notify/alerts.log, all: true}]\n"
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "site.yaml"), []byte(first), 0o600))
	v := serve(t, s)
	v.waitFor("WATCHDOG=1")
	require.Eventually(t, func() bool {
		_, page := v.ask("/v1/metrics")
		return strings.Contains(page, `localmon_monitor_looks_total{target="fa-2"} 1`)
	}, 20*time.Second, 20*time.Millisecond)
	code, body := v.ask("/v1/health")
	require.Equal(t, http.StatusOK, code, body)
	_, page := v.ask("/v1/metrics")
	require.Contains(t, page, `localmon_notifier_queue{notifier="log"} 0`)
	require.Contains(t, page, "localmon_history_file_bytes ")
	require.True(t, strings.HasSuffix(page, "# EOF\n"))

	v.reload(head + "arays: []\n")
	v.waitFor("STATUS=site.yaml is not taken over, everything goes on as before")
	v.reload(head + "listen: {console: 127.0.0.1:1}\n")
	v.waitFor("a restart is needed for a change of listen")
	_, page = v.ask("/v1/metrics")
	require.Contains(t, page, `localmon_monitor_trouble{what="site.yaml"} 1`)
	require.Contains(t, page, `localmon_monitor_looks_total{target="fa-2"}`, "it goes on as before")

	v.reload(head + "arrays: [" + drop("fa-1") + ", " + drop("fa-3") + "]\nnotify: [{name: log, via: file, path: notify/other.log, all: true}]\n")
	v.waitFor("READY=1\nSTATUS=watching 3 targets since site.yaml was read again")
	require.Eventually(t, func() bool {
		_, page = v.ask("/v1/metrics")
		return strings.Contains(page, `localmon_monitor_looks_total{target="fa-3"} 1`)
	}, 20*time.Second, 20*time.Millisecond)
	require.NotContains(t, page, "fa-2")
	require.NotContains(t, page, `what="site.yaml"`, "a good file ends the trouble")
	status := s.json("status")
	require.Contains(t, status, "fa-3")
	v.waitFor("WATCHDOG=1")

	require.NoError(t, v.cmd.Process.Signal(syscall.SIGTERM))
	v.waitFor("STOPPING=1")
	require.NoError(t, <-v.ended, v.said.String())
	require.Contains(t, v.said.String(), "the monitor has ended in order")
	s.ok("history", "check")
}

// A monitor that is told to read its files again takes good rules over, keeps those
// it had when one is wrong, and says so until it is mended.
func TestAMonitorReadsItsRulesAgain(t *testing.T) {
	s := newSite(t)
	conf := "site: {code: S042, name: Lyon 3}\nmonitor: {every: 5s}\n"
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "site.yaml"), []byte(conf), 0o600))
	v := serve(t, s)
	write := func(text string) {
		t.Helper()
		require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "rules"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "rules", "load.yaml"), []byte(text), 0o600))
		v.reload(conf)
	}
	open := func() string { return s.json("alerts", "list") }
	require.NotContains(t, open(), "my-load")

	write(loadRule)
	v.waitFor("since site.yaml was read again")
	require.Eventually(t, func() bool { return strings.Contains(open(), `"my-load"`) }, 20*time.Second, 50*time.Millisecond)

	write(strings.Replace(loadRule, "below", "bellow", 1))
	v.waitFor("STATUS=everything goes on as before: the site's rules are refused")
	_, page := v.ask("/v1/metrics")
	require.Contains(t, page, `localmon_monitor_trouble{what="rules"} 1`)
	code, body := v.ask("/v1/health")
	require.Equal(t, http.StatusOK, code, body)
	require.Contains(t, open(), `"my-load"`, "the rules it had go on")
	require.Contains(t, s.json("status"), `unknown key \"bellow\"`)

	write("off: [{rule: site-contacts, why: there is one}]\n")
	v.waitFor("since site.yaml was read again")
	_, page = v.ask("/v1/metrics")
	require.NotContains(t, page, `what="rules"`, "a good file ends the trouble")
	require.NotContains(t, open(), "my-load", "the alert went with its rule")

	require.NoError(t, v.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-v.ended, v.said.String())
	require.Contains(t, v.said.String(), `load.yaml:9:32: unknown key "bellow"; did you mean "below"?`)
	require.Contains(t, v.said.String(), "rules of the site: 1, of them 0 in the place of the kit's; 0 of the kit's are off")
}

const loadRule = `rules:
  - id: my-load
    about: The machine of the kit does something.
    kinds: [host]
    severity: 4
    why: this is a test
    hard: true
    summary: load is {value}
    metric: {name: node_load1, below: 1e6}
    cases:
      - name: there is none
        looks: [{}]
      - name: there is a load
        looks: [{metrics: [node_load1 2]}]
        fires: ["- 4"]
`

// json is what a command prints, whatever it says of the site's state.
func (s *site) json(args ...string) string {
	s.t.Helper()
	out, _ := s.command(append(args, "--json")...).Output()
	return string(out)
}
